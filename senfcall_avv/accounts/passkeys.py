"""Passkeys: an authenticator proves itself by signing a challenge that we made a moment ago for this very browser.

The names that the authenticator checks come from the setting ``public_url``; no request can change them. Who logs in
by passkey alone, and staff always, must be verified by the device (finger, face, PIN), not only be present.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from senfcall_avv.accounts.errors import PasskeyRefused
from senfcall_avv.accounts.models import NAME_LENGTH, Account, Ceremony, Passkey, PasskeyChallenge
from senfcall_avv.accounts.tokens import rows_of

if TYPE_CHECKING:
    from webauthn.helpers.structs import PublicKeyCredentialDescriptor

CHALLENGE_BYTES: Final = 32
CHALLENGE_LIFE: Final = timedelta(minutes=5)
LONGEST_ANSWER: Final = 16_384
MOST_PASSKEYS: Final = 20


@dataclass(frozen=True)
class Site:
    """The names under which authenticators know us."""

    origin: str
    name: str = "Senfcall AV"

    @classmethod
    def of(cls, public_url: str) -> Site:
        at = urlsplit(public_url)
        return cls(f"{at.scheme}://{at.netloc}")

    @property
    def id(self) -> str:
        return urlsplit(self.origin).hostname or ""


@dataclass(frozen=True)
class Asked:
    """What a page hands to the browser: ``options`` is JSON; ``challenge_id`` comes back with the answer."""

    challenge_id: str
    options: str


def ask_to_register(
    session: Session, site: Site, account: Account, existing: Iterable[Passkey], bound_to: str, now: datetime
) -> Asked:
    """Make what a new passkey has to sign."""
    import webauthn
    from webauthn.helpers.structs import (
        AuthenticatorSelectionCriteria,
        ResidentKeyRequirement,
        UserVerificationRequirement,
    )

    row = _new_challenge(session, Ceremony.REGISTER, bound_to, account.id, now)
    options = webauthn.generate_registration_options(
        rp_id=site.id,
        rp_name=site.name,
        user_id=account.id.encode(),
        user_name=account.email,
        user_display_name=account.name,
        challenge=row.challenge,
        timeout=int(CHALLENGE_LIFE.total_seconds() * 1000),
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.PREFERRED, user_verification=UserVerificationRequirement.REQUIRED
        ),
        exclude_credentials=_descriptors(existing),
    )
    return Asked(row.id, webauthn.options_to_json(options))


def register(
    session: Session,
    site: Site,
    account: Account,
    challenge_id: str,
    answer: str,
    name: str,
    bound_to: str,
    now: datetime,
) -> Passkey:
    """Store a new passkey. Raises PasskeyRefused."""
    import webauthn
    from webauthn.helpers.exceptions import WebAuthnException

    row = _use_challenge(session, Ceremony.REGISTER, challenge_id, bound_to, account.id, now)
    try:
        made = webauthn.verify_registration_response(
            credential=_read(answer),
            expected_challenge=row,
            expected_rp_id=site.id,
            expected_origin=site.origin,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError, KeyError, TypeError) as error:
        raise PasskeyRefused("answer") from error
    if session.scalar(select(Passkey.id).where(Passkey.credential_id == made.credential_id)) is not None:
        raise PasskeyRefused("known")
    passkey = Passkey(
        account_id=account.id,
        credential_id=made.credential_id,
        public_key=made.credential_public_key,
        sign_count=made.sign_count,
        name=name[:NAME_LENGTH],
        created_at=now,
    )
    session.add(passkey)
    session.flush()
    return passkey


def ask(
    session: Session,
    site: Site,
    ceremony: Ceremony,
    bound_to: str,
    now: datetime,
    *,
    account_id: str | None = None,
    passkeys: Iterable[Passkey] = (),
) -> Asked:
    """Make what a known passkey has to sign; without an account the browser offers all that it has for this site."""
    import webauthn
    from webauthn.helpers.structs import UserVerificationRequirement

    row = _new_challenge(session, ceremony, bound_to, account_id, now)
    options = webauthn.generate_authentication_options(
        rp_id=site.id,
        challenge=row.challenge,
        timeout=int(CHALLENGE_LIFE.total_seconds() * 1000),
        allow_credentials=_descriptors(passkeys),
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    return Asked(row.id, webauthn.options_to_json(options))


def check(
    session: Session,
    site: Site,
    ceremony: Ceremony,
    challenge_id: str,
    answer: str,
    bound_to: str,
    now: datetime,
    *,
    account_id: str | None = None,
    verified: bool = True,
) -> Passkey:
    """Accept a passkey's signature and give the passkey. Raises PasskeyRefused.

    ``verified``: the device must have verified its person. A counter that does not rise means a copied key.
    """
    import webauthn
    from webauthn.helpers.exceptions import WebAuthnException

    challenge = _use_challenge(session, ceremony, challenge_id, bound_to, account_id, now)
    credential = _read(answer)
    passkey = _passkey_of(session, credential, account_id)
    try:
        found = webauthn.verify_authentication_response(
            credential=credential,
            expected_challenge=challenge,
            expected_rp_id=site.id,
            expected_origin=site.origin,
            credential_public_key=passkey.public_key,
            # The library refuses a counter that does not rise as it refuses everything else; we say which it was.
            credential_current_sign_count=0,
            require_user_verification=verified,
        )
    except (WebAuthnException, ValueError, KeyError, TypeError) as error:
        raise PasskeyRefused("answer") from error
    rises = (Passkey.sign_count < found.new_sign_count) | ((Passkey.sign_count == 0) & (found.new_sign_count == 0))
    statement = (
        update(Passkey)
        .where(Passkey.id == passkey.id, rises)
        .values(sign_count=found.new_sign_count, used_at=now)
        .execution_options(synchronize_session=False)
    )
    if rows_of(session, statement) != 1:
        raise PasskeyRefused("counter")
    session.refresh(passkey)
    return passkey


def forget(session: Session, now: datetime) -> int:
    """Delete challenges that nobody met; gives their number."""
    return session.connection().execute(delete(PasskeyChallenge).where(PasskeyChallenge.expires_at <= now)).rowcount


def _descriptors(passkeys: Iterable[Passkey]) -> list[PublicKeyCredentialDescriptor]:
    from webauthn.helpers.structs import PublicKeyCredentialDescriptor

    return [PublicKeyCredentialDescriptor(id=passkey.credential_id) for passkey in passkeys]


def _new_challenge(
    session: Session, ceremony: Ceremony, bound_to: str, account_id: str | None, now: datetime
) -> PasskeyChallenge:
    # One challenge a browser and purpose: asking again makes the older one worthless, and no table grows by it.
    session.execute(
        delete(PasskeyChallenge).where(PasskeyChallenge.bound_to == bound_to, PasskeyChallenge.ceremony == ceremony)
    )
    row = PasskeyChallenge(
        challenge=secrets.token_bytes(CHALLENGE_BYTES),
        ceremony=ceremony,
        bound_to=bound_to,
        account_id=account_id,
        expires_at=now + CHALLENGE_LIFE,
    )
    session.add(row)
    session.flush()
    return row


def _use_challenge(
    session: Session, ceremony: Ceremony, challenge_id: str, bound_to: str, account_id: str | None, now: datetime
) -> bytes:
    used = (
        delete(PasskeyChallenge)
        .where(
            PasskeyChallenge.id == challenge_id,
            PasskeyChallenge.ceremony == ceremony,
            PasskeyChallenge.bound_to == bound_to,
            PasskeyChallenge.account_id.is_(None) if account_id is None else PasskeyChallenge.account_id == account_id,
            PasskeyChallenge.expires_at > now,
        )
        .returning(PasskeyChallenge.challenge)
    )
    challenge: bytes | None = session.execute(used).scalar_one_or_none()
    if challenge is None:
        raise PasskeyRefused("challenge")
    return challenge


def _read(answer: str) -> dict[str, Any]:
    if len(answer) > LONGEST_ANSWER:
        raise PasskeyRefused("answer")
    try:
        read = json.loads(answer)
    except ValueError:
        raise PasskeyRefused("answer") from None
    if not isinstance(read, dict):
        raise PasskeyRefused("answer")
    return read


def _passkey_of(session: Session, credential: dict[str, Any], account_id: str | None) -> Passkey:
    from webauthn.helpers import base64url_to_bytes

    try:
        credential_id = base64url_to_bytes(str(credential.get("rawId", "")))
    except ValueError:
        raise PasskeyRefused("answer") from None
    usable = (Account.confirmed_at.is_not(None), Account.locked_at.is_(None))
    query = select(Passkey).join(Account, Account.id == Passkey.account_id)
    passkey = session.scalar(query.where(Passkey.credential_id == credential_id, *usable))
    if passkey is None or (account_id is not None and passkey.account_id != account_id):
        raise PasskeyRefused("unknown")
    return passkey
