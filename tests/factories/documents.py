"""Files for tests: honest ones, and hostile ones built object by object or byte by byte."""

from __future__ import annotations

import io
import re
import zlib
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pikepdf
from pikepdf import Array, Dictionary, Name
from PIL import Image
from sqlalchemy.orm import Session

from senfcall_avv.documents.models import Document, DocumentKind
from senfcall_avv.documents.services import accept
from senfcall_avv.sealing import KeyRing
from senfcall_avv.settings import DocumentsSettings

NOW = datetime(2026, 11, 2, 12, 0, tzinfo=UTC)
ORGANIZATION = "organizationxxxxxxxxxx"
APPLICATION = "applicationxxxxxxxxxxx"
ACCOUNT = "accountxxxxxxxxxxxxxxx"
HEIC = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(64)
SVG = b"<svg xmlns='http://www.w3.org/2000/svg'><script>1</script></svg>"
HTML = b"<!DOCTYPE html><script>alert(1)</script>"


def make_pdf(change: Callable[[pikepdf.Pdf], object] = lambda _pdf: None, *, pages: int = 1, **saving: Any) -> bytes:
    """Make a PDF, let it be changed, and write it."""
    with pikepdf.new() as pdf:
        for _ in range(pages):
            pdf.add_blank_page()
        change(pdf)
        out = io.BytesIO()
        pdf.save(out, **saving)
    return out.getvalue()


def marked_pdf(marker: str) -> bytes:
    """Make a PDF with readable words on its page."""
    return make_pdf(lambda pdf: pdf.pages[0].contents_add(f"% {marker}".encode()), compress_streams=False)


def encrypted_pdf(*, user: str = "", owner: str = "") -> bytes:
    """Make a PDF under passwords; with an empty user password every program opens it."""
    return make_pdf(encryption=pikepdf.Encryption(user=user, owner=owner))


def raw_pdf(*objects: bytes) -> bytes:
    """Write objects 1, 2, … as they stand, with a correct table of their places; the first one is the catalogue."""
    body = b"%PDF-1.7\n"
    places = []
    for number, content in enumerate(objects, 1):
        places.append(len(body))
        body += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"xref\n0 %d\n0000000000 65535 f \n" % (len(places) + 1)
    table += b"".join(b"%010d 00000 n \n" % place for place in places)
    trailer = b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(places) + 1, len(body))
    return body + table + trailer


PAGE_TREE = (
    b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
    b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 200 200] >>",
)


def raw_with(catalogue: bytes = b"", *more: bytes) -> bytes:
    """Write a PDF of one page whose catalogue has more entries; further objects begin with number 4."""
    return raw_pdf(b"<< /Type /Catalog /Pages 2 0 R %s >>" % catalogue, *PAGE_TREE, *more)


def opening(action: Any) -> Callable[[pikepdf.Pdf], None]:
    """Let a PDF do something when it is opened."""

    def change(pdf: pikepdf.Pdf) -> None:
        pdf.Root.OpenAction = action

    return change


def annotated(**entries: Any) -> Callable[[pikepdf.Pdf], None]:
    """Put an annotation on the first page."""

    def change(pdf: pikepdf.Pdf) -> None:
        annotation = Dictionary(Type=Name.Annot, Rect=Array([0, 0, 9, 9]), **{"Subtype": Name.Link, **entries})
        pdf.pages[0].obj.Annots = Array([pdf.make_indirect(annotation)])

    return change


def action(kind: str, **entries: Any) -> Dictionary:
    """Make an action."""
    return Dictionary(S=Name(f"/{kind}"), **entries)


def attach_file(pdf: pikepdf.Pdf) -> None:
    """Embed a file into a PDF."""
    pdf.attachments["macro.exe"] = b"MZ"


def inflating(mebibytes: int) -> bytes:
    """Write a zlib stream of about 1 kB that unpacks to so many MiB of zeros, packed twice."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    block = packer.compress(bytes(1 << 20)) + packer.flush(zlib.Z_FULL_FLUSH)
    return zlib.compress(b"\x78\x9c" + block * mebibytes + zlib.compressobj(9, zlib.DEFLATED, -15).flush(), 9)


def content_bomb(mebibytes: int) -> bytes:
    """Make a PDF whose page's content unpacks to so many MiB."""
    packed = inflating(mebibytes)
    stream = b"<< /Length %d /Filter [/FlateDecode /FlateDecode] >>\nstream\n%s\nendstream" % (len(packed), packed)
    return raw_pdf(
        b"<< /Type /Catalog /Pages 2 0 R >>",
        PAGE_TREE[0],
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 200 200] /Contents 4 0 R >>",
        stream,
    )


def object_stream_bomb(mebibytes: int) -> bytes:
    """Make a PDF whose catalogue lies in an object stream that unpacks to so many MiB."""
    packed = inflating(mebibytes)
    body = b"%PDF-1.7\n"
    place = len(body)
    body += (
        b"1 0 obj\n<< /Type /ObjStm /N 1 /First 4 /Length %d /Filter [/FlateDecode /FlateDecode] >>\n"
        b"stream\n%s\nendstream\nendobj\n" % (len(packed), packed)
    )
    table = len(body)
    # Object 2, the catalogue, is the first one within object 1.
    entries = ((0, 0), (1, place), (2, 1), (1, table))
    rows = b"".join(bytes((kind,)) + where.to_bytes(3, "big") + b"\0" for kind, where in entries)
    body += b"3 0 obj\n<< /Type /XRef /Size 4 /W [1 3 1] /Root 2 0 R /Length %d >>\nstream\n%s\nendstream\nendobj\n" % (
        len(rows),
        rows,
    )
    return body + b"startxref\n%d\n%%%%EOF\n" % table


def make_image(kind: str = "PNG", size: tuple[int, int] = (1200, 1200), mode: str = "RGB", **saving: Any) -> bytes:
    """Make an image with a gradient in it."""
    out = io.BytesIO()
    Image.linear_gradient("L").resize(size).convert(mode).save(out, kind, **saving)
    return out.getvalue()


def flat_png(size: tuple[int, int], mode: str = "L") -> bytes:
    """Make a large image of one colour, small in bytes."""
    out = io.BytesIO()
    Image.new(mode, size, 255 if mode in {"L", "1"} else "white").save(out, "PNG", compress_level=1)
    return out.getvalue()


def png_that_claims(width: int, height: int) -> bytes:
    """Make a PNG of a few bytes whose header claims a size."""
    png = make_image("PNG", (8, 8))
    header = png[12:16] + width.to_bytes(4, "big") + height.to_bytes(4, "big") + png[24:29]
    return png[:12] + header + zlib.crc32(header).to_bytes(4, "big") + png[33:]


def telling_jpeg(marker: bytes) -> bytes:
    """Make a JPEG that carries a marker wherever one can hide: EXIF with a place, comment, profile, thumbnail, tail."""
    exif = Image.Exif()
    exif[0x010E] = marker.decode()  # description
    exif[0x0112] = 6  # turned by a quarter
    exif.get_ifd(0x8825)[1] = "N"
    exif.get_ifd(0x8825)[2] = (52.0, 31.0, 0.0)
    thumbnail = b"\xff\xd8" + marker + b"\xff\xd9"
    plain = make_image(
        "JPEG", (1600, 1200), exif=exif.tobytes() + thumbnail, comment=marker, icc_profile=marker * 200_000
    )
    return plain + b"<script>" + marker + b"</script>"


def is_clean_of(data: bytes, marker: bytes) -> bool:
    """Say whether a marker is nowhere in data, in no case and not as UTF-16."""
    wide = marker.decode().encode("utf-16-le")
    return not re.search(re.escape(marker) + b"|" + re.escape(wide), data, re.IGNORECASE)


def store(
    session: Session, ring: KeyRing, data: bytes | None = None, name: str = "Bescheid.pdf", **more: Any
) -> Document:
    """Upload a file as a page would; a good PDF of its own if none is given."""
    given: dict[str, Any] = {
        "organization_id": ORGANIZATION,
        "application_id": APPLICATION,
        "account_id": ACCOUNT,
        "declared_size": None,
        "settings": DocumentsSettings(),
        "now": NOW,
        "kind": DocumentKind.PROOF,
    }
    content = marked_pdf(name) if data is None else data
    return accept(session, ring, **{**given, "name": name, "stream": io.BytesIO(content), **more})
