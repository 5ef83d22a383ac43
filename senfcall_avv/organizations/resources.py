"""The part of the tree that belongs to organisations.

Nobody reaches an organisation but its members: to all others there is none of this id, whether it exists or not. What
a member may do hangs on the organisation's access list; everything below inherits it, and it ends with a denial.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from pyramid.authorization import DENY_ALL, Allow, Authenticated
from pyramid.decorator import reify
from pyramid.request import RequestLocalCache

from senfcall_avv.documents import services as documents
from senfcall_avv.i18n import _
from senfcall_avv.organizations import applications, invitations, members
from senfcall_avv.organizations.lifecycle import State
from senfcall_avv.organizations.members import Acting
from senfcall_avv.organizations.models import Application, Invitation, Membership, Organization, Role
from senfcall_avv.organizations.roles import NAMES, PERMISSIONS, principal
from senfcall_avv.organizations.tasks import BY_NAME, Task
from senfcall_avv.root import Holders, Resource, Tab
from senfcall_avv.security import Identity, Permission

if TYPE_CHECKING:
    from senfcall_avv.documents.models import Document
    from senfcall_avv.typing import Request

_ID: Final = re.compile(r"[A-Za-z0-9_-]{22}")
_NUMBER: Final = re.compile(r"[1-9][0-9]{0,8}")


def _own(request: Request) -> Sequence[Membership]:
    identity: Identity | None = request.identity
    return members.memberships_of(request.db, identity.account_id) if identity else ()


_memberships = RequestLocalCache(_own)


def own_memberships(request: Request) -> Sequence[Membership]:
    """List the memberships of whoever is logged in, with their organisations; asked once a request."""
    found: Sequence[Membership] = _memberships.get_or_create(request)
    return found


def home_title(request: Request) -> str:
    """Name the link to one's organisations: the only one by its name; none is no link."""
    own = own_memberships(request)
    if len(own) == 1:
        return own[0].organization.name
    several: str = _("Deine Organisationen")
    return several if own else ""


def principals_of(request: Request, _identity: Identity) -> list[str]:
    """Name the acting person's roles in organisations, for access lists."""
    return [principal(row.role, row.organization_id) for row in own_memberships(request)]


class OrganizationsResource(Resource):
    """All organisations of the person who is logged in."""

    private = True
    __acl__ = ((Allow, Authenticated, Permission.VIEW), DENY_ALL)

    def child(self, name: str) -> Resource | None:
        if not _ID.fullmatch(name):
            return None
        own = next((row for row in own_memberships(self.request) if row.organization_id == name), None)
        return OrganizationResource(self.request, name, self, own) if own else None


class OrganizationResource(Resource):
    """One organisation, as one of its members sees it."""

    private = True

    def __init__(self, request: Request, name: str, parent: Resource, membership: Membership) -> None:
        super().__init__(request, name, parent)
        self.membership = membership
        self.organization: Organization = membership.organization

    def __acl__(self) -> list[Any]:
        rows = [(Allow, principal(role, self.organization.id), PERMISSIONS[role]) for role in Role]
        return [*rows, DENY_ALL]

    @property
    def title(self) -> str:
        return self.organization.name

    @property
    def site(self) -> str:
        return self.organization.name

    @property
    def acting(self) -> Acting:
        """The member who is logged in, as services want to know him."""
        return Acting(self.membership.account_id, self.membership.role)

    @reify  # type: ignore[untyped-decorator]  # Pyramid has no types
    def application(self) -> Application | None:
        """The open application, else the last one; asked once a request."""
        return applications.latest(self.request.db, self.organization.id)

    def tabs(self) -> Sequence[Tab]:
        request, application = self.request, self.application
        application_tab = Tab(_("Antrag"), request.resource_path(self, "application"))
        people = Tab(_("Mitglieder"), request.resource_path(self, "members"))
        if application is None or application.state is not State.APPROVED:
            return (
                [application_tab, people] if application else [Tab(_("Übersicht"), request.resource_path(self)), people]
            )
        return [Tab(_("Übersicht"), request.resource_path(self)), people]

    def holders(self, permission: str) -> Holders | None:
        able = [role for role in Role if permission in PERMISSIONS[role]]
        if not able:
            return None
        rows = members.members_of(self.request.db, self.organization.id)
        return Holders(NAMES[able[0]], [row.account.name for row in rows if row.role in able])

    def child(self, name: str) -> Resource | None:
        if name == "members":
            return MembersResource(self.request, name, self)
        if name == "application" and self.application is not None:
            return ApplicationResource(self.request, name, self, self.application)
        return None


class BelowOrganization(Resource):
    """Something of one organisation."""

    __parent__: Resource

    def __init__(self, request: Request, name: str, parent: Resource) -> None:
        super().__init__(request, name, parent)
        self.home: OrganizationResource = parent if isinstance(parent, OrganizationResource) else parent.home  # type: ignore[attr-defined]  # all between are of this class

    @property
    def organization(self) -> Organization:
        return self.home.organization

    @property
    def acting(self) -> Acting:
        return self.home.acting


class MembersResource(BelowOrganization):
    """The people of an organisation, and those invited."""

    @property
    def title(self) -> str:
        word: str = _("Mitglieder")
        return word

    def child(self, name: str) -> Resource | None:
        if name == "invitations":
            return InvitationsResource(self.request, name, self)
        if not _ID.fullmatch(name):
            return None
        found = members.membership_of(self.request.db, name, self.organization.id)
        return MemberResource(self.request, name, self, found) if found else None


class MemberResource(BelowOrganization):
    """One member, by the number of the account."""

    def __init__(self, request: Request, name: str, parent: Resource, membership: Membership) -> None:
        super().__init__(request, name, parent)
        self.membership = membership


class InvitationsResource(BelowOrganization):
    """Invitations that nobody has answered yet."""

    def child(self, name: str) -> Resource | None:
        if not _ID.fullmatch(name):
            return None
        rows = invitations.open_invitations(self.request.db, self.organization.id, self.request.now)
        found = next((row for row in rows if row.id == name), None)
        return InvitationResource(self.request, name, self, found) if found else None


class InvitationResource(BelowOrganization):
    """One invitation."""

    def __init__(self, request: Request, name: str, parent: Resource, invitation: Invitation) -> None:
        super().__init__(request, name, parent)
        self.invitation = invitation


class ApplicationResource(BelowOrganization):
    """The organisation's application."""

    def __init__(self, request: Request, name: str, parent: Resource, application: Application) -> None:
        super().__init__(request, name, parent)
        self.application = application

    @property
    def title(self) -> str:
        word: str = _("Antrag")
        return word

    @reify  # type: ignore[untyped-decorator]  # Pyramid has no types
    def files(self) -> list[Document]:
        """What was uploaded, rejected files included; asked once a request."""
        return applications.files_of(self.request.db, self.application)

    def child(self, name: str) -> Resource | None:
        if name == "documents":
            return DocumentsResource(self.request, name, self)
        task = BY_NAME.get(name)
        return _KINDS.get(name, TaskResource)(self.request, name, self, task) if task else None


class TaskResource(BelowOrganization):
    """One of the tasks: a page with fields."""

    def __init__(self, request: Request, name: str, parent: ApplicationResource, task: Task) -> None:
        super().__init__(request, name, parent)
        self.task = task
        self.application_resource = parent

    @property
    def application(self) -> Application:
        return self.application_resource.application


class UploadTaskResource(TaskResource):
    """A task that takes files, too."""


class ContractTaskResource(TaskResource):
    """The task of reading the contract and declaring what goes with it."""


class CheckTaskResource(TaskResource):
    """The last task: looking through everything, and sending it."""


_KINDS: Final[dict[str, type[TaskResource]]] = {
    "people": UploadTaskResource,
    "proof": UploadTaskResource,
    "contract": ContractTaskResource,
    "check": CheckTaskResource,
}


class DocumentsResource(BelowOrganization):
    """What was uploaded to the application."""

    __parent__: ApplicationResource

    def child(self, name: str) -> Resource | None:
        if not _NUMBER.fullmatch(name):
            return None
        try:
            found = documents.find(self.request.db, application_id=self.__parent__.application.id, number=int(name))
        except documents.DocumentNotFound:
            return None
        return DocumentResource(self.request, name, self, found)


class DocumentResource(BelowOrganization):
    """One file."""

    def __init__(self, request: Request, name: str, parent: DocumentsResource, document: Document) -> None:
        super().__init__(request, name, parent)
        self.document = document
        self.application_resource: ApplicationResource = parent.__parent__


OrganizationsResource.below = (("<organization>", OrganizationResource),)
OrganizationResource.below = (("members", MembersResource), ("application", ApplicationResource))
MembersResource.below = (("invitations", InvitationsResource), ("<account>", MemberResource))
InvitationsResource.below = (("<invitation>", InvitationResource),)
ApplicationResource.below = (
    ("documents", DocumentsResource),
    *((name, _KINDS.get(name, TaskResource)) for name in BY_NAME),
)
DocumentsResource.below = (("<document>", DocumentResource),)
