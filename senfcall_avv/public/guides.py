"""Guides for frontends: the facts of ``frontends.toml``, and what the policy in force makes of what each sends."""

from __future__ import annotations

import html
import re
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Final, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field

from senfcall_avv.bbb.catalog import Catalogue
from senfcall_avv.i18n import Language
from senfcall_avv.policy.engine import Description, Outcome
from senfcall_avv.public.losses import Loss, losses
from senfcall_avv.public.markup import Html

_STRICT: Final = ConfigDict(frozen=True, extra="forbid")
_CODE: Final = re.compile(r"`([^`]+)`")


class Words(BaseModel):
    """A sentence in both languages; what stands in backquotes is code."""

    model_config = _STRICT
    de: str = Field(min_length=1)
    en: str = Field(min_length=1)

    def plain(self, language: str) -> str:
        """Give the sentence as it was written."""
        return self.en if language == "en" else self.de

    def html(self, language: str) -> Html:
        """Give the sentence as markup."""
        return Html(_CODE.sub(r'<code translate="no">\1</code>', html.escape(self.plain(language))))


class GuideField(Words):
    """A field that the administrator fills in, by its label. ``value``: a kind of value, or literal text to choose."""

    value: str


class Tested(Words):
    """The version that we looked at. ``replayed``: its calls as observed run in our tests; ``read``: as read."""

    month: str = Field(pattern=r"^\d{4}-\d{2}$")
    how: Literal["replayed", "read"]


class Guide(BaseModel):
    """One frontend; ``frontends.toml`` explains the fields."""

    model_config = _STRICT
    id: str = Field(pattern=r"^[a-z][a-z0-9-]*$")
    title: Words
    plugin: Words
    fields: tuple[GuideField, ...] = Field(min_length=2)
    needs: tuple[Words, ...]
    steps: tuple[Words, ...] = Field(min_length=1)
    test: Words
    mistakes: tuple[Words, ...]
    tested: Tested | None = None
    clients: tuple[str, ...] = ()
    sends: dict[str, tuple[str, ...]] = {}


class Refused(NamedTuple):
    """A call of a frontend that cannot succeed here: it lacks parameters that the policy asks for."""

    call: str
    names: tuple[str, ...]


class Verdict(NamedTuple):
    """What the policy in force makes of a frontend."""

    refused: tuple[Refused, ...]
    losses: tuple[Loss, ...]


@cache
def guides() -> Mapping[str, Guide]:
    """Read the data file, once for each process; by id, in the order of the file."""
    text = resources.files("senfcall_avv.public").joinpath("frontends.toml").read_text("utf-8")
    rows = [Guide.model_validate(row) for row in tomllib.loads(text)["frontends"]]
    found = {guide.id: guide for guide in rows}
    if len(found) != len(rows):
        raise ValueError("frontends.toml has an id twice")
    return MappingProxyType(found)


def verdict(guide: Guide, description: Description, catalogue: Catalogue) -> Verdict:
    """Ask a profile what becomes of everything that a frontend sends."""
    return Verdict(tuple(_refused(guide, description)), losses(description, catalogue, guide.sends))


def _refused(guide: Guide, description: Description) -> Iterator[Refused]:
    for call in description.calls:
        sent = guide.sends.get(call.name)
        if sent is None or call.verb is not Outcome.FORWARD:
            continue
        lacking = [each.name for each in call.parameters if each.required and each.name not in sent]
        if lacking:
            yield Refused(call.name, tuple(lacking))


class Addresses(NamedTuple):
    """What is entered: ``address`` ends in ``/bigbluebutton/``, ``api`` in ``/bigbluebutton/api/``."""

    address: str
    api: str


def shown_fields(guide: Guide, language: Language, addresses: Addresses) -> list[tuple[str, str, str]]:
    """Give label, kind (``code``, ``secret``, ``word``) and value of each field."""
    kinds = {"address": ("code", addresses.address), "api-address": ("code", addresses.api), "secret": ("secret", "")}
    return [(field.plain(language), *kinds.get(field.value, ("word", field.value))) for field in guide.fields]
