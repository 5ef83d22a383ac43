"""Every request of the corpus of real clients, sent byte for byte over the wire with a real key and secret."""

from __future__ import annotations

import hashlib
import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from corpus import ENTRIES, SAMPLE_KEY, Entry
from listening import Reply, captured_log, exchange, serving
from lxml import etree
from product import Plugin, Product

from senfcall_avv import make_app
from senfcall_avv.db import make_engine, make_session_factory, session_scope
from senfcall_avv.endpoints.services import create_endpoint
from senfcall_avv.operations.serving import listen
from senfcall_avv.organizations.services import create_organization
from senfcall_avv.sealing import KeyRing, generate_key_line
from senfcall_avv.settings import load_settings
from senfcall_avv.simulator.app import Simulator
from senfcall_avv.simulator.server import serve_in_thread

BACKEND_SECRET = "secret-of-the-simulated-backend-0123456789"
POLICIES = Path(__file__).parents[2] / "policies"

ANSWERED = {"", "getRecordings"}
"""Calls that are answered without a backend."""
FORWARDED = {"create", "isMeetingRunning", "getMeetings", "getMeetingInfo"}
"""Calls that the published list of the service passes on, beside join."""
DOOR = f"/b/{SAMPLE_KEY}/bigbluebutton"


def expected(entry: Entry) -> str:
    """Say what a client must get: the elements it reads, a redirect, or a refusal with this messageKey."""
    if entry.path.startswith("/bigbluebutton/"):
        return "checksumError"  # the client cut the key out of its address
    if not entry.path.startswith(DOOR):
        return "unsupportedRequest"  # the call follows the bare key
    if not entry.genuine or entry.data["checksum_in"] == "body":
        return "checksumError"
    if entry.call == "create" and "name" not in entry.params:
        return "nullError"
    if entry.call == "create" and len(entry.params["name"]) < 2:
        return "sizeError"  # BBB says the same
    if entry.call == "join":
        return "redirect"
    return "elements" if entry.call in ANSWERED | FORWARDED else "unsupportedRequest"


def chosen(*calls: str) -> list[Entry]:
    """Give the entries of these calls that are answered."""
    return [entry for entry in ENTRIES if entry.call in calls and expected(entry) == "elements"]


REFUSALS = ("checksumError", "unsupportedRequest", "nullError", "sizeError")


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory, migrated_sqlite: Path) -> Iterator[Product]:
    """The product behind its web server, once for all requests."""
    folder, opened = tmp_path_factory.mktemp("corpus"), listen("127.0.0.1", 0)
    simulator = Simulator(BACKEND_SECRET)
    keys = generate_key_line()
    netloc = f"127.0.0.1:{opened.getsockname()[1]}"
    with serve_in_thread(simulator) as running:
        ini = {
            "avv.environment": "development",
            "avv.public_url": f"http://{netloc}",
            "avv.database_url": f"sqlite:///{shutil.copy(migrated_sqlite, folder / 'avv.sqlite')}",
            "avv.keys": keys,
            "avv.policy.directory": str(POLICIES),
            "avv.contracts.directory": str(POLICIES.parent / "contracts"),
            "avv.texts.directory": str(POLICIES.parent / "texts"),
            "avv.backend.url": f"{running.url}/bigbluebutton",
            "avv.backend.secret": BACKEND_SECRET,
        }
        settings = load_settings(ini, {})
        engine = make_engine(settings.database_url)
        with session_scope(make_session_factory(engine)) as session:
            plugins = []
            for name in ("Verein A e. V.", "Verein B e. V."):
                endpoint, secret = create_endpoint(session, KeyRing.from_text(keys), create_organization(session, name))
                plugins.append((endpoint.key, secret))
        engine.dispose()
        with captured_log() as log:
            edge = make_app(settings, ini)
            made = Product(edge, simulator, log, plugins)
            made.app.extra_environ["HTTP_HOST"] = netloc
            with serving(edge, opened):
                yield made
            edge.close()


@pytest.fixture
def a(product: Product) -> Plugin:
    """The organisation that the requests are sent for, on a server without meetings."""
    for meeting in product.simulator.meetings:
        product.simulator.end(meeting.external_id)
    product.simulator.requests.clear()
    return product.a


def send(a: Plugin, entry: Entry) -> Reply:
    return exchange(a.app.extra_environ["HTTP_HOST"], *entry.sent(a.key, a.secret))


def with_meeting(product: Product, entry: Entry) -> str:
    """Have the meeting that a request is about, or any, with somebody in it; give its ID."""
    meeting_id = entry.params.get("meetingID") or "room-1"
    if len(meeting_id) >= 2:  # one client asks about a meeting that cannot be made, to see whether the server answers
        root = product.a.create(meeting_id, attendeePW="ap", moderatorPW=entry.params.get("password") or "mp")
        assert root.findtext("returncode") == "SUCCESS"
        product.simulator.join(f"{product.a.key}-{meeting_id}", "Ada", "MODERATOR", userID="u1")
    return meeting_id


def document(reply: Reply) -> etree._Element:
    """Read an answer as the strictest client does."""
    assert reply.status == 200
    assert reply.headers["Content-Type"].startswith("text/xml")
    assert "Content-Encoding" not in reply.headers
    return etree.fromstring(reply.body)


def has(root: etree._Element, need: str) -> bool:
    """Tell whether an answer holds what a client reads. A name alone may stand anywhere in the document."""
    if need == "second child must be meetings":
        return root[1].tag == "meetings"
    if need == "whole document is passed to the page":
        return len(root) > 1
    if need == "recordings/recording":  # there is never one: such clients must find the empty list instead
        return root.find("recordings") is not None and root.findtext("messageKey") == "noRecordings"
    return root.find(f".//{need}") is not None


def missing(root: etree._Element, entry: Entry) -> list[str]:
    """List what a client would look for in vain. What every answer has is asserted by ``document``."""
    waived = {"Content-Type starting with text/xml", "totalElements (optional)"}
    if entry.call == "getMeetingInfo":
        waived.add("messageKey")  # BBB sends it with a failure only, and only then it is read
    return [need for need in entry.needs if need not in waived and not has(root, need)]


@pytest.mark.parametrize(
    "entry",
    [
        *(entry for entry in ENTRIES if expected(entry) == "elements" and entry.call == "create"),
        *(entry.with_name("Raum") for entry in ENTRIES if expected(entry) == "sizeError"),
    ],
    ids=str,
)
def test_a_meeting_is_created_and_found_again(product: Product, a: Plugin, entry: Entry) -> None:
    first = document(send(a, entry))
    assert first.findtext("returncode") == "SUCCESS"
    assert missing(first, entry) == []
    assert first.findtext("meetingID") == entry.params["meetingID"]
    again = document(send(a, entry))
    assert again.findtext("messageKey") == "duplicateWarning"
    assert again.findtext("createTime") == first.findtext("createTime")
    assert len(product.simulator.meetings) == 1
    assert not any(request.body for request in product.simulator.requests)


@pytest.mark.parametrize("entry", chosen("isMeetingRunning", "getMeetings", "getMeetingInfo"), ids=str)
def test_a_client_finds_what_it_reads_about_meetings(product: Product, a: Plugin, entry: Entry) -> None:
    meeting_id = with_meeting(product, entry)
    root = document(send(a, entry))
    assert root.findtext("returncode") == "SUCCESS"
    assert missing(root, entry) == []
    assert root.findtext(".//meetingID", meeting_id) == meeting_id


@pytest.mark.parametrize("entry", chosen("", "getRecordings"), ids=str)
def test_a_client_finds_what_it_reads_without_a_backend(product: Product, a: Plugin, entry: Entry) -> None:
    root = document(send(a, entry))
    assert root.findtext("returncode") == "SUCCESS"
    assert missing(root, entry) == []
    assert product.sent == []


@pytest.mark.parametrize("entry", chosen("isMeetingRunning"), ids=str)
def test_a_meeting_that_is_not_there_does_not_run(product: Product, a: Plugin, entry: Entry) -> None:
    """Clients ask about one that cannot exist to see whether address and secret are right."""
    root = document(send(a, entry))
    assert (root.findtext("returncode"), root.findtext("running")) == ("SUCCESS", "false")


@pytest.mark.parametrize("entry", chosen("getMeetingInfo"), ids=str)
def test_a_meeting_that_is_not_there_is_reported_as_not_found(product: Product, a: Plugin, entry: Entry) -> None:
    root = document(send(a, entry))
    assert (root.findtext("returncode"), root.findtext("messageKey")) == ("FAILED", "notFound")
    assert root.findtext("message")


@pytest.mark.parametrize("entry", [entry for entry in ENTRIES if expected(entry) == "redirect"], ids=str)
def test_a_person_is_sent_into_the_meeting(product: Product, a: Plugin, entry: Entry) -> None:
    meeting_id = with_meeting(product, entry)
    meeting = product.simulator.meetings.running(f"{a.key}-{meeting_id}")
    assert meeting is not None
    meeting.create_time = int(entry.params.get("createTime") or meeting.create_time)
    reply = send(a, entry)
    assert reply.status == 302
    assert reply.body == b""
    at = urlsplit(reply.headers["Location"])
    assert f"{at.scheme}://{at.netloc}{at.path}" == f"{product.simulator.server_url}/bigbluebutton/api/join"
    covered, _, checksum = at.query.rpartition("&checksum=")
    assert checksum == hashlib.sha256(f"join{covered}{BACKEND_SECRET}".encode()).hexdigest()
    assert parse_qs(at.query)["meetingID"] == [f"{a.key}-{meeting_id}"]
    inside = exchange(at.netloc, "GET", f"{at.path}?{at.query}")
    assert inside.status == 302
    assert "JSESSIONID" in inside.headers["Set-Cookie"]
    assert entry.params["fullName"] in {person.full_name for person in meeting.people.values()}


@pytest.mark.parametrize("entry", [entry for entry in ENTRIES if expected(entry) in REFUSALS], ids=str)
def test_what_cannot_be_done_is_refused_in_words_that_clients_read(product: Product, a: Plugin, entry: Entry) -> None:
    root = document(send(a, entry))
    assert root.findtext("returncode") == "FAILED"
    assert root.findtext("messageKey") == expected(entry)
    assert root.findtext("message")
    assert product.sent == []


@pytest.mark.parametrize("entry", [e for e in ENTRIES if e.data["algorithm"] != "none" and e.call], ids=str)
def test_a_checksum_made_with_another_secret_never_passes(product: Product, a: Plugin, entry: Entry) -> None:
    root = document(exchange(a.app.extra_environ["HTTP_HOST"], *entry.sent(a.key, product.b.secret)))
    bare = expected(entry) == "unsupportedRequest" and not entry.path.startswith(DOOR)
    assert root.findtext("messageKey") == ("unsupportedRequest" if bare else "checksumError")
    assert product.sent == []


def test_the_corpus_holds_every_kind_of_end() -> None:
    kinds = Counter(map(expected, ENTRIES))
    assert kinds.total() == len(ENTRIES)
    assert set(kinds) == {"elements", "redirect", *REFUSALS}
