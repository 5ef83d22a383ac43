"""How meetings are found, repeated, and end."""

from __future__ import annotations

import hashlib
import re

import pytest

from senfcall_avv.simulator import Running, Settings, Simulator
from senfcall_avv.simulator.callbacks import end_url_of
from tests.unit.simulator.signed import Make, Server

CREATE = "name=Chor+Probe&meetingID=chor-7&attendeePW=gast1&moderatorPW=chef1"
BARE = "name=Chor+Probe&meetingID=chor-7"


def exists(server: Server) -> bool:
    return "SUCCESS" in server.text("getMeetingInfo", "meetingID=chor-7")


@pytest.mark.parametrize("profile", ["2.5", "2.7", "3.0.15"])
def test_the_beginning_of_an_internal_id_finds_somebody_elses_meeting(make_server: Make, profile: str) -> None:
    server = make_server(profile)
    internal = server.simulator.plant("somebody-elses").internal_id
    server.call("create", f"name=Mine&meetingID={internal[:2]}")

    for given in (internal[:2], internal[:20], internal):
        assert "<meetingID>somebody-elses</meetingID>" in server.text("getMeetingInfo", f"meetingID={given}")


def test_a_longer_or_not_hexadecimal_string_is_hashed(server: Server) -> None:
    server.call("create", f"name=Mine&meetingID={'a' * 55}")
    server.call("create", "name=Mine&meetingID=abz")

    assert f"<meetingID>{'a' * 55}</meetingID>" in server.text("getMeetingInfo", f"meetingID={'a' * 55}")
    assert "<meetingID>abz</meetingID>" in server.text("getMeetingInfo", "meetingID=abz")


@pytest.mark.parametrize(
    ("first", "second", "old", "new"),
    [
        (CREATE, CREATE, "duplicateWarning", "duplicateWarning"),
        (CREATE, BARE, "idNotUnique", "duplicateWarning"),
        (BARE, BARE, "idNotUnique", "duplicateWarning"),
        (CREATE, f"{BARE}&attendeePW=&moderatorPW=", "idNotUnique", "duplicateWarning"),
        (CREATE, f"{BARE}&attendeePW=gast1", "idNotUnique", "idNotUnique"),
        (CREATE, f"{BARE}&attendeePW=gast1&moderatorPW=other", "idNotUnique", "idNotUnique"),
    ],
)
@pytest.mark.parametrize("profile", ["2.5", "2.7", "3.0b1", "3.0.15"])
def test_a_repeated_create_depends_on_the_passwords(
    make_server: Make, profile: str, first: str, second: str, old: str, new: str
) -> None:
    server = make_server(profile)
    server.call("create", first)

    text = server.text("create", second)

    assert f"<messageKey>{old if profile == '2.5' else new}</messageKey>" in text
    assert len(server.simulator.meetings) == 1


def test_an_id_is_free_again_after_the_end(server: Server) -> None:
    server.call("create", CREATE)
    server.call("end", "meetingID=chor-7")
    server.clock.now += 1

    assert "<messageKey></messageKey>" in server.text("create", CREATE)
    assert server.simulator.meetings.running("chor-7").create_time == 1_741_064_768_089


def test_passwords_and_voice_bridge_are_drawn_where_none_are_given(server: Server) -> None:
    texts = [server.text("create", f"name=Chor&meetingID=chor-{number}") for number in range(20)]

    for text in texts:
        assert re.search("<attendeePW>[A-Za-z0-9]{8}</attendeePW>\n<moderatorPW>[A-Za-z0-9]{8}<", text)
        assert re.search("<voiceBridge>[0-9]{5}</voiceBridge>", text)
    assert len({one.voice_bridge for one in server.simulator.meetings}) == 20


def test_metadata_names_are_lower_cased_and_odd_ones_ignored(server: Server) -> None:
    server.call("create", CREATE + "&meta_aB-1=x&meta_a_b=y&meta_1=z&META_c=v&meta_=w")

    assert server.simulator.meetings.running("chor-7").metadata == {"ab-1": "x"}


def test_an_xml_bodys_documents_are_noted_and_its_query_counts(server: Server) -> None:
    body = b'<modules><module name="presentation"><document url="https://f.example.org/a.pdf"/></module></modules>'
    server.call("create", CREATE, method="POST", body=body, content_type="application/xml")
    server.call("create", BARE.replace("7", "8"), method="POST", body=b"<broken", content_type="text/xml")

    assert server.simulator.meetings.running("chor-7").documents == ["https://f.example.org/a.pdf"]
    assert server.simulator.meetings.running("chor-8").documents == []


def test_an_end_takes_effect_after_the_servers_delay(make_server: Make) -> None:
    server = make_server(settings=Settings(end_delay=3))
    server.call("create", CREATE)
    server.call("end", "meetingID=chor-7")

    assert "<hasBeenForciblyEnded>true<" in server.text("getMeetingInfo", "meetingID=chor-7")
    assert "meetingForciblyEnded" in server.location("meetingID=chor-7&fullName=Ada&role=VIEWER")
    server.clock.now += 3
    assert not exists(server)


class TestTimers:
    def test_nobody_came(self, server: Server) -> None:
        server.call("create", CREATE)

        server.clock.now += 300
        assert exists(server)
        server.clock.now += 1
        assert not exists(server)

    def test_the_last_one_left(self, server: Server) -> None:
        server.call("create", CREATE)
        server.simulator.join("chor-7", "Ada", userID="ada")
        server.clock.now += 1000
        server.simulator.leave("chor-7", "ada")

        server.clock.now += 59
        text = server.text("getMeetingInfo", "meetingID=chor-7")
        assert "<running>true</running>" in text
        assert "<endTime>1741065767089</endTime>" in text
        server.clock.now += 1
        assert not exists(server)

    def test_somebody_came_back(self, server: Server) -> None:
        server.call("create", CREATE + "&meetingExpireWhenLastUserLeftInMinutes=2")
        server.simulator.join("chor-7", "Ada", userID="ada")
        server.simulator.leave("chor-7", "ada")
        server.clock.now += 90
        assert "<running>false</running>" in server.text("isMeetingRunning", "meetingID=chor-7")
        server.simulator.join("chor-7", "Bo")

        server.clock.now += 600
        assert "<endTime>0</endTime>" in server.text("getMeetingInfo", "meetingID=chor-7")

    def test_no_patience_at_all(self, server: Server) -> None:
        server.call("create", CREATE + "&meetingExpireWhenLastUserLeftInMinutes=0")
        server.simulator.join("chor-7", "Ada", userID="ada")
        server.simulator.leave("chor-7", "ada")

        assert not exists(server)

    def test_the_duration_is_over(self, server: Server) -> None:
        server.call("create", CREATE + "&duration=45")
        server.simulator.join("chor-7", "Ada")

        server.clock.now += 45 * 60
        assert exists(server)
        server.clock.now += 1
        assert not exists(server)

    def test_the_last_moderator_left(self, server: Server) -> None:
        server.call("create", CREATE + "&endWhenNoModerator=true&endWhenNoModeratorDelayInMinutes=3")
        server.simulator.join("chor-7", "Ada", "MODERATOR", userID="ada")
        server.simulator.join("chor-7", "Bo", userID="bo")
        server.clock.now += 1000
        server.simulator.leave("chor-7", "ada")

        server.clock.now += 179
        assert exists(server)
        server.clock.now += 1
        assert not exists(server)

    def test_breakout_rooms_wait_and_go_with_their_parent(self, server: Server) -> None:
        parent = server.simulator.plant("chor-7")
        server.simulator.plant("aa-11", parent_id=parent.internal_id)
        server.simulator.join("chor-7", "Ada", userID="ada")
        server.clock.now += 1000
        assert server.text("getMeetings").count("<meeting>") == 2
        server.simulator.end("chor-7")

        assert "<meetings/>" in server.text("getMeetings")

    def test_a_faster_clock(self, make_server: Make) -> None:
        server = make_server(time_factor=60)
        server.call("create", CREATE)

        server.clock.now += 5
        assert exists(server)
        server.clock.now += 1
        assert not exists(server)


def test_start_time_appears_when_the_core_confirmed_it(server: Server) -> None:
    server.call("create", CREATE)
    assert "<startTime>0</startTime>" in server.text("getMeetings")
    server.clock.now += 0.1
    assert "<startTime>1741064767166</startTime>" in server.text("getMeetings")


class TestCallbacks:
    def test_both_addresses_are_called_once_the_meeting_is_over(self, server: Server) -> None:
        called = []
        end = "meta_endCallbackUrl=https%3A%2F%2Fa.example.org%2Fe%3Fx%3D1&meetingEndedURL=https://b.example.org/done"
        server.call("create", f"name=Chor&meetingID=chor+7&{end}")
        server.simulator.deliver_callbacks(lambda url: called.append(url) or 200)
        assert called == []
        server.simulator.end("chor 7")

        server.simulator.deliver_callbacks(lambda url: called.append(url) or 200)
        server.simulator.advance(1000)
        server.simulator.deliver_callbacks(lambda url: called.append(url) or 200)

        assert called == [
            "https://a.example.org/e?x=1&recordingmarks=false&meetingID=chor+7",
            "https://b.example.org/done",
        ]

    def test_failed_ones_are_tried_five_times_in_all(self, server: Server) -> None:
        server.call("create", CREATE + "&meetingEndedURL=https://b.example.org/done")
        server.simulator.end("chor-7")

        pauses = []
        for pause in (0, 29, 1, 59, 1, 119, 1, 299, 1, 100_000):
            server.simulator.advance(pause)
            pauses.append(len(server.simulator.deliver_callbacks(lambda _: 503)))

        assert pauses == [1, 0, 1, 0, 1, 0, 1, 0, 1, 0]

    def test_they_go_over_http(self, server: Server, running: Running) -> None:
        server.call("create", CREATE + f"&meetingEndedURL={running.url}/bigbluebutton/api?done")
        server.call("create", f"name=Chor&meetingID=chor-8&meetingEndedURL={running.url}/none")
        server.simulator.end("chor-7")
        server.simulator.end("chor-8")

        assert [one.statuses for one in server.simulator.deliver_callbacks()] == [[200], [404]]
        assert running.simulator.requests[0].target == "/bigbluebutton/api?done"

    def test_nothing_that_is_no_web_address_is_called(self, server: Server) -> None:
        server.call("create", CREATE + "&meetingEndedURL=file:///etc/hostname")
        server.simulator.end("chor-7")

        assert [one.statuses for one in server.simulator.deliver_callbacks()] == [[0]]

    def test_breakout_rooms_have_none(self, server: Server) -> None:
        metadata = {"endcallbackurl": "https://a.example.org"}

        assert end_url_of(server.simulator.plant("aa-11", parent_id="x", metadata=metadata)) == ""
        assert end_url_of(server.simulator.plant("chor-7", metadata=metadata)).startswith("https://a.example.org?rec")


@pytest.mark.parametrize("profile", ["2.5", "2.7", "3.0.15"])
def test_a_breakout_room_may_be_created_from_outside(make_server: Make, profile: str) -> None:
    server = make_server(profile)
    parent = server.simulator.plant("chor-7")
    room = "name=Room&isBreakout=true&sequence=2&freeJoin=true&meetingID"

    text = server.text("create", f"{room}=room-1&parentMeetingID={parent.internal_id}")

    assert f"<parentMeetingID>{parent.internal_id}</parentMeetingID>" in text
    assert "<sequence>2</sequence>\n<freeJoin>true</freeJoin>" in server.text("getMeetingInfo", "meetingID=room-1")
    missing = "parentMeetingIdMissing" if profile == "2.7" else "parentMeetingIDMissing"
    assert f"<messageKey>{missing}</messageKey>" in server.text("create", f"{room}=room-2")
    orphan = server.text("create", f"{room}=room-3&parentMeetingID=none")
    assert ("SUCCESS" in orphan) is not profile.startswith("3")


def test_opening_the_client_again_is_no_second_person(server: Server) -> None:
    server.call("create", CREATE)
    meeting = server.simulator.meetings.running("chor-7")
    person = server.simulator.join("chor-7", "Ada", userID="ada")
    for _ in range(2):
        server.simulator.leave("chor-7", "ada")
        server.clock.now += 5
    assert meeting.end_time == 1_741_064_767_089
    meeting.enter(person, server.clock.now)

    info = server.text("getMeetingInfo", "meetingID=chor-7")
    assert info.count("<attendee>") == 1
    assert "<endTime>0</endTime>" in info


def test_planted_meetings_have_the_ids_they_are_given() -> None:
    simulator = Simulator("x" * 32)
    meeting = simulator.plant("theirs", internal_id="ab-1", metadata={"k": "v"}, name="Theirs", duration="5")

    assert (meeting.internal_id, meeting.metadata, meeting.name, meeting.duration) == ("ab-1", {"k": "v"}, "Theirs", 5)
    assert simulator.plant("ours").internal_id.startswith(
        hashlib.sha1(b"ours", usedforsecurity=False).hexdigest() + "-"
    )


def test_chat_messages_and_documents_need_their_meeting(make_server: Make) -> None:
    server = make_server()
    server.simulator.plant("chor-7")
    chat = "meetingID=chor-7&message=Hello"

    assert "<messageKey>meetingNotFound</messageKey>" in server.text("sendChatMessage", chat)
    server.simulator.join("chor-7", "Ada")
    assert "<messageKey></messageKey>\n<message></message>" in server.text("sendChatMessage", chat)
    assert make_server("2.7").call("sendChatMessage", chat).status == 404
    upload = {"method": "POST", "body": b"<modules/>", "content_type": "application/xml"}
    assert "Presentation is being uploaded" in server.text("insertDocument", "meetingID=chor-7", **upload)
    assert "Meeting with id [none] not found." in server.text("insertDocument", "meetingID=none", **upload)
    assert server.text("insertDocument", "meetingID=chor-7", method="POST") == ""


def test_sessions_are_listed(server: Server) -> None:
    assert "<sessions/>\n<messageKey>noSessions</messageKey>" in server.text("getSessions")
    server.simulator.plant("chor-7", name="Chor")
    server.simulator.join("chor-7", "Ada")

    assert "<meetingName>Chor</meetingName>\n<userName>Ada</userName>" in server.text("getSessions")
