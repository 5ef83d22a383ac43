"""The places of this room in the tree: signing up, logging in, and the account of whoever is logged in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Final

from pyramid.authorization import DENY_ALL, Allow, Authenticated

from senfcall_avv.i18n import _
from senfcall_avv.root import Resource, Tab
from senfcall_avv.security import Permission

_PAGES: Final = (
    ("", _("Konto")),
    ("password", _("Passwort")),
    ("email", _("E-Mail-Adresse")),
    ("second-factor", _("Zweiter Faktor")),
    ("passkeys", _("Passkeys")),
    ("sessions", _("Anmeldungen")),
    ("export", _("Meine Daten")),
    ("delete", _("Konto löschen")),
)


class SignUpResource(Resource):
    """``/signup``: for strangers."""

    __acl__ = (DENY_ALL,)


class LoginResource(Resource):
    """``/login``: its pages are for strangers, and ``confirm`` for those who are logged in."""

    __acl__ = ((Allow, Authenticated, Permission.OWN_ACCOUNT), DENY_ALL)


class AccountResource(Resource):
    """``/account``: always the one of whoever is logged in, so there is no id in its address."""

    private: ClassVar[bool] = True
    __acl__ = ((Allow, Authenticated, (Permission.OWN_ACCOUNT, Permission.VIEW)), DENY_ALL)

    def tabs(self) -> Sequence[Tab]:
        if self.request.identity is None:
            return ()
        here = self.request.resource_path(self).rstrip("/")
        translate = self.request.localizer.translate
        return [Tab(translate(title), f"{here}/{name}".rstrip("/")) for name, title in _PAGES]
