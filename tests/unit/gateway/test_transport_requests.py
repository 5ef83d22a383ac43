from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from pathlib import Path
from time import monotonic
from typing import Any

import pytest

from senfcall_avv.gateway.transports import Options, Reply, Transport, UpstreamError
from senfcall_avv.gateway.transports.addresses import split
from senfcall_avv.gateway.transports.by_requests import RequestsTransport
from senfcall_avv.gateway.transports.connection import Exchange
from tests.contracts_of.authority import Authority
from tests.contracts_of.transport import TransportContract
from tests.contracts_of.transport_case import SHORT, TARGET, Build, all_ended, ask, reason
from tests.contracts_of.wire import OK, PATIENCE, Peer, Wire, always, ok_then

_LOOK_UP = socket.getaddrinfo


def _answer_names(monkeypatch: pytest.MonkeyPatch, answer: Callable[[int], Any]) -> None:
    """Let the system's look-up of names, not of numbers, be answered by a function of the port."""

    def getaddrinfo(host: str, port: int, *rest: int) -> Any:
        numbers_only = socket.AI_NUMERICHOST in rest
        return _LOOK_UP(host, port, *rest) if numbers_only else answer(port)

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)


def _failure(transport: Transport, url: str) -> str:
    with pytest.raises(UpstreamError) as caught:
        transport.get(url, total_seconds=PATIENCE, repeatable=True)
    assert caught.value.__context__ is None
    return caught.value.reason


def _open_descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


class TestRequests(TransportContract):
    name = "requests"

    def test_a_name_look_up_that_hangs_counts_as_no_connection(
        self, build: Build, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        over = threading.Event()
        _answer_names(monkeypatch, lambda _: over.wait(PATIENCE) and [])
        transport = build(connect_seconds=SHORT)
        try:
            assert _failure(transport, "http://bbb.example.org/b") == "connect"
        finally:
            over.set()

    def test_a_name_that_does_not_exist_is_no_connection(
        self, transport: Transport, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def unknown(port: int) -> Any:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

        _answer_names(monkeypatch, unknown)
        assert _failure(transport, "http://bbb.example.org/b") == "connect"

    def test_a_name_without_addresses_is_no_connection(
        self, transport: Transport, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        _answer_names(monkeypatch, lambda _: [])
        assert _failure(transport, "http://bbb.example.org/b") == "connect"

    @pytest.mark.parametrize("host", ["a..example.org", "x" * 70 + ".example.org"])
    def test_a_name_that_cannot_be_one_is_no_connection(self, transport: Transport, host: str) -> None:
        assert _failure(transport, f"http://{host}/b") == "connect"

    def test_the_next_address_of_a_name_is_tried(self, transport: Transport, monkeypatch: pytest.MonkeyPatch) -> None:
        with Wire(always(OK)) as silent:
            pass
        dead = _LOOK_UP("127.0.0.1", silent.port, 0, socket.SOCK_STREAM)
        _answer_names(monkeypatch, lambda port: dead + _LOOK_UP("127.0.0.1", port, 0, socket.SOCK_STREAM))
        with Wire(always(OK)) as wire:
            url = f"http://bbb.example.org:{wire.port}/b"
            assert transport.get(url, total_seconds=PATIENCE, repeatable=True).body == b"ok"
        assert f"Host: bbb.example.org:{wire.port}\r\n".encode() in wire.requests[0]

    def test_the_tls_context_is_made_once(self, build: Build, tmp_path: Path) -> None:
        authority = Authority(tmp_path)
        transport = build(ca_bundle=authority.bundle, connect_seconds=PATIENCE, idle_seconds=0)
        Path(authority.bundle).unlink()
        with Wire(always(OK), context=authority.server()) as wire:
            for _ in range(3):
                assert ask(transport, wire).body == b"ok"
            assert wire.accepted == 3

    def test_the_first_byte_of_an_answer_forbids_the_repetition(self, transport: Transport) -> None:
        def begin_and_close(peer: Peer) -> None:
            peer.request()
            peer.send(b"H")

        with Wire(ok_then(begin_and_close), always(OK)) as wire:
            ask(transport, wire)
            assert reason(transport, wire) == "closed"
            wire.wait_for(all_ended)
            assert (wire.accepted, len(wire.requests)) == (1, 2)

    def test_a_repetition_passes_by_a_kept_connection_that_is_on_top(self, build: Build) -> None:
        transport = RequestsTransport(Options(connect_seconds=PATIENCE))
        with Wire(always(OK)) as wire:
            ask(transport, wire)
            address, target = split(wire.origin + TARGET)
            pool = transport._adapter.pool(address)
            exchange = Exchange(target, monotonic() + PATIENCE, pool, transport._options)
            exchange.fresh = True
            assert transport._attempt(exchange) == Reply(200, None, b"ok")
            assert wire.accepted == 2
            transport.close()

    def test_no_socket_is_left_open(self, build: Build) -> None:
        transport = build(connect_seconds=PATIENCE)
        with Wire(always(OK)) as wire:
            before = _open_descriptors()
            ask(transport, wire)
            transport.close()
            wire.wait_for(all_ended)
            assert _open_descriptors() == before
