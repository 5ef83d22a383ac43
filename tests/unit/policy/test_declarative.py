"""What the language can say and the shipped files do not: every verb, preset, limit, family and body rule."""

from dataclasses import replace

import pytest
from factories.rulesets import BASE, PLACE, call_rules, family, policy_of, preset, profile

from senfcall_avv.bbb import catalog
from senfcall_avv.bbb.call import Call
from senfcall_avv.policy.declarative import Declarative, DeclarativePolicy, revision_of
from senfcall_avv.policy.engine import Decision, Limits, Outcome, Reason, Sources, Subject
from senfcall_avv.policy.errors import PolicyError
from senfcall_avv.policy.refusals import refusal_key
from senfcall_avv.policy.ruleset import BodyRules, CallRules, Rule

ID = Rule("id", max=200, required=True, otherwise="refuse", origins=(BASE,))
NAME = Rule("string", min=2, max=256, required=True, otherwise="refuse")
MINUTES = Rule("integer", min=0, max=2**31 - 1, zero_is_unlimited=True, otherwise="clamp")
LIST = Rule("list")
TEXT = Rule("text", html="bbb")
SUBJECT = Subject("verein", "made")
VARIABLES = {"organization.name": "Bürger & <Verein>", "organization.key": "verein"}


def create(*names: str, **more: object) -> CallRules:
    """Make a create that passes on some parameters under common rules."""
    rules = {
        "meetingID": ID,
        "name": NAME,
        "duration": MINUTES,
        "disabledFeatures": LIST,
        "welcome": TEXT,
        "bannerText": Rule("string"),
        "logoutURL": Rule("url"),
        "muteOnStart": Rule("boolean"),
    }
    return call_rules("create", {name: rules[name] for name in names}, **more)


def decide(
    policy: DeclarativePolicy, subject: Subject = SUBJECT, /, call: str = "create", **query: str | None
) -> Decision:
    return policy.decide(Call(call, "GET", tuple(query.items())), subject)


def limited(**numbers: int) -> Subject:
    return replace(SUBJECT, limits=Limits(**numbers))


def reasons(decision: Decision) -> dict[str, str]:
    return {**decision.ignored, **decision.changed}


# ------------------------------------------------------------------------------------------------------------- verbs


def test_a_call_that_no_file_mentions_is_not_offered() -> None:
    policy = policy_of(profile(create("meetingID")))
    decision = policy.decide(Call("end"), SUBJECT)
    assert decision.refusal is not None
    assert (decision.refusal.key, decision.refusal.reason) == ("unsupportedRequest", Reason.CALL_NOT_ALLOWED)


def test_a_refusal_has_the_key_and_the_words_of_the_file() -> None:
    policy = policy_of(profile(call_rules("end", refuse="notFound", message="Not here.")))
    refusal = policy.decide(Call("end", "PUT"), SUBJECT).refusal
    assert refusal is not None
    assert (refusal.key, refusal.message, refusal.reason) == ("notFound", "Not here.", Reason.CALL_NOT_ALLOWED)


def test_an_answer_is_given_whatever_is_asked() -> None:
    policy = policy_of(profile(call_rules("getMeetings", answer="noMeetings")))
    decision = decide(policy, call="getMeetings", anything="x")
    assert (decision.outcome, decision.answer) == (Outcome.ANSWER, "noMeetings")
    assert not decision.ignored


@pytest.mark.parametrize("method", ["POST", "HEAD", "PUT", "get", ""])
def test_methods_can_be_fewer_than_bbbs(method: str) -> None:
    policy = policy_of(profile(create("meetingID", methods=("GET",))))
    refusal = policy.decide(Call("create", method), SUBJECT).refusal
    assert refusal is not None
    assert refusal.reason is Reason.METHOD_NOT_ALLOWED


@pytest.mark.parametrize(
    ("method", "outcome"), [("GET", Outcome.ANSWER), ("HEAD", Outcome.ANSWER), ("PUT", Outcome.REFUSE)]
)
def test_the_root_document_is_answered_to_those_who_look(method: str, outcome: Outcome) -> None:
    assert policy_of(profile()).decide(Call("", method), SUBJECT).outcome is outcome


def test_the_root_document_can_be_refused() -> None:
    policy = policy_of(replace(profile(), root_answer=None, root_refuse="apiNotEnabled"))
    refusal = policy.decide(Call(""), SUBJECT).refusal
    assert refusal is not None
    assert refusal.key == "apiNotEnabled"


def test_a_decision_that_is_given_to_everybody_cannot_be_changed() -> None:
    decision = policy_of(profile(call_rules("getMeetings", answer="noMeetings"))).decide(Call("getMeetings"), SUBJECT)
    with pytest.raises(TypeError):
        decision.ignored["x"] = Reason.FORCED  # type: ignore[index]  # that is the point


def test_a_call_that_bbb_does_not_have_cannot_be_compiled() -> None:
    with pytest.raises(KeyError):
        policy_of(profile(CallRules("getmeetings", PLACE, forward=())))


def test_an_unknown_parameter_with_a_rule_of_its_own_is_passed_on() -> None:
    policy = policy_of(profile(call_rules("create", {"newName": Rule("boolean")})))
    assert decide(policy, newName="1", NewName="1").params == {"newName": "true"}
    assert decide(policy, NewName="1").ignored == {"NewName": Reason.LOOKALIKE}


# ----------------------------------------------------------------------------------------------------------- presets


def test_what_is_set_is_sent_whatever_the_client_says() -> None:
    policy = policy_of(profile(create("meetingID", fixed={"muteOnStart": True, "guestPolicy": "ASK_MODERATOR"})))
    decision = decide(policy, meetingID="k1", muteOnStart="false")
    assert list(decision.params.items()) == [
        ("guestPolicy", "ASK_MODERATOR"),
        ("meetingID", "k1"),
        ("muteOnStart", "true"),
    ]
    assert decision.ignored == {"muteOnStart": Reason.FORCED}


def test_what_is_set_wins_over_the_list() -> None:
    policy = policy_of(profile(create("meetingID", "muteOnStart", fixed={"muteOnStart": True})))
    assert decide(policy, meetingID="k1", muteOnStart="false").params["muteOnStart"] == "true"


@pytest.mark.parametrize(
    ("sent", "left", "noted"),
    [
        ({}, "false", {}),
        ({"muteOnStart": ""}, "false", {}),
        ({"muteOnStart": "true"}, "true", {}),
        ({"muteOnStart": "yes"}, "false", {"muteOnStart": Reason.BAD_VALUE}),
    ],
)
def test_a_default_fills_the_gap(sent: dict[str, str], left: str, noted: dict[str, Reason]) -> None:
    policy = policy_of(profile(create("muteOnStart", defaults={"muteOnStart": False})))
    decision = decide(policy, **sent)
    assert (decision.params, decision.ignored) == ({"muteOnStart": left}, noted)


@pytest.mark.parametrize(
    ("sent", "left", "noted"),
    [
        (None, "polls", {}),
        ("chat", "polls", {"disabledFeatures": Reason.ITEM_REMOVED}),
        ("layouts", "layouts,polls", {}),
        ("layouts,chat,polls", "layouts,polls", {"disabledFeatures": Reason.ITEM_REMOVED}),
    ],
)
def test_entries_are_added_to_a_list_then_removed(sent: str | None, left: str, noted: dict[str, Reason]) -> None:
    edits = {"added": {"disabledFeatures": ("polls",)}, "removed": {"disabledFeatures": ("chat",)}}
    policy = policy_of(profile(create("disabledFeatures", **edits)))
    decision = decide(policy, **({} if sent is None else {"disabledFeatures": sent}))
    assert (decision.params, reasons(decision)) == ({"disabledFeatures": left}, noted)


def test_a_list_that_is_emptied_is_left_out() -> None:
    policy = policy_of(profile(create("disabledFeatures", removed={"disabledFeatures": ("chat",)})))
    decision = decide(policy, disabledFeatures="chat")
    assert (decision.params, decision.ignored) == ({}, {"disabledFeatures": Reason.ITEM_REMOVED})
    assert not decision.changed


@pytest.mark.parametrize(
    ("name", "template", "sent"),
    [
        ("welcome", "Hallo {organization.name}", "Hallo B\u00fcrger &amp; &lt;Verein&gt;"),
        ("logoutURL", "https://a.example/{organization.name}", "https://a.example/B%C3%BCrger%20%26%20%3CVerein%3E"),
        ("bannerText", "{organization.name} {{x}}", "B\u00fcrger & <Verein> {x}"),
        ("bannerText", "{{organization.name}}", "{organization.name}"),
        ("bannerText", "no {template} here", "no {template} here"),
    ],
)
def test_templates_are_filled_as_text(name: str, template: str, sent: str) -> None:
    for policy in (
        policy_of(profile(create("meetingID", fixed={name: template}))),
        policy_of(profile(create("meetingID", name, defaults={name: template}))),
    ):
        decision = decide(policy, replace(SUBJECT, variables=VARIABLES), meetingID="k1")
        assert decision.params[name] == sent


def test_a_template_that_breaks_its_rule_is_left_out_and_reported() -> None:
    policy = policy_of(profile(create("meetingID", fixed={"name": "{organization.name}"})))
    for variables in ({}, {"organization.name": "x" * 300}, {"organization.name": "a\nb"}):
        subject = replace(SUBJECT, variables=variables)
        assert decide(policy, subject, meetingID="k1").params == {"meetingID": "k1"}
        assert policy.left_out(subject) == (("create", "name"),)
    assert policy.left_out(replace(SUBJECT, variables=VARIABLES)) == ()
    assert policy.left_out(Subject("verein", "nowhere")) == ()


# ------------------------------------------------------------------------------------------------------------ limits


@pytest.mark.parametrize(
    ("asked", "numbers", "given", "noted"),
    [
        ("30", {"duration": 60}, "30", {}),
        ("90", {"duration": 60}, "60", {"duration": Reason.CLAMPED}),
        ("0", {"duration": 60}, "60", {"duration": Reason.CLAMPED}),
        ("60\n", {"duration": 60}, "60", {"duration": Reason.CLAMPED}),
        (None, {"duration": 60}, "60", {}),
        ("90", {"duration": 900}, "90", {}),
        ("500", {"duration": 900}, "300", {"duration": Reason.CLAMPED}),
        ("90", {}, "90", {}),
        ("180", {}, "120", {"duration": Reason.CLAMPED}),
        ("90", {"duration": 0}, "1", {"duration": Reason.CLAMPED}),
    ],
)
def test_an_organisations_number_holds_within_the_files_range(
    asked: str | None, numbers: dict[str, int], given: str, noted: dict[str, Reason]
) -> None:
    policy = policy_of(profile(create("duration"), limits={"duration": (120, 300)}))
    decision = decide(policy, limited(**numbers), **({} if asked is None else {"duration": asked}))
    assert (decision.params, reasons(decision)) == ({"duration": given}, noted)


def test_a_limit_is_sent_although_clients_may_not_name_the_number() -> None:
    policy = policy_of(profile(create("meetingID")))
    decision = decide(policy, limited(duration=60), meetingID="k1", duration="10")
    assert decision.params == {"duration": "60", "meetingID": "k1"}
    assert decision.ignored == {"duration": Reason.NOT_LISTED}


@pytest.mark.parametrize(("fixed", "sent"), [(30, "30"), (90, "60"), (0, "60")])
def test_a_limit_binds_what_the_policy_sets(fixed: int, sent: str) -> None:
    policy = policy_of(profile(create("meetingID", fixed={"duration": fixed})))
    assert decide(policy, limited(duration=60), meetingID="k1").params["duration"] == sent
    assert decide(policy, meetingID="k1").params["duration"] == str(fixed)


@pytest.mark.parametrize(
    ("asked", "sent", "noted"), [("x", "30", "bad_value"), ("", "30", None), ("90", "60", "clamped")]
)
def test_a_default_comes_before_the_limit(asked: str, sent: str, noted: str | None) -> None:
    policy = policy_of(profile(create("duration", defaults={"duration": 30})))
    decision = decide(policy, limited(duration=60), duration=asked)
    assert (decision.params, reasons(decision).get("duration")) == ({"duration": sent}, noted)


@pytest.mark.parametrize(
    ("otherwise", "asked", "expected"),
    [
        ("clamp", "900", "600"),
        ("drop", "900", "600"),
        ("clamp", "0", "600"),
        ("clamp", None, "600"),
        ("refuse", None, "600"),
        ("refuse", "600", "600"),
        ("refuse", "601", Reason.OUT_OF_RANGE),
        ("refuse", "0", Reason.OUT_OF_RANGE),
        ("refuse", "x", Reason.BAD_VALUE),
    ],
)
def test_a_rules_maximum_binds_where_zero_is_unlimited(otherwise: str, asked: str | None, expected: str) -> None:
    rule = replace(MINUTES, max=600, otherwise=otherwise)
    policy = policy_of(profile(call_rules("create", {"duration": rule})))
    decision = decide(policy, **({} if asked is None else {"duration": asked}))
    got = decision.params.get("duration") if decision.refusal is None else decision.refusal.reason
    assert got == expected


def test_the_smaller_of_rule_and_organisation_binds() -> None:
    policy = policy_of(profile(call_rules("create", {"duration": replace(MINUTES, max=50)})))
    assert decide(policy, limited(duration=60), duration="0").params == {"duration": "50"}
    assert decide(policy, limited(duration=40), duration="0").params == {"duration": "40"}


def test_limits_are_the_organisations_within_the_files() -> None:
    policy = policy_of(profile(limits={"calls_per_minute": (600, 6000), "meetings": (5, 10)}))
    assert policy.limits(SUBJECT) == Limits(calls_per_minute=600, meetings=5)
    mine = policy.limits(limited(calls_per_minute=9000, meetings=7, participants=30))
    assert mine == Limits(calls_per_minute=6000, meetings=7, participants=30)
    assert policy.limits(Subject("verein", "nowhere", Limits(meetings=3))) == Limits(meetings=3)


# ---------------------------------------------------------------------------------------------------------- families


def member_policy(**more: object) -> DeclarativePolicy:
    families = (family("meta_", names=("meta_room",), pattern="meta_bbb-[a-z-]+|meta_[A-Za-z]", **more),)  # type: ignore[arg-type]  # numbers only
    return policy_of(profile(create("meetingID", families=families, fixed={"meta_fixed": "x"})))


def asked(policy: DeclarativePolicy, *pairs: tuple[str, str]) -> Decision:
    return policy.decide(Call("create", "GET", (("meetingID", "k1"), *pairs)), SUBJECT)


def test_members_are_passed_on_by_list_and_by_pattern() -> None:
    decision = asked(member_policy(), ("meta_room", "7"), ("meta_bbb-origin", "Moodle"), ("meta_other", "x"))
    assert list(decision.params) == ["meetingID", "meta_bbb-origin", "meta_fixed", "meta_room"]
    assert decision.ignored == {"meta_other": Reason.NOT_LISTED}


def test_a_member_must_be_a_name_by_bbbs_rule_and_not_reserved() -> None:
    policy = policy_of(profile(create("meetingID", families=(family("meta_", pattern=".*"),))))
    decision = asked(policy, ("meta_a_b", "1"), ("meta_avv-x", "1"), ("meta_" + "a" * 60, "1"), ("meta_ok", "1"))
    assert list(decision.params) == ["meetingID", "meta_ok"]
    assert decision.ignored == {
        "meta_a_b": Reason.UNKNOWN_NAME,
        "meta_avv-x": Reason.RESERVED,
        "(invalid)": Reason.BAD_NAME,
    }


def test_two_spellings_of_a_member_are_one_name_to_bbb() -> None:
    same = asked(member_policy(), ("meta_a", "1"), ("meta_A", "1"))
    assert same.params["meta_A"] == "1"
    assert "meta_a" not in same.params
    assert same.changed == {"meta_A": Reason.REPEATED}
    other = asked(member_policy(), ("meta_a", "1"), ("meta_A", "2"))
    assert other.refusal is not None
    assert (other.refusal.reason, other.refusal.param) == (Reason.DUPLICATE, "meta_A")


def test_a_member_that_is_set_cannot_be_sent_in_another_spelling() -> None:
    policy = policy_of(
        profile(create("meetingID", families=(family("meta_", pattern="meta_.*"),), fixed={"meta_fixed": "x"}))
    )
    decision = asked(policy, ("meta_FIXED", "y"), ("meta_fixed", "z"))
    assert decision.params == {"meetingID": "k1", "meta_fixed": "x"}
    assert decision.ignored == {"meta_FIXED": Reason.NOT_LISTED, "meta_fixed": Reason.FORCED}


def test_only_so_many_members_are_passed_on_the_first_by_name() -> None:
    decision = asked(member_policy(count=2), ("meta_room", "1"), ("meta_b", "2"), ("meta_a", "3"))
    assert list(decision.params) == ["meetingID", "meta_a", "meta_b", "meta_fixed"]
    assert decision.ignored == {"meta_room": Reason.NOT_LISTED}


def test_members_have_a_length() -> None:
    decision = asked(member_policy(max=3), ("meta_a", "1234"), ("meta_b", ""), ("meta_room", "1234"), ("meta_c", "a\n"))
    assert list(decision.params) == ["meetingID", "meta_fixed"]
    assert decision.ignored == {
        "meta_a": Reason.TOO_LONG,
        "meta_room": Reason.TOO_LONG,
        "meta_c": Reason.MALFORMED,
    }


def test_names_of_people_options_keep_their_letter_case() -> None:
    options = family("userdata-", pattern="userdata-bbb_[A-Za-z_]+")
    policy = policy_of(profile(call_rules("join", {"meetingID": ID}, families=(options,))))
    decision = decide(policy, call="join", **{"meetingID": "k1", "userdata-bbb_a": "1", "userdata-bbb_A": "2"})
    assert list(decision.params) == ["meetingID", "userdata-bbb_A", "userdata-bbb_a"]


# ------------------------------------------------------------------------------------------------------------ bodies


@pytest.mark.parametrize(
    ("kind", "rules", "outcome", "body"),
    [
        ("xml", BodyRules(xml="drop"), Outcome.FORWARD, "none"),
        ("xml", BodyRules(xml="refuse"), Outcome.REFUSE, "none"),
        ("xml", BodyRules(xml="forward", max_bytes=9), Outcome.FORWARD, "forward"),
        ("other", BodyRules(other="drop", xml="forward"), Outcome.FORWARD, "none"),
        ("other", BodyRules(other="refuse"), Outcome.REFUSE, "none"),
        ("form", BodyRules(other="refuse", xml="refuse"), Outcome.FORWARD, "none"),
        (None, BodyRules(xml="forward"), Outcome.FORWARD, "none"),
    ],
)
def test_bodies_are_dropped_refused_or_forwarded(
    kind: str | None, rules: BodyRules, outcome: Outcome, body: str
) -> None:
    policy = policy_of(profile(create("meetingID", body=rules)))
    call = Call("create", "POST", (("meetingID", "k1"),), (), kind)  # type: ignore[arg-type]  # one of the four
    decision = policy.decide(call, SUBJECT)
    assert (decision.outcome, decision.body) == (outcome, body)
    if decision.refusal is not None:
        assert (decision.refusal.key, decision.refusal.reason) == ("unsupportedContentType", Reason.BODY_REFUSED)


def test_a_form_can_be_dropped_like_any_other_body() -> None:
    policy = policy_of(profile(call_rules("getMeetings", {}, body=BodyRules(form="never"))))
    decision = policy.decide(Call("getMeetings", "POST", (), (("random", "1"),), "form"), SUBJECT)
    assert decision.ignored == {"(body)": Reason.BODY_DROPPED}


def test_a_form_beside_a_query_is_noted_name_by_name() -> None:
    policy = policy_of(profile(create("meetingID")))
    form = (("meetingID", "k2"), ("a b", "1"), ("logo", "x"), ("isBreakout", "true"))
    call = Call("create", "POST", (("meetingID", "k1"), ("logo", "y")), form, "form")
    decision = policy.decide(call, SUBJECT)
    assert decision.params == {"meetingID": "k1"}
    assert decision.ignored == {
        "meetingID": Reason.UNSIGNED,
        "(invalid)": Reason.BAD_NAME,
        "logo": Reason.NOT_LISTED,
        "isBreakout": Reason.UNSIGNED,
    }


# ------------------------------------------------------------------------------------------- repetitions and refusals


@pytest.mark.parametrize(
    "pairs", [(("meetingID", "k1"), ("meetingID\x00", "k2")), ((" meetingID ", "k2"), ("meetingID", "k1"))]
)
def test_a_disguised_second_value_refuses_in_any_order(pairs: tuple[tuple[str, str], ...]) -> None:
    refusal = policy_of(profile(create("meetingID"))).decide(Call("create", "GET", pairs), SUBJECT).refusal
    assert refusal is not None
    assert (refusal.key, refusal.reason, refusal.param) == ("validationError", Reason.DUPLICATE, "meetingID")


def test_a_disguised_copy_of_the_same_value_counts_once() -> None:
    decision = decide(policy_of(profile(create("meetingID"))), **{"meetingID": "k1", "\u00a0meetingID\t": "k1"})
    assert decision.params == {"meetingID": "k1"}
    assert reasons(decision) == {"(invalid)": Reason.BAD_NAME, "meetingID": Reason.REPEATED}


def test_a_repeated_value_that_is_left_out_is_not_reported_as_changed() -> None:
    policy = policy_of(profile(create("muteOnStart")))
    decision = policy.decide(Call("create", "GET", (("muteOnStart", "x"), ("muteOnStart", "x"))), SUBJECT)
    assert (decision.ignored, decision.changed) == ({"muteOnStart": Reason.BAD_VALUE}, {})


def test_two_unreadable_copies_are_one_unreadable_value() -> None:
    policy = policy_of(profile(create("muteOnStart")))
    pairs = (("muteOnStart", None), ("muteOnStart", None))
    assert policy.decide(Call("create", "GET", pairs), SUBJECT).ignored == {"muteOnStart": Reason.MALFORMED}


def test_a_repetition_hides_what_else_is_wrong_with_the_value() -> None:
    policy = policy_of(profile(create("meetingID")))
    pairs = (("meetingID", "x" * 300), ("meetingID", "k1"))
    refusal = policy.decide(Call("create", "GET", pairs), SUBJECT).refusal
    assert refusal is not None
    assert (refusal.key, refusal.reason) == ("validationError", Reason.DUPLICATE)


def test_dropping_a_required_parameter_refuses_the_call() -> None:
    policy = policy_of(profile(call_rules("create", {"muteOnStart": Rule("boolean", required=True)})))
    for sent, reason in (("yes", Reason.BAD_VALUE), ("", Reason.EMPTY), (None, Reason.MALFORMED)):
        refusal = decide(policy, muteOnStart=sent).refusal
        assert refusal is not None
        assert (refusal.key, refusal.reason, refusal.param) == ("validationError", reason, "muteOnStart")


@pytest.mark.parametrize(
    ("call", "name", "type_", "reason", "key"),
    [
        ("create", "meetingID", "id", Reason.MALFORMED, "validationError"),
        ("join", "password", "password", Reason.DUPLICATE, "validationError"),
        ("create", "meetingID", "id", Reason.MISSING, "validationError"),
        ("create", "meetingID", "id", Reason.TOO_SHORT, "sizeError"),
        ("create", "meetingID", "id", Reason.BAD_VALUE, "validationError"),
        ("isMeetingRunning", "meetingID", "id", Reason.MISSING, "missingParamMeetingID"),
        ("isMeetingRunning", "meetingID", "id", Reason.EMPTY, "sizeError"),
        ("isMeetingRunning", "meetingID", "id", Reason.BAD_VALUE, "validationError"),
        ("getMeetingInfo", "meetingID", "id", Reason.TOO_LONG, "notFound"),
        ("end", "meetingID", "id", Reason.MISSING, "notFound"),
        ("join", "meetingID", "id", Reason.TOO_LONG, "invalidMeetingIdentifier"),
        ("getRecordings", "meetingID", "list", Reason.TOO_LONG, "validationError"),
        ("create", "name", "string", Reason.MISSING, "nullError"),
        ("create", "name", "string", Reason.EMPTY, "emptyError"),
        ("create", "name", "string", Reason.TOO_LONG, "sizeError"),
        ("create", "name", "string", Reason.NO_MATCH, "validationError"),
        ("create", "attendeePW", "password", Reason.TOO_LONG, "invalidPassword"),
        ("join", "password", "password", Reason.EMPTY, "invalidPassword"),
        ("join", "fullName", "string", Reason.TOO_LONG, "missingParamFullName"),
        ("join", "guest", "boolean", Reason.BAD_VALUE, "validationError"),
    ],
)
def test_a_refusal_speaks_bbbs_words(call: str, name: str, type_: str, reason: Reason, key: str) -> None:
    assert refusal_key(call, name, type_, reason) == key


# ------------------------------------------------------------------------------------------- revision and description


def revision(*calls: CallRules, **more: object) -> str:
    return revision_of({"made": replace(profile(*calls), **more)}, catalog.load())  # type: ignore[arg-type]  # fields by name


def test_order_and_places_do_not_change_the_revision() -> None:
    one = create("meetingID", "name")
    other = replace(create("name", "meetingID"), origin=BASE)
    assert revision(one) == revision(other)
    assert revision(one, chain=("made",)) == revision(one)
    assert len(revision(one)) == 12
    int(revision(one), 16)


@pytest.mark.parametrize(
    "other",
    [
        create("meetingID"),
        create("meetingID", "name", fixed={"record": False}),
        create("meetingID", "name", body=BodyRules(xml="refuse")),
        create("meetingID", "name", methods=("GET",)),
        replace(create("meetingID", "name"), rules={"meetingID": replace(ID, max=199), "name": NAME}),
        call_rules("create", refuse="unsupportedRequest"),
    ],
)
def test_every_change_of_meaning_changes_the_revision(other: CallRules) -> None:
    assert revision(other) != revision(create("meetingID", "name"))


def test_the_catalogues_date_is_part_of_the_revision() -> None:
    profiles = {"made": profile(create("meetingID"))}
    assert revision_of(profiles, catalog.load()) != revision_of(profiles, replace(catalog.load(), date="2031-01"))


def test_true_is_not_one_in_a_revision() -> None:
    assert revision(create(fixed={"muteOnStart": True})) != revision(create(fixed={"muteOnStart": 1}))


def test_a_description_tells_the_whole_profile() -> None:
    forwarded = create(
        "meetingID",
        "muteOnStart",
        fixed={"record": False},
        defaults={"muteOnStart": True},
        families=(family("meta_", names=("meta_room",), pattern="meta_[a-z]"),),
    )
    calls = (forwarded, call_rules("getRecordings", answer="noRecordings"), call_rules("end", refuse="notFound"))
    policy = policy_of(profile(*calls, limits={"meetings": (5, 10)}))
    told = policy.describe("made")
    assert (told.profile, told.title, told.revision) == ("made", "Made by hand", policy.revision)
    assert told.limits == Limits(meetings=5)
    assert [(call.name, call.verb, call.detail, call.origin) for call in told.calls] == [
        ("create", Outcome.FORWARD, "", "made.toml:7"),
        ("getRecordings", Outcome.ANSWER, "noRecordings", "made.toml:7"),
        ("end", Outcome.REFUSE, "notFound", "made.toml:7"),
    ]
    parameters = {parameter.name: parameter for parameter in told.calls[0].parameters}
    assert list(parameters) == ["meetingID", "muteOnStart", "meta_room", "meta_*", "record"]
    assert parameters["meetingID"].required
    assert parameters["meetingID"].otherwise == "refuse"
    assert parameters["meetingID"].origins == ("base.toml:3",)
    assert parameters["meetingID"].summary == catalog.load().calls["create"].parameters["meetingID"].summary
    assert (parameters["muteOnStart"].default, parameters["muteOnStart"].origins) == ("true", ("made.toml:7",))
    assert (parameters["record"].value, parameters["record"].type) == ("false", "boolean")


def test_files_that_do_not_load_are_an_error_with_everything_that_is_wrong() -> None:
    broken = Sources({"a.toml": "schema = 1\ntitle = 'A'\nforwad = 1\nbodi = 2\n"})
    with pytest.raises(PolicyError) as caught:
        Declarative().compile(broken, catalog.load())
    assert len(caught.value.diagnostics) == 2


def test_presets_of_the_factory_have_a_place() -> None:
    assert str(preset(1).origin) == "made.toml:7"
