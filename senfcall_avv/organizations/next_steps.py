"""What an organisation's people should do now: one step, the first row of the table that holds.

Rooms above this one know more (a contract waits, a proof expires) and add their rows by
``config.add_next_step(rank, function)``; ranks are those of the table, smaller ones first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from senfcall_avv.i18n import _
from senfcall_avv.organizations.lifecycle import WAITING, State
from senfcall_avv.organizations.models import Application
from senfcall_avv.organizations.reasons import MISUSE
from senfcall_avv.organizations.tasks import Overview
from senfcall_avv.security import Permission

if TYPE_CHECKING:
    from pyramid.config import Configurator

_ROWS: Final = "avv.next_steps"


@dataclass(frozen=True)
class Situation:
    """What the table looks at. ``overview`` is there for drafts alone."""

    organization_id: str
    application: Application | None
    overview: Overview | None
    members: int


class Button(NamedTuple):
    """A way to go: a path below the organisation. ``post``: it does something, so it is a form's button."""

    title: str
    path: tuple[str, ...]
    permission: Permission = Permission.VIEW
    post: bool = False


class NextStep(NamedTuple):
    """The panel: what is the matter, a sentence about it, and where to go from here (the first is the way on)."""

    heading: str
    sentence: str = ""
    buttons: tuple[Button, ...] = ()


Row = Callable[[Situation], NextStep | None]
_APPLY_AGAIN: Final = Button(_("Neu beantragen"), ("apply",), Permission.EDIT, post=True)
_STATUS: Final = Button(_("Status"), ("application", "status"))


def _closed(now: Situation) -> NextStep | None:
    application = now.application
    if application is None:
        start = Button(_("Antrag beginnen"), ("apply",), Permission.EDIT, post=True)
        return NextStep(
            _("Zurzeit läuft kein Antrag."), _("Mit einem Antrag bekommt ihr Vertrag und Zugang."), (start,)
        )
    outcome = Button(_("Grund ansehen"), ("application", "outcome"))
    if application.state is State.DECLINED:
        again = () if application.reason == MISUSE else (_APPLY_AGAIN,)
        return NextStep(_("Euer Antrag wurde nicht angenommen."), buttons=(outcome, *again))
    if application.state is State.EXPIRED:
        return NextStep(_("Euer Antrag ist geschlossen, weil keine Antwort kam."), buttons=(_APPLY_AGAIN, outcome))
    if application.state is State.WITHDRAWN:
        return NextStep(
            _("Zurzeit läuft kein Antrag."),
            _("Ihr habt den letzten zurückgezogen. Eure Angaben sind noch da."),
            (_APPLY_AGAIN,),
        )
    return None


def _draft(now: Situation) -> NextStep | None:
    if now.overview is None:
        return None
    task = now.overview.next
    return NextStep(
        _("Weiter mit: ${task}", mapping={"task": task.title}),
        task.lead,
        (Button(_("Weiter"), ("application", task.name), Permission.EDIT),),
    )


def _waiting(now: Situation) -> NextStep | None:
    if now.application is None or now.application.state not in WAITING:
        return None
    return NextStep(_("Wir lesen euren Antrag. Ihr müsst nichts tun."), buttons=(_STATUS,))


def _alone(now: Situation) -> NextStep | None:
    if now.members > 1:
        return None
    return NextStep(
        _("Ladet eine zweite Person ein, falls du einmal ausfällst."),
        buttons=(Button(_("Einladen"), ("members", "invite"), Permission.MANAGE_MEMBERS),),
    )


def _all_well(_now: Situation) -> NextStep:
    return NextStep(_("Alles läuft."))


OWN_ROWS: Final[tuple[tuple[float, Row], ...]] = (
    (2.1, _closed),
    (6, _draft),
    (7, _waiting),
    (13, _alone),
    (14, _all_well),
)


def add_next_step(config: Configurator, rank: float, function: Row) -> None:
    """Directive: add a row to the table. Two rows of one rank are a start-up error."""

    def register() -> None:
        config.registry.setdefault(_ROWS, {})[rank] = function

    config.action((_ROWS, rank), register)


def next_step(registry: Any, situation: Situation) -> NextStep:
    """Give the first row's step that holds; the last one always does."""
    rows: Iterable[tuple[float, Row]] = sorted(registry[_ROWS].items())
    return next(step for _rank, row in rows if (step := row(situation)) is not None)
