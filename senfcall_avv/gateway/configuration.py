"""What the gateway is made of, put together once at start."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from pyramid.security import NO_PERMISSION_REQUIRED
from pyramid.tweens import INGRESS

from senfcall_avv.bbb import catalog
from senfcall_avv.endpoints.snapshot import EndpointSnapshot
from senfcall_avv.gateway import join, resources, tween, views
from senfcall_avv.gateway.notes import Notes
from senfcall_avv.gateway.transports import make as make_transport
from senfcall_avv.gateway.transports.interface import Options
from senfcall_avv.gateway.upstream import Upstream
from senfcall_avv.ledger.recorder import Recorder
from senfcall_avv.policy import engines
from senfcall_avv.policy.engine import Outcome, Policy, Subject
from senfcall_avv.policy.guard import Guard
from senfcall_avv.policy.loading import load
from senfcall_avv.root import Root

if TYPE_CHECKING:
    from pyramid.config import Configurator

    from senfcall_avv.settings import Settings

TWEEN: Final = "senfcall_avv.gateway.tween.factory"
VIEWS: Final = {
    "create": views.create,
    "join": join.join,
    "isMeetingRunning": views.is_meeting_running,
    "getMeetingInfo": views.get_meeting_info,
    "getMeetings": views.get_meetings,
    "end": views.end,
}
"""The calls that can be passed on, and by what."""


class UnservablePolicy(Exception):
    """A policy passes on what the gateway cannot carry."""


def load_policy(settings: Settings) -> Guard:
    """Load the policy files of this installation. Raises ``policy.errors.PolicyError``, UnservablePolicy."""
    catalogue = catalog.load()
    policy = Guard(
        load(
            settings.policy.directory, engines.find(settings.policy.engine), catalogue, production=settings.production
        ),
        catalogue,
    )
    check_servable(policy)
    return policy


def check_servable(policy: Policy) -> None:
    """Raise UnservablePolicy if a profile forwards what no view can carry."""
    for profile in policy.profiles:
        for call in policy.describe(profile).calls:
            if call.verb is Outcome.FORWARD and call.name not in VIEWS:
                raise UnservablePolicy(f"profile {profile} forwards {call.name}, which this gateway cannot pass on")
            if call.passes_body:
                raise UnservablePolicy(f"profile {profile} forwards bodies of {call.name}: this gateway passes none on")


def includeme(config: Configurator) -> None:
    registry: Any = config.registry
    settings: Settings = registry["avv.settings"]
    limits = settings.upstream
    factory, ring = registry["avv.session_factory"], registry["avv.key_ring"]
    policy = load_policy(settings)
    snapshot = EndpointSnapshot(factory, ring, settings.gateway.snapshot_seconds)
    recorder = Recorder(factory, settings.ledger.flush_seconds)
    options = Options(
        connect_seconds=limits.connect_seconds,
        max_bytes=limits.max_answer_bytes,
        max_connections=limits.max_connections,
        ca_bundle=str(limits.ca_bundle) if limits.ca_bundle else None,
    )
    upstream = Upstream(settings.backend, make_transport(limits.transport, options), limits)
    registry[views.UPSTREAM] = upstream
    registry["avv.policy"] = policy
    registry["avv.snapshot"] = snapshot
    registry["avv.recorder"] = recorder
    registry[tween.GATE] = tween.Gate(
        snapshot,
        policy,
        Notes(recorder, catalog.load()),
        catalog.load(),
        frozenset(settings.gateway.algorithms),
        Subject("", settings.policy.default_profile),
    )
    registry["avv.on_close"] += [upstream.close, recorder.close, snapshot.close]
    config.add_child(Root, "b", resources.GatewayResource)
    for name, view in VIEWS.items():
        config.add_view(
            view,
            context=resources.ApiResource,
            name=name,
            permission=NO_PERMISSION_REQUIRED,
            require_csrf=False,
            for_plugins=True,
        )
    config.add_tween(TWEEN, under=INGRESS, over="pyramid_tm.tm_tween_factory")
