"""Telling an entry in the reader's language."""

from __future__ import annotations

import pytest
from pyramid.config import Configurator
from pyramid.exceptions import ConfigurationConflictError

from senfcall_avv.audit.actions import actions_of, add_audit_action, tell
from senfcall_avv.audit.models import AuditEntry

ENTRY = AuditEntry(action="endpoint.rotated", actor_role="owner", thing="endpoint:k", details='{"hours":24}')


def configured() -> Configurator:
    config = Configurator()
    config.add_directive("add_audit_action", add_audit_action)
    config.add_audit_action("endpoint.rotated", "{role}: neu, alt noch {hours} h, {note}", "{role}: new ({thing})")
    return config


def test_an_entry_is_told_with_its_facts() -> None:
    config = configured()
    config.commit()
    actions = actions_of(config.registry)
    assert tell(actions, ENTRY, "de") == "owner: neu, alt noch 24 h, –"
    assert tell(actions, ENTRY, "en") == "owner: new (endpoint:k)"
    assert [row["introspectable"]["english"] for row in config.introspector.get_category("audit actions")] == [
        "{role}: new ({thing})"
    ]


def test_an_action_that_nobody_declares_any_more_is_told_by_its_name() -> None:
    assert tell({}, ENTRY, "de") == "endpoint.rotated"


def test_two_rooms_cannot_declare_one_action() -> None:
    config = configured()
    config.add_audit_action("endpoint.rotated", "anders", "different")
    with pytest.raises(ConfigurationConflictError):
        config.commit()
