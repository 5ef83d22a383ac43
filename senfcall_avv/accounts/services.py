"""Accounts as other rooms need them: who somebody is, and what is told to her."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from senfcall_avv.accounts.errors import AccountRefused
from senfcall_avv.accounts.models import LANGUAGES, NAME_LENGTH, Account
from senfcall_avv.audit.services import Actor, record
from senfcall_avv.i18n import localizer
from senfcall_avv.mail.services import queue

if TYPE_CHECKING:
    from senfcall_avv.i18n import Language
    from senfcall_avv.typing import Request

ACTIONS: Final = (
    ("account.confirmed", "Die Mailadresse des Kontos wurde bestätigt.", "The account's address was confirmed."),
    ("account.logged_in", "Anmeldung ({how}).", "Logged in ({how})."),
    ("account.logged_out", "Abmeldung.", "Logged out."),
    ("account.sessions_ended", "{count} Anmeldungen wurden beendet.", "{count} sessions were ended."),
    ("account.changed", "Name oder Sprache des Kontos wurde geändert.", "The account's name or language was changed."),
    ("account.password_changed", "Das Passwort wurde geändert.", "The password was changed."),
    (
        "account.password_reset",
        "Das Passwort wurde über die Mailadresse neu gesetzt.",
        "The password was set anew by mail.",
    ),
    ("account.email_asked", "Eine neue Mailadresse wurde eingetragen.", "A new address was entered."),
    ("account.email_changed", "Die Mailadresse wurde geändert.", "The address was changed."),
    ("account.factor_added", "Ein zweiter Faktor kam dazu ({what}).", "A second factor was added ({what})."),
    ("account.factor_removed", "Ein zweiter Faktor wurde entfernt ({what}).", "A second factor was removed ({what})."),
    ("account.recovery_renewed", "Neue Wiederherstellungscodes wurden gemacht.", "New recovery codes were made."),
    ("account.recovery_used", "Ein Wiederherstellungscode wurde benutzt.", "A recovery code was used."),
    ("account.exported", "Die eigenen Daten wurden heruntergeladen.", "The account's own data were downloaded."),
    ("account.deleted", "Das Konto wurde gelöscht.", "The account was deleted."),
    ("account.locked", "Das Konto wurde gesperrt.", "The account was locked."),
    ("account.unlocked", "Die Sperre des Kontos wurde aufgehoben.", "The account was unlocked."),
    ("staff.added", "Eine Person kam zum Team ({role_added}).", "Somebody joined the staff ({role_added})."),
    ("staff.removed", "Eine Person verließ das Team ({role_removed}).", "Somebody left the staff ({role_removed})."),
)
"""What this room records, with its sentences."""


def account_of(request: Request) -> Account:
    """Give the account of whoever is logged in, as a row of ``request.db``. Raises LookupError for strangers."""
    if request.identity is None:
        raise LookupError("nobody is logged in")
    account: Account = request.db.get_one(Account, request.identity.account_id)
    return account


def find_by_email(session: Session, email: str) -> Account | None:
    """Find the account of a normalised address, confirmed or not."""
    return session.scalar(select(Account).where(Account.email == email))


def find_confirmed(session: Session, email: str) -> Account | None:
    """Find the account of a normalised address whose owner has shown that it is hers, unless it is locked."""
    account = find_by_email(session, email)
    return account if account is not None and account.confirmed_at and account.locked_at is None else None


def owner(account: Account) -> Actor:
    """Give somebody as the actor of what happens to her own account."""
    return Actor("account", account.id, "account")


def note(session: Session, account: Account, action: str, now: datetime, **details: str | int) -> None:
    """Record what somebody did with her own account."""
    record(
        session,
        owner(account),
        action,
        organization_id=None,
        thing=f"account:{account.id}",
        details=details,
        now=now,
    )


def tell(session: Session, account: Account, message: str, values: Mapping[str, Any], now: datetime) -> None:
    """Queue a mail to somebody, in her language."""
    queue(session, message, account.email, account.language, values, now, account_id=account.id)


def in_words(account: Account, text: str) -> str:
    """Translate a text of ours for a mail to somebody."""
    language: Language = "en" if account.language == "en" else "de"
    translated: str = localizer(language).translate(text)
    return translated


def change_profile(session: Session, account: Account, name: str, language: str, now: datetime) -> None:
    """Change how somebody is called and written to. Raises AccountRefused: ``name``, ``language``."""
    if not 1 <= len(name) <= NAME_LENGTH or not name.strip() or not name.isprintable():
        raise AccountRefused("name")
    if language not in LANGUAGES:
        raise AccountRefused("language")
    if (account.name, account.language) == (name, language):
        return
    account.name, account.language = name, language
    note(session, account, "account.changed", now)
