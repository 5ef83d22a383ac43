"""The API reference: what the policy in force says of the default profile, for people and for programs.

Nothing here is written down a second time: calls, parameters and bounds come from the policy's own description, their
meanings from the catalogue, what is not offered from the difference of the two.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from senfcall_avv.bbb import checksum
from senfcall_avv.bbb.catalog import Catalogue
from senfcall_avv.bbb.errors import MESSAGES
from senfcall_avv.i18n import Language, _
from senfcall_avv.policy.engine import BODY_NAME, CallDescription, Description, Outcome, ParameterDescription
from senfcall_avv.public.bounds import OUTSIDE, bounds_words, type_words
from senfcall_avv.public.losses import Loss, losses

ANSWERS: Final = MappingProxyType(
    {
        "noRecordings": _("Es gibt keine Aufzeichnungen."),
        "noMeetings": _("Es gibt keine Konferenzen."),
        "notRunning": _("Die Konferenz läuft nicht."),
    }
)
"""What our own answers say, by kind."""

ERRORS: Final = MappingProxyType(
    {
        "checksumError": _(
            "Die Prüfsumme passt nicht. Meist ist das Secret falsch eingetragen oder die Adresse unvollständig."
        ),
        "unsupportedRequest": _("Diesen Aufruf bieten wir nicht an, oder nicht auf diesem Weg."),
        "missingParamMeetingID": _("Die Kennung der Konferenz fehlt."),
        "missingParamFullName": _("Der Name der Person fehlt."),
        "nullError": _("Der Name der Konferenz fehlt."),
        "sizeError": _("Name oder Kennung der Konferenz ist zu kurz oder zu lang."),
        "validationError": _("Ein Wert hat nicht die Form, die oben bei dem Aufruf steht."),
        "notFound": _("Eine Konferenz mit dieser Kennung gibt es bei euch nicht."),
        "idNotUnique": _("Die Konferenz läuft schon, mit anderen Passwörtern."),
        "invalidPassword": _("Das Passwort gehört nicht zu dieser Konferenz."),
        "mismatchCreateTimeParam": _("Der Link gehört zu einer früheren Konferenz mit derselben Kennung."),
        "maxParticipantsReached": _("Der Raum ist voll."),
        "meetingForciblyEnded": _("Die Konferenz wurde beendet."),
        "serverUnavailable": _("Der Videokonferenz-Server antwortet nicht. In einer Minute noch einmal versuchen."),
        "internalError": _("Bei uns ist etwas schiefgegangen. Später noch einmal versuchen."),
    }
)
"""What plugins may be told, by messageKey, in the order in which people meet them."""


class Example(NamedTuple):
    """A checksum worked out: an invented secret and what comes of it."""

    call: str
    query: str
    secret: str
    text: str
    checksum: str


def example() -> Example:
    """Work out a checksum as every client does."""
    call, query, secret = "create", "name=Vorstand&meetingID=vorstand-1", "beispiel-secret-beispiel-secret-beispiel"
    return Example(call, query, secret, call + query + secret, checksum.sign(call, query, secret.encode(), "sha256"))


@dataclass(frozen=True, slots=True)
class ShownParameter:
    """A row of a call's table. ``bounds`` and ``outside`` are translation strings."""

    name: str
    summary: str
    type: str
    bounds: tuple[str, ...]
    outside: str
    required: bool
    value: str | None


@dataclass(frozen=True, slots=True)
class ShownCall:
    """A call as the page shows it. ``given`` are the parameters that clients give, ``fixed`` what we always send."""

    name: str
    summary: str
    methods: tuple[str, ...]
    given: tuple[ShownParameter, ...]
    fixed: tuple[ShownParameter, ...]


@dataclass(frozen=True, slots=True)
class ShownAnswer:
    """A call that reaches no server: we answer it (``words``) or refuse it (``key`` and our English ``message``)."""

    name: str
    summary: str
    words: str = ""
    key: str = ""
    message: str = ""


@dataclass(frozen=True, slots=True)
class Reference:
    """Everything on the page."""

    revision: str
    catalogue: str
    calls: tuple[ShownCall, ...]
    answered: tuple[ShownAnswer, ...]
    refused: tuple[ShownAnswer, ...]
    missing: tuple[Loss, ...]
    limits: Mapping[str, int | None]


def _summary(entry: Any, language: Language) -> str:
    """Give the catalogue's sentence about a call or a parameter."""
    if entry is None:
        return ""
    text: str = entry.summary_de if language == "de" else entry.summary
    return text


def _parameter(call: str, described: ParameterDescription, catalogue: Catalogue, language: Language) -> ShownParameter:
    entry = catalogue.calls.get(call)
    known = None if entry is None else entry.find(described.name)
    return ShownParameter(
        described.name,
        _summary(known, language) or described.summary,
        type_words(described),
        tuple(bounds_words(described)),
        OUTSIDE.get(described.otherwise, ""),
        described.required,
        described.value,
    )


def _call(described: CallDescription, catalogue: Catalogue, language: Language) -> ShownCall:
    rows = [_parameter(described.name, each, catalogue, language) for each in described.parameters]
    return ShownCall(
        described.name,
        _summary(catalogue.calls.get(described.name), language),
        described.methods,
        tuple(row for row in rows if row.value is None),
        tuple(row for row in rows if row.value is not None),
    )


def _answer(described: CallDescription, catalogue: Catalogue, language: Language) -> ShownAnswer:
    summary = _summary(catalogue.calls.get(described.name), language)
    if described.verb is Outcome.ANSWER:
        return ShownAnswer(described.name, summary, words=ANSWERS.get(described.detail, described.detail))
    return ShownAnswer(described.name, summary, key=described.detail, message=described.message)


def everything(catalogue: Catalogue) -> dict[str, tuple[str, ...]]:
    """List all that frontends could send: calls with their parameters, without what only the meeting's own client uses.

    Names that a newer one replaced, and names that nobody may ever send, would only lengthen the page.
    """
    found = {}
    for name, entry in catalogue.calls.items():
        if not entry.session and entry.until is None and name != "getSessions":
            names = [p.name for p in entry.parameters.values() if not p.reserved and entry.newer_name(p.name) is None]
            found[name] = (*names, BODY_NAME) if name == "create" else tuple(names)
    return found


def _missing(description: Description, catalogue: Catalogue) -> tuple[Loss, ...]:
    answered = {call.name for call in description.calls if call.verb is Outcome.ANSWER}
    fixed = {f"{call.name}.{p.name}" for call in description.calls for p in call.parameters if p.value is not None}
    found = losses(description, catalogue, everything(catalogue))
    shown = (Loss(loss.topic, tuple(n for n in loss.names if n not in answered | fixed)) for loss in found)
    return tuple(loss for loss in shown if loss.names)


def reference(description: Description, catalogue: Catalogue, language: Language) -> Reference:
    """Make the page of a profile's description."""
    by_verb: dict[Outcome, list[CallDescription]] = {verb: [] for verb in Outcome}
    for call in description.calls:
        by_verb[call.verb].append(call)
    return Reference(
        description.revision,
        catalogue.date,
        tuple(_call(call, catalogue, language) for call in by_verb[Outcome.FORWARD]),
        tuple(_answer(call, catalogue, language) for call in by_verb[Outcome.ANSWER]),
        tuple(_answer(call, catalogue, language) for call in by_verb[Outcome.REFUSE]),
        _missing(description, catalogue),
        _limits(description),
    )


def _limits(description: Description) -> dict[str, int | None]:
    limits = description.limits
    return {
        "calls_per_minute": limits.calls_per_minute,
        "joins_per_minute": limits.joins_per_minute,
        "meetings": limits.meetings,
        "participants": limits.participants,
        "duration": limits.duration,
    }


def machine_readable(description: Description, catalogue: Catalogue, algorithms: tuple[str, ...]) -> dict[str, Any]:
    """Give the same for programs. Keys are only ever added."""
    return {
        "revision": description.revision,
        "catalogue": catalogue.date,
        "profile": description.profile,
        "checksum_algorithms": list(algorithms),
        "limits": _limits(description),
        "calls": [_machine_call(call, catalogue) for call in description.calls],
        "not_offered": [{"topic": loss.topic, "names": list(loss.names)} for loss in _missing(description, catalogue)],
        "errors": {key: MESSAGES[key] for key in ERRORS},
    }


_VERBS: Final = MappingProxyType({Outcome.FORWARD: "forward", Outcome.ANSWER: "answer", Outcome.REFUSE: "refuse"})


def _machine_call(call: CallDescription, catalogue: Catalogue) -> dict[str, Any]:
    return {
        "name": call.name,
        "verb": _VERBS[call.verb],
        "detail": call.detail or None,
        "message": call.message or None,
        "methods": list(call.methods),
        "summary": _summary(catalogue.calls.get(call.name), "en"),
        "passes_body": call.passes_body,
        "parameters": [_machine_parameter(each) for each in call.parameters],
    }


def _machine_parameter(parameter: ParameterDescription) -> dict[str, Any]:
    fixed = parameter.value is not None
    return {
        "name": parameter.name,
        "type": parameter.type,
        "summary": parameter.summary,
        "set": parameter.value,
        "required": parameter.required,
        "otherwise": None if fixed else parameter.otherwise,
        "default": parameter.default,
        "minimum": parameter.minimum,
        "maximum": parameter.maximum,
        "zero_is_unlimited": parameter.zero_is_unlimited,
        "choices": None if parameter.choices is None else list(parameter.choices),
        "schemes": list(parameter.schemes),
        "hosts": None if parameter.hosts is None else list(parameter.hosts),
        "patterns": list(parameter.patterns),
        "html": parameter.html,
    }
