"""What holds for every portal view, put around it when it is configured. Nothing here touches the plugins' views."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from pyramid.httpexceptions import HTTPMethodNotAllowed
from pyramid.predicates import RequestMethodPredicate
from pyramid.viewderivers import INGRESS

from senfcall_avv.security import headers, limits

if TYPE_CHECKING:
    from pyramid.config import Configurator
    from pyramid.interfaces import IViewDeriverInfo

    from senfcall_avv.typing import Request

View = Callable[[Any, "Request"], Any]


def with_portal_headers(view: View, info: IViewDeriverInfo) -> View:
    """Add what every answer of the portal says to the browser. Outermost."""
    if info.options.get("for_plugins"):
        return view
    secure = info.registry["avv.settings"].public_url.startswith("https://")

    def with_headers(context: Any, request: Request) -> Any:
        response = view(context, request)
        headers.add(request, response, secure=secure)
        return response

    return with_headers


with_portal_headers.options = ("for_plugins",)  # type: ignore[attr-defined]  # how Pyramid learns the names of options


def with_limits(view: View, info: IViewDeriverInfo) -> View:
    """Refuse methods that the view does not name, and bodies or queries that make no sense."""
    if info.options.get("for_plugins") or info.exception_only:
        return view
    most_bytes = info.options.get("max_body") or limits.FORM_BYTES
    names_methods = any(isinstance(predicate, RequestMethodPredicate) for predicate in info.predicates)

    def limited(context: Any, request: Request) -> Any:
        if not names_methods and request.method not in {"GET", "HEAD"}:
            raise HTTPMethodNotAllowed
        limits.check(request, most_bytes)
        return view(context, request)

    return limited


with_limits.options = ("max_body",)  # type: ignore[attr-defined]  # how Pyramid learns the names of options


def includeme(config: Configurator) -> None:
    config.add_view_deriver(with_portal_headers, under=INGRESS, over="secured_view")
    config.add_view_deriver(with_limits, under="secured_view", over="csrf_view")
