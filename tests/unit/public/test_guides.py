"""Guides: the data file is complete and true to the recorded clients, and what is lost comes from the policy."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from senfcall_avv.bbb import catalog
from senfcall_avv.bbb.catalog import TOPICS
from senfcall_avv.policy import engines
from senfcall_avv.policy.engine import CallDescription, Description, Limits, Outcome, ParameterDescription
from senfcall_avv.policy.loading import load
from senfcall_avv.public.advice import ADVICE, CALL_TOPICS, topic_of_call
from senfcall_avv.public.guides import Addresses, Guide, Refused, Words, guides, shown_fields, verdict
from senfcall_avv.public.losses import losses

ROOT = Path(__file__).parents[3]
CATALOGUE = catalog.load()
SENFCALL = load(ROOT / "policies", engines.find("declarative"), CATALOGUE, production=False).describe("senfcall")
RECORDED: list[dict[str, Any]] = json.loads((ROOT / "tests/data/client-requests.json").read_text())
EXPECTED = {
    *("nextcloud", "moodle", "wordpress", "greenlight", "pilos", "ilias", "studip", "openolat", "humhub", "zulip"),
    *("mattermost", "rocketchat", "discourse", "lti", "other"),
}


def described(*parameters: ParameterDescription, verb: Outcome = Outcome.FORWARD, name: str = "create") -> Description:
    call = CallDescription(name, verb, parameters=parameters)
    return Description("made", "Made", (call,), Limits(), "r")


def test_there_is_a_guide_for_every_frontend_that_people_ask_about() -> None:
    assert set(guides()) == EXPECTED
    assert list(guides())[-1] == "other"


@pytest.mark.parametrize("guide", guides().values(), ids=lambda guide: guide.id)
def test_a_guide_names_what_its_recorded_clients_send(guide: Guide) -> None:
    rows = [row for row in RECORDED if row["client"] in guide.clients and row["call"]]
    assert set(guide.clients) <= {row["client"] for row in RECORDED}
    assert rows or guide.id == "other"
    for row in rows:
        names = {name for name, _ in row["query"]} - {"checksum"}
        assert names <= set(guide.sends[row["call"]]), row["call"]
        assert not row["body"] or "(body)" in guide.sends[row["call"]]


@pytest.mark.parametrize("guide", guides().values(), ids=lambda guide: guide.id)
def test_a_guide_tells_both_values_and_speaks_both_languages(guide: Guide) -> None:
    kinds = {field.value for field in guide.fields}
    assert "secret" in kinds
    assert kinds & {"address", "api-address"}
    for words in (*guide.needs, *guide.steps, guide.test, *guide.mistakes):
        assert words.de != words.en
        assert words.de.count("`") % 2 == words.en.count("`") % 2 == 0


@pytest.mark.parametrize("guide", guides().values(), ids=lambda guide: guide.id)
def test_calls_of_a_guide_are_known(guide: Guide) -> None:
    assert set(guide.sends) <= set(CATALOGUE.calls)


def test_clients_that_need_the_long_form_are_told_so() -> None:
    long = {guide.id for guide in guides().values() if any(field.value == "api-address" for field in guide.fields)}
    assert long == {"mattermost", "discourse", "lti"}


def test_the_waiting_room_of_nextcloud_is_told_first() -> None:
    found = verdict(guides()["nextcloud"], SENFCALL, CATALOGUE).losses
    assert found[0].topic == "waiting-room"
    assert "create.guestPolicy" in found[0].names
    by_topic = {loss.topic: loss.names for loss in found}
    assert "create.record" in by_topic["recording"]
    assert "create.(body)" in by_topic["slides"]
    assert "create.meta_endCallbackUrl" in by_topic["callbacks"]
    assert by_topic["recording-lists"] == ("getRecordings",)
    assert not any("create.name" in names for names in by_topic.values())


def test_a_policy_that_passes_something_on_takes_it_off_the_list() -> None:
    guest = ParameterDescription("guestPolicy", "enum", "")
    lost = losses(described(guest), CATALOGUE, {"create": ("guestPolicy", "logo")})
    assert [(loss.topic, loss.names) for loss in lost] == [("design", ("create.logo",))]


def test_families_cover_their_names_and_fixed_values_do_not() -> None:
    family = ParameterDescription("meta_*", "string", "")
    fixed = ParameterDescription("record", "boolean", "", value="false")
    lost = losses(described(family, fixed), CATALOGUE, {"create": ("meta_room", "record", "nonsense")})
    assert [(loss.topic, loss.names) for loss in lost] == [
        ("recording", ("create.record",)),
        ("other", ("create.nonsense",)),
    ]


def test_a_call_that_is_not_passed_on_is_told_as_a_whole() -> None:
    ended = described(verb=Outcome.REFUSE, name="end")
    sent = {"end": ("meetingID",), "hooks/create": ("callbackURL",), "sendChatMessage": ()}
    assert [(loss.topic, loss.names) for loss in losses(ended, CATALOGUE, sent)] == [
        ("end", ("end",)),
        ("callbacks", ("hooks/create",)),
        ("calls", ("sendChatMessage",)),
    ]


def test_a_frontend_that_lacks_what_is_needed_is_told_so() -> None:
    assert verdict(guides()["discourse"], SENFCALL, CATALOGUE).refused == (Refused("create", ("name",)),)
    working = [guide.id for guide in guides().values() if not verdict(guide, SENFCALL, CATALOGUE).refused]
    assert set(working) == EXPECTED - {"discourse"}


def test_every_topic_of_the_catalogue_has_advice() -> None:
    assert set(ADVICE) >= TOPICS
    assert {topic_of_call(call) for call in CATALOGUE.calls} <= set(ADVICE)
    assert set(CALL_TOPICS) <= set(CATALOGUE.calls)
    weights = [advice.weight for advice in ADVICE.values()]
    assert weights == sorted(weights, reverse=True)


def test_code_in_a_sentence_is_marked_and_the_rest_is_escaped() -> None:
    words = Words(de="Nimm `a<b` & mehr", en="x")
    assert words.html("de") == 'Nimm <code translate="no">a&lt;b</code> &amp; mehr'
    assert words.html("en") == "x"


def test_fields_are_filled_with_the_address_and_never_with_a_secret() -> None:
    shown = shown_fields(
        guides()["moodle"], "de", Addresses("https://a.example.org/x/", "https://a.example.org/x/api/")
    )
    assert shown == [
        ("BigBlueButton Server URL", "code", "https://a.example.org/x/"),
        ("BigBlueButton Shared Secret", "secret", ""),
        ("Checksum Algorithm", "word", "SHA256"),
    ]
