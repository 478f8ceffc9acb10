"""members and candidates, sealed; declarations, consents, who looked; steps of a transfer.

Revision: 0009
Follows: 0008
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
HMAC, KEY = sa.String(64), sa.String(16)
MOMENT = sa.DateTime(timezone=True)
BY = "an office or account, or: person"
CURRENT = "state IN ('candidate', 'confirmed', 'relation_in', 'relation_out')"
STATES = (
    "state IN ('candidate', 'declared', 'confirmed', 'relation_in', 'relation_out', "
    "'left', 'withdrawn')"
)
GROUNDED = (
    "state IN ('candidate', 'declared', 'left', 'withdrawn') OR "
    "(ground_id IS NOT NULL AND person_key IS NOT NULL)"
)
NOBODY = (
    "state <> 'withdrawn' OR (person_key IS NULL AND sealed_name IS NULL "
    "AND ground_id IS NULL AND hired_on IS NULL AND code_hash IS NULL)"
)


def upgrade() -> None:
    _do_not_ask()
    _membership()
    _declaring()
    _keeping()
    for name, comment in TRANSFER:
        op.add_column("relation_transfer", sa.Column(name, sa.Date(), comment=comment))


TRANSFER = (
    ("letter_on", "the introduction letter was issued"),
    ("valid_until", "the letter's last day"),
    ("receipt_on", "the receipt went back"),
)


def _do_not_ask() -> None:
    op.create_table(
        "do_not_ask",
        sa.Column("token", HMAC, primary_key=True),
        _column("until_on", sa.Date(), "the first day on which asking is allowed again"),
    )
    _index("do_not_ask", "until_on")


def _membership() -> None:
    op.create_table(
        "membership_ground",
        _number(),
        _of("organisation"),
        _column("person_key", HMAC, "HMAC of the document number"),
        _column("basis", sa.Text(), "declaration or official_transfer"),
        _column("on_day", sa.Date()),
        _column("recorded_by", sa.Text(), BY),
        _column("learned_at", MOMENT),
        sa.CheckConstraint("basis IN ('declaration', 'official_transfer')", "basis_is_known"),
        sa.UniqueConstraint("id", "organisation_id", "person_key"),
    )
    _index("membership_ground", "organisation_id", "person_key")
    op.create_table(
        "membership",
        _number(),
        _of("organisation"),
        _maybe("person_key", HMAC, "HMAC of the document number"),
        _maybe("person_key_id", KEY, "the key it was made with"),
        _maybe(
            "sealed_name",
            sa.Text(),
            "ChaCha20-Poly1305, bound to organisation and person; base64",
        ),
        _maybe("sealed_key_id", KEY, "the key that opens it"),
        _maybe(
            "ask_token", HMAC, "the token of do_not_ask, should the person decline or not answer"
        ),
        _column("status", sa.Text(), "full or probationary"),
        _column("state", sa.Text(), "of liangxin.membership"),
        _maybe("ground_id", ID, "what the confirmation stands on"),
        _maybe("hired_on", sa.Date()),
        _maybe("expires_on", sa.Date(), "who is not confirmed is deleted on it"),
        _maybe(
            "code_hash",
            HMAC,
            "SHA-256 of the code with which the person sees, corrects or withdraws",
        ),
        _maybe(
            "receipt",
            sa.Text(),
            "the code's first letters, which open nothing; the person says them",
        ),
        _maybe(
            "relation_said",
            sa.Text(),
            "where the person says the relation is; of liangxin.declaring",
        ),
        _maybe(
            "roster_on", sa.Date(), "the employer's newest list that named the person as a member"
        ),
        _maybe("absent_on", sa.Date(), "the employer's list of this day no longer has the person"),
        sa.Column("hire_id", ID, sa.ForeignKey("hire.id")),
        sa.Column("transfer_id", ID, sa.ForeignKey("relation_transfer.id")),
        _column("learned_at", MOMENT),
        sa.CheckConstraint("status IN ('full', 'probationary')", "status_is_known"),
        sa.CheckConstraint(STATES, "state_is_known"),
        sa.CheckConstraint(GROUNDED, "confirmed_has_a_ground"),
        sa.CheckConstraint(
            "(state <> 'candidate' AND state <> 'declared') OR expires_on IS NOT NULL",
            "pending_expires",
        ),
        sa.CheckConstraint(NOBODY, "withdrawn_is_nobody"),
        sa.ForeignKeyConstraint(
            ["ground_id", "organisation_id", "person_key"],
            [
                "membership_ground.id",
                "membership_ground.organisation_id",
                "membership_ground.person_key",
            ],
            name=op.f("fk_membership_ground_of_its_own"),
        ),
        sa.UniqueConstraint("code_hash"),
        sqlite_autoincrement=True,
    )
    _index("membership", "person_key")
    _index("membership", "expires_on")
    op.create_index(
        "uq_membership_current",
        "membership",
        ["organisation_id", "person_key"],
        unique=True,
        sqlite_where=sa.text(CURRENT),
        postgresql_where=sa.text(CURRENT),
    )
    op.create_table(
        "membership_step",
        _number(),
        _of("membership"),
        _column("state", sa.Text(), "after it"),
        _column("status", sa.Text(), "after it: full or probationary"),
        _column("basis", sa.Text(), "of liangxin.membership"),
        _column(
            "counts",
            sa.Boolean(),
            "after it; false: a person in two organisations counts at the other one",
        ),
        _column("on_day", sa.Date()),
        _column("recorded_by", sa.Text(), BY),
        _column("learned_at", MOMENT),
        sa.CheckConstraint("status IN ('full', 'probationary')", "status_is_known"),
    )
    _index("membership_step", "membership_id")


def _declaring() -> None:
    op.create_table(
        "declaration_link",
        _number(),
        _of("organisation"),
        _column("token_hash", HMAC, "SHA-256 of the token"),
        _column("from_on", sa.Date()),
        _column("expires_on", sa.Date(), "the first day on which it opens nothing"),
        _maybe("revoked_on", sa.Date()),
        _column("made_by", sa.Text(), "an office or account"),
        _column("learned_at", MOMENT),
        sa.CheckConstraint("expires_on > from_on", "expires_after_it_starts"),
        sa.UniqueConstraint("token_hash"),
    )
    op.create_table(
        "used_form",
        sa.Column("form_hash", HMAC, primary_key=True, comment="SHA-256 of its number"),
        _column("until_at", MOMENT, "later its signature has run out anyway"),
    )
    _index("used_form", "until_at")
    op.create_table(
        "consent",
        _number(),
        _of("organisation"),
        _column("code_hash", HMAC, "SHA-256 of the person's code"),
        _column("purpose", sa.Text(), "declare, pass_on or transfer"),
        _column("text_version", sa.Text(), "of the notice that was shown"),
        _column("given_on", sa.Date()),
        _maybe("withdrawn_on", sa.Date(), "or the membership ended"),
        _column("learned_at", MOMENT),
        sa.CheckConstraint("purpose IN ('declare', 'pass_on', 'transfer')", "purpose_is_known"),
        sa.CheckConstraint("withdrawn_on >= given_on", "withdrawn_after_given"),
        sa.UniqueConstraint("code_hash", "purpose", "given_on"),
    )


def _keeping() -> None:
    op.create_table(
        "person_access",
        _number(),
        _of("organisation"),
        _column("membership_id", ID, "which may be deleted by now"),
        _column("what", sa.Text(), "viewed, recorded, seen_by_person, …"),
        _column("purpose", sa.Text(), "of liangxin.purposes"),
        _column("done_by", sa.Text(), BY),
        _column("role", sa.Text()),
        _column("at", MOMENT),
    )
    _index("person_access", "membership_id")
    _index("person_access", "at")
    op.create_table(
        "subject_request",
        _number(),
        sa.Column("organisation_id", ID, sa.ForeignKey("organisation.id")),
        _column("kind", sa.Text(), "see, correct, delete or explain"),
        _column("received_on", sa.Date()),
        _column("due_on", sa.Date()),
        _maybe("closed_on", sa.Date()),
        _maybe("outcome", sa.Text(), "done, nothing_kept or refused"),
        _maybe("reason", sa.Text(), "why it was refused; names nobody"),
        _column("received_by", sa.Text(), "an office or account"),
        _column("learned_at", MOMENT),
        sa.CheckConstraint("kind IN ('see', 'correct', 'delete', 'explain')", "kind_is_known"),
        sa.CheckConstraint("due_on >= received_on", "due_after_received"),
        sa.CheckConstraint("closed_on >= received_on", "closed_after_received"),
        sa.CheckConstraint("outcome IN ('done', 'nothing_kept', 'refused')", "outcome_is_known"),
        sa.CheckConstraint("(closed_on IS NULL) = (outcome IS NULL)", "closed_with_an_outcome"),
    )
    op.create_table(
        "kept_document",
        _number(),
        _column("kind", sa.Text(), "notice or impact_assessment"),
        _column("version", sa.Text()),
        _column("sha256", HMAC),
        _column("content", sa.Text()),
        _column("from_on", sa.Date()),
        _column("kept_by", sa.Text(), "an office or account"),
        _column("learned_at", MOMENT),
        sa.CheckConstraint("kind IN ('notice', 'impact_assessment')", "kind_is_known"),
        sa.UniqueConstraint("kind", "version"),
    )


def downgrade() -> None:
    for name, _ in TRANSFER:
        with op.batch_alter_table("relation_transfer") as batch:
            batch.drop_column(name)
    for name in (
        *("kept_document", "subject_request", "person_access"),
        *("consent", "used_form", "declaration_link"),
        *("membership_step", "membership", "membership_ground", "do_not_ask"),
    ):
        op.drop_table(name)


def _index(table: str, *columns: str) -> None:
    op.create_index(f"ix_{table}_{'_'.join(columns)}", table, list(columns))


def _column(name: str, kind: Any, comment: str | None = None) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=False, comment=comment)


def _maybe(name: str, kind: Any, comment: str | None = None) -> sa.Column[Any]:
    return sa.Column(name, kind, comment=comment)


def _number() -> sa.Column[Any]:
    return sa.Column("id", ID, primary_key=True)


def _of(table: str) -> sa.Column[Any]:
    return sa.Column(f"{table}_id", ID, sa.ForeignKey(f"{table}.id"), nullable=False)
