"""Small values that travel through a page or an address and come back unread and unchanged: sealed, for a time."""

from __future__ import annotations

import base64
import json
from datetime import datetime, timedelta
from typing import Any

from senfcall_avv.sealing import KeyRing, SealBroken


def pack(ring: KeyRing, purpose: str, owner: str, value: Any, now: datetime) -> str:
    """Seal a JSON value for a purpose and whoever it belongs to; the text fits into a form or an address."""
    plain = json.dumps([int(now.timestamp()), value], separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(ring.seal(plain, _place(purpose, owner))).decode().rstrip("=")


def unpack(ring: KeyRing, purpose: str, owner: str, text: str, life: timedelta, now: datetime) -> Any:
    """Give the value back; None for what was changed, is too old, or was sealed for somebody or something else."""
    try:
        sealed = base64.urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
        at, value = json.loads(ring.open(sealed, _place(purpose, owner)))
    except (SealBroken, ValueError):
        return None
    return value if now.timestamp() - at < life.total_seconds() else None


def _place(purpose: str, owner: str) -> str:
    return f"carried.{purpose}.{owner}"
