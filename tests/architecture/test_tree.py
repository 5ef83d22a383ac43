"""The tree as it is configured: closed to strangers, its names unambiguous, printed by ``avv tree``."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from product import Product
from pyramid.authorization import ACLHelper, Authenticated, Everyone
from pyramid.security import NO_PERMISSION_REQUIRED

from senfcall_avv.gateway.configuration import VIEWS
from senfcall_avv.gateway.resources import ApiResource as CallsResource
from senfcall_avv.operations.tree import Row, rows_of
from senfcall_avv.root import Resource, Root, hung_children
from senfcall_avv.security import Permission
from senfcall_avv.typing import Request

SAMPLES = {"<key>": "k234567890abcdef", "<frontend>": "nextcloud", "<unknown>": "no-such-frontend"}
"""For each kind of segment in the tree one that has this form. A new kind of segment needs one here, or below."""
OF_ROWS = frozenset(("<organization>", "<account>", "<invitation>", "<document>"))
"""Segments that stand for rows and whom they belong to: the permission matrix walks these with real people."""
PERMISSIONS = tuple(Permission)
PUBLIC = frozenset(
    [
        "Root:",
        "Root:confirm",
        "Root:invitation",
        "Root:language",
        "Root:logout",
        "Root:reset",
        "SignUpResource:",
        "SignUpResource:sent",
        "LoginResource:",
        "LoginResource:passkey",
        "LoginResource:passkey-challenge",
        "LoginResource:second-factor",
        "WellKnownResource:security.txt",
        "TextResource:",
        "ApiResource:",
        "ApiJsonResource:",
        "CheckResource:",
        "ContractResource:",
        "HelpResource:",
        "GuideResource:",
        "UnknownGuideResource:",
        "StatusResource:",
        "SubProcessorsResource:",
        "DevtoolsResource:",
        "DevtoolsResource:components",
        "DevtoolsResource:fail",
        "DevtoolsResource:form",
        "DevtoolsResource:say",
        "OutboxResource:",
        "MailResource:",
        "MailResource:raw",
    ]
) | {f"ApiResource:{name}" for name in VIEWS}
"""Views that anybody may see, as resource and name: pages without log-in, and calls, which the gateway's tween decides.

The tools for development are there in development only.
"""


OF_ANYBODY_LOGGED_IN = {
    "/login": {Permission.OWN_ACCOUNT},
    "/account": {Permission.OWN_ACCOUNT, Permission.VIEW},
    "/organizations": {Permission.VIEW, Permission.EDIT},
}
"""What every account may: answer the question for its password, its own page, its own list of organisations."""


class Place(NamedTuple):
    """A resource, with its class's place in the tree."""

    path: str
    resource: Resource


@pytest.fixture
def places(product: Product) -> list[Place]:
    """Every resource of the tree, reached by traversal as a request would."""
    request = Request.blank("/")
    request.registry = product.registry
    found: list[Place] = []

    def walk(path: str, resource: Resource) -> None:
        found.append(Place(path, resource))
        hung = [name for parent, name, _ in hung_children(product.registry) if parent is type(resource)]
        for segment in [*hung, *(name for name, _ in resource.below)]:
            if segment in OF_ROWS:
                continue
            name = SAMPLES[segment] if segment.startswith("<") else segment
            walk(f"{path}/{segment}", resource[name])

    walk("", Root(request))
    return found


def views_of(product: Product) -> list[Any]:
    """Give the views of resources; those of exceptions and of static files are no places in the tree."""
    views = [row["introspectable"] for row in product.registry.introspector.get_category("views")]
    return [view for view in views if isinstance(view["context"], type) and issubclass(view["context"], Resource)]


def test_a_stranger_is_allowed_nothing_but_what_is_public(places: list[Place]) -> None:
    """The rights of a resource end with a denial of its own or of one above it, in the end the root's."""
    helper = ACLHelper()
    stranger, somebody = [Everyone], [Everyone, Authenticated, "account:somebody", "org:owner:somebody-elses"]
    for place in places:
        everything = set(PERMISSIONS) if isinstance(place.resource, CallsResource) else set()
        for principals, own in ((stranger, set()), (somebody, OF_ANYBODY_LOGGED_IN.get(place.path, set()))):
            allowed = {word for word in PERMISSIONS if helper.permits(place.resource, principals, word)}
            assert allowed <= {Permission.PUBLIC} | everything | own, place.path


def test_every_resource_knows_its_name_and_parent(places: list[Place]) -> None:
    for place in places:
        lineage: list[Resource] = []
        at: Resource | None = place.resource
        while at is not None:
            lineage.append(at)
            at = at.__parent__
        assert isinstance(lineage[-1], Root)
        assert len(lineage) == place.path.count("/") + 1


def unguarded(product: Product) -> set[str]:
    """Give resource and name of the views that ask for no permission, for the public one, or forgot to say."""
    rows = product.registry.introspector.get_category("views")
    open_to_all = {NO_PERMISSION_REQUIRED, Permission.PUBLIC, Permission.UNDECLARED}
    asking = {
        row["introspectable"].discriminator
        for row in rows
        for related in row["related"]
        if related.category_name == "permissions" and related["value"] not in open_to_all
    }
    return {
        f"{view['context'].__name__}:{view['name']}" for view in views_of(product) if view.discriminator not in asking
    }


def test_every_view_is_public_or_asks_for_a_permission(product: Product) -> None:
    assert unguarded(product) == PUBLIC


def test_a_forgotten_permission_is_noticed(ini: dict[str, str], make_product: Callable[[], Product]) -> None:
    ini["pyramid.includes"] = "planted"
    found = unguarded(make_product()) - PUBLIC
    assert "PlantedResource:plain" in found
    assert "PlantedResource:guarded" not in found


def test_no_child_has_the_name_of_a_view(product: Product, places: list[Place]) -> None:
    """The child would win, silently."""
    compared = 0
    for view in views_of(product):
        for place in places:
            if view["name"] and isinstance(place.resource, view["context"]):
                compared += 1
                with pytest.raises(KeyError):
                    place.resource[view["name"]]
    assert compared >= len(VIEWS)


def test_the_declared_children_are_the_real_ones(places: list[Place]) -> None:
    """``below`` is for people; that it tells the truth is only said here."""
    for place in places:
        for segment, kind in place.resource.below:
            if segment not in OF_ROWS:
                assert type(place.resource[SAMPLES.get(segment, segment)]) is kind
        if "<unknown>" not in dict(place.resource.below):
            with pytest.raises(KeyError):
                place.resource["no such child"]


def test_the_rows_are_the_tree(product: Product) -> None:
    """Both doors are in it, each resource after the one that it hangs in."""
    rows = rows_of(product.registry)
    assert rows[0].kind == "Root"
    door = rows.index(Row(1, "b", "GatewayResource", ()))
    assert rows[door + 1 : door + 4] == [
        Row(2, "<key>", "KeyResource", ()),
        Row(3, "bigbluebutton", "BigBlueButtonResource", ()),
        Row(4, "api", "ApiResource", tuple(sorted(VIEWS))),
    ]
    hung = {name for parent, name, _ in hung_children(product.registry) if parent is Root}
    assert {row.name for row in rows if row.depth == 1} == hung
    assert {row.name for row in rows} >= OF_ROWS


def test_the_command_prints_the_configured_tree(ini: dict[str, str], tmp_path: Path, product: Product) -> None:
    path = tmp_path / "avv.ini"
    lines = "".join(f"{name} = {value}\n" for name, value in ini.items())
    path.write_text(f"[app:main]\nuse = egg:senfcall_avv\n{lines}")
    avv = [Path(sys.executable).with_name("avv"), "--config", path, "tree"]
    printed = subprocess.run(avv, capture_output=True, text=True, check=True)
    assert printed.stderr == ""
    lines = printed.stdout.splitlines()
    assert len(lines) == len(rows_of(product.registry))
    assert f"        api  (ApiResource)  views: {', '.join(sorted(VIEWS))}" in lines
    assert lines[0].startswith("/  (Root)  views: (itself), ")
    as_json = subprocess.run([*avv, "--json"], capture_output=True, text=True, check=True)
    assert [Row(**{**row, "views": tuple(row["views"])}) for row in json.loads(as_json.stdout)["tree"]] == rows_of(
        product.registry
    )
