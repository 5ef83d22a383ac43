"""What the next page says above its heading, kept in the browser's sealed cookie until it is shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pyramid.config import Configurator

    from senfcall_avv.typing import Request

ICONS: Final = {"ok": "check", "info": "info", "warn": "warning", "bad": "cross"}
"""The kinds of messages, and what stands before each."""
MOST: Final = 4
MOST_CHARACTERS: Final = 300
"""Together they must fit into a cookie."""
_KEPT: Final = "messages"


class Flash:
    """``request.messages``."""

    def __init__(self, request: Request) -> None:
        self._request = request

    def add(self, kind: str, text: str) -> None:
        """Say something on the next page, in this request's language. Raises ValueError for an unknown kind.

        Of more than four the oldest are dropped; no secret belongs here.
        """
        if kind not in ICONS:
            raise ValueError(f"messages are {', '.join(ICONS)}, not {kind}")
        said = self._request.localizer.translate(text)[:MOST_CHARACTERS]
        self._request.visitor.set(_KEPT, [*self._kept(), [kind, said]][-MOST:])

    def take(self) -> list[tuple[str, str]]:
        """Give kinds and texts, and forget them."""
        found = self._kept()
        if found:
            self._request.visitor.set(_KEPT, None)
        return [(kind, text) for kind, text in found]

    def _kept(self) -> list[list[str]]:
        kept = self._request.visitor.get(_KEPT)
        return kept if isinstance(kept, list) else []


def includeme(config: Configurator) -> None:
    config.registry["avv.messages"] = Flash
