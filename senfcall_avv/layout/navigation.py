"""The links around a page: what the header, the sub-navigation, the breadcrumb and the footer show.

Rooms add theirs by ``config.add_main_link`` and ``config.add_footer_link``; the sub-navigation and the breadcrumb come
from the resources themselves (``Resource.tabs``, ``.title``).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from pyramid.traversal import split_path_info

from senfcall_avv.root import Resource, lineage_of

if TYPE_CHECKING:
    from pyramid.config import Configurator

    from senfcall_avv.typing import Request

Words = str | Callable[["Request"], str]
_MAIN: Final = "avv.main_links"
_FOOTER: Final = "avv.footer_links"
_HELP: Final = "avv.help_path"


class Link(NamedTuple):
    """A link as a room declared it."""

    order: int
    title: Words
    path: Words
    shown: Callable[[Request], bool]


class Shown(NamedTuple):
    """A link as a page shows it. ``current`` is ``page`` on the page itself, ``true`` below it, or None."""

    title: str
    url: str
    current: str | None = None


class Navigation(NamedTuple):
    """Everything around one page."""

    main: list[Shown]
    tabs: list[Shown]
    crumbs: list[Shown]
    footer: list[Shown]
    site: str
    help: str = ""
    """Where help is, if a room has any: named beside the address for questions, at the same place on every page."""


def always(_request: Request) -> bool:
    """Show a link to everybody."""
    return True


def strangers(request: Request) -> bool:
    """Show a link to those who are not logged in."""
    return request.identity is None


def people(request: Request) -> bool:
    """Show a link to those who are logged in."""
    return request.identity is not None


def _resolved(words: Words, request: Request) -> str:
    return words(request) if callable(words) else words


def _here(request: Request) -> str:
    return "/" + "/".join(split_path_info(request.environ.get("PATH_INFO", "")))


def _links(request: Request, kind: str) -> list[Shown]:
    here = _here(request)
    found = []
    for link in sorted(request.registry.get(kind, ()), key=lambda link: link.order):
        if link.shown(request) and (title := _resolved(link.title, request)):
            path = _resolved(link.path, request)
            found.append(Shown(title, path, _current(path, here) if path != "/" or here == "/" else None))
    return found


def _current(path: str, here: str) -> str | None:
    bare = path.rstrip("/")
    return "page" if here == (bare or "/") else "true" if here.startswith(f"{bare}/") else None


def _tabs(request: Request, lineage: list[Resource]) -> list[Shown]:
    """Give the sub-navigation of the nearest resource that has one, with the entry that this page belongs to."""
    here = _here(request)
    for resource in lineage:
        tabs = resource.tabs()
        if tabs:
            own = request.resource_path(resource)
            marks = {tab: _current(tab.path, here) for tab in tabs}
            # The resource's own page is above all the others: it is current only if one is on it.
            marks |= {tab: None for tab in tabs if tab.path.rstrip("/") == own.rstrip("/") and marks[tab] == "true"}
            return [Shown(tab.title, tab.path, marks[tab]) for tab in tabs]
    return []


def _crumbs(request: Request, lineage: list[Resource]) -> list[Shown]:
    """Give the way down to this page's parent, from the third level on."""
    above = lineage if request.view_name else lineage[1:]
    return [Shown(at.title, request.resource_path(at)) for at in reversed(above) if at.title]


def navigation_of(request: Request, *, placed: bool = True) -> Navigation:
    """Put together what surrounds this request's page; without ``placed`` nothing of its place in the tree."""
    lineage = lineage_of(getattr(request, "context", None)) if placed else []
    return Navigation(
        main=_links(request, _MAIN),
        tabs=_tabs(request, lineage),
        crumbs=_crumbs(request, lineage),
        footer=_links(request, _FOOTER),
        site=next((at.site for at in lineage if at.site), ""),
        help=request.registry.get(_HELP, ""),
    )


BARE: Final = Navigation([], [], [], [], "")
"""For pages about failures: nothing that could fail again."""


def _add(config: Configurator, kind: str, link: Link) -> None:
    config.action((kind, link.title, link.path), lambda: config.registry.setdefault(kind, []).append(link))


def add_main_link(
    config: Configurator, title: Words, path: Words, *, order: int, shown: Callable[[Request], bool] = always
) -> None:
    """Directive: add a link to the header. Title and path may be functions of the request; no title: not shown."""
    _add(config, _MAIN, Link(order, title, path, shown))


def add_footer_link(
    config: Configurator, title: Words, path: Words, *, order: int, shown: Callable[[Request], bool] = always
) -> None:
    """Directive: add a link to the footer."""
    _add(config, _FOOTER, Link(order, title, path, shown))


def set_help(config: Configurator, path: str) -> None:
    """Directive: say where the help is."""
    config.action(_HELP, lambda: config.registry.__setitem__(_HELP, path))


def includeme(config: Any) -> None:
    config.add_directive("set_help", set_help)
    config.add_directive("add_main_link", add_main_link)
    config.add_directive("add_footer_link", add_footer_link)
