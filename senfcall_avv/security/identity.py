"""What views ask for, and who asks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from senfcall_avv.i18n import Language


class Permission(StrEnum):
    """Everything that a view can ask for."""

    PUBLIC = "public"
    """Granted to everybody, whatever the access lists say."""
    UNDECLARED = "undeclared"
    """What a view asks for that says nothing: granted to nobody, whatever the access lists say."""

    VIEW = "view"
    EDIT = "edit"
    SUBMIT = "submit"
    MANAGE_MEMBERS = "manage_members"
    VIEW_DOCUMENTS = "view_documents"
    VIEW_ENDPOINT = "view_endpoint"
    MANAGE_ENDPOINT = "manage_endpoint"
    VIEW_CONTRACT = "view_contract"
    ACCEPT_CONTRACT = "accept_contract"
    VIEW_ACTIVITY = "view_activity"
    VIEW_HISTORY = "view_history"
    OWN_ACCOUNT = "own_account"
    REVIEW = "review"
    OPERATE = "operate"


@dataclass(frozen=True)
class Identity:
    """Who is logged in, by which session."""

    account_id: str
    session_id: str
    language: Language
    staff: frozenset[str]
    """Of ``reviewer`` and ``operator``; empty for members."""
    fresh_until: datetime
    """Until when sensitive acts need no new password; aware, UTC."""
    second_factor: bool
    """Whether this session passed one."""
