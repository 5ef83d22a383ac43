"""Names in the WSGI environment that the edge sets for everybody behind it."""

from __future__ import annotations

from typing import Final

REQUEST_ID: Final = "avv.request_id"
DOOR: Final = "avv.door"
GATEWAY_ROOTS: Final = frozenset(("b", "bigbluebutton", "bigbluebuttonapi"))
"""First path segments that belong to plugins: the second and third are addresses that lost their key on the way."""
