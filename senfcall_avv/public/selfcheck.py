"""The self-check: five questions and the rules that judge the answers, as data. Nothing is stored."""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum
from typing import Final, NamedTuple

from senfcall_avv.i18n import _


class Outlook(IntEnum):
    """How it looks; the gravest rule decides."""

    FITS = 0
    CLARIFY = 1
    UNLIKELY = 2


class Choice(NamedTuple):
    """An answer that can be chosen."""

    value: str
    words: str


class Question(NamedTuple):
    """One question; ``name`` is that of its field."""

    name: str
    words: str
    choices: tuple[Choice, ...]


class Rule(NamedTuple):
    """Holds where the question was answered with one of these: what it means and what helps."""

    question: str
    answers: frozenset[str]
    outlook: Outlook
    reason: str
    help: str


class Result(NamedTuple):
    """What comes out: ``points`` are the rules that made it so; ``ready`` what to have at hand."""

    outlook: Outlook
    points: tuple[Rule, ...]
    ready: tuple[str, ...]


QUESTIONS: Final = (
    Question(
        "status",
        _("Ist eure Organisation steuerbegünstigt (gemeinnützig, mildtätig, kirchlich)?"),
        (
            Choice("yes", _("Ja")),
            Choice("public_law", _("Wir sind eine Körperschaft des öffentlichen Rechts")),
            Choice("applied", _("Beantragt")),
            Choice("no", _("Nein")),
            Choice("unknown", _("Weiß nicht")),
        ),
    ),
    Question(
        "proof",
        _("Welchen Bescheid habt ihr?"),
        (
            Choice("exemption", _("Freistellungsbescheid oder Anlage zum KSt-Bescheid, jünger als ${exemption} Jahre")),
            Choice("new", _("Feststellung nach § 60a AO, jünger als ${new} Jahre")),
            Choice("older", _("einen älteren")),
            Choice("parent", _("über unseren Träger")),
            Choice("none", _("keinen")),
        ),
    ),
    Question(
        "frontend",
        _("Wollt ihr ein eigenes Frontend nutzen?"),
        (
            Choice("have", _("Ja, vorhanden")),
            Choice("planned", _("Ja, geplant")),
            Choice("site", _("Nein, die Senfcall-Seite genügt")),
        ),
    ),
    Question(
        "authority",
        _("Darfst du Verträge für die Organisation schließen?"),
        (Choice("yes", _("Ja")), Choice("proxy", _("Mit Vollmacht")), Choice("no", _("Nein"))),
    ),
    Question(
        "kind",
        _("Trifft etwas davon zu?"),
        (
            Choice("school", _("Schule, Hochschule")),
            Choice("office", _("Behörde")),
            Choice("large", _("große hauptamtliche Organisation")),
            Choice("none", _("nichts davon")),
        ),
    ),
)

RULES: Final = (
    Rule(
        "status",
        frozenset(("no",)),
        Outlook.UNLIKELY,
        _("Das Angebot richtet sich an steuerbegünstigte Organisationen."),
        _("Für einzelne Treffen stehen euch die öffentlichen Senfcall-Räume offen, ohne Antrag."),
    ),
    Rule(
        "frontend",
        frozenset(("site",)),
        Outlook.UNLIKELY,
        _("Der AV-Vertrag gilt nur für Konferenzen aus einem eigenen Frontend."),
        _("Die öffentlichen Senfcall-Räume könnt ihr ohne Antrag nutzen. Für sie gilt die Datenschutzerklärung dort."),
    ),
    Rule(
        "kind",
        frozenset(("school",)),
        Outlook.UNLIKELY,
        _("Schulen und Hochschulen haben meist eigene Angebote und können abgelehnt werden."),
        _(
            "Fragt bei eurem Land, Schulträger oder Rechenzentrum nach. Ein Förderverein kann selbst einen Antrag "
            "stellen."
        ),
    ),
    Rule(
        "kind",
        frozenset(("office",)),
        Outlook.UNLIKELY,
        _("Behörden gehören nicht zu denen, für die wir das Angebot betreiben."),
        _("Fragt eure IT-Stelle: Die meisten Länder und Kommunen betreiben eigene Videokonferenzen."),
    ),
    Rule(
        "kind",
        frozenset(("large",)),
        Outlook.CLARIFY,
        _("Das Angebot ist für kleine Organisationen mit wenig Geld gedacht."),
        _("Schreibt uns vor dem Antrag, warum eigene Server für euch nicht in Frage kommen."),
    ),
    Rule(
        "status",
        frozenset(("public_law",)),
        Outlook.CLARIFY,
        _("Körperschaften des öffentlichen Rechts haben keinen Freistellungsbescheid."),
        _("Legt stattdessen eine Bescheinigung bei, aus der euer Status hervorgeht, zum Beispiel vom Finanzamt."),
    ),
    Rule(
        "status",
        frozenset(("applied",)),
        Outlook.CLARIFY,
        _("Über euren Status ist noch nicht entschieden."),
        _("Wartet auf den Bescheid nach § 60a AO. Mit ihm könnt ihr den Antrag stellen."),
    ),
    Rule(
        "status",
        frozenset(("unknown",)),
        Outlook.CLARIFY,
        _("Ohne anerkannten Status können wir nicht zusagen."),
        _("Fragt eure Kassenführung oder das Finanzamt, ob es einen Freistellungsbescheid gibt."),
    ),
    Rule(
        "proof",
        frozenset(("older",)),
        Outlook.CLARIFY,
        _("Der Bescheid ist zu alt, um heute noch zu gelten."),
        _("Bittet das Finanzamt um eine Kopie des neuesten Bescheids."),
    ),
    Rule(
        "proof",
        frozenset(("parent",)),
        Outlook.CLARIFY,
        _("Der Bescheid gehört eurem Träger, nicht euch."),
        _(
            "Stellt den Antrag im Namen des Trägers, oder legt seine Bestätigung bei, dass der Bescheid auch für euch "
            "gilt."
        ),
    ),
    Rule(
        "proof",
        frozenset(("none",)),
        Outlook.CLARIFY,
        _("Ohne Bescheid können wir euren Status nicht prüfen."),
        _("Bittet das Finanzamt um eine Kopie; sie kommt meist nach wenigen Wochen mit der Post."),
    ),
    Rule(
        "authority",
        frozenset(("no",)),
        Outlook.CLARIFY,
        _("Den Vertrag schließt eine Person, die für die Organisation handeln darf."),
        _("Lasst den Antrag vom Vorstand stellen, oder lasst dir eine Vollmacht geben."),
    ),
)
"""Gravest first; several can hold."""

READY: Final = (
    _("den Bescheid mit allen Seiten, als PDF oder Scan"),
    _("Registernummer und Registergericht, wenn ihr eingetragen seid"),
    _("eure Steuernummer, sie steht auf dem Bescheid"),
    _("wer euch vertritt, mit Funktion"),
    _("Datenschutzbeauftragte, wenn ihr welche habt"),
)
POWER_OF_ATTORNEY: Final = _("die Vollmacht als PDF, unterschrieben von einer vertretungsberechtigten Person")


def answers_in(given: Mapping[str, str]) -> dict[str, str]:
    """Read the answers that exist; anything else counts as not answered."""
    found = {}
    for question in QUESTIONS:
        value = given.get(question.name)
        if value is not None and any(choice.value == value for choice in question.choices):
            found[question.name] = value
    return found


def unanswered(answers: Mapping[str, str]) -> tuple[int, ...]:
    """Give the numbers of questions without an answer, from 1."""
    return tuple(number for number, question in enumerate(QUESTIONS, 1) if question.name not in answers)


def judge(answers: Mapping[str, str]) -> Result:
    """Judge a complete set of answers. Raises KeyError if one is missing."""
    holding = [rule for rule in RULES if answers[rule.question] in rule.answers]
    outlook = max((rule.outlook for rule in holding), default=Outlook.FITS)
    points = tuple(rule for rule in holding if rule.outlook is outlook)
    ready = (*READY, POWER_OF_ATTORNEY) if answers["authority"] == "proxy" else READY
    return Result(outlook, points, ready)
