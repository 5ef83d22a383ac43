"""The renderer of all templates: Chameleon, with the frame, the macros and the reader's language at hand.

What a template finds beside the view's own values is listed in ``names_for``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from chameleon import PageTemplateFile
from chameleon.utils import Markup
from pyramid.csrf import get_csrf_token
from pyramid.path import AssetResolver
from translationstring import ChameleonTranslate

from senfcall_avv.i18n import LANGUAGES
from senfcall_avv.layout.formats import Formats
from senfcall_avv.layout.icons import MARK, icon
from senfcall_avv.layout.messages import ICONS
from senfcall_avv.layout.navigation import BARE, Navigation, navigation_of
from senfcall_avv.security.csrf import FIELD

if TYPE_CHECKING:
    from pyramid.config import Configurator

    from senfcall_avv.typing import Request

_HERE: Final = Path(__file__).parent
FRAME: Final = str(_HERE / "frame.pt")
MACROS: Final = str(_HERE / "macros.pt")
LANGUAGE_NAMES: Final = {"de": "Deutsch", "en": "English"}
"""Each in its own language."""


@cache
def template(path: str, auto_reload: bool = False) -> PageTemplateFile:
    """Give a compiled template; one object for all requests."""
    return PageTemplateFile(path, auto_reload=auto_reload)


class Macros:
    """The macros of a file by attribute: ``m.chip``."""

    def __init__(self, file: PageTemplateFile) -> None:
        self._file = file

    def __getattr__(self, name: str) -> Any:
        try:
            return self._file.macros[name]
        except KeyError:
            raise AttributeError(name) from None


class Lazy:
    """Markup that is made only if a template shows it: a token costs a cookie."""

    def __init__(self, make: Callable[[], str]) -> None:
        self._make = make

    def __html__(self) -> str:
        return self._make()


@cache
def asset(name: str) -> str:
    """Give the address of a static file, which changes with its content."""
    digest = hashlib.sha256((_HERE / "static" / name).read_bytes()).hexdigest()[:12]
    return f"/static/{name}?v={digest}"


def translate_for(request: Request) -> Any:
    """Give what templates translate by."""
    return ChameleonTranslate(request.localizer.translate)


def csrf_field(request: Request) -> Markup:
    """Give the hidden field that every form with method POST needs."""
    return Markup(f'<input type="hidden" name="{FIELD}" value="{get_csrf_token(request)}">')


def names_for(
    request: Request, *, auto_reload: bool = False, bare: bool = False, placed: bool = True
) -> dict[str, Any]:
    """Give what every template finds.

    ``page`` the frame · ``m`` the macros · ``nav`` the links around · ``icon(name)`` · ``csrf`` the hidden field for
    hand-made forms · ``date datetime_ time_of_day stamp number size ago duration plural`` (``formats.Formats``) ·
    ``languages`` and ``language`` · ``here`` this path with its query · ``settings`` · ``errors`` for the summary.
    """
    formats = Formats(request.language)
    navigation: Navigation = BARE if bare else navigation_of(request, placed=placed)
    return {
        "page": template(FRAME, auto_reload),
        "m": Macros(template(MACROS, auto_reload)),
        "nav": navigation,
        "icon": icon,
        "mark": MARK,
        "asset": asset,
        "csrf": Lazy(lambda: csrf_field(request)),
        "date": formats.date,
        "datetime_": formats.datetime_,
        "time_of_day": formats.time_of_day,
        "stamp": formats.stamp,
        "number": formats.number,
        "size": formats.size,
        "ago": formats.ago,
        "duration": formats.duration,
        "plural": formats.plural,
        "language": request.language,
        "languages": LANGUAGES,
        "language_names": LANGUAGE_NAMES,
        "message_icons": ICONS,
        "here": request.path_qs,
        "settings": request.registry["avv.settings"],
        "bare": bare,
        "wide": False,
        "errors": (),
        "title": "",
        "translate": translate_for(request),
    }


class Renderer:
    """One template, as Pyramid calls it."""

    def __init__(self, path: str, auto_reload: bool) -> None:
        self._path = path
        self._auto_reload = auto_reload

    def __call__(self, value: Mapping[str, Any], system: Mapping[str, Any]) -> str:
        request = system["request"]
        names = names_for(
            request,
            auto_reload=self._auto_reload,
            bare=value.get("bare", False),
            placed=value.get("placed", True),
        )
        view = system.get("view")
        names |= {"view": view, "context": system.get("context"), "request": request}
        names["title"] = getattr(view, "title", "")
        form = value.get("form")
        if form is not None:
            names["errors"] = getattr(form, "problems", ())
        return str(template(self._path, self._auto_reload)(**{**names, **value}))


def renderer_factory(info: Any) -> Renderer:
    """Find the template that a view names as ``package:folder/file.pt``. Raises ValueError if there is none."""
    path = AssetResolver(info.package).resolve(info.name)
    if not path.exists():
        raise ValueError(f"there is no template {info.name}")
    return Renderer(path.abspath(), not info.registry["avv.settings"].production)


def includeme(config: Configurator) -> None:
    config.add_renderer(".pt", renderer_factory)
