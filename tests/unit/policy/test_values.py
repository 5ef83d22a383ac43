"""Each type: what it accepts, what it makes of it, and what it says of the rest."""

import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from senfcall_avv.policy.engine import Reason
from senfcall_avv.policy.markup import clean
from senfcall_avv.policy.ruleset import Rule
from senfcall_avv.policy.values import (
    EMPTY,
    MALFORMED,
    Verdict,
    canonical,
    ceiling,
    checker,
    compile_pattern,
    has_control_characters,
)

TYPES = ("string", "text", "boolean", "integer", "enum", "list", "url", "colour", "id", "password")
MODEST = settings(derandomize=True, max_examples=100, deadline=None)


def rule(type_: str, **more: object) -> Rule:
    if type_ == "enum":
        more.setdefault("choices", ("ALWAYS_ACCEPT", "ASK_MODERATOR"))
    return Rule(type_, **more)  # type: ignore[arg-type]  # a test names its keys by hand


def check(value: str | None, type_: str, **more: object) -> str | Verdict:
    return checker(rule(type_, **more))(value)


def misfit(value: str | None, type_: str, **more: object) -> Reason:
    """Give the reason why no value is left."""
    result = check(value, type_, **more)
    assert isinstance(result, Verdict)
    assert result.value is None
    return result.reason


@pytest.mark.parametrize("type_", TYPES)
@pytest.mark.parametrize("value", [None, "a\x00b", "a\x7fb", "a\x85b", "\x1b", "a\ud800", "a\ufffe", "a\uffff"])
def test_a_damaged_value_is_malformed_whatever_its_type(type_: str, value: str | None) -> None:
    assert check(value, type_) is MALFORMED


@pytest.mark.parametrize("type_", [type_ for type_ in TYPES if type_ != "text"])
@pytest.mark.parametrize("value", ["a\nb", "true\r\n", "\t60", "60\n"])
def test_a_line_end_damages_every_value_but_a_text(type_: str, value: str) -> None:
    assert check(value, type_) is MALFORMED


@pytest.mark.parametrize("type_", TYPES)
@pytest.mark.parametrize("value", ["", " ", "   "])
def test_empty_counts_as_absent(type_: str, value: str) -> None:
    assert check(value, type_) is EMPTY


@pytest.mark.parametrize("value", ["u\u0308", "\u00fc", "\U0001f469\u200d\U0001f4bb", "\u00a0k1", "\u200f", "\ue000"])
@pytest.mark.parametrize("type_", ["string", "text", "id", "password"])
def test_nothing_is_normalised(value: str, type_: str) -> None:
    assert check(value, type_) == value


def test_lengths_are_code_points_after_trimming() -> None:
    assert check(" \U0001f33b\U0001f33b ", "string", min=2, max=2) == "\U0001f33b\U0001f33b"
    assert misfit(" a ", "string", min=2) is Reason.TOO_SHORT
    assert misfit("abc", "string", max=2) is Reason.TOO_LONG


def test_clamping_cuts_a_string_and_trims_again() -> None:
    assert check("abcd", "string", max=2, otherwise="clamp") == Verdict("ab", Reason.CLAMPED)
    assert check("a bcd", "string", max=2, otherwise="clamp") == Verdict("a", Reason.CLAMPED)


def test_clamping_never_makes_a_string_too_short() -> None:
    assert misfit("a bcd", "string", min=2, max=2, otherwise="clamp") is Reason.TOO_LONG
    assert misfit("a", "string", min=2, max=9, otherwise="clamp") is Reason.TOO_SHORT


def test_a_string_can_have_choices_letter_by_letter() -> None:
    assert check("de", "string", choices=("de", "en")) == "de"
    assert misfit("DE", "string", choices=("de", "en")) is Reason.NOT_A_CHOICE


def test_a_text_goes_on_as_sent() -> None:
    assert check(" eins\r\nzwei\tdrei ", "text") == " eins\r\nzwei\tdrei "
    assert misfit("abc", "text", max=2) is Reason.TOO_LONG
    assert misfit("a", "text", min=2) is Reason.TOO_SHORT
    assert check("abcd", "text", max=2, otherwise="clamp") == Verdict("ab", Reason.CLAMPED)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        *((value, "true") for value in ("true", "TRUE", "True", "1", " true ")),
        *((value, "false") for value in ("false", "FALSE", "0", " 0")),
    ],
)
def test_a_boolean_is_what_was_meant(value: str, expected: str) -> None:
    assert check(value, "boolean") == expected


@pytest.mark.parametrize("value", ["yes", "on", "2", "\uff54rue", "fal\u017fe", "t rue", "\u00a0true", "01"])
def test_everything_else_is_no_boolean(value: str) -> None:
    assert misfit(value, "boolean") is Reason.BAD_VALUE


@pytest.mark.parametrize(
    ("value", "expected"), [("60", "60"), ("0060", "60"), (" 7 ", "7"), ("-0", "0"), ("2147483647", "2147483647")]
)
def test_an_integer_is_written_without_leading_zeros(value: str, expected: str) -> None:
    assert check(value, "integer") == expected


@pytest.mark.parametrize(
    "value",
    [
        *("\u0666\u0660", "\uff16\uff10", "\u00b2", "6_0", "6 0", "+60", "1e3", "0x10", "60.0", "9" * 20, "9" * 5000),
        *("abc", "--1", "\u00a060", "1,000"),
    ],
)
def test_only_ascii_digits_make_an_integer(value: str) -> None:
    assert misfit(value, "integer") is Reason.BAD_VALUE


@pytest.mark.parametrize("value", ["-1", "2147483648", "9" * 19, "-" + "9" * 19])
def test_an_integer_is_bounded_as_in_bbb_where_no_rule_says_more(value: str) -> None:
    assert misfit(value, "integer") is Reason.OUT_OF_RANGE


def test_a_rule_can_allow_larger_integers() -> None:
    assert check("1751373296123", "integer", min=0, max=9007199254740991) == "1751373296123"


@pytest.mark.parametrize(("value", "expected"), [("4", "5"), ("11", "10"), ("-9", "5")])
def test_clamping_takes_an_integer_to_the_nearest_bound(value: str, expected: str) -> None:
    assert check(value, "integer", min=5, max=10, otherwise="clamp") == Verdict(expected, Reason.CLAMPED)


def test_where_zero_is_unlimited_nothing_is_clamped_upwards_from_zero() -> None:
    unlimited = {"zero_is_unlimited": True, "otherwise": "clamp"}
    assert check("0", "integer", **unlimited) == "0"
    assert misfit("-1", "integer", **unlimited) is Reason.OUT_OF_RANGE
    assert misfit("0", "integer", min=5, **unlimited) is Reason.OUT_OF_RANGE
    assert check("3", "integer", min=5, **unlimited) == Verdict("5", Reason.CLAMPED)


def test_a_ceiling_is_a_maximum_below_bbbs_own() -> None:
    assert ceiling(rule("integer", max=600, zero_is_unlimited=True)) == 600
    assert ceiling(rule("integer", max=2**31 - 1, zero_is_unlimited=True)) is None
    assert ceiling(rule("integer", zero_is_unlimited=True)) is None
    assert ceiling(rule("integer", max=600)) is None


def test_a_choice_is_found_in_any_letter_case_and_leaves_in_bbbs() -> None:
    assert check(" ask_moderator ", "enum") == "ASK_MODERATOR"
    assert misfit("ASK_NOBODY", "enum") is Reason.NOT_A_CHOICE


def test_a_letter_that_only_lower_case_makes_ascii_is_no_choice() -> None:
    assert misfit("AS\u212a_MODERATOR", "enum") is Reason.NOT_A_CHOICE


def test_a_list_is_trimmed_and_has_no_repeats() -> None:
    assert check(" chat , polls,,chat", "list") == "chat,polls"
    assert check(",", "list") is EMPTY
    assert misfit("a,b,c", "list", max_items=2) is Reason.TOO_LONG
    assert check("a,b,a", "list", max_items=2) == "a,b"


def test_entries_that_are_not_offered_are_removed_or_refuse() -> None:
    choices = ("chat", "polls")
    assert check("Chat,polls", "list", choices=choices) == "chat,polls"
    assert check("chat,x", "list", choices=choices) == Verdict("chat", Reason.ITEM_REMOVED)
    assert misfit("x,\u212aey", "list", choices=choices) is Reason.NOT_A_CHOICE
    assert misfit("chat,x", "list", choices=choices, otherwise="refuse") is Reason.NOT_A_CHOICE


@pytest.mark.parametrize(
    "value",
    [
        *("https://ok.example", "HTTPS://OK.example/", "https://ok.example:8443/a?b=c#d", "https://192.0.2.7/"),
        *("https://[2001:db8::1]:8080/", "https://xn--brgerverein-deb.example/zur\u00fcck", "https://ok.example./"),
        *("https://ok.example?x=%%MEETINGID%%", "https://ok.example/\U0001f33b", "https://localhost/"),
        "https://3com.example/",
    ],
)
def test_a_url_goes_on_as_sent(value: str) -> None:
    assert check(value, "url") == value


@pytest.mark.parametrize(
    "value",
    [
        *(
            "javascript:1",
            "javascript://ok.example/%0a",
            "https:evil",
            "//evil",
            "https://",
            "https:///x",
            "ftp://a.b/",
        ),
        *("http://ok.example/", "https://a@b.example", "https://a:b@c.example", "https://ok.example\\@evil.example"),
        *("https://h\\@e", "https://ok.example/a b", 'https://ok.example/"', "https://ok.example/'", "https://o k/"),
        *("https://ok.example/<b>", "https://ok.example/{x}", "https://ok.example/a|b", "https://ok.example/a^b"),
        *("https://b\u00fcrger.example/", "https://-a.example/", "https://a-.example/", "https://a..example/"),
        *("https://ok.example:65536/", "https://ok.example:/", "https://[::1", "https://[::g]/", "https://[1.2.3.4]/"),
        *("https://1/", "https://0x7f.1/", "https://999.1.1.1/", "https://a.example.1/", "https://127.1./"),
        *("https://ok.example/\u00a0", "https://ok.example/\u2028", "https://ok.example/\u200b"),
        *("https://" + "a" * 64 + ".example/", "https://" + "a." * 130 + "example/", "ok.example"),
    ],
)
def test_everything_else_is_a_bad_url(value: str) -> None:
    assert misfit(value, "url") is Reason.BAD_URL


def test_a_url_has_a_scheme_a_host_and_a_length_of_the_rule() -> None:
    assert check("http://ok.example/", "url", schemes=("https", "http")) == "http://ok.example/"
    assert check("https://OK.example/", "url", hosts=("ok.Example",)) == "https://OK.example/"
    assert check("https://[::1]/", "url", hosts=("[::1]",)) == "https://[::1]/"
    assert misfit("https://other.example/", "url", hosts=("ok.example",)) is Reason.BAD_URL
    assert misfit("https://sub.ok.example/", "url", hosts=("ok.example",)) is Reason.BAD_URL
    assert misfit("https://ok.example/abc", "url", max=21) is Reason.TOO_LONG


@pytest.mark.parametrize(("value", "expected"), [("#FF0000", "#ff0000"), ("#aBc", "#abc"), (" #123 ", "#123")])
def test_a_colour_is_written_in_lower_case(value: str, expected: str) -> None:
    assert check(value, "colour") == expected


@pytest.mark.parametrize("value", ["red", "#12", "#1234", "#12345g", "123456", "#\uff11\uff12\uff13", "#ff00001"])
def test_everything_else_is_no_colour(value: str) -> None:
    assert misfit(value, "colour") is Reason.BAD_VALUE


@pytest.mark.parametrize("value", ["a3", 'R\u00e4ume/7 "A" \U0001f33b', "../%2e%", "\u00a0\u00a0k1", "0"])
def test_an_id_is_any_line(value: str) -> None:
    assert check(f" {value} ", "id") == value


@pytest.mark.parametrize("value", ["a,b", "a  b", "a, b"])
def test_an_id_has_neither_comma_nor_two_spaces(value: str) -> None:
    assert misfit(value, "id") is Reason.BAD_VALUE
    assert misfit(value, "id", max=1, otherwise="drop") is Reason.TOO_LONG


@pytest.mark.parametrize(
    "pattern", ["(?=x)", r"(a)\1", "a{1001}", "(", r"a\Z", "(?<!x)y", "((((a{100}){100}){100}){100})"]
)
def test_what_re2_cannot_do_in_linear_time_is_no_pattern(pattern: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        compile_pattern(pattern)


def test_a_pattern_matches_the_whole_value_and_no_line_end() -> None:
    found = compile_pattern("^[a-z]+$")
    assert found.fullmatch("abc")
    assert not found.fullmatch("abc\n")
    assert not compile_pattern("abc").fullmatch("xabcx")


def test_a_pattern_that_explodes_elsewhere_answers_here() -> None:
    assert misfit("a" * 50_000 + "!", "string", patterns=("^(a+)+$",)) is Reason.NO_MATCH


def test_all_patterns_of_a_chain_must_match() -> None:
    patterns = ("[a-z0-9]+", ".*[0-9]")
    assert check("ab1", "string", patterns=patterns) == "ab1"
    assert misfit("abc", "string", patterns=patterns) is Reason.NO_MATCH
    assert check("", "string", patterns=patterns) is EMPTY


def test_a_pattern_sees_what_clamping_has_left() -> None:
    assert check("ab1", "string", max=2, otherwise="clamp", patterns=("[a-z]+",)) == Verdict("ab", Reason.CLAMPED)
    assert misfit("a1b", "string", max=2, otherwise="clamp", patterns=("[a-z]+",)) is Reason.NO_MATCH


@pytest.mark.parametrize(
    "value",
    [
        '<b>Hallo</b><br><a href="https://verein.example" target="_blank">wir</a>',
        "Hallo <b>Welt</b><br />100% & mehr, 1 < 2",
        '<a href="tel:%%DIALNUM%%,,%%CONFNUM%%#">Anrufen</a>',
        '<img src="https://verein.example/a.png" width="3" height="4" />',
        "<b>eins</b>\r\n<i>zwei</i>",
        "<ul><li>&lt;script&gt;&auml;</li></ul>",
        '<a href="https://verein.example/?a=1&b=2">x</a>',
        "A &amp; B & C",
    ],
)
def test_html_that_bbb_keeps_is_kept_byte_for_byte(value: str) -> None:
    assert check(value, "text", html="bbb") == value


@pytest.mark.parametrize(
    ("value", "left"),
    [
        ("<script>alert(1)</script><b onclick=x>Hallo</b> %%CONFNUM%%#", "<b>Hallo</b> %%CONFNUM%%#"),
        ("<img src=x onerror=1>", '<img src="x">'),
        ('<a href="javascript:1">hier</a>', "<a>hier</a>"),
        ('<a href="java&#115;cript:1">hier</a>', "<a>hier</a>"),
        ('<a href="http://verein.example">hier</a>', "<a>hier</a>"),
        ("<p>Willkommen!</p>", "Willkommen!"),
        ('<b title="x" style="color:red">a</b>', "<b>a</b>"),
        ("<b>a<svg></b>", "<b>a</b>"),
        ("<!-- x --><i>a</i>", "<i>a</i>"),
        ("a<b", "a"),
    ],
)
def test_html_that_bbb_removes_is_removed(value: str, left: str) -> None:
    assert check(value, "text", html="bbb") == Verdict(left, Reason.CLEANED)


def test_nothing_is_left_of_a_text_of_bad_html() -> None:
    assert misfit("<svg/onload>", "text", html="bbb") is Reason.CLEANED
    assert misfit("<script>1</script>", "text", html="none") is Reason.CLEANED


def test_html_can_be_kept_or_removed_altogether() -> None:
    assert check("<svg/onload>", "text", html="keep") == "<svg/onload>"
    assert check("<b>a</b> & b", "text", html="none") == Verdict("a &amp; b", Reason.CLEANED)
    assert check("1 < 2", "text", html="none") == "1 < 2"


def test_cleaning_cannot_make_a_text_longer_than_the_rule() -> None:
    assert misfit("<p>" + "&" * 10, "text", html="bbb", max=20) is Reason.TOO_LONG
    assert misfit("<b>" + "x" * 40, "text", html="bbb", max=9, otherwise="clamp") is Reason.TOO_LONG


HTML = st.lists(
    st.sampled_from(
        [
            *("<b>", "</b>", "<br />", "<svg>", "</svg>", "<script>", "</script>", "<a href='javascript:1'>", "</a>"),
            *(
                "<img src=x onerror=1>",
                "&lt;",
                "&amp;",
                "&",
                "<",
                ">",
                '"',
                "x",
                " ",
                "<!--",
                "-->",
                "<math><mi//xlink:h",
            ),
        ]
    ),
    max_size=12,
).map("".join)


@MODEST
@given(HTML)
def test_what_goes_on_means_what_the_cleaner_would_have_left(value: str) -> None:
    """Bytes that go on as sent are clean: cleaning them again with another spelling gives the same document."""
    left = clean(value, keep_tags=True)
    cleaned_twice = clean(clean(value, keep_tags=True), keep_tags=True)
    assert cleaned_twice == left
    if left == value:
        lowered = value.lower()
        assert not any(bad in lowered for bad in ("<svg", "<script", "javascript:", "onerror", "<!--", "<math"))


@MODEST
@given(st.sampled_from(TYPES), st.text(max_size=40) | st.none(), st.sampled_from(("drop", "clamp", "refuse")))
def test_a_canonical_value_is_its_own_canonical_form(type_: str, value: str | None, otherwise: str) -> None:
    again = checker(rule(type_, max=20 if type_ != "integer" else None, otherwise=otherwise))
    result = again(value)
    left = result if isinstance(result, str) else result.value
    if left is not None:
        assert again(left) == left
        assert not has_control_characters(left, lines=type_ == "text")


@pytest.mark.parametrize(
    ("value", "expected"), [(True, "true"), (False, "false"), (7, "7"), ("x", "x"), (("a", "b"), "a,b"), ((), "")]
)
def test_values_of_a_file_are_written_as_bbb_reads_them(
    value: bool | int | str | tuple[str, ...], expected: str
) -> None:
    assert canonical(value) == expected


def test_one_cleaner_serves_many_threads() -> None:
    clean_text = checker(rule("text", html="bbb"))
    results: list[object] = []
    work = threading.Thread(target=lambda: results.extend(clean_text("<p>a</p>") for _ in range(200)))
    work.start()
    mine = [clean_text("<i>b</i><p>") for _ in range(200)]
    work.join()
    assert set(results) == {Verdict("a", Reason.CLEANED)}
    assert set(mine) == {Verdict("<i>b</i>", Reason.CLEANED)}
