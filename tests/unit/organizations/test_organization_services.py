from __future__ import annotations

import re
import unicodedata

import pytest
from sqlalchemy.exc import IntegrityError

from senfcall_avv.db import SessionFactory, session_scope
from senfcall_avv.organizations.models import Organization, new_id
from senfcall_avv.organizations.services import (
    OrganizationNotFound,
    OrganizationRefused,
    create_organization,
    find_organization,
)
from senfcall_avv.policy.engine import Limits
from tests.factories.organizations import make_organization


def test_ids_are_random_and_never_look_like_an_option() -> None:
    ids = {new_id() for _ in range(500)}
    assert len(ids) == 500
    assert all(re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]{21}", made) for made in ids)


def test_an_organization_is_found_by_id_and_by_name(session_factory: SessionFactory) -> None:
    with session_scope(session_factory) as session:
        made = create_organization(session, "  Musikfreunde Musterstadt ")
    with session_scope(session_factory, write=False) as session:
        assert find_organization(session, made.id).name == "Musikfreunde Musterstadt"
        assert find_organization(session, " Musikfreunde Musterstadt").id == made.id


def test_names_are_compared_in_one_unicode_form(session_factory: SessionFactory) -> None:
    with session_scope(session_factory) as session:
        made = create_organization(session, unicodedata.normalize("NFD", "Bücherstube Köln"))
        assert find_organization(session, "Bücherstube Köln").id == made.id
        assert find_organization(session, unicodedata.normalize("NFD", "Bücherstube Köln")).id == made.id


def test_a_name_that_two_have_finds_none_of_them(session_factory: SessionFactory) -> None:
    with session_scope(session_factory) as session:
        make_organization(session, "Förderverein")
        make_organization(session, "Förderverein")
        with pytest.raises(OrganizationNotFound) as caught:
            find_organization(session, "Förderverein")
    assert caught.value.reason == "ambiguous"


def test_an_unknown_organization_is_told_as_such(session_factory: SessionFactory) -> None:
    with session_scope(session_factory, write=False) as session, pytest.raises(OrganizationNotFound) as caught:
        find_organization(session, "Niemand e. V.")
    assert caught.value.reason == "unknown"


@pytest.mark.parametrize("name", ["", "x", "   y  ", "x" * 201, "two\nlines", "bell\x07bell", "\u202ereversed"])
def test_a_name_that_cannot_be_one_is_refused(session_factory: SessionFactory, name: str) -> None:
    with session_scope(session_factory) as session, pytest.raises(OrganizationRefused):
        create_organization(session, name)


def test_own_limits_are_stored_as_the_policy_names_them(session_factory: SessionFactory) -> None:
    limits = Limits(calls_per_minute=300, meetings=5, duration=90)
    with session_scope(session_factory) as session:
        made = create_organization(session, "Chor Beispiel", "minimal", limits)
    with session_scope(session_factory, write=False) as session:
        found = session.get_one(Organization, made.id)
        assert (found.limits, found.policy_profile) == (limits, "minimal")


def test_an_organization_without_numbers_has_no_limits_and_the_standard_profile(
    session_factory: SessionFactory,
) -> None:
    with session_scope(session_factory) as session:
        made = create_organization(session, "Chor Beispiel")
    with session_scope(session_factory, write=False) as session:
        found = session.get_one(Organization, made.id)
        assert (found.limits, found.policy_profile) == (Limits(), "senfcall")


def test_the_database_refuses_a_negative_limit(session_factory: SessionFactory) -> None:
    with pytest.raises(IntegrityError), session_scope(session_factory) as session:
        create_organization(session, "Chor Beispiel", limits=Limits(meetings=-1))
