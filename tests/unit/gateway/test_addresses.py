"""Which organisation and call a path names, in every spelling that plugins produce."""

from __future__ import annotations

import pytest

from senfcall_avv.gateway.addresses import Address, read

KEY = "k7q2x9w4m1p8z5t3"


@pytest.mark.parametrize(
    ("path", "call"),
    [
        (f"b/{KEY}/bigbluebutton", ""),
        (f"b/{KEY}/bigbluebutton/api", ""),
        (f"b/{KEY}/bigbluebutton/api/create", "create"),
        (f"b/{KEY}/bigbluebutton/api/api/create", "create"),
        (f"b/{KEY}/bigbluebuttonapi/create", "create"),
        (f"b/{KEY}/bigbluebutton/api/hooks/create", "hooks/create"),
        (f"b/{KEY}/bigbluebutton/api/create/x", "create/x"),
        (f"b/{KEY}/bigbluebutton/api/create.xml", "create.xml"),
        (f"b/{KEY}/bigbluebutton/api/api/api", "api"),
    ],
)
def test_spellings_of_an_api_address(path: str, call: str) -> None:
    assert read(tuple(path.split("/"))) == Address("call", KEY, call)


@pytest.mark.parametrize("key", ["", "k", KEY[:-1], KEY + "x", KEY.upper(), "a" + KEY[1:], "k" + "ä" * 15, "x" * 300])
def test_a_malformed_key_is_none(key: str) -> None:
    assert read(("b", key, "bigbluebutton", "api", "create")) == Address("call", None, "create")


@pytest.mark.parametrize(
    "path", ["bigbluebutton/api/create", "bigbluebutton/api", "bigbluebuttonapi/getMeetings", "bigbluebutton"]
)
def test_an_address_that_lost_its_key(path: str) -> None:
    assert read(tuple(path.split("/"))).kind == "no_key"


@pytest.mark.parametrize(
    "path", ["b", f"b/{KEY}", f"b/{KEY}/create", f"b/{KEY}/api/create", f"b/{KEY}/bigbluebutton/create"]
)
def test_what_is_no_api_address(path: str) -> None:
    assert read(tuple(path.split("/"))).kind == "not_api"
