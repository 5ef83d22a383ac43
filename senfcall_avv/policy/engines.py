"""Which engines are installed: entry points of the group ``senfcall_avv.policy_engines``."""

from __future__ import annotations

from importlib.metadata import EntryPoint, entry_points
from typing import Final

from senfcall_avv.policy.engine import PolicyEngine

GROUP: Final = "senfcall_avv.policy_engines"
API: Final = 1
"""Version of the interface that this program speaks."""


class EngineNotFound(LookupError):
    """No engine of that name, or none that this program can use. The message says which there are."""


def known() -> tuple[str, ...]:
    """Give the names of the installed engines."""
    return tuple(sorted({found.name for found in entry_points(group=GROUP)}))


def find(name: str) -> PolicyEngine:
    """Make the engine of that name.

    Raises EngineNotFound if none is installed, if it does not load, or if it was written for another interface.
    """
    found: EntryPoint | None = next(iter(entry_points(group=GROUP, name=name)), None)
    if found is None:
        raise EngineNotFound(f'no policy engine "{name}"; installed: {", ".join(known()) or "none"}')
    try:
        engine: PolicyEngine = found.load()()
    except (ImportError, AttributeError, TypeError) as error:
        raise EngineNotFound(f'policy engine "{name}" ({found.value}) does not load: {error}') from error
    if engine.api != API:
        raise EngineNotFound(f'policy engine "{name}" speaks interface {engine.api}, this program {API}')
    return engine
