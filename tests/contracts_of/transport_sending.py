"""What goes out: the target as built, four headers, and nothing from anywhere else."""

from __future__ import annotations

import gzip
import logging
from pathlib import Path

import pytest

from senfcall_avv.gateway.transports import Transport
from tests.contracts_of.transport_case import SECRET, TARGET, Build, TransportCase, ask, reason
from tests.contracts_of.wire import OK, Wire, always, answer, once

TARGETS = [
    "/",
    "/b?",
    "/b/api/create?name=%7E~%7e&x=%2F%2f%c3%A4",
    "/b/api/create?name='()*!;:@&=+$,/?",
    "/b/api/create?name=100%&other=%zz%4",
    "/b/../api/./create//x?a=../..",
    '/b/api/create?name=[a]{b}|c^d"e<f>g`h\\i',
    "/b/api/create?a&b=&&=c&a",
    "/b/api/create?name=" + "x" * 8000,
]


class Sending(TransportCase):
    @pytest.mark.parametrize("target", TARGETS)
    def test_the_target_is_sent_byte_for_byte(self, transport: Transport, target: str) -> None:
        with Wire(always(OK)) as wire:
            assert ask(transport, wire, target).body == b"ok"
        assert wire.requests[0].partition(b" HTTP/1.1\r\n")[0] == b"GET " + target.encode()

    def test_four_headers_are_sent_and_no_other(self, build: Build) -> None:
        transport = build(user_agent="own-name")
        with Wire(always(OK)) as wire:
            ask(transport, wire)
        lines = wire.requests[0].decode().removesuffix("\r\n\r\n").split("\r\n")
        assert lines[0] == f"GET {TARGET} HTTP/1.1"
        assert sorted(lines[1:]) == [
            "Accept-Encoding: identity",
            "Accept: application/xml, text/xml, */*",
            f"Host: 127.0.0.1:{wire.port}",
            "User-Agent: own-name",
        ]

    def test_cookies_are_not_sent_back(self, transport: Transport) -> None:
        with Wire(always(answer(b"ok", "Set-Cookie: JSESSIONID=abc; Path=/"))) as wire:
            ask(transport, wire)
            ask(transport, wire)
        assert wire.requests[0] == wire.requests[1]
        assert b"ookie" not in wire.requests[1]

    @pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
    def test_a_redirect_is_reported_and_not_followed(self, transport: Transport, status: int) -> None:
        with Wire(always(OK)) as trap:
            there = f"{trap.origin}/client?sessionToken=1%2f#part"
            with Wire(always(answer(b"moved", f"Location: {there}", status=f"{status} Moved"))) as wire:
                reply = ask(transport, wire)
            assert (reply.status, reply.location, reply.body) == (status, there, b"moved")
            assert trap.accepted == 0

    def test_no_location_is_none_and_a_relative_one_stays_relative(self, transport: Transport) -> None:
        with Wire(once(OK), once(answer(b"", "location:   /there  ", status="302 Found"))) as wire:
            assert ask(transport, wire).location is None
            wire.wait_for(lambda it: it.ended == 1)
            assert ask(transport, wire).location == "/there"

    def test_two_locations_are_no_answer(self, transport: Transport) -> None:
        with Wire(always(answer(b"", "Location: /first", "Location: /second", status="302 Found"))) as wire:
            assert reason(transport, wire) == "protocol"

    @pytest.mark.parametrize("character", ["\x01", "\x7f", "\x85", "\xad"])
    def test_a_location_that_cannot_be_shown_is_no_answer(self, transport: Transport, character: str) -> None:
        head, _, rest = answer(b"", "Location: /a!b", status="302 Found").partition(b"!")
        with Wire(always(head + character.encode("latin-1") + rest)) as wire:
            assert reason(transport, wire) == "protocol"

    def test_a_location_among_the_trailers_does_not_count(self, transport: Transport) -> None:
        chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nLocation: /trailer\r\n\r\n"
        with Wire(always(chunked)) as wire:
            reply = ask(transport, wire)
        assert (reply.location, reply.body) == (None, b"ok")

    def test_a_folded_location_brings_no_line_break(self, transport: Transport) -> None:
        folded = answer(b"", "Location: /first\r\n X-Injected: yes", status="302 Found")
        with Wire(always(folded)) as wire:
            try:
                found = ask(transport, wire).location
            except Exception as error:  # noqa: BLE001 - any of our errors would do, and no other is raised
                assert getattr(error, "reason", None) == "protocol"  # noqa: PT017 - one of two fair outcomes
            else:
                assert found is not None
                assert found.isprintable()

    def test_a_compressed_body_is_handed_over_as_it_came(self, transport: Transport) -> None:
        packed = gzip.compress(b"0" * 100_000)
        with Wire(always(answer(packed, "Content-Encoding: gzip"))) as wire:
            assert ask(transport, wire).body == packed

    @pytest.mark.parametrize("status", [200, 201, 204, 304, 400, 404, 500, 503])
    def test_every_final_status_is_an_answer(self, transport: Transport, status: int) -> None:
        body = b"" if status in {204, 304} else b"text"
        with Wire(always(answer(body, status=f"{status} Whatever"))) as wire:
            replies = [ask(transport, wire) for _ in range(2)]
        assert [(reply.status, reply.body) for reply in replies] == [(status, body)] * 2

    def test_proxies_and_netrc_of_the_environment_are_ignored(
        self, build: Build, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        with Wire(always(OK)) as trap, Wire(always(OK)) as wire:
            for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
                monkeypatch.setenv(name, trap.origin)
            for name in ("NO_PROXY", "no_proxy"):
                monkeypatch.delenv(name, raising=False)
            netrc = tmp_path / ".netrc"
            netrc.write_text("machine 127.0.0.1 login somebody password open-sesame\ndefault login other password x\n")
            netrc.chmod(0o600)
            monkeypatch.setenv("HOME", str(tmp_path))
            monkeypatch.setenv("NETRC", str(netrc))
            assert ask(build(), wire).body == b"ok"
            assert trap.accepted == 0
        assert b"uthorization" not in wire.requests[0]

    @pytest.mark.parametrize(
        "rest",
        ["a b", "ä", "a\r\nX-Injected: yes", "a\n", "a\t", "a\x00", "a#part", "a\x7f"],
    )
    def test_what_is_not_encoded_is_refused_before_anything_is_sent(self, transport: Transport, rest: str) -> None:
        with Wire(always(OK)) as wire:
            with pytest.raises(ValueError, match=r"^not an absolute, encoded http or https URL$"):
                ask(transport, wire, "/b?" + rest)
            assert wire.accepted == 0

    @pytest.mark.parametrize(
        "url",
        [
            "/b/api", "ftp://127.0.0.1/", "file:///etc/hostname", "http://name:word@127.0.0.1/", "http://127.0.0.1",
            "http:///b", "http://127.0.0.1:x/", "http://127.0.0.1:99999/", "http://127.0.0.1?x", "http://[::1/", "http://a\\b/",
        ],
    )  # fmt: skip
    def test_other_urls_are_refused(self, transport: Transport, url: str) -> None:
        with pytest.raises(ValueError):
            transport.get(url, total_seconds=1, repeatable=True)

    def test_nothing_of_the_request_or_of_the_answer_is_logged(
        self, transport: Transport, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.DEBUG)
        mangled = b"HTTP/1.1 200 OK\r\nno header named Erika\r\nContent-Length: 2\r\n\r\nok"
        with Wire(once(OK), once(mangled), once(b"")) as wire:
            ask(transport, wire)
            wire.wait_for(lambda it: it.ended == 1)
            assert reason(transport, wire) == "protocol"
            assert reason(transport, wire) == "closed"
        assert SECRET not in caplog.text
        assert "Confidential" not in caplog.text
        assert "Erika" not in caplog.text
