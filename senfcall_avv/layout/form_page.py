"""The page with one form: show it, check it, show it again with everything that was typed, or save."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Final

import colander
from deform.exception import ValidationFailure
from pyramid.httpexceptions import HTTPBadRequest

from senfcall_avv.i18n import _
from senfcall_avv.layout.forms import Button, Form, make_form

if TYPE_CHECKING:
    from pyramid.response import Response

    from senfcall_avv.typing import Request

FORM_METHODS: Final = ("GET", "HEAD", "POST")


class FieldProblem(Exception):
    """What only saving found out: the page is shown again with this message at the field, and nothing is kept."""

    def __init__(self, name: str, message: str) -> None:
        super().__init__(name)
        self.name = name
        self.message = message


class FormPage:
    """Base of the views that are one form. Register with ``config.add_form_page``.

    Override ``title``, ``buttons``, ``schema`` and ``save``; ``values`` for what stands in the fields at first and
    ``more`` for what the template needs besides. ``save`` is called with what the schema made of the fields and returns
    a redirect (``HTTPSeeOther``); it raises FieldProblem for what it finds out. ``self.pressed`` is the button's name.
    """

    title: ClassVar[str] = ""
    buttons: Sequence[Button] = (Button("save", _("Speichern"), "go"),)

    def __init__(self, context: Any, request: Request) -> None:
        self.context = context
        self.request = request
        self.pressed = ""

    def schema(self) -> colander.SchemaNode:
        """Give a fresh schema."""
        raise NotImplementedError

    def values(self) -> dict[str, Any] | None:
        """Give what stands in the fields before anything was typed."""
        return None

    def more(self) -> Mapping[str, Any]:
        """Give what the template needs beside the form."""
        return {}

    def save(self, appstruct: dict[str, Any]) -> Response:
        """Do what the form is for, and lead on."""
        raise NotImplementedError

    def form(self) -> Form:
        """Make the form, filled with ``values``."""
        return make_form(self.request, self.schema(), self.buttons, values=self.values())

    def show(self, form: Form | None = None) -> Any:
        """Give the template its values."""
        return {**self.more(), "form": form or self.form()}

    def __call__(self) -> Any:
        return self._sent() if self.request.method == "POST" else self.show()

    def _sent(self) -> Any:
        form = self.form()
        controls = [(name, value) for name, value in self.request.POST.items() if name != "rows"]
        change = self.request.POST.get("rows")
        if change is not None:
            return self._with_rows(form, controls, change)
        self.pressed = next((button.name for button in self.buttons if button.name in self.request.POST), "")
        try:
            appstruct = form.validate(controls)
        except ValidationFailure:
            return self.again(form)
        try:
            return self.save(appstruct)
        except FieldProblem as problem:
            form.add_problem(problem.name, problem.message)
            return self.again(form)

    def _with_rows(self, form: Form, controls: list[tuple[str, Any]], change: Any) -> Any:
        try:
            form.keep(controls, str(change))
        except (ValueError, KeyError, TypeError, AttributeError):
            raise HTTPBadRequest from None
        return self.show(form)

    def again(self, form: Form) -> Any:
        """Show the page once more, with what was typed and what does not fit: status 400, so that nothing is kept."""
        self.request.response.status_int = 400
        return self.show(form)


def add_form_page(config: Any, page: type[FormPage], **options: Any) -> None:
    """Directive: ``config.add_view`` for a FormPage, for GET and POST."""
    config.add_view(page, request_method=FORM_METHODS, **options)
