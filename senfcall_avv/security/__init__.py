"""Who may do what: permissions, the acting person, the policy between them, and what holds for every portal view.

Denied until declared: a view without ``permission=`` is closed to everybody, answers GET and HEAD alone unless it names
other methods (``request_method=``), takes no form without our token and from another origin, and has no rest behind its
name. A page for everybody says ``permission=Permission.PUBLIC``.

Rooms add what they know by directives:

* ``config.set_identifier(function(request) -> Identity | None)``: who is logged in (one room alone)
* ``config.add_principals(function(request, identity) -> Iterable[str])``: what a person is, for access lists
* ``config.set_login(function(request) -> Response)``: the answer to a stranger at a closed page

Options of ``config.add_view``: ``max_body=60 * MIB`` takes larger bodies than a form's; ``subpath=True``;
``for_plugins=True`` takes a view out of all this (the gateway alone).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from senfcall_avv.security.identity import Identity, Permission
from senfcall_avv.security.limits import MIB

if TYPE_CHECKING:
    from pyramid.config import Configurator

__all__ = ["MIB", "Identity", "Permission"]


def includeme(config: Configurator) -> None:
    from senfcall_avv.security import csrf, derivers, policy, visitor

    for part in (visitor, policy, csrf, derivers):
        config.include(part.includeme)
