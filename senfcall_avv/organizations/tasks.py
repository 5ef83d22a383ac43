"""The nine tasks of an application, and how far each of them is: computed from the answers, never stored."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Any, Final, NamedTuple

from senfcall_avv.i18n import _
from senfcall_avv.organizations.numbers import Warned, number_warnings
from senfcall_avv.organizations.proof import proof_warnings
from senfcall_avv.organizations.schemas import contact, contract, organization, people, privacy, proof, register, use
from senfcall_avv.organizations.schemas.contact import LAENDER
from senfcall_avv.organizations.schemas.fields import EMPTY, Facts, Field

PROOF_KIND: Final = "proof"
AUTHORITY_KIND: Final = "authority"
"""Kinds of documents that tasks ask for."""


class Status(StrEnum):
    """How far a task is."""

    TODO = "todo"
    PARTIAL = "partial"
    DONE = "done"
    BLOCKED = "blocked"
    PROBLEM = "problem"


class Task(NamedTuple):
    """One task. ``uploads`` is the kind of file its page takes; ``action`` names it as a next step."""

    name: str
    title: str
    group: str
    action: str
    fields: tuple[Field, ...] = ()
    uploads: str | None = None
    lead: str = ""


ORGANIZATION, PEOPLE, PROOF, SEND = (
    _("Eure Organisation"),
    _("Menschen und Datenschutz"),
    _("Nachweis und Vertrag"),
    _("Abschicken"),
)
TASKS: Final = (
    Task("organization", _("Name und Rechtsform"), ORGANIZATION, _("Name und Rechtsform angeben"), organization.FIELDS),
    Task("contact", _("Anschrift und Kontakt"), ORGANIZATION, _("Anschrift und Kontakt angeben"), contact.FIELDS),
    Task(
        "register",
        _("Register und Finanzamt"),
        ORGANIZATION,
        _("Register und Finanzamt angeben"),
        register.FIELDS,
        lead=_("Die Nummern vergleichen wir mit eurem Bescheid."),
    ),
    Task("use", _("Nutzung und Frontend"), ORGANIZATION, _("Nutzung und Frontend angeben"), use.FIELDS),
    Task("people", _("Wer euch vertritt"), PEOPLE, _("Vertretung angeben"), people.FIELDS, AUTHORITY_KIND),
    Task(
        "privacy",
        _("Ansprechpersonen und Datenschutz"),
        PEOPLE,
        _("Ansprechpersonen angeben"),
        privacy.FIELDS,
    ),
    Task(
        "proof",
        _("Bescheid vom Finanzamt"),
        PROOF,
        _("Bescheid hochladen"),
        proof.FIELDS,
        PROOF_KIND,
        _("Alle Seiten, als PDF, Scan oder gut lesbares Foto. Das Datum des Bescheids fragen wir gleich mit ab."),
    ),
    Task("contract", _("AV-Vertrag"), PROOF, _("AV-Vertrag lesen und annehmen"), contract.FIELDS),
    Task("check", _("Angaben prüfen"), SEND, _("Angaben prüfen und absenden")),
)
BY_NAME: Final = {task.name: task for task in TASKS}
FORM_TASKS: Final = tuple(task for task in TASKS if task.fields)
CHECK: Final = BY_NAME["check"]


class Row(NamedTuple):
    """A task as the list shows it."""

    task: Task
    status: Status
    summary: tuple[str, ...]


class Overview(NamedTuple):
    """The whole list."""

    rows: tuple[Row, ...]

    @property
    def done(self) -> int:
        return sum(row.status is Status.DONE for row in self.rows)

    @property
    def percent(self) -> int:
        return 100 * self.done // len(self.rows)

    @property
    def next(self) -> Task:
        """The first task that is neither done nor out of reach; the last one once all others are done."""
        return next((row.task for row in self.rows if row.status in _TO_DO), CHECK)

    @property
    def ready(self) -> bool:
        """Whether everything before the last task is done."""
        return all(row.status is Status.DONE for row in self.rows if row.task is not CHECK)

    def status(self, name: str) -> Status:
        return next(row.status for row in self.rows if row.task.name == name)

    def groups(self) -> list[tuple[str, list[Row]]]:
        """Give the rows by group, both in order."""
        found: dict[str, list[Row]] = {}
        for row in self.rows:
            found.setdefault(row.task.group, []).append(row)
        return list(found.items())


_TO_DO: Final = frozenset((Status.TODO, Status.PARTIAL, Status.PROBLEM))


def visible_fields(task: Task, facts: Facts) -> tuple[Field, ...]:
    """Give the fields that a task's page asks, as the answers stand."""
    return tuple(field for field in task.fields if field.visible(facts))


def lacking(task: Task, facts: Facts) -> list[Field]:
    """Give the fields that are still needed before the application can be sent."""
    values = facts.answers.get(task.name, EMPTY)
    return [field for field in visible_fields(task, facts) if field.required(facts) and not field.answered(values)]


def lacks_upload(task: Task, facts: Facts) -> bool:
    """Say whether a file is still needed: the notice always, a power of attorney where somebody acts by one."""
    if task.uploads == AUTHORITY_KIND and facts.get("people", "authority") != "power_of_attorney":
        return False
    return task.uploads is not None and not facts.uploads.get(task.uploads)


def text_changed(facts: Facts) -> bool:
    """Say whether the boxes of the contract were ticked below another version of its text or of the terms."""
    values = facts.answers.get("contract", EMPTY)
    ticked = any(field.answered(values) for field in contract.FIELDS)
    shown = values.get("text_version"), values.get("terms_version")
    return ticked and shown != (facts.rules.text_version, facts.rules.terms_version)


def status_of(task: Task, facts: Facts) -> Status:
    """Say how far one of the tasks with fields is."""
    if task.name == "contract" and text_changed(facts):
        return Status.PROBLEM
    values = facts.answers.get(task.name, EMPTY)
    begun = any(field.answered(values) for field in task.fields) or bool(
        task.uploads and facts.uploads.get(task.uploads)
    )
    if not begun:
        return Status.TODO
    return Status.PARTIAL if lacking(task, facts) or lacks_upload(task, facts) else Status.DONE


def overview(facts: Facts) -> Overview:
    """Give all tasks with their status and a line that says what was filled in."""
    rows = [Row(task, status_of(task, facts), summary(task, facts)) for task in FORM_TASKS]
    ready = all(row.status is Status.DONE for row in rows)
    words = () if ready else (_("Wird frei, sobald alles andere fertig ist"),)
    return Overview((*rows, Row(CHECK, Status.TODO if ready else Status.BLOCKED, words)))


def warnings_of(task: Task, facts: Facts) -> list[Warned]:
    """List what looks unusual about a task's answers, which keeps nobody from going on."""
    checks: dict[str, Callable[[Facts], list[Warned]]] = {"register": number_warnings, "proof": proof_warnings}
    check = checks.get(task.name)
    return check(facts) if check else []


def _joined(*parts: Any) -> tuple[str, ...]:
    text = " ".join(str(part) for part in parts if part)
    return (text,) if text else ()


def _register_words(facts: Facts) -> tuple[str, ...]:
    kind = facts.get("register", "register_type")
    return _joined(kind if kind not in {"none", "foundations"} else "", facts.get("register", "register_number"))


def _chosen(facts: Facts, task: str, name: str) -> tuple[str, ...]:
    field = next(one for one in BY_NAME[task].fields if one.name == name)
    return field.shown(facts.answers.get(task, EMPTY), facts)


def _uploads(facts: Facts) -> tuple[str, ...]:
    count = facts.uploads.get(PROOF_KIND, 0)
    if not count:
        return (_("Noch keine Datei"),)
    return (_("1 Datei"),) if count == 1 else (_("${n} Dateien", mapping={"n": count}),)


_SUMMARIES: Final[dict[str, Callable[[Facts], tuple[str, ...]]]] = {
    "organization": lambda facts: _joined(facts.get("organization", "legal_name")),
    "contact": lambda facts: _joined(facts.get("contact", "postcode"), facts.get("contact", "town")),
    "register": _register_words,
    "use": lambda facts: _chosen(facts, "use", "frontends"),
    "people": lambda facts: _joined(facts.get("people", "representative_1_name")),
    "privacy": lambda facts: _chosen(facts, "privacy", "regime"),
    "proof": _uploads,
    "contract": lambda facts: (_("Version ${version}", mapping={"version": facts.rules.text_version}),),
}


def summary(task: Task, facts: Facts) -> tuple[str, ...]:
    """Give a few words that say what a task holds so far; the page joins them by commas."""
    return _SUMMARIES[task.name](facts)


def land_name(facts: Facts) -> str:
    """Give the German state's name, or nothing."""
    return LAENDER.get(str(facts.get("contact", "land")), "")
