"""Party-building ledger of non-public firms: what the real ones have, all sets in one."""

from ingest.kinds import ledgers, readers
from ingest.kinds.kind import Kind
from ingest.kinds.ticks import options

SEAT = options("seat", "park", "building", "other")
FIRM_TYPE = options("firm_type", "private", "hmt", "foreign", words=readers.firm_types)
FORM = options("form", "alone", "joint", "grid", "attached", "other")
LEVEL = options("level", "branch", "general_branch", "committee", "joint_branch")
REASON = options("reason", "no_members", "owner_against", "not_guided", "other")
SECRETARY_FROM = options("secretary_from", "investor", "manager", "sent", "other")
#: Part and whole of one count.
PARTS = (
    ("members_under_35", "members_in"),
    ("members_managers", "members_in"),
    ("members_professionals", "members_in"),
    ("members_front_line", "members_in"),
    ("members_rural", "members_out"),
    ("party_workers_full_time", "party_workers"),
)

LEDGER = Kind(
    name="ledger",
    title="非公企业党建台账",
    title_en="a Party-building ledger of non-public firms",
    fields=(
        readers.codes("uscc", needed=True),
        readers.organisations("name"),
        *readers.texts("region", "subdistrict", "community", "address"),
        *readers.texts("registered_at", "operates_at", "place_name", "business"),
        *readers.texts("category"),
        readers.choice("park_level"),
        *readers.answers("hundred_million_building", "in_market", "internet_firm", "on_platform"),
        *readers.phones("phone"),
        *readers.days("founded_on"),
        readers.choice("state"),
        readers.money("revenue"),
        *readers.answers("above_scale"),
        *readers.counts("staff", "insured"),
        *readers.answers("insured_any", "fixed_place"),
        *readers.answers("investor_is_member", "investor_is_secretary", "investor_is_delegate"),
        readers.membership("investor_status"),
        *readers.answers("built", "built_this_year"),
        *readers.texts("party_name", "progress"),
        *readers.days("built_on", "re_elected_on", "covered_on"),
        *readers.counts("joint_units"),
        *readers.answers("instructor_sent", "standard_met"),
        readers.persons("instructor_name"),
        *readers.phones("instructor_phone"),
        readers.persons("secretary_name"),
        *readers.phones("secretary_phone"),
        *readers.counts("party_workers", "party_workers_full_time"),
        *readers.counts("members", "full_members", "probationary_members"),
        *readers.counts("members_in", "members_out", "members_under_35", "members_managers"),
        *readers.counts("members_professionals", "members_front_line", "members_rural"),
        *readers.counts("members_developed", "members_removed"),
        *readers.answers("members_trained", "dues_paid", "mass_organisations"),
        *readers.answers("union", "youth_league", "womens_federation"),
        *readers.answers("own_room", "budgeted"),
        readers.areas("room_area"),
        *readers.answers("meets_and_lectures", "members_reviewed", "members_analysed"),
        *readers.answers("re_elected"),
    ),
    groups=(SEAT, FIRM_TYPE, FORM, LEVEL, REASON, SECRETARY_FROM),
    across=(
        ledgers.headcount,
        ledgers.insurance,
        ledgers.party_organisation(form_ticks=FORM.columns, level_ticks=LEVEL.columns),
        ledgers.unbuilt,
        ledgers.scale,
        ledgers.head("investor_is_member", "investor_is_secretary"),
        ledgers.room,
        ledgers.founded_first("built_on", "re_elected_on"),
        ledgers.parts_of(PARTS),
    ),
    columns_needed=("name",),
    keys=("uscc", "name"),
    identity="uscc",
    secret=frozenset(
        {
            "investor_is_member",
            "investor_status",
            "instructor_name",
            "instructor_phone",
            "secretary_name",
            "secretary_phone",
        }
    ),
)
