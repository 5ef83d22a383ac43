"""All answers as lists of terms and values, by task: for checking, reading and printing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from senfcall_avv.i18n import _
from senfcall_avv.organizations.proof import window_of
from senfcall_avv.organizations.schemas.fields import EMPTY, Facts, german_day
from senfcall_avv.organizations.tasks import FORM_TASKS, Task, visible_fields, warnings_of
from senfcall_avv.organizations.views.shared import facts_of
from senfcall_avv.organizations.views.uploads import file_row
from senfcall_avv.security import Permission

if TYPE_CHECKING:
    from senfcall_avv.organizations.resources import ApplicationResource
    from senfcall_avv.typing import Request


def shown_facts(context: ApplicationResource, request: Request) -> Facts:
    """Give what is shown: of an application that was sent what it was sent with."""
    application = context.application
    facts = facts_of(request, application, context.files)
    return Facts(application.snapshot, facts.uploads, facts.rules) if application.snapshot else facts


def answer_groups(context: ApplicationResource, request: Request, *, editing: bool) -> list[dict[str, Any]]:
    """Give each task with its answers, its files and what looks unusual about it."""
    facts = shown_facts(context, request)
    sees_files = request.has_permission(Permission.VIEW_DOCUMENTS, context)
    return [_group(context, request, task, facts, editing=editing, sees_files=sees_files) for task in FORM_TASKS]


def _group(
    context: ApplicationResource, request: Request, task: Task, facts: Facts, *, editing: bool, sees_files: bool
) -> dict[str, Any]:
    values = facts.answers.get(task.name, EMPTY)
    page = request.resource_path(context, task.name)
    rows = [
        {
            "title": field.title,
            "lines": field.shown(values, facts),
            "url": f"{page}#form-{field.name}" if editing else None,
        }
        for field in visible_fields(task, facts)
    ]
    if task.name == "proof" and (last := window_of(facts)) is not None:
        rows.append({"title": _("Gültig bis"), "lines": (german_day(last),), "url": None})
    base = request.resource_path(context, "documents", "")
    files = [file for file in context.files if file.kind.value == task.uploads and file.kept] if task.uploads else []
    return {
        "name": task.name,
        "title": task.title,
        "rows": rows,
        "warnings": [warned.message for warned in warnings_of(task, facts)],
        "files": [file_row(request, file, removable=False, base=base) for file in files] if sees_files else [],
        "asks_files": task.uploads is not None and sees_files,
    }
