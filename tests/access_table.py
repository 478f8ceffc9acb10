"""Who may come in where: the allowed set, written once, as data.

One line a page, a callback, an address. ``tests/dashboard/test_access_matrix.py`` goes through all
that the app has registered and compares; what has no line here fails it.

- A page: its path as the page declares it, its permission, the roles that open it; ``here`` is an
  address of one's own sub-district, ``there`` one that names the other sub-district and must be
  "not found" to whoever is not of it.
- A callback: its output (``callback.label`` of the test names it), the roles that pass its guard;
  ``here`` and ``there`` are values for its inputs and states by ``id.property``; what has no value
  is sent as null.
- An address of the server: method, rule as Flask writes it, who comes in; ``here`` and ``there``
  where the rule has variable parts.

Values are written with what ``tests/access_register.py`` holds: ``{own.subdistrict}``,
``{other.uscc}``, ``{other.plan}`` and so on.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from dashboard.doors import Door
from liangxin.access import Permission, Role

Roles = frozenset[Role]
ECONOMIC, COMMITTEE, DISTRICT = Role.ECONOMIC_OFFICE, Role.COMMITTEE, Role.DISTRICT_OFFICE
LEADER, COMMUNITY = Role.LEADER, Role.COMMUNITY
SYSADMIN, SECADMIN, AUDITOR = Role.SYSADMIN, Role.SECADMIN, Role.AUDITOR

#: Everybody with work on organisations; three administrators have none.
OFFICES: Roles = frozenset({ECONOMIC, COMMITTEE, DISTRICT, COMMUNITY})
READERS: Roles = OFFICES | {LEADER}
FILES: Roles = frozenset({ECONOMIC, DISTRICT})
ROSTERS: Roles = frozenset({ECONOMIC, COMMITTEE, DISTRICT})
REPORTERS: Roles = frozenset({ECONOMIC, COMMUNITY})
PLANS: Roles = frozenset({COMMITTEE, DISTRICT})
MEMBERS: Roles = frozenset({COMMITTEE})
READ_BULLETINS: Roles = READERS - {COMMUNITY}
DISTRICTS: Roles = frozenset({DISTRICT})
EVERYBODY: Roles = frozenset(Role)
#: What is recorded of one item of readiness changes its row, its note and its button.
READINESS = (
    '..{"item":["MATCH"],"place":["MATCH"],"type":"readiness-row"}.children'
    '...{"item":["MATCH"],"place":["MATCH"],"type":"readiness-told"}.children'
    '...{"item":["MATCH"],"place":["MATCH"],"type":"readiness-gone"}.disabled..'
)


@dataclass(frozen=True, slots=True)
class PageRow:
    """One page."""

    path: str
    permission: Permission
    roles: Roles
    here: str
    there: str = ""
    #: Of the roles, those that the one thing here is not for, and who are told it is not there.
    told_not_there: Roles = frozenset()


@dataclass(frozen=True, slots=True)
class CallbackRow:
    """One callback that the server answers."""

    output: str
    roles: Roles
    here: Mapping[str, Any] = field(default_factory=dict)
    there: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RouteRow:
    """One address, by method and rule."""

    method: str
    rule: str
    who: Door | Roles
    here: str = ""
    there: str = ""


def page(
    path: str, permission: Permission, roles: Roles, here: str = "", there: str = ""
) -> PageRow:
    """One line of the table of pages; without variable parts a path is its own address."""
    return PageRow(path, permission, roles, here or path, there)


PAGES = (
    page("/", Permission.RATE_VIEW, READERS),
    page(
        "/change",
        Permission.RATE_VIEW,
        READERS,
        "/change?subdistrict={own.subdistrict}",
        "/change?subdistrict={other.subdistrict}",
    ),
    page("/lists", Permission.RATE_VIEW, READERS),
    page("/find", Permission.ORGANISATION_LIST, OFFICES, "/find?q={own.uscc}"),
    page(
        "/tasks",
        Permission.TASK_LIST,
        READERS,
        "/tasks?subdistrict={own.subdistrict}",
        "/tasks?subdistrict={other.subdistrict}",
    ),
    page(
        "/subdistrict/<code>",
        Permission.LIST_VIEW,
        READERS,
        "/subdistrict/{own.subdistrict}",
        "/subdistrict/{other.subdistrict}",
    ),
    page(
        "/lists/<name>",
        Permission.LIST_VIEW,
        READERS,
        "/lists/not_reached?subdistrict={own.subdistrict}",
        "/lists/not_reached?subdistrict={other.subdistrict}",
    ),
    page("/clocks/<name>", Permission.LIST_VIEW, READERS, "/clocks/found_instructor"),
    page(
        "/organisation/<uscc>",
        Permission.ORGANISATION_LIST,
        OFFICES,
        "/organisation/{own.uscc}",
        "/organisation/{other.uscc}",
    ),
    # A leader sees the tasks that were put to leaders.
    PageRow(
        "/tasks/<number>",
        Permission.TASK_LIST,
        READERS,
        "/tasks/{own.task}",
        "/tasks/{other.task}",
        frozenset({LEADER}),
    ),
    page("/files", Permission.ROSTER_LOAD, ROSTERS),
    page(
        "/files/<int:number>",
        Permission.RUN_VIEW,
        FILES,
        "/files/{own.handed}",
        "/files/{other.handed}",
    ),
    page("/locate", Permission.LOCATION_DECIDE, FILES),
    page("/screening", Permission.SCREENING_RECORD, FILES),
    page("/community", Permission.SIGHTING_REPORT, REPORTERS),
    page(
        "/community/<what>",
        Permission.SIGHTING_REPORT,
        REPORTERS,
        "/community/{own.uscc}",
        "/community/{other.uscc}",
    ),
    page("/readiness", Permission.RATE_VIEW, READERS),
    page("/bulletins", Permission.BULLETIN_VIEW, READ_BULLETINS),
    page("/members", Permission.PERSON_VIEW, PLANS),
    page(
        "/members/<uscc>",
        Permission.PERSON_VIEW,
        PLANS,
        "/members/{own.uscc}",
        "/members/{other.uscc}",
    ),
    page(
        "/terms",
        Permission.PLAN_MAKE,
        PLANS,
        "/terms?subdistrict={own.subdistrict}",
        "/terms?subdistrict={other.subdistrict}",
    ),
    page(
        "/terms/<trigger>",
        Permission.PLAN_MAKE,
        PLANS,
        "/terms/few_full_members?subdistrict={own.subdistrict}",
        "/terms/few_full_members?subdistrict={other.subdistrict}",
    ),
    page("/plans", Permission.PLAN_MAKE, PLANS),
    page(
        "/plans/<number>", Permission.PLAN_MAKE, PLANS, "/plans/{own.plan}", "/plans/{other.plan}"
    ),
    page("/visits", Permission.INSTRUCTOR_RECORD, PLANS),
    page(
        "/visits/<instructor>/<uscc>",
        Permission.INSTRUCTOR_RECORD,
        PLANS,
        "/visits/{own.instructor}/{own.led}",
        "/visits/{other.instructor}/{other.led}",
    ),
    page(
        "/parties/<number>",
        Permission.PLAN_MAKE,
        PLANS,
        "/parties/{own.party}",
        "/parties/{other.party}",
    ),
    page(
        "/instructors",
        Permission.INSTRUCTOR_RECORD,
        PLANS,
        "/instructors?subdistrict={own.subdistrict}",
        "/instructors?subdistrict={other.subdistrict}",
    ),
    page(
        "/instructors/<number>",
        Permission.INSTRUCTOR_RECORD,
        PLANS,
        "/instructors/{own.instructor}",
        "/instructors/{other.instructor}",
    ),
    page("/sources", Permission.SOURCE_VIEW, DISTRICTS),
    page("/sources/<name>", Permission.SOURCE_VIEW, DISTRICTS, "/sources/market_regulator"),
    page("/runs/<number>", Permission.RUN_VIEW, FILES, "/runs/{own.run}", "/runs/{other.run}"),
    page("/quality", Permission.SOURCE_VIEW, DISTRICTS),
    page("/rules", Permission.RATE_VIEW, READERS),
    page("/exchange", Permission.SOURCE_VIEW, DISTRICTS),
    page("/admin/accounts", Permission.ACCOUNT_MANAGE, frozenset({SYSADMIN})),
    page("/admin/roles", Permission.ROLE_GRANT, frozenset({SECADMIN})),
    page("/admin/jobs", Permission.ACCOUNT_MANAGE, frozenset({SYSADMIN})),
    page("/admin/log", Permission.LOG_VIEW, frozenset({AUDITOR})),
)

CALLBACKS = (
    # Chooses among the pages, each of which asks again.
    CallbackRow(
        "page.children",
        EVERYBODY,
        {"location.pathname": "/", "location.search": ""},
        {"location.pathname": "/subdistrict/{other.subdistrict}", "location.search": ""},
    ),
    CallbackRow("..locate-said.children...locate-queue.children..", FILES),
    CallbackRow("files-firm.data", ROSTERS),
    CallbackRow(
        "..files-roster-zone.children...files-roster-said.data..",
        ROSTERS,
        {"files-firm.value": "{own.uscc}"},
    ),
    CallbackRow("files-roster-verdict.children", ROSTERS),
    CallbackRow(
        "..files-body.children...files-tick.disabled...files-said.children..",
        FILES,
        {"files-number.data": "{own.handed}"},
    ),
    CallbackRow(
        "..files-body.children...files-tick.disabled...files-said.children...files-tick.n_intervals.. < "
        '{"act":["ALL"],"type":"files-act"}.n_clicks',
        FILES,
    ),
    # Which task, and which item of which place, is in the button's own name.
    CallbackRow(
        '..{"task":["MATCH"],"type":"task-form"}.children'
        '...{"task":["MATCH"],"type":"task-told"}.children..',
        OFFICES,
    ),
    CallbackRow(
        "..screening-told.children...screening-saved.data...screening-tally.children..", FILES
    ),
    CallbackRow("..sighting-panel.children...sighting-told.children..", REPORTERS),
    CallbackRow(
        "..sighting-panel.children...sighting-told.children.. < sighting-send-new.n_clicks",
        REPORTERS,
    ),
    CallbackRow(READINESS, PLANS),
    CallbackRow(
        f'{READINESS} < {{"item":["MATCH"],"place":["MATCH"],"type":"readiness-gone"}}.n_clicks',
        PLANS,
    ),
    CallbackRow(
        "..bulletins-making-told.children...bulletins-making-tick.disabled"
        "...bulletins-making-number.data...bulletins-making-tick.n_intervals..",
        PLANS,
    ),
    CallbackRow(
        "..bulletins-making-told.children...bulletins-making-tick.disabled"
        "...bulletins-issued.children.. < bulletins-making-tick.n_intervals",
        PLANS,
    ),
    CallbackRow(
        "..run-undo-told.children...run-undo-tick.disabled...run-undo-number.data...run-undo-tick.n_intervals"
        "...run-undo-press.disabled..",
        FILES,
    ),
    CallbackRow(
        "..run-undo-told.children...run-undo-tick.disabled...run-undo-press.disabled.."
        " < run-undo-tick.n_intervals",
        FILES,
    ),
    CallbackRow(
        "..source-told.children...source-tick.disabled...source-now.disabled...source-tick.n_intervals..",
        DISTRICTS,
        {"source-now.n_clicks": 1, "source-name.data": "market_regulator"},
    ),
    CallbackRow(
        "..source-told.children...source-tick.disabled...source-now.disabled.."
        " < source-tick.n_intervals",
        DISTRICTS,
    ),
    CallbackRow(
        "..exchange-packing-told.children...exchange-packing-tick.disabled"
        "...exchange-packing-number.data...exchange-packing-tick.n_intervals..",
        DISTRICTS,
    ),
    CallbackRow(
        "..exchange-packing-told.children...exchange-packing-tick.disabled"
        "...exchange-known.children.. < exchange-packing-tick.n_intervals",
        DISTRICTS,
    ),
    CallbackRow(
        "..exchange-opening-told.children...exchange-opening-tick.disabled"
        "...exchange-known.children.. < exchange-opening-tick.n_intervals",
        DISTRICTS,
    ),
    # Names open for a purpose; the numbers beside them, each step and each request are the committee's.
    CallbackRow(
        "members-names.children",
        PLANS,
        {
            "members-open.n_clicks": 1,
            "members-of.data": "{own.uscc}",
            "members-purpose.value": "confirm",
        },
        {
            "members-open.n_clicks": 1,
            "members-of.data": "{other.uscc}",
            "members-purpose.value": "confirm",
        },
    ),
    CallbackRow(
        "members-standing.children",
        MEMBERS,
        {'{"n":["ALL"],"type":"members-said"}.children': "said", "members-of.data": "{own.uscc}"},
        {'{"n":["ALL"],"type":"members-said"}.children': "said", "members-of.data": "{other.uscc}"},
    ),
    CallbackRow(
        "..posting-said.children...posting-open.children..",
        MEMBERS,
        {"posting-revoke.n_clicks": 1, "members-of.data": "{own.uscc}"},
        {"posting-revoke.n_clicks": 1, "members-of.data": "{other.uscc}"},
    ),
    # Which person is in the button's own name: tests/dashboard/test_members_pages.py presses those of others.
    CallbackRow(
        '..{"n":["MATCH"],"type":"members-said"}.children...'
        '{"n":["MATCH"],"type":"members-steps"}.children..',
        MEMBERS,
    ),
    CallbackRow(
        "..members-requests-said.children...members-requests.children..",
        MEMBERS,
        {
            "members-request-add.n_clicks": 1,
            "members-request-kind.value": "see",
            "members-request-uscc.value": "{own.uscc}",
        },
        {
            "members-request-add.n_clicks": 1,
            "members-request-kind.value": "see",
            "members-request-uscc.value": "{other.uscc}",
        },
    ),
    CallbackRow("..plans-told.children...plans-begun.data..", PLANS),
    CallbackRow("..plans-work.children...plans-tick.disabled..", PLANS),
    CallbackRow(
        "..plan-told.children...plan-body.children...plan-seen.data"
        "...plan-locks.children...plan-begun.data..",
        PLANS,
    ),
    CallbackRow("..plan-fit.children...plan-groups.children..", PLANS),
    CallbackRow("..plan-progress.children...plan-tick.disabled..", PLANS),
    CallbackRow("..visit-told.children...visit-standing.children..", PLANS),
    CallbackRow("visit-said.children", PLANS),
    CallbackRow("..party-told.children...party-body.children..", PLANS),
    CallbackRow("visit-ended.children", PLANS),
    CallbackRow("..instructors-told.children...instructors-list.children..", PLANS),
    CallbackRow(
        "..instructor-told.children...instructor-body.children..",
        PLANS,
        {"instructor-save.n_clicks": 1, "instructor-of.data": "{own.instructor}"},
        {"instructor-save.n_clicks": 1, "instructor-of.data": "{other.instructor}"},
    ),
    CallbackRow("admin-accounts.children", frozenset({SYSADMIN})),
    CallbackRow("admin-accounts.children < admin-account-add.n_clicks", frozenset({SYSADMIN})),
    CallbackRow("admin-roles.children", frozenset({SECADMIN})),
    CallbackRow("admin-jobs.children", frozenset({SYSADMIN})),
    CallbackRow(
        "..admin-log-verified-told.children...admin-log-verified-tick.disabled"
        "...admin-log-verified-number.data...admin-log-verified-tick.n_intervals..",
        frozenset({AUDITOR}),
    ),
    CallbackRow(
        "..admin-log-verified-told.children...admin-log-verified-tick.disabled.."
        " < admin-log-verified-tick.n_intervals",
        frozenset({AUDITOR}),
    ),
    CallbackRow("admin-log-file.data", frozenset({AUDITOR})),
)

ROUTES = (
    RouteRow("POST", "/files/upload", FILES),
    RouteRow("POST", "/files/roster", ROSTERS),
    RouteRow(
        "GET",
        "/files/<int:number>/returned.xlsx",
        FILES,
        "/files/{own.handed}/returned.xlsx",
        "/files/{other.handed}/returned.xlsx",
    ),
    RouteRow(
        "GET",
        "/files/<int:number>/changes.csv",
        FILES,
        "/files/{own.handed}/changes.csv",
        "/files/{other.handed}/changes.csv",
    ),
    RouteRow("POST", "/exchange/open", DISTRICTS),
    RouteRow("GET", "/exchange/packages/<int:number>.lxp", DISTRICTS, "/exchange/packages/999.lxp"),
    RouteRow("GET", "/files/template/register.xlsx", FILES),
    RouteRow("GET", "/files/template/screening.xlsx", FILES),
    RouteRow("GET", "/files/template/roster.xlsx", ROSTERS),
    RouteRow(
        "GET",
        "/lists/<name>/all.csv",
        READERS,
        "/lists/not_reached/all.csv?subdistrict={own.subdistrict}",
        "/lists/not_reached/all.csv?subdistrict={other.subdistrict}",
    ),
    RouteRow(
        "GET",
        "/subdistrict/<code>/all.csv",
        READERS,
        "/subdistrict/{own.subdistrict}/all.csv",
        "/subdistrict/{other.subdistrict}/all.csv",
    ),
    RouteRow(
        "GET",
        "/subdistrict/<code>/ledger/<form>.xlsx",
        OFFICES,
        "/subdistrict/{own.subdistrict}/ledger/enterprises.xlsx",
        "/subdistrict/{other.subdistrict}/ledger/enterprises.xlsx",
    ),
    RouteRow("GET", "/instructors/template.xlsx", PLANS),
    RouteRow(
        "POST",
        "/members/<uscc>/notice",
        MEMBERS,
        "/members/{own.uscc}/notice",
        "/members/{other.uscc}/notice",
    ),
    RouteRow("GET", "/language/<any(zh, en):language>", Door.OPEN, "/language/en"),
    RouteRow(
        "GET", "/bulletins/<number>.<form>", READ_BULLETINS, "/bulletins/0123456789abcdef.xlsx"
    ),
    RouteRow("GET", "/", Door.SIGNED_IN),
    RouteRow("GET", "/<path:path>", Door.SIGNED_IN, "/subdistrict/{own.subdistrict}"),
    RouteRow("GET", "/_dash-layout", Door.SIGNED_IN),
    RouteRow("GET", "/_dash-dependencies", Door.SIGNED_IN),
    RouteRow("POST", "/_dash-update-component", Door.SIGNED_IN),
    RouteRow("GET", "/_reload-hash", Door.SIGNED_IN),
    RouteRow("GET", "/_favicon.ico", Door.SIGNED_IN),
    RouteRow(
        "GET",
        "/_dash-component-suites/<string:package_name>/<path:fingerprinted_path>",
        Door.SIGNED_IN,
        "/_dash-component-suites/dash/nothing.js",
    ),
    RouteRow("GET", "/assets/<path:filename>", Door.SIGNED_IN, "/assets/liangxin.css"),
    RouteRow("GET", "/static/<path:filename>", Door.SIGNED_IN, "/static/nothing.css"),
    RouteRow("GET", "/account/sign-in", Door.OPEN),
    RouteRow("POST", "/account/sign-in", Door.OPEN),
    RouteRow("GET", "/account/code", Door.OPEN),
    RouteRow("POST", "/account/code", Door.OPEN),
    RouteRow("GET", "/account/code/new", Door.OPEN),
    RouteRow("POST", "/account/code/new", Door.OPEN),
    RouteRow("GET", "/account/me", Door.SIGNED_IN),
    RouteRow("GET", "/account/password", Door.SIGNED_IN),
    RouteRow("POST", "/account/password", Door.SIGNED_IN),
    RouteRow("POST", "/account/sign-out", Door.OPEN),
    RouteRow("GET", "/account/link/<secret>", Door.OPEN, "/account/link/nothing"),
    RouteRow("POST", "/account/link/<secret>", Door.OPEN, "/account/link/nothing"),
    RouteRow("GET", "/api/v1/openapi.json", Door.OPEN),
    RouteRow("GET", "/api/v1/changes", Door.PROGRAMS),
    RouteRow("GET", "/api/v1/health", Door.PROGRAMS),
    RouteRow("GET", "/declare/style.css", Door.OPEN),
    RouteRow("GET", "/declare/mine", Door.OPEN),
    RouteRow("POST", "/declare/mine", Door.OPEN),
    RouteRow("POST", "/declare/mine/correct", Door.OPEN),
    RouteRow("POST", "/declare/mine/withdraw", Door.OPEN),
    RouteRow("POST", "/declare/mine/transfer", Door.OPEN),
    RouteRow(
        "GET",
        "/declare/mine/<any(correct,withdraw,transfer):_what>",
        Door.OPEN,
        "/declare/mine/correct",
    ),
    RouteRow("GET", "/declare/<token>", Door.OPEN, "/declare/nothing"),
    RouteRow("POST", "/declare/<token>", Door.OPEN, "/declare/nothing"),
    RouteRow("GET", "/declare/<token>/decline", Door.OPEN, "/declare/nothing/decline"),
    RouteRow("POST", "/declare/<token>/decline", Door.OPEN, "/declare/nothing/decline"),
    RouteRow("GET", "/declare", Door.OPEN),
    RouteRow("POST", "/declare", Door.OPEN),
    RouteRow("GET", "/declare/", Door.OPEN),
    RouteRow("POST", "/declare/", Door.OPEN),
    RouteRow("GET", "/declare/<path:_rest>", Door.OPEN, "/declare/a/b/c"),
    RouteRow("POST", "/declare/<path:_rest>", Door.OPEN, "/declare/a/b/c"),
)
