from __future__ import annotations

import pickle
import sys
from types import ModuleType
from typing import Any, get_args

import pytest

from senfcall_avv.gateway.transports import NAMES, Options, UpstreamError, make
from senfcall_avv.gateway.transports.addresses import split
from senfcall_avv.gateway.transports.interface import Reason


def test_curl_without_pycurl_says_which_extra_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pycurl", None)
    with pytest.raises(ImportError, match=r"not installed: .* pip install --upgrade 'senfcall_avv\[curl\]'"):
        make("curl")


def test_curl_with_a_pycurl_that_cannot_forbid_a_repetition_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    old = ModuleType("pycurl")
    old.version = "PycURL/7.45.1 libcurl/7.76.1"  # type: ignore[attr-defined] # a module of our own making
    monkeypatch.setitem(sys.modules, "pycurl", old)
    with pytest.raises(ImportError, match=r"too old \(PycURL/7\.45\.1 .*\): install the extra"):
        make("curl")


def test_requests_does_not_need_pycurl(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pycurl", None)
    transport = make("requests")
    assert transport.name == "requests"
    transport.close()


def test_an_unknown_name_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match="No transport is called 'telnet'; there are: requests, curl"):
        make("telnet")
    assert NAMES == ("requests", "curl")


@pytest.mark.parametrize(
    "options",
    [
        {"connect_seconds": 0},
        {"idle_seconds": -1},
        {"max_bytes": 0},
        {"max_connections": 0},
        {"user_agent": ""},
        {"user_agent": " "},
        {"user_agent": "a\r\nX-Injected: yes"},
        {"user_agent": "ü"},
    ],
)
def test_options_without_sense_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        Options(**options)


@pytest.mark.parametrize("reason", get_args(Reason))
def test_an_error_says_its_reason_in_words_and_survives_pickling(reason: Reason) -> None:
    error = UpstreamError(reason)
    assert str(error).startswith(f"{reason}: ")
    assert len(str(error)) > len(reason) + 20
    assert pickle.loads(pickle.dumps(error)).reason == reason  # noqa: S301 - our own bytes


@pytest.mark.parametrize(
    ("url", "secure", "host", "port", "target"),
    [
        ("http://bbb.example.org/b", False, "bbb.example.org", 80, "/b"),
        ("https://bbb.example.org/b?x=%7e", True, "bbb.example.org", 443, "/b?x=%7e"),
        ("https://BBB.example.org:8443/", True, "bbb.example.org", 8443, "/"),
        ("http://[::1]:8090//b/../c", False, "::1", 8090, "//b/../c"),
    ],
)
def test_a_url_is_taken_apart_and_its_target_left_alone(
    url: str, secure: bool, host: str, port: int, target: str
) -> None:
    address, found = split(url)
    assert (address.secure, address.host, address.port, found) == (secure, host, port, target)
