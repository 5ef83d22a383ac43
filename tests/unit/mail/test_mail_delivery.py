"""Handing mails over: every way keeps its contract, and a mail server that misbehaves costs nobody a mail."""

from __future__ import annotations

import stat
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

import pytest

from senfcall_avv.db import SessionFactory, session_scope
from senfcall_avv.mail.delivery import Delivery, DeliveryFailed, make_delivery
from senfcall_avv.mail.models import MailState, OutgoingMail
from senfcall_avv.mail.sending import CLAIM, PAUSES, Tally, send_waiting
from senfcall_avv.sealing import KeyRing, generate_key_line
from senfcall_avv.settings import Settings
from tests.contracts_of.authority import ELSEWHERE, Authority
from tests.contracts_of.delivery import DeliveryContract
from tests.factories.mails import NOW, PORTAL, TOKEN, mail_settings, make_mail
from tests.mail_server import MailServer, mail_server

LogLines = Callable[[], list[dict[str, Any]]]
MESSAGE = b"Subject: x\r\n\r\nHallo\r\n"


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    folder = tmp_path / "authority"
    folder.mkdir()
    return Authority(folder)


class TestOutbox(DeliveryContract):
    @pytest.fixture
    def settings(self) -> Settings:
        return mail_settings(transport="outbox")

    @pytest.fixture
    def delivery(self, settings: Settings) -> Delivery:
        return make_delivery(settings)


class TestFile(DeliveryContract):
    @pytest.fixture
    def settings(self, tmp_path: Path) -> Settings:
        return mail_settings(transport="file", directory=tmp_path / "mails")

    @pytest.fixture
    def delivery(self, settings: Settings) -> Delivery:
        return make_delivery(settings)

    def test_each_mail_is_a_file_for_us_alone(
        self, session_factory: SessionFactory, key_ring: KeyRing, settings: Settings, delivery: Delivery
    ) -> None:
        mail_id = make_mail(session_factory)
        send_waiting(session_factory, key_ring, settings, delivery, NOW)
        (path,) = settings.mail.directory.iterdir()
        assert path.name == f"{mail_id}.eml"
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert b"To: ada@example.org\r\n" in path.read_bytes()

    def test_a_folder_that_cannot_be_written_delays(self, tmp_path: Path) -> None:
        (tmp_path / "taken").write_text("")
        delivery = make_delivery(mail_settings(transport="file", directory=tmp_path / "taken"))
        with pytest.raises(DeliveryFailed) as caught:
            delivery.send("m", "a@example.org", "b@example.org", MESSAGE)
        assert (caught.value.reason, caught.value.for_ever, caught.value.for_all) == ("folder", False, True)


class TestSmtp(DeliveryContract):
    @pytest.fixture
    def server(self, authority: Authority) -> Iterator[MailServer]:
        with mail_server(authority.server()) as server:
            yield server

    @pytest.fixture
    def settings(self, server: MailServer, authority: Authority) -> Settings:
        return mail_settings(host="127.0.0.1", port=server.port, ca_bundle=authority.bundle)

    @pytest.fixture
    def delivery(self, settings: Settings) -> Delivery:
        return make_delivery(settings)

    def test_a_mail_arrives_encrypted_at_one_recipient(
        self,
        session_factory: SessionFactory,
        key_ring: KeyRing,
        settings: Settings,
        delivery: Delivery,
        server: MailServer,
    ) -> None:
        mail_id = make_mail(session_factory, name="Ada")
        send_waiting(session_factory, key_ring, settings, delivery, NOW)
        (taken,) = server.taken
        assert (taken.sender, taken.recipients, taken.encrypted) == ("av@example.org", ("ada@example.org",), True)
        assert taken.message["Message-ID"] == f"<{mail_id}@example.org>"
        assert taken.message["Reply-To"] == "hilfe@example.org"
        assert taken.text.startswith("Hallo Ada,\n\n")
        assert f"\n{PORTAL}/confirm?token={TOKEN}\n" in taken.text
        assert server.heard[0] == "ehlo example.org"

    @pytest.mark.parametrize("body", [b"a\r\n.\r\nb\r\n", b"x\r\n.\r\nMAIL FROM:<x@example.org>\r\n", b"From x\r\n"])
    def test_a_text_cannot_end_the_mail_or_give_commands(
        self, delivery: Delivery, server: MailServer, body: bytes
    ) -> None:
        delivery.send("m", "av@example.org", "ada@example.org", b"Subject: x\r\n\r\n" + body)
        (taken,) = server.taken
        assert taken.data == b"Subject: x\r\n\r\n" + body
        assert [line.split(" ")[0].lower() for line in server.heard] == [
            "ehlo",
            "starttls",
            "ehlo",
            "mail",
            "rcpt",
            "data",
            "quit",
        ]


def send(server: MailServer, authority: Authority, **more: Any) -> None:
    chosen = {"host": "127.0.0.1", "port": server.port, "ca_bundle": authority.bundle} | more
    make_delivery(mail_settings(**chosen)).send("m", "av@example.org", "ada@example.org", MESSAGE)


def failure(server: MailServer, authority: Authority, **more: Any) -> tuple[str, bool, bool]:
    with pytest.raises(DeliveryFailed) as caught:
        send(server, authority, **more)
    assert server.taken == []
    return caught.value.reason, caught.value.for_ever, caught.value.for_all


def test_nothing_is_sent_in_clear_where_encryption_is_demanded(authority: Authority) -> None:
    with mail_server(None, users={"av": "secret"}) as server:
        reason = failure(server, authority, user="av", password="secret")
        assert reason == ("no_starttls", False, True)
        assert [line.split(" ")[0].lower() for line in server.heard] == ["ehlo"]


@pytest.mark.parametrize(
    "context",
    [lambda one: one.server(self_signed=True), lambda one: one.server(ELSEWHERE)],
    ids=["self-signed", "of another host"],
)
@pytest.mark.parametrize("tls", ["starttls", "implicit"])
def test_nothing_is_sent_to_a_server_that_cannot_prove_its_name(
    authority: Authority, context: Callable[[Authority], Any], tls: str
) -> None:
    with mail_server(context(authority), implicit=tls == "implicit") as server:
        assert failure(server, authority, tls=tls) == ("tls", False, True)


@pytest.mark.parametrize("tls", ["starttls", "implicit"])
def test_a_log_in_happens_inside_of_the_encryption(authority: Authority, tls: str) -> None:
    with mail_server(authority.server(), implicit=tls == "implicit", users={"av": "pass word"}) as server:
        send(server, authority, tls=tls, user="av", password="pass word")
        assert [taken.encrypted for taken in server.taken] == [True]


def test_a_server_on_this_machine_may_do_without(authority: Authority) -> None:
    with mail_server() as server:
        send(server, authority, tls="none")
        assert [taken.encrypted for taken in server.taken] == [False]


TROUBLE: dict[str, tuple[dict[str, Any], tuple[str, bool, bool]]] = {
    "greets with 5xx": ({"greeting": "554 go away"}, ("greeting", False, True)),
    "greets with 4xx": ({"greeting": "421 busy"}, ("greeting", False, True)),
    "knows no greeting of ours": ({"answers": {"EHLO": "500 what", "HELO": "500 what"}}, ("refused", False, True)),
    "refuses us": ({"answers": {"MAIL": "550 not you"}}, ("sender_550", False, True)),
    "delays the recipient": ({"answers": {"RCPT": "451 later"}}, ("recipient_451", False, False)),
    "has no such recipient": ({"answers": {"RCPT": "550 who?"}}, ("recipient_550", True, False)),
    "refuses the content": ({"answers": {"DATA": "554 spam"}}, ("content_554", True, False)),
    "delays the content": ({"answers": {"DATA": "452 full"}}, ("content_452", False, False)),
    "hangs up": ({"answers": {"RCPT": "421 bye"}}, ("recipient_421", False, False)),
    "says nonsense": ({"greeting": "hello\nworld"}, ("greeting", False, True)),
    "never greets": ({"silent": "GREETING"}, ("timeout", False, True)),
    "hangs in the middle": ({"silent": "RCPT"}, ("timeout", False, True)),
}


@pytest.mark.parametrize(("behaviour", "expected"), TROUBLE.values(), ids=TROUBLE)
def test_trouble_with_the_server_has_a_name_and_says_whether_to_go_on(
    authority: Authority, behaviour: dict[str, Any], expected: tuple[str, bool, bool]
) -> None:
    with mail_server(**behaviour) as server:
        assert failure(server, authority, tls="none", seconds=0.3) == expected


def test_a_wrong_password_is_named(authority: Authority) -> None:
    with mail_server(authority.server(), users={"av": "right"}) as server:
        assert failure(server, authority, user="av", password="wrong") == ("login", False, True)


def test_a_server_without_log_in_is_named(authority: Authority) -> None:
    with mail_server(authority.server()) as server:
        assert failure(server, authority, user="av", password="x") == ("login", False, True)


def test_a_server_that_is_not_there_is_named(authority: Authority) -> None:
    with mail_server() as server:
        pass
    assert failure(server, authority) == ("unreachable", False, True)


class Broken:
    """A delivery that fails in one way, and counts."""

    keeps_values: ClassVar[bool] = False

    def __init__(self, failure: DeliveryFailed | None) -> None:
        self.failure, self.tried = failure, list[str]()

    def send(self, mail_id: str, sender: str, recipient: str, message: bytes) -> None:
        self.tried.append(recipient)
        if self.failure:
            raise self.failure


@pytest.fixture
def send_with(session_factory: SessionFactory, key_ring: KeyRing) -> Callable[[Delivery, datetime], Tally]:
    return lambda delivery, now: send_waiting(session_factory, key_ring, mail_settings(), delivery, now)


def state_of(factory: SessionFactory, mail_id: str) -> OutgoingMail:
    with session_scope(factory, write=False) as session:
        return session.get_one(OutgoingMail, mail_id)


Send = Callable[[Delivery, datetime], Tally]


def test_what_failed_is_tried_again_after_growing_pauses_and_then_given_up(
    session_factory: SessionFactory, send_with: Send, log_lines: LogLines
) -> None:
    mail_id, now = make_mail(session_factory), NOW
    delivery = Broken(DeliveryFailed("recipient_451"))
    for pause in PAUSES:
        assert send_with(delivery, now) == Tally(delayed=1)
        mail = state_of(session_factory, mail_id)
        assert (mail.state, mail.error, mail.next_at) == (MailState.WAITING, "recipient_451", now + pause)
        assert send_with(delivery, now + pause - timedelta(seconds=1)) == Tally()
        now += pause
    assert list(PAUSES) == sorted(PAUSES)
    assert log_lines() == []
    assert send_with(delivery, now) == Tally(failed=1)
    mail = state_of(session_factory, mail_id)
    assert (mail.state, mail.error, mail.ended_at) == (MailState.FAILED, "recipient_451", now)
    assert mail.sealed is not None
    assert send_with(delivery, now + timedelta(days=30)) == Tally()
    assert len(delivery.tried) == len(PAUSES) + 1
    (line,) = log_lines()
    assert (line["event"], line["mail"], line["reason"]) == ("mail.failed", mail_id, "recipient_451")
    assert "example.org" not in str(line)


def test_what_is_refused_for_ever_is_given_up_at_once(session_factory: SessionFactory, send_with: Send) -> None:
    mail_id = make_mail(session_factory)
    assert send_with(Broken(DeliveryFailed("recipient_550", for_ever=True)), NOW) == Tally(failed=1)
    assert state_of(session_factory, mail_id).state is MailState.FAILED


def test_trouble_with_the_server_itself_spares_the_other_mails(
    session_factory: SessionFactory, send_with: Send, log_lines: LogLines
) -> None:
    ids = [make_mail(session_factory, to=f"p{number}@example.org") for number in range(3)]
    delivery = Broken(DeliveryFailed("unreachable", for_all=True))
    assert send_with(delivery, NOW) == Tally(delayed=1)
    assert len(delivery.tried) == 1
    assert sorted(state_of(session_factory, mail_id).attempts for mail_id in ids) == [0, 0, 1]
    (line,) = log_lines()
    assert (line["event"], line["reason"], line["waiting"]) == ("mail.unreachable", "unreachable", 3)


def test_a_mail_that_somebody_has_in_hand_is_left_to_him_for_a_while(
    session_factory: SessionFactory, send_with: Send
) -> None:
    """Whoever dies between claiming and sending loses the mail to the next one, who sends it with the same id."""
    make_mail(session_factory)
    found = []

    class Dying(Broken):
        def send(self, mail_id: str, sender: str, recipient: str, message: bytes) -> None:
            found.append(send_with(Broken(None), NOW))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        send_with(Dying(None), NOW)
    assert found == [Tally()]
    assert send_with(Broken(None), NOW + CLAIM) == Tally(sent=1)


@pytest.mark.parametrize(
    ("language", "link", "reason"),
    [("de", "https://evil.example/confirm", "link"), ("de", "https://avv.example.org.evil.example/", "link")],
)
def test_a_link_that_leads_elsewhere_is_never_sent(
    session_factory: SessionFactory, send_with: Send, language: str, link: str, reason: str
) -> None:
    mail_id, delivery = make_mail(session_factory, language=language, link=link), Broken(None)
    assert send_with(delivery, NOW) == Tally(failed=1)
    assert state_of(session_factory, mail_id).error == reason
    assert delivery.tried == []


def test_a_mail_that_cannot_be_opened_or_made_is_given_up(
    session_factory: SessionFactory, key_ring: KeyRing, send_with: Send
) -> None:
    unknown, other = make_mail(session_factory), make_mail(session_factory, to="bob@example.org")
    with session_scope(session_factory) as session:
        session.get_one(OutgoingMail, unknown).message = "from_another_version"
    assert send_with(Broken(None), NOW) == Tally(sent=1, failed=1)
    assert state_of(session_factory, unknown).error == "template"
    assert state_of(session_factory, other).state is MailState.SENT
    sealed = make_mail(session_factory)
    ring = KeyRing.from_text(generate_key_line())
    assert send_waiting(session_factory, ring, mail_settings(), Broken(None), NOW) == Tally(failed=1)
    assert state_of(session_factory, sealed).error == "seal"
