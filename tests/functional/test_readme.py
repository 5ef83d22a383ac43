"""README.md, carried out: its commands are read out of it and run as they stand, so that they cannot grow old."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
from pathlib import Path

import click
import pytest
import requests
from demonstration import CHECKOUT, Demonstration, copy_of_checkout, environment, two_free_ports

from senfcall_avv.cli import avv, find_commands
from senfcall_avv.settings import every_setting

README = (CHECKOUT / "README.md").read_text()
PROSE = re.sub(r"^```.*?^```", "", README, flags=re.MULTILINE | re.DOTALL)
BLOCKS = re.findall(r"^```sh\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
PACKAGE = CHECKOUT / "senfcall_avv"


def block(text: str) -> str:
    """Give the one block of commands that holds this text."""
    (found,) = (commands for commands in BLOCKS if text in commands)
    return str(found)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return copy_of_checkout(tmp_path)


def shell(folder: Path, commands: str, **more: str) -> str:
    """Run commands as they stand, in a checkout; give what they print. Each must succeed."""
    result = subprocess.run(
        ["sh", "-e"], input=commands, cwd=folder, env=environment(**more), capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, f"{commands}\n{result.stdout}\n{result.stderr}"
    return result.stdout


@pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed: apt-get install make")
def test_the_first_quarter_of_an_hour(folder: Path) -> None:
    port = two_free_ports()
    command = (*block("make serve").split(), f"PORT={port}")
    with Demonstration(folder, port, command) as running:
        said = running.ready()
        described = json.loads(shell(folder, block("demo --json\n")))
        assert described["portal"] in said
        answers = shell(folder, block("urllib.request"))
        running.end(signal.SIGINT, group=True)
    assert answers.count("<returncode>SUCCESS</returncode>") == 2
    assert answers.count("<meetingID>monday</meetingID>") == 2
    assert "<recording>false</recording>" in answers
    ledger = shell(folder, block("ledger show"))
    assert re.search(r"create +record ", ledger)
    assert re.search(r"create +logo ", ledger)


def test_the_policy_is_checked_shown_and_explained(folder: Path) -> None:
    checked, shown, explained = (shell(folder, line) for line in block("policy check").splitlines())
    assert "\nok, 0 errors" in checked
    assert "maxParticipants" in shown
    assert re.search(r"record +ignored forced .*\n.* logo +ignored not_listed ", explained)
    assert "(base.toml:" in explained
    assert "meetingID=k1 name=Kurs record=false" in explained


@pytest.fixture
def installation(folder: Path) -> tuple[Path, str, dict[str, str]]:
    """A machine with production.ini: its folder of settings, the README's commands for it, and variables."""
    settings = folder / "settings"
    settings.mkdir()
    (settings / "backend-secret").write_text("0123456789abcdef0123456789abcdef\n")
    places = {"/etc/senfcall_avv": str(settings), "/opt/senfcall_avv/bin": str(folder / ".venv/bin")}
    kept = [line for line in block("avv migrate").splitlines() if not line.startswith(("python3 -m venv", "/opt/"))]
    commands, ini = "\n".join(kept), (folder / "production.ini").read_text()
    for old, new in places.items():
        commands, ini = commands.replace(old, new), ini.replace(old, new)
    assert not re.search(r"(?<![\w.])/(etc|opt)/", commands)
    (folder / "production.ini").write_text(ini)
    variables = {
        "AVV_DATABASE_URL": f"sqlite:///{folder / 'avv.sqlite'}",
        "AVV_SERVER_PORT": str(two_free_ports()),
    }
    return settings, commands, variables


def test_an_installation_begins_as_described(folder: Path, installation: tuple[Path, str, dict[str, str]]) -> None:
    settings, commands, variables = installation
    process = subprocess.Popen(
        ["sh", "-e", "-c", commands],
        cwd=folder,
        env=environment(**variables),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None
    said = ""
    try:
        for line in process.stdout:
            said += line
            if line.startswith("Serving on"):
                break
        assert "Serving on" in said, said
        at = f"http://127.0.0.1:{variables['AVV_SERVER_PORT']}"
        (path,) = re.findall(r"^Address +https://avv\.example\.org(/\S+/)$", said, re.MULTILINE)
        headers = {"Host": "avv.example.org", "X-Forwarded-Proto": "https"}
        assert "<version>2.0</version>" in requests.get(f"{at}{path}api", headers=headers, timeout=30).text
        assert (settings / "keys").stat().st_mode & 0o777 == 0o600
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait()
        process.stdout.close()


def named_commands() -> list[tuple[str, ...]]:
    """List the commands that the README names, in its text, its blocks and its table."""
    spans = re.findall(r"`avv ([^`]+)`", PROSE)
    spans += [line for commands in BLOCKS for line in re.findall(r"(?:^|/)avv ([^>#\n]+)", commands, re.MULTILINE)]
    found = set()
    for span in spans:
        first, *others = span.replace("\\|", "|").split(" | ")
        words = [word for word in first.split() if re.fullmatch(r"[a-z]+", word)][:2]
        found |= {tuple(words), *((words[0], other.strip()) for other in others)}
    return sorted(found)


@pytest.mark.parametrize("words", named_commands(), ids=" ".join)
def test_a_command_that_is_named_exists(words: tuple[str, ...]) -> None:
    command: click.Command = avv
    for word in words:
        if not isinstance(command, click.Group):
            break  # an argument
        found = command.get_command(click.Context(avv), word)
        assert found is not None, f"avv {' '.join(words)}"
        command = found


def test_every_command_is_named() -> None:
    assert {words[0] for words in named_commands()} == set(find_commands())


def test_a_setting_that_is_named_exists() -> None:
    known = {setting.variable for setting in every_setting()} | {"AVV_CONFIG"}
    named = set(re.findall(r"\bAVV_[A-Z_]+\b", README))
    assert named
    assert {name if name in known else name.removesuffix("_FILE") for name in named} <= known


def test_a_file_that_is_named_exists() -> None:
    links = re.findall(r"\]\(([^):]+)\)", README)
    modules = re.findall(r"`((?:senfcall_avv/)?[a-z_]+/[a-z_]+\.py)`", README)
    assert links
    assert modules
    assert [link for link in links if not (CHECKOUT / link).exists()] == []
    assert [name for name in modules if not (PACKAGE / name.removeprefix("senfcall_avv/")).exists()] == []


def test_a_word_for_make_that_is_named_exists() -> None:
    targets = set(re.findall(r"^([a-z]+):", (CHECKOUT / "Makefile").read_text(), re.MULTILINE))
    named = set(re.findall(r"\bmake ([a-z]+)\b", "\n".join([*BLOCKS, *re.findall(r"`([^`]+)`", PROSE)])))
    assert {"serve", "test", "help"} <= named
    assert named <= targets
