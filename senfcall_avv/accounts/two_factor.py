"""The second factor by numbers: codes of an authenticator app, and recovery codes for when the device is gone.

A code is good for its 30-second step and the ones beside it; the newest accepted step is stored and must rise, so a
code that somebody saw over a shoulder is worth nothing. Recovery codes have 80 random bits and work once.
"""

from __future__ import annotations

import base64
import hashlib
import re
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

import pyotp
from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from senfcall_avv.accounts.carrying import pack, unpack
from senfcall_avv.accounts.errors import AccountRefused, CodeRefused
from senfcall_avv.accounts.models import Account, Passkey, RecoveryCode, Totp
from senfcall_avv.accounts.tokens import rows_of
from senfcall_avv.sealing import KeyRing

ISSUER: Final = "Senfcall AV"
STEP_SECONDS: Final = 30
RECOVERY_CODES: Final = 10
RECOVERY_BYTES: Final = 10
SECRET_BYTES: Final = 20
PENDING: Final = timedelta(minutes=30)
_CODE = re.compile(r"[0-9]{6}")
_SPACES = str.maketrans("", "", " \t")


def new_key() -> str:
    """Make the key of an authenticator: 160 random bits in base32."""
    return base64.b32encode(secrets.token_bytes(SECRET_BYTES)).decode()


def address_for_app(key: str, email: str) -> str:
    """Give what the QR code says to the app."""
    return pyotp.TOTP(key).provisioning_uri(name=email, issuer_name=ISSUER)


def step_of(key: str, code: str, now: datetime, after: int = -1) -> int | None:
    """Give the 30-second step that a code belongs to, if it is this one or one beside it, and later than ``after``."""
    digits = code.translate(_SPACES)
    if _CODE.fullmatch(digits) is None:
        return None
    present = int(now.timestamp()) // STEP_SECONDS
    totp = pyotp.TOTP(key)
    for step in (present, present - 1, present + 1):
        if step > after and secrets.compare_digest(totp.generate_otp(step), digits):
            return step
    return None


def _place(account_id: str) -> str:
    return f"totp.sealed.{account_id}"


def seal_pending(ring: KeyRing, account_id: str, key: str, now: datetime) -> str:
    """Seal a key that is not confirmed yet, to travel in the form that asks for the first code."""
    return pack(ring, "authenticator", account_id, key, now)


def open_pending(ring: KeyRing, account_id: str, sealed: str, now: datetime) -> str | None:
    """Open such a key; None for one of somebody else, a changed or an old one."""
    key = unpack(ring, "authenticator", account_id, sealed, PENDING, now)
    return key if isinstance(key, str) else None


def set_authenticator(session: Session, ring: KeyRing, account_id: str, key: str, code: str, now: datetime) -> None:
    """Make an authenticator somebody's, replacing an older one. Raises CodeRefused."""
    step = step_of(key, code, now)
    if step is None:
        raise CodeRefused
    session.execute(delete(Totp).where(Totp.account_id == account_id))
    sealed = ring.seal(key.encode(), _place(account_id))
    session.add(Totp(account_id=account_id, sealed=sealed, last_step=step, created_at=now))
    session.flush()


def check_code(session: Session, ring: KeyRing, account_id: str, code: str, now: datetime) -> None:
    """Accept a code of somebody's authenticator, once. Raises CodeRefused."""
    totp = session.get(Totp, account_id, populate_existing=True)
    if totp is None:
        raise CodeRefused
    step = step_of(ring.open(totp.sealed, _place(account_id)).decode(), code, now, after=totp.last_step)
    statement = update(Totp).where(Totp.account_id == account_id, Totp.last_step < (step or 0)).values(last_step=step)
    if step is None or rows_of(session, statement) != 1:
        raise CodeRefused


def new_recovery_codes(session: Session, account_id: str, now: datetime) -> list[str]:
    """Make ten recovery codes, four groups of four characters each; older ones are void."""
    session.execute(delete(RecoveryCode).where(RecoveryCode.account_id == account_id))
    codes = [base64.b32encode(secrets.token_bytes(RECOVERY_BYTES)).decode().lower() for _ in range(RECOVERY_CODES)]
    for code in codes:
        session.add(RecoveryCode(digest=_recovery_digest(account_id, code), account_id=account_id, created_at=now))
    session.flush()
    return ["-".join(code[at : at + 4] for at in range(0, len(code), 4)) for code in codes]


def check_recovery_code(session: Session, account_id: str, code: str, now: datetime) -> None:
    """Use a recovery code up. Raises CodeRefused."""
    plain = re.sub(r"[\s-]", "", code).lower()
    statement = (
        update(RecoveryCode)
        .where(
            RecoveryCode.digest == _recovery_digest(account_id, plain),
            RecoveryCode.account_id == account_id,
            RecoveryCode.used_at.is_(None),
        )
        .values(used_at=now)
    )
    if rows_of(session, statement) != 1:
        raise CodeRefused


def _recovery_digest(account_id: str, plain: str) -> str:
    return hashlib.sha256(f"{account_id}:{plain}".encode(errors="replace")).hexdigest()


def recovery_codes_left(session: Session, account_id: str) -> int:
    """Count somebody's recovery codes that still work."""
    query = select(func.count()).where(RecoveryCode.account_id == account_id, RecoveryCode.used_at.is_(None))
    return session.scalar(query) or 0


def has_authenticator(session: Session, account_id: str) -> bool:
    """Say whether somebody has an authenticator app."""
    return session.get(Totp, account_id) is not None


def passkeys_of(session: Session, account_id: str) -> Sequence[Passkey]:
    """Give somebody's passkeys, the oldest first."""
    query = select(Passkey).where(Passkey.account_id == account_id).order_by(Passkey.created_at, Passkey.id)
    return session.scalars(query).all()


def has_factor(session: Session, account_id: str) -> bool:
    """Say whether a password alone lets somebody in no more."""
    return has_authenticator(session, account_id) or bool(passkeys_of(session, account_id))


def remove_authenticator(session: Session, account: Account, *, staff: bool) -> None:
    """Take somebody's authenticator away. Raises AccountRefused: ``none``, ``last_factor`` (staff keeps one)."""
    if not has_authenticator(session, account.id):
        raise AccountRefused("none")
    if staff and not passkeys_of(session, account.id):
        raise AccountRefused("last_factor")
    session.execute(delete(Totp).where(Totp.account_id == account.id))
    _drop_codes_without_factor(session, account.id)


def remove_passkey(session: Session, account: Account, passkey_id: str, *, staff: bool) -> Passkey:
    """Take a passkey away. Raises AccountRefused: ``none``, ``last_factor``."""
    keys = passkeys_of(session, account.id)
    found = next((key for key in keys if key.id == passkey_id), None)
    if found is None:
        raise AccountRefused("none")
    if staff and len(keys) == 1 and not has_authenticator(session, account.id):
        raise AccountRefused("last_factor")
    session.delete(found)
    session.flush()
    _drop_codes_without_factor(session, account.id)
    return found


def _drop_codes_without_factor(session: Session, account_id: str) -> None:
    if not has_factor(session, account_id):
        session.execute(delete(RecoveryCode).where(RecoveryCode.account_id == account_id))
