"""The switch between languages: a form on every page, which keeps the page."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from pyramid.httpexceptions import HTTPBadRequest, HTTPSeeOther

from senfcall_avv.i18n import Language, language_named
from senfcall_avv.layout.paths import own_path
from senfcall_avv.root import Root
from senfcall_avv.security import Permission

if TYPE_CHECKING:
    from pyramid.config import Configurator
    from pyramid.response import Response

    from senfcall_avv.typing import Request


Chosen = Callable[["Request", Language], None]
_CHOSEN: Final = "avv.language_chosen"


def choose(_context: Root, request: Request) -> Response:
    """Keep the language in the browser's cookie and lead back."""
    language = language_named(request.POST.get("language"))
    if language is None:
        raise HTTPBadRequest
    request.visitor.set("language", language)
    for function in request.registry.get(_CHOSEN, ()):
        function(request, language)
    return HTTPSeeOther(own_path(request, request.POST.get("to")))


def add_language_listener(config: Configurator, function: Chosen) -> None:
    """Directive: have a function called when somebody uses the switch, to keep the language with the account.

    Not by Pyramid's events: a single subscriber makes every plugin's call ask for subscribers three times.
    """
    config.action((_CHOSEN, function), lambda: config.registry.setdefault(_CHOSEN, []).append(function))


def includeme(config: Configurator) -> None:
    config.add_directive("add_language_listener", add_language_listener)
    config.add_view(choose, context=Root, name="language", request_method="POST", permission=Permission.PUBLIC)
