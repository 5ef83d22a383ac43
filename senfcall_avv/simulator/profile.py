"""What differs between the BBB versions that can be played."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final


@dataclass(frozen=True, slots=True)
class Profile:
    """One version's habits. Where a release is not known for certain, the stricter reading is taken."""

    name: str
    checksum_in_any_case: bool = False
    rebuilds_query: bool = False
    """A form POST without a query is hashed over a query rebuilt from the form."""
    strict_routes: bool = True
    """Fixed methods for each call, and the check of a body's content type."""
    routes_suffix: bool = False
    """``/api/create.xml`` reaches ``create``."""
    external_url_skips_validation: bool = True
    """``presentationUploadExternalUrl`` switches every other check off, the checksum's included."""
    answers_missing_id: bool = True
    """``create`` without meetingID is a validation error (before: HTTP 500)."""
    repeats_without_passwords: bool = True
    """A repeated ``create`` without passwords succeeds (before: idNotUnique)."""
    counts_online_only: bool = False
    customdata_always: bool = False
    separates_max_users: bool = False
    """maxUsers, too, has thousands separators in getMeetings."""
    sanitises_texts: bool = False
    guest_wait_page: bool = True
    guest_denial_is_error: bool = True
    error_redirect: bool = True
    """``errorRedirectUrl`` is known to the failures after validation."""
    error_redirect_everywhere: bool = False
    xml_validation_errors: bool = False
    """``redirect=false`` brings join's validation errors as XML."""
    xml_join_errors: bool = False
    """``redirect=false`` brings join's later errors as XML."""
    parent_missing_key: str = "parentMeetingIDMissing"
    checks_parent: bool = False
    chat_messages: bool = False
    graphql: bool = False
    plugin_sdk: bool = False
    client_path: str = "/html5client/join"
    layout_in_url: bool = False


_V2_7: Final = Profile(name="2.7", parent_missing_key="parentMeetingIdMissing")
_V2_5: Final = replace(
    _V2_7,
    name="2.5",
    rebuilds_query=True,
    strict_routes=False,
    routes_suffix=True,
    external_url_skips_validation=False,
    answers_missing_id=False,
    repeats_without_passwords=False,
    separates_max_users=True,
    guest_denial_is_error=False,
    error_redirect=False,
    parent_missing_key="parentMeetingIDMissing",
)
_V3_0B1: Final = replace(
    _V2_7,
    name="3.0b1",
    checksum_in_any_case=True,
    counts_online_only=True,
    customdata_always=True,
    sanitises_texts=True,
    guest_wait_page=False,
    xml_validation_errors=True,
    xml_join_errors=True,
    parent_missing_key="parentMeetingIDMissing",
    checks_parent=True,
    chat_messages=True,
    graphql=True,
)
_V3_0_15: Final = replace(
    _V3_0B1,
    name="3.0.15",
    error_redirect_everywhere=True,
    xml_validation_errors=False,
    plugin_sdk=True,
    client_path="/html5client/",
    layout_in_url=True,
)
PROFILES: Final = {profile.name: profile for profile in (_V2_5, _V2_7, _V3_0B1, _V3_0_15)}
