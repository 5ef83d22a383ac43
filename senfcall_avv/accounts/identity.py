"""Who sends a request: from the cookie to a row, a person and her principals. Looked at only where somebody asks."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from pyramid.request import RequestLocalCache
from sqlalchemy.orm import Session
from webob.cookies import make_cookie

from senfcall_avv.accounts import sessions
from senfcall_avv.accounts.means import means_of
from senfcall_avv.accounts.models import Stage
from senfcall_avv.db import READING_METHODS, session_scope
from senfcall_avv.security import Identity

if TYPE_CHECKING:
    from pyramid.response import Response

    from senfcall_avv.accounts.sessions import Found
    from senfcall_avv.typing import Request


def cookie_name(request: Request) -> str:
    """Name the cookie: under https no other host and no http page can plant it."""
    return "__Host-session" if _secure(request) else "session"


def _secure(request: Request) -> bool:
    return bool(request.registry["avv.settings"].public_url.startswith("https://"))


def remember(request: Request, response: Response, value: str) -> Response:
    """Give the browser a session; gives the response back."""
    cookie = make_cookie(cookie_name(request), value, path="/", secure=_secure(request), httponly=True, samesite="Lax")
    response.headerlist.append(("Set-Cookie", cookie))
    return response


def forget(request: Request, response: Response) -> Response:
    """Take the session from the browser; gives the response back."""
    cookie = make_cookie(
        cookie_name(request), "", max_age=0, path="/", secure=_secure(request), httponly=True, samesite="Lax"
    )
    response.headerlist.append(("Set-Cookie", cookie))
    return response


@contextmanager
def _reading(request: Request) -> Iterator[Session]:
    """Give a session to look something up that does not keep others from writing.

    In requests that may change something ``request.db`` takes SQLite's write lock, for as long as they run: looking up
    who somebody is must not begin that before a view computes a slow hash.
    """
    if request.method in READING_METHODS or "db" in request.__dict__:
        yield request.db
    else:
        with session_scope(request.registry["avv.session_factory"], write=False) as session:
            yield session


def _look_up(request: Request) -> Found | None:
    value = None if request.is_gateway else request.cookies.get(cookie_name(request))
    if not value:
        return None
    with _reading(request) as session:
        return sessions.find(session, value)


_found: Final = RequestLocalCache(_look_up)


def session_of(request: Request) -> Found | None:
    """Give the session of the browser's cookie, whether or not it still counts."""
    found: Found | None = _found.get_or_create(request)
    return found


def pending_of(request: Request) -> Found | None:
    """Give a log-in that waits for its second step."""
    found = session_of(request)
    if found is None or found.row.stage is Stage.COMPLETE:
        return None
    return found if found.live(means_of(request.registry).lifetimes, request.now) else None


def expired_of(request: Request) -> Found | None:
    """Give a session whose time is over and that has not been ended by anybody."""
    found = session_of(request)
    if found is None or found.row.stage is not Stage.COMPLETE or found.account.locked_at is not None:
        return None
    return None if found.live(means_of(request.registry).lifetimes, request.now) else found


def identify(request: Request) -> Identity | None:
    """Say who is logged in, and note that the session is in use."""
    found = session_of(request)
    if found is None or found.row.stage is not Stage.COMPLETE:
        return None
    lifetimes = means_of(request.registry).lifetimes
    if not found.live(lifetimes, request.now):
        return None
    _touch(request, found)
    return Identity(
        account_id=found.account.id,
        session_id=found.row.id,
        language="en" if found.account.language == "en" else "de",
        staff=frozenset(role.value for role in found.roles) if found.row.second_factor else frozenset(),
        fresh_until=found.row.fresh_at + lifetimes.fresh,
        second_factor=found.row.second_factor,
    )


def _touch(request: Request, found: Found) -> None:
    if request.now < found.row.seen_at + sessions.SEEN_EVERY:
        return
    if "db" in request.__dict__ and request.method not in READING_METHODS:
        # This request writes already, and would wait for itself.
        sessions.touch(request.db, found.row.id, request.now)
        return
    with session_scope(request.registry["avv.session_factory"]) as session:
        sessions.touch(session, found.row.id, request.now)


def principals(_request: Request, identity: Identity) -> Iterator[str]:
    """Say what somebody is to access lists. Staff is nobody's who has not passed a second factor."""
    yield f"account:{identity.account_id}"
    for role in sorted(identity.staff):
        yield f"staff:{role}"


def includeme(config: Any) -> None:
    config.set_identifier(identify)
    config.add_principals(principals)
