"""Every setting once: name, type, unit, default, whether it is secret.

A setting comes from the ini file (``avv.upstream.total_seconds = 3``), from the environment
(``AVV_UPSTREAM_TOTAL_SECONDS=3``) or from a file that the environment names
(``AVV_BACKEND_SECRET_FILE=/run/secrets/x``). The environment wins. All mistakes are reported at once, by the setting's
own name.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Final, Literal, NamedTuple
from urllib.parse import urlsplit

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, ValidationError
from pydantic.fields import FieldInfo

_STRICT = ConfigDict(frozen=True, extra="forbid", validate_default=True)
_LOOPBACK: Final = frozenset(("127.0.0.1", "localhost", "::1"))


def _address(value: object) -> object:
    """Accept an address of scheme and host only, without user, query or fragment; a path is kept without its last
    slash.
    """
    at = urlsplit(value) if isinstance(value, str) else None
    if at is None or at.scheme not in ("http", "https") or not at.hostname or at.username or at.query or at.fragment:
        raise ValueError("must be an address such as https://avv.example.org, without user, query or fragment")
    return str(value).rstrip("/")


def _words(value: object) -> object:
    return tuple(value.replace(",", " ").split()) if isinstance(value, str) else value


Address = Annotated[str, BeforeValidator(_address)]
Words = Annotated[tuple[Literal["sha1", "sha256", "sha384", "sha512"], ...], BeforeValidator(_words)]


class PolicySettings(BaseModel):
    """Where the rules come from."""

    model_config = _STRICT
    directory: Path = Field(Path("policies"), description="Folder of the policy files.")
    engine: str = Field("declarative", description="Name of the engine, an entry point of senfcall_avv.policy_engines.")
    default_profile: str = Field("senfcall", description="Profile of a new organisation, and of the root document.")


class BackendSettings(BaseModel):
    """The BigBlueButton server, or the load balancer before several."""

    model_config = _STRICT
    url: Address = Field(description="Address up to and including /bigbluebutton, as the gateway reaches it.")
    public_url: Address | None = Field(None, description="The same as browsers reach it; default: backend.url.")
    secret: SecretStr = Field(description="The backend's shared secret (bbb-conf --secret).")
    algorithm: Literal["sha1", "sha256", "sha384", "sha512"] = Field("sha256", description="Hash for our own calls.")


class UpstreamSettings(BaseModel):
    """How the gateway talks to the backend."""

    model_config = _STRICT
    transport: Literal["requests", "curl"] = Field("requests", description="HTTP client; curl needs the extra `curl`.")
    connect_seconds: float = Field(1.0, gt=0, le=30, description="Seconds to open a connection.")
    total_seconds: float = Field(3.0, gt=0, le=60, description="Seconds for a whole call.")
    create_seconds: float = Field(10.0, gt=0, le=60, description="Seconds for a whole create.")
    max_answer_bytes: int = Field(8 * 1024 * 1024, gt=0, description="Bytes of the largest answer that is read.")
    max_connections: int = Field(32, gt=0, description="Connections to the backend at once.")
    ca_bundle: Path | None = Field(
        None, description="File of certificate authorities; default: the system's known ones."
    )


class GatewaySettings(BaseModel):
    """The door of the plugins."""

    model_config = _STRICT
    url: Address | None = Field(
        None, description="Address of the gateway if it has a host of its own; default: public_url."
    )
    algorithms: Words = Field(("sha1", "sha256", "sha384", "sha512"), description="Hashes accepted from plugins.")
    snapshot_seconds: float = Field(1.0, gt=0, le=2, description="Seconds between looks for changed endpoints.")


class LedgerSettings(BaseModel):
    """The record of what was ignored and refused."""

    model_config = _STRICT
    flush_seconds: float = Field(5.0, gt=0, le=300, description="Seconds between writes of the counters.")


class ServerSettings(BaseModel):
    """The web server of ``avv serve``."""

    model_config = _STRICT
    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: int = Field(6543, ge=0, le=65535, description="Port to listen on.")
    threads: int = Field(32, gt=0, le=512, description="Worker threads.")
    trusted_proxy: str | None = Field(None, description="Address of the front proxy whose X-Forwarded-* headers count.")


class Settings(BaseModel):
    """All settings of one installation."""

    model_config = _STRICT
    environment: Literal["development", "production"] = Field(
        "production", description="Production refuses loose ends."
    )
    public_url: Address = Field(description="Address of the portal as people reach it.")
    database_url: str = Field(description="SQLAlchemy URL: sqlite:///var/avv.sqlite or postgresql://user@host/name.")
    keys_file: Path | None = Field(
        None, description="File with the keys that seal secrets, one `id:key` a line, newest first."
    )
    keys: SecretStr | None = Field(None, description="The same lines directly, for secret stores that give variables.")
    policy: PolicySettings = PolicySettings()
    backend: BackendSettings
    upstream: UpstreamSettings = UpstreamSettings()
    gateway: GatewaySettings = GatewaySettings()
    ledger: LedgerSettings = LedgerSettings()
    server: ServerSettings = ServerSettings()

    @property
    def gateway_url(self) -> str:
        return self.gateway.url or self.public_url

    @property
    def production(self) -> bool:
        return self.environment == "production"

    def endpoint_url(self, key: str) -> str:
        """Give what an organisation enters in its plugin: must end in ``/bigbluebutton/`` (several clients insist)."""
        return f"{self.gateway_url}/b/{key}/bigbluebutton/"


class SettingsError(Exception):
    """Settings that cannot be used; ``problems`` has a sentence for each."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("The settings cannot be used:\n" + "\n".join(f"  {problem}" for problem in problems))
        self.problems = problems


class Setting(NamedTuple):
    """One row of the list of settings."""

    name: str
    variable: str
    field: FieldInfo

    @property
    def secret(self) -> bool:
        return "SecretStr" in str(self.field.annotation)


def every_setting(model: type[BaseModel] = Settings, prefix: str = "avv") -> Iterator[Setting]:
    """List all settings in the order in which the model declares them."""
    for name, field in model.model_fields.items():
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            yield from every_setting(kind, f"{prefix}.{name}")
        else:
            full = f"{prefix}.{name}"
            yield Setting(full, full.upper().replace(".", "_"), field)


def _collect(ini: Mapping[str, Any], environment: Mapping[str, str]) -> tuple[dict[str, Any], list[str]]:
    known = {setting.name: setting for setting in every_setting()}
    problems = []
    for name in ini:
        if name.startswith("avv.") and name not in known:
            near = difflib.get_close_matches(name, known, 1)
            problems.append(f"{name}: there is no such setting" + (f"; did you mean {near[0]}?" if near else ""))
    values: dict[str, Any] = {}
    variables = {setting.variable for setting in known.values()}
    for setting in known.values():
        value = ini.get(setting.name)
        of_file = f"{setting.variable}_FILE"
        # AVV_KEYS_FILE is a setting of its own, not the file variant of AVV_KEYS.
        if of_file not in variables and (path := environment.get(of_file)):
            try:
                value = Path(path).read_text().rstrip("\n")
            except OSError as error:
                problems.append(f"{setting.name}: the file that {of_file} names cannot be read ({error.strerror})")
        value = environment.get(setting.variable, value)
        if value is None or value == "":
            continue
        at = values
        *sections, last = setting.name.split(".")[1:]
        for section in sections:
            at = at.setdefault(section, {})
        at[last] = value
    return values, problems


def _loose_ends(settings: Settings) -> Iterator[str]:
    """Say what development may have and production may not."""
    if not settings.public_url.startswith("https://"):
        yield "avv.public_url: must be https in production"
    if settings.gateway.url and not settings.gateway.url.startswith("https://"):
        yield "avv.gateway.url: must be https in production"
    if not (settings.keys or settings.keys_file):
        yield "avv.keys_file: is missing; `avv keys new` makes a key"
    backend = urlsplit(settings.backend.url)
    if backend.scheme != "https" and backend.hostname not in _LOOPBACK:
        yield "avv.backend.url: must be https unless the backend is on this machine"
    secret = settings.backend.secret.get_secret_value()
    if len(secret) < 16 or "change" in secret.lower() or "development" in secret:
        yield "avv.backend.secret: is a placeholder or too short; `bbb-conf --secret` on the backend shows the real one"


def load_settings(ini: Mapping[str, Any], environment: Mapping[str, str]) -> Settings:
    """Make the settings of an ini section and the environment. Raises SettingsError with every problem at once."""
    values, problems = _collect(ini, environment)
    try:
        settings = Settings(**values)
    except ValidationError as error:
        for fault in error.errors():
            name = "avv." + ".".join(str(part) for part in fault["loc"])
            words = "is missing" if fault["type"] == "missing" else fault["msg"].removeprefix("Value error, ")
            problems.append(f"{name}: {words}")
        raise SettingsError(problems) from None
    if settings.production:
        problems += _loose_ends(settings)
    if problems:
        raise SettingsError(problems)
    return settings
