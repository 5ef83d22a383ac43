"""The form of test files: what is read, what is refused with its line, and what a difference says."""

import pytest
from factories.rulesets import call_rules, policy_of, profile

from senfcall_avv.policy.cases import CaseError, Coverage, coverage, read, run
from senfcall_avv.policy.engine import Limits, Subject
from senfcall_avv.policy.ruleset import Rule

ID = Rule("id", required=True, otherwise="refuse")
POLICY = policy_of(
    profile(
        call_rules(
            "create",
            {"meetingID": ID, "muteOnStart": Rule("boolean"), "duration": Rule("integer", zero_is_unlimited=True)},
            fixed={"record": False},
        ),
        call_rules("getMeetings", answer="noMeetings"),
        call_rules("isMeetingRunning", {"meetingID": ID}),
    )
)
GOOD = """
[always.create]
record = "false"

[[case]]
id = "one"
about = "a meeting"
call = "create"
query = "meetingID={A}&logo=x&muteOnStart=1"
fill = { A = 3 }
limits = { duration = 60 }
forward = { meetingID = "{A}", muteOnStart = "true", duration = "60" }
ignored = { logo = "not_listed" }

[[case]]
id = "two"
call = "create"
query = ""
refuse = "validationError"
reason = "missing"
param = "meetingID"

[[case]]
id = "three"
call = "getMeetings"
method = "POST"
answer = "noMeetings"
"""


def differences(text: str) -> list[tuple[str, str, str, str]]:
    return [(each.id, each.path, each.expected, each.got) for each in run(read(text, "made.test.toml"), POLICY)]


def one(rest: str) -> str:
    return f"[[case]]\nid = 'x'\ncall = 'create'\nquery = 'meetingID=k1&logo=x'\n{rest}\n"


def test_a_file_that_says_what_happens_has_no_difference() -> None:
    assert differences(GOOD) == []


def test_a_case_knows_its_line_its_profile_and_its_limits() -> None:
    first, second, _ = read(GOOD, "made.test.toml")
    assert (first.id, first.line, second.line) == ("one", 5, 15)
    assert first.subject == Subject("test", "made", Limits(duration=60))
    assert first.call.query[0] == ("meetingID", "xxx")


def test_brackets_in_a_text_do_not_move_the_lines() -> None:
    first = '[[case]]\nid = "a"\ncall = "create"\nabout = """\n[[case]]\n"""\nforward = {}\n'
    text = first + '[[case]]\nid = "b"\ncall = "end"\nforward = {}\n'
    assert [case.line for case in read(text, "made.test.toml")] == [1, 8]


def test_a_case_can_name_another_profile() -> None:
    (case,) = read(one('profile = "school"\nforward = {}'), "made.test.toml")
    assert case.subject.profile == "school"


@pytest.mark.parametrize(
    ("rest", "expected"),
    [
        (
            'forward = { meetingID = "k2", name = "y" }\nignored = { logo = "forced" }\nchanged = { a = "clamped" }',
            [
                ("forward.meetingID", "k2", "k1"),
                ("forward.name", "y", "nothing"),
                ("forward.record", "nothing", "false"),
                ("ignored.logo", "forced", "not_listed"),
                ("changed.a", "clamped", "nothing"),
            ],
        ),
        ('answer = "noMeetings"', [("answer", "answer noMeetings", "forward")]),
        ('refuse = "notFound"', [("refuse", "refuse notFound", "forward")]),
    ],
)
def test_a_difference_says_what_was_expected_and_what_came(rest: str, expected: list[tuple[str, str, str]]) -> None:
    assert differences(one(rest)) == [("x", *difference) for difference in expected]


def test_a_refusal_differs_by_key_reason_and_parameter() -> None:
    base = "[[case]]\nid = 'x'\ncall = 'create'\n"
    assert differences(base + 'refuse = "sizeError"') == [("x", "refuse", "refuse sizeError", "refuse validationError")]
    assert differences(base + 'refuse = "validationError"\nreason = "empty"\nparam = "name"') == [
        ("x", "reason", "empty", "missing"),
        ("x", "param", "name", "meetingID"),
    ]
    assert differences(base + 'refuse = "validationError"') == []


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("a = [", 1, "Invalid"),
        ("[cases]\n", 1, 'unknown key "cases"'),
        ("case = 1", 1, "[[case]]"),
        ("[[case]]\ncall = 'create'\nforward = {}", 1, '"id" is missing'),
        (one("forward = {}\n\nfoward = {}"), 7, 'case "x": unknown key "foward"'),
        (one("forward = {}\nanswer = 'noMeetings'"), 1, 'case "x" says both forward and answer'),
        (one(""), 1, "says none of forward, answer, refuse"),
        (one("method = 1\nforward = {}"), 5, '"method" must be a text'),
        (one("forward = 'x'"), 5, '"forward" must be a table'),
        (one("forward = { name = 1 }"), 5, '"forward" must be a table of texts'),
        (one("forward = {}\nreason = 'missing'"), 6, '"reason" goes with refuse only'),
        (one("refuse = 'x'\nignored = {}"), 6, '"ignored" goes with forward only'),
        (one("forward = {}\nlimits = { people = 3 }"), 6, 'there is no limit "people"'),
        (one("forward = {}\nfill = { A = true }"), 6, '"fill" must be a table of numbers'),
        (one("forward = {}") + one("forward = {}"), 6, 'two cases are called "x"'),
    ],
)
def test_a_file_that_does_not_load_says_where(text: str, line: int, message: str) -> None:
    with pytest.raises(CaseError) as caught:
        read(text, "made.test.toml")
    assert message in caught.value.message
    assert (caught.value.file, caught.value.line) == ("made.test.toml", line)


def test_coverage_counts_what_a_case_passes_on() -> None:
    assert coverage(read(GOOD, "made.test.toml"), POLICY, "made") == Coverage(
        calls=frozenset(("create", "isMeetingRunning")),
        calls_tested=frozenset(("create",)),
        parameters=frozenset(
            (
                ("create", "meetingID"),
                ("create", "muteOnStart"),
                ("create", "duration"),
                ("isMeetingRunning", "meetingID"),
            )
        ),
        parameters_tested=frozenset((("create", "meetingID"), ("create", "muteOnStart"), ("create", "duration"))),
    )
