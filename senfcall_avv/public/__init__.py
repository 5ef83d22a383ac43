"""Pages for everybody."""

from __future__ import annotations

from typing import Any


def includeme(config: Any) -> None:
    config.scan("senfcall_avv.public.views")
