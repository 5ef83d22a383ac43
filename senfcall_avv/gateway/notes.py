"""What is written down about a call: counters in the ledger for the organisation, a line in the log for the operators.

Names and reasons, never values. A value is looked at only to say whether leaving it out made a difference.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from senfcall_avv.ledger.notes import Noted
from senfcall_avv.logs import log
from senfcall_avv.policy.engine import Reason

if TYPE_CHECKING:
    from senfcall_avv.bbb.call import Call
    from senfcall_avv.bbb.catalog import Catalogue
    from senfcall_avv.endpoints.snapshot import EndpointView
    from senfcall_avv.ledger.recorder import Recorder
    from senfcall_avv.policy.engine import Decision

_ENGINE: Final = "the policy engine broke its contract, calls are refused: look at the engine, or at the profile's name"


class Notes:
    """Takes down decisions and failed checksums."""

    def __init__(self, recorder: Recorder, catalogue: Catalogue) -> None:
        self._recorder = recorder
        self._neutral = {
            (call.name, parameter.name): frozenset(value.lower() for value in parameter.neutral)
            for call in catalogue.calls.values()
            for parameter in call.parameters.values()
            if parameter.neutral
        }

    def decided(self, endpoint: EndpointView, call: Call, decision: Decision, request_id: str) -> None:
        """Note what became of a genuine call."""
        neutral = self._neutral_names(call, decision) if decision.ignored else ()
        self._recorder.note(Noted.decided(endpoint.key, endpoint.organization_id, call.name, decision, neutral))
        refusal = decision.refusal
        if refusal is not None and refusal.reason is Reason.ENGINE_ERROR:
            log.error("policy.engine_failing", request_id=request_id, revision=decision.revision, todo=_ENGINE)
        if refusal is not None:
            log.info(
                "call.refused",
                request_id=request_id,
                key=endpoint.key,
                call=_printable(call.name),
                key_of_refusal=refusal.key,
                reason=refusal.reason,
                parameter=refusal.param,
                revision=decision.revision,
            )
        elif decision.ignored or decision.changed:
            log.info(
                "call.trimmed",
                request_id=request_id,
                key=endpoint.key,
                call=call.name,
                ignored={_printable(name): reason for name, reason in decision.ignored.items()},
                changed=dict(decision.changed),
                revision=decision.revision,
            )

    def not_genuine(self, endpoint: EndpointView, call: str, client: str) -> None:
        """Note a wrong or missing checksum: counted, its parameters are not even read."""
        self._recorder.note(Noted.checksum_failed(endpoint.key or None, endpoint.organization_id, call, client))

    def _neutral_names(self, call: Call, decision: Decision) -> tuple[str, ...]:
        found = []
        for name in decision.ignored:
            neutral = self._neutral.get((call.name, name))
            if neutral is not None:
                values = {(value or "").strip().lower() for key, value in (*call.query, *call.form) if key == name}
                if values <= neutral:
                    found.append(name)
        return tuple(found)


def _printable(name: str) -> str:
    """Keep what can be a name; clients may send anything."""
    known = name in {"(invalid)", "(body)"} or (
        len(name) <= 64 and name.isascii() and all(c.isalnum() or c in "._-/" for c in name)
    )
    return name if known else "(invalid)"
