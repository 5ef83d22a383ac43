"""The own-data export: one archive with a JSON file per room, and the person's files."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import or_, update
from sqlalchemy.orm import Session

from senfcall_avv.accounts.errors import TooMany
from senfcall_avv.accounts.models import Account
from senfcall_avv.accounts.personal_data import PersonalData
from senfcall_avv.accounts.services import note
from senfcall_avv.accounts.tokens import rows_of
from senfcall_avv.sealing import KeyRing

EVERY: Final = timedelta(hours=1)
EXTENSIONS: Final = frozenset(("pdf", "jpg", "png"))


def export(session: Session, ring: KeyRing, account: Account, every: Iterable[PersonalData], now: datetime) -> bytes:
    """Make the archive; once an hour, and of two that come at once only one. Raises TooMany."""
    earlier = account.exported_at
    statement = (
        update(Account)
        .where(Account.id == account.id, or_(Account.exported_at.is_(None), Account.exported_at <= now - EVERY))
        .values(exported_at=now)
    )
    if rows_of(session, statement) != 1:
        raise TooMany((earlier or now) + EVERY)
    note(session, account, "account.exported", now)
    return _archive(session, ring, account.id, every, now)


def _archive(session: Session, ring: KeyRing, account_id: str, every: Iterable[PersonalData], now: datetime) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for data in every:
            text = json.dumps(data.export(session, account_id), ensure_ascii=False, indent=2)
            _add(archive, f"{data.name}.json", text.encode(), now)
            files = data.files(session, ring, account_id) if data.files is not None else ()
            for number, file in enumerate(files, start=1):
                if file.extension not in EXTENSIONS:
                    raise ValueError(f"{data.name} gives a file of another kind than {', '.join(sorted(EXTENSIONS))}")
                _add(archive, f"{data.name}/{number:03}.{file.extension}", file.content, now)
    return made.getvalue()


def _add(archive: zipfile.ZipFile, name: str, content: bytes, now: datetime) -> None:
    entry = zipfile.ZipInfo(name, now.timetuple()[:6])
    entry.compress_type = zipfile.ZIP_DEFLATED
    archive.writestr(entry, content)
