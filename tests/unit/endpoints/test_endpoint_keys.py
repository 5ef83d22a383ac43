from __future__ import annotations

import re

from senfcall_avv.bbb.checksum import MIN_SECRET_LENGTH
from senfcall_avv.endpoints.keys import KEY, new_key, new_secret


def test_keys_have_one_length_and_never_look_like_a_servers_own_meeting_id() -> None:
    keys = {new_key() for _ in range(2000)}
    assert len(keys) == 2000
    assert all(KEY.fullmatch(key) for key in keys)
    assert {key[0] for key in keys} == set("ghijklmnopqrstuvwxyz")
    assert set("".join(keys)) == set("abcdefghijklmnopqrstuvwxyz0123456789")


def test_the_pattern_takes_only_whole_keys() -> None:
    good = "k" + "a1" * 7 + "z"
    assert KEY.fullmatch(good)
    for bad in (good[:-1], good + "a", "a" + good[1:], "0" + good[1:], good.upper(), good[:-1] + "-", good + "\n", ""):
        assert KEY.fullmatch(bad) is None


def test_secrets_are_long_and_of_letters_and_digits_only() -> None:
    secrets = {new_secret() for _ in range(500)}
    assert len(secrets) == 500
    assert all(re.fullmatch(r"[A-Za-z0-9]{48}", secret) for secret in secrets)
    assert all(len(secret) >= MIN_SECRET_LENGTH for secret in secrets)
