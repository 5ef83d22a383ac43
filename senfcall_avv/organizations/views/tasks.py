"""The pages of the tasks: fields that can be saved half-filled, files in a form of their own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pyramid.decorator import reify
from pyramid.httpexceptions import HTTPSeeOther
from pyramid.response import Response

from senfcall_avv.i18n import _
from senfcall_avv.layout.form_page import FormPage
from senfcall_avv.layout.forms import Button, make_form
from senfcall_avv.organizations import applications, members
from senfcall_avv.organizations.applications import ChangedMeanwhile
from senfcall_avv.organizations.lifecycle import NotPossible, State
from senfcall_avv.organizations.models import Answers
from senfcall_avv.organizations.resources import TaskResource, UploadTaskResource
from senfcall_avv.organizations.schemas.fields import EMPTY, Facts
from senfcall_avv.organizations.schemas.nodes import SEEN, rounded, schema_of
from senfcall_avv.organizations.tasks import overview, visible_fields, warnings_of
from senfcall_avv.organizations.views.shared import author, facts_of
from senfcall_avv.organizations.views.uploads import upload_box
from senfcall_avv.security import Permission

if TYPE_CHECKING:
    import colander

    from senfcall_avv.layout.forms import Form

SAVE = (
    Button("save", _("Speichern und weiter"), "go", leads_on=True),
    Button("overview", _("Speichern und zur Übersicht")),
)


class TaskPage(FormPage):
    """One task. Formats are checked at once; what is missing only when the application is sent."""

    context: TaskResource
    buttons = SAVE

    def __init__(self, context: TaskResource, request: Any) -> None:
        super().__init__(context, request)
        self.title = context.task.title  # type: ignore[misc]  # of each page its own
        self.changed: ChangedMeanwhile | None = None

    def __call__(self) -> Any:
        if self.context.application.state is not State.DRAFT:
            return self._sent_already()
        return super().__call__()

    def _sent_already(self) -> Response:
        self.request.messages.add("info", _("Der Antrag ist schon abgeschickt und lässt sich nicht mehr ändern."))
        return HTTPSeeOther(self.request.resource_path(self.context.application_resource, "status"))

    @reify  # type: ignore[untyped-decorator]  # Pyramid has no types
    def facts(self) -> Facts:
        """Everything as it was saved."""
        return facts_of(self.request, self.context.application, self.context.application_resource.files)

    @property
    def saved(self) -> Answers | None:
        return applications.answers_of(self.context.application, self.context.task.name)

    def schema(self) -> colander.Schema:
        return schema_of(self.context.task, self.facts)

    def values(self) -> dict[str, Any]:
        saved = self.saved
        fields = self.facts.answers.get(self.context.task.name, EMPTY)
        known = [field for field in visible_fields(self.context.task, self.facts) if field.name in fields]
        return {
            SEEN: str(saved.version if saved else 0),
            **{field.name: rounded(field, dict(fields)) for field in known},
        }

    def more(self) -> Mapping[str, Any]:
        context = self.context
        return {
            "lead": context.task.lead,
            "warnings": [(f"#form-{warned.field}", warned.message) for warned in warnings_of(context.task, self.facts)],
            "uploads": upload_box(context, self.request) if isinstance(context, UploadTaskResource) else None,
            "changed": self._what_changed() if self.changed else None,
            "back_url": self.request.resource_path(context.application_resource),
        }

    def kept(self, appstruct: dict[str, Any]) -> dict[str, Any]:
        """Give what is saved of a form: the page's own fields, as JSON has them."""
        fields = visible_fields(self.context.task, self.facts)
        return {field.name: _plain(appstruct[field.name]) for field in fields}

    def save(self, appstruct: dict[str, Any]) -> Any:
        task, before = self.context.task, self.facts
        values = self.kept(appstruct)
        try:
            applications.save_task(
                self.request.db,
                self.context.application,
                task.name,
                values,
                seen=int(appstruct[SEEN]),
                account_id=self.context.acting.account_id,
                now=self.request.now,
            )
        except NotPossible:
            return self._sent_already()
        except ChangedMeanwhile as changed:
            return self._again_changed(changed, appstruct)
        self.request.messages.add("ok", _("Gespeichert."))
        return HTTPSeeOther(self._way_on(before, before.with_page(task.name, values)))

    def _way_on(self, before: Facts, after: Facts) -> str:
        """Lead on; but where something looks unusual that did not before, show the page again first."""
        context, request = self.context, self.request
        if set(warnings_of(context.task, after)) - set(warnings_of(context.task, before)):
            path: str = request.resource_path(context)
        elif self.pressed == "overview":
            path = request.resource_path(context.application_resource)
        else:
            path = request.resource_path(context.application_resource, overview(after).next.name)
        return path

    def _again_changed(self, changed: ChangedMeanwhile, appstruct: dict[str, Any]) -> Any:
        """Show what was typed over what somebody else saved, with what is different; sending it again keeps it."""
        self.changed = changed
        typed = {name: value for name, value in appstruct.items() if name != SEEN}
        fields = {field.name: field for field in visible_fields(self.context.task, self.facts)}
        values = {name: rounded(fields[name], {name: _plain(value)}) for name, value in typed.items()}
        version = changed.answers.version if changed.answers else 0
        form: Form = make_form(self.request, self.schema(), self.buttons, values={**values, SEEN: str(version)})
        self.typed = self.kept(appstruct)
        self.request.response.status_int = 409
        return self.show(form)

    def _what_changed(self) -> Mapping[str, Any]:
        assert self.changed is not None  # noqa: S101  # asked for only then
        now = self.changed.answers
        theirs = now.fields if now else {}
        rows = [
            (field.title, field.shown(theirs, self.facts))
            for field in visible_fields(self.context.task, self.facts)
            if _plain(theirs.get(field.name) or "") != (self.typed.get(field.name) or "")
        ]
        people = members.members_of(self.request.db, self.context.organization.id)
        names = {row.account_id: row.account.name for row in people}
        return {
            "who": author(self.request, now.saved_by if now else None, names),
            "when": now.saved_at if now else None,
            "rows": rows,
        }


def _plain(value: Any) -> Any:
    """Give a value as JSON keeps it."""
    return sorted(value) if isinstance(value, (set, frozenset)) else list(value) if isinstance(value, tuple) else value


def includeme(config: Any) -> None:
    config.add_form_page(
        TaskPage,
        context=TaskResource,
        permission=Permission.EDIT,
        renderer="senfcall_avv.organizations:templates/task.pt",
    )
