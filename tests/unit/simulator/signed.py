"""A simulated server called without a network, with a client's signature on every call."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from senfcall_avv.bbb.checksum import sign
from senfcall_avv.simulator import Simulator
from senfcall_avv.simulator.messages import Answer, Request

SECRET = "invented-secret-of-a-test-server-0123"
FORM = "application/x-www-form-urlencoded"


def target(call: str, query: str = "", algorithm: str = "sha256") -> str:
    """Sign a query; gives the request target."""
    checksum = sign(call, query, SECRET.encode(), algorithm)
    return f"/bigbluebutton/api/{call}?{query}{'&' if query else ''}checksum={checksum}"


@dataclass
class Clock:
    """Unix seconds; 2025-03-04 05:06:07.089 UTC to begin with."""

    now: float = 1_741_064_767.089

    def __call__(self) -> float:
        return self.now


@dataclass
class Server:
    """A simulator and its clock. ``call`` signs, ``send`` sends what it is given."""

    simulator: Simulator
    clock: Clock

    def send(
        self, method: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None, **more: Any
    ) -> Answer:
        return self.simulator.answer(Request(method, path, tuple((headers or {}).items()), body, **more))

    def call(
        self,
        name: str,
        query: str = "",
        *,
        method: str = "GET",
        body: bytes = b"",
        content_type: str = "",
        algorithm: str = "sha256",
        cookie: str = "",
    ) -> Answer:
        headers = {"Content-Type": content_type, "Cookie": cookie}
        sent = {key: value for key, value in headers.items() if value}
        return self.send(method, target(name, query, algorithm), body, sent)

    def text(self, name: str, query: str = "", **options: Any) -> str:
        answer = self.call(name, query, **options)
        assert answer.status == 200
        return answer.body.decode()

    def location(self, query: str) -> str:
        """Where ``join`` redirects to."""
        answer = self.call("join", query)
        assert answer.status == 302
        return dict(answer.headers)["Location"]


Make = Callable[..., Server]
"""Arguments as Simulator's, beside clock and secret."""
