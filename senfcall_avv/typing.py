"""Shapes that several rooms rely on without knowing who fills them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import pyramid.request
from pyramid.decorator import reify
from sqlalchemy.orm import Session

from senfcall_avv.db import request_session
from senfcall_avv.edge_names import DOOR, REQUEST_ID

if TYPE_CHECKING:
    from transaction import TransactionManager

    from senfcall_avv.db import SessionFactory
    from senfcall_avv.sealing import KeyRing
    from senfcall_avv.settings import Settings


class Request(pyramid.request.Request):  # type: ignore[misc]  # Pyramid has no types
    """A request as our code sees it."""

    bbb: object = None
    """What the gateway's tween admitted; nothing below the tween may trust anything else."""
    registry: Any
    tm: TransactionManager

    @reify  # type: ignore[untyped-decorator]  # Pyramid has no types
    def db(self) -> Session:
        """The session of this request's transaction."""
        return request_session(self)

    @property
    def request_id(self) -> str:
        """The id on every answer, error page and log line of this request."""
        made: str = self.environ[REQUEST_ID]
        return made

    @property
    def is_gateway(self) -> bool:
        """Whether this request came in by the plugins' door."""
        return bool(self.environ.get(DOOR) == "gateway")


class Workplace(Protocol):
    """What the command line hands to the rooms' commands as ``ctx.obj``; each thing is made when it is asked for."""

    @property
    def settings(self) -> Settings:
        """The settings of the installation."""
        ...

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


class Installation(Workplace, Protocol):
    """A workplace for those who run an installation: what it is made from, and a try with other settings."""

    settings: Settings

    @property
    def ini(self) -> dict[str, str]:
        """The application's section of the ini file."""
        ...

    def settings_with(self, overrides: dict[str, str]) -> Settings:
        """Give the settings with some of them replaced."""
        ...
