"""What every page looks like: tokens of colour, type and space, and the page for a short message in two languages."""

from __future__ import annotations

from typing import Any


def includeme(config: Any) -> None:
    """Serve the one folder of static files."""
    config.add_static_view("static", "senfcall_avv.layout:static", cache_max_age=3600)
