"""How files hang together, what a chain of them means, and what only a whole set can get wrong."""

import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from senfcall_avv.bbb.call import parse
from senfcall_avv.bbb.catalog import load
from senfcall_avv.policy.declarative import Declarative
from senfcall_avv.policy.engine import Sources, Subject
from senfcall_avv.policy.errors import Diagnostic, PolicyError
from senfcall_avv.policy.language import check, read
from senfcall_avv.policy.ruleset import Origin, Profile

SHIPPED = Path(__file__).parents[3] / "policies"
PLAIN = 'schema = 1\ntitle = "t"\n'
SENTENCE = (
    "This service does not end meetings by API. "
    "A moderator ends it inside the meeting; it closes by itself when everybody has left."
)


def shipped() -> dict[str, str]:
    return {path.name: path.read_text() for path in SHIPPED.glob("*.toml")}


def profile(name: str = "p", **texts: str) -> Profile:
    files = {f"{key}.toml": text for key, text in texts.items()}
    return read(Sources(files), load()).profiles[name]


def problems(texts: Mapping[str, str], in_use: Mapping[str, int] | None = None) -> list[Diagnostic]:
    return check(Sources({f"{name}.toml": text for name, text in texts.items()}), load(), in_use)[1]


def file(extends: str | None = None, body: str = "", *, abstract: bool = False) -> str:
    head = (
        PLAIN + (f'extends = "{extends}"\n' if extends is not None else "") + ("abstract = true\n" if abstract else "")
    )
    return head + body


# ---------------------------------------------------------------------------------------------- the shipped files


def test_the_shipped_files_say_what_the_help_page_says() -> None:
    ruleset, diagnostics = check(Sources(shipped()), load())

    assert diagnostics == []
    assert ruleset is not None
    assert list(ruleset.profiles) == ["senfcall"]
    calls = ruleset.profiles["senfcall"].calls
    forwarded = {name: rules.forward for name, rules in calls.items() if rules.forward is not None}
    assert forwarded.keys() == {"create", "join", "isMeetingRunning", "getMeetings", "getMeetingInfo"}
    assert set(forwarded["create"]) == {
        *("name", "attendeePW", "moderatorPW", "welcome", "moderatorOnlyMessage", "webcamsOnlyForModerator"),
        *("muteOnStart", "logoutURL", "maxParticipants", "duration", "meetingID"),
    }
    assert {name: preset.value for name, preset in calls["create"].fixed.items()} == {
        "record": False,
        "autoStartRecording": False,
        "allowStartStopRecording": False,
    }


def test_the_shipped_files_answer_and_refuse_what_they_must() -> None:
    senfcall = read(Sources(shipped()), load()).profiles["senfcall"]

    assert senfcall.root_answer == "version"
    assert senfcall.calls["getRecordings"].answer == "noRecordings"
    assert (senfcall.calls["end"].refuse, senfcall.calls["end"].message) == ("unsupportedRequest", SENTENCE)
    assert set(senfcall.calls) == {
        *("create", "join", "isMeetingRunning", "getMeetings", "getMeetingInfo", "getRecordings", "end")
    }
    assert {name: (limit.default, limit.max) for name, limit in senfcall.limits.items()} == {
        "calls_per_minute": (600, 6000),
        "joins_per_minute": (1200, 12000),
    }


def test_the_shipped_rules_are_those_of_the_terms() -> None:
    calls = read(Sources(shipped()), load()).profiles["senfcall"].calls
    create, join = calls["create"].rules, calls["join"].rules

    assert (create["meetingID"].min, create["meetingID"].max, create["meetingID"].required) == (2, 200, True)
    assert calls["getMeetingInfo"].rules["meetingID"].min == 1
    assert create["welcome"].html == "bbb"
    assert create["logoutURL"].schemes == ("https", "http")
    assert create["duration"].zero_is_unlimited
    assert {name for name, rule in join.items() if rule.otherwise == "refuse"} == {
        *("meetingID", "password", "role", "userID", "createTime", "guest", "excludeFromDashboard")
    }
    assert join["createTime"].max == 2**53 - 1
    assert join["role"].choices == ("MODERATOR", "VIEWER")


# ------------------------------------------------------------------------------------------------ what a chain means


def test_a_rule_is_met_along_the_chain_and_names_its_lines_nearest_first() -> None:
    found = profile(
        base=file(abstract=True, body="[rules]\nname.max = 200\n[calls.create.rules]\nname.min = 3\n"),
        p=file("base", '[calls.create]\nforward = ["name"]\nrules.name = { max = 100, pattern = "[a-z]+" }\n'),
    )

    rule = found.calls["create"].rules["name"]
    assert (rule.type, rule.min, rule.max, rule.patterns) == ("string", 3, 100, ("[a-z]+",))
    assert rule.origins == (Origin("p.toml", 6), Origin("base.toml", 7), Origin("base.toml", 5))
    assert found.chain == ("p", "base")


def test_both_patterns_of_parent_and_child_count() -> None:
    found = profile(
        base=file(abstract=True, body='[calls.create.rules]\nname.pattern = "[a-z]+"\n'),
        p=file("base", '[calls.create]\nforward = ["name"]\nrules.name.pattern = ".{3,9}"\n'),
    )

    assert found.calls["create"].rules["name"].patterns == ("[a-z]+", ".{3,9}")


def test_a_rule_for_all_calls_does_not_reach_a_type_that_it_does_not_fit() -> None:
    text = file(
        body='[rules]\nmeetingID = { min = 3, otherwise = "refuse" }\n'
        '[calls.getRecordings]\nforward = ["meetingID"]\n[calls.end]\nforward = ["meetingID"]\n'
    )

    calls = profile(p=text).calls
    assert (calls["end"].rules["meetingID"].type, calls["end"].rules["meetingID"].min) == ("id", 3)
    assert (calls["getRecordings"].rules["meetingID"].type, calls["getRecordings"].rules["meetingID"].min) == (
        *("list", None),
    )
    assert calls["getRecordings"].rules["meetingID"].otherwise == "refuse"


def test_an_id_without_a_max_leaves_room_for_the_prefix() -> None:
    assert profile(p=file(body='[calls.end]\nforward = ["meetingID"]\n')).calls["end"].rules["meetingID"].max == 239


def test_a_child_may_shorten_a_list_and_go_from_forward_to_answer_to_refuse() -> None:
    parent = file(
        body='[calls.create]\nforward = ["name", "duration"]\n[calls.getMeetings]\nforward = []\n[calls.end]\n'
        'forward = ["meetingID"]\n'
    )
    child = file(
        "base",
        '[calls.create]\nforward = ["duration"]\n[calls.getMeetings]\nanswer = "noMeetings"\n'
        '[calls.end]\nrefuse = "notFound"\n',
    )

    calls = profile(base=parent, p=child).calls
    assert calls["create"].forward == ("duration",)
    assert calls["getMeetings"].answer == "noMeetings"
    assert calls["end"].refuse == "notFound"


def test_what_the_parent_lets_children_loosen_they_may_loosen() -> None:
    parent = file(
        abstract=True,
        body='widen = ["calls.create.rules.welcome.max", "calls.create.forward", "calls.end.refuse",'
        ' "limits.meetings.max", "calls.create.set.muteOnStart", "body.xml"]\n'
        '[body]\nxml = "drop"\n[limits]\nmeetings = { default = 5, max = 10 }\n'
        '[calls.create]\nforward = ["name"]\nrules.welcome.max = 100\nset.muteOnStart = true\n'
        '[calls.end]\nrefuse = "notFound"\n',
    )
    child = file(
        "base",
        "[limits]\nmeetings = { default = 4, max = 20 }\n"
        '[calls.create]\nforward = ["name", "welcome"]\nrules.welcome.max = 300\nset.muteOnStart = false\n'
        'body = { xml = "forward", max_bytes = 10, accept_risk = "slides" }\n[calls.end]\nforward = ["meetingID"]\n',
    )

    found = profile(base=parent, p=child)
    create = found.calls["create"]
    assert create.forward == ("name", "welcome")
    assert create.rules["welcome"].max == 300
    assert create.fixed["muteOnStart"].value is False
    assert (create.body.xml, create.body.max_bytes) == ("forward", 10)
    assert found.calls["end"].forward == ("meetingID",)
    assert found.calls["end"].body.xml == "drop"
    assert (found.limits["meetings"].default, found.limits["meetings"].max) == (4, 20)


def test_a_file_cannot_loosen_what_only_it_itself_says_may_be_loosened() -> None:
    parent = file(abstract=True, body='[calls.create]\nforward = ["welcome"]\nrules.welcome.max = 100\n')
    child = file("base", 'widen = ["calls.create.rules.welcome.max"]\n[calls.create.rules]\nwelcome.max = 300\n')

    assert [found.code for found in problems({"base": parent, "p": child})] == ["P060"]


def test_a_childs_default_replaces_its_parents_and_never_adds_a_name_that_is_not_forwarded() -> None:
    parent = file(
        body='[calls.create]\nforward = ["duration", "welcome"]\ndefault = { duration = 60, welcome = "a" }\n'
    )
    child = file("base", '[calls.create]\nforward = ["duration"]\ndefault.duration = 30\n')

    defaults = profile(base=parent, p=child).calls["create"].defaults
    assert {name: (preset.value, str(preset.origin)) for name, preset in defaults.items()} == {
        "duration": (30, "p.toml:6")
    }


def test_lists_choices_and_braces_come_out_as_they_are_meant() -> None:
    text = file(
        body='[calls.create]\nforward = ["disabledFeatures", "guestPolicy"]\n'
        'add.disabledFeatures = ["chat", "polls"]\nremove.disabledFeatures = ["captions"]\n'
        'default.guestPolicy = "ask_moderator"\nset.welcome = "a {{b}} %%DIALNUM%% 100 %"\n'
    )

    create = profile(p=text).calls["create"]
    assert create.added["disabledFeatures"].value == ("chat", "polls")
    assert create.removed["disabledFeatures"].value == ("captions",)
    assert create.defaults["guestPolicy"].value == "ASK_MODERATOR"
    sources = Sources({"p.toml": text})
    sent = Declarative().compile(sources, load()).decide(parse("create", "GET", "").call, Subject("k", "p")).params
    assert sent["welcome"] == "a {b} %%DIALNUM%% 100 %"


def test_families_are_forwarded_by_list_or_pattern() -> None:
    text = file(
        body='[calls.create]\nforward = ["meta_*"]\nfamilies."meta_*" = { names = ["meta_course"], count = 3 }\n'
        '[calls.join]\nforward = ["userdata-*"]\n'
        'families."userdata-*" = { pattern = "userdata-bbb_show_[a-z_]{1,30}", max = 5 }\n'
    )

    calls = profile(p=text).calls
    (metadata,), (userdata,) = calls["create"].families, calls["join"].families
    assert (metadata.prefix, metadata.names, metadata.count, metadata.max) == ("meta_", ("meta_course",), 3, 256)
    assert (userdata.prefix, userdata.names, userdata.max) == ("userdata-", None, 5)
    assert calls["create"].forward == ()


def test_a_newer_parameter_can_be_forwarded_with_its_type() -> None:
    text = file(body='[calls.create]\nforward = ["fooBar"]\nextra.fooBar = { type = "integer", max = 7 }\n')

    rule = profile(p=text).calls["create"].rules["fooBar"]
    assert (rule.type, rule.min, rule.max) == ("integer", 0, 7)


def test_an_extra_name_is_no_way_around_a_danger() -> None:
    text = file(body='[calls.join]\nforward = ["LOGO"]\nextra.LOGO = { type = "url" }\n')

    assert {found.code for found in problems({"p": text})} == {"P023", "P026"}


def test_a_reason_makes_a_danger_possible() -> None:
    text = file(body='[calls.join]\nforward = ["avatarURL"]\naccept_risk.avatarURL = "our own picture server"\n')

    assert profile(p=text).calls["join"].forward == ("avatarURL",)


def test_other_engines_data_is_left_alone() -> None:
    assert read(Sources({**shipped(), "frozen.txt": "schema = 2"}), load()).profiles.keys() == {"senfcall"}


# ------------------------------------------------------------------------------------------- how files hang together


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "/etc/hostname", "a/b", "A", "", "base.toml", ".", "x" * 41, "b\u0430se"]
)
def test_extends_takes_a_plain_name_only(name: str) -> None:
    found = problems({"base": file(body="[calls.getMeetings]\nforward = []\n"), "x": file(name)})

    assert [(d.code, d.file, d.line, d.column) for d in found] == [("P009", "x.toml", 3, 11)]


@pytest.mark.parametrize("name", ["Base", "a.b", "-a", "", "x" * 41, "ä"])
def test_files_have_plain_names(name: str) -> None:
    found = problems({"base": file(body="[calls.getMeetings]\nforward = []\n"), name: "not even read"})

    assert [(d.code, d.file) for d in found] == [("P009", f"{name}.toml")]


def test_a_missing_parent_is_reported_with_the_name_that_was_meant() -> None:
    (found,) = problems({"base": file(body="[calls.getMeetings]\nforward = []\n"), "x": file("bas")})

    assert (found.code, found.hint, found.line, found.column, found.end_column) == (
        *("P010", 'did you mean "base"?', 3, 11, 16),
    )


def test_a_circle_is_reported_once_with_its_way() -> None:
    found = problems({"a": file("b"), "b": file("c"), "c": file("a"), "d": file("a")})

    assert [(d.code, d.file) for d in found] == [("P011", "a.toml")]
    assert "a → b → c → a" in found[0].message


def test_eight_levels_are_possible_and_nine_are_not() -> None:
    chain = {"a0": file(body="[calls.getMeetings]\nforward = []\n")}
    chain |= {f"a{number}": file(f"a{number - 1}") for number in range(1, 8)}

    assert problems(chain) == []
    (found,) = problems({**chain, "a8": file("a7")})
    assert (found.code, found.file) == ("P011", "a8.toml")
    assert "a8 → a7 → a6 → a5 → a4 → a3 → a2 → a1 → a0" in found.message


def test_no_file_at_all_is_no_policy() -> None:
    with pytest.raises(PolicyError) as raised:
        read(Sources({}), load())

    assert [(d.code, d.message) for d in raised.value.errors] == [("P012", "policies/ holds no profile")]


def test_a_broken_parent_is_the_only_thing_reported() -> None:
    found = problems({"base": "schema = 1\n", "x": file("base", '[calls.create]\nforward = ["nmae"]\n')})

    assert [(d.code, d.file) for d in found] == [("P008", "base.toml")]


def test_a_profile_in_use_must_exist_and_be_no_fence() -> None:
    texts = {"base": file(abstract=True), "senfcall": file("base", "[calls.getMeetings]\nforward = []\n")}

    assert problems(texts, {"senfcall": 3}) == []
    (gone,) = problems(texts, {"senfcall": 3, "school": 212})
    assert (gone.code, gone.file, gone.message) == (
        *("P013", "school.toml", '"school" is used by 212 organisations, but there is no such file'),
    )
    (fence,) = problems(texts, {"senfcall": 3, "base": 1})
    assert (fence.code, fence.file, fence.line, fence.message) == (
        *("P013", "base.toml", 3, '"base" is used by 1 organisation, so it cannot be abstract'),
    )


def test_a_profile_in_use_whose_file_is_broken_is_not_called_missing() -> None:
    assert [d.code for d in problems({"senfcall": "schema = 1\n"}, {"senfcall": 3})] == ["P008"]


def test_what_nobody_needs_is_a_warning() -> None:
    texts = {
        "fence": file(abstract=True),
        "school": file(body="[calls.getMeetings]\nforward = []\n"),
        "senfcall": file(body="[calls.getMeetings]\nforward = []\n"),
    }

    found = problems(texts, {"senfcall": 1})
    assert [(d.code, d.level, d.file, d.line, d.column, d.end_column, d.path, d.message) for d in found] == [
        ("P014", "warning", "fence.toml", 2, 1, 6, "title", '"fence" is abstract, and no file extends it'),
        ("P014", "warning", "school.toml", 2, 1, 6, "title", '"school" has no organisation'),
    ]
    assert [d.file for d in problems(texts)] == ["fence.toml"]


# ------------------------------------------------------------------------------------- what only chains can get wrong


def test_a_child_cannot_change_what_its_parent_sets() -> None:
    parent = file(body='[calls.create]\nforward = ["name"]\nset.muteOnStart = true\n')

    (found,) = problems({"base": parent, "p": file("base", "[calls.create.set]\nmuteOnStart = false\n")})
    assert (found.code, found.file, found.line, found.message) == (
        *("P062", "p.toml", 5, "muteOnStart is set by base.toml:5"),
    )
    assert found.second is not None
    assert (found.second.file, found.second.line) == ("base.toml", 5)


def test_a_call_rule_cannot_loosen_the_rule_for_all_calls_beside_it() -> None:
    text = file(body='[rules]\nname.max = 100\n[calls.create]\nforward = ["name"]\nrules.name.max = 200\n')

    (found,) = problems({"p": text})
    assert (found.code, found.line, found.message) == ("P060", 7, "max 100 → 200 widens p.toml:4")
    assert found.note == "a call's rule narrows the rule for all calls"


def test_several_mistakes_are_all_reported_at_once_and_in_order() -> None:
    texts = {
        "a": file(body='[calls.create]\nforward = ["nmae", "fullName"]\n[calls.end]\nrefuse = "x"\n'),
        "b": "schema = 2\ntitle = 1\n",
    }

    found = problems(texts)
    assert [(d.code, d.file, d.line) for d in found] == [
        ("P021", "a.toml", 4),
        ("P022", "a.toml", 4),
        ("P032", "a.toml", 6),
        ("P005", "b.toml", 1),
        ("P007", "b.toml", 2),
    ]


def test_the_example_in_the_operators_page_loads_beside_the_shipped_files() -> None:
    page = (SHIPPED / "README.md").read_text()
    (example,) = re.findall(r"```toml\n(.*?)```", page, re.DOTALL)

    ruleset, diagnostics = check(Sources({**shipped(), "school.toml": example}), load())
    assert diagnostics == []
    assert ruleset is not None
    create = ruleset.profiles["school"].calls["create"]
    assert (create.rules["duration"].max, create.rules["duration"].otherwise) == (180, "clamp")
    assert create.fixed["guestPolicy"].value == "ASK_MODERATOR"


def test_names_of_one_file_must_pass_the_pattern_of_another() -> None:
    parent = file(body='[calls.create]\nforward = ["meta_*"]\nfamilies."meta_*".pattern = "meta_[a-c]"\n')
    child = file("base", '[calls.create.families."meta_*"]\nnames = ["meta_a", "meta_d"]\n')

    (family,) = profile(base=parent, p=child).calls["create"].families
    assert (family.names, family.pattern) == (("meta_a",), None)


def test_a_policy_with_everything_in_it_can_be_compiled_and_decides() -> None:
    text = file(
        body='never = ["design"]\nwiden = ["limits.meetings"]\n[root]\nrefuse = "notFound"\n[limits]\nmeetings = 3\n'
        "[rules]\nmeetingID = { min = 3 }\n[calls.create]\n"
        'forward = ["name", "meetingID", "guestPolicy", "disabledFeatures", "logoutURL", "newText", "meta_*"]\n'
        'methods = ["GET"]\nextra.newText = { type = "string", max = 9 }\nextra.newFlag = { type = "boolean" }\n'
        "[calls.create.rules]\n"
        'name = { pattern = "[A-Z].*", max = 20, otherwise = "clamp" }\n'
        'disabledFeatures = { choices = ["chat", "polls"], max_items = 2 }\n'
        'logoutURL = { hosts = ["a.example"], schemes = ["https"] }\n'
        'guestPolicy = { choices = ["ASK_MODERATOR", "ALWAYS_DENY"] }\n'
        "[calls.create.set]\nnewFlag = true\nmaxParticipants = 7\n"
        '[calls.create.default]\nguestPolicy = "ASK_MODERATOR"\n'
        '[calls.create.add]\ndisabledFeatures = ["chat"]\n'
        '[calls.create.families."meta_*"]\npattern = "meta_[xyz]"\ncount = 2\n'
        '[calls.create.body]\nxml = "forward"\nmax_bytes = 5000\naccept_risk = "slides of our own"\n'
    )
    policy = Declarative().compile(Sources({"p.toml": text}), load())
    call = parse("create", "GET", "name=Kurs&meetingID=abc&disabledFeatures=polls&meta_x=1&meta_q=1&newText=hi").call

    decision = policy.decide(call, Subject("key", "p"))
    assert dict(decision.params) == {
        "disabledFeatures": "polls,chat",
        "guestPolicy": "ASK_MODERATOR",
        "maxParticipants": "7",
        "meetingID": "abc",
        "meta_x": "1",
        "name": "Kurs",
        "newFlag": "true",
        "newText": "hi",
    }
    assert set(decision.ignored) == {"meta_q"}


def test_a_child_cannot_answer_where_its_parent_refuses_the_address_without_a_call() -> None:
    parent = file(abstract=True, body='[root]\nrefuse = "notFound"\n')
    child = file("base", '[root]\nanswer = "version"\n[calls.getMeetings]\nforward = []\n')

    (found,) = problems({"base": parent, "p": child})
    assert (found.code, found.line, found.message) == ("P060", 5, "root: refuse → answer widens base.toml:5")
    assert profile(base=parent.replace("[root]", 'widen = ["root.refuse"]\n[root]'), p=child).root_answer == "version"


def test_a_calls_own_word_about_bodies_stands_before_the_one_for_all_calls() -> None:
    parent = file(
        abstract=True,
        body='[body]\nxml = "refuse"\n[calls.create.body]\nxml = "forward"\nmax_bytes = 9\naccept_risk = "why"\n',
    )
    child = file(
        "base", '[calls.create]\nforward = ["name"]\nbody.xml = "drop"\n[calls.end]\nforward = ["meetingID"]\n'
    )

    calls = profile(base=parent, p=child).calls
    assert (calls["create"].body.xml, calls["end"].body.xml) == ("drop", "refuse")


@pytest.mark.parametrize("members", ['names = ["meta_bbb-context"]', 'pattern = "meta_bbb-context"'])
def test_ruling_a_group_out_reaches_what_a_parents_family_lets_through(members: str) -> None:
    parent = file(abstract=True, body=f'[calls.create]\nforward = ["meta_*"]\nfamilies."meta_*" = {{ {members} }}\n')

    (found,) = problems({"base": parent, "p": file("base", 'never = ["design", "basic"]\n')})
    assert (found.code, found.file, found.line, found.column) == ("P025", "p.toml", 4, 20)
    assert found.message == 'basic is ruled out here, and create has "meta_bbb-context" from base.toml:5'


def test_children_may_loosen_a_pattern_that_the_parent_names() -> None:
    parent = file(
        abstract=True,
        body='widen = ["rules.name.pattern"]\n[rules]\nname = { pattern = "[a-z]+", otherwise = "drop" }\n',
    )
    child = file("base", '[calls.create]\nforward = ["name"]\n[calls.create.rules]\nname.pattern = ".+"\n')

    assert profile(base=parent, p=child).calls["create"].rules["name"].patterns == (".+",)


def test_a_pattern_that_only_re2_can_read_is_not_measured() -> None:
    text = file(body='[calls.create]\nforward = ["name"]\nrules.name.pattern = "\\\\pL+"\n')

    assert profile(p=text).calls["create"].rules["name"].patterns == (r"\pL+",)


def test_refusing_in_one_file_is_refusing_in_both() -> None:
    parent = file(abstract=True, body='[rules]\nname.otherwise = "refuse"\n[calls.create.rules]\nname.max = 9\n')
    child = file("base", '[calls.create]\nforward = ["name"]\nrules.name.otherwise = "refuse"\n')

    assert profile(base=parent, p=child).calls["create"].rules["name"].otherwise == "refuse"


def test_a_flood_of_mistakes_is_cut_short_and_an_error_behind_many_warnings_is_not_lost() -> None:
    rules = "".join(f"wrong{number} = {{ max = 1 }}\n" for number in range(3000))
    text = file(body=f'[calls.create]\nforward = ["name"]\n[calls.create.rules]\n{rules}')
    assert len(problems({"p": text})) == 100

    extra = "".join(f'new{number}.type = "string"\n' for number in range(150))
    text = file(body=f'[calls.create]\nforward = ["nmae"]\n[calls.create.extra]\n{extra}')
    assert [found.code for found in problems({"p": text}) if found.level == "error"] == ["P021"]
