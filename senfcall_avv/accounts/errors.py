"""How this room refuses."""

from __future__ import annotations

from datetime import datetime


class AccountRefused(ValueError):
    """Something can't be done. ``reason`` is a word of the function that raised it."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class TooMany(AccountRefused):
    """Too many tries; ``until`` is when the next one is judged."""

    def __init__(self, until: datetime) -> None:
        super().__init__("too_many")
        self.until = until


class LoginRefused(AccountRefused):
    """Nobody is let in. There is one reason for all cases: what it was is nobody's business."""

    def __init__(self) -> None:
        super().__init__("login")


class TokenRefused(AccountRefused):
    """A link is not good. ``reason`` is ``unknown``, ``used`` or ``expired``."""


class CodeRefused(AccountRefused):
    """A second factor is not accepted."""

    def __init__(self) -> None:
        super().__init__("code")


class PasskeyRefused(AccountRefused):
    """An authenticator's answer is not accepted. ``reason``: ``challenge``, ``unknown``, ``known``, ``answer``,
    ``counter``.
    """
