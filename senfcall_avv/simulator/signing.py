"""The backend's side of the checksum: which string BBB hashes, and when it is satisfied."""

from __future__ import annotations

from typing import Final

from senfcall_avv.bbb.checksum import ALGORITHMS, sign
from senfcall_avv.simulator.messages import Request
from senfcall_avv.simulator.parameters import Parameters, read_encoded, read_form, rebuild
from senfcall_avv.simulator.profile import Profile

_BY_LENGTH: Final = dict(zip((40, 64, 96, 128), ALGORITHMS, strict=True))


def without_checksum(query: str, checksum: str) -> str:
    """Cut the checksum out of a raw query: three plain replacements, each of all occurrences."""
    for piece in (f"&checksum={checksum}", f"checksum={checksum}&", f"checksum={checksum}"):
        query = query.replace(piece, "")
    return query


def passes(request: Request, call: str, parameters: Parameters, profile: Profile, secret: str, supported: str) -> bool:
    """Tell whether BBB would let the call pass. ``supported`` lists algorithms as BBB's setting does.

    An empty secret lets everything pass, as it does there.
    """
    if not secret:
        return True
    checksum = parameters.get("checksum")
    if not checksum:
        return False
    hashed = without_checksum(request.query, checksum)
    if profile.rebuilds_query and request.method == "POST" and not request.query:
        hashed = rebuild([*read_encoded(request.query), *read_form(request)])
    algorithm = _BY_LENGTH.get(len(checksum), "sha1")
    if algorithm not in supported:
        return False
    given = checksum.lower() if profile.checksum_in_any_case else checksum
    return sign(call, hashed, secret.encode(), algorithm) == given
