"""Reaching the backend: trust, and the time that a connection may take."""

from __future__ import annotations

import datetime as dt
import socket
import ssl
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import pytest

from senfcall_avv.gateway.transports import Options, Transport, UpstreamError, make
from tests.contracts_of.authority import ELSEWHERE, Authority
from tests.contracts_of.transport_case import SHORT, Build, TransportCase, all_ended, ask, reason
from tests.contracts_of.wire import OK, PATIENCE, Peer, Wire, always, once, once_then_stay

UNTRUSTED: dict[str, Callable[[Authority], ssl.SSLContext]] = {
    "self-signed": lambda authority: authority.server(self_signed=True),
    "for another host": lambda authority: authority.server(ELSEWHERE),
    "expired": lambda authority: authority.server(ends=dt.timedelta(days=-1)),
}


def _speak_plainly(peer: Peer) -> None:
    peer.send(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
    peer.until_gone()


class Tls(TransportCase):
    @pytest.fixture
    def authority(self, tmp_path: Path) -> Authority:
        folder = tmp_path / "authority"
        folder.mkdir()
        return Authority(folder)

    @pytest.fixture
    def trusting(self, build: Build, authority: Authority) -> Transport:
        return build(ca_bundle=authority.bundle, connect_seconds=PATIENCE)

    def test_a_backend_vouched_for_by_the_own_bundle_is_trusted(
        self, trusting: Transport, authority: Authority
    ) -> None:
        with Wire(always(OK), context=authority.server()) as wire:
            for _ in range(3):
                assert ask(trusting, wire).body == b"ok"
            assert wire.accepted == 1
        assert f"Host: 127.0.0.1:{wire.port}\r\n".encode() in wire.requests[0]

    @pytest.mark.parametrize("make_context", UNTRUSTED.values(), ids=UNTRUSTED)
    def test_a_certificate_that_does_not_fit_is_refused(
        self, trusting: Transport, authority: Authority, make_context: Callable[[Authority], ssl.SSLContext]
    ) -> None:
        with Wire(always(OK), context=make_context(authority)) as wire:
            assert reason(trusting, wire) == "tls"
            wire.wait_for(all_ended)
            assert wire.requests == []

    def test_an_authority_that_is_not_in_the_bundle_is_refused(self, trusting: Transport, tmp_path: Path) -> None:
        with Wire(always(OK), context=Authority(tmp_path).server()) as wire:
            assert reason(trusting, wire) == "tls"
            assert wire.requests == []

    def test_authorities_named_by_the_environment_are_ignored(
        self, build: Build, authority: Authority, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        with Wire(always(OK), context=authority.server()) as wire:
            for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"):
                monkeypatch.setenv(name, authority.bundle)
            monkeypatch.setenv("SSL_CERT_DIR", str(Path(authority.bundle).parent))
            assert reason(build(connect_seconds=PATIENCE), wire) == "tls"
            for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR"):
                monkeypatch.setenv(name, str(tmp_path / "missing"))
            assert ask(build(ca_bundle=authority.bundle, connect_seconds=PATIENCE), wire).body == b"ok"

    def test_any_certificate_does_where_verification_is_switched_off(self, build: Build, authority: Authority) -> None:
        with Wire(always(OK), context=authority.server(self_signed=True)) as wire:
            assert ask(build(verify=False, connect_seconds=PATIENCE), wire).body == b"ok"

    def test_a_bundle_that_is_missing_is_noticed_at_the_start(self, tmp_path: Path) -> None:
        with pytest.raises(OSError):
            make(self.name, Options(ca_bundle=str(tmp_path / "missing.pem")))

    def test_a_bundle_without_certificates_is_noticed_at_the_start(self, tmp_path: Path) -> None:
        empty = tmp_path / "empty.pem"
        empty.write_text("no certificate in here\n")
        with pytest.raises(ssl.SSLError):
            make(self.name, Options(ca_bundle=str(empty)))

    def test_a_backend_that_does_not_speak_tls_is_refused(self, trusting: Transport) -> None:
        with Wire(_speak_plainly) as wire:
            with pytest.raises(UpstreamError) as caught:
                trusting.get(f"https://127.0.0.1:{wire.port}/b", total_seconds=PATIENCE, repeatable=True)
            assert caught.value.reason == "tls"
            wire.wait_for(all_ended)

    def test_a_handshake_that_does_not_end_counts_as_no_connection(self, build: Build, authority: Authority) -> None:
        transport = build(ca_bundle=authority.bundle, connect_seconds=SHORT)
        with Wire(once_then_stay(b"")) as wire:
            with pytest.raises(UpstreamError) as caught:
                transport.get(f"https://127.0.0.1:{wire.port}/b", total_seconds=PATIENCE, repeatable=True)
            assert caught.value.reason == "connect"
            wire.wait_for(all_ended)

    def test_a_body_without_length_must_end_with_tls_own_goodbye(
        self, trusting: Transport, authority: Authority
    ) -> None:
        with Wire(once(b"HTTP/1.1 200 OK\r\n\r\n<response><returnco"), context=authority.server()) as wire:
            assert reason(trusting, wire) == "closed"

    def test_a_refused_connection_is_no_connection(self, transport: Transport) -> None:
        with Wire(always(OK)) as wire:
            pass
        assert reason(transport, wire) == "connect"

    def test_a_connection_that_is_not_accepted_in_time_is_no_connection(self, build: Build) -> None:
        transport = build(connect_seconds=SHORT)
        with socket.socket() as listener, ExitStack() as fillers:
            listener.bind(("127.0.0.1", 0))
            listener.listen(0)
            for _ in range(4):  # more than the queue holds: the system answers no further connection
                filler = fillers.enter_context(socket.socket())
                filler.setblocking(False)
                filler.connect_ex(listener.getsockname())
            with pytest.raises(UpstreamError) as caught:
                transport.get(
                    f"http://127.0.0.1:{listener.getsockname()[1]}/b", total_seconds=PATIENCE, repeatable=True
                )
        assert caught.value.reason == "connect"

    def test_an_address_of_version_six_is_reached(self, transport: Transport) -> None:
        try:
            wire = Wire(always(OK), host="::1")
        except OSError:
            pytest.skip("this machine has no IPv6 loopback")
        with wire:
            assert ask(transport, wire).body == b"ok"
        assert f"Host: [::1]:{wire.port}\r\n".encode() in wire.requests[0]
