"""Making the message that goes over the wire, and reading it back before it goes.

The mail library of several Python versions decodes what looks like an encoded word in a header that it is given as
text, line breaks included: one could smuggle in recipients. So headers are checked going in, and the finished bytes are
parsed as any mail program would and must have exactly the headers and the text that were meant.
"""

from __future__ import annotations

import email
import re
import unicodedata
from datetime import datetime
from email.charset import QP, Charset
from email.header import Header
from email.headerregistry import Address
from email.message import Message
from email.policy import SMTP, compat32
from email.utils import format_datetime
from typing import Any, Final, NamedTuple

from senfcall_avv.mail.rendering import Text

DISPLAY_NAME: Final = "Senfcall AV"
MOST_BYTES: Final = 200_000
_FORBIDDEN: Final = ("Cc", "Zl", "Zp", "Cs")
_WIRE: Final = compat32.clone(linesep="\r\n", mangle_from_=False)


class Envelope(NamedTuple):
    """From whom to whom, where answers go, and which mail it is: the same id and date at every attempt."""

    sender: str
    recipient: str
    reply_to: str
    mail_id: str
    created_at: datetime


class NotComposed(Exception):
    """A mail that must not be sent. ``reason`` is ``header``, ``size`` or ``changed``."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def compose(text: Text, envelope: Envelope) -> bytes:
    """Give the bytes of a mail with CR LF after each line. Raises NotComposed."""
    host = envelope.sender.rpartition("@")[2]
    plain = {
        "From": _safe(str(Address(DISPLAY_NAME, addr_spec=envelope.sender))),
        "To": _safe(str(Address(addr_spec=envelope.recipient))),
        "Reply-To": _safe(str(Address(addr_spec=envelope.reply_to))),
        "Subject": _safe(text.subject),
        "Date": format_datetime(envelope.created_at),
        "Message-ID": _safe(f"<{envelope.mail_id}@{host}>"),
        "Auto-Submitted": "auto-generated",
        "X-Auto-Response-Suppress": "All",
    }
    message: Message[Any, Any] = Message(policy=_WIRE)
    message.set_payload(text.body, _quoted_printable())
    for name, value in plain.items():
        # Encoded here as a whole: the newer library's own folding loses or adds spaces.
        message[name] = Header(value, "us-ascii" if value.isascii() else "utf-8", header_name=name)
    made = message.as_bytes()
    if len(made) > MOST_BYTES:
        raise NotComposed("size")
    _read_back(made, plain, text.body)
    return made


def _quoted_printable() -> Charset:
    charset = Charset("utf-8")
    charset.body_encoding = QP
    return charset


def _safe(value: str) -> str:
    if "=?" in value or any(unicodedata.category(character) in _FORBIDDEN for character in value):
        raise NotComposed("header")
    return value


def _read_back(made: bytes, plain: dict[str, str], body: str) -> None:
    read = email.message_from_bytes(made, policy=SMTP)
    own = {"Content-Type", "Content-Transfer-Encoding", "MIME-Version"}
    headers = [(name, str(value)) for name, value in read.items() if name not in own]
    same = headers == list(plain.items()) and set(read.keys()) == plain.keys() | own
    if not same or read.defects or read.is_multipart() or _unix(read.get_content()) != _unix(body):
        raise NotComposed("changed")


def _unix(text: str) -> str:
    return re.sub(r"\r\n?", "\n", text)
