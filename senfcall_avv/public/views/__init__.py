"""The pages, one module each. Every view is open to everybody and changes nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from senfcall_avv.public import resources
from senfcall_avv.public.views import api, check, contract, guides, operators, security_txt, start, status
from senfcall_avv.root import Root
from senfcall_avv.security import Permission

if TYPE_CHECKING:
    from pyramid.config import Configurator


def includeme(config: Configurator) -> None:
    for view, context, template in (
        (start.start, Root, "start"),
        (check.check, resources.CheckResource, "check"),
        (contract.contract, resources.ContractResource, "contract"),
        (api.reference, resources.ApiResource, "api"),
        (guides.overview, resources.HelpResource, "guides"),
        (guides.guide, resources.GuideResource, "guide"),
        (guides.unknown, resources.UnknownGuideResource, "guides"),
        (status.status, resources.StatusResource, "status"),
        (operators.sub_processors, resources.SubProcessorsResource, "sub_processors"),
        (operators.text, resources.TextResource, "text"),
    ):
        config.add_view(
            view,
            context=context,
            renderer=f"senfcall_avv.public:templates/{template}.pt",
            permission=Permission.PUBLIC,
        )
    config.add_view(
        api.machine_readable, context=resources.ApiJsonResource, renderer="json", permission=Permission.PUBLIC
    )
    config.add_view(
        security_txt.security_txt,
        context=resources.WellKnownResource,
        name="security.txt",
        permission=Permission.PUBLIC,
    )
