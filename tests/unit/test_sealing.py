from __future__ import annotations

import base64
import string
from pathlib import Path

import pytest

from senfcall_avv.sealing import KeyRing, KeysRefused, SealBroken, generate_key_line, key_id_of

PLACE = "endpoint_secrets.sealed.row-1"


def line(name: str, key: bytes) -> str:
    return f"{name}:{base64.urlsafe_b64encode(key).decode()}"


KEY = bytes(range(100, 132))
OTHER = bytes(range(200, 232))


class TestSealing:
    def test_what_was_sealed_opens_in_its_place(self, key_ring: KeyRing) -> None:
        for value in (b"", b"secret", bytes(range(256)) * 40):
            assert key_ring.open(key_ring.seal(value, PLACE), PLACE) == value

    @pytest.mark.parametrize(
        "place", ["endpoint_secrets.sealed.row-2", "endpoint_secrets.other.row-1", "documents.sealed.row-1", ""]
    )
    def test_a_value_copied_elsewhere_does_not_open(self, key_ring: KeyRing, place: str) -> None:
        with pytest.raises(SealBroken) as caught:
            key_ring.open(key_ring.seal(b"secret", PLACE), place)
        assert caught.value.reason == "not_authentic"

    def test_a_flipped_bit_anywhere_is_noticed(self, key_ring: KeyRing) -> None:
        sealed = key_ring.seal(b"secret", PLACE)
        for position in range(len(sealed) * 8):
            broken = bytearray(sealed)
            broken[position // 8] ^= 1 << position % 8
            with pytest.raises(SealBroken):
                key_ring.open(bytes(broken), PLACE)

    def test_every_shorter_value_is_noticed(self, key_ring: KeyRing) -> None:
        sealed = key_ring.seal(b"", PLACE)
        for length in range(len(sealed)):
            with pytest.raises(SealBroken):
                key_ring.open(sealed[:length], PLACE)

    def test_the_same_value_is_sealed_differently_each_time(self, key_ring: KeyRing) -> None:
        assert len({key_ring.seal(b"secret", PLACE) for _ in range(100)}) == 100

    def test_the_value_cannot_be_seen(self, key_ring: KeyRing) -> None:
        assert b"planted" not in key_ring.seal(b"planted" * 10, PLACE)

    def test_a_broken_seal_tells_no_content(self, key_ring: KeyRing) -> None:
        with pytest.raises(SealBroken) as caught:
            key_ring.open(key_ring.seal(b"planted", PLACE)[:-1] + b"x", PLACE)
        assert (str(caught.value), caught.value.__cause__) == ("not_authentic", None)


class TestSeveralKeys:
    def test_the_first_key_seals_and_all_open(self) -> None:
        old, new = line("old", KEY), line("new", OTHER)
        before = KeyRing.from_text(old).seal(b"secret", PLACE)
        ring = KeyRing.from_text(f"# newest first\n\n{new}\n{old}\n")
        after = ring.seal(b"secret", PLACE)
        assert ring.key_ids == ("new", "old")
        assert (key_id_of(before), key_id_of(after)) == ("old", "new")
        assert ring.open(before, PLACE) == ring.open(after, PLACE) == b"secret"

    def test_a_missing_key_is_told_as_such(self) -> None:
        sealed = KeyRing.from_text(line("old", KEY)).seal(b"secret", PLACE)
        with pytest.raises(SealBroken) as caught:
            KeyRing.from_text(line("new", OTHER)).open(sealed, PLACE)
        assert caught.value.reason == "unknown_key"

    def test_another_key_under_the_same_id_does_not_open(self) -> None:
        sealed = KeyRing.from_text(line("main", KEY)).seal(b"secret", PLACE)
        with pytest.raises(SealBroken) as caught:
            KeyRing.from_text(line("main", OTHER)).open(sealed, PLACE)
        assert caught.value.reason == "not_authentic"


class TestPurposes:
    def test_each_purpose_has_a_key_of_its_own(self) -> None:
        ring = KeyRing.from_text(line("main", KEY))
        keys = {ring.sub_key("sessions"), ring.sub_key("tokens"), KEY}
        assert len(keys) == 3
        assert ring.sub_key("sessions") == KeyRing.from_text(line("renamed", KEY)).sub_key("sessions")

    def test_a_pseudonym_is_stable_and_tells_nothing_between_purposes(self) -> None:
        ring = KeyRing.from_text(line("main", KEY))
        made = ring.pseudonym("meetings", "room 1")
        assert made == ring.pseudonym("meetings", "room 1")
        assert len(made) == 32
        assert set(made) <= set(string.hexdigits.lower())
        others = {ring.pseudonym("meetings", "room 2"), ring.pseudonym("people", "room 1")}
        others.add(KeyRing.from_text(line("main", OTHER)).pseudonym("meetings", "room 1"))
        assert len(others | {made}) == 4


class TestReadingKeys:
    def test_generated_lines_can_be_read_and_differ(self) -> None:
        lines = [generate_key_line() for _ in range(50)]
        assert len(KeyRing.from_text("\n".join(lines)).key_ids) == 50

    @pytest.mark.parametrize(
        ("text", "why"),
        [
            ("", "no key"),
            ("# nothing\n", "no key"),
            ("justonekeywithoutanid", "line 1"),
            (line("Upper", KEY), "line 1"),
            (line("a" * 17, KEY), "line 1"),
            (line("main", KEY).replace("=", " ="), "line 1"),
            ("main:!!!!", "line 1"),
            ("main:A", "no base64url"),
            (line("main", KEY)[:-2] + "-", "no base64url"),
            (line("main", KEY[:31]), "has 32 bytes"),
            (line("main", KEY + b"x"), "has 32 bytes"),
            (line("main", OTHER[:16]), "has 32 bytes"),
            (line("main", bytes(32)), "placeholder"),
            (line("main", b"\x01\x80" * 16), "placeholder"),
            (line("main", b"please-change-me-before-you-go-!"), "placeholder"),
            ("main:" + "changeme" * 5 + "cha", "placeholder"),
            (f"# one\n{line('main', KEY)}\n{line('main', OTHER)}", "line 3: this id"),
            (f"{line('one', KEY)}\n{line('two', KEY)}", "line 2: this key"),
        ],
    )
    def test_unusable_keys_are_refused_without_showing_them(self, text: str, why: str) -> None:
        with pytest.raises(KeysRefused, match=why) as caught:
            KeyRing.from_text(text)
        shown = [part for part in text.replace("\n", ":").split(":") if len(part) > 8 and part in str(caught.value)]
        assert shown == []

    def test_a_ring_shows_ids_and_no_keys(self) -> None:
        assert repr(KeyRing.from_text(line("main", KEY))) == "<KeyRing main>"

    @pytest.mark.parametrize("mode", [0o644, 0o604, 0o602, 0o620, 0o601])
    def test_a_file_open_to_others_is_refused_in_production_alone(self, tmp_path: Path, mode: int) -> None:
        path = tmp_path / "keys"
        path.write_text(line("main", KEY))
        path.chmod(mode)
        with pytest.raises(KeysRefused, match="open to others"):
            KeyRing.from_file(path, production=True)
        assert KeyRing.from_file(path, production=False).key_ids == ("main",)

    @pytest.mark.parametrize("mode", [0o600, 0o640, 0o400])
    def test_a_closed_file_is_read(self, tmp_path: Path, mode: int) -> None:
        path = tmp_path / "keys"
        path.write_text(line("main", KEY))
        path.chmod(mode)
        assert KeyRing.from_file(path, production=True).key_ids == ("main",)

    def test_a_file_that_is_no_text_is_refused(self, tmp_path: Path) -> None:
        path = tmp_path / "keys"
        path.write_bytes(b"\xff\xfe\x00")
        path.chmod(0o600)
        with pytest.raises(KeysRefused, match="no text"):
            KeyRing.from_file(path, production=True)
