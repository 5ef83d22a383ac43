"""An explanation: one line for each thing that happened, with its place, and nothing that a screen should not show."""

import pytest
from factories.rulesets import call_rules, family, policy_of, profile

from senfcall_avv.bbb.call import Call, parse
from senfcall_avv.policy.engine import Limits, Reason, Step, Subject
from senfcall_avv.policy.explain import HIDDEN, hide, is_sensitive, masked
from senfcall_avv.policy.ruleset import BodyRules, Origin, Rule

PLACE = "made.toml:7"
RULE = Origin("base.toml", 40)
SUBJECT = Subject("verein", "made", Limits(duration=60))
POLICY = policy_of(
    profile(
        call_rules(
            "create",
            {
                "meetingID": Rule("id", min=2, max=200, required=True, otherwise="refuse", origins=(RULE,)),
                "name": Rule("string", max=5, required=True, otherwise="clamp", origins=(RULE,)),
                "duration": Rule("integer", zero_is_unlimited=True, otherwise="clamp"),
                "maxParticipants": Rule("integer", max=80, zero_is_unlimited=True, origins=(RULE,)),
                "guestPolicy": Rule("enum", choices=("ALWAYS_ACCEPT", "ASK_MODERATOR")),
                "muteOnStart": Rule("boolean"),
                "disabledFeatures": Rule("list"),
                "attendeePW": Rule("password", min=2, otherwise="refuse"),
                "welcome": Rule("text", html="bbb"),
            },
            fixed={"record": False, "bannerText": "{organization.name}"},
            defaults={"muteOnStart": True},
            added={"disabledFeatures": ("chat",)},
            families=(family("meta_", pattern="meta_[a-z]", max=3, count=1),),
        ),
        call_rules("getRecordings", answer="noRecordings"),
        call_rules("end", refuse="unsupportedRequest", message="Not by us."),
        call_rules("getMeetings", {}, body=BodyRules(xml="refuse")),
        limits={"duration": (120, 300)},
    )
)


def explain(query: str, call: str = "create", method: str = "GET", **body: str) -> tuple[Step, ...]:
    read = parse(call, method, query, body.get("content_type", ""), body.get("body", "").encode()).call
    return tuple(POLICY.explain(read, SUBJECT))


def said(steps: tuple[Step, ...], number: int) -> dict[str, tuple[str, Reason | None, str]]:
    return {step.name: (step.text, step.reason, step.origin) for step in steps if step.number == number}


GOOD = "name=Kurs&meetingID=k1"


def test_a_plain_call_names_its_verb_and_what_is_sent() -> None:
    steps = explain(GOOD)
    assert steps[0] == Step(1, "call", "create", "forwarded", None, PLACE)
    assert steps[-1].title == "sent"
    assert steps[-1].text == (
        "disabledFeatures=chat duration=60 maxParticipants=80 meetingID=k1 muteOnStart=true name=Kurs record=false"
    )


def test_names_that_are_left_out_say_why() -> None:
    steps = explain(f"{GOOD}&logo=x&Welcome=a&foo=1&isBreakout=true&meta_bbb-origin=M&a%20b=1&record=true")
    assert said(steps, 3) == {
        "logo": ("BBB knows it; this policy does not pass it on (design)", Reason.NOT_LISTED, ""),
        "Welcome": ('did the client mean "welcome"?', Reason.LOOKALIKE, ""),
        "foo": ("BBB has no such parameter for this call", Reason.UNKNOWN_NAME, ""),
        "isBreakout": ("never passed on, for anyone", Reason.RESERVED, ""),
        "meta_bbb-origin": ("BBB knows it; this policy does not pass it on (basic)", Reason.NOT_LISTED, ""),
        "(invalid)": ("no parameter can have such a name", Reason.BAD_NAME, ""),
        "record": ("the service decides this itself", Reason.FORCED, ""),
    }


def test_a_name_that_comes_often_is_told_once() -> None:
    steps = explain(f"{GOOD}&logo=x&logo=y&logo=z")
    assert [step.name for step in steps if step.number == 3] == ["logo"]


def test_what_is_set_is_told_with_its_line_and_marked_where_the_client_asked() -> None:
    asked, not_asked = said(explain(f"{GOOD}&record=true"), 5), said(explain(GOOD), 5)
    assert asked["record"] == ("sent as false, whatever the client says", Reason.FORCED, PLACE)
    assert not_asked["record"] == ("sent as false, whatever the client says", None, PLACE)
    assert not_asked["bannerText"] == ("left out: breaks its own rule", None, PLACE)


def test_values_that_do_not_fit_say_what_was_expected() -> None:
    steps = explain(f"{GOOD}&muteOnStart=yes&guestPolicy=x&welcome=%zz")
    assert said(steps, 7) == {
        "muteOnStart": ("yes: left out, expected boolean", Reason.BAD_VALUE, ""),
        "guestPolicy": ("x: left out, expected one of ALWAYS_ACCEPT, ASK_MODERATOR", Reason.NOT_A_CHOICE, ""),
        "welcome": ("(unreadable): left out, expected text", Reason.MALFORMED, ""),
    }
    assert said(steps, 8) == {"muteOnStart": ("sent as true where the client sends nothing", None, PLACE)}


def test_values_that_are_changed_show_both_forms() -> None:
    steps = explain("name=Konferenz&meetingID=k1&disabledFeatures=polls&duration=0&maxParticipants=0&welcome=%3Cp%3Ea")
    assert said(steps, 7) == {
        "name": ("Konferenz → Konfe", Reason.CLAMPED, "base.toml:40"),
        "welcome": ("<p>a → a", Reason.CLEANED, ""),
    }
    assert said(steps, 9) == {"disabledFeatures": ("polls → polls,chat", None, PLACE)}
    assert said(steps, 10) == {
        "duration": ("0 → 60; 0 means unlimited", Reason.CLAMPED, "organisation"),
        "maxParticipants": ("0 → 80; 0 means unlimited", Reason.CLAMPED, "base.toml:40"),
    }


def test_a_limit_of_the_file_names_the_file() -> None:
    read = parse("create", "GET", GOOD).call
    steps = tuple(POLICY.explain(read, Subject("verein", "made")))
    assert said(steps, 10)["duration"] == ("(nothing) → 120; 0 means unlimited", None, "base.toml:3")


def test_repetitions_and_empty_values_are_told() -> None:
    steps = explain(f"{GOOD}&name=Kurs&guestPolicy=")
    assert said(steps, 4) == {"name": ("twice with the same value; counts once", Reason.REPEATED, "")}
    assert said(steps, 6) == {"guestPolicy": ("empty, so it counts as absent", Reason.EMPTY, "")}


def test_several_refusals_are_told_in_bbbs_order() -> None:
    steps = explain("meetingID=k&attendeePW=x")
    told = [(step.name, step.text) for step in steps if step.number == 11]
    assert told == [
        ("attendeePW", "invalidPassword: too_short"),
        ("meetingID", "sizeError: too_short"),
        ("name", "nullError: missing"),
    ]
    assert (steps[-1].title, steps[-1].name, steps[-1].reason) == ("refused", "attendeePW", Reason.TOO_SHORT)
    assert said(steps, 7)["meetingID"] == ("k: refused, expected id of 2 to 200", Reason.TOO_SHORT, "base.toml:40")


def test_members_of_families_are_told() -> None:
    steps = explain(f"{GOOD}&meta_a=1&meta_b=2&meta_c=1234")
    assert said(steps, 7) == {
        "meta_b": ("2: left out, one too many of its family", Reason.NOT_LISTED, ""),
        "meta_c": ("1234: left out", Reason.TOO_LONG, ""),
    }


@pytest.mark.parametrize(
    ("call", "method", "text", "reason", "last"),
    [
        ("getRecordings", "GET", "answered here with noRecordings", None, "answered"),
        ("end", "GET", "refused", Reason.CALL_NOT_ALLOWED, "refused"),
        ("enter", "GET", "not offered: no policy file mentions it", Reason.CALL_NOT_ALLOWED, "refused"),
        ("Create", "GET", "BBB has no such call", Reason.CALL_UNKNOWN, "refused"),
        ("create", "PUT", "not possible with this method", Reason.METHOD_NOT_ALLOWED, "refused"),
        ("", "GET", "answered here with version", None, "answered"),
    ],
)
def test_calls_that_are_not_forwarded_say_why(
    call: str, method: str, text: str, reason: Reason | None, last: str
) -> None:
    steps = explain("", call, method)
    assert (steps[0].text, steps[0].reason) == (text, reason)
    assert steps[-1].title == last


def test_a_refusal_has_the_words_of_the_file() -> None:
    assert explain("", "end")[-1].text == "unsupportedRequest: Not by us."


def test_a_body_is_told() -> None:
    dropped = explain(GOOD, method="POST", content_type="text/xml", body="<modules/>")
    assert said(dropped, 2) == {"(body)": ("the body is not passed on", Reason.BODY_DROPPED, "")}
    refused = explain("", "getMeetings", "POST", content_type="text/xml", body="<modules/>")
    assert (refused[-1].text, refused[-1].reason) == ("unsupportedContentType", Reason.BODY_REFUSED)
    beside = explain(GOOD, method="POST", content_type="application/x-www-form-urlencoded", body="logo=1")
    assert said(beside, 2)["logo"][1] is Reason.UNSIGNED


def test_an_unknown_profile_is_told() -> None:
    steps = POLICY.explain(Call("create"), Subject("verein", "nowhere"))
    assert steps[0].text == "there is no such profile"


@pytest.mark.parametrize("name", ["attendeePW", "moderatorPW", "password", "PASSWORD", "fullName", "userID", "welcome"])
def test_passwords_people_and_texts_are_sensitive(name: str) -> None:
    assert is_sensitive(name)
    assert hide({name: "x", "meetingID": "k1"}) == {name: HIDDEN, "meetingID": "k1"}


def test_nothing_sensitive_is_left_in_a_masked_explanation() -> None:
    steps = masked(explain(f"{GOOD}&attendeePW=geheim&welcome=%3Cp%3Egeheim&moderatorPW=geheim&foo=geheim"))
    assert "geheim" not in repr(steps)
    assert f"attendeePW={HIDDEN}" in steps[-1].text
    assert "name=Kurs" in steps[-1].text
    refused = masked(explain("name=Kurs&meetingID=k1&attendeePW=g"))
    assert said(refused, 7)["attendeePW"][0] == HIDDEN
    assert refused[-1].text == "invalidPassword"
