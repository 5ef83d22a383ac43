"""Reading a request off the wire: sizes first, then the body, then the call."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from senfcall_avv.bbb.call import FORM, MAX_BODY, MAX_FORM, MAX_TARGET, Received, RequestTooLarge, parse

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

    from senfcall_avv.bbb.call import Call

_LENGTH: Final = re.compile(r"[0-9]{1,10}")


def read(environ: WSGIEnvironment, call: str) -> Received:
    """Read the request as this call. Raises RequestTooLarge before any work is done."""
    query = environ.get("QUERY_STRING", "")
    if len(environ.get("PATH_INFO", "")) + len(query) + 1 > MAX_TARGET:
        raise RequestTooLarge(f"a target of more than {MAX_TARGET} bytes")
    content_type = environ.get("CONTENT_TYPE", "")
    return parse(call, environ["REQUEST_METHOD"], query, content_type, _body(environ, content_type))


def _body(environ: WSGIEnvironment, content_type: str) -> bytes:
    declared = environ.get("CONTENT_LENGTH") or ""
    if declared in {"", "0"} and not environ.get("wsgi.input_terminated"):
        return b""
    limit = MAX_FORM if content_type.partition(";")[0].strip().lower() == FORM else MAX_BODY
    if declared and not (_LENGTH.fullmatch(declared) and int(declared) <= limit):
        raise RequestTooLarge(f"a body of more than {limit} bytes")
    body: bytes = environ["wsgi.input"].read(int(declared) if declared else limit + 1)
    if len(body) > limit:
        raise RequestTooLarge(f"a body of more than {limit} bytes")
    return body


def wants_page(environ: WSGIEnvironment, call: Call) -> bool:
    """Tell whether a person in a browser waits for the answer: a join link that was followed."""
    return (
        call.name == "join"
        and call.method == "GET"
        and "text/html" in environ.get("HTTP_ACCEPT", "")
        and not any(
            name == "redirect" and (value or "").strip().lower() in {"false", "0"} for name, value in call.query
        )
    )
