"""What every transport must do, whatever it is made of. A test class per transport inherits this and sets ``name``."""

from __future__ import annotations

from tests.contracts_of.transport_connections import Connections
from tests.contracts_of.transport_limits import Limits
from tests.contracts_of.transport_sending import Sending
from tests.contracts_of.transport_tls import Tls


class TransportContract(Sending, Limits, Connections, Tls):
    """All of it."""
