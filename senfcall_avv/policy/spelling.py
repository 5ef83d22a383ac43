"""What a mistyped word was probably meant to be."""

from __future__ import annotations

from collections.abc import Iterable

FURTHEST = 2
LONGEST = 80


def distance(one: str, other: str, limit: int = FURTHEST) -> int:
    """Count the insertions, deletions, replacements and swaps between two words; ``limit + 1`` if there are more."""
    if abs(len(one) - len(other)) > limit:
        return limit + 1
    before: list[int] = []
    previous = list(range(len(other) + 1))
    for row, left in enumerate(one, 1):
        current = [row]
        for column, right in enumerate(other, 1):
            cost = min(previous[column] + 1, current[-1] + 1, previous[column - 1] + (left != right))
            swapped = row > 1 and column > 1 and left == other[column - 2] and one[row - 2] == right
            current.append(min(cost, before[column - 2] + 1) if swapped else cost)
        if min(current) > limit:
            return limit + 1
        before, previous = previous, current
    return min(previous[-1], limit + 1)


def suggestion(word: str, known: Iterable[str]) -> str | None:
    """Give the known word nearest to a mistyped one: equal but for letter case, or two edits away at most."""
    if len(word) > LONGEST:
        return None
    folded = word.casefold()
    best: tuple[int, str] | None = None
    for candidate in sorted(known):
        if candidate.casefold() == folded:
            return candidate
        # Two edits turn any short word into any other, so short words must be nearer.
        allowed = min(FURTHEST, max(1, len(candidate) // 3))
        found = distance(word, candidate)
        if found <= allowed and (best is None or found < best[0]):
            best = (found, candidate)
    return None if best is None else best[1]


def did_you_mean(word: str, known: Iterable[str]) -> str | None:
    """Give the suggestion as a question, ready for a message."""
    found = suggestion(word, known)
    return None if found is None else f'did you mean "{found}"?'
