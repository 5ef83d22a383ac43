"""The documents, byte for byte."""

from __future__ import annotations

import hashlib
import re

import pytest

from senfcall_avv.simulator import Settings
from tests.unit.simulator.signed import Make, Server

CREATE = "name=Chor+Probe&meetingID=chor-7&attendeePW=gast1&moderatorPW=chef1&voiceBridge=40711"
INTERNAL = f"{hashlib.sha1(b'chor-7', usedforsecurity=False).hexdigest()}-1741064767089"
ENDED = (
    "A request to end the meeting was sent. Please wait a few seconds, and then use the getMeetingInfo or "
    "isMeetingRunning API calls to verify that it was ended."
)


def created(key: str = "", message: str = "") -> str:
    return f"""<response>
<returncode>SUCCESS</returncode>
<meetingID>chor-7</meetingID>
<internalMeetingID>{INTERNAL}</internalMeetingID>
<parentMeetingID>bbb-none</parentMeetingID>
<attendeePW>gast1</attendeePW>
<moderatorPW>chef1</moderatorPW>
<createTime>1741064767089</createTime>
<voiceBridge>40711</voiceBridge>
<dialNumber>613-555-1234</dialNumber>
<createDate>Tue Mar 04 05:06:07 UTC 2025</createDate>
<hasUserJoined>false</hasUserJoined>
<duration>0</duration>
<hasBeenForciblyEnded>false</hasBeenForciblyEnded>
<messageKey>{key}</messageKey>
<message>{message}</message>
</response>"""


@pytest.mark.parametrize("profile", ["2.5", "2.7", "3.0b1", "3.0.15"])
def test_create_answers_the_new_meeting(make_server: Make, profile: str) -> None:
    answer = make_server(profile).call("create", CREATE)

    assert answer.status == 200
    assert answer.headers == (("Content-Type", "text/xml;charset=utf-8"), ("Cache-Control", "no-cache"))
    assert answer.body.decode() == created()


def test_a_repeated_create_describes_the_first_meeting(server: Server) -> None:
    server.call("create", CREATE)
    server.clock.now += 10

    assert server.text("create", CREATE + "&duration=60&name=Other") == created(
        "duplicateWarning", "This conference was already in existence and may currently be in progress."
    )


def test_dates_are_printed_in_the_servers_time_zone(make_server: Make) -> None:
    server = make_server(settings=Settings(timezone="Europe/Berlin"))

    assert "<createDate>Tue Mar 04 06:06:07 CET 2025</createDate>" in server.text("create", CREATE)


EMPTY_MEETING = f"""<meetingName>Chor Probe</meetingName>
<meetingID>chor-7</meetingID>
<internalMeetingID>{INTERNAL}</internalMeetingID>
<createTime>1741064767089</createTime>
<createDate>Tue Mar 04 05:06:07 UTC 2025</createDate>
<voiceBridge>40711</voiceBridge>
<dialNumber>613-555-1234</dialNumber>
<attendeePW>gast1</attendeePW>
<moderatorPW>chef1</moderatorPW>
<running>false</running>
<duration>0</duration>
<hasUserJoined>false</hasUserJoined>
<recording>false</recording>
<hasBeenForciblyEnded>false</hasBeenForciblyEnded>
<startTime>0</startTime>
<endTime>0</endTime>
<participantCount>0</participantCount>
<listenerCount>0</listenerCount>
<voiceParticipantCount>0</voiceParticipantCount>
<videoCount>0</videoCount>
<maxUsers>0</maxUsers>
<moderatorCount>0</moderatorCount>
<attendees>
</attendees>
<metadata>
</metadata>
<isBreakout>false</isBreakout>"""


def test_an_empty_meetings_lists_are_two_tags_on_two_lines(server: Server) -> None:
    server.call("create", CREATE)

    answer = server.call("getMeetingInfo", "meetingID=chor-7")

    assert answer.headers == (("Content-Type", "text/xml;charset=utf-8"),)
    assert answer.body.decode() == f"<response>\n<returncode>SUCCESS</returncode>\n{EMPTY_MEETING}\n</response>"


def test_meetings_are_listed_with_the_same_elements(server: Server) -> None:
    server.call("create", CREATE)

    assert server.text("getMeetings") == (
        f"<response>\n<returncode>SUCCESS</returncode>\n<meetings>\n<meeting>\n{EMPTY_MEETING}\n"
        "</meeting>\n</meetings>\n</response>"
    )


def test_an_empty_server_says_so(server: Server) -> None:
    assert server.text("getMeetings") == (
        "<response>\n<returncode>SUCCESS</returncode>\n<meetings/>\n<messageKey>noMeetings</messageKey>\n"
        "<message>no meetings were found on this server</message>\n</response>"
    )


def test_people_and_metadata_are_described(server: Server) -> None:
    server.call(
        "create", CREATE + "&record=true&meta_bbb-Origin=forum&meta_endCallbackUrl=https://a.example.org?a=1%26b"
    )
    server.clock.now += 1
    server.simulator.join("chor-7", "Zoë Öhm", "MODERATOR", voice=True, userID="zoe", **{"userdata-bbb_x": "<'1\">"})

    text = server.text("getMeetingInfo", "meetingID=chor-7")

    assert (
        text[text.index("<running>") :]
        == """<running>true</running>
<duration>0</duration>
<hasUserJoined>true</hasUserJoined>
<recording>true</recording>
<hasBeenForciblyEnded>false</hasBeenForciblyEnded>
<startTime>1741064767166</startTime>
<endTime>0</endTime>
<participantCount>1</participantCount>
<listenerCount>0</listenerCount>
<voiceParticipantCount>1</voiceParticipantCount>
<videoCount>0</videoCount>
<maxUsers>0</maxUsers>
<moderatorCount>1</moderatorCount>
<attendees>
<attendee>
<userID>zoe</userID>
<fullName>Zoë Öhm</fullName>
<role>MODERATOR</role>
<isPresenter>true</isPresenter>
<isListeningOnly>false</isListeningOnly>
<hasJoinedVoice>true</hasJoinedVoice>
<hasVideo>false</hasVideo>
<clientType>HTML5</clientType>
<customdata>
<bbb_x>&lt;&apos;1&quot;&gt;</bbb_x>
</customdata>
</attendee>
</attendees>
<metadata>
<bbb-origin>forum</bbb-origin>
<endcallbackurl>https://a.example.org?a=1&amp;b</endcallbackurl>
</metadata>
<isBreakout>false</isBreakout>
</response>"""
    )


@pytest.mark.parametrize(("profile", "always"), [("2.5", False), ("2.7", False), ("3.0b1", True), ("3.0.15", True)])
def test_customdata_without_userdata_is_a_matter_of_version(make_server: Make, profile: str, always: bool) -> None:
    server = make_server(profile)
    server.call("create", CREATE)
    server.simulator.join("chor-7", "Ada")

    assert ("<customdata>\n</customdata>" in server.text("getMeetings")) is always


def test_join_without_redirect_describes_the_session(server: Server) -> None:
    server.call("create", CREATE)

    text = server.text("join", "meetingID=chor-7&fullName=Ada&password=gast1&redirect=false")

    (person,) = server.simulator.meetings.running("chor-7").people.values()
    assert re.fullmatch("w_[a-z0-9]{12}", person.internal_id)
    assert re.fullmatch("[a-z0-9]{16}", person.session_token)
    assert (
        text
        == f"""<response>
<returncode>SUCCESS</returncode>
<messageKey>successfullyJoined</messageKey>
<message>You have joined successfully.</message>
<meeting_id>{INTERNAL}</meeting_id>
<user_id>{person.internal_id}</user_id>
<auth_token>{person.auth_token}</auth_token>
<session_token>{person.session_token}</session_token>
<guestStatus>ALLOW</guestStatus>
<url>https://bbb.example.org/html5client/?sessionToken={person.session_token}</url>
</response>"""
    )


def test_running_end_and_the_simple_form_of_failure(server: Server) -> None:
    server.call("create", CREATE)

    assert server.text("isMeetingRunning", "meetingID=chor-7") == (
        "<response>\n<returncode>SUCCESS</returncode>\n<running>false</running>\n</response>"
    )
    assert server.text("end", "meetingID=chor-7") == (
        "<response>\n<returncode>SUCCESS</returncode>\n<messageKey>sentEndMeetingRequest</messageKey>\n"
        f"<message>{ENDED}</message>\n</response>"
    )
    assert server.text("getMeetingInfo", "meetingID=chor-7") == (
        "<response>\n<returncode>FAILED</returncode>\n<messageKey>notFound</messageKey>\n"
        "<message>A meeting with that ID does not exist</message>\n</response>"
    )


def test_a_taken_voice_bridge_fails_in_the_list_form(server: Server) -> None:
    server.call("create", CREATE)

    assert server.text("create", "name=Other&meetingID=other&voiceBridge=40711") == (
        "<response>\n<returncode>FAILED</returncode>\n<errors>\n<error>\n<key>nonUniqueVoiceBridge</key>\n"
        "<message>The selected voice bridge is already in use.</message>\n</error>\n</errors>\n</response>"
    )


def test_runs_of_white_space_come_back_as_one_space(server: Server) -> None:
    server.call("create", "name=Chor++%20Probe&meetingID=chor-7")

    assert "<meetingName>Chor Probe</meetingName>" in server.text("getMeetings")


@pytest.mark.parametrize(("profile", "most"), [("2.5", "1,500"), ("2.7", "1500"), ("3.0.15", "1500")])
def test_counters_in_the_list_have_thousands_separators(make_server: Make, profile: str, most: str) -> None:
    server = make_server(profile)
    server.call("create", CREATE + "&maxParticipants=1500")
    for number in range(1000):
        server.simulator.join("chor-7", f"Viewer {number}", listening=True)

    listed, info = server.text("getMeetings"), server.text("getMeetingInfo", "meetingID=chor-7")

    assert "<participantCount>1,000</participantCount>\n<listenerCount>1,000</listenerCount>" in listed
    assert f"<maxUsers>{most}</maxUsers>" in listed
    assert "<participantCount>1000</participantCount>\n<listenerCount>1000</listenerCount>" in info
    assert "<maxUsers>1500</maxUsers>" in info


@pytest.mark.parametrize(("profile", "counted"), [("2.5", 2), ("2.7", 2), ("3.0b1", 1), ("3.0.15", 1)])
def test_people_who_just_left_are_counted_by_version(make_server: Make, profile: str, counted: int) -> None:
    server = make_server(profile)
    server.call("create", CREATE)
    server.simulator.join("chor-7", "Ada", "MODERATOR", userID="ada")
    server.simulator.join("chor-7", "Bo", "MODERATOR", userID="bo")
    server.simulator.leave("chor-7", "ada")

    info, listed = server.text("getMeetingInfo", "meetingID=chor-7"), server.text("getMeetings")

    assert info.count("<attendee>") == counted
    assert listed.count("<attendee>") == 2
    for text in (info, listed):
        assert f"<participantCount>{counted}</participantCount>" in text
        assert "<moderatorCount>2</moderatorCount>" in text


def test_a_strange_userdata_name_breaks_the_document(server: Server) -> None:
    server.call("create", CREATE)
    server.simulator.join("chor-7", "Ada", **{"userdata-a b=<": "x"})

    assert "<a b=&lt;>x</a b=&lt;>" in server.text("getMeetingInfo", "meetingID=chor-7")


def test_what_xml_cannot_carry_comes_out_as_it_went_in(server: Server) -> None:
    server.call("create", "name=Chor%EF%BF%BE&meetingID=chor-7")

    assert "<meetingName>Chor\ufffe</meetingName>" in server.text("getMeetings")


def test_breakout_rooms_and_their_parent_name_each_other(server: Server) -> None:
    parent = server.simulator.plant("chor-7")
    server.simulator.plant("aa11-22", parent_id=parent.internal_id, sequence="3", freeJoin="true")

    room, info = server.text("getMeetingInfo", "meetingID=aa11-22"), server.text("getMeetingInfo", "meetingID=chor-7")

    assert room.endswith(
        f"<isBreakout>true</isBreakout>\n<parentMeetingID>{INTERNAL}</parentMeetingID>\n"
        "<sequence>3</sequence>\n<freeJoin>true</freeJoin>\n</response>"
    )
    assert server.text("getMeetings").count("<breakout>aa11-22</breakout>") == 1
    assert info.endswith("<breakoutRooms>\n<breakout>aa11-22</breakout>\n</breakoutRooms>\n</response>")


ROOT = "<response>\n<returncode>SUCCESS</returncode>\n<version>2.0</version>\n<apiVersion>2.0</apiVersion>\n"
GRAPHQL = (
    "\n<graphqlWebsocketUrl>wss://bbb.example.org/graphql</graphqlWebsocketUrl>"
    "\n<graphqlApiUrl>https://bbb.example.org/api/rest</graphqlApiUrl>"
)


@pytest.mark.parametrize("path", ["/bigbluebutton", "/bigbluebutton/", "/bigbluebutton/api", "/bigbluebutton/api/"])
@pytest.mark.parametrize(("profile", "more"), [("2.5", ""), ("2.7", ""), ("3.0b1", GRAPHQL)])
def test_the_root_document_needs_no_checksum(make_server: Make, path: str, profile: str, more: str) -> None:
    answer = make_server(profile).send("GET", path)

    assert answer.body.decode() == f"{ROOT}<bbbVersion></bbbVersion>{more}\n</response>"
    assert ("Cache-Control", "no-cache") in answer.headers


def test_the_root_document_comes_as_json_if_asked(make_server: Make) -> None:
    asked = {"Content-Type": "application/json"}

    answer = make_server().send("GET", "/bigbluebutton/api", headers=asked)
    older = make_server("2.7").send("GET", "/bigbluebutton/api", headers=asked)

    assert answer.body.startswith(b'{\n  "response": {\n    "returncode": "SUCCESS",\n    "version": "2.0"')
    assert older.body.startswith(b"<response>")


def test_there_are_no_recordings(make_server: Make) -> None:
    server = make_server(settings=Settings(fetch_all_recordings=False))

    assert "<recordings></recordings>\n  <messageKey>noRecordings<" in server.text("getRecordings", "meetingID=chor-7")
    assert "recordings>" not in server.text("getRecordings")
