"""Requests of real BBB clients (``data/client-requests.json``), to be sent again with a real key and secret.

Where a request was recorded, its bytes are kept but for key and checksum; where it was only read in a client's source,
it is encoded in that client's style. Nothing here uses the product's own reader or signature.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote, quote_plus

SAMPLE_KEY = "orgkey"
FILE = Path(__file__).parent / "data" / "client-requests.json"
_ENCODERS: dict[str, Callable[[str], str]] = {"plus": quote_plus, "percent20": lambda text: quote(text, safe="")}
_LEFT_RAW = {"%28": "(", "%29": ")", "%2A": "*", "%21": "!", "%27": "'"}
"""What the one client that signs another spelling than it sends leaves as it is when it signs."""


class Sent(NamedTuple):
    """A request ready for the wire."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes | None


@dataclass(frozen=True)
class Entry:
    """One request of one client."""

    number: int
    data: dict[str, Any]

    def __str__(self) -> str:
        words = "".join(letter if letter.isalnum() else " " for letter in self.data["client"]).split()
        return f"{self.number:03}-{'_'.join(words[:3])}-{self.call.replace('/', '_') or 'root'}"

    @property
    def call(self) -> str:
        return str(self.data["call"])

    @property
    def needs(self) -> list[str]:
        """What the client reads from an answer: element names or paths, and a few sentences."""
        return list(self.data["needs_in_answer"])

    @property
    def recorded(self) -> str:
        """The target as it went over the wire, or nothing."""
        return str(self.data.get("raw_target", ""))

    @property
    def genuine(self) -> bool:
        """Whether the client signs what it sends."""
        return bool(self.data.get("checksum_valid", True))

    @cached_property
    def params(self) -> dict[str, str]:
        return dict(self.data["query"])

    @property
    def path(self) -> str:
        if self.recorded:
            return self.recorded.partition("?")[0]
        doubled = "/" if self.data.get("path_note") == "doubled slash before api" else ""
        return str(self.data.get("path") or f"/b/{SAMPLE_KEY}/bigbluebutton/{doubled}api/{self.call}")

    @cached_property
    def pieces(self) -> list[str]:
        """The query between its ``&``, with an empty ``checksum=`` where the checksum belongs."""
        if self.recorded:
            query = self.recorded.partition("?")[2]
            return ["checksum=" if piece.startswith("checksum=") else piece for piece in query.split("&")]
        encode = _ENCODERS[self.data["encoding"]]
        pairs = [f"{encode(name)}={encode(value)}" for name, value in self.data["query"]]
        if self.data["algorithm"] == "none":
            return pairs
        if self.data.get("checksum_position") == "first":
            return ["checksum=", *pairs]
        ampersand = [""] if self.data.get("query_starts_with_ampersand") and not pairs else []
        return [*ampersand, *pairs, "checksum="]

    @property
    def covered(self) -> str:
        """The query that the checksum is made for."""
        return "&".join(piece for piece in self.pieces if piece != "checksum=")

    def checksum(self, secret: str, covered: str | None = None) -> str:
        """Sign as this client does: in one case that is another spelling than the one it sends."""
        text = self.covered if covered is None else covered
        if not self.genuine:
            for escape, raw in _LEFT_RAW.items():
                text = text.replace(escape, raw)
        return hashlib.new(self.data["algorithm"], f"{self.call}{text}{secret}".encode()).hexdigest()

    def with_name(self, name: str) -> Entry:
        """Give the same request with another meeting's name: some recordings have a shorter one than BBB takes."""
        query = [[key, name if key == "name" else value] for key, value in self.data["query"]]
        recorded = re.sub(r"(?<=[?&])name=[^&]*", f"name={quote(name)}", self.recorded)
        return Entry(self.number, {**self.data, "query": query, "raw_target": recorded})

    def sent(self, key: str, secret: str) -> Sent:
        """Give the request of an organisation with this key and secret."""
        pieces = self.pieces
        if self.data["algorithm"] != "none":
            signed = f"checksum={self.checksum(secret)}"
            pieces = [signed if piece == "checksum=" else piece for piece in pieces]
        query = "&".join(pieces)
        path = self.path.replace(f"/b/{SAMPLE_KEY}", f"/b/{key}", 1)
        body, headers = self._body(secret), dict(self.data.get("headers") or {})
        if body is not None and "content-type" not in {name.lower() for name in headers}:
            headers["Content-Type"] = self.data["body"]["content_type"]
        return Sent(self.data["method"], f"{path}?{query}" if query else path, headers, body)

    def _body(self, secret: str) -> bytes | None:
        body = self.data["body"]
        if body is None:
            return None
        if "text" in body:
            return str(body["text"]).encode()
        params = [(name, value) for name, value in body["params"] if name != "checksum"]
        covered = "&".join(f"{name}={value}" for name, value in params)
        form = "&".join(f"{name}={quote_plus(value)}" for name, value in params)
        return f"checksum={self.checksum(secret, covered)}&{form}".encode()


ENTRIES = [Entry(number, data) for number, data in enumerate(json.loads(FILE.read_text()))]
