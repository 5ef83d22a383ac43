"""The pages that people see."""

from __future__ import annotations

import re

import pytest
from lxml import html as parser

from senfcall_avv.simulator.messages import Answer
from tests.unit.simulator.signed import FORM, Make, Server

CREATE = (
    "name=Chor+%3CProbe%3E&meetingID=chor-7&attendeePW=gast1&moderatorPW=chef1&voiceBridge=1234567"
    "&welcome=Call+%25%25DIALNUM%25%25+with+%3Cb%3E%25%25CONFNUM%25%25%3C%2Fb%3E%3Cscript%3Ex%3C%2Fscript%3E"
    "&moderatorOnlyMessage=Key%3A+%25%25CONFNAME%25%25"
)
POSTED = {"Content-Type": FORM}


def join(server: Server, role: str = "VIEWER", more: str = "") -> tuple[str, dict[str, str]]:
    """Join by redirect; gives the client page's path and the cookie to send with it."""
    answer = server.call("join", f"meetingID=chor-7&fullName=Ada+%26+Bo&role={role}{more}")
    headers = dict(answer.headers)
    return headers["Location"].removeprefix("https://bbb.example.org"), {
        "Cookie": headers["Set-Cookie"].partition(";")[0]
    }


def texts(answer: Answer) -> str:
    return " ".join(parser.fromstring(answer.body.decode()).text_content().split())


@pytest.mark.parametrize("profile", ["2.5", "2.7", "3.0b1", "3.0.15"])
def test_opening_the_client_makes_an_attendee(make_server: Make, profile: str) -> None:
    server = make_server(profile)
    server.call("create", CREATE)
    path, cookie = join(server)

    page = server.send("GET", path, headers=cookie)

    assert page.status == 200
    seen = texts(page)
    assert "You are in the meeting as Ada & Bo" in seen
    assert "Meeting Chor <Probe> Role Viewer Phone 613-555-1234 PIN 1234567" in seen
    assert "<b>1 234 567</b>" in page.body.decode()
    assert "<fullName>Ada &amp; Bo</fullName>" in server.text("getMeetingInfo", "meetingID=chor-7")
    assert "<running>true</running>" in server.text("isMeetingRunning", "meetingID=chor-7")


def test_only_moderators_see_their_message(server: Server) -> None:
    server.call("create", CREATE)

    viewer = server.send("GET", join(server)[0], headers=join(server)[1])
    path, cookie = join(server, "MODERATOR")

    assert "Key: Chor <Probe>" in texts(server.send("GET", path, headers=cookie))
    assert "Key:" not in texts(viewer)


def test_without_its_cookie_a_session_is_nothing(server: Server) -> None:
    server.call("create", CREATE)
    path, _ = join(server)

    assert server.send("GET", path).status == 401
    assert server.send("GET", path, headers={"Cookie": "JSESSIONID=OTHER"}).status == 401
    assert server.send("GET", "/html5client/").status == 401
    assert "<running>false</running>" in server.text("isMeetingRunning", "meetingID=chor-7")


def test_some_meetings_want_no_cookie(server: Server) -> None:
    server.call("create", CREATE + "&allowRequestsWithoutSession=true")

    assert server.send("GET", join(server)[0]).status == 200


def test_leaving_leads_to_the_meetings_logout_address(server: Server) -> None:
    server.call("create", CREATE + "&logoutURL=https%3A%2F%2Fa.example.org%2Fbye")
    path, cookie = join(server)
    page = parser.fromstring(server.send("GET", path, headers=cookie).body.decode())
    (form,) = page.forms
    (field,) = form.inputs

    answer = server.send("POST", form.action, f"{field.name}={field.value}".encode(), POSTED)

    assert form.method == "POST"
    assert (answer.status, dict(answer.headers)["Location"]) == (303, "https://a.example.org/bye")
    assert "<participantCount>0</participantCount>" in server.text("getMeetingInfo", "meetingID=chor-7")


def test_leaving_without_a_logout_address_leads_to_the_server(server: Server) -> None:
    server.call("create", CREATE)
    path, cookie = join(server)
    server.send("GET", path, headers=cookie)
    token = path.rpartition("=")[2]

    answer = server.send("POST", "/html5client/leave", f"sessionToken={token}".encode(), POSTED)

    assert dict(answer.headers)["Location"] == "https://bbb.example.org"
    assert server.send("POST", "/html5client/leave", b"sessionToken=none", POSTED).status == 401
    assert server.send("GET", "/html5client/leave").status == 405


def test_the_debug_page_tells_everything(server: Server) -> None:
    assert "None." in texts(server.send("GET", "/"))
    server.call("create", CREATE + "&meta_bbb-origin=forum&record=true")
    server.simulator.join("chor-7", "Zoë <b>", **{"userdata-bbb_x": "1"})

    seen = texts(server.send("GET", "/"))

    for piece in (
        "Chor <Probe>",
        "Call 613-555-1234 with <b>1 234 567</b>",
        "gast1",
        "1234567",
        "Zoë <b>",
        "bbb-origin=forum",
        "bbb_x=1",
        "Plays BBB 3.0.15. Calls received: 1.",
    ):
        assert piece in seen


def test_pages_need_no_script_and_no_inline_style(server: Server) -> None:
    server.call("create", CREATE)
    path, cookie = join(server, "MODERATOR")

    for page in (
        server.send("GET", "/"),
        server.send("GET", path, headers=cookie),
        server.send("GET", "/html5client/"),
    ):
        text = page.body.decode()
        assert not re.search(r"<script|<style|style=|\bon[a-z]+=", text)
        assert '<meta name="viewport" content="width=device-width, initial-scale=1">' in text
        assert "default-src 'none'; style-src 'self'" in dict(page.headers)["Content-Security-Policy"]
        (link,) = parser.fromstring(text).xpath("//link[@rel='stylesheet']/@href")
        sheet = server.send("GET", link)
        assert (sheet.status, dict(sheet.headers)["Content-Type"]) == (200, "text/css;charset=utf-8")


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/none", 404), ("POST", "/none", 404), ("POST", "/", 405), ("DELETE", "/html5client/", 405)],
)
def test_other_paths_are_the_containers(server: Server, method: str, path: str, status: int) -> None:
    assert server.send(method, path).status == status
