"""The pages of this room, one module each; all of them work without script but for passkeys, which need one."""

from __future__ import annotations

from typing import Any, Final

from senfcall_avv.accounts.resources import AccountResource, LoginResource, SignUpResource
from senfcall_avv.i18n import _
from senfcall_avv.root import Root

PAGES: Final = (
    "signup", "confirm", "login", "second_step", "reset", "account", "password", "email", "factors", "passkeys",
    "sessions", "data",
)  # fmt: skip


def includeme(config: Any) -> None:
    from senfcall_avv.layout.navigation import people, strangers

    config.add_child(Root, "signup", SignUpResource)
    config.add_child(Root, "login", LoginResource)
    config.add_child(Root, "account", AccountResource)
    config.add_main_link(_("Anmelden"), "/login", order=90, shown=strangers)
    config.add_main_link(_("Konto"), "/account", order=90, shown=people)
    for page in PAGES:
        config.include(f"senfcall_avv.accounts.views.{page}")
