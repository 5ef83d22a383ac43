"""What the parts of the transport contract share: building a transport, asking it, and looking at how it fails."""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from typing import Any, ClassVar, Final, Protocol

import pytest

from senfcall_avv.gateway.transports import Options, Reply, Transport, UpstreamError, make
from tests.contracts_of.wire import PATIENCE, Wire

SHORT: Final = 0.3
"""Seconds that an exchange gets where running out of time is the subject."""

SECRET: Final = "checksum=5ec4e7"
TARGET: Final = f"/bigbluebutton/api/create?name=Confidential&{SECRET}"


class Build(Protocol):
    def __call__(self, **options: Any) -> Transport: ...


class TransportCase:
    """Tests that need a transport. ``name`` is the one given to ``make``."""

    name: ClassVar[str]

    @pytest.fixture
    def build(self) -> Iterator[Build]:
        built: list[Transport] = []

        def build(**options: Any) -> Transport:
            built.append(make(self.name, Options(**options)))
            return built[-1]

        yield build
        for transport in built:
            transport.close()

    @pytest.fixture
    def transport(self, build: Build) -> Transport:
        return build(connect_seconds=PATIENCE)


def ask(
    transport: Transport, wire: Wire, target: str = TARGET, *, seconds: float = PATIENCE, repeatable: bool = True
) -> Reply:
    return transport.get(wire.origin + target, total_seconds=seconds, repeatable=repeatable)


def reason(transport: Transport, wire: Wire, *, seconds: float = PATIENCE, repeatable: bool = True) -> str:
    """Ask, expect a failure that says nothing about the request, and give its reason."""
    with pytest.raises(UpstreamError) as caught:
        ask(transport, wire, seconds=seconds, repeatable=repeatable)
    error = caught.value
    assert error.__cause__ is None
    assert error.__context__ is None
    shown = str(error) + repr(error) + "".join(traceback.format_exception_only(error))
    assert "Confidential" not in shown
    assert SECRET not in shown
    assert str(wire.port) not in shown
    return error.reason


def all_ended(wire: Wire) -> bool:
    return wire.ended == wire.accepted
