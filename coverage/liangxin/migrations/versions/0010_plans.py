"""plans and locks, what instructors can take on, what was said of pairs, visits, places' coordinates.

Revision: 0010
Follows: 0009
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
CODE, MOMENT = sa.String(12), sa.DateTime(timezone=True)
CURRENT = "to_on IS NULL AND corrected_at IS NULL"
STATES = "state IN ('proposed', 'approved', 'in_force', 'replaced', 'dropped')"
WORDS = "says IN ('agreed', 'organisation_declined', 'person_declined', 'tie', 'nothing')"
LOCKS = "says IN ('must', 'never', 'together', 'apart', 'alone')"
ANOTHER = (
    "(says IN ('together', 'apart')) = (other_organisation_id IS NOT NULL"
    " OR party_organisation_id IS NOT NULL)"
)
BY = "an office or account"


def upgrade() -> None:
    _offers()
    _plan()
    _plan_item()
    _plan_lock()
    _visit()
    op.create_table(
        "community_neighbour",
        sa.Column("one", CODE, primary_key=True),
        sa.Column("other", CODE, primary_key=True),
        _column("learned_at", MOMENT),
        sa.CheckConstraint("one < other", "smaller_first"),
    )
    for name in ("latitude", "longitude"):
        op.add_column("place", sa.Column(name, sa.Float(), comment="degrees, WGS 84"))


def _offers() -> None:
    op.create_table(
        "instructor_offer",
        _number(),
        _of("instructor"),
        _maybe("capacity", sa.Integer(), "organisations; null: as the rule set says"),
        _maybe("hours", sa.Integer(), "a month; null: as the rule set says"),
        _maybe("community_code", CODE, "where they live or work"),
        _maybe("place", sa.Text(), "building, park or market they work in"),
        _maybe("sectors", sa.Text(), "industries they know, one a line"),
        _column("is_district_wide", sa.Boolean(), "not of their own sub-district alone"),
        _column("is_willing", sa.Boolean(), "they, and whoever sends them, agree"),
        *_dated(),
        sa.CheckConstraint("capacity >= 0", "capacity_is_a_count"),
        sa.CheckConstraint("hours >= 0", "hours_are_a_count"),
    )
    _unique("uq_instructor_offer_current", "instructor_offer", ["instructor_id"], CURRENT)
    op.create_table(
        "pair_word",
        _number(),
        _of("instructor"),
        _of("organisation"),
        _column(
            "says",
            sa.Text(),
            "agreed, organisation_declined, person_declined, tie (pay or business), nothing",
        ),
        *_dated(),
        sa.CheckConstraint(WORDS, "says_is_known"),
    )
    op.create_index("ix_pair_word_organisation_id", "pair_word", ["organisation_id"])
    _unique("uq_pair_word_current", "pair_word", ["instructor_id", "organisation_id"], CURRENT)


def _plan() -> None:
    op.create_table(
        "plan",
        _number(),
        _column("kind", sa.Text(), "instructors or branches"),
        _column("scope", sa.Text(), "a sub-district's code, or empty: the district"),
        _column("state", sa.Text(), "proposed, approved, in_force, replaced or dropped"),
        _column("as_of", sa.Date()),
        _column("rule_set", sa.Text()),
        _column("candidate_rule", sa.Text()),
        _column("method", sa.Text()),
        _column("seed", sa.Integer()),
        _column("value", sa.Text(), "a whole number, smaller is better"),
        _column("bound", sa.Text(), "no permitted plan is below it"),
        _column("says", sa.Text(), "what is proven, Chinese, a line, English"),
        _maybe("after_plan_id", ID, "the plan whose pairs or groups it keeps where it can", "plan"),
        _column("made_by", sa.Text(), BY),
        _maybe("decided_by", sa.Text(), "who approved or dropped it"),
        _maybe("decided_on", sa.Date()),
        _maybe("in_force_from", sa.Date()),
        _column("learned_at", MOMENT),
        sa.CheckConstraint("kind IN ('instructors', 'branches')", "kind_is_known"),
        sa.CheckConstraint(STATES, "state_is_known"),
        sa.CheckConstraint("(state = 'proposed') OR (decided_on IS NOT NULL)", "decided_when"),
        sa.CheckConstraint(
            "(state IN ('in_force', 'replaced')) = (in_force_from IS NOT NULL)", "in_force_since"
        ),
    )
    _unique("uq_plan_in_force", "plan", ["kind", "scope"], "state = 'in_force'")


def _plan_item() -> None:
    op.create_table(
        "plan_item",
        _number(),
        _of("plan"),
        _of("organisation"),
        _maybe("instructor_id", ID, None, "instructor"),
        _maybe("group_number", sa.Integer(), "of a joint branch in this plan"),
        _maybe(
            "party_organisation_id",
            ID,
            "the joint branch it joins, if there is one",
            "party_organisation",
        ),
        _maybe("left_over", sa.Text(), "code of the reason why it has nobody"),
        _column("reasons", sa.Text(), "codes of why, separated by spaces"),
        _maybe(
            "was_instructor_id", ID, "who held when it was made, the newest of them", "instructor"
        ),
        _maybe("change", sa.Text(), "code of the reason why that changed"),
        sa.CheckConstraint(
            "(left_over IS NULL) = (instructor_id IS NOT NULL OR group_number IS NOT NULL)",
            "planned_or_left_over",
        ),
        sa.UniqueConstraint("plan_id", "organisation_id"),
    )
    op.create_index("ix_plan_item_organisation_id", "plan_item", ["organisation_id"])


def _plan_lock() -> None:
    op.create_table(
        "plan_lock",
        _number(),
        _column("says", sa.Text(), "must, never; together, apart, alone"),
        _of("organisation"),
        _maybe("instructor_id", ID, None, "instructor"),
        _maybe("other_organisation_id", ID, None, "organisation"),
        _maybe("party_organisation_id", ID, "a joint branch there is", "party_organisation"),
        _column("set_by", sa.Text(), BY),
        _column("learned_at", MOMENT),
        sa.CheckConstraint(LOCKS, "says_is_known"),
        sa.CheckConstraint(
            "(says IN ('must', 'never')) = (instructor_id IS NOT NULL)", "names_an_instructor"
        ),
        sa.CheckConstraint(ANOTHER, "names_another"),
    )
    op.create_index("ix_plan_lock_organisation_id", "plan_lock", ["organisation_id"])


def _visit() -> None:
    op.create_table(
        "visit",
        _number(),
        _of("instructor"),
        _of("organisation"),
        _column("on_day", sa.Date()),
        _column("kind", sa.Text(), "visit, or the yearly talk"),
        _column("recorded_by", sa.Text(), BY),
        _column("learned_at", MOMENT),
        _maybe("corrected_at", MOMENT),
        sa.CheckConstraint("kind IN ('visit', 'talk')", "kind_is_known"),
    )
    op.create_index("ix_visit_organisation_id_on_day", "visit", ["organisation_id", "on_day"])
    op.create_index("ix_visit_instructor_id", "visit", ["instructor_id"])


def downgrade() -> None:
    for name in ("latitude", "longitude"):
        op.drop_column("place", name)
    for name in (
        *("community_neighbour", "visit", "plan_lock", "plan_item", "plan"),
        *("pair_word", "instructor_offer"),
    ):
        op.drop_table(name)


def _dated() -> list[Any]:
    return [
        _column("from_on", sa.Date()),
        _maybe("to_on", sa.Date()),
        _column("learned_at", MOMENT),
        _maybe("corrected_at", MOMENT),
        sa.CheckConstraint("to_on > from_on", "ends_after_it_starts"),
    ]


def _unique(name: str, table: str, columns: list[str], where: str) -> None:
    only = sa.text(where)
    op.create_index(name, table, columns, unique=True, sqlite_where=only, postgresql_where=only)


def _column(name: str, kind: Any, comment: str | None = None) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=False, comment=comment)


def _maybe(
    name: str, kind: Any, comment: str | None = None, of: str | None = None
) -> sa.Column[Any]:
    keys = [] if of is None else [sa.ForeignKey(f"{of}.id")]
    return sa.Column(name, kind, *keys, comment=comment)


def _number() -> sa.Column[Any]:
    return sa.Column("id", ID, primary_key=True)


def _of(table: str) -> sa.Column[Any]:
    return sa.Column(f"{table}_id", ID, sa.ForeignKey(f"{table}.id"), nullable=False)
