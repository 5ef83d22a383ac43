"""Forms out of the tables of fields: a colander node for each, which checks formats and lets everything be empty.

Whether something is missing is said when the application is sent, so that a half-filled page can be kept.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from typing import Any, Final

import colander
from deform.widget import (
    CheckboxChoiceWidget,
    CheckboxWidget,
    HiddenWidget,
    RadioChoiceWidget,
    SelectWidget,
    TextAreaWidget,
    TextInputWidget,
)

from senfcall_avv.i18n import _
from senfcall_avv.organizations import numbers
from senfcall_avv.organizations.schemas import checks
from senfcall_avv.organizations.schemas.checks import NotValid
from senfcall_avv.organizations.schemas.fields import Facts, Field, Kind, german_day, never
from senfcall_avv.organizations.tasks import Task, visible_fields

SEEN: Final = "seen"
"""Hidden field with the version of the answers that the page shows."""
_WIDE: Final = frozenset((Kind.LONG, Kind.LINES))
_ATTRIBUTES: Final[dict[Kind, dict[str, str]]] = {
    Kind.EMAIL: {"type": "email", "inputmode": "email"},
    Kind.URL: {"type": "url", "inputmode": "url"},
    Kind.PHONE: {"type": "tel", "inputmode": "tel"},
    Kind.POSTCODE: {"inputmode": "numeric", "size": "6"},
    Kind.DAY: {"inputmode": "numeric", "size": "10", "autocomplete": "off"},
    Kind.YEAR: {"inputmode": "numeric", "size": "4"},
    Kind.TAX_NUMBER: {"size": "20", "autocomplete": "off"},
    Kind.REGISTER_NUMBER: {"size": "10", "autocomplete": "off"},
    Kind.BUSINESS_NUMBER: {"size": "20", "autocomplete": "off"},
}


class Checked(colander.String):
    """A text that one of our checks looks at, and gives in its normal form; what is empty stays empty."""

    def __init__(self, check: Callable[[str], str], length: int, *, multiline: bool = False) -> None:
        super().__init__()
        self._check, self._length, self._multiline = check, length, multiline

    def deserialize(self, node: colander.SchemaNode, cstruct: Any) -> Any:
        text = super().deserialize(node, cstruct)
        if text is colander.null:
            return text
        try:
            cleaned = checks.clean(text, self._length, multiline=self._multiline)
            return self._check(cleaned) if cleaned else colander.null
        except NotValid as error:
            raise colander.Invalid(node, error.message) from None


class Day(Checked):
    """A day: shown as 24.11.2026, kept as 2026-11-24."""

    def serialize(self, node: colander.SchemaNode, appstruct: Any) -> Any:
        if isinstance(appstruct, str) and re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", appstruct):
            return german_day(date.fromisoformat(appstruct))
        return super().serialize(node, appstruct)


def _unchanged(text: str) -> str:
    return text


def _postcode(text: str, countries: tuple[str, ...]) -> str:
    """Accept a postcode of one of the countries; which one it must be, only the whole page tells."""
    forms = {country: checks.is_postcode(text, country) for country in countries}
    if not any(forms.values()):
        raise NotValid(checks.postcode_message(countries[0]))
    return text


def _fits_country(node: colander.SchemaNode, values: Any) -> None:
    country, code = values.get("country"), values.get("postcode")
    if country and code and not checks.is_postcode(code, country):
        wrong = colander.Invalid(node)
        wrong["postcode"] = checks.postcode_message(country)
        raise wrong


def _check_of(field: Field, facts: Facts) -> Callable[[str], str]:
    today = facts.rules.today
    found: dict[Kind, Callable[[str], str]] = {
        Kind.EMAIL: checks.email,
        Kind.URL: checks.https_url,
        Kind.PHONE: checks.phone,
        Kind.POSTCODE: lambda text: _postcode(text, facts.rules.countries),
        Kind.TAX_NUMBER: numbers.tax_number,
        Kind.REGISTER_NUMBER: numbers.register_number,
        Kind.BUSINESS_NUMBER: numbers.business_number,
        Kind.DAY: lambda text: checks.day_of_notice(text, today).isoformat(),
        Kind.YEAR: lambda text: checks.year_of_assessment(text, today),
        Kind.PURPOSES: checks.purpose_numbers,
        Kind.LINES: lambda text: checks.lines(text, field.most, field.length),
    }
    return found.get(field.kind, _unchanged)


def _text_node(field: Field, facts: Facts) -> colander.SchemaNode:
    attributes = dict(_ATTRIBUTES.get(field.kind, {}))
    if field.autocomplete:
        attributes["autocomplete"] = field.autocomplete
    wide = field.kind in _WIDE
    length = field.length * field.most + field.most if field.kind is Kind.LINES else field.length
    kind = Day if field.kind is Kind.DAY else Checked
    widget = TextAreaWidget(rows=5) if wide else TextInputWidget(attributes=attributes)
    return colander.SchemaNode(kind(_check_of(field, facts), length, multiline=wide), missing="", widget=widget)


def _choice_node(field: Field, facts: Facts) -> colander.SchemaNode:
    choices = field.choices(facts)
    values = [(choice.value, choice.title) for choice in choices]
    known = [choice.value for choice in choices]
    hints = {choice.value: choice.hint for choice in choices if choice.hint}
    wrong = _("Wähl etwas aus der Liste.")
    if field.kind is Kind.BOXES:
        return colander.SchemaNode(
            colander.Set(),
            missing=(),
            preparer=lambda chosen: [value for value in known if value in chosen] if _all(chosen, known) else chosen,
            validator=lambda node, chosen: None if _all(chosen, known) else _refuse(node, wrong),
            widget=CheckboxChoiceWidget(values=values, hints=hints),
        )
    if field.kind is Kind.RADIO:
        widget: SelectWidget = RadioChoiceWidget(values=values, hints=hints)
    else:
        widget = SelectWidget(values=[("", _("Bitte wählen")), *values])
    return colander.SchemaNode(
        colander.String(),
        missing="",
        validator=lambda node, chosen: None if chosen in known else _refuse(node, wrong),
        widget=widget,
    )


def _all(chosen: Any, known: list[str]) -> bool:
    return all(value in known for value in chosen)


def _refuse(node: colander.SchemaNode, message: str) -> None:
    raise colander.Invalid(node, message)


def _tick_node() -> colander.SchemaNode:
    return colander.SchemaNode(
        colander.Boolean(true_choices=("true",)),
        missing=False,
        widget=CheckboxWidget(true_val="true", false_val="false"),
    )


def node_of(field: Field, facts: Facts) -> colander.SchemaNode:
    """Make the node of a field."""
    if field.kind is Kind.TICK:
        node = _tick_node()
    elif field.kind in {Kind.SELECT, Kind.RADIO, Kind.BOXES}:
        node = _choice_node(field, facts)
    else:
        node = _text_node(field, facts)
    node.name, node.title, node.description = field.name, field.title, field.hint
    # Required is the rule: what is needed only sometimes says so in its hint.
    node.mark_optional = field.required is never
    return node


def _versions(node: colander.SchemaNode, value: Any) -> None:
    if not re.fullmatch(r"[0-9]{1,9}", value):
        _refuse(node, _("Lade die Seite neu."))


def schema_of(task: Task, facts: Facts) -> colander.Schema:
    """Make the schema of a task's page, and the hidden version of what it shows."""
    schema = colander.Schema()
    schema.add(
        colander.SchemaNode(colander.String(), name=SEEN, validator=_versions, widget=HiddenWidget(), missing="0")
    )
    for field in visible_fields(task, facts):
        schema.add(node_of(field, facts))
    if "country" in schema:
        schema.validator = _fits_country
    return schema


def rounded(field: Field, values: dict[str, Any]) -> Any:
    """Give an answer as its node wants it; what was never answered is left out by the caller."""
    value = values[field.name]
    return set(value) if field.kind is Kind.BOXES else value
