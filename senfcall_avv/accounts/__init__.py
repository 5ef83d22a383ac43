"""Accounts: who people are, how they prove it, where they are logged in, and what is kept of them.

``models`` the tables · ``password tokens two_factor passkeys`` the proofs · ``throttle`` slowing down guesses ·
``sessions identity`` from a cookie to a person · ``freshness keeping`` asking again, losing nothing · ``services*``
what may happen · ``personal_data`` what every room keeps of a person · ``views`` the pages.

For other rooms:

* ``services.account_of(request)``: the account of whoever is logged in, as a row of ``request.db``
* ``config.add_view(…, fresh=_("Secret anzeigen"))``: a sensitive act, for which the password is asked again
* ``config.add_personal_data(name, export=…, erase=…, hindrance=…, files=…)``: see ``personal_data``
* ``tokens.issue / peek / use`` with ``Purpose.INVITATION``: links that are good once
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pyramid.config import Configurator


def includeme(config: Configurator) -> None:
    from senfcall_avv.accounts import freshness, identity, jobs, personal_data, services, views

    room: Any = config
    room.add_directive("add_personal_data", personal_data.add_personal_data)
    room.add_personal_data(
        "account",
        export=personal_data.export_account,
        erase=personal_data.erase_account,
        hindrance=personal_data.hinders_account,
        keeps_accounts=False,
    )
    for action in services.ACTIONS:
        room.add_audit_action(*action)
    for part in (identity, freshness, jobs, views):
        config.include(part.includeme)
