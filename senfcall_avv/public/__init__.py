"""Pages for everybody: what is offered, how to set it up, the rules in force, the operators' own texts, the status.

What is said of the API comes from the policy in force, facts about frontends from ``frontends.toml``, legal texts from
the operators' folder. Nothing here needs a session, a script or a write to the database.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pyramid.config import Configurator

    from senfcall_avv.settings import Settings


def settled(settings: Settings) -> dict[str, str]:
    """Give the variables of the operators' texts that come from the settings."""
    return {
        "portal_url": settings.public_url,
        "gateway_url": settings.gateway_url,
        "support_mail": settings.mail_support,
    }


def includeme(config: Configurator) -> None:
    """Read the texts (raises ``texts.TextsError``) and hang the pages into the tree."""
    from senfcall_avv.i18n import _
    from senfcall_avv.layout.navigation import strangers
    from senfcall_avv.public import guides, installed, probe, resources, texts, views

    registry: Any = config.registry
    settings: Settings = registry["avv.settings"]
    registry[installed.TEXTS] = texts.load(settings.texts.directory, settled(settings))
    guides.guides()

    def ask() -> object:
        return registry["avv.upstream"].ask("", {}, "status")

    def now() -> datetime:
        moment: datetime = registry["avv.clock"]()
        return moment

    registry[installed.PROBE] = looking = probe.Probe(ask, now)
    registry["avv.on_close"].append(looking.close)
    for include in (resources.includeme, views.includeme):
        config.include(include)
    config.add_main_link(_("So geht’s"), "/#weg", order=10, shown=strangers)
    config.add_main_link(_("API"), "/api", order=20, shown=strangers)
    config.add_main_link(_("Hilfe"), "/help", order=30)
    for order, (name, title) in enumerate(
        (
            ("imprint", _("Impressum")),
            ("privacy", _("Datenschutz")),
            ("terms", _("Nutzungsbedingungen")),
            ("sub-processors", _("Unterauftragsverarbeiter")),
            ("accessibility", _("Barrierefreiheit")),
            ("status", _("Status")),
        )
    ):
        config.add_footer_link(title, f"/{name}", order=order)
