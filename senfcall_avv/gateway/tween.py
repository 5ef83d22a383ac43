"""The gate: parse, whose, genuine, allowed, note. Nothing below it sees a parameter that the policy did not admit.

It reads the WSGI environment alone, opens no transaction, session or cookie, and catches everything itself: plugins get
BBB's words with HTTP 200 whatever happens, people who followed a join link get a page.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from pyramid.exceptions import URLDecodeError
from pyramid.traversal import split_path_info

from senfcall_avv.bbb import checksum, xml
from senfcall_avv.bbb.call import Call, RequestTooLarge, Signature
from senfcall_avv.bbb.errors import NO_KEY_IN_PATH, Failure, failure
from senfcall_avv.edge_names import GATEWAY_ROOTS
from senfcall_avv.endpoints.snapshot import UNKNOWN, EndpointSnapshot, EndpointView
from senfcall_avv.gateway import addresses, answers, pages
from senfcall_avv.gateway.admitted import Admitted
from senfcall_avv.gateway.answers import Answer
from senfcall_avv.gateway.received import read, wants_page
from senfcall_avv.gateway.upstream import BackendFailed, Refused
from senfcall_avv.logs import log
from senfcall_avv.policy.engine import Decision, Outcome, Policy, Subject

if TYPE_CHECKING:
    from senfcall_avv.bbb.catalog import Catalogue
    from senfcall_avv.gateway.notes import Notes
    from senfcall_avv.typing import Request

GATE: Final = "avv.gate"
CHECKSUM_ERROR: Final = failure("checksumError")
UNSUPPORTED: Final = failure("unsupportedRequest")
INTERNAL: Final = failure("internalError")
TOO_LARGE: Final = failure("validationError")

Handler = Callable[["Request"], Any]


class Gate(NamedTuple):
    """All that the tween needs, made once."""

    snapshot: EndpointSnapshot
    policy: Policy
    notes: Notes
    catalogue: Catalogue
    algorithms: frozenset[str]
    anybody: Subject
    """On whose behalf the root document is answered: everybody's, known key or not."""
    clock: Callable[[], float] = time.time


def factory(handler: Handler, registry: Any) -> Handler:
    """Make the tween."""

    def gateway_tween(request: Request) -> Any:
        try:
            segments = split_path_info(request.environ.get("PATH_INFO", ""))
        except URLDecodeError:
            return handler(request)
        if not segments or segments[0] not in GATEWAY_ROOTS:
            return handler(request)
        gate: Gate = registry[GATE]
        address = addresses.read(segments)
        try:
            return _answer(gate, request, address, handler)
        except Exception as error:  # noqa: BLE001  # whatever it is: nothing leaves this door but BBB's words
            log.exception("call.failed", error, request_id=request.request_id)
            return _fail(gate, request, _unread(request, address), INTERNAL)

    return gateway_tween


def _answer(gate: Gate, request: Request, address: addresses.Address, handler: Handler) -> Any:
    if address.kind == "no_key":
        return answers.failed(NO_KEY_IN_PATH, request.request_id)
    if address.kind == "not_api":
        return answers.failed(UNSUPPORTED, request.request_id)
    if not address.call:
        return _root_document(gate, request, address)
    try:
        received = read(request.environ, address.call)
    except RequestTooLarge:
        log.warning("call.too_large", request_id=request.request_id)
        return _fail(gate, request, _unread(request, address), TOO_LARGE)
    endpoint = (gate.snapshot.find(address.key) if address.key else None) or UNKNOWN
    if not gate.snapshot.loaded:
        return _fail(gate, request, received.call, INTERNAL)
    if not _genuine(gate, address.call, received.signature, endpoint):
        gate.notes.not_genuine(endpoint, address.call, request.environ.get("REMOTE_ADDR", ""))
        return _fail(gate, request, received.call, CHECKSUM_ERROR)
    decision = gate.policy.decide(received.call, endpoint.subject)
    gate.notes.decided(endpoint, received.call, decision, request.request_id)
    return _carry_out(gate, request, Admitted(received.call, decision, endpoint), handler)


def _root_document(gate: Gate, request: Request, address: addresses.Address) -> Answer:
    """Answer the document without a call: no checksum, and the same for every well-formed key."""
    if address.key is None:
        return answers.failed(CHECKSUM_ERROR, request.request_id)
    call = _unread(request, address)
    return _without_backend(gate, request, call, gate.policy.decide(call, gate.anybody))


def _unread(request: Request, address: addresses.Address) -> Call:
    """Give the call without its parameters, which nobody has read."""
    return Call(address.call, request.environ["REQUEST_METHOD"])


def _genuine(gate: Gate, call: str, signature: Signature | None, endpoint: EndpointView) -> bool:
    """Check the signature with every secret that is valid now. An unknown key costs what a known one costs."""
    if signature is None:
        return False
    secrets = endpoint.secrets(gate.clock())
    name = call.encode("latin-1")
    found = [
        checksum.verify(name, covered, signature.checksum, secrets, gate.algorithms) for covered in signature.covered
    ]
    return any(position is not None for position in found)


def _carry_out(gate: Gate, request: Request, admitted: Admitted, handler: Handler) -> Any:
    call, decision, endpoint = admitted
    if decision.outcome is not Outcome.FORWARD:
        return _without_backend(gate, request, call, decision)
    request.bbb = admitted
    request.environ["PATH_INFO"] = addresses.canonical_path(endpoint.key, call.name)
    try:
        answer = handler(request)
    except Refused as refused:
        return _fail(gate, request, call, refused.failure)
    except BackendFailed as failed:
        return _fail(gate, request, call, failed.failure)
    except Exception as error:  # noqa: BLE001  # a view's fault, with the call's name in the log
        log.exception(
            "call.failed",
            error,
            request_id=request.request_id,
            key=endpoint.key,
            call=call.name,
            revision=decision.revision,
        )
        return _fail(gate, request, call, INTERNAL)
    # Pyramid answers a missing view with a page of its own; only our views make Answers.
    return answer if isinstance(answer, Answer) else _fail(gate, request, call, UNSUPPORTED)


def _without_backend(gate: Gate, request: Request, call: Call, decision: Decision) -> Answer:
    if decision.answer is not None:
        body, content_type = xml.ANSWERS[decision.answer]
        return answers.document(body, request.request_id, content_type)
    refusal = decision.refusal
    if refusal is None:
        return _fail(gate, request, call, INTERNAL)
    words = failure(refusal.key, refusal.param)
    return _fail(gate, request, call, Failure(words.key, refusal.message) if refusal.message else words)


def _fail(gate: Gate, request: Request, call: Call, what: Failure) -> Answer:
    environ = request.environ
    if wants_page(environ, call):
        page = pages.for_key(what.key)
        body = pages.body(page, request.request_id, environ.get("HTTP_ACCEPT_LANGUAGE", ""))
        return answers.page(page.status, body, request.request_id)
    entry = gate.catalogue.calls.get(call.name)
    # The calls of BBB's own client speak JSON too; to plugins they are like any call that there is not.
    speaks_json = entry is not None and entry.format == "json" and not entry.session
    return answers.failed(what, request.request_id, as_json=speaks_json)
