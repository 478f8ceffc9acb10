"""plans, what instructors can take on, what was said of pairs, visits.

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


def upgrade() -> None:
    _offers()
    _plans()
    op.create_table(
        "visit",
        _number(),
        _of("instructor", sa.Integer()),
        _of("organisation"),
        _column("on_day", sa.Date()),
        _column("kind", sa.Text(), "visit, or the yearly talk"),
        _column("recorded_by", sa.Text(), "an office or account"),
        _column("learned_at", MOMENT),
        _maybe("corrected_at", MOMENT),
        sa.CheckConstraint("kind IN ('visit', 'talk')", "kind_is_known"),
    )
    op.create_index("ix_visit_organisation_id_on_day", "visit", ["organisation_id", "on_day"])
    op.create_index("ix_visit_instructor_id", "visit", ["instructor_id"])


def _offers() -> None:
    op.create_table(
        "instructor_offer",
        _number(),
        _of("instructor", sa.Integer()),
        _maybe("capacity", sa.Integer(), "organisations; null: as the rule set says"),
        _maybe("community_code", CODE, "where they live or work"),
        _maybe("sectors", sa.Text(), "industries they know, one a line"),
        _column("is_district_wide", sa.Boolean(), "not of their own sub-district alone"),
        _column("is_willing", sa.Boolean(), "they, and whoever sends them, agree"),
        *_dated(),
        sa.CheckConstraint("capacity >= 0", "capacity_is_a_count"),
    )
    _current("instructor_offer", ["instructor_id"])
    op.create_table(
        "pair_word",
        _number(),
        _of("instructor", sa.Integer()),
        _of("organisation"),
        _column(
            "says",
            sa.Text(),
            "tie (pay or business), person_declined, organisation_declined, agreed",
        ),
        *_dated(),
        sa.CheckConstraint(
            "says IN ('tie', 'person_declined', 'organisation_declined', 'agreed')",
            "says_is_known",
        ),
    )
    op.create_index("ix_pair_word_organisation_id", "pair_word", ["organisation_id"])
    _current("pair_word", ["instructor_id", "organisation_id", "says"])


def _plans() -> None:
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
        _column("is_edited", sa.Boolean(), "changed by hand since: the proof is of before"),
        _column("made_by", sa.Text(), "an office or account"),
        _maybe("decided_by", sa.Text(), "who approved or dropped it"),
        _maybe("decided_on", sa.Date()),
        _maybe("in_force_from", sa.Date()),
        _column("learned_at", MOMENT),
        sa.CheckConstraint("kind IN ('instructors', 'branches')", "kind_is_known"),
        sa.CheckConstraint(STATES, "state_is_known"),
        sa.CheckConstraint("(state = 'proposed') OR (decided_on IS NOT NULL)", "decided_when"),
    )
    op.create_index(
        "uq_plan_in_force",
        "plan",
        ["kind", "scope"],
        unique=True,
        sqlite_where=sa.text("state = 'in_force'"),
        postgresql_where=sa.text("state = 'in_force'"),
    )
    op.create_table(
        "plan_item",
        _number(),
        _of("plan"),
        _of("organisation"),
        sa.Column("instructor_id", sa.Integer(), sa.ForeignKey("instructor.id")),
        _maybe("group_number", sa.Integer(), "of a joint branch in this plan"),
        sa.Column(
            "party_organisation_id",
            sa.Integer(),
            sa.ForeignKey("party_organisation.id"),
            comment="the joint branch it joins, if there is one",
        ),
        _maybe("left_over", sa.Text(), "code of the reason why it has nobody"),
        _column("reasons", sa.Text(), "codes of why, separated by spaces"),
        _column("is_locked", sa.Boolean(), "stays as it is when planned again"),
        _column("is_by_hand", sa.Boolean(), "somebody chose it"),
        sa.CheckConstraint(
            "left_over IS NULL OR (instructor_id IS NULL AND group_number IS NULL)",
            "left_over_has_nobody",
        ),
        sa.UniqueConstraint("plan_id", "organisation_id"),
    )


def downgrade() -> None:
    for name in ("visit", "plan_item", "plan", "pair_word", "instructor_offer"):
        op.drop_table(name)


def _dated() -> list[Any]:
    return [
        _column("from_on", sa.Date()),
        _maybe("to_on", sa.Date()),
        _column("learned_at", MOMENT),
        _maybe("corrected_at", MOMENT),
        sa.CheckConstraint("to_on > from_on", "ends_after_it_starts"),
    ]


def _current(table: str, columns: list[str]) -> None:
    op.create_index(
        f"uq_{table}_current",
        table,
        columns,
        unique=True,
        sqlite_where=sa.text(CURRENT),
        postgresql_where=sa.text(CURRENT),
    )


def _column(name: str, kind: Any, comment: str | None = None) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=False, comment=comment)


def _maybe(name: str, kind: Any, comment: str | None = None) -> sa.Column[Any]:
    return sa.Column(name, kind, comment=comment)


def _number() -> sa.Column[Any]:
    return sa.Column("id", ID, primary_key=True)


def _of(table: str, kind: Any = ID) -> sa.Column[Any]:
    return sa.Column(f"{table}_id", kind, sa.ForeignKey(f"{table}.id"), nullable=False)
