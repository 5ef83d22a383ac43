"""Notes folded into counters, within bounds that no client can break.

Bounded are: the different names of an organisation and day, the networks of a key and day, the rows that one
organisation can fill, and all rows together. What is beyond the first three is counted under ``(more)``; what is beyond
the last is lost, and its number is told.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Final, NamedTuple

from senfcall_avv.ledger.notes import CHECKSUM, FORWARDED, REFUSED, UNKNOWN_CALL, Noted
from senfcall_avv.policy.engine import BODY_NAME, INVALID_NAME

MAX_NAMES: Final = 200
"""Different names per organisation and day."""
MAX_NETWORKS: Final = 50
"""Different networks with failed checksums per key and day."""
MAX_CHECKSUMS: Final = 60
"""Failed checksums per minute, key and network whose call is still kept."""
MAX_ORGANIZATION_ROWS: Final = 2_000
MAX_ROWS: Final = 100_000
"""About 40 MB."""

MORE: Final = "(more)"
ROOT_CALL: Final = "(root)"
BROWSERS: Final = "(browsers)"
"""Stands for the networks of those who follow a join link: they are people, not servers."""
OWN_NAMES: Final = frozenset((BODY_NAME, INVALID_NAME, MORE))

_NAME = re.compile(r"[A-Za-z0-9_.-]{1,64}")
_MAX_REVISION = 200


class RowKey(NamedTuple):
    """The primary key of the table, in the order of its index."""

    organization_id: str
    day: date
    key: str
    call: str
    name: str
    reason: str


@dataclass(slots=True)
class Tally:
    """The other columns of a row."""

    count: int
    neutral: int
    first_at: datetime
    last_at: datetime
    revision: str

    def add(self, other: Tally) -> None:
        """Take in another tally of the same row."""
        self.count += other.count
        self.neutral += other.neutral
        self.first_at = min(self.first_at, other.first_at)
        if other.last_at >= self.last_at:
            self.last_at, self.revision = other.last_at, other.revision


Rows = dict[RowKey, Tally]


def merge(rows: Rows, row: RowKey, tally: Tally) -> None:
    """Add a tally to the row of its key."""
    known = rows.get(row)
    if known is None:
        rows[row] = tally
    else:
        known.add(tally)


@lru_cache(maxsize=4096)
def network_of(client: str) -> str:
    """Truncate an IP address to its network: /24, or /48 in IPv6. ``(invalid)`` for anything else."""
    try:
        address = ipaddress.ip_address(client.partition("%")[0])
    except ValueError:
        return INVALID_NAME
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    return str(ipaddress.ip_network((address, 24 if address.version == 4 else 48), strict=False))


class Book:
    """Counters since the last ``take``. ``calls`` are BBB's; used by one thread at a time."""

    def __init__(self, calls: Collection[str]) -> None:
        self._calls = {call: call for call in calls} | {"": ROOT_CALL}
        self._rows: Rows = {}
        self._filled: dict[str, int] = {}
        self._names: dict[str, set[str]] = {}
        self._networks: dict[str, set[str]] = {}
        self._failed: dict[tuple[str, str], int] = {}
        self._now = datetime.fromtimestamp(0, UTC)
        self._day = self._now.date()
        self._minute = -1
        self.lost = 0

    def at(self, now: datetime) -> None:
        """Set the moment at which the next notes are counted."""
        minute = int(now.timestamp()) // 60
        if minute != self._minute:
            self._minute = minute
            self._failed.clear()
        if now.date() != self._day:
            self._day = now.date()
            self._names.clear()
            self._networks.clear()
        self._now = now

    def add(self, noted: Noted) -> None:
        """Count a call and all that is said of its parameters."""
        call = self._calls.get(noted.call, UNKNOWN_CALL)
        if noted.verdict == CHECKSUM:
            self._add_checksum(noted, call)
            return
        self._count(noted, call, "", noted.verdict)
        if noted.verdict == REFUSED:
            self._count(noted, call, self._clean(noted, noted.param) if noted.param else "", noted.reason)
        for name in noted.forwarded:
            self._count(noted, call, self._clean(noted, name), FORWARDED)
        for name, reason in noted.ignored.items():
            self._count(noted, call, self._clean(noted, name), reason, name in noted.neutral)
        for name, reason in noted.changed.items():
            self._count(noted, call, self._clean(noted, name), reason)

    def take(self) -> Rows:
        """Give all rows and begin anew."""
        taken, self._rows = self._rows, {}
        self._filled.clear()
        return taken

    def put_back(self, rows: Mapping[RowKey, Tally]) -> None:
        """Take in rows that could not be stored; those beyond the bound are lost."""
        for row, tally in rows.items():
            if row in self._rows or self._room_for(row):
                merge(self._rows, row, tally)

    def __len__(self) -> int:
        return len(self._rows)

    def _add_checksum(self, noted: Noted, call: str) -> None:
        network = BROWSERS if call == "join" else network_of(noted.param)
        networks = self._networks.setdefault(noted.key, set())
        if network not in networks:
            if len(networks) >= MAX_NETWORKS:
                network = MORE
            else:
                networks.add(network)
        failed = self._failed.get((noted.key, network), 0) + 1
        self._failed[noted.key, network] = failed
        self._count(noted, call if failed <= MAX_CHECKSUMS else MORE, network, CHECKSUM)

    def _clean(self, noted: Noted, name: str) -> str:
        names = self._names.get(noted.organization_id)
        if names is None:
            names = self._names[noted.organization_id] = set()
        if name in names or name in OWN_NAMES:
            return name
        if not _NAME.fullmatch(name):
            return INVALID_NAME
        if len(names) >= MAX_NAMES:
            return MORE
        names.add(name)
        return name

    def _count(self, noted: Noted, call: str, name: str, reason: str, neutral: bool = False) -> None:
        row = RowKey(noted.organization_id, self._day, noted.key, call, name, reason)
        tally = self._rows.get(row)
        if tally is None and name and self._filled.get(noted.organization_id, 0) >= MAX_ORGANIZATION_ROWS:
            row = row._replace(name=MORE)
            tally = self._rows.get(row)
        if tally is None:
            if self._room_for(row):
                revision = noted.revision[:_MAX_REVISION]
                self._rows[row] = Tally(1, int(neutral), self._now, self._now, revision)
            return
        tally.count += 1
        tally.neutral += neutral
        tally.last_at = self._now
        tally.revision = noted.revision[:_MAX_REVISION]

    def _room_for(self, row: RowKey) -> bool:
        if len(self._rows) >= MAX_ROWS:
            self.lost += 1
            return False
        self._filled[row.organization_id] = self._filled.get(row.organization_id, 0) + 1
        return True
