"""The shipped catalogue: complete, consistent, and true to what the rest of the protocol room says."""

import re

import pytest

from senfcall_avv.bbb import catalog
from senfcall_avv.bbb.call import MAX_TARGET
from senfcall_avv.bbb.xml import ANSWERS

CATALOGUE = catalog.load()
EVERY = [(call, name) for call, entry in CATALOGUE.calls.items() for name in entry.parameters]

CALLS = {
    *("create", "join", "isMeetingRunning", "end", "getMeetingInfo", "getMeetings", "getSessions"),
    *("insertDocument", "sendChatMessage"),
    *("getRecordings", "publishRecordings", "deleteRecordings", "updateRecordings"),
    *("getRecordingTextTracks", "putRecordingTextTrack"),
    *("enter", "stuns", "signOut", "guestWait", "learningDashboard", "getJoinUrl", "feedback"),
    *("hooks/create", "hooks/destroy", "hooks/list", "hooks/ping"),
}


def parameter(call: str, name: str) -> catalog.Parameter:
    return CATALOGUE.calls[call].parameters[name]


def test_it_has_every_call_and_none_that_is_gone() -> None:
    assert set(CATALOGUE.calls) == CALLS


def test_it_is_read_once() -> None:
    assert catalog.load() is catalog.load()


@pytest.mark.parametrize(("call", "name"), EVERY)
def test_every_parameter_uses_the_words_of_the_catalogue(call: str, name: str) -> None:
    known = parameter(call, name)
    assert known.name == name
    assert known.type in catalog.TYPES
    assert known.group in catalog.GROUPS
    assert known.topic in catalog.TOPICS
    assert known.risk is None or known.risk in catalog.RISKS
    assert known.since == catalog.ALWAYS or re.fullmatch(r"\d+\.\d+(\.\d+)?", known.since)


@pytest.mark.parametrize(("call", "name"), EVERY)
def test_every_parameter_has_a_sentence_in_both_languages(call: str, name: str) -> None:
    known = parameter(call, name)
    for sentence in (known.summary, known.summary_de):
        assert sentence[0].isupper()
        assert sentence.endswith(".")
    assert not re.search(r"\b(du|dein|deine|euch|eure|ihr|Sie|Ihre)\b", known.summary_de)


@pytest.mark.parametrize(("call", "name"), EVERY)
def test_bounds_choices_and_neutral_values_fit_the_type(call: str, name: str) -> None:
    known = parameter(call, name)
    if known.min is not None and known.max is not None:
        assert known.min <= known.max
    if known.type == "enum":
        assert known.choices
    if known.zero_is_unlimited:
        assert known.type == "integer"
    if known.type == "boolean":
        assert set(known.neutral) <= {"true", "false"}
    if known.choices is not None:
        assert known.type in {"enum", "list"}
        assert set(known.neutral) <= set(known.choices)


@pytest.mark.parametrize(("call", "name"), EVERY)
def test_an_old_name_is_known_beside_the_new_one(call: str, name: str) -> None:
    entry = CATALOGUE.calls[call]
    old = parameter(call, name).old_name
    if old is not None:
        assert old in entry.parameters
        assert entry.newer_name(old) == name
    assert entry.newer_name(name) != name


@pytest.mark.parametrize("call", sorted(CALLS))
def test_every_call_is_described(call: str) -> None:
    entry = CATALOGUE.calls[call]
    assert entry.name == call
    assert entry.summary.endswith(".")
    assert entry.summary_de.endswith(".")
    assert set(entry.methods) <= {"GET", "POST"}
    assert entry.methods


@pytest.mark.parametrize("call", sorted(CALLS))
def test_only_calls_that_read_can_be_answered_here(call: str) -> None:
    entry = CATALOGUE.calls[call]
    assert set(entry.answers) <= set(ANSWERS) - {"version"}
    assert not entry.answers or entry.effect == "read"


def test_every_answer_that_we_can_write_fits_some_call() -> None:
    fitting = {kind for entry in CATALOGUE.calls.values() for kind in entry.answers}
    assert fitting == set(ANSWERS) - {"version"}


def test_join_is_asked_by_get_alone() -> None:
    assert CATALOGUE.calls["join"].methods == ("GET",)


def test_calls_of_the_meeting_client_are_marked() -> None:
    sessions = {name for name, entry in CATALOGUE.calls.items() if entry.session}
    assert sessions == {"enter", "stuns", "signOut", "guestWait", "learningDashboard", "getJoinUrl", "feedback"}
    assert all("sessionToken" in CATALOGUE.calls[name].parameters for name in sessions)


@pytest.mark.parametrize(
    "name",
    [
        *("checksum", "presentationUploadExternalUrl", "presentationUploadExternalDescription", "isBreakout"),
        *("isBreakoutRoom", "parentMeetingID", "sequence", "freeJoin", "configToken", "existingUserID"),
        *("replaceSessionToken", "sessionName", "errorRedirectUrl", "redirectErrorUrl"),
        *("meta_avv-organization", "meta_avv-"),
    ],
)
def test_reserved_names_are_reserved_in_any_letter_case(name: str) -> None:
    assert all(CATALOGUE.is_reserved(spelling) for spelling in (name, name.upper(), name.lower(), name.title()))


@pytest.mark.parametrize("name", ["meetingID", "meta_bbb-origin", "meta_av-x", "session", "", "record"])
def test_other_names_are_not_reserved(name: str) -> None:
    assert not CATALOGUE.is_reserved(name)


def test_a_reserved_parameter_is_marked_wherever_it_is_listed() -> None:
    marked = {name for call, name in EVERY if parameter(call, name).reserved}
    assert {name.casefold() for name in marked} == CATALOGUE.reserved - {"checksum"}


@pytest.mark.parametrize(
    ("name", "risk"),
    [
        *((name, "fetch") for name in ("preUploadedPresentation", "meetingEndedURL", "meta_endCallbackUrl")),
        *((name, "fetch") for name in ("meta_bbb-recording-ready-url", "meta_analytics-callback-url")),
        *((name, "code") for name in ("pluginManifests", "pluginManifestsFetchUrl")),
        *((name, "tracking") for name in ("logo", "loginURL", "bannerText", "copyright", "dialNumber")),
        ("voiceBridge", "numbers"),
        ("allowRequestsWithoutSession", "session"),
        ("disabledFeaturesExclude", "ban"),
    ],
)
def test_dangerous_parameters_of_create_say_why(name: str, risk: str) -> None:
    assert parameter("create", name).risk == risk


@pytest.mark.parametrize(
    ("name", "risk"),
    [
        *((name, "tracking") for name in ("avatarURL", "webcamBackgroundURL", "logoutURL")),
        *((name, "code") for name in ("userdata-bbb_custom_style", "userdata-bbb_custom_style_url")),
    ],
)
def test_dangerous_parameters_of_join_say_why(name: str, risk: str) -> None:
    assert parameter("join", name).risk == risk


def test_recording_switches_are_of_the_recording_group() -> None:
    names = {
        *("record", "autoStartRecording", "allowStartStopRecording", "recordFullDurationMedia"),
        *("notifyRecordingIsOn", "meetingKeepEvents", "breakoutRoomsRecord"),
    }
    assert {parameter("create", name).group for name in names} == {"recording"}


def test_locks_and_waiting_room_restrict() -> None:
    names = [name for name in CATALOGUE.calls["create"].parameters if name.startswith("lockSettings")]
    assert len(names) >= 10
    assert all(parameter("create", name).restricts for name in (*names, "guestPolicy"))
    assert all(parameter("join", name).restricts for name in ("guest", "role", "createTime", "excludeFromDashboard"))


def test_metadata_is_found_in_any_letter_case_because_bbb_lowers_it() -> None:
    create = CATALOGUE.calls["create"]
    found = create.find("meta_ENDcallbackURL")
    assert found is not None
    assert found.name == "meta_endCallbackUrl"
    assert create.find("META_endCallbackUrl") is None
    assert create.find("Record") is None


@pytest.mark.parametrize(
    ("call", "name", "prefix"),
    [
        ("create", "meta_a", "meta_"),
        ("create", "meta_bbb-origin-2", "meta_"),
        ("create", "meta_" + "a" * 64, "meta_"),
        ("create", "meta_" + "a" * 65, None),
        ("create", "meta_a_b", None),
        ("create", "meta_7", None),
        ("create", "meta_", None),
        ("create", "Meta_a", None),
        ("create", "meta_a\n", None),
        ("create", "userdata-bbb_x", None),
        ("join", "userdata-bbb_x", "userdata-"),
        ("join", "userdata-a-b", None),
        ("join", "userdata-", None),
        ("join", "meta_a", None),
        ("getRecordings", "meta_a", "meta_"),
        ("updateRecordings", "meta_a", "meta_"),
        ("getMeetings", "meta_a", None),
    ],
)
def test_names_belong_to_a_family_by_bbbs_own_rule(call: str, name: str, prefix: str | None) -> None:
    family = CATALOGUE.calls[call].family(name)
    assert (None if family is None else family.prefix) == prefix


def test_no_bound_is_longer_than_a_request_can_be() -> None:
    texts = [parameter(call, name) for call, name in EVERY if parameter(call, name).type != "integer"]
    assert all(known.max is None or known.max < MAX_TARGET for known in texts)


@pytest.mark.parametrize("text", ["date = 1", "[calls.x]\n", "date = '2026-11'\nreserved = []\n[calls.x]\nen = ''\n"])
def test_a_text_that_is_no_catalogue_is_an_error(text: str) -> None:
    with pytest.raises(KeyError):
        catalog.read(text)
