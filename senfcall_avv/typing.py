"""Shapes that several rooms rely on without knowing who fills them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import IO, TYPE_CHECKING, Any, Protocol

import pyramid.request
from pyramid.decorator import reify
from sqlalchemy.orm import Session

from senfcall_avv.db import request_session
from senfcall_avv.edge_names import DOOR, REQUEST_ID
from senfcall_avv.i18n import Language, first_language, language_named

if TYPE_CHECKING:
    from pathlib import Path

    from pyramid.i18n import Localizer
    from transaction import TransactionManager

    from senfcall_avv.db import SessionFactory
    from senfcall_avv.sealing import KeyRing
    from senfcall_avv.settings import Settings


class Visitor(Protocol):
    """What a browser brings along in the sealed cookie that it has with and without a log-in."""

    def get(self, name: str) -> Any:
        """Give what is kept under a name; None if nothing is."""
        ...

    def set(self, name: str, value: Any) -> None:
        """Keep a JSON value; None forgets it."""
        ...


class Messages(Protocol):
    """What the next page says above its heading: that something was done."""

    def add(self, kind: str, text: str) -> None:
        """Say something on the next page that is shown. Kinds: ``ok info warn bad``."""
        ...

    def take(self) -> list[tuple[str, str]]:
        """Give kinds and texts, and forget them."""
        ...


class Request(pyramid.request.Request):  # type: ignore[misc]  # Pyramid has no types
    """A request as our code sees it."""

    bbb: object = None
    """What the gateway's tween admitted; nothing below the tween may trust anything else."""
    registry: Any
    tm: TransactionManager
    localizer: Localizer
    """Translates into ``language``."""

    @reify  # type: ignore[untyped-decorator]  # Pyramid has no types
    def db(self) -> Session:
        """The session of this request's transaction."""
        return request_session(self)

    @reify  # type: ignore[untyped-decorator]  # Pyramid has no types
    def visitor(self) -> Visitor:
        """What this browser keeps for us, log-in or not."""
        made: Visitor = self.registry["avv.visitor"](self)
        return made

    @reify  # type: ignore[untyped-decorator]  # Pyramid has no types
    def messages(self) -> Messages:
        """What the next page says above its heading."""
        made: Messages = self.registry["avv.messages"](self)
        return made

    @reify  # type: ignore[untyped-decorator]  # Pyramid has no types
    def language(self) -> Language:
        """The language of this answer: chosen with the switch, or else the account's, or else the browser's."""
        chosen = language_named(self.visitor.get("language"))
        known = None if chosen else language_named(getattr(self.identity, "language", None))
        return known or self.language_without_account

    @property
    def language_without_account(self) -> Language:
        """The language for whom nobody asks the database about."""
        chosen = language_named(self.visitor.get("language"))
        return chosen or first_language(self.headers.get("Accept-Language", ""))

    @reify  # type: ignore[untyped-decorator]  # Pyramid has no types
    def now(self) -> datetime:
        """The moment of this request by the installation's clock: aware, UTC, the same for its whole length."""
        moment: datetime = self.registry["avv.clock"]()
        return moment

    def make_tempfile(self) -> IO[bytes]:
        """Give WebOb a file for a large body, and close it when the answer is there."""
        file: IO[bytes] = super().make_tempfile()
        self.add_finished_callback(lambda _request: file.close())
        return file

    @property
    def request_id(self) -> str:
        """The id on every answer, error page and log line of this request."""
        made: str = self.environ[REQUEST_ID]
        return made

    @property
    def is_gateway(self) -> bool:
        """Whether this request came in by the plugins' door."""
        return bool(self.environ.get(DOOR) == "gateway")


@dataclass(frozen=True, slots=True)
class JobContext:
    """What a job works with.

    In a dry run what its sessions write is rolled back behind it; what reaches further than the database it must leave
    out by itself.
    """

    session_factory: SessionFactory
    settings: Settings
    key_ring: KeyRing
    registry: Any
    now: datetime
    dry_run: bool = False


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
    config: Path | None
    """The ini file that was named; None: the one that is found."""

    @property
    def ini(self) -> dict[str, str]:
        """The application's section of the ini file."""
        ...

    def settings_with(self, overrides: dict[str, str]) -> Settings:
        """Give the settings with some of them replaced."""
        ...
