"""A simulated server with a clock that is set by hand, and a client that signs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from senfcall_avv.bbb.checksum import sign
from senfcall_avv.simulator import Running, Simulator, serve_in_thread
from senfcall_avv.simulator.messages import Answer, Request

SECRET = "invented-secret-of-a-test-server-0123"


@dataclass
class Clock:
    """Unix seconds; 2025-03-04 05:06:07.089 UTC to begin with."""

    now: float = 1_741_064_767.089

    def __call__(self) -> float:
        return self.now


@dataclass
class Server:
    """A simulator, called without a network: ``call`` signs, ``send`` sends what it is given."""

    simulator: Simulator
    clock: Clock

    def send(
        self, method: str, target: str, body: bytes = b"", headers: dict[str, str] | None = None, **more: Any
    ) -> Answer:
        return self.simulator.answer(Request(method, target, tuple((headers or {}).items()), body, **more))

    def call(
        self,
        name: str,
        query: str = "",
        *,
        method: str = "GET",
        body: bytes = b"",
        content_type: str = "",
        algorithm: str = "sha256",
        **headers: str,
    ) -> Answer:
        checksum = sign(name, query, SECRET.encode(), algorithm)
        target = f"/bigbluebutton/api/{name}?{query}{'&' if query else ''}checksum={checksum}"
        sent = {"Content-Type": content_type, **headers} if content_type else headers
        return self.send(method, target, body, sent)

    def text(self, name: str, query: str = "", **options: Any) -> str:
        answer = self.call(name, query, **options)
        assert answer.status == 200
        return answer.body.decode()

    def location(self, query: str) -> str:
        answer = self.call("join", query)
        assert answer.status == 302
        return dict(answer.headers)["Location"]


Make = Callable[..., Server]


@pytest.fixture
def make_server() -> Make:
    """Make a server: arguments as Simulator's, beside clock and secret."""

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
