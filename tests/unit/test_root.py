"""The base of the tree: children by name, faults of ours as faults, rooms that hang their children in."""

from __future__ import annotations

from typing import Any, ClassVar

import pytest
from pyramid.config import Configurator
from pyramid.exceptions import ConfigurationConflictError
from pyramid.httpexceptions import HTTPNotFound

from senfcall_avv.root import ChildLookupFailed, Resource, Root, hung_children
from senfcall_avv.typing import Request


class Leaf(Resource):
    pass


class Shelf(Resource):
    """Has children by what looking them up raises."""

    raises: ClassVar[dict[str, Exception]] = {
        "key": KeyError("x"), "index": IndexError("x"), "lookup": LookupError("x"), "value": ValueError("x")
    }  # fmt: skip

    def child(self, name: str) -> Resource | None:
        if name in self.raises:
            raise self.raises[name]
        return Leaf(self.request, name, self) if name == "leaf" else None


class Unmakeable(Resource):
    def __init__(self, request: Request, name: str, parent: Resource | None) -> None:
        super().__init__(request, name, parent)
        raise KeyError(name)


@pytest.fixture
def config() -> Configurator:
    made = Configurator(request_factory=Request)
    made.include("senfcall_avv.root")
    return made


def root_of(config: Configurator) -> Root:
    config.commit()
    request = Request.blank("/")
    request.registry = config.registry
    return Root(request)


def test_a_resource_knows_its_name_parent_and_request(config: Configurator) -> None:
    config.add_child(Root, "shelf", Shelf)
    top = root_of(config)
    shelf = top["shelf"]
    leaf = shelf["leaf"]
    assert (type(leaf), leaf.__name__, leaf.__parent__, leaf.request) == (Leaf, "leaf", shelf, top.request)
    assert (shelf.__name__, shelf.__parent__) == ("shelf", top)
    assert (top.__name__, top.__parent__) == ("", None)


def test_a_missing_child_is_a_key_error_and_nothing_else_is(config: Configurator) -> None:
    config.add_child(Root, "shelf", Shelf)
    top = root_of(config)
    with pytest.raises(KeyError):
        top["nothing"]
    with pytest.raises(KeyError):
        top["shelf"]["nothing"]
    for name in ("key", "index", "lookup"):
        with pytest.raises(ChildLookupFailed) as caught:
            top["shelf"][name]
        assert not isinstance(caught.value, LookupError)
        assert isinstance(caught.value.__cause__, LookupError)
    with pytest.raises(ValueError, match="x"):
        top["shelf"]["value"]


def test_a_child_that_cannot_be_made_is_a_fault_too(config: Configurator) -> None:
    config.add_child(Root, "unmakeable", Unmakeable)
    with pytest.raises(ChildLookupFailed):
        root_of(config)["unmakeable"]


def test_what_is_hung_in_wins_over_what_a_resource_gives_itself(config: Configurator) -> None:
    config.add_child(Root, "shelf", Shelf)
    config.add_child(Shelf, "leaf", Shelf)
    assert type(root_of(config)["shelf"]["leaf"]) is Shelf
    assert hung_children(config.registry) == [(Root, "shelf", Shelf), (Shelf, "leaf", Shelf)]


def test_children_are_hung_into_one_class_alone(config: Configurator) -> None:
    config.add_child(Root, "shelf", Shelf)
    config.add_child(Leaf, "more", Leaf)
    with pytest.raises(KeyError):
        root_of(config)["shelf"]["more"]


def test_two_rooms_that_claim_one_place_cannot_start(config: Configurator) -> None:
    def one(inner: Configurator) -> None:
        inner.add_child(Root, "shelf", Shelf)

    def other(inner: Configurator) -> None:
        inner.add_child(Root, "shelf", Leaf)

    config.include(one)
    config.include(other)
    with pytest.raises(ConfigurationConflictError):
        config.commit()


def served(config: Configurator, path: str, **environ: Any) -> Any:
    config.add_child(Root, "shelf", Shelf)
    app = config.make_wsgi_app()
    return Request.blank(path, **environ).get_response(app)


def page(_context: Resource, request: Request) -> str:
    return "/".join(request.subpath)


@pytest.mark.parametrize("path", ["/shelf/page/x", "/shelf/page/x/y", "/shelf/@@page/x", "/page/x"])
def test_a_view_does_not_answer_for_what_follows_its_name(config: Configurator, path: str) -> None:
    config.add_view(page, context=Resource, name="page", renderer="string")
    assert served(config, path).status_code == 404


def test_a_view_that_says_so_has_a_subpath(config: Configurator) -> None:
    config.add_view(page, context=Resource, name="page", renderer="string", subpath=True)
    assert served(config, "/shelf/page/x/y").text == "x/y"


def test_views_without_a_rest_and_views_of_routes_are_served(config: Configurator) -> None:
    config.add_view(page, context=Resource, name="page", renderer="string")
    config.add_route("files", "/files/*subpath")
    config.add_view(page, route_name="files", renderer="string")
    assert served(config, "/shelf/page").status_code == 200
    assert served(config, "/shelf/page/").status_code == 200
    assert served(config, "/files/a/b").text == "a/b"


def test_the_page_for_errors_is_shown_whatever_follows(config: Configurator) -> None:
    config.add_view(page, context=Resource, name="page", renderer="string")
    config.add_exception_view(lambda error, _request: error.__class__.__name__, context=HTTPNotFound, renderer="string")
    assert served(config, "/shelf/page/x/y").text == "HTTPNotFound"
