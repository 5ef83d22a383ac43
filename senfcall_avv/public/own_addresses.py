"""The addresses of whoever is logged in, for guides: the part that is no secret."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import select

from senfcall_avv.endpoints.models import Endpoint, EndpointState
from senfcall_avv.organizations.resources import own_memberships
from senfcall_avv.organizations.roles import PERMISSIONS
from senfcall_avv.security import Permission

if TYPE_CHECKING:
    from senfcall_avv.typing import Request


class OwnKey(NamedTuple):
    """The key of one's own organisation's active endpoint."""

    key: str
    organization: str


def own_keys(request: Request) -> Sequence[OwnKey]:
    """List the active endpoints that whoever is logged in may see, by the organisations' names."""
    if request.identity is None:
        return ()
    names = {
        row.organization_id: row.organization.name
        for row in own_memberships(request)
        if Permission.VIEW_ENDPOINT in PERMISSIONS[row.role]
    }
    rows = request.db.scalars(
        select(Endpoint)
        .where(Endpoint.organization_id.in_(names), Endpoint.state == EndpointState.ACTIVE)
        .order_by(Endpoint.created_at)
    )
    return sorted((OwnKey(row.key, names[row.organization_id]) for row in rows), key=lambda own: own.organization)
