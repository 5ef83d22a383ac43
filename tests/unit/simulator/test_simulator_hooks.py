"""The hooks that tests use over HTTP."""

from __future__ import annotations

import json
from typing import Any

import pytest

from senfcall_avv.simulator import Running
from senfcall_avv.simulator.pages import _CLIENT
from tests.unit.simulator.signed import Server

CREATE = "name=Chor+Probe&meetingID=chor-7&attendeePW=gast1&moderatorPW=chef1"
JSON = {"Content-Type": "application/json"}


def hook(server: Server, hook_name: str, status: int = 200, **options: Any) -> Any:
    answer = server.send("POST", f"/simulator/{hook_name}", json.dumps(options).encode(), JSON)
    assert answer.status == status
    return json.loads(answer.body)


@pytest.mark.parametrize(
    ("status", "change"),
    [
        (404, {"path": "/simulator/none"}),
        (405, {"method": "GET"}),
        (415, {"headers": {"Content-Type": "text/plain"}}),
        (400, {"body": b"[]"}),
        (400, {"body": b"{"}),
        (403, {"peer": "192.0.2.7"}),
        (403, {"peer": "nobody"}),
    ],
)
def test_only_this_machine_may_with_json_by_post(server: Server, status: int, change: dict[str, Any]) -> None:
    request = {"method": "POST", "path": "/simulator/advance", "body": b'{"seconds": 5}', "headers": JSON} | change

    answer = server.send(**request)

    assert answer.status == status
    assert json.loads(answer.body)["error"]
    assert server.simulator.now == pytest.approx(server.clock.now)


def test_faults_are_set_and_cleared(server: Server) -> None:
    hook(server, "faults", call="getMeetings", mode="body", body="x", times=5)
    assert server.text("getMeetings") == "x"
    hook(server, "faults/clear", call="getMeetings")
    assert "noMeetings" in server.text("getMeetings")
    hook(server, "faults", mode="html")
    assert "It works!" in server.text("getMeetings")
    hook(server, "faults/clear")
    assert "noMeetings" in server.text("getMeetings")
    assert "no fault mode" in hook(server, "faults", 400, mode="explode")["error"]


def test_requests_are_told_and_forgotten(server: Server) -> None:
    server.call("create", CREATE, method="POST", body=b"x=\xff", content_type="application/x-www-form-urlencoded")

    (request,) = hook(server, "requests")

    assert request["method"] == "POST"
    assert request["target"].startswith(f"/bigbluebutton/api/create?{CREATE}&checksum=")
    assert request["headers"] == [["Content-Type", "application/x-www-form-urlencoded"]]
    assert request["body"].encode("latin-1") == b"x=\xff"
    hook(server, "requests/reset")
    assert hook(server, "requests") == []
    assert json.loads(server.send("GET", "/counts").body) == {}


def test_people_come_and_go(server: Server) -> None:
    server.call("create", CREATE)

    joined = hook(server, "join", meetingID="chor-7", fullName="Ada", role="MODERATOR", video=True, userID="ada")

    assert joined["userID"] == "ada"
    text = server.text("getMeetingInfo", "meetingID=chor-7")
    assert "<fullName>Ada</fullName>\n<role>MODERATOR</role>" in text
    assert "<videoCount>1</videoCount>" in text
    hook(server, "leave", meetingID="chor-7", userID="ada")
    assert "<participantCount>0<" in server.text("getMeetingInfo", "meetingID=chor-7")
    assert "nobody 'bo'" in hook(server, "leave", 400, meetingID="chor-7", userID="bo")["error"]
    assert "no meeting 'none'" in hook(server, "join", 400, meetingID="none", fullName="Ada")["error"]


def test_meetings_are_planted(server: Server) -> None:
    one = hook(server, "plant", meetingID="theirs", internal_id="ab12-3", metadata={"bbb-origin": "x"}, name="Theirs")
    hook(server, "plant", meetings=[{"meetingID": "a1"}, {"meetingID": "a2", "parent_id": "ab12-3"}])
    many = hook(server, "plant", meetingID="room-", count=1000)

    listed = server.text("getMeetings")
    assert one == {"internalMeetingIDs": ["ab12-3"]}
    assert len(many["internalMeetingIDs"]) == 1000
    assert listed.count("<meeting>") == 1003
    assert "<bbb-origin>x</bbb-origin>" in listed
    assert "<parentMeetingID>ab12-3</parentMeetingID>" in listed
    assert "at most" in hook(server, "plant", 400, meetingID="x", count=100_000)["error"]


def test_a_meeting_is_ended(server: Server) -> None:
    server.call("create", CREATE)
    hook(server, "end", meetingID="chor-7")

    assert "noMeetings" in server.text("getMeetings")


def test_the_clock_is_moved(server: Server) -> None:
    server.call("create", CREATE)

    assert hook(server, "advance", seconds=301)["now"] == pytest.approx(server.clock.now + 301)
    assert hook(server, "state")["meetings"] == []


def test_callbacks_are_delivered(server: Server, running: Running) -> None:
    server.call("create", f"{CREATE}&meetingEndedURL={running.url}/none")
    hook(server, "end", meetingID="chor-7")

    assert hook(server, "callbacks") == [{"url": f"{running.url}/none", "statuses": [404]}]


def test_the_state_holds_what_no_call_tells(server: Server) -> None:
    server.call("create", CREATE + "&welcome=Hi&duration=5")
    server.simulator.join("chor-7", "Ada")

    (meeting,) = hook(server, "state")["meetings"]

    assert meeting["welcome"] == "Hi"
    assert meeting["parameters"] == {
        "name": "Chor Probe",
        "meetingID": "chor-7",
        "attendeePW": "gast1",
        "moderatorPW": "chef1",
        "welcome": "Hi",
        "duration": "5",
    }
    assert [one["fullName"] for one in meeting["people"]] == ["Ada"]


def test_a_waiting_guest_is_admitted_or_not(server: Server) -> None:
    server.call("create", CREATE + "&guestPolicy=ASK_MODERATOR")
    pages = {}
    for name, admit in (("ada", True), ("bo", False)):
        answer = server.call("join", f"meetingID=chor-7&fullName={name}&role=VIEWER&userID={name}")
        headers = dict(answer.headers)
        path = headers["Location"].removeprefix("https://bbb.example.org")
        assert path.partition("?")[0] in _CLIENT
        cookie = {"Cookie": headers["Set-Cookie"].partition(";")[0]}
        pages[name, "before"] = server.send("GET", path, headers=cookie)
        hook(server, "decide", meetingID="chor-7", userID=name, admit=admit)
        pages[name, "after"] = server.send("GET", path, headers=cookie)

    assert b"<h1>Please wait</h1>" in pages["ada", "before"].body
    assert b"in the meeting as ada" in pages["ada", "after"].body
    assert pages["bo", "after"].status == 403
    assert "<participantCount>1<" in server.text("getMeetingInfo", "meetingID=chor-7")
