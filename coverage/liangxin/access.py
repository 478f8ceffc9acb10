"""Who may do what: roles, permissions and scope, in one table.

A check returns nothing or raises; a refusal can never be mistaken for a yes. Scope is not a
check but a part of every query: what lies outside is "not found". Until accounts exist every
local visitor is ``LOCAL``, who may read all totals and lists of organisations and no person.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from liangxin.errors import NotFound, NotPermitted


class Permission(StrEnum):
    """What can be permitted, as ``thing:verb``."""

    RATE_VIEW = "rate:view"
    #: The organisations behind a figure, without whatever tells of their members or instructors.
    LIST_VIEW = "list:view"
    ORGANISATION_LIST = "organisation:list"
    #: Exact counts of members, and whatever else would tell of a single one; who lacks it is told
    #: what ``suppression`` leaves.
    MEMBER_COUNT = "member:count"
    #: Confirmed members by name, for a stated purpose.
    PERSON_VIEW = "person:view"
    #: Candidates and declarations too, and every step of a membership.
    MEMBERSHIP_RECORD = "membership:record"
    #: A firm's staff list handed in.
    ROSTER_LOAD = "roster:load"
    READINESS_RECORD = "readiness:record"
    #: Instructors, what they can take on, what was said of pairs, visits.
    INSTRUCTOR_RECORD = "instructor:record"
    #: Buildings, parks and markets; communities side by side.
    PLACE_RECORD = "place:record"
    #: Plans proposed and edited; one of joint branches needs ``MEMBER_COUNT`` too.
    PLAN_MAKE = "plan:make"
    #: Plans approved, put into force or dropped.
    PLAN_DECIDE = "plan:decide"
    #: Accounts made and disabled, and jobs.
    ACCOUNT_MANAGE = "account:manage"
    #: Roles and scopes given to accounts.
    ROLE_GRANT = "role:grant"
    LOG_VIEW = "log:view"
    TASK_LIST = "task:list"
    TASK_ANSWER = "task:answer"
    #: A publisher's file or a survey's results handed in at a page.
    FILE_LOAD = "file:load"
    RUN_VIEW = "run:view"
    RUN_UNDO = "run:undo"
    #: Whether an organisation really operates, with the evidence.
    SCREENING_RECORD = "screening:record"
    #: An organisation found, moved or closed, seen on the spot.
    SIGHTING_REPORT = "sighting:report"
    #: To which sub-district an address belongs, where the rules do not know.
    LOCATION_DECIDE = "location:decide"
    #: Sources, the quality of what they send, rule sets, and packages of other offices.
    SOURCE_VIEW = "source:view"
    #: A source's turn asked for now, before the calendar has it.
    SOURCE_SYNC = "source:sync"
    #: Packages made for other offices, and theirs opened.
    PACKAGE_EXCHANGE = "package:exchange"
    BULLETIN_VIEW = "bulletin:view"
    BULLETIN_MAKE = "bulletin:make"


class Role(StrEnum):
    """The roles of DESIGN §1."""

    ECONOMIC_OFFICE = "economic_office"
    COMMITTEE = "committee"
    DISTRICT_OFFICE = "district_office"
    LEADER = "leader"
    COMMUNITY = "community"
    SYSADMIN = "sysadmin"
    SECADMIN = "secadmin"
    AUDITOR = "auditor"


_OFFICE = frozenset(
    {
        Permission.RATE_VIEW,
        Permission.LIST_VIEW,
        Permission.ORGANISATION_LIST,
        Permission.TASK_LIST,
        Permission.TASK_ANSWER,
    }
)
_PLANS = frozenset(
    {
        Permission.INSTRUCTOR_RECORD,
        Permission.PLACE_RECORD,
        Permission.PLAN_MAKE,
        Permission.PLAN_DECIDE,
    }
)
_FILES = frozenset(
    {
        Permission.ROSTER_LOAD,
        Permission.FILE_LOAD,
        Permission.RUN_VIEW,
        Permission.RUN_UNDO,
        Permission.SCREENING_RECORD,
        Permission.LOCATION_DECIDE,
    }
)
_BULLETINS = frozenset({Permission.BULLETIN_VIEW, Permission.BULLETIN_MAKE})
#: The only place that says which role may do what.
ROLE_PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.ECONOMIC_OFFICE: _OFFICE | _FILES | {Permission.SIGHTING_REPORT, Permission.BULLETIN_VIEW},
    Role.COMMITTEE: _OFFICE
    | _PLANS
    | _BULLETINS
    | {
        Permission.MEMBER_COUNT,
        Permission.PERSON_VIEW,
        Permission.MEMBERSHIP_RECORD,
        Permission.ROSTER_LOAD,
        Permission.READINESS_RECORD,
    },
    Role.DISTRICT_OFFICE: _OFFICE
    | _PLANS
    | _FILES
    | _BULLETINS
    | {Permission.PERSON_VIEW, Permission.READINESS_RECORD}
    | {Permission.SOURCE_VIEW, Permission.SOURCE_SYNC, Permission.PACKAGE_EXCHANGE},
    # Of tasks, what was put to the leader, and of nobody's members.
    Role.LEADER: frozenset(
        {
            Permission.RATE_VIEW,
            Permission.LIST_VIEW,
            Permission.TASK_LIST,
            Permission.BULLETIN_VIEW,
        }
    ),
    Role.COMMUNITY: _OFFICE | {Permission.SIGHTING_REPORT},
    # Each holds a third, and nothing of anybody else's (DESIGN §1).
    Role.SYSADMIN: frozenset({Permission.ACCOUNT_MANAGE}),
    Role.SECADMIN: frozenset({Permission.ROLE_GRANT}),
    Role.AUDITOR: frozenset({Permission.LOG_VIEW}),
}


@dataclass(frozen=True, slots=True)
class Actor:
    """Someone who asks: a name for the log, a role, and the sub-districts in scope."""

    name: str
    role: Role
    #: 9-digit codes; ``None`` means all of them.
    subdistricts: frozenset[str] | None = field(default=None)
    #: 12-digit codes within these; ``None`` means all of them.
    communities: frozenset[str] | None = field(default=None)

    def may(self, permission: Permission) -> bool:
        """Tell whether the role allows it, where something is left out and nothing refused."""
        return permission in ROLE_PERMISSIONS[self.role]

    def require_within(self, subdistricts: Iterable[str]) -> None:
        """Return if all of these sub-districts are in scope.

        Raises:
            NotFound: one is not; it looks as if it were not there.
        """
        outside = set() if self.subdistricts is None else set(subdistricts) - self.subdistricts
        if outside:
            raise no_subdistrict(min(outside))

    def require(self, permission: Permission) -> None:
        """Return if the role allows it.

        Raises:
            NotPermitted: it does not.
        """
        if not self.may(permission):
            raise NotPermitted(
                f"您的角色“{self.role}”没有此项权限（{permission}）。请联系安全管理员。",
                f"the role {self.role} does not allow {permission}; ask the security administrator.",
                lacks=(str(self.role), str(permission)),
            )


def no_subdistrict(code: str) -> NotFound:
    """Return what is said of a sub-district that is not there, or not in scope."""
    return NotFound(
        f"没有街道 {code}。请用 9 位区划代码，且须在您的范围内。",
        f"there is no sub-district {code}; use a code of nine digits within your scope.",
    )


#: In the setting ``committee``: of every sub-district.
ALL = "all"
#: The visitor of a register that is served to this machine only.
LOCAL = Actor(name="local", role=Role.DISTRICT_OFFICE)


def local_committee(subdistrict: str | None = None) -> Actor:
    """Whoever works on members at this machine, as the committee of one sub-district or of all.

    Who can read the key file can open every name; what this adds is the record of each look.
    """
    scope = None if subdistrict is None else frozenset({subdistrict})
    return Actor("local", Role.COMMITTEE, scope)
