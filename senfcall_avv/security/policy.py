"""From the acting person to a yes or no: identity → principals → access lists from the context up to the root."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Final

from pyramid.authorization import ACLHelper, Authenticated, Everyone
from pyramid.request import RequestLocalCache
from pyramid.security import Allowed, Denied

from senfcall_avv.security.identity import Identity, Permission

if TYPE_CHECKING:
    from pyramid.config import Configurator

    from senfcall_avv.typing import Request

Identifier = Callable[["Request"], Identity | None]
Principals = Callable[["Request", Identity], Iterable[str]]
IDENTIFIER: Final = "avv.identifier"
PRINCIPALS: Final = "avv.principals"


class SecurityPolicy:
    """Pyramid's security policy. It asks the rooms once a request, and only where somebody asks."""

    def __init__(self, registry: Any) -> None:
        self._registry = registry
        self._lists = ACLHelper()
        self._identities = RequestLocalCache(self._identify)
        self._principals = RequestLocalCache(self._principals_of)

    def _identify(self, request: Request) -> Identity | None:
        identifier: Identifier | None = self._registry.get(IDENTIFIER)
        return identifier(request) if identifier else None

    def _principals_of(self, request: Request) -> tuple[str, ...]:
        identity = self.identity(request)
        if identity is None:
            return (Everyone,)
        found = [Everyone, Authenticated]
        for function in self._registry.get(PRINCIPALS, ()):
            found += function(request, identity)
        return tuple(found)

    def identity(self, request: Request) -> Identity | None:
        identity: Identity | None = self._identities.get_or_create(request)
        return identity

    def authenticated_userid(self, request: Request) -> str | None:
        identity = self.identity(request)
        return identity.account_id if identity else None

    def permits(self, request: Request, context: object, permission: str) -> Allowed | Denied:
        if permission == Permission.PUBLIC:
            return Allowed("everybody may")
        if permission == Permission.UNDECLARED:
            return Denied("the view declares no permission")
        return self._lists.permits(context, self._principals.get_or_create(request), permission)

    def remember(self, request: Request, userid: str, **kw: Any) -> list[tuple[str, str]]:
        """Refuse: sessions are rows, and the room of accounts makes and ends them."""
        raise NotImplementedError

    forget = remember


def set_identifier(config: Configurator, function: Identifier) -> None:
    """Directive: say who is logged in. There is one such function."""
    config.action(IDENTIFIER, lambda: config.registry.__setitem__(IDENTIFIER, function))


def add_principals(config: Configurator, function: Principals) -> None:
    """Directive: say what else a person is, as words for access lists, such as ``org:owner:<id>``."""
    config.action((PRINCIPALS, function), lambda: config.registry.setdefault(PRINCIPALS, []).append(function))


def includeme(config: Configurator) -> None:
    config.add_directive("set_identifier", set_identifier)
    config.add_directive("add_principals", add_principals)
    config.set_security_policy(SecurityPolicy(config.registry))
    config.set_default_permission(Permission.UNDECLARED)
