"""How long what is kept: the table below the privacy notice, made of the numbers that the jobs themselves work with."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from senfcall_avv.accounts.throttle import KEPT as ATTEMPTS_KEPT
from senfcall_avv.i18n import _
from senfcall_avv.ledger.services import KEEP_COUNTERS, KEEP_NAMES

if TYPE_CHECKING:
    from senfcall_avv.settings import Settings


class Kept(NamedTuple):
    """One kind of data, for how many days, and from when on they count."""

    what: str
    days: int
    since: str


def retention(settings: Settings) -> Iterator[Kept]:
    """Give the rows for an installation."""
    application = settings.application
    yield Kept(_("Entwurf eines Antrags"), application.draft_days, _("ab der letzten Änderung"))
    yield Kept(
        _("Hochgeladene Dateien eines beendeten Antrags"), application.keep_uploads_days, _("ab der Entscheidung")
    )
    yield Kept(_("Übrige Angaben eines beendeten Antrags"), application.keep_closed_days, _("ab der Entscheidung"))
    yield Kept(_("Anmeldeversuche"), ATTEMPTS_KEPT.days, _("ab dem Versuch"))
    yield Kept(_("Liste verschickter Mails, ohne Text"), settings.mail.keep_days, _("ab dem Versand"))
    yield Kept(_("Namen ausgelassener Angaben"), KEEP_NAMES.days, _("ab dem Tag des Aufrufs"))
    yield Kept(_("Zähler je Tag und Organisation"), KEEP_COUNTERS.days, _("ab dem Tag des Aufrufs"))
    yield Kept(_("Verlauf: wer was entschieden oder geändert hat"), settings.jobs.keep_audit_days, _("ab dem Eintrag"))
