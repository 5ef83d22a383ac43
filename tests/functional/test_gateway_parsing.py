"""What a signed call may hold: values that cannot be read, names that repeat or disguise themselves, sizes, bodies."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any
from urllib.parse import quote_plus

import pytest
from product import ENTER, Plugin, Product, outcome, percent, read
from webtest import TestResponse

from senfcall_avv.bbb.call import FORM, MAX_FORM, MAX_PARAMETERS, MAX_TARGET

CREATE = "name=ab&meetingID=x1"
JOIN = "fullName=Ada&meetingID=x1&password=mp77"
UNREADABLE = {
    "G19-no-hexadecimal": "a%zz",
    "G19-lone-percent": "a%",
    "G19-one-digit": "a%4",
    "G19-old-unicode-escape": "a%u0041",
    "G19-bad-utf-8": "a%ff",
    "G19-overlong-utf-8": "a%c0%af",
    "G19-surrogate": "a%ed%a0%80",
}
broken = pytest.mark.parametrize("value", UNREADABLE.values(), ids=UNREADABLE.keys())


def test_a_semicolon_separates_nothing(product: Product, a: Plugin) -> None:
    response = product.asked(lambda: a.raw("create", "meetingID=x1&name=a;record=true"), upstream=1)
    assert outcome(response) == "SUCCESS"
    assert product.last_sent("create")["name"] == "a;record=true"
    assert product.last_sent("create")["record"] == "false"
    assert "name=a%3Brecord%3Dtrue" in product.simulator.requests[-1].query


@broken
def test_an_unreadable_text_is_left_out_and_nothing_guessed(product: Product, a: Plugin, value: str) -> None:
    response = product.asked(lambda: a.raw("create", f"{CREATE}&welcome={value}"), upstream=1)
    assert outcome(response) == "SUCCESS"
    assert "welcome" not in product.last_sent("create")
    assert product.ledger(a)["create", "welcome", "malformed"] == 1


@broken
@pytest.mark.parametrize(
    ("call", "query"),
    [
        ("create", "meetingID=x1&name={}"),
        ("create", "name=ab&meetingID={}"),
        ("create", CREATE + "&moderatorPW={}"),
        ("join", JOIN + "&userID={}"),
        ("join", "fullName=Ada&meetingID=x1&password={}"),
        ("join", "fullName=Ada&password=mp77&meetingID={}"),
        ("join", JOIN + "&createTime={}"),
        ("join", JOIN + "&guest={}"),
        ("join", JOIN + "&role={}"),
        ("getMeetingInfo", "meetingID={}"),
        ("isMeetingRunning", "meetingID={}"),
    ],
)
def test_an_unreadable_name_or_password_refuses_the_call(
    product: Product, a: Plugin, call: str, query: str, value: str
) -> None:
    product.is_refused(lambda: a.raw(call, query.format(value)), "validationError")


@broken
@pytest.mark.parametrize("name", ["record{}", "{}"])
def test_an_unreadable_name_is_nobodys_name(product: Product, a: Plugin, name: str, value: str) -> None:
    response = product.asked(lambda: a.raw("create", f"{CREATE}&{name.format(value)}=true"), upstream=1)
    assert outcome(response) == "SUCCESS"
    assert product.ledger(a)["create", "(invalid)", "bad_name"] == 1


@pytest.mark.parametrize(
    "value",
    ["xa%0d%0aX:y", "xa%00b", "xa%7fb", "xa%C2%85b", "xa%09b", "xa%1bb", "xa%EF%BF%BEb"],
    ids=["G21-line-break", "G21-nul", "G21-delete", "G21-c1", "tab", "escape", "not-in-xml"],
)
@pytest.mark.parametrize(
    ("call", "query"),
    [
        ("create", "name=ab&meetingID={}"),
        ("create", "meetingID=x1&name={}"),
        ("join", "fullName=Ada&password=mp77&meetingID={}"),
        ("getMeetingInfo", "meetingID={}"),
        ("isMeetingRunning", "meetingID={}"),
    ],
)
def test_a_control_character_in_a_name_refuses_the_call(
    product: Product, a: Plugin, call: str, query: str, value: str
) -> None:
    product.is_refused(lambda: a.raw(call, query.format(value)), "validationError")


@pytest.mark.parametrize(
    ("params", "key"),
    [
        ({"meetingID": "x", "name": "ab"}, "sizeError"),
        ({"meetingID": "x" * 201, "name": "ab"}, "sizeError"),
        ({"meetingID": "", "name": "ab"}, "sizeError"),
        ({"meetingID": "  ", "name": "ab"}, "sizeError"),
        ({"name": "ab"}, "validationError"),
        ({"meetingID": "a,b", "name": "ab"}, "validationError"),
        ({"meetingID": "a  b", "name": "ab"}, "validationError"),
        ({"meetingID": "x1", "name": "a"}, "sizeError"),
        ({"meetingID": "x1", "name": "a" * 257}, "sizeError"),
        ({"meetingID": "x1", "name": ""}, "emptyError"),
        ({"meetingID": "x1"}, "nullError"),
        ({"meetingID": "x1", "name": "ab", "attendeePW": "a"}, "invalidPassword"),
        ({"meetingID": "x1", "name": "ab", "moderatorPW": "a" * 65}, "invalidPassword"),
    ],
)
def test_a_create_that_bbb_would_refuse_is_refused_in_its_words(
    product: Product, a: Plugin, params: dict[str, str], key: str
) -> None:
    product.is_refused(lambda: a.call("create", params), key)


@pytest.mark.parametrize("name", ["x" * 200, "a b", "ä" * 100, "a/b", "a%2Cb", "a\u00a0b", "0123456789abcdef"])
def test_an_id_at_its_bounds_comes_back_as_it_was_sent(product: Product, a: Plugin, name: str) -> None:
    root = read(product.asked(lambda: a.call("create", {"name": "ab", "meetingID": name}), upstream=1))
    assert root.findtext("meetingID") == name
    assert product.last_sent("create")["meetingID"] == f"{a.key}-{name}"


@pytest.mark.parametrize(
    "repeated",
    [
        pytest.param("meetingID=x2", id="G17-plain"),
        pytest.param("meetingI%44=x2", id="G17-encoded-name"),
        pytest.param("meetingID%00=x2", id="G17-nul-in-the-name"),
        pytest.param("%20meetingID=x2", id="G17-space-before-the-name"),
        pytest.param("meetingID+=x2", id="G17-space-behind-the-name"),
        pytest.param("meeting%0AID=x2", id="G17-line-feed-in-the-name"),
        pytest.param("meetingID=", id="empty"),
        pytest.param("meetingID=%ff", id="unreadable"),
    ],
)
@pytest.mark.parametrize("first", [True, False], ids=["before", "behind"])
def test_two_values_for_one_name_refuse_the_call(product: Product, a: Plugin, repeated: str, first: bool) -> None:
    query = f"{repeated}&{CREATE}" if first else f"{CREATE}&{repeated}"
    product.is_refused(lambda: a.raw("create", query), "validationError")


def test_two_values_for_one_name_in_a_form_refuse_the_call(product: Product, a: Plugin) -> None:
    signed = a.sign("create", "")
    product.is_refused(lambda: a.post("create", signed, f"{CREATE}&meetingID=x2"), "validationError")


@pytest.mark.parametrize("second", ["muteOnStart=true", "muteOnStar%74=tru%65"], ids=["G18-plain", "G18-encoded"])
def test_one_value_given_twice_is_passed_on_once(product: Product, a: Plugin, second: str) -> None:
    response = product.asked(lambda: a.raw("create", f"{CREATE}&muteOnStart=true&{second}"), upstream=1)
    assert outcome(response) == "SUCCESS"
    assert product.simulator.requests[-1].query.count("muteOnStart") == 1
    assert product.ledger(a)["create", "muteOnStart", "repeated"] == 1


def _many(count: int) -> str:
    return CREATE + "".join(f"&p{number}=1" for number in range(count - 2))


def _long(a: Plugin, length: int) -> str:
    """A query with which the whole target is that long, checksum of 64 characters included."""
    head = f"{CREATE}&welcome="
    return head + "x" * (length - len(f"{a.base}create?{head}&checksum=") - 64)


def test_requests_at_the_limits_pass(product: Product, a: Plugin) -> None:
    for query in (_many(MAX_PARAMETERS), _long(a, MAX_TARGET)):
        assert outcome(product.asked(partial(a.raw, "create", query), upstream=1)) == "SUCCESS"
    form = f"{CREATE}&x={'x' * (MAX_FORM - len(CREATE) - 3)}"
    assert len(form) == MAX_FORM
    assert outcome(product.asked(lambda: a.post("create", a.sign("create", ""), form), upstream=1)) == "SUCCESS"


LARGE: dict[str, Callable[[Plugin], TestResponse]] = {
    "G22-201-parameters": lambda a: a.raw("create", _many(MAX_PARAMETERS + 1)),
    "G22-201-parameters-in-a-form": lambda a: a.post("create", a.sign("create", ""), _many(MAX_PARAMETERS + 1)),
    "G22-target": lambda a: a.raw("create", _long(a, MAX_TARGET + 1)),
    "G22-form": lambda a: a.post("create", a.sign("create", ""), b"x" * (MAX_FORM + 1)),
    "G22-document": lambda a: a.post("create", a.sign("create", CREATE), b"x" * (1024 * 1024 + 1), "application/xml"),
}


@pytest.mark.parametrize("send", LARGE.values(), ids=LARGE.keys())
def test_requests_beyond_the_limits_are_refused(
    product: Product, a: Plugin, send: Callable[[Plugin], TestResponse]
) -> None:
    product.is_refused(lambda: send(a), "validationError")
    assert [line["event"] for line in product.log_lines if line["event"] == "call.too_large"]
    assert product.ledger(a) == {}


@pytest.mark.parametrize("length", ["-1", "1e3", "٣", "+4", "0x10", "9" * 30, "9" * 5000, " 5", "5 "])
def test_a_length_that_is_no_number_is_refused_unread(product: Product, a: Plugin, length: str) -> None:
    signed = a.sign("create", CREATE)
    environ = {"CONTENT_LENGTH": length.encode().decode("latin-1")}
    product.is_refused(lambda: a.send_loosely("create", signed, environ), "validationError")


def test_a_body_of_unknown_length_is_read_to_the_limit_and_no_further(product: Product, a: Plugin) -> None:
    class Endless:
        """A body that never ends, as chunked encoding can send it."""

        given = 0

        def read(self, size: int = -1) -> bytes:
            assert size >= 0
            self.given += size
            return b"x" * size

    body = Endless()
    signed = a.sign("create", "")
    environ: Any = {"wsgi.input": body, "wsgi.input_terminated": True, "CONTENT_TYPE": FORM, "REQUEST_METHOD": "POST"}

    def send() -> TestResponse:
        request = product.app.RequestClass.blank(f"{a.base}create?{signed}", environ)
        request.environ.pop("CONTENT_LENGTH", None)
        status, headers, parts = request.call_application(product.edge)
        return product.app.RequestClass.ResponseClass(b"".join(parts), status, headers, request=request)

    product.is_refused(send, "validationError")
    assert body.given == MAX_FORM + 1


def test_a_person_whose_link_is_too_long_sees_a_page(product: Product, a: Plugin) -> None:
    response = product.asked(lambda: a.raw("join", f"{JOIN}&x={'x' * MAX_TARGET}", headers={"Accept": ENTER}))
    assert response.status_int == 404
    assert response.content_type == "text/html"


def test_a_target_that_grows_too_long_upstream_is_refused(product: Product, a: Plugin) -> None:
    """A client may send raw what we encode: the target that we would send is longer than the one we got."""
    query = f"{CREATE}&welcome={'/' * 5000}"
    product.is_refused(lambda: a.raw("create", query), "validationError")


@pytest.mark.parametrize(
    "kind",
    ["application/xml", "text/xml; charset=utf-8", "application/json", "multipart/form-data; boundary=x", "text/plain"],
)
def test_a_body_that_is_no_form_never_arrives(product: Product, a: Plugin, kind: str) -> None:
    body = "<modules><module name='presentation'><document url='https://x.example.org/MARK.pdf'/></module></modules>"
    response = product.asked(lambda: a.post("create", a.sign("create", CREATE), body, kind), upstream=1)
    assert outcome(response) == "SUCCESS"
    assert product.simulator.requests[-1].body == b""
    assert product.simulator.requests[-1].method == "GET"
    assert product.ledger(a)["create", "(body)", "body_dropped"] == 1


@pytest.mark.parametrize(
    "name",
    ["meta_avv-organization", "META_avv-organization", "meta_AVV-ORGANIZATION", "meta_avv-kind", "meta_avv-other"],
)
def test_the_services_own_marks_cannot_be_sent_by_clients(product: Product, a: Plugin, name: str) -> None:
    response = product.asked(lambda: a.raw("create", f"{CREATE}&{name}=planted"), upstream=1)
    assert outcome(response) == "SUCCESS"
    _, sent = product.sent[-1]
    assert "planted" not in sent.values()
    assert {key: value for key, value in sent.items() if key.lower().startswith("meta_")} == {
        "meta_avv-organization": a.key,
        "meta_avv-kind": "contract",
    }
    assert product.ledger(a)["create", name, "reserved"] == 1


@pytest.mark.parametrize(
    "encode",
    [
        quote_plus,
        percent,
        lambda text: quote_plus(text, safe="*-._~'()!").replace("+", "%20").lower().replace("%c", "%C"),
    ],
    ids=["plus", "percent", "javascript"],
)
def test_reserved_characters_arrive_as_they_were_meant_in_the_one_spelling_upstream(
    product: Product, a: Plugin, encode: Callable[[str], str]
) -> None:
    name = "~a[b]{c}|d^e\"f<g>h%i+j k*'()!;,/?:@&=#\\`$"
    response = product.asked(lambda: a.raw("create", f"meetingID=x1&name={encode(name)}"), upstream=1)
    assert outcome(response) == "SUCCESS"
    query = product.simulator.requests[-1].query
    assert f"&name={percent(name)}&" in query
    assert product.last_sent("create")["name"] == name
