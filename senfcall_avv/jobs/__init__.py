"""Jobs: what runs by itself. ``avv worker`` runs them; of several workers one leads and the others stand by.

Rooms register theirs::

    config.add_job("account-retention", time(3, 20), forget_accounts)     # daily, UTC
    config.add_job("mail-delivery", timedelta(seconds=5), deliver)        # again and again

A job takes a ``JobContext`` and gives one short sentence about what it did, without anything personal. It may run twice
(leadership can change while it runs), and as a try: then what its sessions wrote is rolled back behind it, and it must
leave out what reaches further than the database.
"""

from __future__ import annotations

from senfcall_avv.jobs.schedule import Job, Run, add_job, jobs_of

__all__ = ["Job", "Run", "add_job", "includeme", "jobs_of"]

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyramid.config import Configurator


def includeme(config: Configurator) -> None:
    config.add_directive("add_job", add_job)
