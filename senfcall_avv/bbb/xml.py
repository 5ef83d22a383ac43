"""BBB's documents: written in BBB's own layout, read by a parser that trusts nobody.

Written: no XML declaration, one element a line, no indentation, no final newline. Read: UTF-8 only, no document type,
no entities, no network, bounded size.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Final, Union

from lxml import etree

from senfcall_avv.bbb.errors import MESSAGES, Failure, failure

CONTENT_TYPE: Final = "text/xml;charset=utf-8"
"""Some clients refuse anything that does not begin with ``text/xml``."""
JSON_TYPE: Final = "application/json;charset=utf-8"

Tree = Sequence[tuple[str, Union[str, "Tree"]]]
"""Element names with a text or a tree of children, in the order of the document."""

_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_ESCAPES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&apos;"}
_TO_ESCAPE = re.compile("[&<>\"']")
_SPACES = re.compile(r"[ \t\r\n\f\v]{2,}|[\t\r\n\f\v]")


class BrokenAnswer(ValueError):
    """A backend's answer is no document that BBB would write. The message holds nothing of the answer."""


def escape(text: str) -> str:
    """Escape as BBB's templates do; what XML 1.0 cannot carry is left out."""
    return _TO_ESCAPE.sub(lambda found: _ESCAPES[found[0]], _FORBIDDEN.sub("", text))


def squeeze(text: str) -> str:
    """Reduce runs of white space as BBB's templates do: to one line feed where the run has one, else to one space."""
    return _SPACES.sub(lambda found: "\n" if "\n" in found[0] or "\r" in found[0] else " ", text)


def _lines(tree: Tree) -> Iterable[str]:
    for name, value in tree:
        if isinstance(value, str):
            yield f"<{name}>{squeeze(escape(value))}</{name}>"
        else:
            yield f"<{name}>"
            yield from _lines(value)
            yield f"</{name}>"


def document(tree: Tree) -> bytes:
    """Write ``<response>`` with these children; an empty list is an opening and a closing tag on two lines."""
    return "\n".join(("<response>", *_lines(tree), "</response>")).encode()


@lru_cache(maxsize=256)
def failed(what: Failure) -> bytes:
    """Write BBB's ``FAILED`` document (simple form). Remembered: most are the same few, thousands of times."""
    return document((("returncode", "FAILED"), ("messageKey", what.key), ("message", what.message)))


def failed_json(what: Failure) -> bytes:
    """Write the failure of the two text-track calls, which speak JSON."""
    import json

    return json.dumps({"response": {"returncode": "FAILED", "messageKey": what.key, "message": what.message}}).encode()


CHECKSUM_ERROR: Final = failed(failure("checksumError"))
NO_MEETINGS: Final = (
    b"<response>\n<returncode>SUCCESS</returncode>\n<meetings/>\n<messageKey>noMeetings</messageKey>\n"
    b"<message>no meetings were found on this server</message>\n</response>"
)
ANSWERS: Final[dict[str, tuple[bytes, str]]] = {
    "version": (
        document((("returncode", "SUCCESS"), ("version", "2.0"), ("apiVersion", "2.0"), ("bbbVersion", ""))),
        CONTENT_TYPE,
    ),
    "noMeetings": (NO_MEETINGS, CONTENT_TYPE),
    "notRunning": (document((("returncode", "SUCCESS"), ("running", "false"))), CONTENT_TYPE),
    "noRecordings": (
        document(
            (
                ("returncode", "SUCCESS"),
                ("recordings", ()),
                ("messageKey", "noRecordings"),
                ("message", MESSAGES["noRecordings"]),
            )
        ),
        CONTENT_TYPE,
    ),
    "noHooks": (b"<response><returncode>SUCCESS</returncode><hooks></hooks></response>", CONTENT_TYPE),
    "noTextTracks": (b'{"response":{"returncode":"SUCCESS","tracks":[]}}', JSON_TYPE),
}
"""The documents that we can answer with ourselves, by the kind that a policy names: body and content type."""


def _parser() -> etree.XMLParser[etree._Element]:
    """A parser of its own for each document: they keep state, and threads share nothing."""
    return etree.XMLParser(
        encoding="utf-8",
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        remove_pis=True,
        remove_comments=True,
    )


def read(body: bytes) -> etree._Element:
    """Read a backend's answer; gives its ``<response>``.

    Raises BrokenAnswer for anything but one well-formed UTF-8 document with that root, without document type and
    without namespaces on the root.
    """
    if b"<!DOCTYPE" in body or b"<!ENTITY" in body:
        raise BrokenAnswer("the answer has a document type")
    try:
        root: etree._Element = etree.fromstring(body, _parser())
    except (etree.XMLSyntaxError, ValueError) as error:
        raise BrokenAnswer("the answer is not well-formed XML") from error
    if root.getroottree().docinfo.internalDTD is not None:
        raise BrokenAnswer("the answer has a document type")
    if root.tag != "response":
        raise BrokenAnswer("the answer's root is not <response>")
    return root


def succeeded(root: etree._Element) -> bool:
    """Tell SUCCESS from FAILED, in any letter case; the document then has BBB's, for clients compare exactly.

    Raises BrokenAnswer where the answer says neither, or twice.
    """
    codes = root.findall("returncode")
    word = (codes[0].text or "").strip().upper() if len(codes) == 1 else ""
    if word not in ("SUCCESS", "FAILED"):
        raise BrokenAnswer("the answer has no returncode")
    codes[0].text = word
    return word == "SUCCESS"


def text(root: etree._Element, path: str) -> str:
    """Give the text at an exact child path, empty where there is none."""
    found = root.find(path)
    return (found.text or "") if found is not None else ""


def write(root: etree._Element) -> bytes:
    """Write a document that was read, in the layout it came in."""
    return etree.tostring(root, encoding="utf-8", xml_declaration=False, with_tail=False)
