"""Settings: where they come from, and what cannot be used."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from senfcall_avv.settings import SettingsError, every_setting, load_settings

LEAST = {
    "avv.environment": "development",
    "avv.public_url": "http://127.0.0.1:6543",
    "avv.database_url": "sqlite:///x.sqlite",
    "avv.backend.url": "http://127.0.0.1:6544/bigbluebutton",
    "avv.backend.secret": "simulator-secret-for-development-only",
}
PRODUCTION = {
    **LEAST,
    "avv.environment": "production",
    "avv.public_url": "https://avv.example.org",
    "avv.backend.url": "https://bbb.example.org/bigbluebutton",
    "avv.backend.secret": "AVeryLongSecretOfTheBackend0123456789",
    "avv.keys_file": "/etc/senfcall_avv/keys",
}
ROOT = Path(__file__).parents[2]


def problems(ini: dict[str, str], environment: dict[str, str] | None = None) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        load_settings(ini, environment or {})
    return caught.value.problems


def test_the_environment_wins_over_the_ini_file() -> None:
    settings = load_settings({**LEAST, "avv.upstream.total_seconds": "4"}, {"AVV_UPSTREAM_TOTAL_SECONDS": "2.5"})
    assert settings.upstream.total_seconds == 2.5


def test_a_secret_can_come_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text("from-a-file\n")
    settings = load_settings(LEAST, {"AVV_BACKEND_SECRET_FILE": str(file)})
    assert settings.backend.secret.get_secret_value() == "from-a-file"
    assert "from-a-file" not in repr(settings)


def test_the_file_of_keys_is_a_setting_of_its_own(tmp_path: Path) -> None:
    settings = load_settings(LEAST, {"AVV_KEYS_FILE": str(tmp_path / "keys")})
    assert settings.keys_file == tmp_path / "keys"
    assert settings.keys is None


def test_every_problem_is_named_at_once_by_its_setting() -> None:
    found = problems(
        {"avv.backend.url": "bbb", "avv.upstream.total_second": "3", "avv.server.port": "x"},
        {"AVV_BACKEND_SECRET_FILE": "/nonexistent"},
    )
    text = "\n".join(found)
    assert "avv.upstream.total_second: there is no such setting; did you mean avv.upstream.total_seconds?" in found
    assert "avv.public_url: is missing" in found
    assert "avv.backend.url: must be an address" in text
    assert "avv.server.port: " in text
    assert "avv.backend.secret: the file that AVV_BACKEND_SECRET_FILE names cannot be read" in text


@pytest.mark.parametrize(
    "url", ["", "ftp://h", "https://", "https://u:p@h", "https://h?x=1", "https://h#f", "avv.example.org", "//h"]
)
def test_an_address_is_scheme_and_host(url: str) -> None:
    assert any(line.startswith("avv.public_url") for line in problems({**LEAST, "avv.public_url": url}))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("avv.public_url", "http://avv.example.org"),
        ("avv.gateway.url", "http://api.example.org"),
        ("avv.backend.url", "http://bbb.example.org/bigbluebutton"),
        ("avv.backend.secret", "changeme-changeme-changeme"),
        ("avv.backend.secret", "short"),
        ("avv.backend.secret", LEAST["avv.backend.secret"]),
        ("avv.keys_file", ""),
    ],
)
def test_production_refuses_loose_ends(name: str, value: str) -> None:
    load_settings(PRODUCTION, {})
    assert [line.partition(":")[0] for line in problems({**PRODUCTION, name: value})] == [name]


def test_the_address_of_an_endpoint_ends_as_plugins_insist() -> None:
    settings = load_settings({**LEAST, "avv.gateway.url": "https://api.example.org/"}, {})
    assert settings.endpoint_url("k" * 16) == f"https://api.example.org/b/{'k' * 16}/bigbluebutton/"


def test_the_production_file_names_every_setting_with_its_default() -> None:
    text = (ROOT / "production.ini").read_text()
    written = dict(re.findall(r"^#?(avv\.[a-z_.]+) =(.*)$", text, re.MULTILINE))
    assert sorted(written) == sorted(setting.name for setting in every_setting())
    for name, value in re.findall(r"^#(avv\.[a-z_.]+) =(.*)$", text, re.MULTILINE):
        field = next(setting.field for setting in every_setting() if setting.name == name)
        default = field.default
        shown = (
            " ".join(default)
            if isinstance(default, tuple)
            else ""
            if field.is_required() or default is None
            else str(default)
        )
        assert value.strip() == shown, name


def test_both_shipped_files_can_be_used() -> None:
    from plaster import parse_uri
    from plaster_pastedeploy import Loader

    def section(name: str) -> dict[str, str]:
        return dict(Loader(parse_uri(str(ROOT / name))).get_wsgi_app_settings("main"))

    assert not load_settings(section("development.ini"), {}).production
    assert load_settings(section("production.ini"), {"AVV_BACKEND_SECRET": "AVeryLongSecretOfTheBackend"}).production
