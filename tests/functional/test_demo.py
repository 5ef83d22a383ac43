"""``make serve`` and ``avv demo``, as processes."""

from __future__ import annotations

import json
import re
import shutil
import signal
import socket
import sqlite3
import stat
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests
from demonstration import Demonstration, avv, copy_of_checkout, environment, listens, two_free_ports

from senfcall_avv.endpoints.keys import KEY
from senfcall_avv.sealing import generate_key_line

PRODUCTION = {
    "AVV_ENVIRONMENT": "production",
    "AVV_PUBLIC_URL": "https://avv.example.org",
    "AVV_BACKEND_URL": "https://bbb.example.org/bigbluebutton",
    "AVV_BACKEND_SECRET": "0123456789abcdef0123456789abcdef",
    "AVV_MAIL_TRANSPORT": "smtp",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return copy_of_checkout(tmp_path)


@pytest.fixture
def start(folder: Path) -> Iterator[Callable[..., Demonstration]]:
    """Starts demonstrations and waits until they serve; what is left of them ends with the test."""
    started: list[Demonstration] = []

    def start(*command: str, port: int = 0) -> Demonstration:
        started.append(Demonstration(folder, port or two_free_ports(), command))
        started[-1].ready()
        return started[-1]

    yield start
    for demonstration in started:
        demonstration.__exit__()


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def answers(url: str) -> bool:
    return "<returncode>SUCCESS</returncode>" in requests.get(url, timeout=30).text


def test_the_first_start_plants_and_the_second_finds_it_again(
    folder: Path, start: Callable[..., Demonstration]
) -> None:
    first = start()
    assert mode(folder / "var/keys") == 0o600
    assert mode(folder / "var/avv.sqlite") == 0o600
    before = first.described()
    assert first.end(signal.SIGTERM) == 0
    second = start(port=first.port)
    assert second.described() == before
    assert len({endpoint["organization"] for endpoint in before["endpoints"]}) == 2
    assert len({endpoint["secret"] for endpoint in before["endpoints"]}) == 2
    with sqlite3.connect(folder / "var/avv.sqlite") as database:
        assert database.execute("SELECT count(*) FROM endpoints").fetchone() == (2,)
    database.close()


def test_programs_are_told_where_everything_is(demonstration: Demonstration) -> None:
    described = demonstration.described()
    assert set(described) == {"portal", "endpoints", "logins", "simulator"}
    assert described["portal"] == f"http://127.0.0.1:{demonstration.port}/"
    assert described["simulator"] == f"http://127.0.0.1:{demonstration.port + 1}/"
    assert described["logins"] == []
    for endpoint in described["endpoints"]:
        assert set(endpoint) == {"organization", "url", "secret"}
        at = re.fullmatch(r"http://127\.0\.0\.1:(\d+)/b/([^/]+)/bigbluebutton/", endpoint["url"])
        assert at is not None
        assert int(at[1]) == demonstration.port
        assert KEY.fullmatch(at[2])
        assert answers(endpoint["url"] + "api/")
    assert requests.get(described["simulator"], timeout=30).status_code == 200


def test_people_are_told_the_same_with_a_call_to_try(demonstration: Demonstration) -> None:
    described, said = demonstration.described(), demonstration.said
    for text in (described["portal"], described["simulator"]):
        assert text in said
    for endpoint in described["endpoints"]:
        for text in endpoint.values():
            assert text in said
    (create,) = re.findall(r"curl '([^']+)'", said)
    assert answers(create)
    (join,) = re.findall(r"^  (http\S+/join\?\S+)$", said, re.MULTILINE)
    with requests.Session() as browser:
        assert "Ada" in browser.get(join, timeout=30).text
    asked = avv(demonstration.folder, "demo")
    assert (asked.returncode, asked.stdout.strip()) == (0, said.strip())


def test_the_addresses_of_a_demonstration_that_is_not_running_can_be_asked_for(folder: Path) -> None:
    """Asking first plants what serving would plant."""
    result = avv(folder, "demo", "--json")
    assert result.returncode == 0, result.stderr
    described = json.loads(result.stdout)
    assert described["portal"] == "http://127.0.0.1:6543/"
    assert len(described["endpoints"]) == 2
    assert mode(folder / "var/keys") == 0o600


@pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed: apt-get install make")
def test_make_serve_takes_other_ports_and_leaves_nothing_behind(start: Callable[..., Demonstration]) -> None:
    port = two_free_ports()
    running = start("make", "serve", f"PORT={port}", port=port)
    described = running.described()
    assert described["portal"] == f"http://127.0.0.1:{port}/"
    assert answers(described["endpoints"][0]["url"] + "api/")
    assert running.listening == [port, port + 1]
    running.end(signal.SIGINT, group=True)
    assert running.gone
    assert running.listening == []


@pytest.mark.parametrize(
    ("number", "group"),
    [
        pytest.param(signal.SIGINT, True, id="Ctrl-C in a terminal"),
        pytest.param(signal.SIGINT, False, id="SIGINT to one process"),
        pytest.param(signal.SIGTERM, False, id="SIGTERM to one process"),
    ],
)
def test_a_signal_ends_both_processes_in_order(start: Callable[..., Demonstration], number: int, group: bool) -> None:
    running = start()
    assert running.listening == [running.port, running.port + 1]
    assert running.end(number, group=group) == 0
    assert running.gone
    assert running.listening == []


def test_a_signal_during_the_start_leaves_no_process_behind(folder: Path) -> None:
    """The simulated backend runs already then, and the server does not yet."""
    with Demonstration(folder, two_free_ports()) as starting:
        while not starting.listening:
            assert starting.process.poll() is None
        assert starting.end(signal.SIGTERM) == 0
        assert starting.gone


@pytest.mark.parametrize("taken", [0, 1], ids=["ours", "the simulator's"])
def test_a_port_in_use_is_one_clear_sentence(folder: Path, taken: int) -> None:
    port = two_free_ports()
    with socket.create_server(("127.0.0.1", port + taken)):
        result = avv(folder, "--config", "development.ini", "demo", "serve", "--port", str(port))
    assert result.returncode == 1
    assert result.stderr == (
        f"Error: Port {port + taken} is in use by another program. Take others with: make serve PORT={port + 1000}\n"
    )
    assert result.stdout == ""
    assert not listens(port + 1 - taken)


def test_a_second_demonstration_in_one_checkout_is_told_that_the_port_is_taken(demonstration: Demonstration) -> None:
    result = avv(demonstration.folder, "demo", "serve", "--port", str(demonstration.port))
    assert result.returncode == 1
    assert "is in use by another program" in result.stderr
    assert answers(demonstration.described()["endpoints"][0]["url"] + "api/")


@pytest.mark.parametrize("arguments", [("demo", "--json"), ("demo", "serve", "--port", "7001"), ("demo",)])
def test_production_has_no_demonstration(folder: Path, arguments: tuple[str, ...]) -> None:
    keys = generate_key_line()
    result = avv(folder, "--config", "development.ini", *arguments, **PRODUCTION, AVV_KEYS=keys)
    assert result.returncode == 1
    assert result.stderr == "Error: The demonstration works in development only (avv.environment).\n"
    assert result.stdout == ""
    assert not (folder / "var").exists()


def test_a_port_out_of_range_is_refused(folder: Path) -> None:
    result = avv(folder, "demo", "serve", "--port", "65535")
    assert result.returncode == 2
    assert "65535 is not in the range" in result.stderr


@pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed: apt-get install make")
def test_make_lists_its_words(folder: Path) -> None:
    listed = subprocess.run(["make"], cwd=folder, env=environment(), capture_output=True, text=True, check=True).stdout
    assert {"setup", "serve", "test", "lint", "types"} <= {line.split()[1] for line in listed.splitlines()}
