"""Which signatures a backend accepts."""

from __future__ import annotations

import hashlib

import pytest

from senfcall_avv.simulator import Simulator
from senfcall_avv.simulator.messages import Answer, Request
from tests.unit.simulator.signed import FORM, SECRET, Make, Server

PUBLISHED_SECRET = "demo-secret-please-change-0123456789"
ROOM = "meetingID=chor-7&name=Probe"


def refused(answer: Answer) -> bool:
    return b"<messageKey>checksumError</messageKey>" in answer.body


def sha(call: str, query: str, algorithm: str = "sha1") -> str:
    return hashlib.new(algorithm, f"{call}{query}{SECRET}".encode()).hexdigest()


@pytest.mark.parametrize(
    ("call", "query", "checksum"),
    [
        ("getMeetings", "", "1cacb67d6375cab1b16aa96889a174da297b2b36"),
        ("isMeetingRunning", "meetingID=verein-42-jour-fixe", "45f10dc2db4d09806e4b78ae0728947abd4eb53c"),
        (
            "create",
            "name=Jour+Fixe&meetingID=verein-42-jour-fixe&attendeePW=ap77&moderatorPW=mp77",
            "695455323cdb0a695132a61d1cfe8b2b58a56db2",
        ),
        (
            "create",
            "name=Jour%20Fixe&meetingID=verein-42-jour-fixe&attendeePW=ap77&moderatorPW=mp77",
            "9703c50e66363ac08ab6ccab05992ede6069326e",
        ),
        ("getMeetings", "", "9974c7b846611ecf547c20382638875276603c0de3a5d0e63612d5206b04a32e"),
        (
            "getMeetings",
            "",
            "d09cbce6eaf8dc07c1325bb620363edd7426e7409f941773aaee03bda1ca5c6c93aa773e338d511540358941d3a4f638",
        ),
    ],
)
def test_published_vectors_pass(call: str, query: str, checksum: str) -> None:
    simulator = Simulator(PUBLISHED_SECRET)
    joint = "&" if query else ""

    answer = simulator.answer(Request("GET", f"/bigbluebutton/api/{call}?{query}{joint}checksum={checksum}"))

    assert b"<returncode>SUCCESS</returncode>" in answer.body


@pytest.mark.parametrize("place", ["checksum={c}&{q}", "{q}&checksum={c}", "meetingID=chor-7&checksum={c}&name=Probe"])
def test_the_checksum_may_stand_anywhere(server: Server, place: str) -> None:
    query = place.format(c=sha("create", ROOM), q=ROOM)

    assert not refused(server.send("GET", f"/bigbluebutton/api/create?{query}"))


def test_an_identical_second_checksum_is_cut_out_too(server: Server) -> None:
    c = sha("create", ROOM)

    assert not refused(server.send("GET", f"/bigbluebutton/api/create?checksum={c}&{ROOM}&checksum={c}"))


def test_of_two_checksums_the_first_counts_and_covers_the_other(server: Server) -> None:
    rest = f"{ROOM}&checksum=other"

    answer = server.send("GET", f"/bigbluebutton/api/create?checksum={sha('create', rest)}&{rest}")

    assert not refused(answer)


@pytest.mark.parametrize(
    "query",
    [
        ROOM,
        ROOM + "&checksum=",
        ROOM + "&check%73um={c}",
        ROOM + "&checksum={other}",
        ROOM + "&checksum={c}0",
        ROOM + "&record=true&checksum={c}",
        "name=Probe&meetingID=chor-7&checksum={c}",
        ROOM.replace("Probe", "%50robe") + "&checksum={c}",
    ],
    ids=["missing", "empty", "disguised", "other call's", "too long", "added parameter", "reordered", "re-encoded"],
)
def test_anything_else_is_refused(server: Server, query: str) -> None:
    query = query.format(c=sha("create", ROOM), other=sha("join", ROOM))

    answer = server.send("GET", f"/bigbluebutton/api/create?{query}")

    assert answer.body == (
        b"<response>\n<returncode>FAILED</returncode>\n<messageKey>checksumError</messageKey>\n"
        b"<message>Checksums do not match</message>\n</response>"
    )


@pytest.mark.parametrize(("profile", "passes"), [("2.5", False), ("2.7", False), ("3.0b1", True), ("3.0.15", True)])
def test_upper_case_passes_from_version_3_on(make_server: Make, profile: str, passes: bool) -> None:
    server = make_server(profile)

    answer = server.send("GET", f"/bigbluebutton/api/getMeetings?checksum={sha('getMeetings', '').upper()}")

    assert refused(answer) is not passes


@pytest.mark.parametrize("algorithm", ["sha1", "sha256", "sha384", "sha512"])
def test_only_listed_algorithms_pass(make_server: Make, algorithm: str) -> None:
    without = ",".join({"sha1", "sha256", "sha384", "sha512"} - {algorithm})

    assert not refused(make_server(algorithms=algorithm).call("getMeetings", algorithm=algorithm))
    assert refused(make_server(algorithms=without).call("getMeetings", algorithm=algorithm))


def test_an_empty_secret_lets_everything_pass() -> None:
    answer = Simulator("").answer(Request("GET", "/bigbluebutton/api/getMeetings"))

    assert b"<meetings/>" in answer.body


@pytest.mark.parametrize("profile", ["2.5", "2.7", "3.0.15"])
def test_a_form_with_a_signed_query_is_merged_unsigned(make_server: Make, profile: str) -> None:
    server = make_server(profile)

    server.call("create", "meetingID=chor-7", method="POST", body=b"name=Probe&record=true", content_type=FORM)

    assert server.simulator.meetings.running("chor-7").record


def test_query_values_win_over_the_forms(server: Server) -> None:
    server.call("create", ROOM, method="POST", body=b"name=Other&meetingID=other", content_type=FORM)

    assert [(one.external_id, one.name) for one in server.simulator.meetings] == [("chor-7", "Probe")]


@pytest.mark.parametrize(
    ("profile", "hashed", "passes"),
    [
        ("2.5", "meetingID=chor-7&name=Probe+*%7E", True),
        ("2.5", "", False),
        ("2.7", "", True),
        ("3.0.15", "", True),
        ("3.0.15", "meetingID=chor-7&name=Probe+*%7E", False),
    ],
)
def test_a_form_without_query_is_hashed_by_the_versions_rule(
    make_server: Make, profile: str, hashed: str, passes: bool
) -> None:
    server = make_server(profile)
    body = f"name=Probe%20*~&checksum={sha('create', hashed)}&meetingID=chor-7".encode()

    answer = server.send("POST", "/bigbluebutton/api/create", body, {"Content-Type": FORM})

    assert refused(answer) is not passes


def test_the_call_name_is_part_of_what_is_signed_without_its_suffix(make_server: Make) -> None:
    server = make_server("2.5")

    answer = server.send("GET", f"/bigbluebutton/api/getMeetings.xml?checksum={sha('getMeetings', '')}")

    assert b"<meetings/>" in answer.body


def test_a_trailing_and_a_doubled_slash_do_no_harm(server: Server) -> None:
    c = sha("getMeetings", "")

    assert b"<meetings/>" in server.send("GET", f"/bigbluebutton//api/getMeetings/?checksum={c}").body


@pytest.mark.parametrize("profile", ["2.7", "3.0b1", "3.0.15"])
def test_the_upload_parameter_switches_the_checksum_off(make_server: Make, profile: str) -> None:
    server = make_server(profile)
    hole = "presentationUploadExternalUrl=https%3A%2F%2Ffiles.example.org"

    answer = server.send("GET", f"/bigbluebutton/api/create?{ROOM}&checksum=wrong&{hole}")

    assert b"<returncode>SUCCESS</returncode>" in answer.body
    for url in ("nonsense", "http%3A%2F%2F%5B", ""):
        refusal = server.send("GET", f"/bigbluebutton/api/create?{ROOM}&presentationUploadExternalUrl={url}")
        assert b"is not a valid URL</message>" in refusal.body


def test_before_the_hole_the_upload_parameter_is_unknown(make_server: Make) -> None:
    answer = make_server("2.5").send(
        "GET", f"/bigbluebutton/api/create?{ROOM}&presentationUploadExternalUrl=https://files.example.org"
    )

    assert refused(answer)


def test_without_validation_an_unknown_meeting_makes_the_server_stumble(server: Server) -> None:
    answer = server.send(
        "GET", "/bigbluebutton/api/getMeetingInfo?meetingID=none&presentationUploadExternalUrl=https://a.example.org"
    )

    assert answer.status == 500
    assert b"<response>" not in answer.body
    for call in ("create?name=Chor", "create?meetingID=chor-7", "join?fullName=Ada", "end?"):
        path = f"/bigbluebutton/api/{call}&presentationUploadExternalUrl=https://a.example.org"
        assert server.send("GET", path).status == 500
