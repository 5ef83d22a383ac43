"""The one list of what is kept of a person, by the rooms that keep it: for the own-data export and for deletion.

A room with a person in it says so in its ``includeme``::

    config.add_personal_data("memberships", export=export, erase=erase, hindrance=hindrance)

``export(session, account_id)`` gives what JSON can say; ``erase(session, account_id, now)`` forgets the person, before
the account's row goes. ``hindrance(session, account_id)`` gives a sentence for people where the account can't go yet,
or None. ``files(session, ring, account_id)`` gives what else belongs into the export. Whoever has something in a room
is in use, and not deleted for not having logged in for a year, unless the room says ``keeps_accounts=False``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from senfcall_avv.accounts import tokens, two_factor
from senfcall_avv.accounts.models import Account, KnownDevice, LoginSession, StaffRole
from senfcall_avv.i18n import _

if TYPE_CHECKING:
    from pyramid.config import Configurator

    from senfcall_avv.sealing import KeyRing

_KEPT: Final = "avv.personal_data"


class PersonalFile(NamedTuple):
    """A file of a person. Its name in the archive is ours; ``extension`` is one of ``pdf jpg png``."""

    content: bytes
    extension: str


Export = Callable[[Session, str], Any]
Erase = Callable[[Session, str, datetime], object]
Hindrance = Callable[[Session, str], str | None]
Files = Callable[[Session, "KeyRing", str], Iterable[PersonalFile]]


@dataclass(frozen=True)
class PersonalData:
    """What a room keeps of people."""

    name: str
    export: Export
    erase: Erase
    hindrance: Hindrance | None = None
    files: Files | None = None
    keeps_accounts: bool = True
    """Whoever has something here is in use, and not deleted for not having logged in."""


def add_personal_data(
    config: Configurator,
    name: str,
    *,
    export: Export,
    erase: Erase,
    hindrance: Hindrance | None = None,
    files: Files | None = None,
    keeps_accounts: bool = True,
) -> None:
    """Directive: say what is kept of a person. The name becomes a file's in the export. Taken twice: start-up error."""
    entry = config.introspectable("personal data", name, name, "personal data")
    data = PersonalData(name, export, erase, hindrance, files, keeps_accounts)

    def register() -> None:
        config.registry.setdefault(_KEPT, {})[name] = data

    config.action(("personal data", name), register, introspectables=(entry,))


def every(registry: Any) -> Iterator[PersonalData]:
    """Give all that is kept, in the order of the names."""
    kept: dict[str, PersonalData] = registry.get(_KEPT, {})
    yield from (kept[name] for name in sorted(kept))


def _moment(value: datetime | None) -> str | None:
    return value.isoformat(timespec="seconds") if value is not None else None


def export_account(session: Session, account_id: str) -> dict[str, Any]:
    """Give what this room keeps of a person; never what would let somebody in."""
    account = session.get_one(Account, account_id)
    rows = session.scalars(select(LoginSession).where(LoginSession.account_id == account_id))
    return {
        "id": account.id,
        "email": account.email,
        "name": account.name,
        "language": account.language,
        "created_at": _moment(account.created_at),
        "confirmed_at": _moment(account.confirmed_at),
        "last_login_at": _moment(account.last_login_at),
        "staff_roles": sorted(session.scalars(select(StaffRole.role).where(StaffRole.account_id == account_id))),
        "authenticator": two_factor.has_authenticator(session, account_id),
        "recovery_codes_left": two_factor.recovery_codes_left(session, account_id),
        "passkeys": [
            {"name": key.name, "created_at": _moment(key.created_at), "used_at": _moment(key.used_at)}
            for key in two_factor.passkeys_of(session, account_id)
        ],
        "sessions": [
            {
                "device": row.device,
                "network": row.network,
                "started_at": _moment(row.started_at),
                "seen_at": _moment(row.seen_at),
            }
            for row in rows
        ],
    }


def erase_account(session: Session, account_id: str, now: datetime) -> None:
    """End what can be used in somebody's name; the rest goes with the account's row."""
    tokens.void_all(session, account_id, now)
    session.execute(delete(LoginSession).where(LoginSession.account_id == account_id))
    session.execute(delete(KnownDevice).where(KnownDevice.account_id == account_id))


def hinders_account(session: Session, account_id: str) -> str | None:
    """Staff leaves by the hand of whoever runs the installation, so that two operators remain."""
    if session.scalar(select(StaffRole.role).where(StaffRole.account_id == account_id).limit(1)) is None:
        return None
    told: str = _("Du gehörst zum Team. Lass zuerst deine Rolle dort beenden.")
    return told
