"""urllib3's connection, bound to an exchange: the exact target, a total deadline, and what came of it.

The pool hands a connection to a thread without a word about the exchange, so the exchange is found by thread.
"""

from __future__ import annotations

import io
import ssl
import threading
from http.client import HTTPException, HTTPResponse, IncompleteRead
from time import monotonic
from typing import TYPE_CHECKING, Any, Final

from urllib3 import HTTPConnectionPool
from urllib3.connection import HTTPConnection
from urllib3.exceptions import ClosedPoolError

from senfcall_avv.gateway.transports.addresses import Address
from senfcall_avv.gateway.transports.dialing import Dialer
from senfcall_avv.gateway.transports.interface import Options, Reason, UpstreamError

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

_FRAMING: Final = 256 * 1024
"""Bytes allowed on the wire beside twice the body: heads, chunk sizes and trailers."""


_ENDED: Final = (ConnectionError, ClosedPoolError, IncompleteRead, ssl.SSLEOFError, ssl.SSLZeroReturnError)


class Exchange:
    """One request on its way. ``deadline`` is a time of the monotonic clock."""

    __slots__ = ("deadline", "ended", "fresh", "most", "options", "pool", "received", "reused", "target")

    def __init__(self, target: str, deadline: float, pool: HTTPConnectionPool, options: Options) -> None:
        self.target = target
        self.deadline = deadline
        self.pool = pool
        self.options = options
        self.fresh = False
        self.most = 2 * options.max_bytes + _FRAMING
        self.reused = False
        self.received = 0
        self.ended = False

    def left(self) -> float:
        """Give the seconds left, always above 0. Raises UpstreamError (timeout) when there are none."""
        left = self.deadline - monotonic()
        if left <= 0:
            raise UpstreamError("timeout")
        return left

    @property
    def may_be_repeated(self) -> bool:
        """Say whether a *kept* connection ended before the first byte of an answer."""
        return self.reused and not self.received


class Current(threading.local):
    """The exchange this thread is busy with."""

    exchange: Exchange


class _Arriving(io.RawIOBase):
    """The bytes of an answer as they arrive: bounded in time and number, and noting their end."""

    def __init__(self, sock: Any, plain: io.RawIOBase, exchange: Exchange) -> None:
        super().__init__()
        self._sock = sock
        self._plain = plain  # holds the socket open when http.client lets go of it before the body is read
        self._exchange = exchange
        self.complete = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        if self.complete:
            return 0
        exchange = self._exchange
        self._sock.settimeout(exchange.left())
        try:
            count: int = self._sock.recv_into(buffer)
        except TimeoutError:
            raise UpstreamError("timeout") from None
        if count == 0:
            exchange.ended = True
        exchange.received += count
        if exchange.received > exchange.most:
            raise UpstreamError("too_large")
        return count

    def close(self) -> None:
        self._plain.close()
        super().close()


class _Buffered(io.BufferedReader):
    """Says at its end whether more bytes had come than the answer needed."""

    def __init__(self, arriving: _Arriving, connection: PlainOrTlsConnection) -> None:
        super().__init__(arriving)
        self._arriving = arriving
        self._connection = connection

    def close(self) -> None:
        if not self.closed:
            self._arriving.complete = True  # peek then looks at what is there and reads no further
            self._connection.rest(disturbed=bool(self.peek(1)))
        super().close()


class _Answer(HTTPResponse):
    """http.client's reader, with the lenience taken out that would let a cut or mangled head pass for an answer."""

    def __init__(self, sock: Any, connection: PlainOrTlsConnection, exchange: Exchange, method: str | None) -> None:
        super().__init__(sock, method=method)
        self._exchange = exchange
        self.fp: io.BufferedReader = _Buffered(_Arriving(sock, self.fp.detach(), exchange), connection)

    def begin(self) -> None:
        try:
            super().begin()
        except HTTPException:
            if self._exchange.ended:
                raise UpstreamError("closed") from None
            raise
        if self._exchange.ended:  # a complete head is read up to its empty line and no further
            raise UpstreamError("closed")
        head = self.headers
        length = head.get("Content-Length")
        if (
            self.status < 200
            or head.get_payload()  # a line that is no header, and all that follows it
            or head.get("Transfer-Encoding", "chunked").lower() != "chunked"
            or (length is not None and not (length.isascii() and length.isdigit()))
        ):
            raise UpstreamError("protocol")
        if self.length is not None and self.length > self._exchange.options.max_bytes:
            raise UpstreamError("too_large")


class PlainOrTlsConnection(HTTPConnection):
    """A connection to one backend that can be kept and used again."""

    def __init__(
        self, *args: Any, address: Address, dialer: Dialer, current: Current, options: Options, **kw: Any
    ) -> None:
        super().__init__(*args, **kw)
        if address.secure:
            self.default_port = 443  # type: ignore[misc] # a class variable there; here it depends on the address
        self._address = address
        self._dialer = dialer
        self._current = current
        self._options = options
        self._rests_since = 0.0
        self.response_class: Any = self._answer

    def connect(self) -> None:
        seconds = min(self._options.connect_seconds, self._current.exchange.left())
        self.sock = self._dialer.dial(self._address, seconds)

    def request(self, *args: Any, **kw: Any) -> None:
        exchange = self._current.exchange
        if self.sock is not None and (exchange.fresh or monotonic() - self._rests_since >= self._options.idle_seconds):
            self.close()
        exchange.reused = self.sock is not None
        exchange.received = 0
        exchange.ended = False
        self.timeout = exchange.left()
        super().request(*args, **kw)

    def putrequest(self, method: str, _: str, skip_host: bool = False, skip_accept_encoding: bool = False) -> None:
        super().putrequest(method, self._current.exchange.target, skip_host, skip_accept_encoding)

    def rest(self, *, disturbed: bool) -> None:
        """Stay open, unless more bytes came than the answer needed: the next answer would begin with them."""
        self._rests_since = monotonic()
        if disturbed or (isinstance(self.sock, ssl.SSLSocket) and self.sock.pending()):
            self.close()

    def _answer(self, sock: Any, method: str | None = None) -> _Answer:
        return _Answer(sock, self, self._current.exchange, method)


def reason_of(error: BaseException) -> Reason:
    """Find the reason in what requests and urllib3 raise: the exception that started it stands in the chain behind."""
    link: BaseException | None = error
    while link is not None:
        if isinstance(link, UpstreamError):
            return link.reason
        if isinstance(link, _ENDED):
            return "closed"
        if isinstance(link, ssl.SSLError):
            return "tls"
        if isinstance(link, TimeoutError):
            return "timeout"
        if isinstance(link, HTTPException):
            return "protocol"
        link = link.__cause__ or link.__context__
    return "protocol"
