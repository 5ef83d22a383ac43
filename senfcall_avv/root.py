"""The tree that is traversed: resources know their name and parent, and rooms hang their children in by a directive.

A resource's ``child`` gives the resource of that name or None. It never raises KeyError: the base class turns None into
the KeyError that traversal reads as "no such page", and a lookup error inside ``child`` into a failure, so that a fault
of ours is never mistaken for a missing page.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from pyramid.authorization import DENY_ALL
from pyramid.httpexceptions import HTTPNotFound

if TYPE_CHECKING:
    from pyramid.config import Configurator
    from pyramid.interfaces import IViewDeriverInfo

    from senfcall_avv.typing import Request

View = Callable[[Any, "Request"], Any]
_CHILDREN = "avv.children"


class ChildLookupFailed(RuntimeError):
    """A resource's ``child`` raised a lookup error: a fault of ours, not a missing page."""


class Tab(NamedTuple):
    """An entry of a resource's sub-navigation."""

    title: str
    path: str
    """As ``request.resource_path`` gives it: the entry is the current one on this page and those below."""


class Holders(NamedTuple):
    """Who may do what somebody may not, for the page that says so."""

    role: str
    names: Sequence[str]


class Resource:
    """A node of the tree: location-aware by construction, and knowing what the frame shows of it."""

    private: ClassVar[bool] = False
    """Nothing below is for strangers: to them, what there isn't looks like what they must log in for."""

    below: ClassVar[tuple[tuple[str, type[Resource]], ...]] = ()
    """What ``child`` can give: how a segment looks, and the class. For ``avv tree``; traversal does not read it."""

    def __init__(self, request: Request, name: str, parent: Resource | None) -> None:
        self.request = request
        self.__name__ = name
        self.__parent__ = parent

    def child(self, name: str) -> Resource | None:  # noqa: ARG002  # what subclasses look at
        """Give the child of this name; None if there is none or nobody may know that there is one."""
        return None

    @property
    def title(self) -> str:
        """What the breadcrumb calls it; empty: it is not in there."""
        return ""

    @property
    def site(self) -> str:
        """What the pages below are about, such as an organisation's name, for the title of the browser's window."""
        return ""

    def tabs(self) -> Sequence[Tab]:
        """The sub-navigation of all pages below, but for those of a resource below that has one of its own."""
        return ()

    def holders(self, permission: str) -> Holders | None:  # noqa: ARG002  # what subclasses look at
        """Say who has a permission that somebody lacks who may view this; None: that is not told."""
        return None

    def __getitem__(self, name: str) -> Resource:
        hung: dict[str, type[Resource]] = self.request.registry.get(_CHILDREN, {}).get(type(self), {})
        kind = hung.get(name)
        try:
            found = self.child(name) if kind is None else kind(self.request, name, self)
        except LookupError as error:
            raise ChildLookupFailed(type(self).__name__) from error
        if found is None:
            raise KeyError(name)
        return found


class Root(Resource):
    """The site. Allows nothing by itself: a child that forgets to close its access list opens nothing."""

    __acl__ = (DENY_ALL,)

    def __init__(self, request: Request) -> None:
        super().__init__(request, "", None)


def add_child(config: Configurator, parent: type[Resource], name: str, kind: type[Resource]) -> None:
    """Directive: hang a child into every resource of a class. Two rooms claiming the same place is a start-up error."""

    def register() -> None:
        children: dict[type, dict[str, type[Resource]]] = config.registry.setdefault(_CHILDREN, {})
        children.setdefault(parent, {})[name] = kind

    entry = config.introspectable("children", (parent, name), f"{parent.__name__}/{name}", "child")
    entry["parent"], entry["name"], entry["kind"] = parent, name, kind
    config.action(("child", parent, name), register, introspectables=(entry,))


def hung_children(registry: Any) -> list[tuple[type[Resource], str, type[Resource]]]:
    """List what was hung into the tree, for ``avv tree``."""
    rows = registry.introspector.get_category("children") or ()
    return [
        (row["introspectable"]["parent"], row["introspectable"]["name"], row["introspectable"]["kind"]) for row in rows
    ]


def lineage_of(resource: object) -> list[Resource]:
    """List a resource and those above it, the root last; empty for what is no resource."""
    found: list[Resource] = []
    at = resource if isinstance(resource, Resource) else None
    while at is not None:
        found.append(at)
        at = at.__parent__
    return found


def without_subpath(view: View, info: IViewDeriverInfo) -> View:
    """View deriver: what a path holds behind a view's name is no page of ours, unless the view says ``subpath=True``.

    Traversal itself would serve ``/page/any/thing`` as ``/page``. Routes say in their pattern what may follow.
    """
    if info.exception_only or info.options.get("subpath"):
        return view

    def checked(context: Any, request: Request) -> Any:
        if request.subpath and request.matched_route is None:
            raise HTTPNotFound
        return view(context, request)

    return checked


without_subpath.options = ("subpath",)  # type: ignore[attr-defined]  # how Pyramid learns the names of view options


def includeme(config: Configurator) -> None:
    config.add_directive("add_child", add_child)
    config.add_view_deriver(without_subpath)
    config.set_root_factory(Root)
