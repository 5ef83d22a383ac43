"""A passkey device in software: makes a key for a site, signs what it is asked to, and can be told to misbehave."""

from __future__ import annotations

import hashlib
import json
import secrets
import struct
from base64 import urlsafe_b64encode
from typing import Any

import cbor2
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

PRESENT, VERIFIED, WITH_KEY = 0x01, 0x04, 0x40


def _encode(data: bytes) -> str:
    return urlsafe_b64encode(data).decode().rstrip("=")


class Authenticator:
    """One device with one key. Its attributes say what it claims."""

    def __init__(self, origin: str) -> None:
        self.origin = origin
        self.site = origin.partition("://")[2].partition(":")[0]
        self.count = 0
        self.verified = True
        self.id = secrets.token_bytes(16)
        self._key = ec.generate_private_key(ec.SECP256R1())

    def register(self, options: str) -> str:
        """Answer to what a site asks for a new passkey."""
        asked = json.loads(options)
        key = struct.pack(">16sH", bytes(16), len(self.id)) + self.id + cbor2.dumps(self._public())
        attestation = {"fmt": "none", "attStmt": {}, "authData": self._data(WITH_KEY) + key}
        client = self._client("webauthn.create", asked["challenge"])
        return self._answer({"clientDataJSON": client, "attestationObject": cbor2.dumps(attestation)})

    def sign(self, options: str) -> str:
        """Answer to what a site asks of a known passkey."""
        self.count += 1
        client, data = self._client("webauthn.get", json.loads(options)["challenge"]), self._data(0)
        signature = self._key.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(SHA256()))
        return self._answer({"clientDataJSON": client, "authenticatorData": data, "signature": signature})

    def _public(self) -> dict[int, Any]:
        numbers = self._key.public_key().public_numbers()
        return {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")}

    def _data(self, flags: int) -> bytes:
        flags |= PRESENT | (VERIFIED if self.verified else 0)
        return hashlib.sha256(self.site.encode()).digest() + struct.pack(">BI", flags, self.count)

    def _client(self, kind: str, challenge: str) -> bytes:
        return json.dumps({"type": kind, "challenge": challenge, "origin": self.origin}).encode()

    def _answer(self, response: dict[str, bytes]) -> str:
        parts = {name: _encode(value) for name, value in response.items()}
        return json.dumps({"id": _encode(self.id), "rawId": _encode(self.id), "type": "public-key", "response": parts})
