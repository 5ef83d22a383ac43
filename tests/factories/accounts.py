"""Accounts for tests, with hashes that cost next to nothing."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime

from pyotp import TOTP
from sqlalchemy.orm import Session

from senfcall_avv.accounts import two_factor
from senfcall_avv.accounts.client import Client
from senfcall_avv.accounts.links import Links
from senfcall_avv.accounts.means import Means
from senfcall_avv.accounts.models import Account, Role, StaffRole
from senfcall_avv.accounts.passkeys import Site
from senfcall_avv.accounts.password import Passwords
from senfcall_avv.accounts.sessions import Lifetimes
from senfcall_avv.sealing import KeyRing
from senfcall_avv.settings import AccountSettings

NOW = datetime(2026, 11, 2, 12, 0, tzinfo=UTC)
PASSWORD = "vier grüne Tassen fliegen"
OTHER_PASSWORD = "kein Fahrrad ohne Klingel"
CHEAP = AccountSettings(hash_kib=8, hash_passes=1, hash_lanes=1)
PASSWORDS = Passwords(CHEAP)
CLIENT = Client(network="192.0.2.0/24", device="Firefox · Linux", browser="a" * 64)
STRANGER = Client(network="198.51.100.0/24", device="Chrome · Windows", browser="b" * 64)
_numbers = itertools.count(1)


def make_means(ring: KeyRing, public_url: str = "https://avv.example.org") -> Means:
    """Make what services of accounts work with."""
    return Means(PASSWORDS, ring, Links(public_url), Lifetimes.of(CHEAP), Site.of(public_url))


def make_person(
    session: Session,
    email: str | None = None,
    *,
    name: str = "Lena Muster",
    language: str = "de",
    password: str = PASSWORD,
    confirmed: bool = True,
    roles: tuple[Role, ...] = (),
    now: datetime = NOW,
) -> Account:
    """Make an account; unless given, its address is one that no other has."""
    account = Account(
        email=email or f"person{next(_numbers)}@example.org",
        name=name,
        language=language,
        password_hash=PASSWORDS.hash(password),
        created_at=now,
        confirmed_at=now if confirmed else None,
    )
    session.add(account)
    session.flush()
    for role in roles:
        session.add(StaffRole(account_id=account.id, role=role, created_at=now))
    session.flush()
    return account


def give_authenticator(session: Session, ring: KeyRing, account: Account, now: datetime = NOW) -> str:
    """Set up an authenticator with a code of an hour ago; give its key."""
    key = two_factor.new_key()
    earlier = datetime.fromtimestamp(now.timestamp() - 3600, UTC)
    two_factor.set_authenticator(session, ring, account.id, key, code_of(key, earlier), earlier)
    return key


def code_of(key: str, now: datetime, steps: int = 0) -> str:
    """Give the code that an app with this key shows, some 30-second steps before or after."""
    shown: str = TOTP(key).generate_otp(int(now.timestamp()) // 30 + steps)
    return shown
