"""BBB's checksum: known values, four algorithms, and what must never verify."""

from __future__ import annotations

import pytest

from senfcall_avv.bbb.checksum import ALGORITHMS, algorithm_of, sign, verify

SECRET = b"demo-secret-please-change-0123456789"
OTHER = b"another-secret-of-at-least-32-characters"

SHA1 = [
    ("getMeetings", "", "1cacb67d6375cab1b16aa96889a174da297b2b36"),
    ("isMeetingRunning", "meetingID=verein-42-jour-fixe", "45f10dc2db4d09806e4b78ae0728947abd4eb53c"),
    ("getMeetingInfo", "meetingID=verein-42-jour-fixe", "0ccb5b7ae8929e6bb1c2727fc150f9f4854d1bf3"),
    (
        "create",
        "name=Jour+Fixe&meetingID=verein-42-jour-fixe&attendeePW=ap77&moderatorPW=mp77",
        "695455323cdb0a695132a61d1cfe8b2b58a56db2",
    ),
    (
        "create",
        "name=Jour%20Fixe&meetingID=verein-42-jour-fixe&attendeePW=ap77&moderatorPW=mp77",
        "9703c50e66363ac08ab6ccab05992ede6069326e",
    ),
    ("create", "", "b61eb180fbeed9099118a729bd6920c46ac1b01d"),
    (
        "create",
        "attendeePW=ap77&meetingID=verein-42-jour-fixe&moderatorPW=mp77&name=Jour+Fixe",
        "e1627d4601c36a261f7fcccbbe89b92bcc6e79fb",
    ),
    (
        "join",
        "fullName=Ada%20L%C3%B6we&meetingID=verein-42-jour-fixe&password=mp77&redirect=false",
        "93110f63749904e9c46bd5633a8661ce4097fc4d",
    ),
]
OF_GET_MEETINGS = {
    "sha1": "1cacb67d6375cab1b16aa96889a174da297b2b36",
    "sha256": "9974c7b846611ecf547c20382638875276603c0de3a5d0e63612d5206b04a32e",
    "sha384": "d09cbce6eaf8dc07c1325bb620363edd7426e7409f941773aaee03bda1ca5c6c93aa773e338d511540358941d3a4f638",
    "sha512": "63f35762af059787bb5bb6a05b80a9567611bccaa2e03a73e43dd0b3dfc18f89e900857bb611904f795264afeca9136d"
    "c6260fd174675d1d765ecbd8cc689026",
}


@pytest.mark.parametrize(("call", "query", "expected"), SHA1)
def test_a_call_is_signed_as_bbb_signs_it(call: str, query: str, expected: str) -> None:
    assert sign(call, query, SECRET, "sha1") == expected
    assert verify(call.encode(), query.encode(), expected.encode(), [SECRET]) == 0


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_every_algorithm_is_recognised_by_the_length(algorithm: str) -> None:
    checksum = OF_GET_MEETINGS[algorithm].encode()
    assert algorithm_of(checksum) == algorithm
    assert sign("getMeetings", "", SECRET, algorithm).encode() == checksum
    assert verify(b"getMeetings", b"", checksum, [OTHER, SECRET]) == 1
    assert verify(b"getMeetings", b"", checksum.upper(), [SECRET]) == 0


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_an_algorithm_that_is_not_allowed_never_verifies(algorithm: str) -> None:
    allowed = frozenset(ALGORITHMS) - {algorithm}
    assert verify(b"getMeetings", b"", OF_GET_MEETINGS[algorithm].encode(), [SECRET], allowed) is None


@pytest.mark.parametrize("secret", [b"", b" ", b"None", b"0", b"x" * 31])
def test_a_short_or_empty_secret_verifies_nothing(secret: bytes) -> None:
    for algorithm in ALGORITHMS:
        checksum = sign("getMeetings", "", secret, algorithm).encode()
        assert verify(b"getMeetings", b"", checksum, [secret, SECRET]) is None


@pytest.mark.parametrize(
    "checksum",
    [
        b"",
        b"g" * 40,
        b"a" * 39,
        b"a" * 41,
        b"a" * 56,
        "\u0663".encode() * 40,
        b"%C3%A4",
        OF_GET_MEETINGS["sha1"].encode() + b"\n",
        b" " + OF_GET_MEETINGS["sha1"].encode(),
    ],
)
def test_what_is_no_checksum_verifies_nothing(checksum: bytes) -> None:
    assert verify(b"getMeetings", b"", checksum, [SECRET]) is None


def test_a_checksum_is_bound_to_call_query_and_secret() -> None:
    checksum = sign("getMeetings", "", SECRET, "sha256").encode()
    assert verify(b"create", b"", checksum, [SECRET]) is None
    assert verify(b"GetMeetings", b"", checksum, [SECRET]) is None
    assert verify(b"getMeetings", b"a=1", checksum, [SECRET]) is None
    assert verify(b"getMeetings", b"", checksum, [OTHER]) is None
    assert verify(b"getMeetings", b"", checksum, []) is None
