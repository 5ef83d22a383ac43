"""Sealing of what the database must keep but not know: AES-256-GCM under keys that never lie in the database.

A sealed value is ``0x01``, length of the key's id, the id, a 96-bit nonce, ciphertext and tag. The place where the
value is stored (``table.column.row-id``) is authenticated with it, so a value copied elsewhere does not open. Each
purpose has a sub-key of its own, made by HKDF.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import os
import re
import secrets
import string
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

KEY_BYTES: Final = 32
NONCE_BYTES: Final = 12
TAG_BYTES: Final = 16
_VERSION: Final = 1
_LINE = re.compile(r"([a-z0-9][a-z0-9-]{0,15}):([A-Za-z0-9_-]+)={0,2}")
_PRINTABLE: Final = frozenset(string.printable.encode())
_LEAST_DIFFERENT_BYTES: Final = 16
"""32 random bytes have about 30 different values; fewer than 16 happens once in 10^15 keys."""


class KeysRefused(ValueError):
    """A text of keys can't be used. The message names the line, never what stands in it."""


class SealBroken(Exception):
    """A sealed value does not open. ``reason`` is ``malformed``, ``unknown_key`` or ``not_authentic``."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def generate_key_line() -> str:
    """Make a line for the file of keys: a random id, and 32 random bytes in base64url."""
    key = base64.urlsafe_b64encode(secrets.token_bytes(KEY_BYTES)).decode().rstrip("=")
    return f"k{secrets.token_hex(4)}:{key}"


class KeyRing:
    """Several keys by id: the first seals, all open."""

    def __init__(self, keys: Iterable[tuple[str, bytes]]) -> None:
        self._keys = dict(keys)
        if not self._keys:
            raise KeysRefused("there is no key")
        self._ciphers = {name: AESGCM(_derive(key, "sealing")) for name, key in self._keys.items()}
        self._first = next(iter(self._keys))

    def __repr__(self) -> str:
        return f"<KeyRing {', '.join(self._keys)}>"

    @property
    def key_ids(self) -> tuple[str, ...]:
        """The keys' ids, the sealing one first."""
        return tuple(self._keys)

    @classmethod
    def from_text(cls, text: str) -> KeyRing:
        """Read lines ``id:base64url(32 bytes)``; empty lines and those that begin with ``#`` are comments.

        Raises KeysRefused for a line of another form, a key that is short, long, used twice or no random one.
        """
        keys: dict[str, bytes] = {}
        for number, line in enumerate(text.splitlines(), start=1):
            stripped = line.strip()
            if not stripped or stripped.startswith("#"):
                continue
            name, key = _read_line(stripped, number)
            if name in keys:
                raise KeysRefused(f"line {number}: this id stands there twice")
            if key in keys.values():
                raise KeysRefused(f"line {number}: this key stands there twice")
            keys[name] = key
        return cls(keys.items())

    @classmethod
    def from_file(cls, path: str | os.PathLike[str], production: bool) -> KeyRing:
        """Read a file of keys. In production it must be closed to others than its owner and group.

        Raises KeysRefused for an open or unusable file, OSError where it can't be read.
        """
        with Path(path).open(encoding="utf-8") as file:
            if production and os.fstat(file.fileno()).st_mode & 0o027:
                raise KeysRefused(f"{os.fspath(path)} is open to others: set its mode to 0600 or 0640")
            try:
                text = file.read()
            except UnicodeDecodeError:
                raise KeysRefused(f"{os.fspath(path)} is no text") from None
        return cls.from_text(text)

    def seal(self, value: bytes, place: str) -> bytes:
        """Encrypt a value for the place where it will be stored: ``table.column.row-id``."""
        name = self._first.encode()
        nonce = secrets.token_bytes(NONCE_BYTES)
        sealed = self._ciphers[self._first].encrypt(nonce, value, place.encode())
        return bytes((_VERSION, len(name))) + name + nonce + sealed

    def open(self, sealed: bytes, place: str) -> bytes:
        """Decrypt a value found at a place. Raises SealBroken."""
        name, start = _header(sealed)
        cipher = self._ciphers.get(name)
        if cipher is None:
            raise SealBroken("unknown_key")
        nonce, rest = sealed[start : start + NONCE_BYTES], sealed[start + NONCE_BYTES :]
        try:
            return cipher.decrypt(nonce, rest, place.encode())
        except InvalidTag:
            raise SealBroken("not_authentic") from None

    def sub_key(self, purpose: str) -> bytes:
        """Give 32 bytes for one purpose, from the first key. It changes when another key becomes the first."""
        return _derive(self._keys[self._first], f"purpose:{purpose}")

    def pseudonym(self, purpose: str, text: str) -> str:
        """Give a keyed hash of a text: 32 hexadecimal digits, unlinkable between purposes."""
        return hmac.digest(self.sub_key(f"pseudonym:{purpose}"), text.encode(), "sha256")[:16].hex()


def key_id_of(sealed: bytes) -> str:
    """Name the key that sealed a value. Raises SealBroken (``malformed``)."""
    return _header(sealed)[0]


def _header(sealed: bytes) -> tuple[str, int]:
    if len(sealed) < 2 or sealed[0] != _VERSION or len(sealed) < 2 + sealed[1] + NONCE_BYTES + TAG_BYTES:
        raise SealBroken("malformed")
    start = 2 + sealed[1]
    return sealed[2:start].decode("latin-1"), start


def _derive(key: bytes, purpose: str) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=b"senfcall_avv/1/" + purpose.encode()).derive(key)


def _read_line(line: str, number: int) -> tuple[str, bytes]:
    found = _LINE.fullmatch(line)
    if found is None:
        raise KeysRefused(f"line {number}: a key is written id:base64url, the id in a-z, 0-9 and -")
    name, text = found.groups()
    try:
        key = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError):
        raise KeysRefused(f"line {number}: the key is no base64url") from None
    if len(set(key)) < min(len(key), _LEAST_DIFFERENT_BYTES) or _PRINTABLE.issuperset(key):
        raise KeysRefused(f"line {number}: this is a placeholder, no random key; make one with `avv keys new`")
    if base64.urlsafe_b64encode(key).decode().rstrip("=") != text:
        raise KeysRefused(f"line {number}: the key is no base64url")
    if len(key) != KEY_BYTES:
        raise KeysRefused(f"line {number}: a key has {KEY_BYTES} bytes, this one {len(key)}")
    return name, key


def key_ring_of(settings: Any) -> KeyRing:
    """Make the key ring that the settings name (``keys``, else ``keys_file``). Raises KeysRefused, OSError."""
    if settings.keys is not None:
        return KeyRing.from_text(settings.keys.get_secret_value())
    if settings.keys_file is None:
        raise KeysRefused("no keys are set: avv.keys_file names their file, `avv keys new` makes one")
    return KeyRing.from_file(settings.keys_file, settings.production)


def includeme(config: Any) -> None:
    """Put the key ring into the registry."""
    config.registry["avv.key_ring"] = key_ring_of(config.registry["avv.settings"])
