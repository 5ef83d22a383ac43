"""Reading a request: what is a parameter, what is covered by which checksum, what is refused."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from senfcall_avv.bbb.call import FORM, MAX_PARAMETERS, RequestTooLarge, decode, parse
from senfcall_avv.bbb.checksum import sign, verify

SECRET = b"demo-secret-please-change-0123456789"


@pytest.mark.parametrize(
    ("query", "covered"),
    [
        ("a=1&checksum=V", b"a=1"),
        ("checksum=V&a=1", b"a=1"),
        ("a=1&checksum=V&b=2", b"a=1&b=2"),
        ("checksum=V", b""),
        ("&checksum=V", b""),
        ("checksum=V&", b""),
        ("a=1&&checksum=V", b"a=1&"),
        ("a=1&checksumHash=sha256&checksum=V", b"a=1&checksumHash=sha256"),
        ("mychecksum=9&checksum=V", b"mychecksum=9"),
        ("name=J%FCrgens+K&bare&leer=&checksum=V", b"name=J%FCrgens+K&bare&leer="),
        ("q=checksum=V&checksum=V", b"q=checksum=V"),
    ],
)
def test_the_checksum_covers_the_rest_of_the_query_as_it_came(query: str, covered: bytes) -> None:
    signature = parse("create", "GET", query).signature
    assert signature is not None
    assert signature.checksum == b"V"
    assert signature.covered == (covered,)


@pytest.mark.parametrize(
    "query",
    [
        "a=1",
        "",
        "a=1&checksum=V&checksum=V",
        "a=1&che%63ksum=V",
        "a=1&checksum=V&che%63ksum=W",
        "a=1&checksum=V&%20checksum=W",
        "a=1&checksum=V&checksum%00=W",
        "a=1&checksum=V&checksum+=W",
        "a=1&checksum=V&Checksum=W",
        "Checksum=V",
        "a=1&checksum=V&\x00",
        "a=\t1&checksum=V",
        "a=\xe4&checksum=V",
        "a=\x7f&checksum=V",
        "a=1 b&checksum=V",
    ],
)
def test_a_missing_repeated_or_disguised_checksum_is_none(query: str) -> None:
    assert parse("create", "GET", query).signature is None


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a+b%20c", "a b c"),
        ("%C3%A4%c3%a4", "ää"),
        ("*~'()!;,/?:@", "*~'()!;,/?:@"),
        ("100%25", "100%"),
        ("a%zz", None),
        ("a%", None),
        ("a%4", None),
        ("a%u0041", None),
        ("%ff", None),
        ("%c0%af", None),
        ("%ed%a0%80", None),
        ("a%00b", "a\0b"),
        ("%2525", "%25"),
    ],
)
def test_values_are_decoded_once_and_strictly(text: str, value: str | None) -> None:
    assert decode(text) == value
    assert parse("create", "GET", f"name={text}").call.query == (("name", value),)


def test_pieces_are_split_at_ampersands_and_first_equals_signs_alone() -> None:
    call = parse("create", "GET", "name=a;record=true&x=1=2&&bare&=3&%6Eame=b").call
    assert call.query == (("name", "a;record=true"), ("x", "1=2"), ("bare", ""), ("", "3"), ("name", "b"))


def test_the_algorithm_hint_is_no_parameter() -> None:
    assert parse("getMeetings", "GET", "checksumHash=sha256&checksum=V").call.query == ()


def test_a_form_counts_beside_an_empty_query_by_either_of_bbbs_two_rules() -> None:
    form = b"name=Jour+Fixe&meetingID=verein-42-jour-fixe&attendeePW=ap77&moderatorPW=mp77"
    by_new_rule = b"b61eb180fbeed9099118a729bd6920c46ac1b01d"
    by_old_rule = b"e1627d4601c36a261f7fcccbbe89b92bcc6e79fb"
    for checksum in (by_new_rule, by_old_rule):
        in_query = parse("create", "POST", f"checksum={checksum.decode()}", FORM, form)
        in_body = parse("create", "POST", "", FORM, form + b"&checksum=" + checksum)
        for received in (in_query, in_body):
            assert received.signature is not None
            assert received.call.body == "form"
            assert dict(received.call.form)["name"] == "Jour Fixe"
            assert "checksum" not in dict(received.call.form)
            found = [
                verify(b"create", covered, received.signature.checksum, [SECRET])
                for covered in received.signature.covered
            ]
            assert 0 in found


def test_a_form_beside_a_query_is_covered_by_nothing() -> None:
    received = parse("create", "POST", "name=ab&meetingID=x1&checksum=V", FORM, b"record=true")
    assert received.call.query == (("name", "ab"), ("meetingID", "x1"))
    assert received.call.form == (("record", "true"),)
    assert received.signature is not None
    assert received.signature.covered == (b"name=ab&meetingID=x1",)


@pytest.mark.parametrize("query", ["checksum=V", "name=ab&checksum=V"])
def test_a_second_checksum_in_the_form_is_one_too_many(query: str) -> None:
    assert parse("create", "POST", query, FORM, b"a=1&checksum=V").signature is None


def test_a_checksum_in_the_form_does_not_sign_a_query() -> None:
    assert parse("create", "POST", "name=ab", FORM, b"meetingID=x1&checksum=V").signature is None


@pytest.mark.parametrize(
    ("method", "content_type", "kind"),
    [
        ("POST", "application/x-www-form-urlencoded; charset=UTF-8", "form"),
        ("POST", "Text/XML; charset=utf-8", "xml"),
        ("POST", "application/xml", "xml"),
        ("POST", "application/json", "other"),
        ("POST", "multipart/form-data; boundary=b", "other"),
        ("POST", "", "other"),
        ("GET", FORM, "other"),
        ("GET", "application/xml", "other"),
    ],
)
def test_a_body_is_told_apart_by_its_type(method: str, content_type: str, kind: str) -> None:
    call = parse("create", method, "a=1", content_type, b"x=1").call
    assert call.body == kind
    assert (call.form != ()) is (kind == "form")


def test_no_body_is_no_kind_of_body() -> None:
    assert parse("create", "POST", "a=1", "application/xml", b"").call.body is None


def test_more_parameters_than_any_client_sends_are_refused() -> None:
    most = "&".join(f"a{n}=1" for n in range(MAX_PARAMETERS))
    assert len(parse("create", "GET", most).call.query) == MAX_PARAMETERS
    with pytest.raises(RequestTooLarge):
        parse("create", "GET", most + "&one=more")
    with pytest.raises(RequestTooLarge):
        parse("create", "POST", "", FORM, (most + "&one=more").encode())


@settings(derandomize=True, max_examples=300)
@given(
    st.text(), st.text(), st.binary(max_size=200), st.sampled_from(["GET", "POST", "FOO"]), st.sampled_from(["", FORM])
)
def test_no_request_makes_the_reader_raise(name: str, query: str, body: bytes, method: str, kind: str) -> None:
    received = parse(name, method, query, kind, body)
    assert received.call.name == name


@settings(derandomize=True, max_examples=300)
@given(st.lists(st.tuples(st.text(alphabet="abcM=&%+ äß", min_size=1), st.text(alphabet="abc=&%+ äß")), max_size=6))
def test_what_a_client_encodes_arrives_as_it_meant_it(pairs: list[tuple[str, str]]) -> None:
    from urllib.parse import quote, quote_plus

    for encode in (quote_plus, lambda text: quote(text, safe="")):
        query = "&".join(f"{encode(name)}={encode(value)}" for name, value in pairs)
        checksum = sign("create", query, SECRET, "sha256")
        received = parse("create", "GET", f"{query}&checksum={checksum}" if query else f"checksum={checksum}")
        assert received.call.query == tuple(pairs)
        assert received.signature is not None
        assert verify(b"create", received.signature.covered[0], received.signature.checksum, [SECRET]) == 0
