"""The way of a file from the form to a verdict, before any of it touches the database.

From cheap to dear: how much came, what its first bytes say, what its name says, the inspection apart, the scanner.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final, Protocol

from senfcall_avv.documents.child import inspect_apart
from senfcall_avv.documents.findings import Bounds, MediaType, Reason
from senfcall_avv.documents.names import clean_name, extension_of
from senfcall_avv.documents.scanner import Scan, scan
from senfcall_avv.settings import DocumentsSettings

READ_BYTES: Final = 64 * 1024
EXTENSIONS: Final = {
    "pdf": MediaType.PDF,
    "jpg": MediaType.JPEG,
    "jpeg": MediaType.JPEG,
    "jpe": MediaType.JPEG,
    "jfif": MediaType.JPEG,
    "png": MediaType.PNG,
}
SIGNATURES: Final = (
    (b"%PDF-", MediaType.PDF),
    (b"\xff\xd8\xff", MediaType.JPEG),
    (b"\x89PNG\r\n\x1a\n", MediaType.PNG),
)
HEIC_BRANDS: Final = frozenset((b"heic", b"heix", b"hevc", b"heim", b"heis", b"hevm", b"hevs", b"mif1", b"msf1"))


class Stream(Protocol):
    """What a file is read from."""

    def read(self, size: int, /) -> bytes:
        """Give at most ``size`` bytes; none at the end."""
        ...


@dataclass(frozen=True, slots=True)
class Received:
    """A file and the verdict on it: refused for a ``reason``, or fit to be kept as ``body``.

    ``size`` is the number of bytes of ``body``, or of what was sent if the file is refused.
    """

    name: str
    size: int
    media_type: MediaType | None = None
    reason: Reason | None = None
    pages: int | None = None
    note: Reason | None = None
    scan: Scan = Scan.NOT_AVAILABLE
    body: bytes = b""
    preview: bytes = b""

    @property
    def sha256(self) -> str:
        """The hash of ``body`` in hexadecimal digits."""
        return hashlib.sha256(self.body).hexdigest()

    def refused(self, reason: Reason) -> Received:
        """Give the same file, refused."""
        return replace(self, reason=reason, note=None, body=b"", preview=b"")


def receive(name: str, stream: Stream, declared_size: int | None, settings: DocumentsSettings) -> Received:
    """Read a file and judge it. ``declared_size``: bytes that were announced, None if nobody did.

    Raises nothing but what is wrong with us; what is wrong with the file is its reason.
    """
    clean = clean_name(name)
    try:
        data = _read(stream, settings.max_file_bytes)
    except OSError:  # the connection, or the temporary file behind it
        return Received(clean, 0, reason=Reason.BROKEN)
    received = Received(clean, max(len(data), declared_size or 0))
    reason = _at_first_sight(clean, data, declared_size, settings)
    if reason is not None:
        return received.refused(reason)
    media_type = signature_of(data)
    if media_type is None or EXTENSIONS.get(extension_of(clean)) is not media_type:
        return received.refused(_misnamed(data, media_type, extension_of(clean)))
    return _inspected(replace(received, media_type=media_type), media_type, data, settings)


def signature_of(data: bytes) -> MediaType | None:
    """Tell a file's kind by its very first bytes; what comes behind foreign ones does not count."""
    return next((media_type for signature, media_type in SIGNATURES if data.startswith(signature)), None)


def _read(stream: Stream, most: int) -> bytes:
    """Read all of a file that is small enough, or one byte more than that."""
    return b"".join(_pieces(stream, most + 1))


def _pieces(stream: Stream, most: int) -> Iterator[bytes]:
    while most > 0 and (piece := stream.read(min(READ_BYTES, most))):
        most -= len(piece)
        yield piece


def _at_first_sight(name: str, data: bytes, declared_size: int | None, settings: DocumentsSettings) -> Reason | None:
    """Say what is wrong with how much came."""
    if not data and not name:
        return Reason.NONE
    if len(data) > settings.max_file_bytes:
        return Reason.SIZE
    if declared_size is not None and len(data) < declared_size:
        return Reason.BROKEN
    return None if data else Reason.EMPTY


def _misnamed(data: bytes, media_type: MediaType | None, extension: str) -> Reason:
    """Say why content and name are not both of one kind that we take."""
    if data[4:8] == b"ftyp" and data[8:12] in HEIC_BRANDS:
        return Reason.HEIC
    if media_type is None:
        return Reason.MISMATCH if extension in EXTENSIONS else Reason.TYPE
    return Reason.MISMATCH if extension else Reason.TYPE


def _inspected(received: Received, media_type: MediaType, data: bytes, settings: DocumentsSettings) -> Received:
    bounds = Bounds(settings.max_pages, settings.max_pixels, settings.max_side)
    finding = inspect_apart(media_type, data, bounds)
    received = replace(received, pages=finding.pages)
    if finding.reason is not None:
        return received.refused(finding.reason)
    verdict = scan(data, settings.scanner_socket, settings.scanner_seconds)
    received = replace(received, scan=verdict)
    if verdict is Scan.FOUND:
        return received.refused(Reason.MALWARE)
    if verdict is Scan.NOT_AVAILABLE and settings.scanner_required:
        return received.refused(Reason.UNSCANNED)
    body = finding.body or data
    if len(body) > 2 * settings.max_file_bytes:  # made anew without the tricks that kept it small
        return replace(received, size=len(body)).refused(Reason.SIZE)
    return replace(received, note=finding.note, body=body, size=len(body), preview=finding.preview)
