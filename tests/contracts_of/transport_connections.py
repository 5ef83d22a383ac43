"""Connections: kept, counted, thrown away, and the one case in which an exchange is repeated."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from senfcall_avv.gateway.transports import Transport
from tests.contracts_of.transport_case import SHORT, Build, TransportCase, all_ended, ask, reason
from tests.contracts_of.wire import OK, PATIENCE, Peer, Wire, always, answer, ok_then, once


def _take_and_close(peer: Peer) -> None:
    peer.request()


def _take_and_reset(peer: Peer) -> None:
    peer.request()
    peer.reset()


def _take_and_keep_silent(peer: Peer) -> None:
    peer.request()
    peer.until_gone()


def _begin_and_close(peer: Peer) -> None:
    peer.request()
    peer.send(b"HTTP/1.1 200 OK\r\n")


def _echo(peer: Peer) -> None:
    """Answer each request with its own target."""
    while head := peer.request():
        peer.send(answer(head.split(b" ")[1]))


def _answer_after(event: threading.Event) -> Callable[[Peer], None]:
    def play(peer: Peer) -> None:
        while peer.request():
            if not (event.wait(PATIENCE) and peer.send(OK)):
                return

    return play


class Connections(TransportCase):
    def test_a_connection_is_kept_and_used_again(self, transport: Transport) -> None:
        with Wire(always(OK)) as wire:
            for _ in range(5):
                ask(transport, wire)
            assert (wire.accepted, len(wire.requests)) == (1, 5)

    def test_a_backend_that_wants_to_close_is_believed(self, transport: Transport) -> None:
        with Wire(always(answer(b"ok", "Connection: close"))) as wire:
            for _ in range(3):
                assert ask(transport, wire).body == b"ok"
            wire.wait_for(all_ended)
            assert wire.accepted == 3

    def test_an_old_backend_that_ends_its_answer_by_closing_is_understood(self, transport: Transport) -> None:
        with Wire(once(b"HTTP/1.0 200 OK\r\n\r\n<response/>")) as wire:
            assert [ask(transport, wire).body for _ in range(2)] == [b"<response/>"] * 2

    def test_a_connection_that_rested_too_long_is_replaced(self, build: Build) -> None:
        transport = build(idle_seconds=0)
        with Wire(always(OK)) as wire:
            for _ in range(3):
                assert ask(transport, wire, repeatable=False).body == b"ok"
            wire.wait_for(lambda it: it.ended >= 2)
            assert wire.accepted == 3

    def test_a_kept_connection_that_has_ended_meanwhile_is_noticed_before_sending(self, transport: Transport) -> None:
        with Wire(once(OK), always(OK)) as wire:
            ask(transport, wire)
            wire.wait_for(lambda it: it.ended == 1)
            assert ask(transport, wire, repeatable=False).body == b"ok"
            assert len(wire.requests) == 2

    @pytest.mark.parametrize("end", [_take_and_close, _take_and_reset])
    def test_a_kept_connection_that_ends_without_a_byte_allows_one_repetition(
        self, transport: Transport, end: Callable[[Peer], None]
    ) -> None:
        with Wire(ok_then(end), always(OK)) as wire:
            ask(transport, wire)
            assert ask(transport, wire, repeatable=True).body == b"ok"
            assert (wire.accepted, len(wire.requests)) == (2, 3)

    @pytest.mark.parametrize("end", [_take_and_close, _take_and_reset])
    def test_what_must_not_be_repeated_is_sent_once(self, transport: Transport, end: Callable[[Peer], None]) -> None:
        with Wire(ok_then(end), always(OK)) as wire:
            ask(transport, wire)
            assert reason(transport, wire, repeatable=False) == "closed"
            assert len(wire.requests) == 2
            assert ask(transport, wire, repeatable=False).body == b"ok"

    @pytest.mark.parametrize("end", [_take_and_close, _take_and_reset])
    def test_there_is_no_second_repetition(self, transport: Transport, end: Callable[[Peer], None]) -> None:
        with Wire(ok_then(end), end, always(OK)) as wire:
            ask(transport, wire)
            assert reason(transport, wire) == "closed"
            assert (wire.accepted, len(wire.requests)) == (2, 3)

    def test_a_repetition_takes_a_new_connection_even_if_others_are_kept(self, build: Build) -> None:
        transport = build(connect_seconds=PATIENCE)
        both = threading.Barrier(2)

        def answer_together(peer: Peer) -> None:
            peer.request()
            both.wait(PATIENCE)
            peer.send(OK)
            peer.request()  # and then no answer

        with Wire(answer_together, answer_together, always(OK)) as wire:
            with ThreadPoolExecutor(2) as threads:
                list(threads.map(lambda _: ask(transport, wire), range(2)))
            assert ask(transport, wire).body == b"ok"
            assert (wire.accepted, len(wire.requests)) == (3, 4)

    @pytest.mark.parametrize("end", [_take_and_close, _take_and_reset])
    def test_a_new_connection_that_ends_is_not_tried_again(
        self, transport: Transport, end: Callable[[Peer], None]
    ) -> None:
        with Wire(end, always(OK)) as wire:
            assert reason(transport, wire, repeatable=True) == "closed"
            assert (wire.accepted, len(wire.requests)) == (1, 1)

    def test_an_answer_that_has_begun_forbids_the_repetition(self, transport: Transport) -> None:
        with Wire(ok_then(_begin_and_close), always(OK)) as wire:
            ask(transport, wire)
            assert reason(transport, wire, repeatable=True) == "closed"
            assert (wire.accepted, len(wire.requests)) == (1, 2)

    def test_a_deadline_forbids_the_repetition(self, transport: Transport) -> None:
        with Wire(ok_then(_take_and_keep_silent), always(OK)) as wire:
            ask(transport, wire)
            assert reason(transport, wire, seconds=SHORT) == "timeout"
            wire.wait_for(all_ended)
            assert (wire.accepted, len(wire.requests)) == (1, 2)

    def test_sixteen_threads_get_their_own_answers(self, build: Build) -> None:
        transport = build(max_connections=5, connect_seconds=PATIENCE)
        with Wire(_echo) as wire:

            def work(thread: int) -> bool:
                targets = [f"/b?thread={thread}&turn={turn}" for turn in range(20)]
                return all(ask(transport, wire, target).body == target.encode() for target in targets)

            with ThreadPoolExecutor(16) as threads:
                assert all(threads.map(work, range(16)))
            assert len(wire.requests) == 16 * 20
            assert wire.greatest <= 5

    def test_no_more_than_the_allowed_connections_are_open_and_the_others_wait(self, build: Build) -> None:
        transport = build(max_connections=2, connect_seconds=PATIENCE)
        go = threading.Event()
        with Wire(_answer_after(go)) as wire, ThreadPoolExecutor(6) as threads:
            waiting = [threads.submit(ask, transport, wire) for _ in range(6)]
            wire.wait_for(lambda it: len(it.requests) == 2)
            assert reason(transport, wire, seconds=SHORT) == "timeout"
            assert (wire.accepted, len(wire.requests)) == (2, 2)
            go.set()
            assert [each.result(PATIENCE).body for each in waiting] == [b"ok"] * 6
            assert wire.accepted == 2

    def test_a_full_backend_does_not_hold_up_another(self, build: Build) -> None:
        transport = build(max_connections=1, connect_seconds=PATIENCE)
        go = threading.Event()
        with Wire(_answer_after(go)) as full, Wire(always(OK)) as free, ThreadPoolExecutor(1) as threads:
            held = threads.submit(ask, transport, full)
            full.wait_for(lambda it: len(it.requests) == 1)
            assert ask(transport, free).body == b"ok"
            go.set()
            assert held.result(PATIENCE).body == b"ok"

    def test_failures_give_their_turn_back(self, build: Build) -> None:
        transport = build(max_connections=1, connect_seconds=PATIENCE)
        with Wire(_take_and_close, _take_and_close, _take_and_close, always(OK)) as wire:
            assert [reason(transport, wire) for _ in range(3)] == ["closed"] * 3
            assert ask(transport, wire).body == b"ok"

    def test_close_ends_kept_connections_and_further_calls(self, build: Build) -> None:
        transport = build(connect_seconds=PATIENCE)
        with Wire(always(OK)) as one, Wire(always(OK)) as other, Wire(always(OK)) as never_asked:
            ask(transport, one)
            ask(transport, other)
            transport.close()
            one.wait_for(all_ended)
            other.wait_for(all_ended)
            assert reason(transport, one) == "closed"
            assert reason(transport, never_asked) == "closed"
            assert (one.accepted, other.accepted, never_asked.accepted) == (1, 1, 0)
            transport.close()

    def test_an_exchange_under_way_survives_close_and_its_connection_does_not(self, build: Build) -> None:
        transport = build(connect_seconds=PATIENCE)
        go = threading.Event()
        with Wire(_answer_after(go)) as wire, ThreadPoolExecutor(1) as threads:
            under_way = threads.submit(ask, transport, wire)
            wire.wait_for(lambda it: len(it.requests) == 1)
            transport.close()
            go.set()
            assert under_way.result(PATIENCE).body == b"ok"
            wire.wait_for(all_ended)
