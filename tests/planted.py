"""Things that a room might get wrong, hung into the real application by ``pyramid.includes = planted``.

``/planted`` has children that fail in every way, and views that write and then end in every way.
"""

from __future__ import annotations

from typing import Any, ClassVar

from pyramid.httpexceptions import HTTPBadRequest, HTTPSeeOther
from pyramid.response import Response

from senfcall_avv.organizations.services import create_organization
from senfcall_avv.root import Resource, Root, add_child
from senfcall_avv.security import Permission
from senfcall_avv.typing import Request


class BrokenResource(Resource):
    """Cannot even be made."""

    def __init__(self, request: Request, name: str, parent: Resource | None) -> None:
        super().__init__(request, name, parent)
        raise KeyError("secret-in-a-message")


class PlantedResource(Resource):
    """Children by what goes wrong when they are looked up."""

    failures: ClassVar[dict[str, Exception]] = {
        "key-error": KeyError("secret-in-a-message"),
        "index-error": IndexError("secret-in-a-message"),
        "value-error": ValueError("secret-in-a-message"),
        "attribute-error": AttributeError("secret-in-a-message"),
    }

    def child(self, name: str) -> Resource | None:
        if name in self.failures:
            raise self.failures[name]
        return PlantedResource(self.request, name, self) if name == "deeper" else None


def plain(_context: Resource, request: Request) -> Response:
    return Response(f"plain {'/'.join(request.subpath)}", content_type="text/plain")


def write(_context: Resource, request: Request) -> Response:
    """Write an organisation called like ``name``, then end like ``ending``."""
    create_organization(request.db, request.GET["name"])
    match request.GET["ending"]:
        case "return 400":
            return Response("no", status=400)
        case "raise 400":
            raise HTTPBadRequest
        case "return 303":
            return HTTPSeeOther("/")
        case "raise":
            raise ValueError("secret-in-a-message")
    return Response("done")


def reading(_context: Resource, request: Request) -> Response:
    request.db.connection()
    return Response("read")


def includeme(config: Any) -> None:
    add_child(config, Root, "planted", PlantedResource)
    add_child(config, PlantedResource, "broken", BrokenResource)
    for name in ("", "plain", "deeper"):
        config.add_view(plain, context=PlantedResource, name=name, permission=Permission.PUBLIC)
    config.add_view(plain, context=PlantedResource, name="forgotten")
    config.add_view(plain, context=PlantedResource, name="guarded", permission="view")
    config.add_view(
        write,
        context=PlantedResource,
        name="write",
        permission=Permission.PUBLIC,
        request_method="POST",
        require_csrf=False,
    )
    config.add_view(reading, context=PlantedResource, name="reading", permission=Permission.PUBLIC)
