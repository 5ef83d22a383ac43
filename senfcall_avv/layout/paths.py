"""Targets that came from outside: a path of this site that our own tree knows, or else the start page."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote

from senfcall_avv.edge_names import GATEWAY_ROOTS

if TYPE_CHECKING:
    from senfcall_avv.typing import Request

HOME: Final = "/"
_PLAIN: Final = re.compile(r"/(?:[A-Za-z0-9._~!$&'()*+,;=:@%-]+/?)*(?:\?[A-Za-z0-9._~!$&'()*+,;=:@%/?-]*)?")
MOST_CHARACTERS: Final = 2000


def own_path(_request: Request, target: Any) -> str:
    """Give the target if it is a plain path of the portal, with its query; ``/`` for everything else.

    One slash at the front and no empty, ``.`` or ``..`` segment, no backslash, no space, no control character, nothing
    of the plugins' door: what a browser could read as another host is not among it.
    """
    if not isinstance(target, str) or len(target) > MOST_CHARACTERS or not _PLAIN.fullmatch(target):
        return HOME
    path = unquote(target.partition("?")[0])
    segments = path[1:].removesuffix("/").split("/")
    if path != HOME and any(not segment or segment in {".", ".."} or "\\" in segment for segment in segments):
        return HOME
    if segments[0] in GATEWAY_ROOTS or not path.isprintable():
        return HOME
    return target
