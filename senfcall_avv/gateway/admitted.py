"""What the tween hands to the views: a genuine call, whose it is, and what the policy made of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

    from senfcall_avv.bbb.call import Call
    from senfcall_avv.endpoints.snapshot import EndpointView
    from senfcall_avv.policy.engine import Decision
    from senfcall_avv.typing import Request


class NotAdmitted(RuntimeError):
    """A view was reached without passing the tween: a fault of ours, answered as one."""


class Admitted(NamedTuple):
    """A call that may be passed on. ``decision.params`` is all of it that a view may see."""

    call: Call
    decision: Decision
    endpoint: EndpointView

    @property
    def params(self) -> Mapping[str, str]:
        return self.decision.params

    @property
    def key(self) -> str:
        return self.endpoint.key


def of(request: Request) -> Admitted:
    """Give what the tween admitted. Raises NotAdmitted."""
    if not isinstance(request.bbb, Admitted):
        raise NotAdmitted
    return request.bbb
