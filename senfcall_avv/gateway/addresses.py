"""Which organisation and which call a path names, for every spelling that plugins produce.

What administrators paste as "BBB URL" varies, and so does what clients append to it: ``api/create``, ``/api/create``,
``api//create``, ``api/api/create``, ``create/``. Doubled slashes are gone when a path arrives here.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

from senfcall_avv.endpoints.keys import KEY


class Address(NamedTuple):
    """What a path means. ``key`` is None where it is malformed or missing; ``call`` is empty for the root document."""

    kind: Literal["call", "no_key", "not_api"]
    key: str | None = None
    call: str = ""


def read(segments: tuple[str, ...]) -> Address:
    """Read the path segments of the plugins' door, empty ones removed."""
    if segments[0] != "b":
        return Address("no_key")
    key = segments[1] if len(segments) > 1 and KEY.fullmatch(segments[1]) else None
    rest = segments[2:]
    if rest[:2] == ("bigbluebutton", "api"):
        tail = rest[2:]
    elif rest[:1] == ("bigbluebuttonapi",):
        tail = rest[1:]
    elif rest == ("bigbluebutton",):
        return Address("call", key)
    else:
        return Address("not_api", key)
    if tail[:1] == ("api",):
        tail = tail[1:]
    return Address("call", key, "/".join(tail))


def canonical_path(key: str, call: str) -> str:
    """Give the one spelling of a call's path that traversal sees."""
    return f"/b/{key}/bigbluebutton/api/{call}"
