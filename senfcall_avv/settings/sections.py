"""The sections of the settings, one for each room that has any: name, type, unit, default, whether it is secret."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Final, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SecretStr

STRICT = ConfigDict(frozen=True, extra="forbid", validate_default=True)
_PLAIN_MAIL: Final = re.compile(r"[A-Za-z0-9._+-]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*")
LOOPBACK: Final = frozenset(("127.0.0.1", "localhost", "::1"))


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


def _mail_address(value: object) -> object:
    """Accept a plain address: what goes into mails' headers as it stands."""
    if not isinstance(value, str) or _PLAIN_MAIL.fullmatch(value) is None:
        raise ValueError("must be a plain address such as av@example.org")
    return value


Address = Annotated[str, BeforeValidator(_address)]
MailAddress = Annotated[str, BeforeValidator(_mail_address)]
Countries = Annotated[tuple[Literal["DE", "AT", "CH"], ...], BeforeValidator(_words), Field(min_length=1)]
Words = Annotated[tuple[Literal["sha1", "sha256", "sha384", "sha512"], ...], BeforeValidator(_words)]


class PolicySettings(BaseModel):
    """Where the rules come from."""

    model_config = STRICT
    directory: Path = Field(Path("policies"), description="Folder of the policy files.")
    engine: str = Field("declarative", description="Name of the engine, an entry point of senfcall_avv.policy_engines.")
    default_profile: str = Field("senfcall", description="Profile of a new organisation, and of the root document.")


class BackendSettings(BaseModel):
    """The BigBlueButton server, or the load balancer before several."""

    model_config = STRICT
    url: Address = Field(description="Address up to and including /bigbluebutton, as the gateway reaches it.")
    public_url: Address | None = Field(None, description="The same as browsers reach it; default: backend.url.")
    secret: SecretStr = Field(description="The backend's shared secret (bbb-conf --secret).")
    algorithm: Literal["sha1", "sha256", "sha384", "sha512"] = Field("sha256", description="Hash for our own calls.")


class UpstreamSettings(BaseModel):
    """How the gateway talks to the backend."""

    model_config = STRICT
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

    model_config = STRICT
    url: Address | None = Field(
        None, description="Address of the gateway if it has a host of its own; default: public_url."
    )
    algorithms: Words = Field(("sha1", "sha256", "sha384", "sha512"), description="Hashes accepted from plugins.")
    snapshot_seconds: float = Field(1.0, gt=0, le=2, description="Seconds between looks for changed endpoints.")


class DocumentsSettings(BaseModel):
    """What may be uploaded, and how much of it."""

    model_config = STRICT
    max_file_bytes: int = Field(10 * 1024 * 1024, gt=0, le=32 * 1024 * 1024, description="Bytes of one file.")
    max_files: int = Field(5, gt=0, le=50, description="Files of one application.")
    max_stored_bytes: int = Field(60 * 1024 * 1024, gt=0, description="Bytes kept for one organisation.")
    max_uploads_per_hour: int = Field(20, gt=0, description="Uploads of one organisation within an hour.")
    max_pages: int = Field(50, gt=0, le=1000, description="Pages of a PDF.")
    max_pixels: int = Field(40_000_000, gt=0, le=40_000_000, description="Pixels of an image.")
    max_side: int = Field(10_000, gt=0, le=60_000, description="Pixels of an image along one side.")
    scanner_socket: Path | None = Field(None, description="Unix socket of clamd; default: no virus scan.")
    scanner_seconds: float = Field(10.0, gt=0, le=60, description="Seconds that the scanner gets for a file.")
    scanner_required: bool = Field(False, description="Whether a file is refused when it could not be scanned.")


class LedgerSettings(BaseModel):
    """The record of what was ignored and refused."""

    model_config = STRICT
    flush_seconds: float = Field(5.0, gt=0, le=300, description="Seconds between writes of the counters.")


class AccountSettings(BaseModel):
    """People: how costly a guess at a password is. Production asks for 19 MiB and 2 passes at least."""

    model_config = STRICT
    hash_kib: int = Field(64 * 1024, ge=8, le=4 * 1024 * 1024, description="KiB of memory for one password hash.")
    hash_passes: int = Field(3, ge=1, le=100, description="Passes over that memory.")
    hash_lanes: int = Field(4, ge=1, le=16, description="Lanes of the hash.")
    hashes_at_once: int = Field(4, ge=1, le=64, description="Password hashes at once in a process.")
    idle_minutes: int = Field(8 * 60, ge=5, le=24 * 60, description="Minutes without a page until a session ends.")
    staff_idle_minutes: int = Field(60, ge=5, le=24 * 60, description="The same for reviewers and operators.")
    session_hours: int = Field(24, ge=1, le=72, description="Hours after which every session ends.")
    fresh_minutes: int = Field(5, ge=1, le=15, description="Minutes that a repeated password counts.")


class MailSettings(BaseModel):
    """How mails leave, and from whom."""

    model_config = STRICT
    transport: Literal["smtp", "outbox", "file"] = Field(
        "smtp", description="smtp sends; outbox keeps for a page in development; file writes into a folder."
    )
    host: str = Field("localhost", description="Mail server.")
    port: int = Field(587, gt=0, le=65535, description="Its port.")
    tls: Literal["starttls", "implicit", "none"] = Field(
        "starttls", description="starttls and implicit encrypt or do not send; none: for a server on this machine."
    )
    ca_bundle: Path | None = Field(None, description="File of certificate authorities; default: the system's.")
    user: str | None = Field(None, description="User at the mail server; default: no log-in.")
    password: SecretStr | None = Field(None, description="The user's password.")
    seconds: float = Field(20.0, gt=0, le=300, description="Seconds that the mail server gets for each step.")
    directory: Path = Field(Path("var/mails"), description="Folder that the transport file writes into.")
    sender: MailAddress | None = Field(None, description="Sender's address; default: senfcall-av@ the portal's host.")
    reply_to: MailAddress | None = Field(None, description="Where answers go; default: mail.support.")
    support: MailAddress | None = Field(None, description="Where people find help; default: mail.sender.")
    keep_days: int = Field(90, gt=0, le=3650, description="Days for which recipient, kind and result are kept.")


class JobsSettings(BaseModel):
    """What runs by itself in ``avv worker``."""

    model_config = STRICT
    mail_seconds: int = Field(5, ge=1, le=3600, description="Seconds between looks for mails that wait.")
    round_seconds: float = Field(5.0, gt=0, le=60, description="Seconds between looks who of several workers leads.")
    lease_seconds: int = Field(20, ge=2, le=600, description="Seconds until a dead leader is followed, on SQLite.")
    threads: int = Field(4, ge=1, le=32, description="Jobs at once.")
    keep_audit_days: int = Field(3653, ge=1096, description="Days for which the audit trail is kept.")


class ServerSettings(BaseModel):
    """The web server of ``avv serve``."""

    model_config = STRICT
    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: int = Field(6543, ge=0, le=65535, description="Port to listen on.")
    threads: int = Field(32, gt=0, le=512, description="Worker threads.")
    trusted_proxy: str | None = Field(None, description="Address of the front proxy whose X-Forwarded-* headers count.")


class ApplicationSettings(BaseModel):
    """What applications ask for, how long they wait, and what is kept of them."""

    model_config = STRICT
    countries: Countries = Field(("DE",), description="Countries whose organisations may apply: DE, AT, CH.")
    size_band: bool = Field(False, description="Whether the form asks how many paid positions there are.")
    usual_days: int = Field(4, gt=0, le=365, description="Days to an answer that are told until five were decided.")
    proof_years_exemption: int = Field(5, gt=0, le=20, description="Years for which a notice of exemption counts.")
    proof_years_new: int = Field(3, gt=0, le=20, description="Years for which a notice under § 60a AO counts.")
    invitation_days: int = Field(7, gt=0, le=60, description="Days in which an invitation can be accepted.")
    invitations_per_day: int = Field(20, gt=0, le=1000, description="Invitations that one organisation sends a day.")
    draft_days: int = Field(90, gt=0, le=3650, description="Days after which an untouched draft is deleted.")
    draft_reminder_days: int = Field(14, gt=0, le=90, description="Days before that on which its owners are warned.")
    keep_uploads_days: int = Field(30, gt=0, le=3650, description="Days for which files of a closed application stay.")
    keep_closed_days: int = Field(365, gt=0, le=3650, description="Days for which the rest of it stays.")


class ContractSettings(BaseModel):
    """The contract's texts."""

    model_config = STRICT
    directory: Path = Field(Path("contracts"), description="Folder of the contract's versions.")


class TextsSettings(BaseModel):
    """The operators' own words: terms, privacy, imprint, announcements."""

    model_config = STRICT
    directory: Path = Field(Path("texts"), description="Folder of these texts; its README explains them.")
