"""A plugin's day: create a meeting, ask about it, send people in. What is not allowed never arrives."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

from product import Plugin, Product, outcome, read

from senfcall_avv.bbb.checksum import sign

CREATED = {"record": "false", "autoStartRecording": "false", "allowStartStopRecording": "false"}


def test_a_meeting_is_created_under_a_name_of_the_organisations_own(product: Product, a: Plugin) -> None:
    root = a.create("room", "Jour Fixe", attendeePW="ap77", moderatorPW="mp77")
    assert root.findtext("returncode") == "SUCCESS"
    assert root.findtext("meetingID") == "room"
    assert root.findtext("attendeePW") == "ap77"
    assert root.find("messageKey") is not None
    assert product.last_sent("create") == {
        "name": "Jour Fixe", "meetingID": f"{a.key}-room", "attendeePW": "ap77", "moderatorPW": "mp77", **CREATED
    }  # fmt: skip


def test_what_the_policy_does_not_allow_never_reaches_the_backend(product: Product, a: Plugin) -> None:
    a.create(record="true", logo="https://x.example/l.png", Welcome="x", foo="1", welcome="Hallo", duration="0090")
    assert product.last_sent("create") == {
        "name": "Vorstand", "meetingID": f"{a.key}-room", "welcome": "Hallo", "duration": "90", **CREATED
    }  # fmt: skip
    assert product.ledger(a) == {
        ("create", "", "partly"): 1,
        ("create", "record", "forced"): 1,
        ("create", "logo", "not_listed"): 1,
        ("create", "Welcome", "lookalike"): 1,
        ("create", "foo", "unknown_name"): 1,
        **{("create", name, "forwarded"): 1 for name in product.last_sent("create")},
    }


def test_a_meeting_is_asked_about_under_the_plugins_own_name(product: Product, a: Plugin) -> None:
    a.create("room")
    assert read(a.call("isMeetingRunning", {"meetingID": "room"})).findtext("running") == "false"
    product.simulator.join(f"{a.key}-room", "Ada")
    assert read(a.call("isMeetingRunning", {"meetingID": "room"})).findtext("running") == "true"
    info = read(a.call("getMeetingInfo", {"meetingID": "room"}))
    assert info.findtext("meetingID") == "room"
    assert info.findtext("attendees/attendee/fullName") == "Ada"
    assert info.find("metadata/avv-organization") is None
    assert [m.findtext("meetingID") for m in read(a.call("getMeetings")).findall("meetings/meeting")] == ["room"]


def test_join_sends_the_browser_to_the_backend_with_a_signature_of_ours(product: Product, a: Plugin) -> None:
    a.create("room", moderatorPW="mp77")
    response = a.call(
        "join",
        {"fullName": "Ada Löwe", "meetingID": "room", "password": "mp77", "avatarURL": "https://x.example/a.png"},
        headers={"Accept": "text/html"},
    )
    assert response.status_int == 302
    assert response.body == b""
    assert response.headers["Referrer-Policy"] == "no-referrer"
    assert response.headers["Cache-Control"] == "no-store"
    assert "Set-Cookie" not in response.headers
    at = urlsplit(response.headers["Location"])
    assert (at.scheme, at.netloc, at.path) == ("https", "bbb1.example.org", "/bigbluebutton/api/join")
    signed, _, checksum = at.query.rpartition("&checksum=")
    assert checksum == sign("join", signed, b"secret-of-the-simulated-backend-0123456789", "sha256")
    assert parse_qs(signed) == {"fullName": ["Ada Löwe"], "meetingID": [f"{a.key}-room"], "password": ["mp77"]}


def test_the_redirected_browser_is_in_the_meeting(product: Product, a: Plugin) -> None:
    """The backend accepts what we signed, and shows the dial-in numbers in place of the placeholders."""
    import http.client

    a.create("room", moderatorPW="mp77", welcome="Telefon %%DIALNUM%%, PIN %%CONFNUM%%#")
    location = a.call("join", {"fullName": "Ada", "meetingID": "room", "password": "mp77"}).headers["Location"]
    connection = http.client.HTTPConnection(urlsplit(product.simulator.server_url).netloc)
    connection.request("GET", location.removeprefix("https://bbb1.example.org"))
    answer = connection.getresponse()
    answer.read()
    assert answer.status == 302
    cookie = answer.headers["Set-Cookie"].partition(";")[0]
    at = urlsplit(answer.headers["Location"])
    connection.request("GET", f"{at.path}?{at.query}", headers={"Cookie": cookie})
    page = connection.getresponse().read().decode()
    connection.close()
    assert "Ada" in page
    assert "613-555-1234" in page
    assert "%%" not in page
    info = read(a.call("getMeetingInfo", {"meetingID": "room"}))
    assert info.findtext("attendees/attendee/role") == "MODERATOR"


def test_join_without_redirect_passes_the_backends_document_on(a: Plugin) -> None:
    a.create("room", moderatorPW="mp77")
    root = read(a.call("join", {"fullName": "Ada", "meetingID": "room", "password": "mp77", "redirect": "false"}))
    assert root.findtext("messageKey") == "successfullyJoined"
    assert root.findtext("url", "").startswith("http")


def test_a_repeated_create_tells_about_the_meeting_that_runs(a: Plugin) -> None:
    first = a.create("room", attendeePW="ap77", moderatorPW="mp77")
    again = a.create("room", "Other", attendeePW="ap77", moderatorPW="mp77")
    assert again.findtext("messageKey") == "duplicateWarning"
    assert again.findtext("createTime") == first.findtext("createTime")
    assert again.findtext("internalMeetingID") == first.findtext("internalMeetingID")
    assert outcome(a.call("create", {"name": "x1", "meetingID": "room", "attendeePW": "ap77"})) == "idNotUnique"


def test_recordings_are_answered_here_and_other_calls_refused(product: Product, a: Plugin) -> None:
    root = read(a.call("getRecordings", {"meetingID": "room"}))
    assert root.findtext("messageKey") == "noRecordings"
    assert root.find("recordings") is not None
    assert outcome(a.call("end", {"meetingID": "room", "password": "mp77"})) == "unsupportedRequest"
    assert outcome(a.call("hooks/create", {"callbackURL": "http://127.0.0.1/"})) == "unsupportedRequest"
    response = a.call("getRecordingTextTracks", {"recordID": "x"})
    assert response.json["response"]["messageKey"] == "unsupportedRequest"
    assert product.sent == []
    assert product.ledger(a)["end", "", "refused"] == 1


def test_an_empty_server_has_no_meetings(a: Plugin) -> None:
    response = a.call("getMeetings")
    assert response.body == (
        b"<response>\n<returncode>SUCCESS</returncode>\n<meetings/>\n<messageKey>noMeetings</messageKey>\n"
        b"<message>no meetings were found on this server</message>\n</response>"
    )
