"""Every ``avv`` command: what it prints for people and for programs, how it ends, and when it takes effect."""

from __future__ import annotations

import json
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from demonstration import CHECKOUT
from listening import captured_log
from product import Plugin, Product, outcome

from senfcall_avv.cli import avv, find_commands
from senfcall_avv.endpoints.keys import KEY
from senfcall_avv.gateway.tween import GATE
from senfcall_avv.sealing import KeyRing, generate_key_line
from senfcall_avv.settings import every_setting

CHOIR = "Chor Beispiel e. V."
BACKEND_SECRET = "secret-of-the-backend-that-nobody-may-print"
HEAVY = ("pyramid", "sqlalchemy", "pydantic", "lxml", "alembic", "waitress", "webob", "requests")

Run = Callable[..., Result]
RunJson = Callable[..., Any]


def write_ini(path: Path, settings: dict[str, str]) -> Path:
    rows = "\n".join(f"{name} = {value.replace('%', '%%')}" for name, value in settings.items())
    path.write_text(f"[app:main]\nuse = egg:senfcall_avv\n{rows}\n")
    return path


@pytest.fixture
def settings(tmp_path: Path, migrated_sqlite: Path) -> dict[str, str]:
    """The settings of an installation; a test may change them before it runs a command."""
    keys = tmp_path / "keys"
    keys.write_text(generate_key_line() + "\n")
    keys.chmod(0o600)
    return {
        "avv.environment": "development",
        "avv.public_url": "https://avv.example.org",
        "avv.database_url": f"sqlite:///{shutil.copy(migrated_sqlite, tmp_path / 'commands.sqlite')}",
        "avv.keys_file": str(keys),
        "avv.policy.directory": str(CHECKOUT / "policies"),
        "avv.backend.url": "http://127.0.0.1:9/bigbluebutton",
        "avv.backend.secret": BACKEND_SECRET,
    }


@pytest.fixture
def run(tmp_path: Path, settings: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    """Runs a command in a checkout with these settings; errors that are no words for people break the test."""
    monkeypatch.chdir(CHECKOUT)

    def run(*arguments: str, **variables: str) -> Result:
        config = write_ini(tmp_path / "avv.ini", settings)
        result = CliRunner(env=variables).invoke(avv, ["--config", str(config), *arguments])
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exc_info
        assert "Traceback" not in result.output
        return result

    with captured_log():
        yield run


@pytest.fixture
def run_json(run: Run) -> RunJson:
    def run_json(*arguments: str) -> Any:
        result = run(*arguments, "--json")
        assert result.exit_code == 0, result.output
        return json.loads(result.stdout)

    return run_json


@pytest.fixture
def made(run_json: RunJson) -> dict[str, Any]:
    """An organisation with an endpoint, as the command that made it tells."""
    found: dict[str, Any] = run_json("endpoints", "create", CHOIR, "--new")
    return found


class TestHelp:
    def test_help_lists_every_command_with_its_purpose(self, run: Run) -> None:
        listed = run("--help").stdout
        assert set(find_commands()) == {
            *("audit", "demo", "endpoints", "jobs", "keys", "ledger", "mail", "migrate", "policy", "serve"),
            *("settings", "staff", "tree", "worker"),
        }
        for name, command in find_commands().items():
            assert command.help
            assert f"  {name} " in listed

    @pytest.mark.parametrize("arguments", [("--help",), ("--version",)])
    def test_it_is_quick_for_it_loads_nothing_heavy(self, arguments: tuple[str, ...]) -> None:
        code = (
            "import sys\nfrom senfcall_avv.cli import main\nsys.argv = ['avv', *sys.argv[1:]]\n"
            "try:\n    main()\nexcept SystemExit:\n    pass\nprint(*sorted(sys.modules))"
        )
        done = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=True)
        loaded = {name.partition(".")[0] for name in done.stdout.splitlines()[-1].split()}
        assert "click" in loaded
        assert loaded & set(HEAVY) == set()

    @pytest.mark.parametrize("name", sorted(find_commands()))
    def test_each_command_explains_itself(self, run: Run, name: str) -> None:
        result = run(name, "--help")
        assert result.exit_code == 0
        assert result.stdout.startswith(f"Usage: avv {name}")

    def test_an_unknown_command_is_a_usage_error(self, run: Run) -> None:
        result = run("endpoint")
        assert result.exit_code == 2
        assert "No such command 'endpoint'" in result.stderr

    def test_without_settings_the_way_to_them_is_told(self, tmp_path: Path) -> None:
        result = CliRunner().invoke(avv, ["--config", str(tmp_path / "none.ini"), "settings"])
        assert result.exit_code == 1
        assert "Name the ini file with --config or AVV_CONFIG." in result.stderr

    def test_unusable_settings_are_all_named_at_once(self, run: Run, settings: dict[str, str]) -> None:
        settings |= {"avv.backend.urls": "x", "avv.server.port": "many"}
        result = run("settings")
        assert result.exit_code == 1
        assert "avv.backend.urls: there is no such setting; did you mean avv.backend.url?" in result.stderr
        assert "avv.server.port: " in result.stderr


class TestEndpoints:
    def test_create_prints_all_that_a_plugin_needs(self, made: dict[str, Any], run: Run) -> None:
        assert set(made) == {
            "key", "organization", "name", "profile", "state", "url", "created_at", "secrets", "secret"
        }  # fmt: skip
        assert KEY.fullmatch(made["key"])
        assert made["url"] == f"https://avv.example.org/b/{made['key']}/bigbluebutton/"
        assert (made["name"], made["state"], made["profile"]) == (CHOIR, "active", "senfcall")
        said = run("endpoints", "create", made["organization"]).stdout
        assert f"Organisation  {CHOIR} ({made['organization']})" in said
        assert "https://avv.example.org/b/" in said

    def test_create_refuses_what_it_does_not_know(self, run: Run, made: dict[str, Any]) -> None:
        for arguments in (("nobody",), (CHOIR, "--profile", "senfcall"), ("Neu", "--new", "--profile", "nothing")):
            result = run("endpoints", "create", *arguments)
            assert result.exit_code in {1, 2}
            assert result.stderr
            assert result.stdout == ""

    def test_list_shows_no_secret(self, run: Run, run_json: RunJson, made: dict[str, Any]) -> None:
        (row,) = run_json("endpoints", "list")
        assert row == {name: value for name, value in made.items() if name != "secret"}
        said = run("endpoints", "list").stdout
        assert made["key"] in said
        assert CHOIR in said
        assert made["secret"] not in said

    def test_rotate_prints_the_new_secret_and_keeps_the_old_for_a_day(
        self, run_json: RunJson, made: dict[str, Any]
    ) -> None:
        rotated = run_json("endpoints", "rotate", made["key"])
        assert rotated["secret"] != made["secret"]
        assert sorted(secret["valid_until"] is None for secret in rotated["secrets"]) == [False, True]

    def test_a_rotation_during_an_overlap_wants_to_be_confirmed(self, run: Run, made: dict[str, Any]) -> None:
        assert run("endpoints", "rotate", made["key"]).exit_code == 0
        refused = run("endpoints", "rotate", made["key"])
        assert refused.exit_code == 1
        assert "confirm" in refused.stderr
        assert "Secret  " in run("endpoints", "rotate", made["key"], "--confirm").stdout

    def test_pause_and_resume_tell_the_state(self, run: Run, run_json: RunJson, made: dict[str, Any]) -> None:
        assert run_json("endpoints", "pause", made["key"])["state"] == "paused_hard"
        assert "active" in run("endpoints", "resume", made["key"]).stdout

    @pytest.mark.parametrize("name", ["rotate", "pause", "resume"])
    def test_an_unknown_key_is_one_sentence(self, run: Run, name: str) -> None:
        result = run("endpoints", name, "zzzzzzzzzzzzzzzz")
        assert (result.exit_code, result.stdout) == (1, "")
        assert result.stderr == "Error: no endpoint has this key\n"

    def test_keys_that_cannot_be_used_are_one_sentence(self, run: Run, settings: dict[str, str]) -> None:
        settings["avv.keys_file"] += ".gone"
        result = run("endpoints", "create", CHOIR, "--new")
        assert result.exit_code == 1
        assert result.stderr.startswith("Error: The keys cannot be used: ")


class TestPolicy:
    def test_check(self, run: Run, run_json: RunJson) -> None:
        checked = run_json("policy", "check")
        assert set(checked) >= {"ok", "files", "profiles", "revision", "tests", "diagnostics"}
        assert checked["ok"] is True
        assert "senfcall" in checked["profiles"]
        assert checked["tests"]["failed"] == 0
        assert f"would become revision {checked['revision']}" in run("policy", "check").stdout

    def test_a_mistake_is_told_with_file_line_and_exit_code(self, run: Run, tmp_path: Path) -> None:
        folder = tmp_path / "policies"
        shutil.copytree(CHECKOUT / "policies", folder)
        text = (folder / "senfcall.toml").read_text()
        (folder / "senfcall.toml").write_text(text.replace('"attendeePW"', '"attendePW"', 1))
        line = text[: text.index('"attendeePW"')].count("\n") + 1
        result = run("policy", "check", "--directory", str(folder))
        assert result.exit_code == 1
        assert f"senfcall.toml:{line}" in result.stdout
        assert "attendeePW" in result.stdout
        told = json.loads(run("policy", "check", "--directory", str(folder), "--json").stdout)
        assert told["ok"] is False
        assert told["diagnostics"]

    def test_show(self, run: Run, run_json: RunJson) -> None:
        shown = run_json("policy", "show", "senfcall", "create")
        assert (shown["profile"], shown["call"], shown["verb"]) == ("senfcall", "create", "forward")
        said = run("policy", "show", "senfcall", "create").stdout
        assert "maxParticipants" in said
        assert "senfcall.toml:" in said
        assert run("policy", "show", "senfcal").exit_code == 2

    def test_explain(self, run: Run, run_json: RunJson) -> None:
        query = "create?name=Kurs&meetingID=k1&attendeePW=geheim&logo=x"
        explained = run_json("policy", "explain", "--profile", "senfcall", query)
        assert explained["call"] == "create"
        assert "logo" in json.dumps(explained)
        said = run("policy", "explain", "--profile", "senfcall", query).stdout
        assert "not_listed" in said
        assert "geheim" not in said


class TestLedger:
    def test_show_tells_what_happened(self, run: Run, run_json: RunJson, made: dict[str, Any]) -> None:
        shown = run_json("ledger", "show", CHOIR)
        assert set(shown) == {"organization", "since", "calls", "entries"}
        assert shown["organization"] == made["organization"]
        assert shown["entries"] == []
        assert "0 calls in 7 days" in run("ledger", "show", CHOIR).stdout

    def test_an_unknown_organisation_is_one_sentence(self, run: Run) -> None:
        result = run("ledger", "show", "nobody")
        assert (result.exit_code, result.stdout) == (1, "")
        assert result.stderr.startswith("Error: ")

    def test_what_the_gateway_noted_is_shown(
        self, product: Product, a: Plugin, run: Run, run_json: RunJson, settings: dict[str, str], ini: dict[str, str]
    ) -> None:
        settings["avv.database_url"] = ini["avv.database_url"]
        a.create(record="true", logo="x")
        a.call("end", {"meetingID": "room"})
        product.registry["avv.recorder"].flush()
        shown = run_json("ledger", "show", "Verein A e. V.")
        assert shown["calls"] == {"forwarded": 0, "partly": 1, "answered_here": 0, "refused": 1}
        noted = {(entry["call"], entry["name"], entry["reason"]) for entry in shown["entries"]}
        assert noted >= {("create", "record", "forced"), ("create", "logo", "not_listed")}
        assert "1 in part" in run("ledger", "show", "Verein A e. V.").stdout


class TestOperations:
    def test_tree_shows_resources_and_views(self, run: Run, run_json: RunJson) -> None:
        rows = run_json("tree")["tree"]
        assert {"depth", "name", "kind", "views"} == set(rows[0])
        (api,) = (row for row in rows if row["kind"] == "ApiResource" and row["depth"] == 4)
        assert set(api["views"]) >= {"create", "join", "getMeetings", "getMeetingInfo", "isMeetingRunning"}
        assert "ApiResource" in run("tree").stdout

    def test_settings_are_all_shown_and_none_of_the_secrets(
        self, run: Run, run_json: RunJson, settings: dict[str, str]
    ) -> None:
        keys = generate_key_line()
        settings["avv.keys"] = keys
        settings["avv.database_url"] = "postgresql://avv:geheim1@127.0.0.1/avv?sslpassword=geheim2"
        rows = {row["name"]: row["value"] for row in run_json("settings")["settings"]}
        assert set(rows) == {setting.name for setting in every_setting()}
        assert rows["avv.public_url"] == "https://avv.example.org"
        assert rows["avv.database_url"].startswith("postgresql://avv:")
        for said in (run("settings").stdout, json.dumps(rows)):
            for secret in (BACKEND_SECRET, keys.split(":")[1], "geheim1", "geheim2"):
                assert secret not in said
        assert "AVV_BACKEND_SECRET" in run("settings").stdout

    def test_settings_tell_what_the_environment_changed(self, run: Run) -> None:
        assert "avv.server.port = 7777\n" in run("settings", AVV_SERVER_PORT="7777").stdout

    def test_a_new_key_can_be_used(self, run: Run, run_json: RunJson) -> None:
        first, second = run("keys", "new").stdout, run_json("keys", "new")["key"]
        assert first.strip() != second
        for line in (first, second):
            ring = KeyRing.from_text(line)
            assert ring.open(ring.seal(b"text", "table.column.1"), "table.column.1") == b"text"

    def test_migrate_makes_the_tables_and_may_be_repeated(
        self, run: Run, run_json: RunJson, settings: dict[str, str], tmp_path: Path
    ) -> None:
        settings["avv.database_url"] = f"sqlite:///{tmp_path / 'empty.sqlite'}"
        assert run("migrate").stdout == "The database is up to date.\n"
        assert run_json("migrate") == {"migrated": True}
        database = sqlite3.connect(tmp_path / "empty.sqlite")
        tables = {name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        database.close()
        assert tables >= {"organizations", "endpoints", "endpoint_secrets"}

    def test_demo_has_nothing_to_show_in_production(self, run: Run, settings: dict[str, str]) -> None:
        settings["avv.environment"] = "production"
        result = run("demo", "--json")
        assert (result.exit_code, result.stdout) == (1, "")
        assert "works in development only" in result.stderr


class TestEffectOnARunningGateway:
    """Each process looks for changed endpoints at least every two seconds: here it looks when it is told to."""

    @pytest.fixture(autouse=True)
    def same_database(self, settings: dict[str, str], ini: dict[str, str], product: Product) -> None:
        settings |= {"avv.database_url": ini["avv.database_url"], "avv.keys": ini["avv.keys"]}
        del settings["avv.keys_file"]

    @pytest.fixture
    def refresh(self, product: Product) -> Callable[[], None]:
        found: Callable[[], None] = product.registry["avv.snapshot"].refresh
        return found

    def asks(self, plugin: Plugin, secret: str) -> str:
        query = plugin.sign("getMeetings", "", secret=secret)
        return outcome(plugin.app.get(f"{plugin.base}getMeetings?{query}"))

    def test_a_paused_endpoint_is_like_an_unknown_one_until_it_is_resumed(
        self, run: Run, a: Plugin, b: Plugin, refresh: Callable[[], None]
    ) -> None:
        assert outcome(a.call("getMeetings")) == "SUCCESS"
        assert run("endpoints", "pause", a.key).exit_code == 0
        refresh()
        assert outcome(a.call("getMeetings")) == "checksumError"
        assert outcome(b.call("getMeetings")) == "SUCCESS"
        assert run("endpoints", "resume", a.key).exit_code == 0
        refresh()
        assert outcome(a.call("getMeetings")) == "SUCCESS"

    def test_both_secrets_are_valid_until_the_overlap_is_over(
        self, run_json: RunJson, product: Product, a: Plugin, refresh: Callable[[], None]
    ) -> None:
        new = run_json("endpoints", "rotate", a.key, "--overlap", "24h")["secret"]
        refresh()
        assert (self.asks(a, a.secret), self.asks(a, new)) == ("SUCCESS", "SUCCESS")
        day = timedelta(hours=24).total_seconds()
        for seconds, expected in ((day - 60, "SUCCESS"), (day + 60, "checksumError")):
            moment = time.time() + seconds
            product.registry[GATE] = product.registry[GATE]._replace(clock=lambda moment=moment: moment)
            assert (self.asks(a, a.secret), self.asks(a, new)) == (expected, "SUCCESS")

    def test_without_an_overlap_the_old_secret_is_over_at_once(
        self, run_json: RunJson, a: Plugin, refresh: Callable[[], None]
    ) -> None:
        new = run_json("endpoints", "rotate", a.key, "--overlap", "0")["secret"]
        refresh()
        assert (self.asks(a, a.secret), self.asks(a, new)) == ("checksumError", "SUCCESS")

    def test_a_new_endpoint_answers(self, run_json: RunJson, a: Plugin, refresh: Callable[[], None]) -> None:
        assert outcome(a.call("getMeetings")) == "SUCCESS"  # the gateway has read all endpoints by now
        made = run_json("endpoints", "create", CHOIR, "--new")
        plugin = Plugin(a.app, made["key"], made["secret"])
        refresh()
        assert outcome(plugin.call("getMeetings")) == "SUCCESS"
