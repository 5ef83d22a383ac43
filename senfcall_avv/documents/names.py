"""Names of files as their owners gave them: kept to be recognised, trusted for nothing.

What is stored is one line without a path, without characters that turn or hide text, and without those that a file
system treats specially. What names a file for a browser is ours; the old name only accompanies it.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final
from urllib.parse import quote

LONGEST_NAME: Final = 120
LONGEST_EXTENSION: Final = 10
_HIDDEN: Final = frozenset(("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"))
_SPECIAL: Final = str.maketrans(dict.fromkeys('<>:"|?*', "_"))
_DEVICE: Final = re.compile(r"(?i)(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?")
_EXTENSION: Final = re.compile(rf"\.([a-z0-9]{{1,{LONGEST_EXTENSION}}})$")


def clean_name(name: str) -> str:
    """Give the harmless form of a file's name: at most 120 characters, perhaps none.

    A long name loses its middle part's end and keeps the extension.
    """
    last = re.split(r"[/\\]", name)[-1]
    visible = "".join(" " if char.isspace() else char for char in last if char.isspace() or _shows(char))
    plain = " ".join(unicodedata.normalize("NFC", visible).translate(_SPECIAL).split()).strip(". ")
    if _DEVICE.fullmatch(plain):
        plain = f"_{plain}"
    if len(plain) <= LONGEST_NAME:
        return plain
    extension = extension_of(plain)
    end = f".{extension}" if extension else ""
    return plain[: LONGEST_NAME - len(end)].rstrip(". ") + plain[len(plain) - len(end) :]


def extension_of(name: str) -> str:
    """Give a name's last extension in small letters, without its dot; empty if there is none."""
    found = _EXTENSION.search(name.lower())
    return found.group(1) if found else ""


def content_disposition(own_name: str, original_name: str) -> str:
    """Give the header's value for a download under our own name, with the original one beside it (RFC 6266).

    ``own_name`` is ours and must be plain ASCII without quotes.
    """
    value = f'attachment; filename="{own_name}"'
    return f"{value}; filename*=UTF-8''{quote(original_name, safe='')}" if original_name else value


def _shows(char: str) -> bool:
    return unicodedata.category(char) not in _HIDDEN
