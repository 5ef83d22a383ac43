"""Icons: lines on a field of 24 by 24, drawn in the colour of the text beside them. Each has a shape of its own."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from chameleon.utils import Markup

_CIRCLE: Final = '<circle cx="12" cy="12" r="9"/>'
SHAPES: Final = MappingProxyType(
    {
        "check": '<path d="M4 12.5 9.5 18 20 6.5"/>',
        "dot": '<circle cx="12" cy="12" r="5" fill="currentColor"/>',
        "ring": _CIRCLE,
        "half": f'{_CIRCLE}<path d="M12 3a9 9 0 0 1 0 18z" fill="currentColor" stroke="none"/>',
        "hourglass": '<path d="M6 3h12M6 21h12M7.5 3c0 5 9 6.5 9 9s-9 4-9 9M16.5 3c0 5-9 6.5-9 9s9 4 9 9"/>',
        "warning": '<path d="M12 3.5 22 20.5H2z"/><path d="M12 10v4.5M12 17.6v.1"/>',
        "cross": '<rect x="3.5" y="3.5" width="17" height="17" rx="3"/><path d="m9 9 6 6M15 9l-6 6"/>',
        "pause": '<path d="M8 5v14M16 5v14"/>',
        "pencil": '<path d="m4 20 1-4.5L16.5 4 20 7.5 8.5 19z"/>',
        "back": '<path d="M9 6 4 11l5 5M4 11h10a6 6 0 0 1 0 12" transform="translate(0 -2)"/>',
        "minus": f'{_CIRCLE}<path d="M8 12h8"/>',
        "info": f'{_CIRCLE}<path d="M12 11v5.5M12 7.5v.1"/>',
        "lock": '<rect x="4.5" y="10.5" width="15" height="10" rx="2"/><path d="M8 10.5V7a4 4 0 0 1 8 0v3.5"/>',
        "go": '<path d="M5 12h14M13 6l6 6-6 6"/>',
        "down": '<path d="M6 9.5 12 15.5 18 9.5"/>',
        "copy": '<rect x="8.5" y="8.5" width="12" height="12" rx="2"/><path d="M15.5 5.5v-2h-12v12h2"/>',
        "eye": (
            '<path d="M2 12s3.5-6.5 10-6.5S22 12 22 12s-3.5 6.5-10 6.5S2 12 2 12z"/><circle cx="12" cy="12" r="2.8"/>'
        ),
        "file": '<path d="M6 3h8l4.5 4.5V21H6zM14 3v5h4.5"/>',
    }
)
MARK: Final = Markup(
    '<svg class="mark" viewBox="0 0 34 34" aria-hidden="true"><path d="M17 3.5c8 0 14 5.6 14 12.7S25 29 17 29'
    'c-1.7 0-3.3-.25-4.8-.7L5.4 31l1.5-6.3C4.5 22.5 3 19.5 3 16.2 3 9.1 9 3.5 17 3.5z"/>'
    '<circle cx="11" cy="16.3" r="2.1"/><circle cx="17" cy="16.3" r="2.1"/><circle cx="23" cy="16.3" r="2.1"/></svg>'
)


def icon(name: str) -> Markup:
    """Give an icon's element, hidden from screen readers: the word beside it says the same. Raises KeyError."""
    return Markup(f'<svg class="i" viewBox="0 0 24 24" aria-hidden="true">{SHAPES[name]}</svg>')
