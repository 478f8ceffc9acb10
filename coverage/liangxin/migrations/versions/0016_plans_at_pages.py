"""plans asked for at a page; what only planning knows of a plan; a note of a visit.

Revision: 0016
Follows: 0012
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0014"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
TOLD = "JSON: distances, alternatives and warnings, which only planning knows; no count of members"
NOTE = "one of liangxin.visits.NOTES: what is to be done next, never what was said"
SECONDS = "no further improvement is begun after so many"


def upgrade() -> None:
    op.add_column("plan", sa.Column("told", sa.Text(), comment=TOLD))
    op.add_column("visit", sa.Column("note", sa.Text(), comment=NOTE))
    op.create_table(
        "plan_making",
        sa.Column("id", ID, primary_key=True),
        _needed("kind", sa.Text(), "instructors or branches"),
        _needed("scope", sa.Text(), "as of a plan; one at a time is made for it"),
        _needed("state", sa.Text(), "waiting, running, done or failed"),
        _needed("as_of", sa.Date()),
        _needed("seconds", sa.Integer(), SECONDS),
        _needed("seed", sa.Integer()),
        _needed("keep_first", sa.Boolean(), "what holds is kept wherever that can be"),
        _plan("after_plan_id", "the plan to be made again"),
        _needed("asked_by", sa.Text(), "an account"),
        _needed("role", sa.Text(), "in which it was asked"),
        sa.Column("stage", sa.Text(), comment="what is done now, and its numbers"),
        _plan("plan_id", "what was made"),
        sa.Column("message_zh", sa.Text(), comment="why it failed"),
        sa.Column("message_en", sa.Text()),
        _needed("asked_at", MOMENT),
        sa.Column("ended_at", MOMENT),
        sa.CheckConstraint("kind IN ('instructors', 'branches')", "kind_is_known"),
        sa.CheckConstraint("state IN ('waiting', 'running', 'done', 'failed')", "state_is_known"),
        sa.CheckConstraint("(state IN ('done', 'failed')) = (ended_at IS NOT NULL)", "ended_when"),
        sa.CheckConstraint("(state = 'failed') = (message_zh IS NOT NULL)", "failed_why"),
    )
    is_open = sa.text("ended_at IS NULL")
    op.create_index(
        "uq_plan_making_open",
        "plan_making",
        ["scope"],
        unique=True,
        sqlite_where=is_open,
        postgresql_where=is_open,
    )


def _needed(name: str, kind: Any, says: str | None = None) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=False, comment=says)


def _plan(name: str, says: str) -> sa.Column[Any]:
    return sa.Column(name, ID, sa.ForeignKey("plan.id"), comment=says)


def downgrade() -> None:
    op.drop_table("plan_making")
    op.drop_column("visit", "note")
    op.drop_column("plan", "told")
