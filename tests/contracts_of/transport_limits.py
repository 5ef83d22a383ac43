"""What comes back: bounded in time and size, and refused when it is not a complete HTTP answer."""

from __future__ import annotations

from functools import partial

import pytest

from senfcall_avv.gateway.transports import Reply, Transport
from tests.contracts_of.transport_case import SHORT, Build, TransportCase, all_ended, ask, reason
from tests.contracts_of.wire import OK, Peer, Script, Wire, always, answer, ok_then, once, once_then_stay

HEAD = b"HTTP/1.1 200 OK\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
LENGTH = HEAD + b"Content-Length: 1000\r\n\r\n"
MOST = 1000


def _drip(start: bytes, byte: bytes, peer: Peer) -> None:
    if peer.request() and peer.send(start):
        peer.drip(byte)


def _flood(start: bytes, piece: bytes, peer: Peer) -> None:
    """Send as fast as the client takes it, for ever."""
    if peer.request() and peer.send(start):
        while peer.send(piece):
            pass


def _reset_after(start: bytes, peer: Peer) -> None:
    if peer.request():
        peer.send(start)
        peer.reset()


SLOW: dict[str, Script] = {
    "silent": once_then_stay(b""),
    "drips the status line": partial(_drip, b"HTTP/1.1 200 O", b"K"),
    "drips a header": partial(_drip, HEAD + b"X: ", b"a"),
    "never ends its headers": partial(_drip, HEAD, b"A: b\r\n"),
    "interim answers for ever": partial(_drip, b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "drips the body": partial(_drip, LENGTH, b"x"),
    "drips a body without length": partial(_drip, HEAD + b"\r\n", b"x"),
    "drips a chunk": partial(_drip, CHUNKED + b"3e8\r\n", b"x"),
    "drips chunks": partial(_drip, CHUNKED, b"1\r\nx\r\n"),
    "stops within the body": once_then_stay(LENGTH + b"x" * 999),
    "forgets the last chunk": once_then_stay(CHUNKED + b"2\r\nok\r\n"),
    "drips trailers": partial(_drip, CHUNKED + b"0\r\n", b"A: b\r\n"),
}
CUT: dict[str, Script] = {
    "at once": once(b""),
    "within the status line": once(b"HTTP/1.1 20"),
    "after the status line": once(HEAD),
    "within a header": once(HEAD + b"Content-Le"),
    "between headers": once(HEAD + b"Content-Type: text/xml\r\n"),
    "before the body": once(LENGTH),
    "within the body": once(LENGTH + b"x" * 999),
    "within a chunk": once(CHUNKED + b"3e8\r\nxxx"),
    "between chunks": once(CHUNKED + b"2\r\nok\r\n"),
    "within a chunk's size": once(CHUNKED + b"2\r\nok\r\n3"),
    "by a reset": partial(_reset_after, b""),
    "by a reset within the body": partial(_reset_after, LENGTH + b"x"),
}
NOT_HTTP: dict[str, bytes] = {
    "another protocol": b"SSH-2.0-OpenSSH_9.6\r\n\r\n",
    "a page without a head": b"<html><body>It works</body></html>\r\n\r\n",
    "a status that is no number": b"HTTP/1.1 abc OK\r\nContent-Length: 2\r\n\r\nok",
    "another version": b"HTTP/7.3 200 OK\r\nContent-Length: 2\r\n\r\nok",
    "a line that is no header": HEAD + b"this is no header\r\nContent-Length: 2\r\n\r\nok",
    "a length that is no number": HEAD + b"Content-Length: two\r\n\r\nok",
    "a negative length": HEAD + b"Content-Length: -2\r\n\r\nok",
    "two lengths": HEAD + b"Content-Length: 2\r\nContent-Length: 1\r\n\r\nok",
    "an unknown transfer coding": HEAD + b"Transfer-Encoding: secret\r\nContent-Length: 2\r\n\r\nok",
    "a compressed transfer": HEAD + b"Transfer-Encoding: gzip, chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
}
FLOODS: dict[str, Script] = {
    "a body without length": partial(_flood, HEAD + b"\r\n", b"x" * 65536),
    "large chunks": partial(_flood, CHUNKED, b"10000\r\n" + b"x" * 65536 + b"\r\n"),
    "small chunks": partial(_flood, CHUNKED, b"1\r\nx\r\n" * 10000),
    "one chunk": partial(_flood, CHUNKED + b"fffffffffff\r\n", b"x" * 65536),
    "a compressed body": partial(_flood, HEAD + b"Content-Encoding: gzip\r\n\r\n", b"\x1f\x8b" * 1000),
}
FRAMING_FLOODS: dict[str, Script] = {
    "headers": partial(_flood, HEAD, b"X-Name: value\r\n" * 1000),
    "one header": partial(_flood, HEAD + b"X-Name: ", b"x" * 65536),
    "the status line": partial(_flood, b"HTTP/1.1 200 ", b"x" * 65536),
    "a chunk's size": partial(_flood, CHUNKED, b"0" * 65536),
    "trailers": partial(_flood, CHUNKED + b"0\r\n", b"X-Name: value\r\n" * 1000),
    "interim answers": partial(_flood, b"", b"HTTP/1.1 100 Continue\r\n" + b"X: y\r\n" * 50 + b"\r\n"),
}


class Limits(TransportCase):
    @pytest.mark.parametrize("script", SLOW.values(), ids=SLOW)
    def test_a_backend_that_does_not_finish_costs_the_deadline_and_its_connection(
        self, transport: Transport, script: Script
    ) -> None:
        with Wire(script, always(OK)) as wire:
            assert reason(transport, wire, seconds=SHORT) == "timeout"
            wire.wait_for(all_ended)
            assert wire.accepted == 1
            assert ask(transport, wire).body == b"ok"

    def test_no_time_left_means_that_nothing_is_sent(self, transport: Transport) -> None:
        with Wire(always(OK)) as wire:
            assert reason(transport, wire, seconds=0) == "timeout"
            assert wire.accepted == 0

    @pytest.mark.parametrize("script", CUT.values(), ids=CUT)
    def test_an_answer_cut_short_is_no_answer(self, transport: Transport, script: Script) -> None:
        with Wire(script, always(OK)) as wire:
            assert reason(transport, wire) == "closed"
            wire.wait_for(all_ended)
            assert wire.accepted == 1
            assert ask(transport, wire).body == b"ok"

    @pytest.mark.parametrize("data", NOT_HTTP.values(), ids=NOT_HTTP)
    def test_what_is_not_http_is_refused_and_its_connection_closed(self, transport: Transport, data: bytes) -> None:
        with Wire(once_then_stay(data), always(OK)) as wire:
            assert reason(transport, wire) == "protocol"
            wire.wait_for(all_ended)
            assert wire.accepted == 1
            assert ask(transport, wire).body == b"ok"

    def test_switching_protocols_is_no_answer(self, transport: Transport) -> None:
        switch = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"
        with Wire(once_then_stay(switch), always(OK)) as wire:
            assert reason(transport, wire, seconds=SHORT) in {"protocol", "timeout"}
            wire.wait_for(all_ended)

    def test_a_broken_chunk_size_is_no_answer(self, transport: Transport) -> None:
        with Wire(once_then_stay(CHUNKED + b"xyz\r\nok\r\n0\r\n\r\n"), always(OK)) as wire:
            assert reason(transport, wire) in {"closed", "protocol"}
            wire.wait_for(all_ended)
            assert wire.accepted == 1

    def test_an_interim_answer_is_passed_over(self, transport: Transport) -> None:
        with Wire(always(b"HTTP/1.1 100 Continue\r\nLocation: /not-this\r\n\r\n" + OK)) as wire:
            assert ask(transport, wire) == Reply(200, None, b"ok")

    @pytest.mark.parametrize("head", ["Content-Type: text/xml", "Content-Encoding: gzip"])
    def test_a_body_of_the_allowed_size_is_accepted(self, build: Build, head: str) -> None:
        with Wire(always(answer(b"x" * MOST, head))) as wire:
            assert len(ask(build(max_bytes=MOST), wire).body) == MOST

    def test_a_large_chunked_body_arrives_whole(self, transport: Transport) -> None:
        pieces = b"".join(b"2000\r\n" + bytes([number]) * 8192 + b"\r\n" for number in range(200))
        with Wire(always(CHUNKED + pieces + b"0\r\n\r\n")) as wire:
            replies = [ask(transport, wire).body for _ in range(2)]
            assert wire.accepted == 1
        assert replies[0] == replies[1] == b"".join(bytes([number]) * 8192 for number in range(200))

    @pytest.mark.parametrize("length", [MOST + 1, 10**12, 10**18])
    def test_a_body_declared_too_large_is_not_waited_for(self, build: Build, length: int) -> None:
        with Wire(once_then_stay(HEAD + f"Content-Length: {length}\r\n\r\n".encode()), always(OK)) as wire:
            transport = build(max_bytes=MOST)
            assert reason(transport, wire) == "too_large"
            wire.wait_for(all_ended)
            assert ask(transport, wire).body == b"ok"

    @pytest.mark.parametrize(
        "data", [HEAD + b"\r\n" + b"x" * 1001, CHUNKED + b"3e9\r\n" + b"x" * 1001 + b"\r\n0\r\n\r\n"]
    )
    def test_one_byte_over_the_allowed_size_is_too_much(self, build: Build, data: bytes) -> None:
        with Wire(once(data)) as wire:
            assert reason(build(max_bytes=MOST), wire) == "too_large"

    @pytest.mark.parametrize("script", FLOODS.values(), ids=FLOODS)
    def test_an_endless_body_is_cut_off(self, build: Build, script: Script) -> None:
        with Wire(script, always(OK)) as wire:
            transport = build(max_bytes=MOST)
            assert reason(transport, wire) == "too_large"
            wire.wait_for(all_ended)
            assert ask(transport, wire).body == b"ok"

    @pytest.mark.parametrize("script", FRAMING_FLOODS.values(), ids=FRAMING_FLOODS)
    def test_an_endless_head_is_cut_off_long_before_the_deadline(self, build: Build, script: Script) -> None:
        with Wire(script, always(OK)) as wire:
            transport = build(max_bytes=MOST)
            assert reason(transport, wire) in {"too_large", "protocol", "closed"}
            wire.wait_for(all_ended)
            assert ask(transport, wire).body == b"ok"

    def test_bytes_behind_an_answer_never_begin_the_next_one(self, transport: Transport) -> None:
        foreign = answer(b"another organisation's meetings")
        with Wire(once_then_stay(OK + foreign), always(OK)) as wire:
            assert [ask(transport, wire).body for _ in range(2)] == [b"ok", b"ok"]
            wire.wait_for(lambda it: it.ended == 1)
            assert wire.accepted == 2

    def test_bytes_that_come_unasked_later_never_begin_the_next_answer(self, transport: Transport) -> None:
        def send_unasked(peer: Peer) -> None:
            peer.send(answer(b"another organisation's meetings"))
            peer.wire.note(b"unasked")
            peer.until_gone()

        with Wire(ok_then(send_unasked), always(OK)) as wire:
            assert ask(transport, wire).body == b"ok"
            wire.wait_for(lambda it: b"unasked" in it.requests)
            assert ask(transport, wire).body == b"ok"
            assert wire.accepted == 2
