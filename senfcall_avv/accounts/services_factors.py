"""Second factors with everything that goes with them: other sessions end, a mail to the owner, a line in the trail."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from senfcall_avv.accounts import passkeys, sessions, two_factor
from senfcall_avv.accounts.means import Means
from senfcall_avv.accounts.models import Account, Passkey
from senfcall_avv.accounts.services import in_words, note, tell
from senfcall_avv.i18n import _


def add_authenticator(
    session: Session, means: Means, account: Account, key: str, code: str, this_session: str, now: datetime
) -> list[str]:
    """Make an authenticator somebody's; gives recovery codes if she has none. Raises CodeRefused."""
    two_factor.set_authenticator(session, means.ring, account.id, key, code, now)
    what = _("Eine Authenticator-App wurde eingerichtet.")
    _changed(session, means, account, what, this_session, now)
    note(session, account, "account.factor_added", now, what="authenticator")
    return _first_codes(session, account, now)


def add_passkey(
    session: Session,
    means: Means,
    account: Account,
    challenge_id: str,
    answer: str,
    name: str,
    this_session: str,
    now: datetime,
) -> list[str]:
    """Store a new passkey; gives recovery codes if somebody has none. Raises PasskeyRefused."""
    passkeys.register(session, means.site, account, challenge_id, answer, name, this_session, now)
    _changed(session, means, account, _("Ein Passkey wurde hinzugefügt."), this_session, now)
    note(session, account, "account.factor_added", now, what="passkey")
    return _first_codes(session, account, now)


def remove_authenticator(session: Session, means: Means, account: Account, this_session: str, now: datetime) -> None:
    """Take the authenticator away. Raises AccountRefused: ``none``, ``last_factor``."""
    staff = bool(sessions.roles_of(session, account.id))
    two_factor.remove_authenticator(session, account, staff=staff)
    _changed(session, means, account, _("Die Authenticator-App wurde entfernt."), this_session, now)
    note(session, account, "account.factor_removed", now, what="authenticator")


def remove_passkey(
    session: Session, means: Means, account: Account, passkey_id: str, this_session: str, now: datetime
) -> Passkey:
    """Take a passkey away. Raises AccountRefused: ``none``, ``last_factor``."""
    staff = bool(sessions.roles_of(session, account.id))
    removed = two_factor.remove_passkey(session, account, passkey_id, staff=staff)
    _changed(session, means, account, _("Ein Passkey wurde entfernt."), this_session, now)
    note(session, account, "account.factor_removed", now, what="passkey")
    return removed


def renew_recovery_codes(
    session: Session, means: Means, account: Account, this_session: str, now: datetime
) -> list[str]:
    """Make ten new recovery codes; the old ones are void."""
    codes = two_factor.new_recovery_codes(session, account.id, now)
    _changed(session, means, account, _("Neue Wiederherstellungscodes wurden gemacht."), this_session, now)
    note(session, account, "account.recovery_renewed", now)
    return codes


def _first_codes(session: Session, account: Account, now: datetime) -> list[str]:
    if two_factor.recovery_codes_left(session, account.id):
        return []
    return two_factor.new_recovery_codes(session, account.id, now)


def _changed(session: Session, means: Means, account: Account, what: str, this_session: str, now: datetime) -> None:
    sessions.end_all(session, account.id, but=this_session)
    tell(session, account, "factor_changed", {"what": in_words(account, what), "link": means.links.account}, now)
