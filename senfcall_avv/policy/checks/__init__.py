"""What a file of the right shape may still get wrong: against the catalogue, its parents, the whole set.

Each check takes a ``Chain`` and speaks about its nearest file only: a mistake is reported once, where it is made.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from senfcall_avv.policy.checks import bounds, families, inheritance, names, numbers, presets, verbs
from senfcall_avv.policy.errors import Diagnostic
from senfcall_avv.policy.merging import Chain

Check = Callable[[Chain], Iterator[Diagnostic]]

AGAINST_CATALOGUE: Final[tuple[Check, ...]] = (
    names.check,
    families.check,
    verbs.check,
    bounds.check,
    presets.check,
    numbers.check,
)
AGAINST_PARENTS: Final[tuple[Check, ...]] = (
    inheritance.check,
    names.check_inherited,
    bounds.check_merged,
    presets.check_merged,
    verbs.check_merged,
)
