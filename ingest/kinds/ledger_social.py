"""Party-building ledger of social organisations."""

from ingest.kinds import ledgers, readers
from ingest.kinds.kind import Kind
from ingest.kinds.ticks import options

ANNUAL_CHECK = options("annual_check", "passed", "nearly", "failed", "absent")
FORM = options("form", "in_members", "in_council", "with_supervisor", "other")
LEVEL = options("level", "branch", "general_branch", "committee", "joint_branch")
REASON = options("reason", "no_members", "owner_against", "not_guided", "other")
#: Part and whole of one count.
PARTS = (
    ("members_employed", "staff"),
    ("members_under_35", "members"),
    ("members_university", "members"),
    ("members_school", "members"),
)

LEDGER_SOCIAL = Kind(
    name="ledger_social",
    title="社会组织党建台账",
    title_en="a Party-building ledger of social organisations",
    fields=(
        readers.codes("uscc", needed=True),
        readers.organisations("name"),
        readers.choice("nature", "social_nature"),
        *readers.texts("category", "registered_with", "supervisor", "address", "superior"),
        *readers.days("founded_on"),
        readers.choice("state", "social_state"),
        *readers.counts("staff", "staff_full_time", "staff_part_time", "insured"),
        *readers.counts("association_members"),
        *readers.answers("head_is_member", "head_is_secretary", "head_is_delegate"),
        *readers.answers("can_build", "built"),
        *readers.texts("party_name"),
        *readers.phones("party_phone"),
        *readers.days("built_on", "re_elected_on", "covered_on"),
        *readers.counts("joint_units"),
        *readers.answers("instructor_sent"),
        readers.persons("instructor_name"),
        readers.persons("secretary_name"),
        readers.choice("secretary_from"),
        *readers.counts("deputies", "deputies_full_time", "deputies_part_time", "party_workers"),
        *readers.counts("members", "full_members", "probationary_members", "members_employed"),
        *readers.counts("members_in", "members_out", "members_under_35"),
        *readers.counts("members_university", "members_school"),
        *readers.counts("members_developed", "members_removed", "applicants", "activists"),
    ),
    groups=(ANNUAL_CHECK, FORM, LEVEL, REASON),
    across=(
        ledgers.headcount,
        ledgers.sums_of("staff", "staff", "staff_full_time", "staff_part_time"),
        ledgers.sums_of("deputies", "deputies", "deputies_full_time", "deputies_part_time"),
        ledgers.party_organisation(form_ticks=FORM.columns, level_ticks=LEVEL.columns),
        ledgers.unbuilt,
        ledgers.head("head_is_member", "head_is_secretary"),
        ledgers.founded_first("built_on", "re_elected_on"),
        ledgers.parts_of(PARTS),
    ),
    columns_needed=("name",),
    keys=("uscc", "name"),
    identity="uscc",
    secret=frozenset({"head_is_member", "instructor_name", "secretary_name", "party_phone"}),
)
