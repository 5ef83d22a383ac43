"""Passwords, addresses, codes, clients: what needs no database."""

from __future__ import annotations

import unicodedata
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from senfcall_avv.accounts import addresses, carrying, client, password, throttle, two_factor
from senfcall_avv.sealing import KeyRing
from senfcall_avv.settings import AccountSettings
from tests.factories.accounts import CHEAP, NOW, PASSWORD, PASSWORDS, code_of


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("A@B.DE", "a@b.de"), ("  a@b.de ", "a@b.de"), ("a+b@example.org", "a+b@example.org"),
        ("a@bücher.example.org", "a@xn--bcher-kva.example.org"), ("a@xn--bcher-kva.example.org",) * 2,
    ],
)  # fmt: skip
def test_an_address_has_one_spelling(text: str, expected: str) -> None:
    assert addresses.normalise(text) == expected
    assert addresses.normalise(expected) == expected


@pytest.mark.parametrize(
    "text",
    [
        "", "a", "a@b", "a@b.de\n", "a@b.de\0", "a@b.de,c@d.de", "a@b.de c@d.de", '"x y"@b.de', "a@[127.0.0.1]",
        "a@b.de>", "Lena <a@b.de>",
        "a(x)@b.de", f"{'a' * 65}@b.de", f"a@{'b' * 250}.de",
        "a%0a@b.de", "a!b@c.de", "ä@b.de", "a..b@c.de",
    ],
)  # fmt: skip
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(addresses.AddressRefused):
        addresses.normalise(text)


@given(st.text(max_size=300))
def test_an_address_is_refused_or_ascii_and_nothing_else(text: str) -> None:
    try:
        found = addresses.normalise(text)
    except addresses.AddressRefused:
        return
    assert found.isascii()
    assert len(found) <= 254
    assert found.count("@") == 1
    assert found.isprintable()


def test_a_masked_address_gives_away_a_letter_and_the_domain() -> None:
    assert addresses.mask("lena.muster@example.org") == "l…@example.org"


@pytest.mark.parametrize(
    ("text", "weakness"),
    [
        ("kurz", "short"), ("x" * 11, "short"), ("x" * 129, "long"), ("x" * 12, "common"),
        ("passwortpasswort", "common"), ("Passwort1234!", "common"),
        ("qwertzuiop123", "common"),
        ("Sommersonne2024", "common"),
        ("hallo hallo hallo", "common"), ("123456789012", "common"), ("berlinberlin1", "common"),
        ("lena.muster@example.org", "personal"), ("muster-lena-2024", "personal"), ("LENAMUSTER!!!!", "personal"),
        ("a\0aaaaaaaaaaaaaaa", "characters"), ("line\nbreak and more", "characters"), ("\ud800" * 12, "characters"),
        (PASSWORD, None), ("kD8#vQ2!mZ7w", None), ("Lena kauft achtzehn Kakteen", None),
    ],
)  # fmt: skip
def test_weak_passwords_are_named(text: str, weakness: str | None) -> None:
    assert password.weakness_of(text, ["lena.muster@example.org", "Lena Muster"]) == weakness


def test_the_length_of_a_password_is_counted_in_composed_characters() -> None:
    text = unicodedata.normalize("NFD", "äöüÄÖÜßéèêçñ")
    assert len(text) > 12
    assert password.weakness_of(text) is None
    assert password.weakness_of(text[:-2]) == "short"


def test_a_hash_fits_its_password_in_every_form_and_no_other() -> None:
    made = PASSWORDS.hash("Größe über alles")
    assert made.startswith("$argon2id$")
    assert PASSWORDS.verify(made, unicodedata.normalize("NFD", "Größe über alles"))
    assert not PASSWORDS.verify(made, "Größe über alles ")
    assert not PASSWORDS.verify(made, "größe über alles")
    assert not PASSWORDS.verify("no hash", "Größe über alles")
    assert not PASSWORDS.verify(None, "a password that nobody has")


def test_without_an_account_the_same_hash_is_computed() -> None:
    strong = password.Passwords(AccountSettings(hash_kib=64, hash_passes=2, hash_lanes=1))
    assert "m=64,t=2,p=1" in strong._dummy
    assert not strong.verify(None, PASSWORD)


def test_hashes_of_other_parameters_are_outdated() -> None:
    assert not PASSWORDS.outdated(PASSWORDS.hash(PASSWORD))
    raised = password.Passwords(CHEAP.model_copy(update={"hash_passes": 2}))
    assert raised.outdated(PASSWORDS.hash(PASSWORD))


def test_the_standard_parameters_are_those_that_the_field_asks_for() -> None:
    usual = AccountSettings()
    assert (usual.hash_kib, usual.hash_passes, usual.hash_lanes, usual.hashes_at_once) == (65536, 3, 4, 4)


def test_german_words_are_many_small_and_different() -> None:
    words = password.german_words()
    assert len(words) > 1000
    assert len(set(words)) == len(words)
    assert all(word == word.casefold() or "ß" in word for word in words)


KEY = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


@pytest.mark.parametrize(("steps", "accepted"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_a_code_belongs_to_its_step(steps: int, accepted: bool) -> None:
    present = int(NOW.timestamp()) // 30
    found = two_factor.step_of(KEY, code_of(KEY, NOW, steps), NOW)
    assert found == (present + steps if accepted else None)


def test_a_step_that_was_used_and_those_before_it_do_not_count() -> None:
    present = int(NOW.timestamp()) // 30
    assert two_factor.step_of(KEY, code_of(KEY, NOW), NOW, after=present) is None
    assert two_factor.step_of(KEY, code_of(KEY, NOW, -1), NOW, after=present) is None
    assert two_factor.step_of(KEY, code_of(KEY, NOW, 1), NOW, after=present) == present + 1


@pytest.mark.parametrize(
    "code", ["", "12345", "1234567", "12345a", "１２３４５６", "٣٣٣٣٣٣", "+12345", "1.2345", "\ud800"]
)
def test_six_ascii_digits_or_nothing(code: str) -> None:
    assert two_factor.step_of(KEY, code, NOW) is None


def test_a_key_has_160_bits_and_its_address_names_us() -> None:
    made = two_factor.new_key()
    assert len(made) == 32
    assert made != two_factor.new_key()
    address = two_factor.address_for_app(made, "lena@example.org")
    assert address == f"otpauth://totp/Senfcall%20AV:lena%40example.org?secret={made}&issuer=Senfcall%20AV"


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.77", "192.0.2.0/24"), ("2001:db8:1:2::3", "2001:db8:1::/48"), ("::ffff:192.0.2.77", "192.0.2.0/24"),
        ("fe80::1%eth0", "fe80::/48"), ("", "unknown"), (None, "unknown"), ("unix", "unknown"),
    ],
)  # fmt: skip
def test_of_an_address_the_network_is_kept(address: str | None, network: str) -> None:
    assert client.network_of(address) == network


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox · Linux"),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0", "Edge · Windows"),
        ("Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Chrome/140.0 Mobile Safari/537.36", "Chrome · Android"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 14) AppleWebKit/605 Version/18 Safari/605", "Safari · macOS"),
        ("<script>alert(1)</script>", ""), ("x" * 5000, ""), ("", ""),
    ],
)  # fmt: skip
def test_a_device_is_told_in_our_own_words(agent: str, words: str) -> None:
    assert client.device_of(agent) == words


def at(*minutes: float) -> list[datetime]:
    return [NOW + timedelta(minutes=minute) for minute in minutes]


@pytest.mark.parametrize(
    ("failures", "wait"),
    [
        ([], None),
        (at(*[0] * 9), None),
        (at(*[0] * 10), timedelta(seconds=30)),
        (at(*[0] * 11), timedelta(minutes=1)),
        (at(*[0] * 14), timedelta(minutes=8)),
        (at(*[0] * 15), timedelta(minutes=15)),
        (at(*[0] * 60), timedelta(minutes=15)),
        (at(*[0] * 9, 16), None),
        (at(*[0] * 20, *[30] * 9), None),
        (at(*[0] * 20, *[30] * 10), timedelta(minutes=15)),
    ],
)
def test_the_wait_after_failures(failures: list[datetime], wait: timedelta | None) -> None:
    until = throttle.LOGIN.until(failures)
    assert until == (None if wait is None else failures[-1] + wait)


def test_what_travels_comes_back_to_its_owner_for_its_purpose_in_time(key_ring: KeyRing) -> None:
    text, hour = carrying.pack(key_ring, "entries", "me", {"a": ["ä", 1]}, NOW), timedelta(hours=1)
    unpack = carrying.unpack
    assert unpack(key_ring, "entries", "me", text, hour, NOW) == {"a": ["ä", 1]}
    assert unpack(key_ring, "entries", "you", text, hour, NOW) is None
    assert unpack(key_ring, "others", "me", text, hour, NOW) is None
    assert unpack(key_ring, "entries", "me", text, hour, NOW + hour) is None
    assert unpack(key_ring, "entries", "me", text[:-2], hour, NOW) is None
    for junk in ("", "x", "AQ", "ä", "=" * 40):
        assert unpack(key_ring, "entries", "me", junk, hour, NOW) is None
