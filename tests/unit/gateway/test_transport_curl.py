from __future__ import annotations

import pytest

from senfcall_avv.gateway.transports import Options
from senfcall_avv.gateway.transports.addresses import split
from tests.contracts_of.transport import TransportContract
from tests.contracts_of.wire import PATIENCE, Peer, Wire

pycurl = pytest.importorskip(
    "pycurl", reason="pycurl is not installed: pip install 'senfcall_avv[curl]' to test this transport"
)


def _flood(peer: Peer) -> None:
    if peer.request() and peer.send(b"HTTP/1.1 200 OK\r\n\r\n"):
        while peer.send(b"x" * 65536):
            pass


class TestCurl(TransportContract):
    name = "curl"

    def test_a_libcurl_that_heeds_declared_lengths_only_is_stopped_as_well(self) -> None:
        from senfcall_avv.gateway.transports.by_curl import _Handle

        with Wire(_flood) as wire:
            address, target = split(wire.origin + "/b")
            handle = _Handle(address, Options(max_bytes=1000, connect_seconds=PATIENCE))
            handle.curl.setopt(pycurl.MAXFILESIZE_LARGE, 0)
            assert handle.exchange(target, PATIENCE, repeatable=False) == "too_large"
            handle.curl.close()
