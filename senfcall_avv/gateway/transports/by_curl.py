"""The transport over libcurl (pycurl): a fraction of the processor time that requests takes per exchange.

Each handle keeps exactly one connection to one backend and is lent to one thread at a time; libcurl reads HTTP, keeps
the total deadline and connects. Where libcurl is more helpful than the contract allows, it is told so below. One thing
it does in its own way: when a kept connection ends, an answer counts as begun with its first complete line.
"""

from __future__ import annotations

import select
import threading
from time import monotonic
from types import MappingProxyType
from typing import Final

import pycurl
from requests.utils import DEFAULT_CA_BUNDLE_PATH

from senfcall_avv.gateway.transports.addresses import Address, split
from senfcall_avv.gateway.transports.dialing import tls_context
from senfcall_avv.gateway.transports.interface import Options, Reason, Reply, UpstreamError, read_location
from senfcall_avv.gateway.transports.turns import Turns

_REASONS: Final = MappingProxyType[int, Reason](
    {
        pycurl.E_COULDNT_RESOLVE_HOST: "connect",
        pycurl.E_COULDNT_CONNECT: "connect",
        pycurl.E_OPERATION_TIMEDOUT: "timeout",
        pycurl.E_SSL_CONNECT_ERROR: "tls",
        pycurl.E_PEER_FAILED_VERIFICATION: "tls",
        pycurl.E_SSL_CERTPROBLEM: "tls",
        pycurl.E_SSL_CIPHER: "tls",
        pycurl.E_SSL_CACERT_BADFILE: "tls",
        pycurl.E_SSL_ISSUER_ERROR: "tls",
        pycurl.E_SSL_INVALIDCERTSTATUS: "tls",
        pycurl.E_GOT_NOTHING: "closed",
        pycurl.E_SEND_ERROR: "closed",
        pycurl.E_RECV_ERROR: "closed",
        pycurl.E_PARTIAL_FILE: "closed",
        pycurl.E_ABORTED_BY_CALLBACK: "closed",
        pycurl.E_WRITE_ERROR: "too_large",
        pycurl.E_FILESIZE_EXCEEDED: "too_large",
    }
)
"""Reason by libcurl's error number; any other number means ``protocol``."""

_STOP: Final = -1
_NEVER: Final = float("-inf")


class _Handle:
    """One easy handle: at most one connection, to one backend."""

    def __init__(self, address: Address, options: Options) -> None:
        self._options = options
        self._head: list[bytes] = []
        self._body: list[bytes] = []
        self._size = 0
        self._sent = 0
        self._may_send = 1
        self._rests_since = _NEVER
        self.curl = pycurl.Curl()
        self._where_to(address)
        self._trust(options)
        self._what_to_send(options)
        self._what_comes_back(options)

    def _where_to(self, address: Address) -> None:
        setopt = self.curl.setopt
        setopt(pycurl.URL, address.origin + "/")  # the target is set per exchange, where libcurl leaves it alone
        setopt(pycurl.PROTOCOLS, pycurl.PROTO_HTTP | pycurl.PROTO_HTTPS)
        setopt(pycurl.HTTP_VERSION, pycurl.CURL_HTTP_VERSION_1_1)
        setopt(pycurl.FOLLOWLOCATION, 0)
        setopt(pycurl.PROXY, "")  # the empty string also silences the environment
        setopt(pycurl.NETRC, pycurl.NETRC_IGNORED)
        setopt(pycurl.NOSIGNAL, 1)  # signals and threads do not mix
        setopt(pycurl.CONNECTTIMEOUT_MS, max(1, int(self._options.connect_seconds * 1000)))
        setopt(pycurl.MAXCONNECTS, 1)

    def _trust(self, options: Options) -> None:
        setopt = self.curl.setopt
        setopt(pycurl.SSLVERSION, pycurl.SSLVERSION_TLSv1_2)
        setopt(pycurl.SSL_VERIFYPEER, 1 if options.verify else 0)
        setopt(pycurl.SSL_VERIFYHOST, 2 if options.verify else 0)
        setopt(pycurl.CAINFO, options.ca_bundle or DEFAULT_CA_BUNDLE_PATH)
        # Without this the system's directory of authorities would be trusted beside the bundle. It also lets libcurl
        # keep the parsed bundle with the handle: one parse per handle instead of one per connection.
        self.curl.unsetopt(pycurl.CAPATH)

    def _what_to_send(self, options: Options) -> None:
        setopt = self.curl.setopt
        own = options.headers
        setopt(pycurl.USERAGENT, own.pop("User-Agent"))
        # As plain headers: the option for Accept-Encoding would also switch decompression on.
        setopt(pycurl.HTTPHEADER, [f"{name}: {value}" for name, value in own.items()])
        setopt(pycurl.PREREQFUNCTION, self._about_to_send)

    def _what_comes_back(self, options: Options) -> None:
        setopt = self.curl.setopt
        setopt(pycurl.HTTP_CONTENT_DECODING, 0)
        setopt(pycurl.HTTP09_ALLOWED, 0)
        setopt(pycurl.MAXFILESIZE_LARGE, options.max_bytes)
        setopt(pycurl.HEADERFUNCTION, self._head.append)
        setopt(pycurl.WRITEFUNCTION, self._write)

    def exchange(self, target: str, seconds: float, *, repeatable: bool) -> Reply | Reason:
        """Send one request on the kept connection or a new one."""
        curl = self.curl
        self._head.clear()
        self._body.clear()
        self._size = self._sent = 0
        self._may_send = 2 if repeatable else 1
        curl.setopt(pycurl.REQUEST_TARGET, target)
        curl.setopt(pycurl.TIMEOUT_MS, max(1, int(seconds * 1000)))  # 0 would mean: no limit
        curl.setopt(pycurl.FRESH_CONNECT, 0 if self._is_usable() else 1)
        self._rests_since = _NEVER  # after any failure the next exchange begins with a new connection
        try:
            curl.perform()
        except pycurl.error as error:
            return self._reason(error.args[0])
        reply = self._reply()
        self._rests_since = monotonic()
        return reply

    def _is_usable(self) -> bool:
        """Say whether the kept connection is fresh enough and silent: bytes or an end that nobody asked for forbid it.

        libcurl looks for itself at most once a second, which is too seldom for a call that must not be repeated.
        """
        if monotonic() - self._rests_since >= self._options.idle_seconds:
            return False
        descriptor = self.curl.getinfo(pycurl.ACTIVESOCKET)
        if descriptor < 0:
            return False
        look = select.poll()
        look.register(descriptor, select.POLLIN)
        return not look.poll(0)

    def _about_to_send(self, *_: object) -> int:
        """Be asked by libcurl before each sending. It repeats by itself when a kept connection ended without a byte."""
        self._sent += 1
        allowed: int = pycurl.PREREQFUNC_OK if self._sent <= self._may_send else pycurl.PREREQFUNC_ABORT
        return allowed

    def _write(self, piece: bytes) -> int:
        """Take a piece of the body, and count: MAXFILESIZE stops only declared lengths in older versions of libcurl."""
        self._size += len(piece)
        if self._size > self._options.max_bytes:
            return _STOP
        self._body.append(piece)
        return len(piece)

    def _reason(self, number: int) -> Reason:
        if number == pycurl.E_OPERATION_TIMEDOUT and not self._sent:
            return "connect"
        return _REASONS.get(number, "protocol")

    def _reply(self) -> Reply | Reason:
        complete, locations = _read_head(self._head)
        if not complete:
            return "closed"
        return Reply(self.curl.getinfo(pycurl.RESPONSE_CODE), read_location(locations), b"".join(self._body))


def _read_head(lines: list[bytes]) -> tuple[bool, list[str]]:
    """Say whether the last head is complete, and give its Locations.

    libcurl takes a head for complete when the connection ends within it. Interim answers stand before the last head,
    trailers behind its empty line.
    """
    complete = False
    locations: list[str] = []
    for line in lines:
        if line.startswith(b"HTTP/"):
            complete = False
            locations.clear()
        elif not line.strip():
            complete = True
        elif not complete and line[:9].lower() == b"location:":
            locations.append(line[9:].decode("latin-1"))
    return complete, locations


class CurlTransport:
    """See ``interface.Transport``."""

    name = "curl"

    def __init__(self, options: Options) -> None:
        tls_context(options)  # libcurl reads the bundle at the first connection; a bad one should be known now
        self._options = options
        self._turns = Turns(options.max_connections)
        self._lock = threading.Lock()
        self._resting: dict[str, list[_Handle]] = {}
        self._closed = False

    def get(self, url: str, *, total_seconds: float, repeatable: bool) -> Reply:
        address, target = split(url)
        deadline = monotonic() + total_seconds
        with self._turns.take(address.origin, deadline):
            handle = self._take(address)
            try:
                left = deadline - monotonic()
                outcome = handle.exchange(target, left, repeatable=repeatable) if left > 0 else "timeout"
            finally:
                self._give_back(address, handle)
        if isinstance(outcome, Reply):
            return outcome
        # Raised here and not where it was caught: libcurl's words would stand in the context.
        raise UpstreamError(outcome)

    def close(self) -> None:
        with self._lock:
            self._closed = True
            handles = [handle for resting in self._resting.values() for handle in resting]
            self._resting.clear()
        for handle in handles:
            handle.curl.close()

    def _take(self, address: Address) -> _Handle:
        """Take the handle used last: its connection is the least likely to have been closed."""
        with self._lock:
            if self._closed:
                raise UpstreamError("closed")
            resting = self._resting.get(address.origin)
            if resting:
                return resting.pop()
        return _Handle(address, self._options)

    def _give_back(self, address: Address, handle: _Handle) -> None:
        with self._lock:
            if not self._closed:
                self._resting.setdefault(address.origin, []).append(handle)
                return
        handle.curl.close()
