"""Engines that break their promises, and what reaches a backend then: nothing."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import pytest
from factories.rulesets import call_rules, policy_of, profile

from senfcall_avv.bbb import catalog
from senfcall_avv.bbb.call import Call
from senfcall_avv.policy.engine import Decision, Description, Limits, Outcome, Reason, Refusal, Step, Subject
from senfcall_avv.policy.guard import Failures, Guard
from senfcall_avv.policy.ruleset import Rule

CATALOGUE = catalog.load()
SUBJECT = Subject("verein", "made")
CREATE = Call("create", "GET", (("meetingID", "k1"),))


class Engine:
    """A policy that does whatever a test wants; ``waits``: how many seconds each decision takes on its own clock."""

    revision = "0123456789ab"
    profiles: Sequence[str] = ("made",)

    def __init__(self, decide: Callable[[], Any], waits: Sequence[float] = ()) -> None:
        self.now = 0.0
        self.asked = 0
        self._decide = decide
        self._waits = list(waits)

    def clock(self) -> float:
        return self.now

    def decide(self, call: Call, subject: Subject) -> Decision:
        self.asked += 1
        if self._waits:
            self.now += self._waits.pop(0)
        return self._decide()  # type: ignore[no-any-return]  # that is what is tested

    def limits(self, subject: Subject) -> Limits:
        return self._decide()  # type: ignore[no-any-return]  # as above

    def explain(self, call: Call, subject: Subject) -> Sequence[Step]:
        return (Step(1, "call"), Step(12, "sent", decision=self._decide()))

    def describe(self, profile: str) -> Description:
        raise KeyError(profile)


def forward(**params: Any) -> Decision:
    return Decision.forwarding(params, Engine.revision)


def guarded(decide: Callable[[], Any], waits: Sequence[float] = ()) -> tuple[Guard, Engine]:
    engine = Engine(decide, waits)
    return Guard(engine, CATALOGUE, clock=engine.clock), engine


def failure(decide: Callable[[], Any], call: Call = CREATE) -> str:
    """Give the kind of failure for which the guard refused."""
    guard, _ = guarded(decide)
    decision = guard.decide(call, SUBJECT)
    assert decision.outcome is Outcome.REFUSE
    assert decision.refusal == Refusal("internalError", Reason.ENGINE_ERROR)
    assert not decision.params
    assert decision.revision == Engine.revision
    (kind,) = guard.failures.counts()
    assert guard.failures.recent() == 1
    return kind


def boom() -> Decision:
    raise ZeroDivisionError


def endless() -> Decision:
    return endless()


@pytest.mark.parametrize(
    "decision",
    [
        forward(),
        forward(meetingID="k1", name="Kurs"),
        forward(meetingID="k1", meta_a="1", meta_b="2"),
        forward(newName="x"),
        forward(name="\u00a0\U0001f33b\u200d", welcome="eins\r\nzwei\tdrei"),
        Decision.forwarding(MappingProxyType({"name": "Kurs"}), Engine.revision, {"logo": Reason.NOT_LISTED}, {}),
        Decision.forwarding({}, Engine.revision, body="forward"),
        Decision.refusing("notFound", Reason.MISSING, Engine.revision, "meetingID", "Words."),
    ],
)
def test_a_good_decision_passes_untouched(decision: Decision) -> None:
    guard, _ = guarded(lambda: decision)
    assert guard.decide(CREATE, SUBJECT) is decision
    assert guard.failures.counts() == {}


@pytest.mark.parametrize("broken", [boom, endless])
def test_an_engine_that_raises_refuses(broken: Callable[[], Decision]) -> None:
    assert failure(broken) == "raised"


@pytest.mark.parametrize(
    "wrong",
    [
        None,
        True,
        {"outcome": "forward"},
        replace(forward(), params=None),
        replace(forward(), params=["name"]),
        replace(forward(), ignored=None),
        replace(forward(), changed=()),
        replace(forward(), body="xml"),
        replace(forward(), outcome="forward"),
        replace(forward(), outcome=None),
    ],
)
def test_what_is_no_decision_refuses(wrong: Any) -> None:
    assert failure(lambda: wrong) == "wrong_type"


@pytest.mark.parametrize("value", [None, 7, b"x", True])
def test_a_value_that_is_no_text_refuses(value: object) -> None:
    assert failure(lambda: forward(name=value)) == "raised"


@pytest.mark.parametrize("value", ["a\x00", "a\nb", "a\x7f", "a\x85", "\ud800", "\ufffe"])
def test_control_characters_refuse(value: str) -> None:
    assert failure(lambda: forward(name=value)) == "value"


@pytest.mark.parametrize("value", ["a\x00", "a\x0b", "\x1b[0m"])
def test_a_text_may_have_line_ends_and_nothing_else(value: str) -> None:
    assert failure(lambda: forward(welcome=value)) == "value"


@pytest.mark.parametrize("name", ["a b", "", "name\n", "n" * 65, "na%6De", "n\u00e4me", "a&b=c"])
def test_a_name_that_cannot_be_one_refuses(name: str) -> None:
    assert failure(lambda: forward(**{name: "x"})) == "name"


@pytest.mark.parametrize(
    "name", ["isBreakout", "ISBREAKOUT", "checksum", "presentationUploadExternalUrl", "meta_avv-key", "META_AVV-key"]
)
def test_a_reserved_name_refuses_in_any_letter_case(name: str) -> None:
    assert failure(lambda: forward(**{name: "x"})) == "reserved"


def test_two_spellings_of_one_metadata_name_refuse() -> None:
    assert failure(lambda: forward(meta_A="1", meta_a="1")) == "name"


def test_parameters_out_of_order_refuse() -> None:
    assert failure(lambda: forward(name="Kurs", meetingID="k1")) == "order"


@pytest.mark.parametrize("call", ["Create", "", "setConfigXML", "enter", "stuns"])
def test_a_call_that_bbb_does_not_have_for_frontends_is_not_forwarded(call: str) -> None:
    assert failure(forward, Call(call)) == "call"


@pytest.mark.parametrize(
    ("call", "kind"),
    [
        ("create", "noMeetings"),
        ("end", "noMeetings"),
        ("getMeetings", "noRecordings"),
        ("getMeetings", "version"),
        ("", "noMeetings"),
        ("unheard of", "version"),
        ("getMeetings", None),
    ],
)
def test_an_answer_that_does_not_fit_the_call_refuses(call: str, kind: Any) -> None:
    assert failure(lambda: Decision.answering(kind, Engine.revision), Call(call)) == "answer"


@pytest.mark.parametrize(("call", "kind"), [("", "version"), ("getMeetings", "noMeetings"), ("hooks/list", "noHooks")])
def test_an_answer_that_fits_passes(call: str, kind: str) -> None:
    guard, _ = guarded(lambda: Decision.answering(kind, Engine.revision))
    assert guard.decide(Call(call), SUBJECT).answer == kind


@pytest.mark.parametrize(
    "refusal",
    [None, "no", Refusal("noSuchKey", Reason.MISSING), Refusal("notFound", "missing")],  # type: ignore[arg-type]  # wrong on purpose
)
def test_a_refusal_without_key_or_reason_is_replaced(refusal: Any) -> None:
    decision = replace(Decision.refusing("notFound", Reason.MISSING, Engine.revision), refusal=refusal)
    assert failure(lambda: decision) == "refusal"


# ---------------------------------------------------------------------------------------------------------------- time


def test_an_engine_that_is_slow_refuses() -> None:
    guard, engine = guarded(forward, waits=[1.0, 1.0])
    assert guard.decide(CREATE, SUBJECT).outcome is Outcome.REFUSE
    assert guard.failures.counts() == {"slow": 1}
    assert engine.asked == 2


def test_one_slow_decision_may_be_the_machines_fault() -> None:
    guard, engine = guarded(forward, waits=[1.0, 0.001])
    assert guard.decide(CREATE, SUBJECT).outcome is Outcome.FORWARD
    assert guard.failures.counts() == {}
    assert engine.asked == 2


def test_fifty_milliseconds_are_not_too_slow() -> None:
    guard, engine = guarded(forward, waits=[0.05])
    assert guard.decide(CREATE, SUBJECT).outcome is Outcome.FORWARD
    assert engine.asked == 1


# ------------------------------------------------------------------------------------------------------ counts, others


def test_failures_are_counted_by_kind_and_forgotten_by_age() -> None:
    now = 100.0
    failures = Failures(lambda: now)
    failures.note("slow")
    failures.note("raised")
    now = 150.0
    failures.note("slow")
    assert failures.counts() == {"slow": 2, "raised": 1}
    assert (failures.recent("slow"), failures.recent()) == (2, 3)
    now = 161.0
    assert (failures.recent("slow"), failures.recent("raised"), failures.recent(seconds=100)) == (1, 0, 3)


def test_counting_loses_nothing_between_threads() -> None:
    guard, _ = guarded(boom)
    threads = [threading.Thread(target=lambda: [guard.decide(CREATE, SUBJECT) for _ in range(200)]) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert guard.failures.counts() == {"raised": 800}


@pytest.mark.parametrize("limits", [boom, lambda: None, lambda: {"meetings": 5}])
def test_where_a_policy_fails_to_say_its_limits_the_organisations_hold(limits: Callable[[], Any]) -> None:
    guard, _ = guarded(limits)
    mine = Limits(meetings=3)
    assert guard.limits(replace(SUBJECT, limits=mine)) == mine
    assert guard.failures.recent() == 1


def test_limits_pass_untouched() -> None:
    guard, _ = guarded(lambda: Limits(meetings=2))
    assert guard.limits(SUBJECT) == Limits(meetings=2)


def test_an_explanation_says_what_the_guard_objects_to() -> None:
    guard, _ = guarded(lambda: forward(isBreakout="true"))
    steps = guard.explain(CREATE, SUBJECT)
    assert [step.title for step in steps] == ["call", "sent", "guard"]
    last = steps[-1]
    assert (last.text, last.reason) == ("reserved", Reason.ENGINE_ERROR)
    assert last.decision is not None
    assert last.decision.outcome is Outcome.REFUSE


def test_an_explanation_that_raises_is_explained() -> None:
    guard, _ = guarded(boom)
    (step,) = guard.explain(CREATE, SUBJECT)
    assert (step.title, step.text) == ("guard", "raised")
    assert step.decision is not None
    assert step.decision.outcome is Outcome.REFUSE


def test_a_guarded_policy_is_the_policy_it_guards() -> None:
    inner = policy_of(profile(call_rules("create", {"name": Rule("string")})))
    guard = Guard(inner, CATALOGUE)
    assert (guard.revision, guard.profiles) == (inner.revision, inner.profiles)
    assert guard.describe("made") == inner.describe("made")
    call = Call("create", "GET", (("name", "Kurs"),))
    assert guard.decide(call, SUBJECT).params == {"name": "Kurs"}
    assert guard.explain(call, SUBJECT) == inner.explain(call, SUBJECT)
    with pytest.raises(KeyError):
        guard.describe("nowhere")
