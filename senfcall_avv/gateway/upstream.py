"""Calls to a backend: signed by us, sent as signed, read with suspicion, and never failing in any other way than BBB's.

The query is built from decoded, admitted values by one encoder; that very string is hashed and sent.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final, NamedTuple
from urllib.parse import parse_qsl, quote, urlsplit

from senfcall_avv.bbb import checksum, xml
from senfcall_avv.bbb.call import MAX_TARGET
from senfcall_avv.bbb.errors import Failure, failure
from senfcall_avv.gateway.transports.interface import Reply, Transport, UpstreamError
from senfcall_avv.logs import log

if TYPE_CHECKING:
    from lxml import etree

    from senfcall_avv.settings import BackendSettings, UpstreamSettings

_LOOK: Final = "look at the backend and at the network between; plugins are told that the server does not answer"
_PLAIN: Final = re.compile(r"[A-Za-z0-9._~-]*")
_KEY: Final = re.compile(r"[A-Za-z][A-Za-z0-9._-]{0,63}")
_LONGEST_MESSAGE: Final = 1000
"""Characters of a backend's sentence that are passed on."""


class BackendFailed(Exception):
    """A backend gave no usable answer. ``failure`` is what a plugin is told."""

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.failure = failure("serverUnavailable")


class Refused(Exception):
    """A backend, or we on its behalf, answered ``FAILED``; ``failure`` has BBB's words."""

    def __init__(self, what: Failure) -> None:
        super().__init__(what.key)
        self.failure = what


class Budgets(NamedTuple):
    """Seconds that a whole exchange may take."""

    total: float
    create: float


def encode(params: Mapping[str, str]) -> str:
    """Build a query: sorted as given, unreserved characters literal, everything else ``%XX`` in upper case."""
    # Names are admitted by a list of plain ASCII; of values most need no escape either.
    return "&".join(
        f"{name}={value}" if _PLAIN.fullmatch(value) else f"{name}={quote(value, safe='')}"
        for name, value in params.items()
    )


class Upstream:
    """One backend and the way to it."""

    def __init__(self, backend: BackendSettings, transport: Transport, limits: UpstreamSettings) -> None:
        self._base = f"{backend.url}/api/"
        self._public = f"{backend.public_url or backend.url}/api/"
        self._secret = backend.secret.get_secret_value().encode()
        self._algorithm = backend.algorithm
        self._transport = transport
        self._budgets = Budgets(limits.total_seconds, limits.create_seconds)
        self._path_length = max(len(urlsplit(self._base).path), len(urlsplit(self._public).path))

    def close(self) -> None:
        self._transport.close()

    def _signed(self, call: str, params: Mapping[str, str]) -> str:
        query = encode(params)
        signature = f"checksum={checksum.sign(call, query, self._secret, self._algorithm)}"
        target = f"{call}?{query}&{signature}" if query else f"{call}?{signature}"
        if self._path_length + len(target) > MAX_TARGET:
            raise Refused(failure("validationError"))
        return target

    def browser_url(self, params: Mapping[str, str]) -> str:
        """Give the signed ``join`` at the backend's public address, where BBB's cookies belong."""
        return self._public + self._signed("join", params)

    def ask(self, call: str, params: Mapping[str, str], request_id: str) -> etree._Element:
        """Call the backend; give the answer's root if it says SUCCESS.

        Raises Refused if it says FAILED, BackendFailed if it does not answer within the budget or not in BBB's words.
        """
        reply = self._exchange(call, params, request_id)
        if reply.status in {301, 302, 303, 307, 308} and call == "join":
            raise Refused(self._translated(_failure_in(reply.location or ""), call, request_id))
        try:
            root = _document(reply)
            if xml.succeeded(root):
                return root
        except xml.BrokenAnswer as error:
            log.error("backend.failed", request_id=request_id, call=call, reason=str(error), todo=_LOOK)
            raise BackendFailed(str(error)) from error
        raise Refused(self._translated(_failure_of(root), call, request_id))

    def _exchange(self, call: str, params: Mapping[str, str], request_id: str) -> Reply:
        target = self._signed(call, params)
        creating = call == "create"
        try:
            return self._transport.get(
                self._base + target,
                total_seconds=self._budgets.create if creating else self._budgets.total,
                repeatable=not creating and call != "join",
            )
        except UpstreamError as error:
            log.error("backend.failed", request_id=request_id, call=call, reason=error.reason, todo=_LOOK)
            raise BackendFailed(error.reason) from error

    def _translated(self, said: Failure, call: str, request_id: str) -> Failure:
        """Give what a plugin is told of a backend's words."""
        if said.key == "checksumError":
            # Ours was wrong, not the plugin's: passed on, it would send administrators after the wrong secret.
            log.error(
                "backend.refused_us",
                request_id=request_id,
                call=call,
                todo="compare avv.backend.secret with the backend's",
            )
            return failure("serverUnavailable")
        if not _KEY.fullmatch(said.key):
            return failure("internalError")
        return Failure(said.key, said.message[:_LONGEST_MESSAGE])


def _document(reply: Reply) -> etree._Element:
    if reply.status != 200:
        raise xml.BrokenAnswer(f"status {reply.status}")
    return xml.read(reply.body)


def _failure_of(root: etree._Element) -> Failure:
    """Read a failure in BBB's simple form; a list (``errors/error``) is reduced to its first entry."""
    return Failure(
        xml.text(root, "messageKey") or xml.text(root, "errors/error/key"),
        xml.text(root, "message") or xml.text(root, "errors/error/message"),
    )


def _failure_in(location: str) -> Failure:
    """Read the ``errors`` list that BBB appends to where it redirects a failed join."""
    for name, value in parse_qsl(urlsplit(location).query):
        if name == "errors":
            try:
                first = json.loads(value)[0]
                return Failure(str(first["key"]), str(first["message"]))
            except (ValueError, LookupError, TypeError, RecursionError):
                break
    return failure("internalError")
