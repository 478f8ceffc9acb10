"""All tables of the register.

Two kinds of time are kept apart (decision 0003). ``from_on``/``to_on`` say when a fact was
true (``to_on`` is the first day it no longer was; null: still true). ``learned_at`` says when
the register learned it, and ``corrected_at`` when it learned better; a correction closes the old
row and adds a new one, so every past figure can be told again as it was known then.

Organisations are written by the million, so their current values sit in one wide row; what a
value was before, since when the new one holds, and which run said so, is one row of
``field_change`` a change. No table holds a person in clear other than the work
names of instructors and secretaries; members and candidates are sealed (``schema.members``).
"""

from liangxin.schema.accounts import (
    Account,
    AccountSession,
    AuditEntry,
    RecoveryCode,
    StrangerName,
)
from liangxin.schema.base import Base
from liangxin.schema.bulletins import Bulletin
from liangxin.schema.declaring import (
    Consent,
    DeclarationLink,
    KeptDocument,
    PersonAccess,
    SubjectRequest,
    UsedForm,
)
from liangxin.schema.facts import (
    Confirmation,
    Finding,
    Headcount,
    MemberKey,
    Question,
    Screening,
)
from liangxin.schema.handing import Errand, HandedIn
from liangxin.schema.located import Located, LocationDecision
from liangxin.schema.members import DoNotAsk, Membership, MembershipGround, MembershipStep
from liangxin.schema.offices import (
    ExchangeOffice,
    ExchangePackage,
    FactStamp,
    FeedToken,
    FieldStamp,
    PackageWord,
)
from liangxin.schema.organisations import (
    Absence,
    FieldChange,
    Judgement,
    Organisation,
    Registration,
    RegistrationBefore,
    RowBefore,
)
from liangxin.schema.party import (
    Application,
    Assignment,
    Covering,
    Hire,
    Instructor,
    PartyOrganisation,
    PartyTerm,
    Place,
    RelationTransfer,
)
from liangxin.schema.plans import (
    CommunityNeighbour,
    InstructorOffer,
    PairWord,
    Plan,
    PlanItem,
    PlanLock,
    PlanMaking,
    Visit,
)
from liangxin.schema.runs import (
    DeliveredFile,
    Job,
    RefusedRow,
    Run,
    RunFile,
    RunMeasure,
    RunRule,
    SkippedRow,
)
from liangxin.schema.sources import (
    Crawl,
    CrawlPage,
    Division,
    HttpValidator,
    LandedFile,
    Meta,
    Source,
)
from liangxin.schema.spells import Situation, Spell, SpellDue
from liangxin.schema.work import Grid, Readiness, Sighting, Task, TaskStep

__all__ = [
    "Absence",
    "Account",
    "AccountSession",
    "Application",
    "Assignment",
    "AuditEntry",
    "Base",
    "Bulletin",
    "CommunityNeighbour",
    "Confirmation",
    "Consent",
    "Covering",
    "Crawl",
    "CrawlPage",
    "DeclarationLink",
    "DeliveredFile",
    "Division",
    "DoNotAsk",
    "Errand",
    "ExchangeOffice",
    "ExchangePackage",
    "FactStamp",
    "FeedToken",
    "FieldChange",
    "FieldStamp",
    "Finding",
    "Grid",
    "HandedIn",
    "Headcount",
    "Hire",
    "HttpValidator",
    "Instructor",
    "InstructorOffer",
    "Job",
    "Judgement",
    "KeptDocument",
    "LandedFile",
    "Located",
    "LocationDecision",
    "MemberKey",
    "Membership",
    "MembershipGround",
    "MembershipStep",
    "Meta",
    "Organisation",
    "PackageWord",
    "PairWord",
    "PartyOrganisation",
    "PartyTerm",
    "PersonAccess",
    "Place",
    "Plan",
    "PlanItem",
    "PlanLock",
    "PlanMaking",
    "Question",
    "Readiness",
    "RecoveryCode",
    "RefusedRow",
    "Registration",
    "RegistrationBefore",
    "RelationTransfer",
    "RowBefore",
    "Run",
    "RunFile",
    "RunMeasure",
    "RunRule",
    "Screening",
    "Sighting",
    "Situation",
    "SkippedRow",
    "Source",
    "Spell",
    "SpellDue",
    "StrangerName",
    "SubjectRequest",
    "Task",
    "TaskStep",
    "UsedForm",
    "Visit",
]
