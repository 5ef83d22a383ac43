"""For development: everything started at once with invented data. Refuses to work in production."""

from __future__ import annotations

from typing import Any


def includeme(config: Any) -> None:
    """Hang ``/devtools`` into the tree. Included in development alone."""
    from senfcall_avv.devtools import components, outbox

    components.includeme(config)
    outbox.includeme(config)
