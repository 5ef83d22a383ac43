"""Shapes that several rooms rely on without knowing who fills them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import pyramid.request
from sqlalchemy.orm import Session

from senfcall_avv.edge_names import REQUEST_ID

if TYPE_CHECKING:
    from transaction import TransactionManager

    from senfcall_avv.db import SessionFactory
    from senfcall_avv.sealing import KeyRing


class Request(pyramid.request.Request):  # type: ignore[misc]  # Pyramid has no types
    """A request as our code sees it."""

    bbb: object = None
    """What the gateway's tween admitted; nothing below the tween may trust anything else."""
    if TYPE_CHECKING:
        db: Session
        tm: TransactionManager

    @property
    def request_id(self) -> str:
        """The id on every answer, error page and log line of this request."""
        made: str = self.environ[REQUEST_ID]
        return made


class Workplace(Protocol):
    """What the command line hands to the rooms' commands as ``ctx.obj``; each thing is made when it is asked for."""

    @property
    def session_factory(self) -> SessionFactory:
        """Sessions on the database of the settings."""
        ...

    @property
    def key_ring(self) -> KeyRing:
        """The keys that seal secrets."""
        ...

    def organization_id(self, session: Session, id_or_unique_name: str) -> str:
        """Find an organisation for rooms that stand below it. Raises LookupError with a sentence for people."""
        ...
