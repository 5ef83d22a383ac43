"""``avv worker`` as processes: one of two leads, the other takes over, and a mail gets to its server."""

from __future__ import annotations

import json
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Self

import pytest
from demonstration import CHECKOUT, environment

from senfcall_avv.db import make_engine, make_session_factory
from senfcall_avv.mail.services import lend_key_ring
from senfcall_avv.sealing import KeyRing, generate_key_line
from tests.contracts_of.authority import Authority
from tests.factories.mails import TOKEN, make_mail
from tests.mail_server import MailServer, mail_server


class Worker:
    """A worker process, and what it says in its log."""

    def __init__(self, ini: Path, *arguments: str, **variables: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "senfcall_avv", "--config", str(ini), "worker", *arguments],
            env=environment(**variables),
            cwd=CHECKOUT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.said: list[str] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()

    def wait_for(self, event: str) -> None:
        """Wait until it has logged an event."""
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.said.append(line)
            if event in line.split():
                return
        raise AssertionError(f"exit code {self.process.wait()}\n{''.join(self.said)}")

    def end(self, number: int) -> int:
        self.process.send_signal(number)
        _, rest = self.process.communicate()
        self.said += rest.splitlines(keepends=True)
        return self.process.returncode


@pytest.fixture
def keys() -> str:
    return generate_key_line()


@pytest.fixture
def variables(keys: str) -> dict[str, str]:
    return {"AVV_KEYS": keys, "AVV_JOBS_ROUND_SECONDS": "0.1", "AVV_JOBS_LEASE_SECONDS": "2"}


@pytest.fixture
def ini(tmp_path: Path, database_url: str) -> Path:
    path = tmp_path / "worker.ini"
    rows = {
        "avv.environment": "development",
        "avv.public_url": "https://avv.example.org",
        "avv.database_url": database_url,
        "avv.backend.url": "http://127.0.0.1:9/bigbluebutton",
        "avv.backend.secret": "secret-of-a-backend-that-nobody-calls",
        "avv.mail.transport": "outbox",
    }
    path.write_text("[app:main]\nuse = egg:senfcall_avv\n" + "\n".join(f"{k} = {v}" for k, v in rows.items()) + "\n")
    return path


@pytest.fixture
def start(ini: Path, variables: dict[str, str]) -> Iterator[Callable[..., Worker]]:
    started: list[Worker] = []

    def start(*arguments: str, **more: str) -> Worker:
        started.append(Worker(ini, *arguments, **(variables | more)))
        return started[-1]

    yield start
    for worker in started:
        worker.__exit__()


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_one_of_two_leads_and_the_other_takes_over(start: Callable[..., Worker], number: signal.Signals) -> None:
    first = start()
    first.wait_for("worker.leads")
    second = start()
    second.wait_for("worker.stands_by")
    code = first.end(number)
    second.wait_for("worker.leads")
    if number is signal.SIGKILL:
        assert code == -signal.SIGKILL
    else:
        assert code == 0
        assert "worker.ended" in first.said[-1]
    assert second.end(signal.SIGTERM) == 0
    assert "Traceback" not in "".join(first.said + second.said)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[tuple[MailServer, str]]:
    folder = tmp_path / "authority"
    folder.mkdir()
    authority = Authority(folder)
    with mail_server(authority.server()) as server:
        yield server, authority.bundle


def test_a_mail_goes_from_the_outbox_to_the_mail_server(
    start: Callable[..., Worker], server: tuple[MailServer, str], database_url: str, keys: str, ini: Path
) -> None:
    engine = make_engine(database_url)
    factory = make_session_factory(engine)
    lend_key_ring(factory, lambda: KeyRing.from_text(keys))
    mail_id = make_mail(factory)
    engine.dispose()
    smtp = {
        "AVV_MAIL_TRANSPORT": "smtp",
        "AVV_MAIL_HOST": "127.0.0.1",
        "AVV_MAIL_PORT": str(server[0].port),
        "AVV_MAIL_CA_BUNDLE": server[1],
    }
    tried = start("--once", "mail-delivery", "--dry-run", **smtp)
    out, _ = tried.process.communicate()
    assert out == "mail-delivery: 1 mails would be sent (a try: nothing was changed)\n"
    assert server[0].taken == []
    sending = start("--once", "mail-delivery", **smtp)
    out, log = sending.process.communicate()
    assert out == "mail-delivery: 1 sent, 0 to be tried again, 0 given up\n"
    assert TOKEN not in log
    (taken,) = server[0].taken
    assert (taken.recipients, taken.encrypted) == (("ada@example.org",), True)
    assert taken.message["Message-ID"] == f"<{mail_id}@avv.example.org>"
    assert TOKEN in taken.text


def avv(ini: Path, keys: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "senfcall_avv", "--config", str(ini), *arguments]
    return subprocess.run(
        command, env=environment(AVV_KEYS=keys), cwd=CHECKOUT, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_what_runs_by_itself_is_listed_with_what_came_of_it(ini: Path, keys: str) -> None:
    assert avv(ini, keys, "worker", "--once", "ledger-retention").stdout == "ledger-retention: 0 rows deleted\n"
    listed = avv(ini, keys, "jobs", "list", "--json")
    rows = {row["name"]: row for row in json.loads(listed.stdout)}
    assert rows["ledger-retention"]["result"] == "0 rows deleted"
    assert rows["ledger-retention"]["when"] == "daily at 03:10 UTC"
    assert rows["ledger-retention"]["last"] < rows["ledger-retention"]["next"]
    assert rows["mail-delivery"]["last"] is None
    lines = avv(ini, keys, "jobs", "list").stdout.splitlines()
    assert len(lines) == len(rows)
    assert next(line for line in lines if line.startswith("mail-delivery")).endswith("never ran")


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("--once", "nothing"), 1, "There is no job nothing; there are: "),
        (("--dry-run",), 2, "goes together with --once"),
    ],
)
def test_what_cannot_be_run_is_told(ini: Path, keys: str, arguments: tuple[str, ...], code: int, words: str) -> None:
    result = avv(ini, keys, "worker", *arguments)
    assert (result.returncode, result.stdout) == (code, "")
    assert words in result.stderr


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_job_that_fails_ends_with_its_type_and_code_1(ini: Path, keys: str, database_url: str) -> None:
    with sqlite3.connect(database_url.removeprefix("sqlite:///")) as database:
        database.execute("DROP TABLE ledger_entries")
    database.close()
    result = avv(ini, keys, "worker", "--once", "ledger-retention")
    assert result.returncode == 1
    assert result.stderr.splitlines()[-1] == "Error: ledger-retention failed with OperationalError."
    assert "Traceback" not in result.stderr
    row = next(row for row in json.loads(avv(ini, keys, "jobs", "list", "--json").stdout) if row["failures"])
    assert (row["name"], row["error"], row["result"]) == ("ledger-retention", "OperationalError", None)
