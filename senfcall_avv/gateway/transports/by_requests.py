"""The transport over requests: prepared requests through an adapter of our own.

requests and urllib3 keep the pool and read HTTP. Three things they cannot be asked for are done on the connection, the
one place that every byte passes:

- *The target as built.* Both libraries re-quote URLs. They are given ``/``, and the connection writes the real target.
  So their log lines and exceptions, which quote URLs, never hold a signed query.
- *A total deadline.* Their time-outs count per read: a backend that drips never ends. Here each read gets what is left.
- *One careful repetition*: whether the connection had been used before and whether a byte came back is known only here.
"""

from __future__ import annotations

import threading
from http.client import HTTPException
from time import monotonic
from typing import Any, Final

import requests
from requests.adapters import HTTPAdapter
from requests.models import PreparedRequest
from requests.structures import CaseInsensitiveDict
from urllib3 import BaseHTTPResponse, HTTPConnectionPool
from urllib3.exceptions import HTTPError

from senfcall_avv.gateway.transports.addresses import Address, split
from senfcall_avv.gateway.transports.connection import Current, Exchange, PlainOrTlsConnection, reason_of
from senfcall_avv.gateway.transports.dialing import Dialer
from senfcall_avv.gateway.transports.interface import Options, Reason, Reply, UpstreamError, read_location
from senfcall_avv.gateway.transports.turns import Turns

_PIECE: Final = 64 * 1024


class _Pool(HTTPConnectionPool):
    ConnectionCls = PlainOrTlsConnection


class _Adapter(HTTPAdapter):
    """requests' adapter without what it takes from URL, proxies, certificates and cookies."""

    def __init__(self, options: Options, current: Current) -> None:
        self._options = options
        self._current = current
        self._dialer = Dialer(options)
        self._lock = threading.Lock()
        self._pools: dict[str, _Pool] = {}
        self._closed = False
        super().__init__(max_retries=0)

    def pool(self, address: Address) -> _Pool:
        """Give the connections kept to this address. Raises UpstreamError (closed) once the adapter is closed."""
        with self._lock:
            if self._closed:
                raise UpstreamError("closed")
            found = self._pools.get(address.origin)
            if found is None:
                found = self._pools[address.origin] = _Pool(
                    address.host,
                    address.port,
                    maxsize=self._options.max_connections,
                    address=address,
                    dialer=self._dialer,
                    current=self._current,
                    options=self._options,
                )
            return found

    def get_connection_with_tls_context(self, *_: Any, **__: Any) -> HTTPConnectionPool:
        return self._current.exchange.pool

    def cert_verify(self, *_: Any, **__: Any) -> None:
        """Trust is settled in the dialer's context, once; requests would take it from its arguments at each call."""

    def request_url(self, *_: Any, **__: Any) -> str:
        return "/"

    def build_response(self, _: PreparedRequest, resp: BaseHTTPResponse) -> requests.Response:
        """Leave out cookies, encoding and history."""
        answer = requests.Response()
        answer.raw = resp
        return answer

    def close(self) -> None:
        super().close()
        with self._lock:
            self._closed = True
            pools = list(self._pools.values())
        for pool in pools:
            pool.close()
        self._dialer.close()


class RequestsTransport:
    """See ``interface.Transport``."""

    name = "requests"

    def __init__(self, options: Options) -> None:
        self._options = options
        self._current = Current()
        self._adapter = _Adapter(options, self._current)
        self._turns = Turns(options.max_connections)
        self._prepared = PreparedRequest()
        self._prepared.method = "GET"
        self._prepared.url = "/"
        self._prepared.headers = CaseInsensitiveDict(options.headers)

    def get(self, url: str, *, total_seconds: float, repeatable: bool) -> Reply:
        address, target = split(url)
        deadline = monotonic() + total_seconds
        with self._turns.take(address.origin, deadline):
            exchange = Exchange(target, deadline, self._adapter.pool(address), self._options)
            outcome = self._attempt(exchange)
            if outcome == "closed" and repeatable and exchange.may_be_repeated:
                exchange.fresh = True
                outcome = self._attempt(exchange)
        if isinstance(outcome, Reply):
            return outcome
        # Raised here and not where it was caught: a context would carry the libraries' exceptions into the log.
        raise UpstreamError(outcome)

    def close(self) -> None:
        self._adapter.close()

    def _attempt(self, exchange: Exchange) -> Reply | Reason:
        self._current.exchange = exchange
        try:
            answer = self._adapter.send(self._prepared, stream=True)
            raw: BaseHTTPResponse = answer.raw
            try:
                return self._read(raw)
            finally:
                raw.close()
        except UpstreamError as error:
            return error.reason
        except (OSError, HTTPException, HTTPError) as error:  # requests' own exceptions are OSErrors
            return reason_of(error)

    def _read(self, raw: BaseHTTPResponse) -> Reply:
        pieces: list[bytes] = []
        size = 0
        while piece := raw.read(_PIECE, decode_content=False):
            size += len(piece)
            if size > self._options.max_bytes:
                raise UpstreamError("too_large")
            pieces.append(piece)
        return Reply(raw.status, read_location(raw.headers.getlist("Location")), b"".join(pieces))
