"""Names, passwords, secrets, texts, checksums and links are planted everywhere; no log, table or error has them."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from product import ENTER, Plugin, Product
from webtest import TestResponse

from senfcall_avv.bbb import catalog
from senfcall_avv.policy.guard import Guard

MARK = "zqxmark"
VALUES = {
    "name": f"{MARK} Vorstand",
    "fullName": f"{MARK} Ada",
    "meetingID": f"{MARK}-room",
    "attendeePW": f"{MARK}-ap",
    "moderatorPW": f"{MARK}-mp",
    "password": f"{MARK}-mp",
    "welcome": f"Hallo <b>{MARK}</b> <script>{MARK}</script>",
    "moderatorOnlyMessage": f"{MARK} only",
    "logoutURL": f"https://{MARK}.example.org/",
    "avatarURL": f"https://{MARK}.example.org/a.png",
    "userID": f"{MARK}-u",
    "meta_endCallbackUrl": f"https://{MARK}.example.org/end",
    "meta_note": MARK,
    "userdata-bbb_note": MARK,
    "duration": f"{MARK}",
    "foo": MARK,
    "sessionToken": MARK,
    "recordID": MARK,
}
HEADERS = {
    "User-Agent": f"{MARK}/1.0",
    "Referer": f"https://{MARK}.example.org/",
    "Cookie": f"session={MARK}",
    "Authorization": f"Bearer {MARK}",
    "X-Request-ID": f"{MARK}-0123456789",
    "Accept-Language": MARK,
}
BREAKING = {
    "line": 'a\n{"level":"error","event":"planted"}',
    "return": 'a\r{"level":"error"}',
    "escape": "\x1b[31ma",
    "line-separator": "a\u2028b",
    "next-line": "a\u0085b",
    "quote": '"},{"a":"',
}


class Day:
    """What an organisation's frontend does in a day, everything planted, and what came of it."""

    def __init__(self, product: Product, database: Path) -> None:
        self.product = product
        self.database = database
        self.secrets: set[str] = {product.a.secret, product.b.secret, "secret-of-the-simulated-backend-0123456789"}
        self.failed: list[TestResponse] = []

    def keep(self, response: TestResponse) -> None:
        """Remember an answer's checksums, and the answer itself if it is an error: only these must not repeat."""
        self.secrets |= {value for name, value in parse_qsl(response.request.query_string) if name == "checksum"}
        location = response.headers.get("Location", "")
        self.secrets |= {value for name, value in parse_qsl(urlsplit(location).query) if name == "checksum"}
        if response.status_int >= 400 or b"FAILED" in response.body:
            self.failed.append(response)

    def call(self, plugin: Plugin, call: str) -> None:
        """Make one call in every form: right, wrong, as a browser, by form, with a body, with broken values."""
        for accept in (ENTER, "*/*"):
            self.keep(plugin.call(call, VALUES, headers=HEADERS | {"Accept": accept}))
            wrong = f"fullName={MARK}&{MARK}=1&checksum={'0' * 57}{MARK}"
            self.keep(plugin.send(call, wrong, headers=HEADERS | {"Accept": accept}))
        signed = plugin.sign(call, "")
        form = "&".join(f"{name}={MARK}" for name in VALUES)
        self.keep(plugin.post(call, signed, form))
        self.keep(plugin.post(call, plugin.sign(call, f"meetingID={MARK}"), f"<{MARK}/>", "application/xml"))
        for value in ("%ff", "%zz", "%0d%0a"):
            self.keep(
                plugin.raw(call, f"meetingID={MARK}{value}&fullName={MARK}{value}&name={MARK}{value}&{MARK}{value}")
            )

    def run(self) -> None:
        a = self.product.a
        for call in catalog.load().calls:
            self.call(a, call)
        self.call(a, "nosuchcall")
        self.keep(a.call("join", {**VALUES, "redirect": "false"}, headers=HEADERS))
        self.keep(a.call("join", {**VALUES, "redirect": "false", "createTime": "1"}, headers=HEADERS))
        stranger = Plugin(self.product.app, "zzzzzzzzzzzzzzzz", a.secret)
        self.call(stranger, "create")

    def assert_clean(self, capfd: pytest.CaptureFixture[str]) -> None:
        """Search log, table, output and errors for all that was planted."""
        for request in self.product.simulator.requests:
            self.secrets |= {value for name, value in parse_qsl(request.query) if name == "checksum"}
        self.product.registry["avv.recorder"].flush()
        said = capfd.readouterr()
        places = {
            "log": self.product.log.getvalue().encode(),
            "output": (said.out + said.err).encode(),
            **{path.name: path.read_bytes() for path in self.database.parent.glob(self.database.name + "*")},
            **{
                f"error {number}": f"{response.status} {response.headerlist}".encode() + response.body
                for number, response in enumerate(self.failed)
            },
        }
        assert self.database.name in places
        for place, content in places.items():
            at = content.lower().find(MARK.encode())
            assert at < 0, (place, content[max(0, at - 120) : at + 60])
            assert not [secret for secret in self.secrets if secret and secret.encode() in content], place
        assert not re.search(rb"checksum=|/join\?|Traceback", places["log"] + places["output"])
        assert all(set(line) >= {"level", "event", "time"} for line in self.product.log_lines)


@pytest.fixture
def day(ini: dict[str, str], make_product: Callable[[], Product]) -> Day:
    product = make_product()
    logging.getLogger().setLevel(logging.DEBUG)
    return Day(product, Path(ini["avv.database_url"].removeprefix("sqlite:///")))


def test_a_day_of_calls_leaves_no_trace_of_what_was_said(day: Day, capfd: pytest.CaptureFixture[str]) -> None:
    day.run()
    assert len(day.failed) > 100
    assert len(day.secrets) > 100
    assert MARK in day.product.simulator.requests[-1].query or MARK in str(day.product.sent)
    assert day.product.ledger(day.product.a)
    day.assert_clean(capfd)


FAULTS = (
    "close", "reset", "html", "bomb", "external", "redirect", "500", "truncated", "utf16", "no_returncode",
    "two_returncodes", "garbage_attendee", "set_cookie", "hang",
)  # fmt: skip


@pytest.mark.parametrize("mode", FAULTS)
def test_no_fault_of_a_backend_brings_anything_to_light(day: Day, capfd: pytest.CaptureFixture[str], mode: str) -> None:
    day.product.a.call("create", VALUES)
    with day.product.in_a_hurry(0.2 if mode == "hang" else 10):
        day.product.simulator.faults.set("*", mode, url=f"https://{MARK}.example.org/")
        for call in ("create", "join", "getMeetingInfo", "getMeetings", "isMeetingRunning"):
            for accept in (ENTER, "*/*"):
                day.keep(day.product.a.call(call, VALUES, headers=HEADERS | {"Accept": accept}))
        day.keep(day.product.a.call("join", {**VALUES, "redirect": "false"}))
    day.assert_clean(capfd)


@pytest.mark.parametrize(
    "body", ["<{M}", "<!DOCTYPE {M}>", "<{M}/>", "<response><returncode>{M}</returncode></response>", "{M}"]
)
def test_what_a_backend_sends_instead_of_an_answer_is_told_to_nobody(
    day: Day, capfd: pytest.CaptureFixture[str], body: str
) -> None:
    day.product.simulator.faults.set("*", "body", body=body.replace("{M}", MARK))
    for call in ("create", "join", "getMeetingInfo", "getMeetings", "isMeetingRunning"):
        day.keep(day.product.a.call(call, VALUES, headers=HEADERS | {"Accept": ENTER}))
    assert len(day.failed) == 5
    day.assert_clean(capfd)


class Broken(Exception):
    """A fault of ours that carries in its message all that it was given."""


def breaking(*arguments: Any, **more: Any) -> Any:
    raise Broken(MARK, [getattr(one, "__dict__", one) for one in arguments], more)


class Breaks:
    """Stands for a part of which everything breaks."""

    revision = "1"
    profiles = ("senfcall",)

    def __getattr__(self, name: str) -> Any:
        return breaking


LAYERS: dict[str, Callable[[Product, pytest.MonkeyPatch], None]] = {
    "reading": lambda _, patch: patch.setattr("senfcall_avv.gateway.tween.read", breaking),
    "addresses": lambda _, patch: patch.setattr("senfcall_avv.gateway.addresses.canonical_path", breaking),
    "checksum": lambda _, patch: patch.setattr("senfcall_avv.bbb.checksum.verify", breaking),
    "isolation": lambda _, patch: patch.setattr("senfcall_avv.gateway.isolation.outgoing", breaking),
    "marks": lambda _, patch: patch.setattr("senfcall_avv.gateway.isolation.restore_id", breaking),
    "encoding": lambda _, patch: patch.setattr("senfcall_avv.gateway.upstream.encode", breaking),
    "documents": lambda _, patch: patch.setattr("senfcall_avv.bbb.xml.read", breaking),
    "writing": lambda _, patch: patch.setattr("senfcall_avv.bbb.xml.write", breaking),
    "failures": lambda _, patch: patch.setattr("senfcall_avv.bbb.xml.failed", breaking),
    "pages": lambda _, patch: patch.setattr("senfcall_avv.gateway.pages.body", breaking),
    "snapshot": lambda product, patch: _gate(product, patch, snapshot=Breaks()),
    "policy": lambda product, patch: _gate(product, patch, policy=Breaks()),
    "engine": lambda product, patch: _gate(product, patch, policy=Guard(Breaks(), catalog.load())),
    "notes": lambda product, patch: _gate(product, patch, notes=Breaks()),
    "transport": lambda product, patch: patch.setattr(product.registry["avv.upstream"], "_transport", Breaks()),
    "tree": lambda _, patch: patch.setattr("senfcall_avv.root.Resource.__getitem__", breaking),
    "gate": lambda product, patch: patch.setitem(product.registry, "avv.gate", None),
}


def _gate(product: Product, patch: pytest.MonkeyPatch, **parts: object) -> None:
    patch.setitem(product.registry, "avv.gate", product.registry["avv.gate"]._replace(**parts))


@pytest.mark.parametrize("layer", LAYERS)
def test_a_fault_of_ours_in_any_layer_is_bbbs_words_and_a_place_in_the_log(
    day: Day, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, layer: str
) -> None:
    product = day.product
    product.a.call("create", VALUES)
    with monkeypatch.context() as patch:
        LAYERS[layer](product, patch)
        for call in ("create", "join", "getMeetingInfo", "getMeetings"):
            for accept in (ENTER, "*/*"):
                response = product.a.call(call, VALUES, headers=HEADERS | {"Accept": accept})
                assert response.status_int in {200, 302, 404, 502}
                assert response.status_int == 200 or call == "join"
                day.keep(response)
        day.keep(product.a.send("create", f"checksum={'0' * 64}"))
    if layer not in {"pages", "engine"}:
        places = [line for line in product.log_lines if line["event"] in {"call.failed", "request.failed"}]
        assert places
        assert {line["error"] for line in places} <= {"Broken", "AttributeError"}
        assert all(re.fullmatch(r"[\w.]+:\d+", line["error_at"]) for line in places)
    day.assert_clean(capfd)


def test_a_database_that_fails_is_told_by_type_and_place(
    day: Day, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    product = day.product
    with monkeypatch.context() as patch:
        patch.setattr("senfcall_avv.endpoints.snapshot.select", breaking)
        product.is_refused(lambda: product.a.call("create", VALUES), "internalError")  # nobody is known yet
    product.registry["avv.snapshot"].refresh()
    with monkeypatch.context() as patch:
        patch.setattr("senfcall_avv.ledger.recorder.store", breaking)
        patch.setattr("senfcall_avv.endpoints.snapshot.select", breaking)
        day.keep(product.a.call("create", VALUES))
        assert not product.registry["avv.recorder"].flush()
        product.registry["avv.snapshot"].refresh()
    events = {line["event"]: line for line in product.log_lines}
    assert events["ledger.flush_failed"]["error"] == events["endpoints.reload_failed"]["error"] == "Broken"
    assert ("create", "", "partly") in product.ledger(product.a)
    day.assert_clean(capfd)


def test_a_fault_of_the_portal_is_a_fixed_page(day: Day, capfd: pytest.CaptureFixture[str]) -> None:
    product = day.product
    del product.registry["avv.policy"]
    response = product.app.get(f"/api?{MARK}={MARK}", headers=HEADERS, status="*")
    day.keep(response)
    assert response.status_int == 500
    assert response.headers["Content-Type"] == "text/html; charset=utf-8"
    assert response.headers["X-Request-Id"][:4].upper() in response.text
    for path in (f"/nosuch%3Cb%3E{MARK}", f"/{MARK}%00", f"/%ff{MARK}", f"/x/../{MARK}", f"/static/{MARK}"):
        product.app.reset()  # with a cookie WebTest itself would stumble over such paths
        response = product.app.get(f"{path}?{MARK}", headers=HEADERS, status="*")
        assert response.status_int in {400, 404}
        assert re.fullmatch(r"[0-9a-f]{32}", response.headers["X-Request-Id"])
        day.keep(response)
    assert len(day.failed) == 6
    day.assert_clean(capfd)


def test_what_libraries_log_is_kept_without_its_arguments(day: Day, capfd: pytest.CaptureFixture[str]) -> None:
    for name in ("urllib3.connectionpool", "waitress", "sqlalchemy.engine", "pyramid", "anything.else"):
        logger = logging.getLogger(name)
        logger.warning("GET %s failed", f"https://bbb1.example.org/join?fullName={MARK}&checksum={MARK}")
        logger.info("GET %s", MARK)
        try:
            breaking(MARK)
        except Broken:
            logger.exception("Exception while serving %s", MARK)
    lines = [line for line in day.product.log_lines if line["event"] == "library"]
    assert {line["template"] for line in lines} >= {"GET %s failed", "Exception while serving %s"}
    day.assert_clean(capfd)


@pytest.mark.parametrize("text", BREAKING.values(), ids=BREAKING.keys())
def test_nothing_that_a_client_sends_begins_a_line_of_the_log(day: Day, text: str) -> None:
    a = day.product.a
    headers = {
        "User-Agent": "".join(character for character in text if character >= " ").encode("ascii", "replace").decode()
    }
    for call in ("create", "join", "getMeetingInfo", "getRecordings", f"create{text}", text):
        path = "".join(f"%{byte:02X}" for byte in call.encode()) if text in call else call
        query = "&".join(
            f"{name}={path_of(text)}" for name in ("name", "meetingID", "fullName", "welcome", path_of(text))
        )
        day.keep(day.product.app.get(f"{a.base}{path}?{a.sign(call, query)}", headers=headers, status="*"))
        day.keep(day.product.app.get(f"{a.base}{path}?{query}", headers=headers, status="*"))
    lines = day.product.log.getvalue()
    assert lines.isascii()
    assert not re.search(r"[\x00-\x09\x0b-\x1f]", lines)
    for line in lines.splitlines():
        assert json.loads(line)["event"] != "planted"
        assert json.loads(line)["event"] in {"call.trimmed", "call.refused", "endpoints.reloaded", "library"}
    assert len(lines.splitlines()) == lines.count("\n")


def path_of(text: str) -> str:
    """Encode every byte."""
    return "".join(f"%{byte:02X}" for byte in text.encode())
