"""The forms of this room's pages. What a password must be is asked of ``password`` when it is saved."""

from __future__ import annotations

from typing import Any, Final

import colander
from deform.widget import HiddenWidget, RadioChoiceWidget, TextInputWidget

from senfcall_avv.accounts.addresses import AddressRefused, normalise
from senfcall_avv.accounts.models import EMAIL_LENGTH, NAME_LENGTH
from senfcall_avv.i18n import _
from senfcall_avv.layout.widgets import PasswordInput

LANGUAGES: Final = (("de", "Deutsch"), ("en", "English"))
NEW_PASSWORD_HINT: Final = _(
    "12 bis 128 Zeichen. Am besten drei, vier Wörter, die nichts miteinander zu tun haben; Leerzeichen zählen mit."
)


def real_address(node: colander.SchemaNode, value: Any) -> None:
    """Validator: an address that we can write to."""
    try:
        normalise(value)
    except AddressRefused:
        raise colander.Invalid(node, _("Das ist keine E-Mail-Adresse. Sie sieht aus wie name@example.org.")) from None


def email(title: str, hint: str = "", *, autocomplete: str = "email", checked: bool = True) -> colander.SchemaNode:
    """Make the field for an address; unchecked where nothing may be told about it."""
    return colander.SchemaNode(
        colander.String(),
        name="email",
        title=title,
        description=hint,
        validator=colander.All(colander.Length(max=EMAIL_LENGTH), real_address) if checked else None,
        widget=TextInputWidget(attributes={"type": "email", "autocomplete": autocomplete, "inputmode": "email"}),
    )


def password(name: str, title: str, hint: str = "", *, new: bool = False) -> colander.SchemaNode:
    """Make a field for a password; a new one is offered to the browser's store as such."""
    autocomplete = "new-password" if new else "current-password"
    return colander.SchemaNode(
        colander.String(),
        name=name,
        title=title,
        description=hint,
        widget=PasswordInput(attributes={"autocomplete": autocomplete}),
    )


def display_name() -> colander.SchemaNode:
    """Make the field for how somebody is called."""
    return colander.SchemaNode(
        colander.String(),
        name="name",
        title=_("Dein Name"),
        description=_("So sehen dich die anderen in eurer Organisation und das Senfcall-Team."),
        validator=colander.Length(max=NAME_LENGTH),
        widget=TextInputWidget(attributes={"autocomplete": "name"}),
    )


def language() -> colander.SchemaNode:
    """Make the field for the language of pages and mails."""
    return colander.SchemaNode(
        colander.String(),
        name="language",
        title=_("Sprache"),
        validator=colander.OneOf([value for value, _words in LANGUAGES]),
        widget=RadioChoiceWidget(values=LANGUAGES),
    )


def code(title: str, hint: str) -> colander.SchemaNode:
    """Make the field for a code: of an app, or for recovery."""
    return colander.SchemaNode(
        colander.String(),
        name="code",
        title=title,
        description=hint,
        validator=colander.Length(max=40),
        widget=TextInputWidget(attributes={"autocomplete": "one-time-code", "autocapitalize": "off", "size": "24"}),
    )


def hidden(name: str) -> colander.SchemaNode:
    """Make a field that nobody sees."""
    return colander.SchemaNode(colander.String(), name=name, widget=HiddenWidget(), missing="")


def schema(*nodes: colander.SchemaNode) -> colander.SchemaNode:
    """Put fields together."""
    return colander.SchemaNode(colander.Mapping(), *nodes)
