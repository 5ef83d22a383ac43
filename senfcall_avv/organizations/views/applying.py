"""The application as a whole: the list of tasks, all answers to read or print, and what becomes of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pyramid.httpexceptions import HTTPNotFound, HTTPSeeOther
from pyramid.response import Response

from senfcall_avv.accounts.services import account_of
from senfcall_avv.i18n import _
from senfcall_avv.organizations import figures, members, retention
from senfcall_avv.organizations.chips import BLOCKED, TASK, application_chip
from senfcall_avv.organizations.lifecycle import CLOSED_UNAPPROVED, WAITING, Event, State, Who, may
from senfcall_avv.organizations.reasons import DECLINE_REASONS, MISUSE
from senfcall_avv.organizations.resources import ApplicationResource
from senfcall_avv.organizations.tasks import Overview, Row, Status, overview
from senfcall_avv.organizations.views.listing import answer_groups
from senfcall_avv.organizations.views.shared import author, facts_of, settings_of
from senfcall_avv.security import Permission

if TYPE_CHECKING:
    from senfcall_avv.organizations.models import Application, ApplicationEvent
    from senfcall_avv.typing import Request


def _elsewhere(context: ApplicationResource) -> str | None:
    """Say which page shows an application that is no draft any more."""
    state = context.application.state
    if state is State.DRAFT:
        return None
    return "outcome" if state in {State.DECLINED, State.EXPIRED} else "status"


def task_list(context: ApplicationResource, request: Request) -> dict[str, Any] | Response:
    """Show what is asked, what is done, what is next."""
    if (page := _elsewhere(context)) is not None:
        return HTTPSeeOther(request.resource_path(context, page))
    application = context.application
    now = overview(facts_of(request, application, context.files))
    edits = request.has_permission(Permission.EDIT, context)
    last = max(application.saved, key=lambda row: row.saved_at, default=None)
    names = {row.account_id: row.account.name for row in members.members_of(request.db, context.organization.id)}
    home = context.home
    return {
        "title": _("Euer Antrag"),
        "chip": application_chip(application),
        "overview": now,
        "next": now.next,
        "next_url": request.resource_path(context, now.next.name) if edits else None,
        "groups": [
            (title, [_task(context, request, row, now, edits=edits) for row in rows]) for title, rows in now.groups()
        ],
        "saved_at": last.saved_at if last else None,
        "saved_by": author(request, last.saved_by, names) if last else "",
        "days": figures.usual_days(request.db, settings_of(request).application.usual_days),
        "deletion": retention.deletion_of(application, settings_of(request)),
        "invite_url": request.resource_path(home, "members", "invite")
        if request.has_permission(Permission.MANAGE_MEMBERS, context)
        else None,
        "answers_url": request.resource_path(context, "answers"),
        "discard_url": request.resource_path(context, "discard") if edits else None,
    }


def _task(context: ApplicationResource, request: Request, row: Row, now: Overview, *, edits: bool) -> dict[str, Any]:
    name = row.task.name
    if row.status is Status.BLOCKED or (not edits and name == "check"):
        url = None
    elif edits:
        url = request.resource_path(context, name)
    else:
        url = request.resource_path(context, "answers", anchor=name)
    translate = request.localizer.translate
    return {
        "id": f"task-{name}",
        "title": row.task.title,
        "url": url,
        "hint": ", ".join(translate(words) for words in row.summary),
        "chip": TASK.get(row.status),
        "state": BLOCKED,
        "here": row.task is now.next,
    }


def answers(context: ApplicationResource, request: Request) -> dict[str, Any]:
    """Show all answers, to read and to print; files only to those who may see documents."""
    return {
        "title": _("Alle Angaben"),
        "chip": application_chip(context.application),
        "number": context.application.number,
        "groups": answer_groups(context, request, editing=False),
        "back_url": request.resource_path(context),
    }


def submitted(context: ApplicationResource, request: Request) -> dict[str, Any] | Response:
    """Confirm that the application has arrived; the same however often it is loaded."""
    application = context.application
    if application.submitted_at is None:
        return HTTPSeeOther(request.resource_path(context))
    return {
        "title": _("Euer Antrag ist da"),
        "number": application.number,
        "submitted_at": application.submitted_at,
        "address": account_of(request).email,
        "days": figures.usual_days(request.db, settings_of(request).application.usual_days),
        "status_url": request.resource_path(context, "status"),
        "answers_url": request.resource_path(context, "answers"),
        "groups": answer_groups(context, request, editing=False),
    }


_SENTENCES = {
    Event.START: _("Der Antrag wurde begonnen."),
    Event.REAPPLY: _("Der Antrag wurde neu begonnen, mit den Angaben des letzten."),
    Event.SUBMIT: _("Der Antrag ist eingegangen."),
    Event.CLAIM: _("Wir haben angefangen, ihn zu lesen."),
    Event.ASK: _("Wir haben eine Frage gestellt."),
    Event.ANSWER: _("Eure Antwort ist da."),
    Event.NO_ANSWER: _("Der Antrag ist geschlossen, weil keine Antwort kam."),
    Event.CONFIRM: _("Der Antrag ist freigeschaltet."),
    Event.APPROVE: _("Der Antrag ist freigeschaltet."),
    Event.DECLINE: _("Der Antrag wurde nicht angenommen."),
    Event.WITHDRAW: _("Der Antrag wurde zurückgezogen."),
    Event.RECONSIDER: _("Wir sehen uns den Antrag noch einmal an."),
}
"""What happens inside (who holds it, that it was put aside) is not in here, and so not on the page."""
_NOW = {
    State.SUBMITTED: _("Euer Antrag wartet darauf, dass ihn jemand liest. Ihr müsst nichts tun."),
    State.INFO_REQUESTED: _("Wir haben eine Frage an euch."),
    State.APPROVED: _("Euer Antrag ist freigeschaltet."),
    State.DECLINED: _("Euer Antrag wurde nicht angenommen."),
    State.WITHDRAWN: _("Ihr habt den Antrag zurückgezogen."),
    State.EXPIRED: _("Euer Antrag ist geschlossen, weil keine Antwort kam."),
}
_READING = _("Wir lesen euren Antrag. Ihr müsst nichts tun.")


def _who(event: ApplicationEvent) -> str:
    word: str = {Who.OWNER: _("Verwaltung"), Who.SYSTEM: _("Das Portal")}.get(event.who, _("Senfcall"))
    return word


def time_line(application: Application) -> list[dict[str, Any]]:
    """Give what happened to an application as its people may know it, oldest first."""
    return [
        {"when": event.at, "who": _who(event), "what": _SENTENCES[event.event]}
        for event in application.events
        if event.event in _SENTENCES
    ]


def status(context: ApplicationResource, request: Request) -> dict[str, Any] | Response:
    """Show where the application stands, and what happened so far."""
    application = context.application
    if application.state is State.DRAFT:
        return HTTPSeeOther(request.resource_path(context))
    owner = request.has_permission(Permission.EDIT, context)
    return {
        "title": _("Status"),
        "chip": application_chip(application),
        "number": application.number,
        "sentence": _NOW.get(application.state, _READING),
        "waiting_since": application.submitted_at if application.state in WAITING else None,
        "now": request.now,
        "days": figures.usual_days(request.db, settings_of(request).application.usual_days),
        "events": time_line(application),
        "withdraw_url": request.resource_path(context, "withdraw")
        if owner and may(application.state, Event.WITHDRAW, Who.OWNER)
        else None,
        "outcome_url": request.resource_path(context, "outcome")
        if owner and application.state in {State.DECLINED, State.EXPIRED}
        else None,
        "again_url": request.resource_path(context.home, "apply")
        if owner and application.state is State.WITHDRAWN
        else None,
        "answers_url": request.resource_path(context, "answers"),
    }


def outcome(context: ApplicationResource, request: Request) -> dict[str, Any]:
    """Say why an application was not accepted, what would help, and what is kept until when. Raises HTTPNotFound."""
    application, own = context.application, settings_of(request).application
    decided = application.decided_at
    if application.state not in CLOSED_UNAPPROVED - {State.WITHDRAWN} or decided is None:
        raise HTTPNotFound
    words = DECLINE_REASONS.get(application.reason or "no_reply", DECLINE_REASONS["other"])
    return {
        "title": _("Euer Antrag wurde nicht angenommen")
        if application.state is State.DECLINED
        else _("Euer Antrag ist geschlossen"),
        "number": application.number,
        "reason": words.sentence,
        "reason_text": application.reason_text or "",
        "help": application.help_text or words.help,
        "data_until": retention.forgotten_at(decided, own.keep_closed_days),
        "files_until": retention.forgotten_at(decided, own.keep_uploads_days),
        "again_url": request.resource_path(context.home, "apply")
        if application.reason != MISUSE and request.has_permission(Permission.EDIT, context)
        else None,
        "answers_url": request.resource_path(context, "answers"),
    }


def includeme(config: Any) -> None:
    pages = (
        (task_list, "", "tasks", Permission.VIEW),
        (answers, "answers", "answers", Permission.VIEW),
        (submitted, "submitted", "submitted", Permission.SUBMIT),
        (status, "status", "status", Permission.VIEW),
        (outcome, "outcome", "outcome", Permission.EDIT),
    )
    for view, name, template, permission in pages:
        config.add_view(
            view,
            context=ApplicationResource,
            name=name,
            permission=permission,
            renderer=f"senfcall_avv.organizations:templates/{template}.pt",
        )
