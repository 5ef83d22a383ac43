"""The pages of organisations, a module for each kind; every module registers its own."""

from __future__ import annotations

from typing import Any

PAGES = (
    "applying",
    "checking",
    "contract",
    "dashboard",
    "documents",
    "ending",
    "history",
    "invitation",
    "members",
    "organizations",
    "tasks",
    "uploads",
)


def includeme(config: Any) -> None:
    for page in PAGES:
        config.include(f"senfcall_avv.organizations.views.{page}")
