"""Decisions and notes for tests."""

from __future__ import annotations

from collections.abc import Mapping

from senfcall_avv.ledger.notes import Noted
from senfcall_avv.policy.engine import Decision, Reason

KEY = "kabcdefghijklmno"
ORGANIZATION = "organizationxxxxxxxxxx"
CALLS = frozenset(("create", "join", "getMeetings", "end"))


def forwarded(
    *names: str, ignored: Mapping[str, Reason] | None = None, changed: Mapping[str, Reason] | None = None
) -> Decision:
    """Make a decision that passes these parameters on."""
    return Decision.forwarding(dict.fromkeys(names, "planted value"), "rev-1", ignored or {}, changed or {})


def ignoring(*names: str, organization: str = ORGANIZATION, call: str = "create") -> Noted:
    """Note a call of which these parameters were left out."""
    decision = forwarded(ignored=dict.fromkeys(names, Reason.UNKNOWN_NAME))
    return Noted.decided(KEY, organization, call, decision)


def wrong_checksum(client: str = "203.0.113.9", key: str | None = KEY, call: str = "create") -> Noted:
    """Note a wrong checksum."""
    return Noted.checksum_failed(key, ORGANIZATION if key else "", call, client)
