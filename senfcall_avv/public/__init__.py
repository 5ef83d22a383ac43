"""Pages for everybody."""

from __future__ import annotations

from typing import Any

from senfcall_avv.public.views import start
from senfcall_avv.root import Root


def includeme(config: Any) -> None:
    config.add_view(start, context=Root)
