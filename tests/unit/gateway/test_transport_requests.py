from __future__ import annotations

from tests.contracts_of.transport import TransportContract


class TestRequests(TransportContract):
    name = "requests"
