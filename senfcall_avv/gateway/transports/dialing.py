"""A TCP or TLS connection within a given time, name look-up included. Knows no HTTP and no environment."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from time import monotonic
from typing import Any, Final

from requests.utils import DEFAULT_CA_BUNDLE_PATH

from senfcall_avv.gateway.transports.addresses import Address
from senfcall_avv.gateway.transports.interface import Options, UpstreamError

_Found = Sequence[tuple[socket.AddressFamily, socket.SocketKind, int, str, Any]]

_LOOKUPS: Final = 4
"""Threads for name look-up: the system's has no time limit, so it runs where it can be left behind."""


def tls_context(options: Options) -> ssl.SSLContext:
    """Build the context by hand: ``create_default_context`` and ``set_default_verify_paths`` read the environment."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    if options.verify:
        context.load_verify_locations(cafile=options.ca_bundle or DEFAULT_CA_BUNDLE_PATH)
    else:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


class Dialer:
    """Opens connections; the TLS context is made once, here."""

    def __init__(self, options: Options) -> None:
        self._context = tls_context(options)
        self._lookups = ThreadPoolExecutor(_LOOKUPS, thread_name_prefix="name-lookup")

    def dial(self, address: Address, seconds: float) -> socket.socket:
        """Connect, and shake hands if the address is secure, in ``seconds``. Raises UpstreamError (connect or tls)."""
        deadline = monotonic() + seconds
        connection = self._connect(self._look_up(address, seconds), deadline)
        if not address.secure:
            return connection
        try:
            connection.settimeout(max(deadline - monotonic(), 0.001))
            # An end without TLS's own goodbye may be somebody cutting an answer short: never taken for a normal end.
            return self._context.wrap_socket(connection, server_hostname=address.host, suppress_ragged_eofs=False)
        except TimeoutError:
            connection.close()
            raise UpstreamError("connect") from None
        except (OSError, ValueError):  # ssl.SSLError is an OSError; ValueError: a host that is no name of a server
            connection.close()
            raise UpstreamError("tls") from None

    def close(self) -> None:
        self._lookups.shutdown(wait=False, cancel_futures=True)

    def _look_up(self, address: Address, seconds: float) -> _Found:
        try:
            return socket.getaddrinfo(address.host, address.port, 0, socket.SOCK_STREAM, 0, socket.AI_NUMERICHOST)
        except (OSError, UnicodeError):
            pass  # a name, not a number
        try:
            looked_up = self._lookups.submit(socket.getaddrinfo, address.host, address.port, 0, socket.SOCK_STREAM)
            return looked_up.result(timeout=seconds)
        except (OSError, UnicodeError, RuntimeError):  # TimeoutError is an OSError; RuntimeError: closed meanwhile
            raise UpstreamError("connect") from None

    def _connect(self, found: _Found, deadline: float) -> socket.socket:
        """Try the addresses in turn; each gets its share of the time, so that a silent one leaves some for the next."""
        for position, (family, kind, protocol, _, where_to) in enumerate(found):
            share = (deadline - monotonic()) / (len(found) - position)
            if share <= 0:
                break
            connection = socket.socket(family, kind, protocol)
            try:
                connection.settimeout(share)
                connection.connect(where_to)
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            except OSError:
                connection.close()
            else:
                return connection
        raise UpstreamError("connect")
