"""What is asked of a PDF: whole, open, not too long, and nothing in it that acts. Runs in the child process.

The question is put to the parsed objects, never to the bytes: names may be written as ``/J#61vaScript``, and objects
may lie in compressed streams. A file that qpdf could only read by repairing it is refused, because another program may
repair it differently. Content streams are not decoded, so a page cannot unpack to gigabytes here.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Final
from urllib.parse import urlsplit

import pikepdf

from senfcall_avv.documents.findings import DAMAGED, Bounds, Finding, Reason

ACTING_KEYS: Final = frozenset(
    (
        "/AA",  # actions that an event starts
        "/Collection",  # a portfolio of files
        "/EF",  # the file of a file specification
        "/EmbeddedFiles",
        "/JS",
        "/JavaScript",
        "/Ref",  # a page of another document
        "/RichMediaContent",
        "/RichMediaSettings",
        "/XFA",  # a form in another language, with scripts of its own
    )
)
ACTIONS: Final = frozenset(
    (
        "/GoTo3DView",
        "/GoToE",
        "/GoToR",
        "/ImportData",
        "/JavaScript",
        "/Launch",
        "/Movie",
        "/Rendition",
        "/ResetForm",
        "/RichMediaExecute",
        "/Sound",
        "/SubmitForm",
    )
)
"""Values of ``/S`` that do more than turn a page."""
SUBTYPES: Final = frozenset(("/3D", "/FileAttachment", "/Movie", "/PS", "/RichMedia", "/Screen", "/Sound"))
LINK_SCHEMES: Final = frozenset(("", "http", "https", "mailto", "tel"))


def inspect_pdf(data: bytes, bounds: Bounds) -> Finding:
    """Judge a PDF; it is stored as it came."""
    try:
        with pikepdf.open(io.BytesIO(data), suppress_warnings=True, attempt_recovery=False) as pdf:
            return _judge(pdf, bounds)
    except pikepdf.PasswordError:
        return Finding(Reason.ENCRYPTED)
    except pikepdf.PikepdfError:
        # To qpdf it is an error like any other that it doesn't know a cipher, or that the closed doors of this process
        # keep it from the random numbers it wants before it tries one that it knows.
        return Finding(Reason.ENCRYPTED) if b"/Encrypt" in data else DAMAGED


def _judge(pdf: pikepdf.Pdf, bounds: Bounds) -> Finding:
    if pdf.is_encrypted:  # also where an empty password opens it
        return Finding(Reason.ENCRYPTED)
    pages = len(pdf.pages)
    if not pages:
        return DAMAGED
    if pages > bounds.pages:
        return Finding(Reason.PAGES, pages=pages)
    if _acts_when_opened(pdf.Root) or any(_acts(one) for one in _dictionaries(pdf)):
        return Finding(Reason.ACTIVE, pages=pages)
    return Finding(pages=pages)


def _acts_when_opened(root: pikepdf.Object) -> bool:
    """Say whether opening the file does more than show a page."""
    opening = root.get("/OpenAction")
    if opening is None or isinstance(opening, pikepdf.Array):
        return False
    if not isinstance(opening, pikepdf.Dictionary):
        return True
    return str(opening.get("/S")) != "/GoTo" or "/Next" in opening


def _dictionaries(pdf: pikepdf.Pdf) -> Iterator[pikepdf.Object]:
    """Give every dictionary of the file once, those of streams and those inside of others included."""
    waiting: list[pikepdf.Object] = [pdf.trailer, *pdf.objects]
    while waiting:
        one = waiting.pop()
        if isinstance(one, pikepdf.Array):
            inside = list(one)
        elif isinstance(one, pikepdf.Dictionary | pikepdf.Stream):
            yield one
            inside = [value for _, value in one.items()]
        else:
            continue
        # What is reached by a reference is among the file's objects itself.
        waiting += [each for each in inside if isinstance(each, pikepdf.Object) and not each.is_indirect]


def _acts(one: pikepdf.Object) -> bool:
    keys = one.keys()
    if not ACTING_KEYS.isdisjoint(keys):
        return True
    if isinstance(one, pikepdf.Stream) and "/F" in keys:  # the stream's bytes lie in another file
        return True
    return (
        ("/S" in keys and str(one["/S"]) in ACTIONS)
        or ("/Subtype" in keys and str(one["/Subtype"]) in SUBTYPES)
        or ("/Type" in keys and str(one["/Type"]) == "/EmbeddedFile")
        or ("/URI" in keys and _leads_astray(one["/URI"]))
    )


def _leads_astray(uri: object) -> bool:
    """Say whether a link is anything but an ordinary one. The catalogue's ``/URI`` is a dictionary, and harmless."""
    if not isinstance(uri, pikepdf.String):
        return False
    try:
        return urlsplit(str(uri).strip()).scheme not in LINK_SCHEMES
    except ValueError:
        return True
