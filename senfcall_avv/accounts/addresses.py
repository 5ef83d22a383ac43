"""Mail addresses as people have them: one spelling each, and a form that gives little away."""

from __future__ import annotations

import unicodedata
from typing import Final

from email_validator import EmailNotValidError, validate_email

from senfcall_avv.accounts.models import EMAIL_LENGTH

LOCAL_LENGTH: Final = 64
ROUTED: Final = frozenset("%!")
"""Signs that old mail servers read as a way through other hosts."""


class AddressRefused(ValueError):
    """This is no address that we can write to."""


def normalise(text: str) -> str:
    """Give an address as it is stored: local part in ASCII small letters, domain as IDNA writes it.

    Real providers do not tell capital letters apart, and two accounts of one person are worse than a mail that a strict
    one returns. Raises AddressRefused for lists, comments, quotes, literals, bare host names and anything longer than
    254 characters.
    """
    if len(text) > EMAIL_LENGTH or any(unicodedata.category(letter)[0] in "CZ" for letter in text.strip(" ")):
        raise AddressRefused
    try:
        found = validate_email(
            text.strip(" "),
            check_deliverability=False,
            allow_smtputf8=False,
            allow_quoted_local=False,
            allow_domain_literal=False,
            allow_display_name=False,
            test_environment=False,
        )
    except EmailNotValidError:
        raise AddressRefused from None
    address = f"{found.local_part.lower()}@{(found.ascii_domain or '').lower()}"
    if len(found.local_part) > LOCAL_LENGTH or len(address) > EMAIL_LENGTH or not ROUTED.isdisjoint(found.local_part):
        raise AddressRefused
    return address


def mask(address: str) -> str:
    """Give an address so that its owner recognises it: ``m…@example.org``."""
    local, _, domain = address.partition("@")
    return f"{local[:1]}…@{domain}"
