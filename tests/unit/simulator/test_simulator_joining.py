"""Roles, guests, limits and sessions of those who join."""

from __future__ import annotations

import re

import pytest

from senfcall_avv.simulator.joining import guest_status_of, session_of
from senfcall_avv.simulator.state import Meeting
from tests.unit.simulator.signed import Make, Server

CREATE = "name=Chor+Probe&meetingID=chor-7&attendeePW=gast1&moderatorPW=chef1"
JOIN = "meetingID=chor-7&fullName=Ada"


@pytest.fixture
def meeting(server: Server) -> Meeting:
    server.call("create", CREATE)
    return server.simulator.meetings.running("chor-7")


@pytest.mark.parametrize(
    ("query", "role"),
    [
        ("role=MODERATOR", "MODERATOR"),
        ("role=moderator&password=gast1", "MODERATOR"),
        ("role=Viewer&password=chef1", "VIEWER"),
        ("password=chef1", "MODERATOR"),
        ("password=gast1", "VIEWER"),
        ("role=owner&password=gast1", "VIEWER"),
    ],
)
def test_a_valid_role_wins_over_the_password(server: Server, meeting: Meeting, query: str, role: str) -> None:
    server.location(f"{JOIN}&{query}")

    assert [person.role for person in meeting.people.values()] == [role]


def test_with_equal_passwords_everybody_is_a_moderator(server: Server) -> None:
    server.call("create", "name=Chor&meetingID=chor-8&attendeePW=same&moderatorPW=same")
    server.location("meetingID=chor-8&fullName=Ada&password=same")

    (person,) = server.simulator.meetings.running("chor-8").people.values()
    assert person.role == "MODERATOR"


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("password=wrong", "You must enter a valid password"),
        ("", "You must either send the valid role of the user, or the password, sould the meeting has one."),
        ("role=owner", "You must either send the valid role of the user, or the password, sould the meeting has one."),
    ],
)
def test_a_missing_or_wrong_role_is_always_a_document(
    server: Server, meeting: Meeting, query: str, message: str
) -> None:
    assert server.text("join", f"{JOIN}&{query}") == (
        "<response>\n<returncode>FAILED</returncode>\n<messageKey>Params required</messageKey>\n"
        f"<message>{message}</message>\n</response>"
    )


def test_a_meeting_without_passwords_wants_a_role(server: Server, meeting: Meeting) -> None:
    meeting.attendee_password = meeting.moderator_password = ""

    assert "send the &apos;role&apos; parameter" in server.text("join", f"{JOIN}&password=chef1")
    assert "PW>" not in server.text("getMeetings")


def test_joining_alone_does_not_make_an_attendee(server: Server, meeting: Meeting) -> None:
    server.location(f"{JOIN}&role=VIEWER")

    assert "<running>false</running>" in server.text("isMeetingRunning", "meetingID=chor-7")
    assert "<hasUserJoined>false</hasUserJoined>" in server.text("getMeetingInfo", "meetingID=chor-7")


def test_the_session_cookie_is_set_once_and_then_kept(make_server: Make) -> None:
    server = make_server()
    server.call("create", CREATE)

    first = dict(server.call("join", f"{JOIN}&role=VIEWER").headers)
    cookie = first["Set-Cookie"].partition(";")[0]
    second = dict(server.call("join", f"{JOIN}&role=VIEWER", cookie=f"a=b; {cookie}").headers)

    assert re.fullmatch("JSESSIONID=[0-9A-Z]{32}; Path=/; HttpOnly; Secure", first["Set-Cookie"])
    assert "Set-Cookie" not in second
    assert len(server.simulator.sessions[session_of(cookie)]) == 2


def test_without_tls_the_cookie_is_not_marked_secure(make_server: Make) -> None:
    server = make_server(server_url="http://127.0.0.1:6544/")
    server.call("create", CREATE)

    assert dict(server.call("join", f"{JOIN}&role=VIEWER").headers)["Set-Cookie"].endswith("; HttpOnly")
    assert server.location(f"{JOIN}&role=VIEWER").startswith("http://127.0.0.1:6544/html5client/?")


@pytest.mark.parametrize(
    ("profile", "query", "start"),
    [
        ("2.5", "", "https://bbb.example.org/html5client/join?sessionToken="),
        ("3.0b1", "&enforceLayout=SMART_LAYOUT", "https://bbb.example.org/html5client/join?sessionToken="),
        ("3.0.15", "&enforceLayout=SMART_LAYOUT", "https://bbb.example.org/html5client/?waitLayout=1&sessionToken="),
    ],
)
def test_the_clients_address_is_a_matter_of_version(make_server: Make, profile: str, query: str, start: str) -> None:
    server = make_server(profile)
    server.call("create", CREATE)

    assert server.location(f"{JOIN}&role=VIEWER{query}").startswith(start)


def test_create_time_ties_a_link_to_one_meeting(server: Server, meeting: Meeting) -> None:
    assert "sessionToken" in server.location(f"{JOIN}&role=VIEWER&createTime={meeting.create_time}")
    assert "mismatchCreateTimeParam" in server.location(f"{JOIN}&role=VIEWER&createTime={meeting.create_time + 1}")


def test_create_time_is_looked_at_before_the_role(server: Server, meeting: Meeting) -> None:
    assert "mismatchCreateTimeParam" in server.location(f"{JOIN}&password=wrong&createTime=1")


def test_the_limit_counts_different_people_who_are_in(server: Server) -> None:
    server.call("create", CREATE + "&maxParticipants=2")
    for name in ("ada", "ada", "bo"):
        server.simulator.join("chor-7", name, userID=name)

    assert "maxParticipantsReached" in server.location(f"{JOIN}&role=VIEWER")
    assert "maxParticipantsReached" in server.location(f"{JOIN}&role=VIEWER&userID=cy")
    assert "sessionToken" in server.location(f"{JOIN}&role=VIEWER&userID=bo")


@pytest.mark.parametrize(
    ("policy", "viewer", "guest", "stranger"),
    [
        ("ALWAYS_ACCEPT", "ALLOW", "ALLOW", "ALLOW"),
        ("ASK_MODERATOR", "WAIT", "WAIT", "ALLOW"),
        ("ALWAYS_ACCEPT_AUTH", "ALLOW", "WAIT", "WAIT"),
        ("ALWAYS_DENY", "DENY", "DENY", "DENY"),
    ],
)
def test_the_guest_policy_decides_about_viewers(policy: str, viewer: str, guest: str, stranger: str) -> None:
    assert guest_status_of(policy, "VIEWER", guest=False, authenticated=True) == viewer
    assert guest_status_of(policy, "VIEWER", guest=True, authenticated=False) == guest
    assert guest_status_of(policy, "VIEWER", guest=False, authenticated=False) == stranger
    assert guest_status_of(policy, "MODERATOR", guest=True, authenticated=False) == "ALLOW"


@pytest.mark.parametrize(
    ("profile", "key", "path"),
    [
        ("2.5", "guestWait", "/html5client/guestWait?sessionToken="),
        ("2.7", "guestWait", "/html5client/guestWait?sessionToken="),
        ("3.0b1", "successfullyJoined", "/html5client/join?sessionToken="),
        ("3.0.15", "successfullyJoined", "/html5client/?sessionToken="),
    ],
)
def test_a_guest_who_has_to_wait_is_sent_to_the_versions_lobby(
    make_server: Make, profile: str, key: str, path: str
) -> None:
    server = make_server(profile)
    server.call("create", CREATE + "&guestPolicy=ASK_MODERATOR")

    text = server.text("join", f"{JOIN}&role=VIEWER&guest=true&redirect=false")

    assert f"<messageKey>{key}</messageKey>" in text
    assert "<guestStatus>WAIT</guestStatus>" in text
    assert f"<url>https://bbb.example.org{path}" in text


def test_the_older_lobby_gets_the_language(make_server: Make) -> None:
    server = make_server("2.7")
    server.call("create", CREATE + "&guestPolicy=ASK_MODERATOR")

    assert server.location(f"{JOIN}&role=VIEWER&userdata-bbb_override_default_locale=de").endswith("&locale=de")


def test_a_denied_guest_is_an_error_from_late_2_6_on(make_server: Make) -> None:
    older, newer = make_server("2.5"), make_server("3.0.15")
    for server in (older, newer):
        server.call("create", CREATE + "&guestPolicy=ALWAYS_DENY&logoutURL=https://a.example.org/bye")

    assert older.location(f"{JOIN}&role=VIEWER") == "https://a.example.org/bye"
    assert "<messageKey>guestDeny</messageKey>" in older.text("join", f"{JOIN}&role=VIEWER&redirect=false")
    assert newer.location(f"{JOIN}&role=VIEWER").endswith("%22key%22:%22guestDeniedAccess%22%7D]")
    refused = newer.text("join", f"{JOIN}&role=VIEWER&redirect=false")
    assert "based on the meeting&apos;s guest policy</message>" in refused
    assert not newer.simulator.meetings.running("chor-7").people


def test_userdata_is_kept_when_its_name_has_one_dash(server: Server, meeting: Meeting) -> None:
    server.location(f"{JOIN}&role=VIEWER&userdata-bbb_a=1&userdata-b-c=2&userdata-=3&userdata=4&Userdata-d=5")

    (person,) = meeting.people.values()
    assert person.userdata == {"bbb_a": "1"}


def test_a_session_leaves_by_sign_out(server: Server, meeting: Meeting) -> None:
    person = server.simulator.join("chor-7", "Ada")

    answer = server.send("GET", f"/bigbluebutton/api/signOut?sessionToken={person.session_token}")

    assert answer.body == b"<response><returncode>SUCCESS</returncode></response>"
    assert not person.online
