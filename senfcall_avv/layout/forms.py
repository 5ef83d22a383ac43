"""Forms: a colander schema made into fields that a screen reader can follow, and the page around it.

Whatever a schema says, every text field goes through ``texts.clean`` and has a greatest length; every widget is one of
``widgets.ALLOWED``; nothing that was typed is lost but passwords.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import colander
import deform
import peppercorn
from chameleon.utils import Markup
from deform.field import Field
from deform.widget import CheckboxWidget, RadioChoiceWidget, TextAreaWidget

from senfcall_avv.layout import texts, widgets
from senfcall_avv.layout.chips import Problem
from senfcall_avv.layout.icons import icon
from senfcall_avv.layout.rendering import Lazy, csrf_field, template, translate_for

if TYPE_CHECKING:
    from senfcall_avv.typing import Request

_CONTROLS: Final = Path(__file__).parent / "controls"


class Button(NamedTuple):
    """A button that sends the form. ``kind``: ``go`` the next step (one a page), ``""`` another, ``quiet``, ``danger``.

    ``leads_on`` shows an arrow on the next step.
    """

    name: str
    title: str
    kind: str = ""
    leads_on: bool = False


class ControlRenderer:
    """Shows fields by our templates alone; what they find is listed in ``names``."""

    def __init__(self, request: Request) -> None:
        self.translate = request.localizer.translate
        self._auto_reload = not request.registry["avv.settings"].production
        self._names: dict[str, Any] = {
            "icon": icon,
            "csrf": Lazy(lambda: csrf_field(request)),
            "translate": translate_for(request),
            "choices": choices_of,
            "messages_of": widgets.messages_of,
            "described_by": widgets.described_by,
            "is_group": lambda field: isinstance(field.widget, widgets.GROUPS),
            "is_box": lambda field: isinstance(field.widget, CheckboxWidget),
            "is_radio": lambda field: isinstance(field.widget, RadioChoiceWidget),
            "optional": is_optional,
            "path_of": path_of,
        }

    def __call__(self, name: str, **values: Any) -> Markup:
        file = template(str(_CONTROLS / f"{name}.pt"), self._auto_reload)
        attributes = widgets.control_attributes(values["field"])
        return Markup(str(file(**{**self._names, "attributes": attributes, **values})).strip())


def choices_of(field: Field) -> list[tuple[str, str, str]]:
    """Give value, words and hint of each choice; hints stand in the widget's ``hints`` by value."""
    hints = getattr(field.widget, "hints", {})
    return [(str(value), words, hints.get(value, "")) for value, words in field.widget.values]


def is_optional(field: Field) -> bool:
    """Say whether a field is marked „(freiwillig)“: not required, and nothing that merely frames others."""
    if getattr(field.schema, "mark_optional", True) is False:
        return False
    return not field.required and not isinstance(field.typ, (colander.Mapping, colander.Sequence, colander.Boolean))


def path_of(field: Field) -> str:
    """Give the names that lead to a field from its form."""
    names = []
    at: Field | None = field
    while at is not None and at.parent is not None:
        names.append(at.name)
        at = at.parent
    return ".".join(reversed(names))


class Form(deform.Form):
    """A form that templates show by ``${form}``."""

    def __html__(self) -> str:
        return str(self.render())

    @property
    def has_rows(self) -> bool:
        """Whether Enter in a field must not press a button that adds or removes rows."""
        return any(isinstance(field.widget, widgets.Rows) for field in _every(self))

    @property
    def problems(self) -> list[Problem]:
        """What does not fit, in the order of the fields; for the summary above the page's heading."""
        found = []
        for field in _every(self):
            target = "" if field is self else widgets.first_control(field)
            found += [Problem(target, message) for message in widgets.messages_of(field)]
        return found

    def add_problem(self, name: str, message: str) -> None:
        """Put a message at a field (``name``, or ``outer.inner``), or above the form (no name)."""
        field: Field = self
        for part in filter(None, name.split(".")):
            field = field[part]
        field.error = colander.Invalid(field.schema, message)

    def keep(self, controls: Sequence[tuple[str, Any]], change: str) -> None:
        """Show what was sent without judging it, with a row added or removed: ``add PATH``, ``remove PATH NUMBER``.

        Raises ValueError for what no button of ours sends.
        """
        sent = peppercorn.parse(controls)
        _change_rows(self, sent, change)
        try:
            self.cstruct = self.deserialize(sent)
        except colander.Invalid as invalid:
            self.cstruct = invalid.value


def _every(field: Field) -> Iterator[Field]:
    """List a field and those below it in document order; of rows those that are shown."""
    yield field
    below = getattr(field, "sequence_fields", ()) if isinstance(field.widget, widgets.Rows) else field.children
    for child in below:
        yield from _every(child)


def _change_rows(form: Form, sent: Any, change: str) -> None:
    verb, path, *number = change.split(" ")
    *outer, name = path.split(".")
    field: Field = form
    at = sent
    for part in outer:
        field, at = _inside(field, part), at[part]
    rows_field = _inside(field, name)
    rows = at.setdefault(name, []) if isinstance(at, dict) else None
    widget = rows_field.widget
    if not isinstance(rows, list) or not isinstance(widget, widgets.Rows):
        raise ValueError("no rows")  # noqa: TRY004  # what was sent makes no sense; none of our types is wrong
    if verb == "add" and not number and len(rows) < widget.max_len:
        rows.append({} if isinstance(rows_field.children[0].typ, colander.Mapping) else "")
    elif verb == "remove" and len(number) == 1 and number[0].isdecimal() and len(rows) > (widget.min_len or 0):
        del rows[int(number[0]) : int(number[0]) + 1]
    else:
        raise ValueError("no such change")


def _inside(field: Field, name: str) -> Field:
    try:
        return field[name]
    except KeyError:
        raise ValueError("no such field") from None


def _harden(node: colander.SchemaNode) -> None:
    """Put our preparer before, and our bounds around, every text of a schema."""
    for child in node.children:
        _harden(child)
    if not isinstance(node.typ, colander.String):
        return
    if isinstance(node.widget, widgets.PasswordInput):
        prepare: texts.Prepare = texts.clean_password
    else:
        prepare = texts.clean_lines if isinstance(node.widget, TextAreaWidget) else texts.clean
    own = node.preparer
    more = list(own) if isinstance(own, (list, tuple)) else [own] if own else []
    node.preparer = [prepare, *more]
    validators = [texts.readable, texts.not_too_long]
    node.validator = colander.All(*validators, *([node.validator] if node.validator else []))


def _name_controls(field: Field, prefix: str) -> None:
    """Give fields ids that can be read in an address; rows get theirs when they are cloned."""
    for child in field.children:
        child.oid = f"{prefix}-{child.name}"
        _name_controls(child, child.oid)


def make_form(
    request: Request,
    schema: colander.SchemaNode,
    buttons: Sequence[Button] = (),
    *,
    action: str = "",
    formid: str = "form",
    values: dict[str, Any] | None = None,
) -> Form:
    """Make a form of a schema (a fresh instance), filled with ``values`` as the schema would give them back.

    The schema is bound with ``request``, for ``colander.deferred``. Controls have ids ``<formid>-<name>``. Raises
    WidgetRefused for a widget that we have no template for.
    """
    bound = schema.bind(request=request)
    _harden(bound)
    form = Form(
        bound,
        action=action,
        buttons=buttons,
        formid=formid,
        focus="off",
        renderer=ControlRenderer(request),
        appstruct=values if values is not None else colander.null,
    )
    widgets.check_allowed(form)
    _name_controls(form, formid)
    return form


widgets.set_defaults()
