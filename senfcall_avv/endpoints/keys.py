"""Keys of endpoints and API secrets: how they look, and where they come from.

A key stands before every meeting's name towards the conference servers. Its length is fixed, so no scoped name is the
beginning of another one, and its first character is no hexadecimal digit, so no scoped name looks like a server's own
meeting id (forty hexadecimal digits, a dash, digits).
"""

from __future__ import annotations

import re
import secrets
import string
from typing import Final

KEY_LENGTH: Final = 16
SECRET_LENGTH: Final = 48
"""Characters of 62: about 285 bits. Letters and digits only, because plugins and shells stumble over others."""
KEY: Final = re.compile(r"[g-z][a-z0-9]{15}")

_FIRST = "ghijklmnopqrstuvwxyz"
_OTHERS = string.ascii_lowercase + string.digits
_SECRET = string.ascii_letters + string.digits


def new_key() -> str:
    """Make a random key."""
    return secrets.choice(_FIRST) + "".join(secrets.choice(_OTHERS) for _ in range(KEY_LENGTH - 1))


def new_secret() -> str:
    """Make a random API secret."""
    return "".join(secrets.choice(_SECRET) for _ in range(SECRET_LENGTH))
