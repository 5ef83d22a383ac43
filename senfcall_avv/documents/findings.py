"""What an inspection says about a file, and how that crosses from the child process to its parent.

On the pipe: four bytes with the length of a JSON object, the object, the bytes to store, the preview. The parent
believes nothing of it unchecked: a parser that a hostile file took over could write anything there.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Final

HEADER_BYTES: Final = 4
LONGEST_HEADER: Final = 4096
MOST_PAGES: Final = 1_000_000


class MediaType(StrEnum):
    """The three kinds of file that are taken."""

    PDF = "application/pdf"
    JPEG = "image/jpeg"
    PNG = "image/png"

    @property
    def extension(self) -> str:
        """The extension under which a file of this kind is delivered."""
        return {MediaType.PDF: "pdf", MediaType.JPEG: "jpg", MediaType.PNG: "png"}[self]


class Reason(StrEnum):
    """Why a file is not taken; SMALL is a note on one that is."""

    NONE = "none"
    TYPE = "type"
    HEIC = "heic"
    MISMATCH = "mismatch"
    SIZE = "size"
    COUNT = "count"
    EMPTY = "empty"
    DAMAGED = "damaged"
    ENCRYPTED = "encrypted"
    ACTIVE = "active"
    MALWARE = "malware"
    UNSCANNED = "unscanned"
    DUPLICATE = "duplicate"
    PAGES = "pages"
    PIXELS = "pixels"
    QUOTA = "quota"
    RATE = "rate"
    SMALL = "small"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class Bounds:
    """How large a document may be: ``pages`` of a PDF, ``pixels`` of an image in all and along one ``side``."""

    pages: int
    pixels: int
    side: int


@dataclass(frozen=True, slots=True)
class Finding:
    """The outcome of an inspection: refused for a ``reason``, or fit to be kept, perhaps with a ``note``.

    ``body`` is what to store in place of the upload (empty: the upload itself), ``preview`` a small JPEG (empty: none).
    """

    reason: Reason | None = None
    pages: int | None = None
    note: Reason | None = None
    body: bytes = b""
    preview: bytes = b""


DAMAGED: Final = Finding(Reason.DAMAGED)


def pack(finding: Finding) -> bytes:
    """Write a finding as it goes through the pipe."""
    facts = {"reason": finding.reason, "pages": finding.pages, "note": finding.note}
    header = json.dumps(facts | {"body": len(finding.body), "preview": len(finding.preview)}).encode()
    return len(header).to_bytes(HEADER_BYTES, "big") + header + finding.body + finding.preview


def unpack(data: bytes) -> Finding:
    """Read a finding. Raises ValueError for everything that ``pack`` would not have written."""
    length = int.from_bytes(data[:HEADER_BYTES], "big")
    if not 0 < length <= LONGEST_HEADER:
        raise ValueError("no header")
    start = HEADER_BYTES + length
    facts: Any = json.loads(data[HEADER_BYTES:start])
    if not isinstance(facts, dict) or facts.keys() != {"reason", "pages", "note", "body", "preview"}:
        raise ValueError("another header")
    body, preview = (_count(facts[name], len(data)) for name in ("body", "preview"))
    if len(data) != start + body + preview:
        raise ValueError("another length")
    return Finding(
        reason=_reason(facts["reason"]),
        pages=None if facts["pages"] is None else _count(facts["pages"], MOST_PAGES),
        note=_reason(facts["note"]),
        body=data[start : start + body],
        preview=data[start + body :],
    )


def bounds_to_text(bounds: Bounds) -> str:
    """Write bounds for the child's command line."""
    return json.dumps(asdict(bounds))


def bounds_from_text(text: str) -> Bounds:
    """Read bounds from the child's command line."""
    return Bounds(**json.loads(text))


def _count(value: object, most: int) -> int:
    if type(value) is not int or not 0 <= value <= most:
        raise ValueError("no such number")
    return value


def _reason(value: object) -> Reason | None:
    return None if value is None else Reason(str(value))
