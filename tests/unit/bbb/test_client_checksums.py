"""The checksums of real clients, as they went over the wire."""

from __future__ import annotations

import hashlib

import pytest
from corpus import ENTRIES, Entry

from senfcall_avv.bbb.call import Signature, parse
from senfcall_avv.bbb.checksum import algorithm_of, sign

RECORDED = [entry for entry in ENTRIES if entry.recorded and entry.data["algorithm"] != "none"]
GENUINE = [entry for entry in RECORDED if entry.genuine]


def parsed(entry: Entry) -> Signature:
    """Read the recorded bytes as the gateway does."""
    body = entry.data["body"]
    content_type, text = (body["content_type"], body["text"].encode()) if body else ("", b"")
    query = entry.recorded.partition("?")[2]
    signature = parse(entry.call, entry.data["method"], query, content_type, text).signature
    assert signature is not None
    return signature


def digests(entry: Entry, signature: Signature) -> list[str]:
    secret = entry.data["secret"].encode()
    return [
        hashlib.new(entry.data["algorithm"], entry.call.encode() + covered + secret).hexdigest()
        for covered in signature.covered
    ]


@pytest.mark.parametrize("entry", GENUINE, ids=str)
def test_the_bytes_that_a_client_signed_are_found_again(entry: Entry) -> None:
    signature = parsed(entry)
    assert digests(entry, signature) == [signature.checksum.decode()]
    assert algorithm_of(signature.checksum) == entry.data["algorithm"]


@pytest.mark.parametrize("entry", GENUINE, ids=str)
def test_we_sign_as_clients_do(entry: Entry) -> None:
    (covered,) = parsed(entry).covered
    made = sign(entry.call, covered.decode(), entry.data["secret"].encode(), entry.data["algorithm"])
    assert f"checksum={made}" in entry.recorded


@pytest.mark.parametrize("entry", GENUINE, ids=str)
def test_one_byte_more_is_another_checksum(entry: Entry) -> None:
    signature = parsed(entry)
    longer = Signature(signature.checksum, tuple(covered + b"&" for covered in signature.covered))
    assert signature.checksum.decode() not in digests(entry, longer)


@pytest.mark.parametrize("entry", [entry for entry in RECORDED if not entry.genuine], ids=str)
def test_a_client_that_signs_another_spelling_than_it_sends_is_not_mended(entry: Entry) -> None:
    signature = parsed(entry)
    assert signature.checksum.decode() not in digests(entry, signature)


@pytest.mark.parametrize("entry", RECORDED, ids=str)
def test_the_replay_of_a_recorded_request_is_that_request(entry: Entry) -> None:
    """The replay puts in another key and another secret; with the recorded ones it is what went over the wire."""
    sent = entry.sent("orgkey", entry.data["secret"])
    assert (sent.method, sent.target) == (entry.data["method"], entry.recorded)
