"""How a diagnostic reads: excerpt, marker, suggestion, the other place, and what is never printed."""

from textwrap import dedent

import pytest

from senfcall_avv.bbb.catalog import load
from senfcall_avv.policy.engine import Sources
from senfcall_avv.policy.errors import Diagnostic, Place, PolicyError, printable
from senfcall_avv.policy.language import check, read
from senfcall_avv.policy.spelling import did_you_mean, distance, suggestion

HEAD = 'schema = 1\ntitle = "t"\n'


def diagnostics(text: str) -> list[Diagnostic]:
    return check(Sources({"x.toml": text}), load())[1]


def lines(text: str) -> str:
    return dedent(text).strip("\n")


def test_a_message_shows_the_line_marks_the_token_and_says_where_to_read_on() -> None:
    (found,) = diagnostics(HEAD + '[calls.create]\nforward = [\n  "name", "moderatorPw", "welcome",\n]\n')

    assert found.render() == lines("""
        error[P021]: "moderatorPw" is no parameter of create
          --> policies/x.toml:5:11
           |
         5 |   "name", "moderatorPw", "welcome",
           |           ^^^^^^^^^^^^^ did you mean "moderatorPW"?
           = BBB's names are case-sensitive: no frontend would ever send this one
           = docs/policy.md#p021
    """)


def test_a_conflict_shows_both_places() -> None:
    (found,) = diagnostics(HEAD + "\n" * 7 + '[calls.end]\nforward = []\nrefuse = "notFound"\n')

    assert found.render("rules") == lines("""
        error[P030]: [calls.end] says both forward and refuse
           --> rules/x.toml:12:1
            |
         12 | refuse = "notFound"
            | ^^^^^^
           ::: rules/x.toml:11:1
            |
         11 | forward = []
            | -------
            = a call has exactly one of the three
            = docs/policy.md#p030
    """)


def test_a_message_without_a_line_has_no_excerpt() -> None:
    found = Diagnostic("P013", "error", Place("x.toml"), "", "there is no such file", "did you mean this?")

    assert found.render() == lines("""
        error[P013]: there is no such file
          --> policies/x.toml
           = did you mean this?
           = docs/policy.md#p013
    """)
    assert found.brief() == "error[P013] x.toml  there is no such file"


def test_a_warning_in_one_line_names_file_and_line() -> None:
    (found,) = diagnostics(HEAD + '[calls.join]\nforward = ["guest"]\nrules.guest.otherwise = "drop"\n')

    assert found.reference == "x.toml:5:25 P046"
    assert found.brief() == "warning[P046] x.toml:5  dropping guest gives somebody more than was meant"


def test_the_keys_for_machines_are_these() -> None:
    (found,) = diagnostics(HEAD + "[calls.getmeetings]\nforward = []\n")

    assert found.as_json() == {
        "code": "P020",
        "level": "error",
        "file": "x.toml",
        "line": 3,
        "column": 8,
        "end_column": 19,
        "path": "calls.getmeetings",
        "message": 'BBB has no call "getmeetings"',
        "hint": 'did you mean "getMeetings"?',
        "note": None,
        "second": None,
        "doc": "docs/policy.md#p020",
    }


def test_the_exception_holds_all_diagnostics_in_order_and_reads_as_their_text() -> None:
    files = {"b.toml": "x", "a.toml": HEAD + '[calls.end]\nrefuse = "b"\nforwad = 1\n[calls.en]\nrefuse = "a"\n'}

    with pytest.raises(PolicyError) as raised:
        read(Sources(files, "rules"), load())

    assert [(d.file, d.code) for d in raised.value.diagnostics] == [("a.toml", "P006"), ("b.toml", "P001")]
    assert str(raised.value).count("\n\n") == 1
    assert "--> rules/a.toml:5:1" in str(raised.value)


@pytest.mark.parametrize("key", ["set", "default"])
@pytest.mark.parametrize("value", ['"s3cret"', '"""s3cret\nmore"""', "'s'\ntopping = 3", '"s{3}cret"', "3.14159"])
def test_a_password_in_the_file_is_never_printed(key: str, value: str) -> None:
    text = (
        HEAD
        + f'[calls.create]\nforward = ["name"]\nrules.attendeePW.max = 3\n[calls.create.{key}]\nattendeePW = {value}\n'
    )

    (*found,) = diagnostics(text)

    assert found
    shown = "".join(d.render() + d.brief() + str(d.as_json()) for d in found)
    assert not [secret for secret in ("s3cret", "'s'", "s{3}", "{3}", "3.14") if secret in shown]


def test_a_password_in_a_text_that_is_no_toml_is_not_printed_either() -> None:
    (found,) = diagnostics(HEAD + '[calls.create.set]\nattendeePW = "s3cret\n')

    assert found.code == "P001"
    assert "s3cret" not in found.render()


def test_what_a_terminal_would_act_upon_is_spelled_out() -> None:
    assert printable("a\x1b[31m\u202eb\udc80ä") == "a\\x1b[31m\\u202eb\\udc80ä"

    (found,) = diagnostics(HEAD + '[calls.create]\nforward = ["\u202ename"]  # \u202e\n')
    assert found.render().isascii()
    assert '"\\u202ename" is no parameter of create' in found.render()


def test_the_marker_stands_under_its_token_also_after_tabs() -> None:
    (found,) = diagnostics(HEAD + '[calls.create]\nforward = [\t"nmae"]\n')

    excerpt, marker = found.render().split("\n")[3:5]
    assert marker.index("^") == excerpt.index('"nmae"')


@pytest.mark.parametrize(("before", "after"), [(0, 300), (300, 0), (300, 300)])
def test_of_a_very_long_line_the_part_around_the_token_is_shown(before: int, after: int) -> None:
    text = f'a = "{"x" * before}" @ "{"y" * after}"'
    place = Place("x.toml", 1, text.index("@") + 1, text.index("@") + 2, text)

    excerpt, marker = Diagnostic("P001", "error", place, "", "this is not TOML").render().split("\n")[3:5]
    assert len(excerpt) < 170
    assert excerpt[marker.index("^")] == "@"


# ---------------------------------------------------------------------------------------------------------- spelling


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [("", "", 0), ("a", "", 1), ("abc", "abd", 1), ("abc", "acb", 1), ("forwad", "forward", 1), ("ab", "ba", 1)],
)
def test_distances_count_edits_and_swaps(one: str, other: str, expected: int) -> None:
    assert distance(one, other) == distance(other, one) == expected


def test_distances_beyond_the_limit_are_not_told_apart() -> None:
    assert distance("abcdef", "uvwxyz") == distance("a", "abcdefgh") == 3


def test_letter_case_goes_before_edits() -> None:
    assert suggestion("NAME", ["nam", "name"]) == "name"


def test_the_nearest_is_suggested_and_nothing_that_is_far() -> None:
    assert suggestion("forwards", ["forward", "reward"]) == "forward"
    assert suggestion("recording", ["name", "welcome"]) is None
    assert suggestion("x" * 1000, ["x" * 1000]) is None


def test_short_words_are_not_turned_into_any_other() -> None:
    assert did_you_mean("ab", ["cd", "max"]) is None
    assert did_you_mean("mx", ["min", "max"]) == 'did you mean "max"?'
