"""Which error wins, how it reads, and how it is delivered."""

from __future__ import annotations

import re

import pytest

from senfcall_avv.simulator.messages import Answer
from senfcall_avv.simulator.validation import _ORDER
from tests.unit.simulator.signed import FORM, Make, Server

SIZE = "Meeting ID must be between 2 and 256 characters"
NOT_FOUND = "A meeting with that ID does not exist"
FORCIBLY_ENDED = "You can not join a meeting that has already been forcibly ended"
NO_NAME = "You must provide a meeting name"
CREATE = "name=Chor+Probe&meetingID=chor-7&attendeePW=gast1&moderatorPW=chef1"


def failure_in(answer: Answer) -> tuple[str, str]:
    """Read key and message of the simple form, or of join's error redirect."""
    text = answer.body.decode()
    if answer.status == 302:
        location = dict(answer.headers)["Location"]
        found = re.search(r"%22message%22:%22(.*)%22,%22key%22:%22(.*)%22%7D\]$", location)
        return found[2].replace("%20", " "), found[1].replace("%20", " ")
    assert answer.status == 200
    assert "<returncode>FAILED</returncode>" in text
    found = re.search("<messageKey>(.*)</messageKey>\n<message>(.*)</message>", text)
    return found[1], found[2]


@pytest.mark.parametrize(
    ("query", "key", "message"),
    [
        ("name=Probe", "validationError", "Invalid meeting ID"),
        ("name=Probe&meetingID=", "sizeError", SIZE),
        ("name=Probe&meetingID=x", "sizeError", SIZE),
        (f"name=Probe&meetingID={'x' * 257}", "sizeError", SIZE),
        ("name=Probe&meetingID=a%2Cb", "validationError", "Meeting ID cannot contain &apos;,&apos;"),
        ("name=Probe&meetingID=%20chor-7", "validationError", "Invalid meeting ID"),
        ("name=Probe&meetingID=cho%07r-7", "validationError", "Invalid meeting ID"),
        ("meetingID=chor-7", "nullError", NO_NAME),
        ("meetingID=chor-7&name=", "emptyError", NO_NAME),
        ("meetingID=chor-7&name=P", "sizeError", "Meeting name must be between 2 and 256 characters"),
        ("meetingID=x&name=", "emptyError", NO_NAME),
        (CREATE + "x" * 64, "invalidPassword", "Invalid password"),
        ("name=Probe&meetingID=chor-7&attendeePW=a", "invalidPassword", "Invalid password"),
        ("name=Probe&meetingID=x&attendeePW=a", "invalidPassword", "Invalid password"),
        (CREATE + "&voiceBridge=7x", "validationError", "Voice bridge must be an integral value"),
        (CREATE + "&record=yes", "validationError", "Record must be a boolean value (true or false)"),
        (
            CREATE + "&isBreakoutRoom=yes",
            "validationError",
            "You must provide a boolean value (true or false) for the breakout room",
        ),
        (
            CREATE + "&isBreakout=true",
            "parentMeetingIDMissing",
            "No parent meeting ID was provided for the breakout room",
        ),
        (
            CREATE + "&isBreakout=true&parentMeetingID=none",
            "parentMeetingDoesNotExist",
            "No parent meeting exists for the breakout room",
        ),
    ],
)
def test_create_refuses(server: Server, query: str, key: str, message: str) -> None:
    assert failure_in(server.call("create", query)) == (key, message)
    assert len(server.simulator.meetings) == 0


@pytest.mark.parametrize(
    "query", ["record=TRUE", "record=0", "record=", "voiceBridge=", "attendeePW=", "voiceBridge=00123"]
)
def test_create_accepts(server: Server, query: str) -> None:
    assert "SUCCESS" in server.text("create", f"name=Probe&meetingID=chor-7&{query}")


def test_create_without_an_id_made_version_2_5_stumble(make_server: Make) -> None:
    assert make_server("2.5").call("create", "name=Probe").status == 500


@pytest.mark.parametrize("call", ["getMeetingInfo", "end"])
@pytest.mark.parametrize(
    ("query", "key", "message"),
    [
        ("", "notFound", NOT_FOUND),
        ("meetingID=none", "notFound", NOT_FOUND),
        ("meetingID=a%2Cb", "notFound", NOT_FOUND),
        ("meetingID=", "sizeError", SIZE),
    ],
)
def test_calls_about_a_meeting_refuse(server: Server, call: str, query: str, key: str, message: str) -> None:
    server.call("create", CREATE)

    assert failure_in(server.call(call, query)) == (key, message)


@pytest.mark.parametrize("call", ["getMeetingInfo", "end"])
def test_on_an_empty_server_the_empty_id_is_not_found(server: Server, call: str) -> None:
    assert failure_in(server.call(call, "meetingID="))[0] == "notFound"


def test_the_password_of_end_is_only_measured(server: Server) -> None:
    server.call("create", CREATE)

    assert failure_in(server.call("end", "meetingID=chor-7&password=x"))[0] == "invalidPassword"
    assert "SUCCESS" in server.text("end", "meetingID=chor-7&password=wrong")


@pytest.mark.parametrize(
    ("query", "key"), [("meetingID=", "sizeError"), ("meetingID=x", "sizeError"), ("meetingID=a,b", "validationError")]
)
def test_is_meeting_running_refuses(server: Server, query: str, key: str) -> None:
    assert failure_in(server.call("isMeetingRunning", query))[0] == key


def test_is_meeting_running_of_an_unknown_meeting_is_a_success(server: Server) -> None:
    assert "<running>false</running>" in server.text("isMeetingRunning", "meetingID=none")
    assert server.call("isMeetingRunning").status == 500


@pytest.mark.parametrize(
    ("query", "key", "message"),
    [
        ("fullName=Ada&meetingID=none", "meetingForciblyEnded", FORCIBLY_ENDED),
        ("fullName=Ada", "meetingForciblyEnded", FORCIBLY_ENDED),
        ("fullName=Ada&meetingID=", "sizeError", SIZE),
        ("fullName=&meetingID=chor-7", "missingParamFullName", "You must provide your name"),
        ("fullName=&meetingID=none", "missingParamFullName", "You must provide your name"),
        (
            "fullName=Ada&meetingID=chor-7&guest=maybe",
            "validationError",
            "Guest must be a boolean value (true or false)",
        ),
        ("fullName=Ada&meetingID=chor-7&createTime=abc", "validationError", "Value must be an integral number"),
        ("fullName=Ada&meetingID=chor-7&password=x", "invalidPassword", "Invalid password"),
    ],
)
@pytest.mark.parametrize("profile", ["2.5", "2.7", "3.0b1", "3.0.15"])
def test_join_refuses(make_server: Make, profile: str, query: str, key: str, message: str) -> None:
    server = make_server(profile)
    server.call("create", CREATE)

    assert failure_in(server.call("join", query)) == (key, message)
    assert not server.simulator.meetings.running("chor-7").people


def test_join_without_any_name_makes_the_server_stumble(server: Server) -> None:
    server.call("create", CREATE)

    assert server.call("join", "meetingID=chor-7&role=VIEWER").status == 500


def test_the_order_of_keys_is_the_hash_maps() -> None:
    assert ",".join(_ORDER) == (
        "checksumError,unsupportedContentType,guestDeny,emptyError,maxParticipantsReached,missingParamFullName,"
        "meetingForciblyEnded,invalidPassword,invalidMeetingIdentifier,notFound,sizeError,validationError,nullError,"
        "missingParamMeetingID,missingToken,missingSession"
    )


@pytest.mark.parametrize(
    ("call", "content_type", "refused"),
    [
        ("create", FORM, False),
        ("create", "multipart/form-data; boundary=x", False),
        ("create", "Application/XML; charset=UTF-8", False),
        ("create", "text/xml", False),
        ("create", "application/json", True),
        ("create", "", True),
        ("getMeetings", FORM, False),
        ("getMeetings", "text/xml", True),
        ("insertDocument", "text/xml", False),
        ("insertDocument", FORM, True),
    ],
)
def test_a_bodys_type_is_checked(make_server: Make, call: str, content_type: str, refused: bool) -> None:
    query = CREATE if call == "create" else ""

    def post(profile: str) -> bytes:
        return make_server(profile).call(call, query, method="POST", body=b"a=1", content_type=content_type).body

    for profile in ("2.7", "3.0.15"):
        assert (b"<messageKey>unsupportedContentType</messageKey>" in post(profile)) is refused
    assert b"unsupportedContentType" not in post("2.5")


def test_a_body_on_get_is_checked_and_a_chunked_one_is_not(server: Server) -> None:
    key, message = failure_in(server.call("getMeetings", body=b"x", content_type="text/plain"))

    target = server.simulator.requests[-1].target
    chunked = server.send("POST", target, b"x", {"Content-Type": "text/plain"}, chunked=True)

    assert (key, message) == ("unsupportedContentType", "POST request Content-Type is missing or unsupported")
    assert b"<meetings/>" in chunked.body


def test_the_checksum_comes_before_the_content_type(server: Server) -> None:
    answer = server.send("POST", "/bigbluebutton/api/create?checksum=x", b"{}", {"Content-Type": "application/json"})

    assert failure_in(answer)[0] == "checksumError"


def test_recording_calls_keep_the_older_texts(server: Server) -> None:
    signed = {
        "publishRecordings": [("", "missingParamRecordID"), ("recordID=x", "missingParamPublish")],
        "deleteRecordings": [("", "missingParamRecordID"), ("recordID=x", "notFound")],
        "updateRecordings": [("recordID=x", "notFound")],
    }
    for call, cases in signed.items():
        for query, key in cases:
            assert failure_in(server.call(call, query))[0] == key
    assert failure_in(server.send("GET", "/bigbluebutton/api/getRecordings")) == (
        "checksumError",
        "You did not pass the checksum security check",
    )
    assert server.call("getRecordingTextTracks").body.startswith(b'{"response": {"returncode": "FAILED"')


def test_an_unknown_call_gets_the_containers_page(server: Server) -> None:
    for call in ("createMeeting", "Create", "create.xml", "hooks/create", "../secret"):
        answer = server.call(call)
        assert answer.status == 404
        assert answer.body.startswith(b"<!doctype html>")


@pytest.mark.parametrize(("profile", "status"), [("2.5", 302), ("2.7", 405), ("3.0.15", 405)])
def test_join_by_post_is_a_matter_of_version(make_server: Make, profile: str, status: int) -> None:
    server = make_server(profile)
    server.call("create", CREATE)

    answer = server.call("join", "meetingID=chor-7", method="POST", body=b"fullName=Ada&role=VIEWER", content_type=FORM)

    assert answer.status == status


LOCATION = (
    "https://bbb.example.org?errors=[%7B%22message%22:%22You%20can%20not%20join%20a%20meeting%20that%20has%20already"
    "%20been%20forcibly%20ended%22,%22key%22:%22meetingForciblyEnded%22%7D]"
)


def test_a_joins_error_is_a_list_in_the_redirects_query(server: Server) -> None:
    assert server.location("meetingID=none&fullName=Ada") == LOCATION


def test_the_query_of_the_logout_url_is_kept(server: Server) -> None:
    logout = "&logoutURL=https%3A%2F%2Fa.example.org%2Fx%3Fy%3D1%25262%26z"

    assert server.location(f"meetingID=none&fullName=Ada{logout}") == (
        LOCATION.replace("https://bbb.example.org?", "https://a.example.org/x?y=1&2&z&")
    )


@pytest.mark.parametrize("logout", ["https://a.example.org/x%20y", "https://[bad", "https://a.example.org/%257"])
def test_an_address_that_is_none_makes_the_server_stumble(server: Server, logout: str) -> None:
    query = f"meetingID=none&fullName=Ada&logoutURL={logout.replace('[', '%5B')}"

    assert server.call("join", query).status == 500


def test_an_opaque_address_loses_what_is_behind_its_scheme(server: Server) -> None:
    assert server.location("meetingID=none&fullName=Ada&logoutURL=mailto:x").startswith("mailto:?errors=[%7B")


ERRORS = "&errorRedirectUrl=https%3A%2F%2Fa.example.org%2F"


@pytest.mark.parametrize(
    ("profile", "invalid", "mismatch"),
    [
        ("2.5", "https://bbb.example.org?", "https://bbb.example.org?"),
        ("2.7", "https://bbb.example.org?", "https://a.example.org/?"),
        ("3.0b1", "https://bbb.example.org?", "https://a.example.org/?"),
        ("3.0.15", "https://a.example.org/?", "https://a.example.org/?"),
    ],
)
def test_the_error_redirect_url_is_honoured_by_version(
    make_server: Make, profile: str, invalid: str, mismatch: str
) -> None:
    server = make_server(profile)
    server.call("create", CREATE)

    assert server.location(f"meetingID=none&fullName=Ada{ERRORS}").startswith(invalid + "errors=")
    assert server.location(f"meetingID=chor-7&fullName=Ada&createTime=1{ERRORS}").startswith(mismatch + "errors=")


@pytest.mark.parametrize(
    ("profile", "invalid", "mismatch"),
    [("2.5", 302, 302), ("2.7", 302, 302), ("3.0b1", 200, 200), ("3.0.15", 302, 200)],
)
def test_redirect_false_is_honoured_by_version(make_server: Make, profile: str, invalid: int, mismatch: int) -> None:
    server = make_server(profile)
    server.call("create", CREATE)

    first = server.call("join", "meetingID=none&fullName=Ada&redirect=false")
    second = server.call("join", "meetingID=chor-7&fullName=Ada&createTime=1&redirect=false")

    assert (first.status, second.status) == (invalid, mismatch)
    assert failure_in(first)[0] == "meetingForciblyEnded"
    assert failure_in(second) == (
        "mismatchCreateTimeParam",
        "The createTime parameter submitted mismatches with the current meeting.",
    )


def test_a_joins_wrong_checksum_is_a_redirect_too(server: Server) -> None:
    answer = server.send("GET", "/bigbluebutton/api/join?meetingID=chor-7&fullName=Ada&checksum=x&redirect=false")

    assert failure_in(answer) == ("checksumError", "Checksums do not match")
    assert answer.status == 302


@pytest.mark.parametrize(
    "piece", ["name=[x]", "name={x}", 'name="x"', "name=a|b", "name=\u00fc", "name=a\\b", "name=a^b"]
)
def test_characters_that_no_target_may_hold_are_a_bad_request(server: Server, piece: str) -> None:
    assert server.send("GET", f"/bigbluebutton/api/create?{piece}").status == 400
