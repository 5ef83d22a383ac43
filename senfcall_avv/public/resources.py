"""Small resources for pages that everybody may see: what stands behind a page's name is no page of ours."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar

from senfcall_avv.i18n import _
from senfcall_avv.public.guides import Guide, guides
from senfcall_avv.public.texts import NAMES
from senfcall_avv.root import Resource, Root

if TYPE_CHECKING:
    from pyramid.config import Configurator

    from senfcall_avv.typing import Request

_GUIDE_NAME = re.compile(r"[a-z][a-z0-9-]{0,39}")


class CheckResource(Resource):
    """``/check``."""


class ContractResource(Resource):
    """``/contract``: the text before anybody signs it."""


class ApiResource(Resource):
    """``/api``."""


class ApiJsonResource(Resource):
    """``/api.json``."""


class GuideResource(Resource):
    """``/help/<frontend>``."""

    def __init__(self, request: Request, name: str, parent: Resource, guide: Guide) -> None:
        super().__init__(request, name, parent)
        self.guide = guide


class UnknownGuideResource(Resource):
    """``/help/<something>``: a page that says what there is instead."""


class HelpResource(Resource):
    """``/help``."""

    below: ClassVar[tuple[tuple[str, type[Resource]], ...]] = (
        ("<frontend>", GuideResource),
        ("<unknown>", UnknownGuideResource),
    )

    @property
    def title(self) -> str:
        return str(self.request.localizer.translate(_("Hilfe")))

    def child(self, name: str) -> Resource | None:
        guide = guides().get(name)
        if guide is not None:
            return GuideResource(self.request, name, self, guide)
        return UnknownGuideResource(self.request, name, self) if _GUIDE_NAME.fullmatch(name) else None


class StatusResource(Resource):
    """``/status``."""


class SubProcessorsResource(Resource):
    """``/sub-processors``."""


class TextResource(Resource):
    """``/terms`` and its like: a text of the operators, by the page's name."""


class WellKnownResource(Resource):
    """``/.well-known``."""


CHILDREN: tuple[tuple[str, type[Resource]], ...] = (
    ("check", CheckResource),
    ("contract", ContractResource),
    ("api", ApiResource),
    ("api.json", ApiJsonResource),
    ("help", HelpResource),
    ("status", StatusResource),
    ("sub-processors", SubProcessorsResource),
    (".well-known", WellKnownResource),
    *((name, TextResource) for name in NAMES),
)


def addresses() -> Iterator[str]:
    """List the paths of all pages of this room."""
    yield "/"
    for name, kind in CHILDREN:
        yield "/.well-known/security.txt" if kind is WellKnownResource else f"/{name}"
    yield from (f"/help/{name}" for name in guides())


def includeme(config: Configurator) -> None:
    for name, kind in CHILDREN:
        config.add_child(Root, name, kind)
