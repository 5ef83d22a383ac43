"""Handing a mail over: to a mail server, to a folder, or to nobody. Which one, the setting ``mail.transport`` says.

A delivery takes the finished bytes and one recipient. It either succeeds or raises ``DeliveryFailed``.
"""

from __future__ import annotations

import contextlib
import os
import smtplib
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Final, Protocol

if TYPE_CHECKING:
    from senfcall_avv.settings import MailSettings, Settings


class DeliveryFailed(Exception):
    """A mail was not handed over. ``reason`` is a word of ours, never what a server said, which may quote addresses.

    ``for_ever``: trying again is of no use. ``for_all``: other mails would meet with the same.
    """

    def __init__(self, reason: str, *, for_ever: bool = False, for_all: bool = False) -> None:
        super().__init__(reason)
        self.reason, self.for_ever, self.for_all = reason, for_ever, for_all


class Delivery(Protocol):
    """A way to hand mails over."""

    keeps_values: ClassVar[bool]
    """Whether the outbox keeps what a mail was made from, for looking at it."""

    def send(self, mail_id: str, sender: str, recipient: str, message: bytes) -> None:
        """Hand a mail over. Raises DeliveryFailed."""
        ...


class OutboxDelivery:
    """For development: the outbox is where mails stay, to be looked at in a browser."""

    keeps_values: ClassVar[bool] = True

    def send(self, mail_id: str, sender: str, recipient: str, message: bytes) -> None:
        """Leave it where it is."""


class FileDelivery:
    """Writes each mail into a folder, ``<id>.eml``, readable by this service alone."""

    keeps_values: ClassVar[bool] = False

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def send(self, mail_id: str, sender: str, recipient: str, message: bytes) -> None:  # noqa: ARG002  # as the Protocol has it; they stand in the message
        """Write it whole, or not at all."""
        path = self._folder / f"{mail_id}.eml"
        unfinished = path.with_suffix(".part")
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
                file.write(message)
            unfinished.replace(path)
        except OSError:
            raise DeliveryFailed("folder", for_all=True) from None


class SmtpDelivery:
    """Speaks to a mail server: a connection per mail, encrypted unless the settings say otherwise."""

    keeps_values: ClassVar[bool] = False

    def __init__(self, settings: MailSettings, own_host: str) -> None:
        """``own_host`` is what we greet the server with."""
        self._settings, self._own_host = settings, own_host

    def send(self, mail_id: str, sender: str, recipient: str, message: bytes) -> None:  # noqa: ARG002  # as the Protocol has it; it stands in the message
        """Send it, or not at all: never in clear where encryption is demanded."""
        with _failures(), self._connected() as server:
            _log_in(server, self._settings)
            with _refusals("sender", for_all=True):
                _expect(server.mail(sender))
            with _refusals("recipient", for_ever=True):
                _expect(server.rcpt(recipient))
            with _refusals("content", for_ever=True):
                _expect(server.data(message))

    @contextlib.contextmanager
    def _connected(self) -> Iterator[smtplib.SMTP]:
        chosen = self._settings
        if chosen.tls == "implicit":
            server: smtplib.SMTP = smtplib.SMTP_SSL(
                chosen.host, chosen.port, self._own_host, timeout=chosen.seconds, context=self._context()
            )
        else:
            server = smtplib.SMTP(chosen.host, chosen.port, self._own_host, timeout=chosen.seconds)
        try:
            server.ehlo_or_helo_if_needed()
            if chosen.tls == "starttls":
                if not server.has_extn("starttls"):
                    raise DeliveryFailed("no_starttls", for_all=True)
                server.starttls(context=self._context())
                server.ehlo_or_helo_if_needed()
            yield server
            with contextlib.suppress(smtplib.SMTPException, OSError):
                server.quit()  # the mail is theirs by now, however they say goodbye
        finally:
            server.close()

    def _context(self) -> ssl.SSLContext:
        context = ssl.create_default_context(cafile=self._settings.ca_bundle)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        return context


def _log_in(server: smtplib.SMTP, settings: MailSettings) -> None:
    if settings.user is not None and settings.password is not None:
        server.login(settings.user, settings.password.get_secret_value())


def _expect(answer: tuple[int, bytes]) -> None:
    code, text = answer
    if code not in {250, 251}:
        raise smtplib.SMTPResponseException(code, text)


@contextlib.contextmanager
def _refusals(what: str, *, for_ever: bool = False, for_all: bool = False) -> Iterator[None]:
    """Name what the server refused: 4xx for now, 5xx for ever where that is about this mail."""
    try:
        yield
    except smtplib.SMTPResponseException as error:
        final = error.smtp_code >= 500
        raise DeliveryFailed(f"{what}_{error.smtp_code}", for_ever=for_ever and final, for_all=for_all) from None


_FAILURES: Final[tuple[tuple[type[Exception], str], ...]] = (
    (smtplib.SMTPAuthenticationError, "login"),
    (smtplib.SMTPNotSupportedError, "login"),
    (ssl.SSLError, "tls"),
    (TimeoutError, "timeout"),
    (smtplib.SMTPServerDisconnected, "disconnected"),
    (smtplib.SMTPConnectError, "greeting"),
    (smtplib.SMTPResponseException, "refused"),
    (smtplib.SMTPException, "refused"),
    (OSError, "unreachable"),
)


@contextlib.contextmanager
def _failures() -> Iterator[None]:
    """Name what went wrong with the server as a whole, leaving out what it said."""
    kinds = tuple(kind for kind, _ in _FAILURES)
    try:
        yield
    except kinds as caught:
        # smtplib calls it a lost connection when its own patience has ended.
        error = caught.__context__ if isinstance(caught.__context__, TimeoutError) else caught
        reason = next(name for kind, name in _FAILURES if isinstance(error, kind))
        raise DeliveryFailed(reason, for_all=True) from None


def make_delivery(settings: Settings) -> Delivery:
    """Make the delivery that the settings name."""
    match settings.mail.transport:
        case "outbox":
            return OutboxDelivery()
        case "file":
            return FileDelivery(settings.mail.directory)
        case "smtp":
            return SmtpDelivery(settings.mail, settings.mail_sender.rpartition("@")[2])
