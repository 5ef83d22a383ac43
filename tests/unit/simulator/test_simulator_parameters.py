"""Requests as Tomcat and BBB read them, and welcome texts as BBB stores them."""

from __future__ import annotations

import pytest

from senfcall_avv.simulator import Settings
from senfcall_avv.simulator.messages import Request
from senfcall_avv.simulator.parameters import Pairs, Parameters, read_encoded
from senfcall_avv.simulator.welcome import escape_html4, grouped, sanitise
from tests.unit.simulator.signed import Make, Server


@pytest.mark.parametrize(
    ("text", "pairs"),
    [
        ("a=1&b=x+y%20z", [("a", "1"), ("b", "x y z")]),
        ("a=%zz&b=%4&c=3", [("c", "3")]),
        ("%zz=1&b=2", [("b", "2")]),
        ("a=%ff%C3%A4", [("a", "\ufffdä")]),
        ("a=1;b=2", [("a", "1;b=2")]),
        ("a&b=&=c&&d=e=f", [("a", ""), ("b", ""), ("d", "e=f")]),
        ("", []),
    ],
)
def test_queries_are_read_leniently(text: str, pairs: Pairs) -> None:
    assert read_encoded(text) == pairs


def test_names_and_values_lose_control_characters_and_outer_spaces() -> None:
    parameters = Parameters(read_encoded("%20na%00me%07=+a%0Ab+&name=second"))

    assert parameters.items() == [("name", "ab")]
    assert parameters.raw("name") == " a\nb "


@pytest.mark.parametrize(
    ("value", "flag", "number"),
    [("TRUE", True, 7), ("1", False, 1), ("", False, 7), ("-5", False, -5), ("5x", False, 7)],
)
def test_values_fall_back_silently(value: str, flag: bool, number: int) -> None:
    parameters = Parameters([("x", value)])

    assert parameters.flag("x") is flag
    assert parameters.number("x", 7) == number


def test_multipart_forms_are_read_without_their_files() -> None:
    body = (
        b'--b\r\nContent-Disposition: form-data; name="name"\r\n\r\nCh\xc3\xb6r\r\n'
        b'--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\nx\r\n--b--\r\n'
    )
    request = Request("POST", "/x?a=1", (("content-type", "multipart/form-data; boundary=b"),), body)

    assert Parameters.of(request).items() == [("a", "1"), ("name", "Chör")]


@pytest.mark.parametrize(
    ("number", "text"),
    [("12345", "12345"), ("123456", "123 456"), ("1234567", "1 234 567"), ("12345678", "12 345 678"), ("7", "7")],
)
def test_long_pins_are_grouped_from_the_right(number: str, text: str) -> None:
    assert grouped(number) == text


def test_names_are_escaped_as_html_4_does() -> None:
    assert escape_html4("Öl & <b> \"x\" 'y' €ł") == "&Ouml;l &amp; &lt;b&gt; &quot;x&quot; 'y' &euro;ł"


def stored(server: Server, text: str, more: str = "") -> str:
    server.call(
        "create", f"name=K%C3%B6rung&meetingID=chor-7&voiceBridge=1234567&dialNumber=%2B49+30+1{more}&welcome={text}"
    )
    return server.simulator.meetings.running("chor-7").welcome


ALL = "%25%25CONFNAME%25%25,%25%25DIALNUM%25%25,%25%25CONFNUM%25%25%23,%25%25SERVERURL%25%25,%25%25CONFNUM%25%25"


@pytest.mark.parametrize(
    ("profile", "text"),
    [
        ("2.7", "K&ouml;rung,+49 30 1,1 234 567#,https://bbb.example.org,1 234 567"),
        ("3.0.15", "Körung,+49 30 1,1 234 567#,https://bbb.example.org,1 234 567"),
    ],
)
def test_placeholders_are_replaced_at_creation(make_server: Make, profile: str, text: str) -> None:
    assert stored(make_server(profile), ALL) == text


def test_a_replacement_may_bring_the_next_placeholder_in(make_server: Make) -> None:
    assert stored(make_server("2.7"), "%25%25CONFNAME%25%25", "&name=x").startswith("K&ouml;")
    server = make_server("2.7")
    server.call("create", "name=%25%25SERVERURL%25%25&meetingID=chor-7&welcome=%25%25CONFNAME%25%25")
    assert server.simulator.meetings.running("chor-7").welcome == "https://bbb.example.org"


def test_the_default_text_and_the_footer_are_the_servers(make_server: Make) -> None:
    server = make_server(settings=Settings(welcome="Hi to %%CONFNAME%%", welcome_footer="<b>Imprint</b>"))
    room = server.simulator.plant("aa-11", parent_id="x", name="Room")

    assert stored(server, "") == "Hi to Körung<br><br><b>Imprint</b>"
    assert room.welcome == "Hi to Room"


def test_the_moderators_message_is_treated_alike(server: Server) -> None:
    server.call(
        "create",
        "name=Chor&meetingID=chor-7&moderatorOnlyMessage=%25%25CONFNAME%25%25<script>x</script>".replace(
            "<", "%3C"
        ).replace(">", "%3E"),
    )

    assert server.simulator.meetings.running("chor-7").moderator_message == "Chor"


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ('<a href="https://a.example.org" onclick="x">t</a>', '<a href="https://a.example.org" target="_blank">t</a>'),
        ('<a href="event:https://a.example.org">t</a>', '<a href="https://a.example.org" target="_blank">t</a>'),
        ('<a href="javascript:x">t</a>', '<a target="_blank">t</a>'),
        ('<a href="http://a.example.org">t</a>', '<a target="_blank">t</a>'),
        ('<a href="tel:110">t</a>', '<a href="tel:110" target="_blank">t</a>'),
        ('<img src="https://a.example.org/x" onerror="x" width="5">', '<img src="https://a.example.org/x" width="5">'),
        ("<b>x</b><h1>y</h1><script>z</script><br>", "<b>x</b>y<br>"),
    ],
)
def test_version_3_keeps_few_tags(text: str, kept: str) -> None:
    assert sanitise(text) == kept


def test_version_2_stores_what_it_gets(make_server: Make) -> None:
    assert stored(make_server("2.5"), "%3Cscript%3Ex%3C/script%3E") == "<script>x</script>"
