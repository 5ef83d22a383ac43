"""The widgets that forms may use, and the attributes that tie a control to its hint and its error.

Deform's own templates are not on the search path: a widget that is not in ``ALLOWED`` has no template and cannot be
shown. Choices are written ``values=(("value", _("Words")), …)``.
"""

from __future__ import annotations

import re
from datetime import date
from typing import Any, Final

import colander
from colander import null
from deform import schema
from deform.field import Field
from deform.widget import (
    CheckboxChoiceWidget,
    CheckboxWidget,
    FormWidget,
    HiddenWidget,
    MappingWidget,
    PasswordWidget,
    RadioChoiceWidget,
    SelectWidget,
    SequenceWidget,
    TextAreaWidget,
    TextInputWidget,
)

from senfcall_avv.i18n import _

GROUPS: Final = (RadioChoiceWidget, CheckboxChoiceWidget, MappingWidget, SequenceWidget)
"""Several controls under one legend."""
_DAY = re.compile(r"(\d{1,2})\.\s*(\d{1,2})\.\s*(\d{4}|\d{2})|(\d{4})-(\d{1,2})-(\d{1,2})", re.ASCII)


def read_day(text: str) -> date:
    """Read a day as people write it: ``24.11.2026``, ``1.3.22``, ``2022-03-01``. Raises ValueError.

    Two digits are a year of this century.
    """
    found = _DAY.fullmatch(text.strip())
    if found is None:
        raise ValueError("not a day")
    day, month, year, iso_year, iso_month, iso_day = found.groups()
    if iso_year:
        return date(int(iso_year), int(iso_month), int(iso_day))
    return date(int(year) + (2000 if len(year) == 2 else 0), int(month), int(day))


class DayInput(TextInputWidget):
    """One text field for a day; the browser's own date field shows its own order, whatever the page's language."""

    def __init__(self, **kw: Any) -> None:
        kw["attributes"] = {"inputmode": "numeric", "autocomplete": "off", "size": "10", **kw.get("attributes", {})}
        super().__init__(**kw)

    def serialize(self, field: Field, cstruct: Any, **kw: Any) -> Any:
        try:
            shown = date.fromisoformat(cstruct).strftime("%d.%m.%Y")
        except (TypeError, ValueError):
            shown = cstruct
        return super().serialize(field, shown, **kw)

    def deserialize(self, field: Field, pstruct: Any) -> Any:
        text = super().deserialize(field, pstruct)
        if text is null:
            return null
        try:
            return read_day(text).isoformat()
        except ValueError:
            message = _("Das ist kein Datum. Schreib es so: 24.11.2026.")
            raise colander.Invalid(field.schema, message, value=text) from None


class PasswordInput(PasswordWidget):
    """A password: what is typed counts, spaces included, and is never shown again.

    ``attributes={"autocomplete": "new-password"}`` where one is chosen.
    """

    strip = False
    redisplay = False

    def __init__(self, **kw: Any) -> None:
        kw["attributes"] = {"autocomplete": "current-password", **kw.get("attributes", {})}
        super().__init__(**kw)


class NumberInput(TextInputWidget):
    """A whole number in a text field: no wheel that changes it unseen."""

    def __init__(self, **kw: Any) -> None:
        kw["attributes"] = {"inputmode": "numeric", "size": "6", **kw.get("attributes", {})}
        super().__init__(**kw)

    def deserialize(self, field: Field, pstruct: Any) -> Any:
        text = super().deserialize(field, pstruct)
        # "1.204" and "1 204" are one number; "6_0" is none, though Python would read it.
        plain = text if text is null else re.sub(r"(?<=\d)[.\u00a0\u202f ](?=\d{3}(?:\D|$))", "", text)
        if plain is not null and not re.fullmatch(r"-?\d{1,12}", plain, re.ASCII):
            message = _("Das ist keine Zahl. Schreib nur Ziffern, zum Beispiel 25.")
            raise colander.Invalid(field.schema, message, value=text)
        return plain


class Rows(SequenceWidget):
    """Rows that people add and remove by buttons of the form, which show the page again with what was typed.

    ``add_text`` and ``remove_text`` are the buttons' words.
    """

    add_text: str = _("Weitere Zeile")
    remove_text: str = _("Entfernen")
    min_len = 1
    max_len = 20


ALLOWED: Final = (
    TextInputWidget, TextAreaWidget, PasswordInput, HiddenWidget, CheckboxWidget, CheckboxChoiceWidget,
    RadioChoiceWidget, SelectWidget, MappingWidget, FormWidget, DayInput, NumberInput, Rows,
)  # fmt: skip
"""By exact class: an heir might bring a template along."""


class WidgetRefused(TypeError):
    """A schema uses a widget that our pages have no template for."""


def set_defaults() -> None:
    """Say which widget a type gets whose schema names none; deform's own choices need inline script."""
    makers: dict[type, type] = schema.default_widget_makers
    makers[colander.Date] = DayInput
    makers[colander.Integer] = NumberInput
    makers[colander.Sequence] = Rows
    for kind in (colander.DateTime, colander.Time, colander.Money):
        makers.pop(kind, None)


def check_allowed(field: Field) -> None:
    """Raise WidgetRefused if this field or one below has a widget that is not allowed."""
    if type(field.widget) not in ALLOWED:
        raise WidgetRefused(f"{field.name}: {type(field.widget).__name__}")
    for child in field.children:
        check_allowed(child)


def first_control(field: Field) -> str:
    """Give the id of the first control of a field."""
    if isinstance(field.widget, Rows):
        rows = getattr(field, "sequence_fields", None) or []
        return first_control(rows[0]) if rows else f"{field.oid}-add"
    if isinstance(field.widget, MappingWidget) and field.children:
        return first_control(field.children[0])
    if isinstance(field.widget, (RadioChoiceWidget, CheckboxChoiceWidget)):
        return f"{field.oid}-0"
    return str(field.oid)


def messages_of(field: Field) -> list[str]:
    """Give the messages at a field itself; those of its children stand at the children."""
    return [message for message in field.error.messages() if message] if field.error else []


def described_by(field: Field) -> str | None:
    """Give the ids of hint and error, the hint first."""
    ids = [f"{field.oid}-hint"] if field.description else []
    ids += [f"{field.oid}-error"] if messages_of(field) else []
    return " ".join(ids) or None


def control_attributes(field: Field) -> dict[str, str]:
    """Give what a control says beside its name and value. A group says it on its fieldset."""
    attributes = dict(getattr(field.widget, "attributes", None) or {})
    if isinstance(field.widget, GROUPS):
        return attributes
    if described := described_by(field):
        attributes["aria-describedby"] = described
    if messages_of(field):
        attributes["aria-invalid"] = "true"
    return attributes
