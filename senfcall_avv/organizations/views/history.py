"""Who did what in the organisation: the trail in words, by page and as a table for other programs."""

from __future__ import annotations

import csv
import io
import re
from typing import TYPE_CHECKING, Any

from pyramid.response import Response

from senfcall_avv.audit.actions import actions_of
from senfcall_avv.i18n import _
from senfcall_avv.organizations.history import WORDS, tell, trail_of
from senfcall_avv.organizations.resources import OrganizationResource
from senfcall_avv.organizations.views.shared import told
from senfcall_avv.security import Permission

if TYPE_CHECKING:
    from senfcall_avv.typing import Request

PAGE = 25
MOST_ROWS = 10_000
_RISKY = ("=", "+", "-", "@", "\t", "\r", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""What makes a table program take a cell for a formula, full-width forms included."""
_TOPICS = ("application", "document", "member", "invitation", "organization", "endpoint", "contract")
_TOPIC_NAMES = {
    "application": _("Antrag"),
    "document": _("Dateien"),
    "member": _("Mitglieder"),
    "invitation": _("Einladungen"),
    "organization": _("Organisation"),
    "endpoint": _("Zugang"),
    "contract": _("Vertrag"),
}


def _before(request: Request) -> int | None:
    text = str(request.GET.get("before", ""))
    return int(text) if re.fullmatch(r"[0-9]{1,12}", text) else None


def _topic(request: Request) -> str:
    text = str(request.GET.get("topic", ""))
    return text if text in _TOPICS else ""


def history(context: OrganizationResource, request: Request) -> dict[str, Any]:
    """Show a page of the trail, newest first."""
    topic, before = _topic(request), _before(request)
    rows = trail_of(request.db, context.organization.id, topic=topic, before=before, limit=PAGE + 1)
    more = len(rows) > PAGE
    query = {"topic": topic} if topic else {}
    here = request.resource_path(context, "history")
    return {
        "title": _("Verlauf"),
        "events": [
            {**event, "who": WORDS.get(row.actor_role, "")}
            for event, row in zip(told(request, rows[:PAGE]), rows[:PAGE], strict=True)
        ],
        "topics": [
            {
                "title": title,
                "url": request.resource_path(context, "history", query={"topic": name}),
                "current": name == topic,
            }
            for name, title in _TOPIC_NAMES.items()
        ],
        "all_url": here,
        "topic": topic,
        "more_url": request.resource_path(context, "history", query={**query, "before": str(rows[PAGE - 1].number)})
        if more
        else None,
        "csv_url": request.resource_path(context, "history.csv"),
    }


def _cell(text: str) -> str:
    return f"'{text}" if text.startswith(_RISKY) else text


def as_csv(context: OrganizationResource, request: Request) -> Response:
    """Give the trail as a table: moment in UTC, role, sentence."""
    actions, translate = actions_of(request.registry), request.localizer.translate
    rows = trail_of(request.db, context.organization.id, limit=MOST_ROWS)
    made = io.StringIO()
    writer = csv.writer(made, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow([translate(_("Zeit (UTC)")), translate(_("Wer")), translate(_("Was"))])
    for row in rows:
        who = translate(WORDS.get(row.actor_role, ""))
        moment = f"{row.at:%Y-%m-%d %H:%M:%S}"
        writer.writerow([_cell(moment), _cell(who), _cell(tell(request, actions, row))])
    response = Response(made.getvalue().encode("utf-8-sig"), content_type="text/csv", charset="utf-8")
    response.headers["Content-Disposition"] = 'attachment; filename="history.csv"'
    return response


def includeme(config: Any) -> None:
    config.add_view(
        history,
        context=OrganizationResource,
        name="history",
        permission=Permission.VIEW_HISTORY,
        renderer="senfcall_avv.organizations:templates/history.pt",
    )
    config.add_view(as_csv, context=OrganizationResource, name="history.csv", permission=Permission.VIEW_HISTORY)
