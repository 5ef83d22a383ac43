"""Contracts: their texts in versions, read from files that people without programming can change."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any


def includeme(config: Any) -> None:
    """Put the texts into the registry. Raises TextsRefused, before anything is served."""
    from senfcall_avv.contracts.texts import read_texts

    registry = config.registry
    directory = registry["avv.settings"].contracts.directory
    registry["avv.contract_texts"] = read_texts(directory, datetime.now(UTC).date())
