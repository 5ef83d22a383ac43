"""``/devtools/components``: every macro and every control in every state, for eyes and for the browser tests."""

from __future__ import annotations

from datetime import UTC, datetime
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
from pyramid.httpexceptions import HTTPSeeOther, status_map

from senfcall_avv.errors import TooManyTries
from senfcall_avv.layout.chips import CHIP_KINDS, Chip
from senfcall_avv.layout.form_page import FormPage
from senfcall_avv.layout.forms import Button
from senfcall_avv.layout.icons import SHAPES
from senfcall_avv.layout.messages import ICONS
from senfcall_avv.layout.texts import mail_address, must_be_true
from senfcall_avv.layout.widgets import PasswordInput
from senfcall_avv.root import Resource, Root, Tab
from senfcall_avv.security import Permission

_WHEN: Final = datetime(2026, 11, 24, 13, 31, tzinfo=UTC)
_TABS: Final = (("Bausteine", "components"), ("Formular", "form"), ("Postausgang", "outbox"))
_CHOICES: Final = (("a", "Eingetragener Verein"), ("b", "Stiftung"), ("c", "Etwas anderes"))


class DevtoolsResource(Resource):
    """``/devtools``."""

    @property
    def title(self) -> str:
        return "Werkzeuge"

    @property
    def site(self) -> str:
        return "Stadtgarten Beispielhausen e. V."

    def tabs(self) -> tuple[Tab, ...]:
        base = self.request.resource_path(self)
        return tuple(Tab(title, base + name) for title, name in _TABS)


class Person(colander.Schema):
    name = colander.SchemaNode(colander.String(), title="Name", validator=colander.Length(max=80))
    role = colander.SchemaNode(
        colander.String(), title="Vertretung", widget=RadioChoiceWidget(values=(("s", "allein"), ("j", "gemeinsam")))
    )


class People(colander.SequenceSchema):
    person = Person(title="Person")


class Sample(colander.Schema):
    """One field of each kind."""

    version = colander.SchemaNode(colander.String(), widget=HiddenWidget(), missing="")
    name = colander.SchemaNode(
        colander.String(),
        title="Name der Organisation",
        description="Genau wie im Bescheid.",
        validator=colander.Length(max=200),
        widget=TextInputWidget(attributes={"autocomplete": "organization"}),
    )
    email = colander.SchemaNode(
        colander.String(),
        title="E-Mail-Adresse",
        validator=mail_address,
        widget=TextInputWidget(attributes={"type": "email", "autocomplete": "email"}),
    )
    post_code = colander.SchemaNode(
        colander.String(),
        title="Postleitzahl",
        validator=colander.Length(max=5),
        widget=TextInputWidget(attributes={"size": "6", "inputmode": "numeric", "autocomplete": "postal-code"}),
    )
    password = colander.SchemaNode(colander.String(), title="Passwort", widget=PasswordInput())
    issued = colander.SchemaNode(colander.Date(), title="Datum des Bescheids", description="Zum Beispiel 24.11.2026.")
    seats = colander.SchemaNode(colander.Integer(), title="Teilnehmende höchstens", missing=None)
    kind = colander.SchemaNode(
        colander.String(),
        title="Rechtsform",
        description="Wie sie im Register steht.",
        validator=colander.OneOf([value for value, _words in _CHOICES]),
        widget=RadioChoiceWidget(values=_CHOICES, hints={"c": "Zum Beispiel eine gGmbH."}),
    )
    purposes = colander.SchemaNode(
        colander.Set(), title="Zwecke", missing=(), widget=CheckboxChoiceWidget(values=_CHOICES)
    )
    country = colander.SchemaNode(
        colander.String(),
        title="Bundesland",
        widget=SelectWidget(values=(("", "Wähle eines"), ("he", "Hessen"), ("by", "Bayern"))),
    )
    note = colander.SchemaNode(
        colander.String(),
        title="Anmerkung",
        missing="",
        widget=TextAreaWidget(rows=4),
        validator=colander.Length(max=500),
    )
    people = People(title="Wer euch vertritt", description="Alle, die im Register stehen.")
    declared = colander.SchemaNode(
        colander.Boolean(),
        title="Ich darf für die Organisation handeln.",
        description="Oder ich habe eine Vollmacht.",
        validator=must_be_true,
        widget=CheckboxWidget(),
    )


class SampleForm(FormPage):
    """The form, empty, filled, faulty and with rows."""

    title = "Formular"
    buttons = (
        Button("next", "Speichern und weiter", "go", leads_on=True),
        Button("overview", "Speichern und zur Übersicht"),
    )

    def schema(self) -> colander.Schema:
        return Sample()

    def save(self, appstruct: dict[str, Any]) -> HTTPSeeOther:
        self.request.messages.add("ok", f"Gespeichert: {appstruct['name']}, {appstruct['issued']:%d.%m.%Y}")
        return HTTPSeeOther(self.request.resource_path(self.context, "components"))


def components(_context: Resource, _request: Any) -> dict[str, Any]:
    """Give one of everything."""
    done, here = Chip("plain", "check", "Fertig"), Chip("quiet", "ring", "Noch offen")
    return {
        "title": "Bausteine",
        "chips": [Chip(kind, icon, f"{kind}, {icon}") for kind, icon in zip(CHIP_KINDS, SHAPES, strict=False)],
        "shapes": list(SHAPES),
        "state": Chip("warn", "warning", "Rückfrage an euch"),
        "facts": [("Zuletzt gespeichert", "heute um 14:02 von dir"), ("Ohne Bearbeitung gelöscht am", "23.02.2027")],
        "tasks": [
            {"id": "t1", "title": "Name und Rechtsform", "url": "#", "hint": "Stadtgarten", "chip": done},
            {"id": "t2", "title": "Bescheid", "url": "#", "hint": "Noch keine Datei", "chip": here, "here": True},
            {"id": "t3", "title": "Angaben prüfen", "hint": "Sobald alles fertig ist", "state": "Erst danach"},
        ],
        "table": {
            "caption": "Aufrufe dieses Zugangs",
            "columns": ("Aufruf", "Wofür", "Anzahl"),
            "rows": [("create", "Konferenz anlegen", 1204), ("join", "Teilnehmen", 17)],
        },
        "events": [
            {"when": _WHEN, "who": "Mira Beispiel", "what": "Antrag abgeschickt"},
            {"when": _WHEN, "who": "Senfcall", "what": "Rückfrage gestellt"},
        ],
        "files": [
            {"id": "f1", "name": "bescheid-2022.pdf", "url": "#", "detail": "1,2 MB", "remove_url": "components"},
            {"id": "f2", "name": "foto.heic", "detail": "4,8 MB", "problem": "Dieses Format können wir nicht lesen.",
             "remove_url": "components"},
        ],
        "chart": {
            "title": "Konferenzen je Woche",
            "sentence": "In drei Wochen 4, 12 und 9 Konferenzen.",
            "columns": ("Woche", "Konferenzen"),
            "bars": [("KW 45", 4), ("KW 46", 12), ("KW 47", 9)],
        },
        "when": _WHEN,
    }  # fmt: skip


def fail(_context: Resource, request: Any) -> Any:
    """Answer with the page of a status: ``/devtools/fail?status=404``."""
    status = int(request.GET["status"])
    raise TooManyTries(request.now) if status == 429 else status_map[status]()


def say(_context: Resource, request: Any) -> HTTPSeeOther:
    """Say one message of each kind on the next page."""
    for kind in ICONS:
        request.messages.add(kind, f"Eine Nachricht der Art {kind}.")
    return HTTPSeeOther(request.resource_path(request.context, "components"))


def includeme(config: Any) -> None:
    config.add_child(Root, "devtools", DevtoolsResource)
    common = {"context": DevtoolsResource, "permission": Permission.PUBLIC}
    folder = "senfcall_avv.devtools:templates"
    config.add_view(components, renderer=f"{folder}/components.pt", **common)
    config.add_view(components, name="components", renderer=f"{folder}/components.pt", **common)
    config.add_form_page(SampleForm, name="form", renderer=f"{folder}/form.pt", **common)
    config.add_view(fail, name="fail", **common)
    config.add_view(say, name="say", **common)
