"""The API reference says what the policy enforces: each sentence on the page is tried on the policy itself."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from senfcall_avv.bbb import catalog
from senfcall_avv.bbb.call import Call, parse
from senfcall_avv.bbb.errors import MESSAGES
from senfcall_avv.i18n import localizer
from senfcall_avv.policy import engines
from senfcall_avv.policy.engine import Decision, Description, Outcome, ParameterDescription, Policy, Subject
from senfcall_avv.policy.loading import load
from senfcall_avv.public.api_reference import ANSWERS, ERRORS, everything, example, machine_readable, reference
from senfcall_avv.public.bounds import bounds_words

ROOT = Path(__file__).parents[3]
CATALOGUE = catalog.load()
POLICY: Policy = load(ROOT / "policies", engines.find("declarative"), CATALOGUE, production=False)
TOLD: Description = POLICY.describe("senfcall")
DE = reference(TOLD, CATALOGUE, "de")
VALID = {
    "boolean": "true",
    "integer": "5",
    "url": "https://example.org/x",
    "id": "room-1",
    "password": "geheim",
    "string": "Text",
    "text": "Text",
}


def call_of(name: str, params: dict[str, str]) -> Call:
    return parse(name, "GET", urlencode(params)).call


def decide(name: str, params: dict[str, str]) -> Decision:
    return POLICY.decide(call_of(name, params), Subject("k", "senfcall"))


def valid(parameter: ParameterDescription) -> str:
    return parameter.choices[0] if parameter.choices else VALID[parameter.type]


def complete(call: str) -> dict[str, str]:
    described = next(each for each in TOLD.calls if each.name == call)
    return {each.name: valid(each) for each in described.parameters if each.required}


FORWARDED = [call for call in TOLD.calls if call.verb is Outcome.FORWARD]
GIVEN = [(call.name, each) for call in FORWARDED for each in call.parameters if each.value is None]
FIXED = [(call.name, each) for call in FORWARDED for each in call.parameters if each.value is not None]


def ids(value: Any) -> str:
    return value.name if isinstance(value, ParameterDescription) else str(value)


@pytest.mark.parametrize(("call", "parameter"), GIVEN, ids=ids)
def test_a_listed_parameter_is_passed_on(call: str, parameter: ParameterDescription) -> None:
    decision = decide(call, complete(call) | {parameter.name: valid(parameter)})
    assert decision.params[parameter.name]
    assert parameter.name not in decision.ignored


@pytest.mark.parametrize(("call", "parameter"), FIXED, ids=ids)
def test_a_fixed_parameter_is_sent_whatever_the_client_says(call: str, parameter: ParameterDescription) -> None:
    for said in ("true", "false"):
        assert decide(call, complete(call) | {parameter.name: said}).params[parameter.name] == parameter.value


@pytest.mark.parametrize(
    ("call", "parameter"), [pair for pair in GIVEN if pair[1].maximum and pair[1].type != "integer"], ids=ids
)
def test_above_the_told_bound_happens_what_is_told(call: str, parameter: ParameterDescription) -> None:
    assert parameter.maximum is not None
    start = "https://example.org/" if parameter.type == "url" else ""
    fits = start + "a" * (parameter.maximum - len(start))
    assert decide(call, complete(call) | {parameter.name: fits}).params[parameter.name] == fits
    decision = decide(call, complete(call) | {parameter.name: fits + "a"})
    if parameter.otherwise == "refuse":
        assert decision.outcome is Outcome.REFUSE
    elif parameter.otherwise == "clamp":
        assert decision.params[parameter.name] == fits
    else:
        assert decision.outcome is Outcome.FORWARD
        assert parameter.name in decision.ignored


@pytest.mark.parametrize(("call", "parameter"), [pair for pair in GIVEN if pair[1].required], ids=ids)
def test_a_needed_parameter_is_needed(call: str, parameter: ParameterDescription) -> None:
    params = complete(call)
    del params[parameter.name]
    assert decide(call, params).outcome is Outcome.REFUSE


def test_what_is_told_as_missing_is_not_passed_on_and_everything_is_told() -> None:
    missing = {name for loss in DE.missing for name in loss.names}
    shown = {f"{call.name}.{row.name}" for call in DE.calls for row in (*call.given, *call.fixed)}
    calls = {call.name for call in (*DE.calls, *DE.answered, *DE.refused)}
    for call, names in everything(CATALOGUE).items():
        assert call in calls | missing
        if any(each.name == call for each in FORWARDED):
            assert {f"{call}.{name}" for name in names} <= shown | missing
    assert not missing & shown
    for name in missing:
        call, _, parameter = name.partition(".")
        if not parameter:
            assert decide(call, {}).outcome is Outcome.REFUSE
        elif parameter != "(body)":
            decision = decide(call, complete(call) | {parameter: "1"})
            assert parameter not in decision.params


def test_calls_that_reach_no_server_are_told_as_what_they_are() -> None:
    for answer in DE.answered:
        assert decide(answer.name, {}).outcome is Outcome.ANSWER
        assert answer.words in set(ANSWERS.values())
    for refusal in DE.refused:
        decision = decide(refusal.name, {"meetingID": "x"})
        assert decision.refusal is not None
        assert (decision.refusal.key, decision.refusal.message) == (refusal.key, refusal.message)
    assert {call.name for call in DE.answered} == {"getRecordings"}
    assert {call.name for call in DE.refused} == {"end"}


def test_the_offer_is_the_one_that_is_promised() -> None:
    """An independent list: what the service has always told organisations that it supports."""
    told = {call.name: {row.name for row in call.given} for call in DE.calls}
    assert set(told) == {"create", "join", "isMeetingRunning", "getMeetings", "getMeetingInfo"}
    assert told["create"] == {
        *("name", "attendeePW", "moderatorPW", "welcome", "moderatorOnlyMessage", "webcamsOnlyForModerator"),
        *("muteOnStart", "logoutURL", "maxParticipants", "duration", "meetingID"),
    }


def test_errors_are_ones_that_plugins_can_be_sent() -> None:
    assert set(ERRORS) <= set(MESSAGES)


def test_the_example_is_worked_out_right() -> None:
    shown = example()
    assert shown.text == f"{shown.call}{shown.query}{shown.secret}"
    assert shown.checksum == hashlib.sha256(shown.text.encode()).hexdigest()


def test_summaries_speak_the_readers_language() -> None:
    english = reference(TOLD, CATALOGUE, "en")
    for de, en in zip(DE.calls, english.calls, strict=True):
        assert de.summary != en.summary
        assert [row.name for row in de.given] == [row.name for row in en.given]


def test_programs_get_the_same_as_people() -> None:
    told = machine_readable(TOLD, CATALOGUE, ("sha1", "sha256"))
    assert told["revision"] == POLICY.revision
    assert told["checksum_algorithms"] == ["sha1", "sha256"]
    create = told["calls"][0]
    assert (create["name"], create["verb"]) == ("create", "forward")
    rows = {row["name"]: row for row in create["parameters"]}
    assert rows["meetingID"] | {"summary": ""} == {
        "name": "meetingID",
        "type": "id",
        "summary": "",
        "set": None,
        "required": True,
        "otherwise": "refuse",
        "default": None,
        "minimum": 2,
        "maximum": 200,
        "zero_is_unlimited": False,
        "choices": None,
        "schemes": [],
        "hosts": None,
        "patterns": [],
        "html": "keep",
    }
    assert (rows["record"]["set"], rows["record"]["otherwise"]) == ("false", None)
    assert {row["topic"] for row in told["not_offered"]} == {loss.topic for loss in DE.missing}


@pytest.mark.parametrize(
    ("parameter", "words"),
    [
        (ParameterDescription("x", "string", "", minimum=2, maximum=9), ["2 bis 9 Zeichen"]),
        (ParameterDescription("x", "integer", "", minimum=2, maximum=9), ["2 bis 9"]),
        (
            ParameterDescription("x", "integer", "", minimum=2, zero_is_unlimited=True),
            ["mindestens 2", "0 heißt unbegrenzt"],
        ),
        (ParameterDescription("x", "text", "", maximum=9, html="bbb"), None),
        (ParameterDescription("x", "string", "", minimum=1), ["mindestens 1 Zeichen"]),
        (ParameterDescription("x", "integer", "", maximum=9), ["höchstens 9"]),
        (ParameterDescription("x", "enum", "", choices=("A", "B")), ["eins von: A, B"]),
        (
            ParameterDescription("x", "url", "", schemes=("https",), hosts=("example.org",)),
            ["beginnt mit https://", "nur auf: example.org"],
        ),
        (ParameterDescription("x", "list", "", count=3, patterns=("a+",)), ["in der Form a+", "höchstens 3 Einträge"]),
        (ParameterDescription("x", "boolean", ""), []),
    ],
)
def test_bounds_are_put_into_words(parameter: ParameterDescription, words: list[str] | None) -> None:
    found = [localizer("de").translate(text) for text in bounds_words(parameter)]
    expected = ["höchstens 9 Zeichen", "einfache Auszeichnung bleibt, alles andere wird entfernt"]
    assert found == (expected if words is None else words)
