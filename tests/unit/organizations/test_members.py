from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from senfcall_avv.db import SessionFactory, session_scope
from senfcall_avv.mail.models import OutgoingMail
from senfcall_avv.mail.services import values_of
from senfcall_avv.organizations import invitations, members
from senfcall_avv.organizations.members import Acting, MembersRefused
from senfcall_avv.organizations.models import Invitation, Organization, Role
from senfcall_avv.sealing import KeyRing
from senfcall_avv.settings import Settings
from tests.factories.applications import NOW, make_account, make_member, owned_organization


def invite(
    session: Session, settings: Settings, organization: Organization, acting: Acting, address: str, **more: object
) -> Invitation:
    values: dict[str, object] = {"role": Role.TECHNICAL, "line": "", "language": "de", "now": NOW, **more}
    return invitations.invite(
        session,
        settings,
        organization_id=organization.id,
        acting=acting,
        address=address,
        **values,  # type: ignore[arg-type]  # the test's own dictionary
    )


def token_of(session: Session, ring: KeyRing, to: str) -> str:
    rows = session.scalars(
        select(OutgoingMail).where(OutgoingMail.message == "invitation", OutgoingMail.recipient == to)
    ).all()
    values = values_of(ring, max(rows, key=lambda row: (row.created_at, row.id)))
    assert values
    return values["link"].partition("?token=")[2]


def refused(reason: str) -> pytest.RaisesExc[MembersRefused]:
    return pytest.raises(MembersRefused, match=f"^{reason}$")


def test_an_invited_person_becomes_a_member_in_the_invited_role(
    session_factory: SessionFactory, settings: Settings, key_ring: KeyRing
) -> None:
    with session_scope(session_factory) as session:
        organization, owner = owned_organization(session)
        guest = make_account(session, "gast@example.org", language="en")
        invite(session, settings, organization, Acting(owner.id, Role.OWNER), " Gast@Example.org")
        token = token_of(session, key_ring, "gast@example.org")
        made = invitations.accept_invitation(session, settings, token, guest, NOW)
        assert (made.account_id, made.role) == (guest.id, Role.TECHNICAL)
        told = session.scalars(select(OutgoingMail).where(OutgoingMail.message == "member_added")).all()
        assert {mail.recipient for mail in told} == {owner.email, guest.email}
        roles = {mail.recipient: (values_of(key_ring, mail) or {})["role"] for mail in told}
        assert roles[owner.email] == "Technik"
        assert invitations.open_invitations(session, organization.id, NOW) == []
        with refused("ended"):
            invitations.accept_invitation(session, settings, token, guest, NOW)


def test_an_invitation_is_bound_to_its_confirmed_address(
    session_factory: SessionFactory, settings: Settings, key_ring: KeyRing
) -> None:
    with session_scope(session_factory) as session:
        organization, owner = owned_organization(session)
        invite(session, settings, organization, Acting(owner.id, Role.OWNER), "gast@example.org")
        token = token_of(session, key_ring, "gast@example.org")
        with refused("address"):
            invitations.accept_invitation(session, settings, token, make_account(session), NOW)
        with refused("address"):
            invitations.decline_invitation(session, token, make_account(session), NOW)
        unconfirmed = make_account(session, "gast@example.org", confirmed=False)
        with refused("address"):
            invitations.accept_invitation(session, settings, token, unconfirmed, NOW)


def test_an_invitation_ends_after_its_days(
    session_factory: SessionFactory, settings: Settings, key_ring: KeyRing
) -> None:
    with session_scope(session_factory) as session:
        organization, owner = owned_organization(session)
        guest = make_account(session, "gast@example.org")
        invite(session, settings, organization, Acting(owner.id, Role.OWNER), guest.email)
        token = token_of(session, key_ring, guest.email)
        assert invitations.invitation_of(session, token, NOW + timedelta(days=6, hours=23)) is not None
        assert invitations.invitation_of(session, token, NOW + timedelta(days=7)) is None
        with refused("ended"):
            invitations.accept_invitation(session, settings, token, guest, NOW + timedelta(days=7))


def test_a_newer_invitation_replaces_the_older_one(
    session_factory: SessionFactory, settings: Settings, key_ring: KeyRing
) -> None:
    with session_scope(session_factory) as session:
        organization, owner = owned_organization(session)
        acting = Acting(owner.id, Role.OWNER)
        invite(session, settings, organization, acting, "gast@example.org")
        old = token_of(session, key_ring, "gast@example.org")
        later = NOW + timedelta(hours=1)
        invite(session, settings, organization, acting, "gast@example.org", role=Role.PRIVACY, now=later)
        assert invitations.invitation_of(session, old, later) is None
        assert [row.role for row in invitations.open_invitations(session, organization.id, later)] == [Role.PRIVACY]


def test_a_declined_or_withdrawn_invitation_is_over(
    session_factory: SessionFactory, settings: Settings, key_ring: KeyRing
) -> None:
    with session_scope(session_factory) as session:
        organization, owner = owned_organization(session)
        acting = Acting(owner.id, Role.OWNER)
        guest = make_account(session, "gast@example.org")
        invite(session, settings, organization, acting, guest.email)
        invitations.decline_invitation(session, token_of(session, key_ring, guest.email), guest, NOW)
        assert invitations.open_invitations(session, organization.id, NOW) == []
        again = invite(session, settings, organization, acting, "anna@example.org")
        invitations.withdraw_invitation(session, organization.id, acting, again.id, NOW)
        with refused("unknown"):
            invitations.withdraw_invitation(session, organization.id, acting, again.id, NOW)
        with refused("ended"):
            invitations.accept_invitation(
                session, settings, token_of(session, key_ring, "anna@example.org"), make_account(session), NOW
            )


def test_another_organizations_invitation_cannot_be_withdrawn(
    session_factory: SessionFactory, settings: Settings
) -> None:
    with session_scope(session_factory) as session:
        organization, owner = owned_organization(session)
        other, stranger = owned_organization(session)
        made = invite(session, settings, organization, Acting(owner.id, Role.OWNER), "gast@example.org")
        with refused("unknown"):
            invitations.withdraw_invitation(session, other.id, Acting(stranger.id, Role.OWNER), made.id, NOW)


def test_a_member_is_not_invited_again(session_factory: SessionFactory, settings: Settings) -> None:
    with session_scope(session_factory) as session:
        organization, owner = owned_organization(session)
        with refused("member"):
            invite(session, settings, organization, Acting(owner.id, Role.OWNER), owner.email)


@pytest.mark.parametrize(
    "address", ["", "a@b", "a@b.de,c@d.de", '"x y"@b.de', "a@[127.0.0.1]", "a@b.de>", "a@b.de\n", "x" * 250 + "@b.de"]
)
def test_what_is_no_address_is_not_invited(session_factory: SessionFactory, settings: Settings, address: str) -> None:
    with session_scope(session_factory) as session:
        organization, owner = owned_organization(session)
        with refused("address"):
            invite(session, settings, organization, Acting(owner.id, Role.OWNER), address)


def test_the_twenty_first_invitation_of_a_day_is_refused(session_factory: SessionFactory, settings: Settings) -> None:
    with session_scope(session_factory) as session:
        organization, owner = owned_organization(session)
        acting = Acting(owner.id, Role.OWNER)
        for number in range(20):
            invite(session, settings, organization, acting, f"gast{number}@example.org")
        with refused("limit"):
            invite(session, settings, organization, acting, "noch-einer@example.org")
        tomorrow = NOW + timedelta(days=1)
        assert invite(session, settings, organization, acting, "noch-einer@example.org", now=tomorrow)


@pytest.mark.parametrize("own", [Role.TECHNICAL, Role.PRIVACY])
def test_nobody_gives_away_more_than_his_own_role(
    session_factory: SessionFactory, settings: Settings, own: Role
) -> None:
    with session_scope(session_factory) as session:
        organization, _owner = owned_organization(session)
        member = make_member(session, organization, own)
        acting = Acting(member.id, own)
        with refused("role"):
            invite(session, settings, organization, acting, "gast@example.org", role=Role.OWNER)
        with refused("role"):
            members.change_role(
                session,
                settings,
                organization_id=organization.id,
                acting=acting,
                account_id=member.id,
                role=Role.OWNER,
                now=NOW,
            )


def change(
    session: Session, settings: Settings, organization: Organization, acting: Acting, whom: str, role: Role
) -> None:
    members.change_role(
        session, settings, organization_id=organization.id, acting=acting, account_id=whom, role=role, now=NOW
    )


def remove(session: Session, organization: Organization, acting: Acting, whom: str) -> None:
    members.remove_member(session, organization_id=organization.id, acting=acting, account_id=whom, now=NOW)


def test_the_last_owner_stays_and_stays_owner(session_factory: SessionFactory, settings: Settings) -> None:
    with session_scope(session_factory) as session:
        organization, owner = owned_organization(session)
        make_member(session, organization, Role.TECHNICAL)
        acting = Acting(owner.id, Role.OWNER)
        with refused("last_owner"):
            remove(session, organization, acting, owner.id)
        with refused("last_owner"):
            change(session, settings, organization, acting, owner.id, Role.PRIVACY)


def test_with_a_second_owner_the_first_may_go(session_factory: SessionFactory, settings: Settings) -> None:
    with session_scope(session_factory) as session:
        organization, owner = owned_organization(session)
        second = make_member(session, organization, Role.TECHNICAL)
        acting = Acting(owner.id, Role.OWNER)
        change(session, settings, organization, acting, second.id, Role.OWNER)
        remove(session, organization, acting, owner.id)
        assert [row.account_id for row in members.members_of(session, organization.id)] == [second.id]
        told = session.scalars(select(OutgoingMail.message).order_by(OutgoingMail.message)).all()
        assert told == ["member_removed", "role_changed"]


def test_only_an_owner_removes_others_and_everybody_may_leave(
    session_factory: SessionFactory, settings: Settings
) -> None:
    with session_scope(session_factory) as session:
        organization, owner = owned_organization(session)
        one, two = (make_member(session, organization, Role.PRIVACY) for _ in range(2))
        with refused("role"):
            remove(session, organization, Acting(one.id, Role.PRIVACY), two.id)
        remove(session, organization, Acting(one.id, Role.PRIVACY), one.id)
        assert {row.account_id for row in members.members_of(session, organization.id)} == {owner.id, two.id}
        with refused("unknown"):
            remove(session, organization, Acting(owner.id, Role.OWNER), one.id)


def test_two_owners_who_remove_each_other_leave_one(session_factory: SessionFactory) -> None:
    """The second waits for the first, and then sees that it would be the last."""
    with session_scope(session_factory) as session:
        organization, owner = owned_organization(session)
        second = make_member(session, organization, Role.OWNER)
    with session_scope(session_factory) as session:
        remove(session, organization, Acting(owner.id, Role.OWNER), second.id)
    with session_scope(session_factory) as session, refused("last_owner"):
        remove(session, organization, Acting(second.id, Role.OWNER), owner.id)


def test_a_membership_is_found_for_its_person_alone(session_factory: SessionFactory) -> None:
    with session_scope(session_factory) as session:
        organization, owner = owned_organization(session)
        _other, stranger = owned_organization(session)
        found = members.membership_of(session, owner.id, organization.id)
        assert found is not None
        assert found.organization is organization
        assert members.membership_of(session, stranger.id, organization.id) is None
        assert [row.organization_id for row in members.memberships_of(session, owner.id)] == [organization.id]
