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
from typing import Any, Literal, NamedTuple
from urllib.parse import urlsplit

from pydantic import BaseModel, Field, SecretStr, ValidationError
from pydantic.fields import FieldInfo

from senfcall_avv.settings.sections import (
    LOOPBACK,
    STRICT,
    AccountSettings,
    Address,
    ApplicationSettings,
    BackendSettings,
    ContractSettings,
    DocumentsSettings,
    GatewaySettings,
    JobsSettings,
    LedgerSettings,
    MailSettings,
    PolicySettings,
    ServerSettings,
    TextsSettings,
    UpstreamSettings,
)

__all__ = [
    "AccountSettings",
    "ApplicationSettings",
    "BackendSettings",
    "ContractSettings",
    "DocumentsSettings",
    "GatewaySettings",
    "JobsSettings",
    "LedgerSettings",
    "MailSettings",
    "PolicySettings",
    "ServerSettings",
    "Setting",
    "Settings",
    "SettingsError",
    "TextsSettings",
    "UpstreamSettings",
    "every_setting",
    "load_settings",
]


class Settings(BaseModel):
    """All settings of one installation."""

    model_config = STRICT
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
    documents: DocumentsSettings = DocumentsSettings()
    ledger: LedgerSettings = LedgerSettings()
    accounts: AccountSettings = AccountSettings()
    mail: MailSettings = MailSettings()
    jobs: JobsSettings = JobsSettings()
    server: ServerSettings = ServerSettings()
    application: ApplicationSettings = ApplicationSettings()
    contracts: ContractSettings = ContractSettings()
    texts: TextsSettings = TextsSettings()

    @property
    def gateway_url(self) -> str:
        return self.gateway.url or self.public_url

    @property
    def mail_sender(self) -> str:
        """The address that mails come from."""
        return self.mail.sender or f"senfcall-av@{urlsplit(self.public_url).hostname}"

    @property
    def mail_support(self) -> str:
        """The address that mails name for questions."""
        return self.mail.support or self.mail_sender

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
    if settings.accounts.hash_kib < 19 * 1024 or settings.accounts.hash_passes < 2:
        yield "avv.accounts.hash_kib, avv.accounts.hash_passes: at least 19456 KiB and 2 passes in production"
    if settings.mail.transport == "outbox":
        yield "avv.mail.transport: outbox is for development; smtp sends"
    if settings.mail.transport == "smtp" and settings.mail.tls == "none" and settings.mail.host not in LOOPBACK:
        yield "avv.mail.tls: none is for a mail server on this machine"
    backend = urlsplit(settings.backend.url)
    if backend.scheme != "https" and backend.hostname not in LOOPBACK:
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
