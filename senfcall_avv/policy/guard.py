"""What stands between every engine and the backends: a decision that breaks the contract is a refusal.

An engine is code that an operator may add. It cannot pass on a reserved parameter, a call that BBB does not have, a
value with control characters, or a made-up success for a call that changes something, and it cannot take the gateway
down by raising. A Python thread cannot be interrupted, so slowness is noticed afterwards.
"""

from __future__ import annotations

import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Final, Literal

from senfcall_avv.bbb.call import Call
from senfcall_avv.bbb.catalog import Catalogue
from senfcall_avv.bbb.errors import MESSAGES
from senfcall_avv.policy.engine import Decision, Description, Limits, Outcome, Policy, Reason, Refusal, Step, Subject
from senfcall_avv.policy.plans import NAME
from senfcall_avv.policy.values import has_control_characters

Kind = Literal["raised", "wrong_type", "slow", "call", "answer", "refusal", "name", "reserved", "value", "order"]

SLOWEST: Final = 0.05
"""Seconds that a decision may take."""
WINDOW: Final = 60.0
"""Seconds for which single failures are remembered."""
_REMEMBERED: Final = 1000
_BODIES: Final = frozenset(("none", "forward"))
_ROOT_ANSWERS: Final = ("version",)
_TABLES: Final[frozenset[type]] = frozenset((dict, MappingProxyType))


class Failures:
    """Counts what an engine did wrong, by kind. For any number of threads."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._counts: Counter[str] = Counter()
        self._latest: deque[tuple[float, str]] = deque(maxlen=_REMEMBERED)

    def note(self, kind: Kind) -> None:
        with self._lock:
            self._counts[kind] += 1
            self._latest.append((self._clock(), kind))

    def counts(self) -> Mapping[str, int]:
        """Give the failures since the policy was activated, by kind."""
        with self._lock:
            return dict(self._counts)

    def recent(self, kind: Kind | None = None, seconds: float = WINDOW) -> int:
        """Count the failures (of a kind) of the last ``seconds``, at most a thousand."""
        with self._lock:
            since = self._clock() - seconds
            return sum(when >= since and kind in {None, what} for when, what in self._latest)


class _BrokenPromiseError(Exception):
    """A decision breaks the contract."""

    def __init__(self, kind: Kind) -> None:
        super().__init__(kind)
        self.kind: Kind = kind


class Guard:
    """Any policy, and itself a policy. ``failures`` is what a health page reads."""

    def __init__(
        self,
        policy: Policy,
        catalogue: Catalogue,
        failures: Failures | None = None,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self.failures = failures or Failures()
        self.revision = policy.revision
        self.profiles: Sequence[str] = tuple(policy.profiles)
        self._policy = policy
        self._catalogue = catalogue
        self._clock = clock
        self._plain = frozenset(
            name
            for entry in catalogue.calls.values()
            for name in entry.parameters
            if not catalogue.is_reserved(name) and not name.startswith("meta_")
        )
        """Names about which nothing needs to be asked again."""

    def limits(self, subject: Subject) -> Limits:
        """Give the policy's numbers; the organisation's own if the policy fails to say."""
        try:
            limits: object = self._policy.limits(subject)
        except Exception:  # noqa: BLE001  # whatever an engine raises
            self.failures.note("raised")
            return subject.limits
        if isinstance(limits, Limits):
            return limits
        self.failures.note("wrong_type")
        return subject.limits

    def decide(self, call: Call, subject: Subject) -> Decision:
        started = self._clock()
        try:
            decision = self._policy.decide(call, subject)
            if self._clock() - started > SLOWEST:
                decision = self._once_more(call, subject)
            self._check(call, decision)
        except _BrokenPromiseError as broken:
            return self._failed(broken.kind)
        except Exception:  # noqa: BLE001  # whatever an engine raises
            return self._failed("raised")
        return decision

    def explain(self, call: Call, subject: Subject) -> Sequence[Step]:
        """Give the policy's explanation; what the guard says of the decision is added where it objects."""
        try:
            steps = tuple(self._policy.explain(call, subject))
            self._check(call, steps[-1].decision)
        except _BrokenPromiseError as broken:
            return (*steps, self._objection(broken.kind))
        except Exception:  # noqa: BLE001  # whatever an engine raises
            return (self._objection("raised"),)
        return steps

    def describe(self, profile: str) -> Description:
        return self._policy.describe(profile)

    def _refused(self) -> Decision:
        return Decision.refusing("internalError", Reason.ENGINE_ERROR, self.revision)

    def _failed(self, kind: Kind) -> Decision:
        self.failures.note(kind)
        return self._refused()

    def _objection(self, kind: Kind) -> Step:
        return Step(12, "guard", "", kind, Reason.ENGINE_ERROR, decision=self._failed(kind))

    def _once_more(self, call: Call, subject: Subject) -> Decision:
        """Ask again after a slow decision: in a busy process the thread may merely have waited for its turn."""
        started = self._clock()
        decision = self._policy.decide(call, subject)
        if self._clock() - started > SLOWEST:
            raise _BrokenPromiseError("slow")
        return decision

    def _check(self, call: Call, decision: object) -> None:
        if decision.__class__ is not Decision:
            raise _BrokenPromiseError("wrong_type")
        if decision.outcome is not Outcome.FORWARD:
            self._check_other(call, decision)
            return
        entry = self._catalogue.calls.get(call.name)
        if entry is None or entry.session:
            raise _BrokenPromiseError("call")
        params = decision.params
        if (
            params.__class__ not in _TABLES
            or decision.ignored.__class__ not in _TABLES
            or decision.changed.__class__ not in _TABLES
            or decision.body not in _BODIES
        ):
            raise _BrokenPromiseError("wrong_type")
        if not self._plain.issuperset(params):
            self._check_names(params)
        names = list(params)
        if names != sorted(names):
            raise _BrokenPromiseError("order")
        if not "".join(params.values()).isprintable():  # raises TypeError, so "raised", for what is no text
            self._check_values(call, params)

    def _check_other(self, call: Call, decision: Decision) -> None:
        if decision.outcome is Outcome.ANSWER:
            self._check_answer(call, decision)
        elif decision.outcome is Outcome.REFUSE:
            self._check_refusal(decision)
        else:
            raise _BrokenPromiseError("wrong_type")

    def _check_names(self, params: Mapping[str, str]) -> None:
        spellings: set[str] = set()
        for name in params:
            if NAME.fullmatch(name) is None:  # raises TypeError, so "raised", for what is no text
                raise _BrokenPromiseError("name")
            if self._catalogue.is_reserved(name):
                raise _BrokenPromiseError("reserved")
            if name.casefold().startswith("meta_"):
                folded = name.casefold()
                if folded in spellings:
                    raise _BrokenPromiseError("name")
                spellings.add(folded)

    def _check_values(self, call: Call, params: Mapping[str, str]) -> None:
        known = self._catalogue.calls[call.name].parameters
        for name, value in params.items():
            lines = name in known and known[name].type == "text"
            if has_control_characters(value, lines=lines):
                raise _BrokenPromiseError("value")

    def _check_answer(self, call: Call, decision: Decision) -> None:
        entry = self._catalogue.calls.get(call.name)
        fitting = _ROOT_ANSWERS if call.name == "" else () if entry is None else entry.answers
        if decision.answer not in fitting or (entry is not None and entry.effect != "read"):
            raise _BrokenPromiseError("answer")

    @staticmethod
    def _check_refusal(decision: Decision) -> None:
        refusal: object = decision.refusal
        if not isinstance(refusal, Refusal) or refusal.key not in MESSAGES:
            raise _BrokenPromiseError("refusal")
        reason: object = refusal.reason
        if not isinstance(reason, Reason):
            raise _BrokenPromiseError("refusal")
