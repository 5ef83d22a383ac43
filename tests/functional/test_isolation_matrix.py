"""Organisation by call by spelling of the meeting's ID: nobody reaches a meeting that is not theirs.

A meeting of somebody else and one that never was are answered with the same bytes and the same work.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from typing import NamedTuple
from urllib.parse import parse_qsl, urlsplit

import pytest
from product import ENTER, Plugin, Product, outcome, read, without_id
from spellings import SPELLINGS, Sight, Spelling
from webtest import TestResponse

Ask = Callable[[Plugin, str], TestResponse]
PERSON = {"fullName": "Ada", "password": "mp77"}

QUESTIONS: dict[str, Ask] = {
    "isMeetingRunning": lambda plugin, name: plugin.call("isMeetingRunning", {"meetingID": name}),
    "getMeetingInfo": lambda plugin, name: plugin.call("getMeetingInfo", {"meetingID": name}),
    "getMeetings": lambda plugin, name: plugin.call("getMeetings", {"meetingID": name}),
    "getRecordings": lambda plugin, name: plugin.call("getRecordings", {"meetingID": name}),
    "end": lambda plugin, name: plugin.call("end", {"meetingID": name, "password": "mp77"}),
    "join": lambda plugin, name: plugin.call("join", {**PERSON, "meetingID": name}),
    "join by a browser": lambda plugin, name: plugin.call(
        "join", {**PERSON, "meetingID": name}, headers={"Accept": ENTER}
    ),
    "join for a document": lambda plugin, name: plugin.call("join", {**PERSON, "meetingID": name, "redirect": "false"}),
}
CREATE: Ask = lambda plugin, name: plugin.call("create", {"name": "Unser Raum", "meetingID": name})  # noqa: E731  # like its neighbours
ABOUT_UNKNOWN = {
    "isMeetingRunning": "SUCCESS",
    "getMeetingInfo": "notFound",
    "getMeetings": "SUCCESS",
    "getRecordings": "SUCCESS",
    "end": "unsupportedRequest",
    "join": "invalidMeetingIdentifier",
    "join by a browser": 404,
    "join for a document": "invalidMeetingIdentifier",
}
WITHOUT_ID = ("getMeetings", "getRecordings")
"""Calls whose policy lets no ID through: theirs is ignored, whatever it is."""
REFUSED = {
    "malformed": ("validationError", "validationError", "validationError"),
    "form": ("validationError", "notFound", "invalidMeetingIdentifier"),
    "length": ("sizeError", "notFound", "invalidMeetingIdentifier"),
}
"""What create and isMeetingRunning, getMeetingInfo, and join say to an ID of a form that BBB does not have."""

BATCH = 12
"""Spellings that share one product: each begins with an empty backend all the same."""
every_spelling = pytest.mark.parametrize(
    "spellings",
    [SPELLINGS[start : start + BATCH] for start in range(0, len(SPELLINGS), BATCH)],
    ids=lambda batch: f"from {batch[0].about}".replace(" ", "-"),
)


def sides(product: Product) -> Iterator[tuple[Plugin, Plugin]]:
    """Give one who asks and one who is asked about, both ways; each begins with an empty backend."""
    for own, other in ((product.a, product.b), (product.b, product.a)):
        yield own, other
        for meeting in product.simulator.meetings:
            product.simulator.end(meeting.external_id)


def expected_of(spelling: Spelling, call: str) -> object:
    """Say what the one who asks is told."""
    if spelling.refused == "not" or ABOUT_UNKNOWN[call] in {404, "unsupportedRequest"} or call in WITHOUT_ID:
        return ABOUT_UNKNOWN[call]
    running, info, join = REFUSED[spelling.refused]
    return running if call == "isMeetingRunning" else info if call == "getMeetingInfo" else join


def sight_of(product: Product, own: Plugin, other: Plugin, shared: str) -> Sight:
    meeting = product.simulator.meetings.running(f"{other.key}-{shared}")
    assert meeting is not None
    return Sight(own.key, other.key, meeting.internal_id, shared)


class Told(NamedTuple):
    """An answer without its id, and how many requests to the backend it took."""

    status: str
    headers: list[tuple[str, str]]
    body: bytes
    word: object
    requests: int


def asked(product: Product, ask: Ask, plugin: Plugin, name: str) -> Told:
    before = len(product.simulator.requests)
    response = ask(plugin, name)
    word = response.status_int if response.status_int != 200 else outcome(response)
    return Told(*without_id(response), word, len(product.simulator.requests) - before)


def own_ids(plugin: Plugin) -> list[str]:
    return [found.findtext("meetingID", "") for found in read(plugin.call("getMeetings")).findall("meetings/meeting")]


def is_answered_like_an_unknown_one(product: Product, own: Plugin, other: Plugin, spelling: Spelling) -> None:
    """The other one has meetings under a plain ID and under the very same spelling; people are in both."""
    shared = "their-room"
    other.create(shared, "Vertraulich", moderatorPW="mp77")
    product.simulator.join(f"{other.key}-{shared}", "Vertrauliche Person")
    sight = sight_of(product, own, other, shared)
    name, kept = spelling.write(sight), spelling.kept(sight)
    if kept is not None and not spelling.too_short_for_create and kept != shared:
        assert other.create(name, "Vertraulich", moderatorPW="mp77").findtext("returncode") == "SUCCESS"
        product.simulator.join(f"{other.key}-{kept}", "Vertrauliche Person")
    for call, ask in QUESTIONS.items():
        foreign = asked(product, ask, own, name)
        if kept is not None:
            assert foreign == asked(product, ask, own, "never-was"), (spelling.about, call)
        else:
            assert foreign.requests == (1 if call == "getMeetings" else 0), (spelling.about, call)
        assert foreign.word == expected_of(spelling, call), (spelling.about, call)
        for secret in ("Vertraulich", other.key, sight.other_internal_id):
            assert secret.encode() not in foreign.body, (spelling.about, call)


def comes_back_exactly(product: Product, own: Plugin, other: Plugin, spelling: Spelling) -> None:
    """And it names the one meeting, which the other organisation does not see."""
    shared = "their-room"
    other.create(shared, "Deren Raum")
    sight = sight_of(product, own, other, shared)
    name, kept = spelling.write(sight), spelling.kept(sight)
    if kept is None or spelling.too_short_for_create:
        key = "sizeError" if spelling.too_short_for_create else REFUSED[spelling.refused][0]
        own_refusal = asked(product, CREATE, own, name)
        assert (own_refusal.word, own_refusal.requests) == (key, 0), spelling.about
        return
    created = own.create(name, "Unser Raum", moderatorPW="mp77", attendeePW="ap77")
    made = product.simulator.meetings.running(f"{own.key}-{kept}")
    assert made is not None, spelling.about
    assert created.findtext("meetingID") == kept
    assert created.findtext("internalMeetingID") == made.internal_id != sight.other_internal_id
    info = read(own.call("getMeetingInfo", {"meetingID": name}))
    assert (info.findtext("meetingID"), info.findtext("meetingName")) == (kept, "Unser Raum")
    assert own_ids(own) == [kept]
    assert own_ids(other) == [shared]
    product.simulator.join(f"{own.key}-{kept}", "Ada")
    assert read(own.call("isMeetingRunning", {"meetingID": name})).findtext("running") == "true", spelling.about
    assert read(other.call("isMeetingRunning", {"meetingID": name})).findtext("running") == "false", spelling.about
    joined = own.call("join", {**PERSON, "meetingID": name})
    signed = dict(parse_qsl(urlsplit(joined.headers["Location"]).query, strict_parsing=True))
    assert signed["meetingID"] == f"{own.key}-{kept}"
    inside = read(own.call("join", {**PERSON, "meetingID": name, "redirect": "false"}))
    assert inside.findtext("meeting_id") == made.internal_id, spelling.about
    seen_by_other = outcome(other.call("getMeetingInfo", {"meetingID": kept}))
    assert seen_by_other == ("SUCCESS" if kept == shared else "notFound"), spelling.about


@every_spelling
def test_another_organisations_meeting_is_answered_like_one_that_never_was(
    product: Product, spellings: tuple[Spelling, ...]
) -> None:
    for spelling in spellings:
        for own, other in sides(product):
            is_answered_like_an_unknown_one(product, own, other, spelling)


@every_spelling
def test_an_id_comes_back_exactly_and_names_one_meeting_alone(
    product: Product, spellings: tuple[Spelling, ...]
) -> None:
    for spelling in spellings:
        for own, other in sides(product):
            comes_back_exactly(product, own, other, spelling)


def test_spellings_that_look_alike_are_meetings_of_their_own(product: Product) -> None:
    """Nothing is folded: neither letter case nor Unicode forms nor percent escapes."""
    sight = Sight(product.a.key, product.b.key, "f" * 40 + "-1", "room")
    names = {kept for one in SPELLINGS if not one.too_short_for_create and (kept := one.kept(sight)) is not None}
    for name in names:
        assert product.a.create(name).findtext("messageKey") == "", name
    assert set(own_ids(product.a)) == names
    assert len(product.simulator.meetings) == len(names)
    assert own_ids(product.b) == []


def test_no_answer_tells_the_other_organisations_key(product: Product) -> None:
    """The log of the operators may name both; it has no ID, name or password in it."""
    product.b.create("their-room", "Vertraulich", moderatorPW="mp-geheim")
    for ask in QUESTIONS.values():
        assert product.b.key.encode() not in ask(product.a, f"{product.b.key}-their-room").body
    log: io.StringIO = product.log
    for marker in ("Vertraulich", "mp-geheim", "their-room", "Ada"):
        assert marker not in log.getvalue()
