"""BBB's checksum: HASH(call name + query string without checksum + secret), in hexadecimal.

The hash covers the bytes as they were received; nothing here decodes or re-orders them.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from hashlib import _Hash

MIN_SECRET_LENGTH: Final = 32
"""Bytes. A shorter secret never verifies anything: BBB itself lets every checksum pass when its secret is empty."""

ALGORITHMS: Final = ("sha1", "sha256", "sha384", "sha512")
"""Names as BBB's setting ``supportedChecksumAlgorithms`` spells them."""

_HASHES: Final[dict[int, tuple[str, Callable[[bytes], _Hash]]]] = {
    40: ("sha1", hashlib.sha1),
    64: ("sha256", hashlib.sha256),
    96: ("sha384", hashlib.sha384),
    128: ("sha512", hashlib.sha512),
}
_HEX = re.compile(rb"[0-9a-fA-F]{40,128}")


def sign(call: str, query: str, secret: bytes, algorithm: str = "sha256") -> str:
    """Give the checksum of a call in lower-case hexadecimal, the only spelling that every BBB version accepts.

    ``query`` is the query string exactly as it will be sent, without the checksum.
    """
    return hashlib.new(algorithm, call.encode() + query.encode() + secret).hexdigest()


def algorithm_of(checksum: bytes) -> str | None:
    """Name the algorithm that a checksum of this length stands for; None if there is none or it is no hexadecimal."""
    if not _HEX.fullmatch(checksum):
        return None
    known = _HASHES.get(len(checksum))
    return known[0] if known else None


def verify(
    call: bytes,
    hashed: bytes,
    checksum: bytes,
    secrets: Iterable[bytes],
    allowed: frozenset[str] = frozenset(ALGORITHMS),
) -> int | None:
    """Say which of the secrets made this checksum: its position, or None.

    Every secret is tried, whether or not an earlier one matched, so that the time does not tell which or how many there
    are. Secrets below MIN_SECRET_LENGTH never match, whatever the caller loaded. Letter case of the checksum is free
    (BBB 3 accepts both).
    """
    known = _HASHES.get(len(checksum)) if _HEX.fullmatch(checksum) else None
    hash_of = known[1] if known else hashlib.sha1
    good = known is not None and known[0] in allowed
    given = checksum.lower()
    signed = call + hashed
    found: int | None = None
    for position, secret in enumerate(secrets):
        same = hmac.compare_digest(hash_of(signed + secret).hexdigest().encode(), given)
        if same and good and found is None and len(secret) >= MIN_SECRET_LENGTH:
            found = position
    return found
