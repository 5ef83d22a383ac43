"""What every policy engine promises. A class that inherits ``PolicyEngineContract`` and names its engine is its test.

The engine is given the shipped files: it must pass their test file as it is. An engine that adds rules of its own must
therefore add none for the organisation ``test``, under which cases and properties ask.
"""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from senfcall_avv.bbb import catalog
from senfcall_avv.bbb.call import Call, parse
from senfcall_avv.bbb.errors import MESSAGES
from senfcall_avv.policy import cases
from senfcall_avv.policy.engine import Decision, Limits, Outcome, Policy, PolicyEngine, Sources, Subject
from senfcall_avv.policy.guard import Guard

POLICIES: Final = Path(__file__).parents[2] / "policies"
TEST_FILE: Final = "senfcall.test.toml"
CASES: Final = cases.read((POLICIES / "tests" / TEST_FILE).read_text("utf-8"), TEST_FILE)
CATALOGUE: Final = catalog.load()
FILES: Final = {path.name: path.read_text("utf-8") for path in sorted(POLICIES.glob("*.toml"))}
CHILD: Final = """
schema = 1
extends = "senfcall"
title = "Less than its parent"
[calls.create]
forward = ["name", "meetingID", "welcome", "duration", "muteOnStart"]
[calls.create.rules]
name = { max = 20 }
welcome = { html = "none", max = 100 }
duration = { max = 60 }
[calls.getMeetings]
answer = "noMeetings"
[calls.getMeetingInfo]
refuse = "unsupportedRequest"
"""
LIMIT_PARAMETERS: Final = frozenset(("duration", "maxParticipants"))
MODEST: Final = settings(derandomize=True, max_examples=100, deadline=None)

NAMES: Final = sorted({name for entry in CATALOGUE.calls.values() for name in entry.parameters})
NAME: Final = st.one_of(
    st.sampled_from(["name", "meetingID", "fullName", "password", "duration", "welcome", "record", "muteOnStart"]),
    st.sampled_from(NAMES),
    st.sampled_from([name.upper() for name in NAMES[:40]] + [f" {name}" for name in NAMES[:40]]),
    st.sampled_from(["meta_avv-x", "META_avv-x", "meta_a", "meta_A", "userdata-bbb_x", "a[]", "", "checksum"]),
    st.text(max_size=12),
)
VALUE: Final = st.one_of(
    st.sampled_from(["k1", "true", "FALSE", "0", "60", "-1", "", " ", "https://verein.example/", "mp77", "VIEWER"]),
    st.sampled_from(["<b>a</b>", "<p>b</p>", "a,b", "x" * 300, "a\x00", "%%CONFNUM%%", "\u0666"]),
    st.none(),
    st.text(max_size=20),
)
PAIRS: Final = st.lists(st.tuples(NAME, VALUE), max_size=14).map(tuple)
CALL_NAME: Final = st.one_of(
    st.sampled_from(["create", "join", "getMeetingInfo", "getMeetings", "isMeetingRunning"]),
    st.sampled_from(["", "end", "getRecordings", "hooks/create", "enter", "Create", "unheard of", *CATALOGUE.calls]),
    st.text(max_size=8),
)
WITHOUT_BODY: Final = st.builds(Call, CALL_NAME, st.sampled_from(["GET", "GET", "POST", "HEAD"]), PAIRS)
ANY: Final = st.one_of(
    WITHOUT_BODY,
    st.builds(Call, CALL_NAME, st.just("POST"), st.just(()), PAIRS, st.just("form")),
    st.builds(Call, CALL_NAME, st.just("POST"), PAIRS, PAIRS, st.just("form")),
    st.builds(Call, CALL_NAME, st.sampled_from(["GET", "POST"]), PAIRS, st.just(()), st.sampled_from(["xml", "other"])),
)
NUMBER: Final = st.one_of(st.none(), st.integers(1, 500))
SUBJECT: Final = st.builds(
    lambda duration, people: Subject("test", "senfcall", Limits(duration=duration, participants=people)),
    NUMBER,
    NUMBER,
)
UNLISTED: Final = st.sampled_from(["logo", "record", "foo", "Welcome", "isBreakout", "meta_bbb-origin", "userdata-x"])


def told(decision: Decision) -> dict[str, Any]:
    """Give a decision in a form that compares by content."""
    return {
        "outcome": decision.outcome,
        "params": list(decision.params.items()),
        "ignored": dict(decision.ignored),
        "changed": dict(decision.changed),
        "answer": decision.answer,
        "refusal": decision.refusal,
        "body": decision.body,
        "revision": decision.revision,
    }


class PolicyEngineContract:
    """Inherit, and set ``engine``."""

    engine: ClassVar[type[PolicyEngine]]

    @pytest.fixture(scope="class")
    @classmethod
    def policy(cls) -> Policy:
        return cls.engine().compile(Sources(FILES), CATALOGUE)

    @pytest.fixture(scope="class")
    @classmethod
    def allowed(cls, policy: Policy) -> dict[str, frozenset[str]]:
        """What may be sent with each call: the list, what is set, and what an organisation's limits send."""
        calls = policy.describe("senfcall").calls
        found = {
            call.name: frozenset(p.name for p in call.parameters) for call in calls if call.verb is Outcome.FORWARD
        }
        return {name: names | (LIMIT_PARAMETERS if name == "create" else set()) for name, names in found.items()}

    def test_it_speaks_this_interface(self) -> None:
        assert self.engine.api == 1
        assert self.engine.name

    def test_its_policy_knows_the_shipped_profile(self, policy: Policy) -> None:
        assert "senfcall" in policy.profiles
        assert "base" not in policy.profiles

    @pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
    def test_the_shipped_case(self, case: cases.Case, policy: Policy) -> None:
        guard = Guard(policy, CATALOGUE)
        assert cases.compare(case, guard.decide(case.call, case.subject)) == []
        assert guard.failures.counts() == {}

    @pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
    def test_the_shipped_case_is_explained_as_decided(self, case: cases.Case, policy: Policy) -> None:
        last = policy.explain(case.call, case.subject)[-1].decision
        assert last is not None
        assert told(last) == told(policy.decide(case.call, case.subject))

    def test_the_same_files_have_the_same_revision(self, policy: Policy) -> None:
        again = self.engine().compile(Sources(dict(reversed(FILES.items()))), CATALOGUE)
        assert again.revision == policy.revision

    def test_other_rules_have_another_revision(self, policy: Policy) -> None:
        changed = FILES["base.toml"].replace("max = 8000", "max = 7999")
        assert changed != FILES["base.toml"]
        other = self.engine().compile(Sources({**FILES, "base.toml": changed}), CATALOGUE)
        assert other.revision != policy.revision

    def test_an_unknown_profile_is_refused(self, policy: Policy) -> None:
        decision = policy.decide(Call("getMeetings"), Subject("test", "nowhere"))
        assert decision.refusal is not None
        assert (decision.refusal.key, decision.refusal.reason) == ("internalError", "engine_error")
        with pytest.raises(KeyError):
            policy.describe("nowhere")

    @MODEST
    @given(call=ANY, subject=SUBJECT)
    def test_every_call_gets_a_decision_that_the_guard_lets_pass(
        self, call: Call, subject: Subject, policy: Policy
    ) -> None:
        guard = Guard(policy, CATALOGUE)
        decision = guard.decide(call, subject)
        assert guard.failures.counts() == {}
        assert decision.revision == policy.revision
        assert (decision.refusal is not None) == (decision.outcome is Outcome.REFUSE)
        assert decision.refusal is None or decision.refusal.key in MESSAGES

    @MODEST
    @given(
        name=CALL_NAME,
        method=st.sampled_from(["GET", "POST", "PUT", ""]),
        query=st.text(max_size=60),
        content_type=st.sampled_from(["", "application/x-www-form-urlencoded", "text/xml"]),
        body=st.binary(max_size=40),
    )
    def test_every_request_that_can_be_read_gets_a_decision(
        self, name: str, method: str, query: str, content_type: str, body: bytes, policy: Policy
    ) -> None:
        call = parse(name, method, query, content_type, body).call
        assert Guard(policy, CATALOGUE).decide(call, Subject("test", "senfcall")).revision == policy.revision

    @MODEST
    @given(call=ANY, subject=SUBJECT)
    def test_the_same_question_has_the_same_answer(self, call: Call, subject: Subject, policy: Policy) -> None:
        assert told(policy.decide(call, subject)) == told(policy.decide(call, subject))

    @MODEST
    @given(call=ANY, subject=SUBJECT)
    def test_nothing_is_sent_but_what_is_listed_or_set(
        self, call: Call, subject: Subject, policy: Policy, allowed: dict[str, frozenset[str]]
    ) -> None:
        decision = policy.decide(call, subject)
        assert decision.params.keys() <= allowed.get(call.name, frozenset())
        assert decision.changed.keys() <= decision.params.keys()

    @MODEST
    @given(call=WITHOUT_BODY, subject=SUBJECT, random=st.randoms(use_true_random=False))
    def test_the_order_on_the_wire_does_not_matter(
        self, call: Call, subject: Subject, random: Any, policy: Policy
    ) -> None:
        mixed = list(call.query)
        random.shuffle(mixed)
        assert told(policy.decide(replace(call, query=tuple(mixed)), subject)) == told(policy.decide(call, subject))

    @MODEST
    @given(call=WITHOUT_BODY, subject=SUBJECT, name=UNLISTED, value=VALUE)
    def test_a_parameter_that_is_not_listed_changes_only_what_is_ignored(
        self, call: Call, subject: Subject, name: str, value: str | None, policy: Policy
    ) -> None:
        before = told(policy.decide(call, subject))
        after = told(policy.decide(replace(call, query=(*call.query, (name, value))), subject))
        added = after.pop("ignored").keys() - before.pop("ignored").keys()
        assert added <= {name}
        assert after == before

    @MODEST
    @given(call=ANY, subject=SUBJECT)
    def test_an_explanation_ends_in_the_decision(self, call: Call, subject: Subject, policy: Policy) -> None:
        steps = policy.explain(call, subject)
        assert [step.decision is None for step in steps] == [True] * (len(steps) - 1) + [False]
        assert steps[-1].decision is not None
        assert told(steps[-1].decision) == told(policy.decide(call, subject))
        assert [step.number for step in steps] == sorted(step.number for step in steps)

    @MODEST
    @given(call=ANY, subject=SUBJECT)
    def test_a_child_never_passes_on_what_its_parent_would_not(
        self, call: Call, subject: Subject, family: Policy
    ) -> None:
        parents = family.decide(call, subject)
        childs = family.decide(call, replace(subject, profile="child"))
        if childs.outcome is Outcome.FORWARD:
            assert parents.outcome is Outcome.FORWARD
            assert childs.params.keys() <= parents.params.keys() | LIMIT_PARAMETERS

    @pytest.fixture(scope="class")
    @classmethod
    def family(cls) -> Policy:
        return cls.engine().compile(Sources({**FILES, "child.toml": CHILD}), CATALOGUE)

    @MODEST
    @given(numbers=st.builds(Limits, NUMBER, NUMBER, NUMBER, NUMBER, NUMBER))
    def test_an_organisation_has_its_numbers_within_the_ranges_of_the_file(
        self, numbers: Limits, policy: Policy
    ) -> None:
        none = policy.limits(Subject("test", "senfcall"))
        assert none == policy.describe("senfcall").limits
        most = policy.limits(Subject("test", "senfcall", Limits(10**9, 10**9, 10**9, 10**9, 10**9)))
        mine = policy.limits(Subject("test", "senfcall", numbers))
        for name in Limits.__slots__:
            asked, given_ = getattr(numbers, name), getattr(mine, name)
            assert given_ == (getattr(none, name) if asked is None else min(asked, getattr(most, name)))

    def test_many_threads_get_the_same_decisions(self, policy: Policy) -> None:
        expected = [told(policy.decide(case.call, case.subject)) for case in CASES]
        found: dict[int, list[dict[str, Any]]] = {}

        def work(number: int) -> None:
            found[number] = [told(policy.decide(case.call, case.subject)) for case in CASES]

        threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert all(found[number] == expected for number in range(4))
