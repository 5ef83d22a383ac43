"""All endpoints in memory, as the gateway sees them: no call waits for the database.

A daemon thread reads the epoch's number once per interval and everything else only when it changed. What is found is
put in place by one assignment, so readers need no lock. While the database is away the last good state holds.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from senfcall_avv.background import Repeating
from senfcall_avv.bbb.checksum import MIN_SECRET_LENGTH
from senfcall_avv.db import SessionFactory, session_scope
from senfcall_avv.endpoints.keys import new_secret
from senfcall_avv.endpoints.models import Endpoint, EndpointSecret, EndpointState, Epoch, place_of
from senfcall_avv.logs import log
from senfcall_avv.organizations.models import LIMIT_NAMES, Organization
from senfcall_avv.policy.engine import Limits, Subject
from senfcall_avv.sealing import KeyRing, SealBroken

TODO_DATABASE: Final = "The last state that was read goes on being used. Look whether the database answers."
TODO_SECRET: Final = {
    "unknown_key": "Its key is missing in avv.keys_file: put the line back, or give the endpoint a new secret.",
    "not_authentic": "The row was altered or copied from elsewhere: find out by whom, then rotate the secret.",
    "malformed": "The row was altered: find out by whom, then rotate the secret.",
    "short": "It is too short to be safe: rotate it.",
}
SECRETS: Final = 2
"""How many secrets every view gives: as many as can be valid at once."""


@dataclass(frozen=True, slots=True)
class _Held:
    """A secret in memory, or a dummy (``id`` None) that nobody knows. ``end`` in seconds since 1970."""

    id: str | None
    text: bytes
    end: float = math.inf


_DUMMIES: Final = tuple(_Held(None, new_secret().encode()) for _ in range(SECRETS))


@dataclass(frozen=True, slots=True, repr=False)
class EndpointView:
    """One endpoint. ``subject`` is what the policy decides about; ``answers`` is false where no secret may verify."""

    key: str
    organization_id: str
    organization_name: str
    subject: Subject
    answers: bool
    _held: tuple[_Held, ...]

    def __repr__(self) -> str:
        return f"<EndpointView {self.key}>"

    def secrets(self, now: float) -> tuple[bytes, ...]:
        """Give always SECRETS secrets, all of one length, to be tried in turn; dummies stand in for missing ones.

        ``now`` is in seconds since 1970: a secret whose end has come by then is replaced by a dummy in its place.
        """
        first, second = self._held
        return (
            first.text if now < first.end else _DUMMIES[0].text,
            second.text if now < second.end else _DUMMIES[1].text,
        )

    @property
    def secret_ids(self) -> tuple[str | None, ...]:
        """The secrets' ids in the order of ``secrets``, None for dummies."""
        return tuple(held.id for held in self._held)


UNKNOWN: Final = EndpointView("", "", "", Subject("", ""), answers=False, _held=_DUMMIES)
"""Stands for every key that there is not: its secrets cost what others' cost, and verify nothing."""


class EndpointSnapshot:
    """The endpoints by key. ``interval`` in seconds; ``clock`` gives seconds since 1970."""

    def __init__(
        self, factory: SessionFactory, ring: KeyRing, interval: float = 1.0, clock: Callable[[], float] = time.time
    ) -> None:
        self._factory = factory
        self._ring = ring
        self._clock = clock
        self._views: Mapping[str, EndpointView] = {}
        self._epoch: int | None = None
        self._away = False
        self._alarmed: set[str] = set()
        self._repeating = Repeating("endpoints-snapshot", interval, self.refresh, at_once=True)
        self.loaded = False

    def find(self, key: str) -> EndpointView | None:
        """Find an endpoint in memory. Only the first call in a process waits for the database."""
        if not self._repeating.running:
            self._repeating.start()
        return self._views.get(key)

    def refresh(self) -> None:
        """Read the epoch, and everything if it moved. Where the database fails, the last good state stays."""
        try:
            with session_scope(self._factory, write=False) as session:
                # The epoch is read first: what is read after it is at least as new, so nothing can be missed.
                epoch = session.scalar(select(Epoch.number))
                if epoch is None or epoch != self._epoch:
                    self._views = self._read(session)
                    self._epoch = epoch
                    log.info("endpoints.reloaded", epoch=epoch, endpoints=len(self._views))
        except Exception as error:  # noqa: BLE001  # drivers raise what they like; the gateway must go on answering
            if not self._away:
                self._away = True
                log.exception("endpoints.reload_failed", error, todo=TODO_DATABASE)
            return
        self._away = False
        self.loaded = True

    def close(self) -> None:
        """End the thread. The next ``find`` would start it again."""
        self._repeating.stop()

    def _read(self, session: Session) -> dict[str, EndpointView]:
        rows = session.execute(
            select(EndpointSecret.id, Endpoint.key, EndpointSecret.sealed, EndpointSecret.valid_until)
            .join(Endpoint)
            .where(EndpointSecret.sealed.is_not(None))
            .order_by(EndpointSecret.created_at.desc(), EndpointSecret.id)
        )
        now = self._clock()
        found: dict[str, list[_Held]] = {}
        for row in rows:
            held = self._open(row)
            if held is not None and held.end > now:
                found.setdefault(row.key, []).append(held)
        endpoints = session.execute(select(Endpoint.key, Endpoint.state, *_OF_ORGANIZATION).join(Organization))
        return {row.key: _view(row, found.get(row.key, [])) for row in endpoints}

    def _open(self, row: Row[str, str, bytes | None, datetime | None]) -> _Held | None:
        try:
            text = self._ring.open(row.sealed, place_of(row.id))
        except SealBroken as broken:
            self._alarm(row.key, row.id, broken.reason)
            return None
        if len(text) < MIN_SECRET_LENGTH:
            self._alarm(row.key, row.id, "short")
            return None
        return _Held(row.id, text, math.inf if row.valid_until is None else row.valid_until.timestamp())

    def _alarm(self, key: str, secret_id: str, reason: str) -> None:
        if secret_id not in self._alarmed:
            self._alarmed.add(secret_id)
            log.error("endpoints.secret_unreadable", key=key, secret_id=secret_id, todo=TODO_SECRET[reason])


# Columns, not objects: these would take most of the time.
_OF_ORGANIZATION: Final = tuple(getattr(Organization, name) for name in ("id", "name", "policy_profile", *LIMIT_NAMES))


def _view(row: Row[*tuple[Any, ...]], held: list[_Held]) -> EndpointView:
    key, state, organization_id, name, profile, *numbers = row
    answers = state is EndpointState.ACTIVE
    # The current secret first, then the one that stays valid longest.
    usable = sorted(held, key=lambda one: -one.end)[:SECRETS] if answers else []
    return EndpointView(
        key,
        organization_id,
        name,
        Subject(key, profile, Limits(**dict(zip(LIMIT_NAMES, numbers, strict=True)))),
        answers,
        (*usable, *_DUMMIES[len(usable) :]),
    )
