"""What can be recorded, as the rooms declare it, and how an entry is told to people."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    from pyramid.config import Configurator

    from senfcall_avv.audit.models import AuditEntry

_ACTIONS: Final = "avv.audit.actions"
_NAME: Final = re.compile(r"\{([a-z_]+)\}")
_ABSENT: Final = "–"


class Action(NamedTuple):
    """A kind of entry, with a sentence in each language; ``{name}`` stands for a detail."""

    name: str
    german: str
    english: str


def add_audit_action(config: Configurator, name: str, sentence_de: str, sentence_en: str) -> None:
    """Directive: declare a kind of entry. Two rooms claiming one name is a start-up error."""

    def register() -> None:
        config.registry.setdefault(_ACTIONS, {})[name] = Action(name, sentence_de, sentence_en)

    entry = config.introspectable("audit actions", name, name, "audit action")
    entry["german"], entry["english"] = sentence_de, sentence_en
    config.action(("audit action", name), register, introspectables=(entry,))


def actions_of(registry: Any) -> Mapping[str, Action]:
    """Give all declared actions by name."""
    return MappingProxyType(registry.get(_ACTIONS, {}))


def tell(actions: Mapping[str, Action], entry: AuditEntry, language: str) -> str:
    """Give the sentence of an entry in ``de`` or ``en``; the action's name where nobody declares it any more."""
    action = actions.get(entry.action)
    if action is None:
        return entry.action
    facts = {"role": entry.actor_role, "thing": entry.thing} | entry.facts
    sentence = action.english if language == "en" else action.german
    return _NAME.sub(lambda found: str(facts.get(found[1], _ABSENT)), sentence)
