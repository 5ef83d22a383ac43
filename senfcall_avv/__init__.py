"""A drop-in BigBlueButton API for each organisation, with a policy that says what is allowed.

The rooms, from the ground up: ``bbb`` the protocol · ``policy`` the rules · ``settings logs db sealing`` the ground ·
``edge root errors layout`` the frame · ``ledger`` what is remembered · ``organizations endpoints`` whose call it is ·
``gateway`` the plugins' door · ``public`` pages for everybody · ``operations devtools cli`` for those who run it ·
``simulator`` a backend for development and tests. Imports run in this direction only; a test keeps it so.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from senfcall_avv.edge import Edge
    from senfcall_avv.settings import Settings

__all__ = ["main", "make_app"]


def main(global_config: Mapping[str, str], **ini: str) -> Edge:  # noqa: ARG001  # PasteDeploy's signature
    """Make the WSGI application of an ini file's section."""
    from senfcall_avv.settings import load_settings

    return make_app(load_settings(ini, os.environ), ini)


def make_app(settings: Settings, ini: Mapping[str, Any] | None = None) -> Edge:
    """Make the WSGI application. Raises before anything is served if settings, keys or policy cannot be used."""
    # Pyramid still looks into pkg_resources, which says at every start that it will go one day.
    warnings.filterwarnings("ignore", "pkg_resources is deprecated", UserWarning)
    from pyramid.config import Configurator

    from senfcall_avv.edge import Edge
    from senfcall_avv.typing import Request

    config = Configurator(settings=dict(ini or {}), request_factory=Request)
    registry: Any = config.registry
    registry["avv.settings"] = settings
    registry["avv.on_close"] = []
    registry["avv.clock"] = lambda: datetime.now(UTC)
    for room in (
        # the ground: what is remembered and sealed
        "logs",
        "db",
        "sealing",
        "jobs",
        "audit",
        "mail",
        "ledger",
        # the frame: tree, who may what, languages, pages
        "root",
        "security",
        "i18n",
        "layout",
        "errors",
        # people, and whose call it is
        "accounts",
        "documents",
        "organizations",
        "contracts",
        "endpoints",
        # the doors
        "gateway",
        "public",
    ):
        config.include(f"senfcall_avv.{room}")
    if not settings.production:
        config.include("senfcall_avv.devtools")
    return Edge(config.make_wsgi_app(), settings, registry, registry["avv.on_close"])
