"""What the gateway hands over for each call: names and reasons, taken from a decision without its values."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

from senfcall_avv.policy.engine import Decision, Outcome

CHECKSUM: Final = "checksum"
"""Reason of a call whose checksum did not match."""
FORWARDED: Final = "forwarded"
PARTLY: Final = "partly"
ANSWERED: Final = "answered_here"
REFUSED: Final = "refused"
VERDICTS: Final = frozenset((FORWARDED, PARTLY, ANSWERED, REFUSED))
"""Reasons of the rows without a name: exactly one of them is counted for each call with a good checksum."""

UNKNOWN_KEY: Final = "(unknown)"
"""Stands for every key that there is not: guessing makes no rows."""

UNKNOWN_CALL: Final = "(unknown)"
"""Stands for every call that BBB does not have."""

_LONGEST_CALL: Final = 64
_NONE: Final[Mapping[str, str]] = MappingProxyType({})


class Noted(NamedTuple):
    """One call as the ledger hears of it. Made by ``decided``, ``refused`` and ``checksum_failed``.

    ``param`` is the parameter that a refusal names; for a failed checksum the client's address, of which only the
    network is kept. ``call`` and all names may be whatever a client sent.
    """

    key: str
    organization_id: str
    call: str
    verdict: str
    reason: str = ""
    param: str = ""
    ignored: Mapping[str, str] = _NONE
    changed: Mapping[str, str] = _NONE
    neutral: Collection[str] = ()
    forwarded: tuple[str, ...] = ()
    revision: str = ""

    @classmethod
    def decided(
        cls, key: str, organization_id: str, call: str, decision: Decision, neutral: Collection[str] = ()
    ) -> Noted:
        """Note a decision. ``neutral`` names the ignored parameters whose value made no difference."""
        outcome = decision.outcome
        if outcome is Outcome.FORWARD:
            ignored, changed = decision.ignored, decision.changed
            verdict = PARTLY if ignored or changed else FORWARDED
            forwarded = tuple(decision.params)  # the mapping itself would keep the values alive
            return cls(
                key, organization_id, call, verdict, "", "", ignored, changed, neutral, forwarded, decision.revision
            )
        refusal = decision.refusal
        if refusal is None:
            return cls(key, organization_id, call, ANSWERED, revision=decision.revision)
        return cls(key, organization_id, call, REFUSED, refusal.reason, refusal.param or "", revision=decision.revision)

    @classmethod
    def refused(cls, key: str, organization_id: str, call: str, reason: str, revision: str = "") -> Noted:
        """Note a refusal that is the gateway's own, such as ``limit_calls``."""
        return cls(key, organization_id, call, REFUSED, reason, revision=revision)

    @classmethod
    def checksum_failed(cls, key: str | None, organization_id: str, call: str, client: str) -> Noted:
        """Note a wrong or missing checksum. ``key`` is None for a key that there is not, ``client`` an IP address."""
        # Anyone may send this, in any number: nothing long is kept waiting.
        short = call if len(call) <= _LONGEST_CALL else UNKNOWN_CALL
        return cls(UNKNOWN_KEY if key is None else key, organization_id, short, CHECKSUM, CHECKSUM, client)
