"""Isolation, case by case: what tenants, backends and neighbours may put into a shared document changes nothing.

The matrix over spellings of IDs stands beside this file.
"""

from __future__ import annotations

import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from lxml import etree
from product import ENTER, Plugin, Product, outcome, read, without_id

from senfcall_avv.gateway.isolation import KIND, ORGANIZATION

POLICIES = Path(__file__).parents[2] / "policies"
OPEN = """\
schema  = 1
extends = "base"
title   = "Tests: metadata, switches of the client and the end of a meeting are let through"

[calls.create]
forward = ["name", "meetingID", "attendeePW", "moderatorPW", "meta_*"]

[calls.create.families."meta_*"]
pattern = "(?is).*meta_(a[^n]|[^abe]).*"

[calls.join]
forward = ["meetingID", "fullName", "password", "redirect", "userdata-*"]

[calls.join.families."userdata-*"]
pattern = "(?is).*userdata-([^b].*)?"

[calls.end]
forward = ["meetingID", "password"]

[calls.isMeetingRunning]
forward = ["meetingID"]

[calls.getMeetings]
forward = []

[calls.getMeetingInfo]
forward = ["meetingID"]
"""


@pytest.fixture
def open_policy(ini: dict[str, str], tmp_path: Path) -> None:
    """Give both organisations a profile that lets much through."""
    folder = tmp_path / "policies"
    shutil.copytree(POLICIES, folder)
    (folder / "senfcall.toml").rename(folder / "shipped.toml")  # a rule that no profile uses would be a mistake
    (folder / "senfcall.toml").write_text(OPEN)
    ini["avv.policy.directory"] = str(folder)


with_open_policy = pytest.mark.usefixtures("open_policy")


def marks(key: str) -> dict[str, str]:
    return {ORGANIZATION: key, KIND: "contract"}


def ids(plugin: Plugin) -> list[str]:
    return [found.findtext("meetingID", "") for found in read(plugin.call("getMeetings")).findall("meetings/meeting")]


def info(plugin: Plugin, meeting_id: str) -> etree._Element:
    return read(plugin.call("getMeetingInfo", {"meetingID": meeting_id}))


def alarms(product: Product) -> list[dict[str, Any]]:
    return [line for line in product.log_lines if line["event"] == "isolation.disagreement"]


def test_two_organisations_use_the_same_id_for_meetings_of_their_own(product: Product, a: Plugin, b: Plugin) -> None:
    created = {plugin.key: plugin.create("shared", name) for plugin, name in ((a, "Von A"), (b, "Von B"))}
    internal = {key: root.findtext("internalMeetingID") for key, root in created.items()}
    assert internal[a.key] != internal[b.key]
    for plugin, name in ((a, "Von A"), (b, "Von B")):
        found = info(plugin, "shared")
        assert (found.findtext("meetingName"), found.findtext("internalMeetingID")) == (name, internal[plugin.key])
        assert ids(plugin) == ["shared"]
    product.simulator.join(f"{a.key}-shared", "Ada")
    running = [read(one.call("isMeetingRunning", {"meetingID": "shared"})).findtext("running") for one in (a, b)]
    assert running == ["true", "false"]


def test_a_repeated_create_never_tells_the_other_organisations_passwords(a: Plugin, b: Plugin) -> None:
    theirs = b.create("shared", attendeePW="ap-von-b", moderatorPW="mp-von-b")
    ours = a.create("shared")
    assert ours.findtext("messageKey") == ""
    assert ours.findtext("internalMeetingID") != theirs.findtext("internalMeetingID")
    assert {"ap-von-b", "mp-von-b"}.isdisjoint(ours.itertext())
    again = a.create("shared")
    assert again.findtext("messageKey") == "duplicateWarning"
    assert again.findtext("attendeePW") == ours.findtext("attendeePW")


def test_the_others_create_time_belongs_to_another_meeting(product: Product, a: Plugin, b: Plugin) -> None:
    theirs = b.create("shared", moderatorPW="mp77").findtext("createTime", "")
    product.simulator.advance(2)
    ours = a.create("shared", moderatorPW="mp77").findtext("createTime", "")
    assert ours != theirs
    person = {"fullName": "Ada", "meetingID": "shared", "password": "mp77"}
    assert outcome(a.call("join", person | {"createTime": theirs})) == "mismatchCreateTimeParam"
    assert a.call("join", person | {"createTime": theirs}, headers={"Accept": ENTER}).status_int == 410
    assert a.call("join", person | {"createTime": ours}).status_int == 302


def test_a_voice_bridge_like_the_others_is_left_out(product: Product, a: Plugin, b: Plugin) -> None:
    bridge = b.create("shared").findtext("voiceBridge", "")
    ours = a.create("shared", voiceBridge=bridge)
    assert ours.findtext("returncode") == "SUCCESS"
    assert ours.findtext("voiceBridge") != bridge
    assert "voiceBridge" not in product.last_sent("create")


def test_recordings_of_the_others_meeting_are_none_and_no_backend_is_asked(product: Product, a: Plugin) -> None:
    response = product.asked(lambda: a.call("getRecordings", {"meetingID": f"{product.b.key}-shared"}))
    assert read(response).findtext("messageKey") == "noRecordings"


def test_parallel_creates_of_one_id_are_one_meeting_by_bbbs_own_rule(product: Product, a: Plugin) -> None:
    """They are not joined: each reaches the backend, and the second one is told of the first."""
    a.call("getMeetings")
    names = ["Erster", "Zweiter", "Dritter", "Vierter"]
    with ThreadPoolExecutor(4) as pool:
        roots = list(pool.map(lambda name: Plugin(a.app, a.key, a.secret).create("shared", name), names))
    assert [root.findtext("returncode") for root in roots] == ["SUCCESS"] * 4
    assert sorted(root.findtext("messageKey", "") for root in roots) == ["", *["duplicateWarning"] * 3]
    assert len({root.findtext("internalMeetingID") for root in roots}) == 1
    assert sorted(params["name"] for call, params in product.sent if call == "create") == sorted(names)
    assert info(a, "shared").findtext("meetingName") in names


def test_a_meeting_named_like_the_others_keeps_its_name_and_hides_nobody(a: Plugin, b: Plugin) -> None:
    """Only elements of IDs are rewritten, by their place in the document."""
    b.create("shared", "Von B")
    for number, name in enumerate((f"{b.key}-shared", f"{a.key}-shared", f"<meetingID>{b.key}-shared</meetingID>")):
        a.create(f"named-{number}", name)
        assert info(a, f"named-{number}").findtext("meetingName") == name
    listed = read(a.call("getMeetings")).findall("meetings/meeting")
    assert [found.findtext("meetingID") for found in listed] == ["named-0", "named-1", "named-2"]
    assert listed[1].findtext("meetingName") == f"{a.key}-shared"
    assert ids(b) == ["shared"]
    assert info(b, "shared").findtext("meetingName") == "Von B"


@with_open_policy
def test_metadata_named_like_bbbs_own_elements_decides_nothing(product: Product, a: Plugin, b: Plugin) -> None:
    a.create(
        "room", meta_returncode="FAILED", meta_meetingid=f"{b.key}-shared", meta_running="false", meta_isbreakout="true"
    )
    b.create("shared", "Von B")
    product.simulator.join(f"{a.key}-room", "Ada")
    assert product.last_sent("create").keys() & {"meta_returncode"} == set()
    found = info(a, "room")
    assert found.findtext("meetingID") == "room"
    assert found.findtext("running") == "true"
    assert {child.tag: child.text for child in found.findall("metadata/*")} == {
        "returncode": "FAILED", "meetingid": f"{b.key}-shared", "running": "false", "isbreakout": "true",
    }  # fmt: skip
    assert ids(a) == ["room"]
    assert ids(b) == ["shared"]
    assert read(a.call("isMeetingRunning", {"meetingID": "room"})).findtext("running") == "true"
    assert alarms(product) == []


@with_open_policy
def test_a_clients_mark_never_replaces_ours(product: Product, a: Plugin, b: Plugin) -> None:
    disguises = {
        f"meta_{ORGANIZATION}": b.key,
        "meta_AVV-Organization": b.key,
        f"meta_{ORGANIZATION}\0": b.key,
        f" meta_{ORGANIZATION}": b.key,
        f"meta_{KIND}": "own",
        "meta_Avv-Kind": "own",
        "Meta_avv-organization": b.key,
    }
    a.create("room", **disguises)
    sent = next(params for call, params in product.sent if call == "create")
    assert {name: value for name, value in sent.items() if "avv" in name.lower()} == {
        f"meta_{ORGANIZATION}": a.key, f"meta_{KIND}": "contract",
    }  # fmt: skip
    assert ids(a) == ["room"]
    assert ids(b) == []
    assert b"avv-" not in a.call("getMeetings").body + a.call("getMeetingInfo", {"meetingID": "room"}).body


@with_open_policy
@pytest.mark.parametrize(
    "name",
    [
        "userdata-a><meeting><meetingID>KB-x</meetingID",
        "userdata-",
        "userdata-1a",
        "userdata-a b",
        "userdata-a-b",
        "userdata-\u00e4",
        "userdata-a/",
        "userdata-a:b",
        "userdata-" + "a" * 65,
    ],
)
def test_a_switch_whose_name_is_no_name_never_reaches_the_backend(product: Product, a: Plugin, name: str) -> None:
    """BBB would write it as the name of an element of the document that all organisations share."""
    a.create("room", moderatorPW="mp77")
    person = {"fullName": "Ada", "meetingID": "room", "password": "mp77", "redirect": "false"}
    assert outcome(a.call("join", person | {name: "x", "userdata-good_one": "x"})) == "SUCCESS"
    sent = product.last_sent("join")
    assert {key for key in sent if key.lower().startswith("userdata")} == {"userdata-good_one"}


@with_open_policy
def test_switches_named_like_bbbs_elements_are_harmless(product: Product, a: Plugin, b: Plugin) -> None:
    a.create("room", moderatorPW="mp77")
    b.create("shared", "Von B")
    product.simulator.join(
        f"{a.key}-room",
        "Ada",
        **{"userdata-meetingID": f"{b.key}-shared", "userdata-returncode": "x", "userdata-isBreakout": "true"},
    )
    assert ids(a) == ["room"]
    assert ids(b) == ["shared"]
    assert info(a, "room").findtext("attendees/attendee/customdata/meetingID") == f"{b.key}-shared"


def test_meetings_whose_name_and_mark_disagree_are_shown_to_nobody(product: Product, a: Plugin, b: Plugin) -> None:
    plant = product.simulator.plant
    plant(f"{b.key}-marked-as-ours", metadata=marks(a.key), moderatorPW="mp77")
    plant(f"{a.key}-marked-as-theirs", metadata=marks(b.key), moderatorPW="mp77")
    plant(f"{a.key}-unmarked", moderatorPW="mp77")
    plant("unscoped", metadata=marks(a.key), moderatorPW="mp77")
    for plugin in (a, b):
        assert without_id(plugin.call("getMeetings"))[2].count(b"<meeting>") == 0
        assert alarms(product)[-1] | {"request_id": "", "time": ""} == {
            "level": "error", "event": "isolation.disagreement", "request_id": "", "time": "", "key": plugin.key,
            "call": "getMeetings", "count": 4 if plugin is a else 2, "todo": alarms(product)[-1]["todo"],
        }  # fmt: skip
        unknown = without_id(plugin.call("getMeetingInfo", {"meetingID": "never-was"}))
        nobody = without_id(plugin.call("join", {"fullName": "Ada", "meetingID": "never-was", "password": "mp77"}))
        for name in ("marked-as-ours", "marked-as-theirs", "unmarked", "unscoped"):
            assert without_id(plugin.call("getMeetingInfo", {"meetingID": name})) == unknown
            person = {"fullName": "Ada", "meetingID": name, "password": "mp77"}
            assert without_id(plugin.call("join", person)) == nobody
            assert without_id(plugin.call("join", person | {"redirect": "false"})) == nobody
    assert not any(call == "join" for call, _ in product.sent)
    assert {line["call"] for line in alarms(product)} == {"getMeetings", "getMeetingInfo", "join"}


def test_meetings_made_past_the_gateway_are_shown_to_nobody(product: Product, a: Plugin, b: Plugin) -> None:
    for number in range(1000):
        product.simulator.plant(f"past-{number}", name="Vertraulich")
    a.create("room")
    assert ids(a) == ["room"]
    assert read(b.call("getMeetings")).findtext("messageKey") == "noMeetings"
    assert outcome(a.call("getMeetingInfo", {"meetingID": "past-7"})) == "notFound"
    assert alarms(product) == []


def test_breakout_rooms_are_shown_to_nobody(product: Product, a: Plugin, b: Plugin) -> None:
    """Whose they are only their parent's internal ID says. A backend copies the parent's marks: no alarm."""
    for plugin in (a, b):
        parent = plugin.create("room").findtext("internalMeetingID", "")
        room = f"{parent.partition('-')[0]}-1700000000001-{plugin.key[:2].encode().hex()}"
        product.simulator.plant(room, metadata=marks(plugin.key), parent_id=parent, name="Gruppe 1")
    product.simulator.plant("ab12-1700000000002", parent_id="nobody-knows", name="Gruppe 2")
    assert len(product.simulator.meetings) == 5
    for plugin in (a, b):
        assert ids(plugin) == ["room"]
        for meeting in product.simulator.meetings:
            if meeting.breakout:
                assert outcome(plugin.call("getMeetingInfo", {"meetingID": meeting.external_id})) == "notFound"
    assert alarms(product) == []


def test_a_breakout_room_under_a_name_of_ours_is_an_alarm(product: Product, a: Plugin) -> None:
    parent = a.create("room").findtext("internalMeetingID", "")
    product.simulator.plant(f"{a.key}-sneaked-in", metadata=marks(a.key), parent_id=parent)
    assert ids(a) == ["room"]
    assert [line["count"] for line in alarms(product)] == [1]


def test_one_broken_attendee_makes_a_failure_of_bbbs_shape_and_leaks_nothing(
    product: Product, a: Plugin, b: Plugin
) -> None:
    """The whole list of the backend is unreadable then; single meetings can still be asked about."""
    a.create("room", "Von A")
    b.create("shared", "Vertraulich von B")
    product.simulator.join(f"{b.key}-shared", "Vertrauliche Person")
    product.simulator.faults.set("getMeetings", "garbage_attendee")
    for plugin in (a, b):
        response = product.asked(lambda: plugin.call("getMeetings"), upstream=1)  # noqa: B023  # called at once
        assert outcome(response) == "serverUnavailable"
        assert b"Vertraulich" not in response.body
        assert b"w_garbage" not in response.body
    assert info(a, "room").findtext("meetingName") == "Von A"
    assert info(b, "shared").findtext("meetingName") == "Vertraulich von B"
    assert [line["reason"] for line in product.log_lines if line["event"] == "backend.failed"] == [
        "the answer is not well-formed XML"
    ] * 2
    assert "Vertraulich" not in product.log.getvalue()


@pytest.mark.parametrize("call", ["create", "getMeetingInfo", "join"])
def test_an_answer_about_another_meeting_is_not_passed_on(product: Product, a: Plugin, b: Plugin, call: str) -> None:
    """A backend, or something between, that mixes answers up."""
    b.create("shared", "Vertraulich", moderatorPW="mp-von-b")
    a.create("room", moderatorPW="mp77")
    theirs = b.call("getMeetingInfo", {"meetingID": "shared"}).text
    for swapped in (
        theirs.replace(">shared<", f">{b.key}-shared<"),
        theirs.replace("<meetingID>shared</meetingID>", ""),
    ):
        product.simulator.faults.set("create" if call == "create" else "getMeetingInfo", "body", body=swapped)
        params = {"name": "Vorstand", "fullName": "Ada", "meetingID": "room", "moderatorPW": "mp77"}
        response = a.call(call, params)
        expected = {"create": "serverUnavailable", "getMeetingInfo": "notFound", "join": "invalidMeetingIdentifier"}
        assert outcome(response) == expected[call]
        assert b"Vertraulich" not in response.body
        assert b"mp-von-b" not in response.body
    assert [line["call"] for line in alarms(product)] == [call, call]


@pytest.mark.parametrize("call", ["create", "isMeetingRunning", "getMeetingInfo", "getMeetings", "join", "end"])
@with_open_policy
def test_our_prefix_is_taken_out_of_a_backends_own_sentences(product: Product, a: Plugin, call: str) -> None:
    sentence = f"Meeting with id [{a.key}-room] not found."
    body = (
        f"<response><returncode>FAILED</returncode><messageKey>odd</messageKey><message>{sentence}</message></response>"
    )
    a.create("room", moderatorPW="mp77")
    product.simulator.faults.set(call, "body", body=body)
    person = {"name": "Vorstand", "fullName": "Ada", "meetingID": "room", "password": "mp77", "redirect": "false"}
    root = read(a.call(call, person))
    assert (root.findtext("messageKey"), root.findtext("message")) == ("odd", "Meeting with id [room] not found.")


@with_open_policy
def test_where_a_policy_lets_meetings_be_ended_only_ones_own_end(product: Product, a: Plugin, b: Plugin) -> None:
    a.create("shared", moderatorPW="mp77")
    b.create("shared", moderatorPW="mp77")
    b.create("theirs", moderatorPW="mp77")
    unknown = without_id(a.call("end", {"meetingID": "never-was", "password": "mp77"}))
    assert without_id(a.call("end", {"meetingID": "theirs", "password": "mp77"})) == unknown
    assert without_id(a.call("end", {"meetingID": f"{b.key}-shared", "password": "mp77"})) == unknown
    assert outcome(a.call("end", {"meetingID": "shared", "password": "mp77"})) == "SUCCESS"
    assert (ids(a), ids(b)) == ([], ["shared", "theirs"])
