from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from senfcall_avv.simulator import Running, Simulator, serve_in_thread
from tests.unit.simulator.signed import SECRET, Clock, Make, Server


@pytest.fixture
def make_server() -> Make:
    def make(profile: str = "3.0.15", **options: Any) -> Server:
        clock = Clock()
        options.setdefault("server_url", "https://bbb.example.org")
        return Server(Simulator(SECRET, profile=profile, clock=clock, **options), clock)

    return make


@pytest.fixture
def server(make_server: Make) -> Server:
    return make_server()


@pytest.fixture
def running() -> Iterator[Running]:
    """A simulator behind a real socket."""
    with serve_in_thread(Simulator(SECRET)) as served:
        yield served
