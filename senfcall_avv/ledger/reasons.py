"""Every reason in the ledger: its group, and what it means in one English sentence.

Groups: **D** contradicting parameters, **U** calls that are not offered, **L** limits, **S** wrong signature,
**V** values that do not fit, **N** names that are not passed on, **C** values that were changed, **F** values that the
service sets, **A** answered without a server, **P** passed on.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Final, NamedTuple

from senfcall_avv.ledger.notes import ANSWERED, CHECKSUM, FORWARDED, PARTLY, REFUSED

CONSEQUENCE: Final = "DULSVNCFAP"
"""The groups, gravest first: what ended a call, what a call lost, what was changed, what cost nothing."""


class Meaning(NamedTuple):
    """A reason explained. ``{name}`` in the sentence is the parameter, the call or the client's network."""

    group: str
    sentence: str


REASONS: Final = MappingProxyType(
    {
        "duplicate": Meaning("D", "{name} was given twice with different values, so the call was refused."),
        "call_unknown": Meaning("U", "BigBlueButton's API has no such call ({name})."),
        "call_not_allowed": Meaning("U", "The call {name} is not part of this service."),
        "method_not_allowed": Meaning("U", "{name} can't be called by this HTTP method."),
        "body_refused": Meaning("U", "The request had a body that the service does not take."),
        "engine_rule": Meaning("U", "A rule of the service's own forbids this ({name})."),
        "engine_error": Meaning("U", "The rules failed, so nothing was passed on. This is for the operators to mend."),
        "limit_calls": Meaning("L", "There were more calls in a minute than the limit allows."),
        "limit_joins": Meaning("L", "More people joined in a minute than the limit allows."),
        "limit_meetings": Meaning("L", "More meetings would have run at once than the limit allows."),
        CHECKSUM: Meaning("S", "The checksum was wrong (from {name}). Mostly the secret is mistyped or replaced."),
        "bad_value": Meaning("V", "The value of {name} was not of its type."),
        "not_a_choice": Meaning("V", "The value of {name} is none of those that are offered."),
        "bad_url": Meaning("V", "The web address in {name} is not allowed here."),
        "malformed": Meaning("V", "The value of {name} was broken: bad encoding, or control characters in it."),
        "out_of_range": Meaning("V", "The number in {name} was too small or too large."),
        "too_short": Meaning("V", "The value of {name} was too short."),
        "too_long": Meaning("V", "The value of {name} was too long."),
        "no_match": Meaning("V", "The value of {name} does not have the form that is asked for."),
        "missing": Meaning("V", "{name} is needed for this call and was not there."),
        "empty": Meaning("V", "{name} is needed for this call and was empty."),
        "not_listed": Meaning("N", "{name} is known to BigBlueButton, but left out by this service."),
        "unknown_name": Meaning("N", "BigBlueButton knows no {name} in this call."),
        "lookalike": Meaning("N", "{name} differs from a known name in its capitals, so it would have no effect."),
        "bad_name": Meaning("N", "No parameter can have such a name."),
        "reserved": Meaning("N", "{name} is kept back for everyone."),
        "unsigned": Meaning("N", "{name} came in the body although there was a query: no checksum protects it."),
        "body_dropped": Meaning("N", "The request's body, such as slides, was left out."),
        "clamped": Meaning("C", "The number in {name} was brought within the limit."),
        "cleaned": Meaning("C", "Unsafe HTML was taken out of {name}."),
        "item_removed": Meaning("C", "Entries that are not offered were taken out of {name}."),
        "repeated": Meaning("C", "{name} was given twice with one value; it was passed on once."),
        "forced": Meaning("F", "The service sets {name} itself, whatever is sent."),
        ANSWERED: Meaning("A", "{name} was answered without asking a conference server."),
        FORWARDED: Meaning("P", "{name} was passed on as it came."),
        PARTLY: Meaning("P", "{name} was passed on with something left out or changed."),
        REFUSED: Meaning("U", "{name} was refused."),
    }
)
"""By code: the policy's reasons, the gateway's limits and the ledger's own."""

_STRANGE: Final = Meaning("U", "An engine of rules gave a reason of its own for {name}.")


def meaning(code: str) -> Meaning:
    """Explain a code; one that is unknown (from a plugged-in engine or an older version) gets a general sentence."""
    return REASONS.get(code, _STRANGE)


def gravity(code: str) -> int:
    """Rank a code for sorting: 0 is the gravest."""
    return CONSEQUENCE.index(meaning(code).group)
