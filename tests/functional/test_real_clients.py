"""Client libraries from PyPI and npm, unmodified, against what ``make serve`` starts."""

from __future__ import annotations

import html
import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import requests
from bbb_client.domain.meeting_management.model import Bbb, ChecksumError, MeetingDoesNotExist
from bigbluebutton_api_python import BigBlueButton
from bigbluebutton_api_python.exception import BBBException
from demonstration import Demonstration

NODE = Path(__file__).parents[1] / "node"


@pytest.fixture(scope="session")
def endpoints(demonstration: Demonstration) -> list[dict[str, str]]:
    """The endpoints that ``avv demo --json`` names: organization, url and secret of each."""
    found: list[dict[str, str]] = demonstration.described()["endpoints"]
    return found


@pytest.fixture
def endpoint(endpoints: list[dict[str, str]]) -> dict[str, str]:
    return endpoints[0]


def enter(join_url: str) -> str:
    """Follow a join link as a browser does; give the conference's page."""
    with requests.Session() as browser:
        page = browser.get(join_url, headers={"Accept": "text/html"}, timeout=30)
    assert page.status_code == 200, page.text
    assert len(page.history) == 2  # ours, and the backend's to its client
    assert page.history[0].status_code == 302
    assert page.history[1].cookies
    return str(page.text)


def seen_by_the_backend(demonstration: Demonstration) -> str:
    """Give the simulator's own page, which shows every meeting with all that reached it."""
    page = requests.get(f"http://127.0.0.1:{demonstration.port + 1}/", timeout=30)
    assert page.status_code == 200
    return html.unescape(page.text)


class TestBbbClient:
    """bbb-client: strict about the type of an answer, sends ``?&checksum=``, takes an address without last slash."""

    @pytest.fixture(params=["api", "api/"], ids=["as it wants it", "with a slash too many"])
    def client(self, request: pytest.FixtureRequest, endpoint: dict[str, str]) -> Bbb:
        return Bbb(endpoint["url"] + request.param, endpoint["secret"])

    def test_a_meeting_from_create_to_its_people(self, client: Bbb, request: pytest.FixtureRequest) -> None:
        meeting = f"bbb-client {request.node.callspec.id}"
        assert client.create_meeting(meeting, "Jour Fixe & mehr", "mp-1", "ap-1", max_participants=5)
        assert not client.create_meeting(meeting, "Jour Fixe & mehr", "mp-1", "ap-1")  # how it reports a duplicate
        info = client.get_meeting_info(meeting)
        assert (info.meetingID, info.meetingName) == (meeting, "Jour Fixe & mehr")
        assert (info.attendeePW, info.moderatorPW, str(info.maxUsers)) == ("ap-1", "mp-1", "5")
        assert info.participants == []
        assert "Ada Löwe" in enter(client.generate_join_url(meeting, "Ada Löwe", moderator=True))
        assert client.get_meeting_info(meeting).participants == ["Ada Löwe"]
        (listed,) = [found for found in client.get_meetings() if found.meetingID == meeting]
        assert listed.participants == ["Ada Löwe"]
        assert not client.end_meeting(meeting)
        assert str(client.get_meeting_info(meeting).participantCount) == "1"  # it runs on

    def test_an_unknown_meeting_and_a_wrong_secret_are_told_apart(self, client: Bbb, endpoint: dict[str, str]) -> None:
        with pytest.raises(MeetingDoesNotExist):
            client.get_meeting_info("nowhere")
        stranger = Bbb(endpoint["url"] + "api", "x" * 40)
        with pytest.raises(ChecksumError):
            stranger.get_meetings()

    def test_the_other_organisation_sees_none_of_it(self, client: Bbb, endpoints: list[dict[str, str]]) -> None:
        client.create_meeting("of the first", "Intern", "mp-1", "ap-1")
        other = Bbb(endpoints[1]["url"] + "api", endpoints[1]["secret"])
        assert "of the first" not in {found.meetingID for found in other.get_meetings()}
        with pytest.raises(MeetingDoesNotExist):
            other.get_meeting_info("of the first")


class TestBigBlueButtonApiPython:
    """bigbluebutton-api-python: wants an address that ends in ``/bigbluebutton/api/`` and cuts every other down."""

    @pytest.fixture
    def client(self, endpoint: dict[str, str]) -> BigBlueButton:
        return BigBlueButton(endpoint["url"] + "api/", endpoint["secret"])

    def test_a_meeting_from_create_to_its_people(
        self, client: BigBlueButton, endpoint: dict[str, str], demonstration: Demonstration
    ) -> None:
        meeting = "api-python (1)"
        assert not client.is_meeting_running(meeting).is_meeting_running()
        params = {"name": "Vorstand & Beirat", "attendeePW": "ap-2", "moderatorPW": "mp-2", "record": True}
        made = client.create_meeting(meeting, params, {"origin": "tests"})
        assert (made.get_meetingid(), made.get_return_code()) == (meeting, "SUCCESS")
        assert (made.get_attendee_pw(), made.get_moderator_pw()) == ("ap-2", "mp-2")
        assert client.create_meeting(meeting, params).get_message_key() == "duplicateWarning"
        assert not client.is_meeting_running(meeting).is_meeting_running()
        assert "Bea Ünal" in enter(client.get_join_meeting_url("Bea Ünal", meeting, "mp-2", {"userID": "u-2"}))
        assert client.is_meeting_running(meeting).is_meeting_running()
        info = client.get_meeting_info(meeting)
        (person,) = info.get_attendees()
        assert (person.get_userid(), person.get_fullname(), person.get_role()) == ("u-2", "Bea Ünal", "MODERATOR")
        assert not info.get_meetinginfo().is_recording()
        seen = seen_by_the_backend(demonstration)
        assert f"{endpoint['url'].split('/')[4]}-{meeting}" in seen
        assert "<dt>record</dt>\n<dd>false</dd>" in seen
        assert "<dt>record</dt>\n<dd>true</dd>" not in seen
        assert "meta_origin" not in seen
        assert meeting in {found.get_meetingid() for found in client.get_meetings().get_meetings()}
        assert client.get_recordings(meeting).get_recordings() == []

    def test_what_is_not_offered_is_an_exception_with_our_words(self, client: BigBlueButton) -> None:
        client.create_meeting("api-python (2)", {"name": "Vorstand", "moderatorPW": "mp-2"})
        with pytest.raises(BBBException, match="moderator ends it inside"):
            client.end_meeting("api-python (2)", "mp-2")
        with pytest.raises(BBBException, match="A meeting with that ID does not exist"):
            client.get_meeting_info("nowhere")

    def test_the_version_is_found(self, client: BigBlueButton) -> None:
        assert client.get_api_version().get_field("version") == "2.0"

    def test_an_address_that_lost_its_key_says_so(self, endpoint: dict[str, str]) -> None:
        """Given the address without ``api/``, the library keeps no more of it than the host."""
        with pytest.raises(BBBException, match="lacks the organisation's key"):
            BigBlueButton(endpoint["url"], endpoint["secret"]).get_meetings()


def node_is_there() -> bool:
    return bool(shutil.which("node") and shutil.which("npm"))


@pytest.mark.node
@pytest.mark.skipif(not node_is_there(), reason="Node.js and npm are not installed: apt-get install nodejs npm")
class TestBigBlueButtonJs:
    """bigbluebutton-js: leaves ``( ) * ' !`` as they are, and asks for XML, JSON and everything else."""

    @pytest.fixture(params=["", "/"], ids=["without a slash", "with a slash"])
    def base(self, request: pytest.FixtureRequest, endpoint: dict[str, str]) -> str:
        assert (NODE / "node_modules/bigbluebutton-js").is_dir(), "the library is not installed: make test does it"
        return endpoint["url"].rstrip("/") + str(request.param)

    def drive(self, base: str, secret: str, meeting: str, name: str) -> dict[str, Any]:
        environment = {**os.environ, "BASE": base, "SECRET": secret, "MEETING": meeting, "NAME": name}
        result = subprocess.run(
            ["node", "drive.js"], cwd=NODE, env=environment, capture_output=True, text=True, check=False
        )
        assert result.returncode == 0, result.stderr
        said: dict[str, Any] = json.loads(result.stdout)
        return said

    def test_a_meeting_from_create_to_its_people(
        self, base: str, endpoint: dict[str, str], request: pytest.FixtureRequest
    ) -> None:
        meeting = f"Raum (1) *Süd*! 100% {request.node.callspec.id}"
        said = self.drive(base, endpoint["secret"], meeting, "Probe (Alt) *neu*!")
        assert said["before"] == {"returncode": "SUCCESS", "running": False}
        assert (said["created"]["returncode"], said["created"]["meetingID"]) == ("SUCCESS", meeting)
        assert said["again"]["messageKey"] == "duplicateWarning"
        assert said["again"]["createTime"] == said["created"]["createTime"]
        assert "Ada Löwe" in enter(said["join"])
        said = self.drive(base, endpoint["secret"], meeting, "Probe (Alt) *neu*!")
        assert said["before"]["running"] is True
        assert said["info"]["meetingName"] == "Probe (Alt) *neu*!"
        assert said["info"]["attendees"]["attendee"]["fullName"] == "Ada Löwe"
        assert said["info"]["recording"] is False
        assert meeting in {found["meetingID"] for found in said["meetings"]["meetings"]}
        assert said["recordings"]["messageKey"] == "noRecordings"
        assert (said["ended"]["returncode"], said["ended"]["messageKey"]) == ("FAILED", "unsupportedRequest")

    def test_an_apostrophe_fails_as_with_any_server(self, base: str, endpoint: dict[str, str]) -> None:
        """The library signs it as it is, and Node.js sends ``%27``: the checksum is not for what was sent."""
        said = self.drive(base, endpoint["secret"], "Apostroph", "Chor's Probe")
        assert said["created"]["messageKey"] == "checksumError"
        assert said["info"]["messageKey"] == "notFound"
