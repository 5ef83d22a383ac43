"""The frame by itself, without the rooms that fill it: real tree, real security, real pages, no database."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from pyramid.config import Configurator
from webtest import TestApp

from senfcall_avv.edge import Edge
from senfcall_avv.edge_names import DOOR, REQUEST_ID
from senfcall_avv.sealing import KeyRing, generate_key_line
from senfcall_avv.settings import load_settings
from senfcall_avv.typing import Request

NOW = datetime(2026, 11, 24, 13, 31, tzinfo=UTC)
ROOMS = ("root", "security", "i18n", "layout", "errors", "devtools")


def configured(public_url: str = "http://localhost", include: Callable[[Any], None] | None = None) -> Configurator:
    """Give the frame's configuration, with what a test adds to it."""
    ini = {
        "avv.environment": "development",
        "avv.public_url": public_url,
        "avv.database_url": "sqlite:///never-opened",
        "avv.backend.url": "http://127.0.0.1:1/bigbluebutton",
        "avv.backend.secret": "secret-of-a-backend-that-nobody-calls",
        "avv.mail.support": "help@example.org",
    }
    config = Configurator(settings={}, request_factory=Request)
    config.registry["avv.settings"] = load_settings(ini, {})
    config.registry["avv.key_ring"] = KeyRing.from_text(generate_key_line())
    config.registry["avv.clock"] = lambda: NOW
    for room in ROOMS:
        config.include(f"senfcall_avv.{room}")
    if include:
        config.include(include)
    return config


def framed_edge(public_url: str = "http://localhost", include: Callable[[Any], None] | None = None) -> Edge:
    """Give the frame as servers run it."""
    config = configured(public_url, include)
    registry: Any = config.registry
    return Edge(config.make_wsgi_app(), registry["avv.settings"], registry, [])


def framed(public_url: str = "http://localhost", include: Callable[[Any], None] | None = None) -> TestApp:
    """Give a browser without script before the frame."""
    scheme, _colon, host = public_url.partition("://")
    return TestApp(framed_edge(public_url, include), extra_environ={"HTTP_HOST": host, "wsgi.url_scheme": scheme})


def a_request(path: str = "/", **headers: str) -> Request:
    """Give a request to the frame outside of any view."""
    config = configured()
    config.commit()
    request = Request.blank(path, headers={name.replace("_", "-"): value for name, value in headers.items()})
    request.registry = config.registry
    request.environ[REQUEST_ID] = "0123456789abcdef" * 2
    request.environ[DOOR] = "portal"
    return request
