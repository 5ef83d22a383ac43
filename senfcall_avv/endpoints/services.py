"""What may happen to endpoints and their secrets."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from senfcall_avv.endpoints.keys import new_key, new_secret
from senfcall_avv.endpoints.models import Endpoint, EndpointSecret, EndpointState, place_of
from senfcall_avv.organizations.models import Organization
from senfcall_avv.sealing import KeyRing

OVERLAPS: Final = (timedelta(0), timedelta(hours=24), timedelta(days=7))
"""How long an old secret may stay valid beside its successor."""


class EndpointRefused(Exception):
    """Something can't be done with an endpoint.

    ``reason`` is ``revoked``, ``overlap_not_offered``, ``overlap_running`` or ``wiped``.
    """

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


def create_endpoint(
    session: Session, ring: KeyRing, organization: Organization, now: datetime | None = None
) -> tuple[Endpoint, str]:
    """Make an endpoint and its first secret; the secret's text is given back beside it."""
    moment = now or datetime.now(UTC)
    endpoint = Endpoint(key=new_key(), organization=organization, state=EndpointState.ACTIVE, created_at=moment)
    session.add(endpoint)
    session.flush()
    text = _add_secret(session, ring, endpoint, moment)
    return endpoint, text


def find_endpoint(session: Session, key: str) -> Endpoint:
    """Find an endpoint by its key. Raises LookupError."""
    endpoint = session.scalars(select(Endpoint).where(Endpoint.key == key)).one_or_none()
    if endpoint is None:
        raise LookupError("no endpoint has this key")
    return endpoint


def rotate_secret(
    session: Session, ring: KeyRing, endpoint: Endpoint, overlap: timedelta, now: datetime, *, confirm: bool = False
) -> str:
    """Give an endpoint a new secret, valid at once; the old one stays valid for ``overlap`` (one of OVERLAPS).

    Without an overlap the old one is wiped. Two secrets at most are ever valid: with ``confirm``, a rotation during an
    overlap ends that overlap. Raises EndpointRefused.
    """
    if overlap not in OVERLAPS:
        raise EndpointRefused("overlap_not_offered", "an old secret stays valid for 0 or 24 hours or 7 days")
    # The row is locked, so that of two rotations at once the second sees the overlap that the first began.
    session.execute(select(Endpoint.id).where(Endpoint.id == endpoint.id).with_for_update())
    session.refresh(endpoint, ("state", "secrets"))
    _refuse_revoked(endpoint)
    if not confirm and any(_in_overlap(secret, now) for secret in endpoint.secrets):
        raise EndpointRefused("overlap_running", "the secret before this one is still valid: confirm to end it now")
    end_overlap(session, endpoint, now)
    for secret in endpoint.secrets:
        if secret.valid_until is None:
            secret.valid_until = now + overlap
            if not overlap:
                secret.sealed = None
    session.flush()  # the old one makes room first: only one secret may be without an end
    return _add_secret(session, ring, endpoint, now)


def end_overlap(session: Session, endpoint: Endpoint, now: datetime) -> int:
    """End the validity of old secrets now and wipe them; gives their number."""
    ended = [secret for secret in endpoint.secrets if _in_overlap(secret, now)]
    for secret in ended:
        secret.valid_until = now
        secret.sealed = None
    session.flush()
    return len(ended)


def wipe_ended_secrets(session: Session, now: datetime) -> int:
    """Wipe the values of all secrets whose time is over; their rows stay. Gives their number."""
    over = select(EndpointSecret).where(EndpointSecret.valid_until <= now, EndpointSecret.sealed.is_not(None))
    ended = session.scalars(over).all()
    for secret in ended:
        secret.sealed = None
    session.flush()
    return len(ended)


def pause(endpoint: Endpoint) -> None:
    """Let an endpoint look like an unknown one. Raises EndpointRefused for a revoked one."""
    _refuse_revoked(endpoint)
    endpoint.state = EndpointState.PAUSED_HARD


def resume(endpoint: Endpoint) -> None:
    """Let a paused endpoint answer again. Raises EndpointRefused for a revoked one."""
    _refuse_revoked(endpoint)
    endpoint.state = EndpointState.ACTIVE


def revoke(session: Session, endpoint: Endpoint, now: datetime) -> None:
    """End an endpoint for ever and wipe its secrets."""
    endpoint.state = EndpointState.REVOKED
    session.execute(
        update(EndpointSecret)
        .where(EndpointSecret.endpoint_id == endpoint.id)
        .values(sealed=None, valid_until=now)
        .execution_options(synchronize_session="fetch")
    )
    session.flush()


def reveal(ring: KeyRing, secret: EndpointSecret) -> str:
    """Give a secret's text. Raises EndpointRefused once it was wiped, SealBroken where it doesn't open."""
    if secret.sealed is None:
        raise EndpointRefused("wiped", "this secret is not kept any more")
    return ring.open(secret.sealed, secret.place).decode("ascii")


def _add_secret(session: Session, ring: KeyRing, endpoint: Endpoint, now: datetime) -> str:
    text = new_secret()
    secret_id = secrets.token_urlsafe(16)
    sealed = ring.seal(text.encode(), place_of(secret_id))
    session.add(EndpointSecret(id=secret_id, endpoint=endpoint, sealed=sealed, created_at=now))
    session.flush()
    return text


def _in_overlap(secret: EndpointSecret, now: datetime) -> bool:
    return secret.sealed is not None and secret.valid_until is not None and secret.valid_until > now


def _refuse_revoked(endpoint: Endpoint) -> None:
    if endpoint.state is EndpointState.REVOKED:
        raise EndpointRefused("revoked", "this endpoint was revoked for ever")
