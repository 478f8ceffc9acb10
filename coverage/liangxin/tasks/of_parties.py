"""Events about Party organisations, and open questions: terms, joint branches, figures.

Each returns a query of the columns of ``events.EVENT``, one row a Party organisation or question.
"""

from datetime import date
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Integer,
    Select,
    String,
    case,
    cast,
    literal,
    null,
    select,
)

from liangxin import facts_on, triggers
from liangxin.access import Role
from liangxin.facts_on import true_on
from liangxin.months import latest_within
from liangxin.rules import RuleSet
from liangxin.schema import Organisation, PartyOrganisation, PartyTerm, Question
from liangxin.tasks.facts import Located


def questions_open(today: date) -> Select[Any]:
    """Two figures disagree; its owner is who can find out."""
    where = Located(today)
    # A number may come again after a run was undone; the moment does not.
    because = (
        literal("question:")
        + cast(Question.id, String)
        + literal(":")
        + cast(Question.learned_at, String)
    )
    owner = case(
        (where.subdistrict.is_(None), literal(str(Role.DISTRICT_OFFICE))), else_=Question.owner
    )
    query = (
        select(
            literal("question"),
            literal("question:") + cast(Question.id, String),
            because,
            Question.organisation_id,
            cast(null(), Integer),
            where.subdistrict,
            where.community,
            owner,
            literal(False),
        )
        .select_from(Question)
        .outerjoin(Organisation, Organisation.id == Question.organisation_id)
    )
    return where.joined_to(query).where(Question.closed_at.is_(None))


def _of_parties(kind: str, because: ColumnElement[Any]) -> Select[Any]:
    """Events of one kind about Party organisations; joins and conditions come after it."""
    return select(
        literal(kind),
        literal("party:") + cast(PartyOrganisation.id, String),
        because,
        cast(null(), BigInteger),
        PartyOrganisation.id,
        PartyOrganisation.subdistrict_code,
        cast(null(), String),
        literal(str(Role.COMMITTEE)),
        literal(False),
    ).select_from(PartyOrganisation)


def terms_ending(rules: RuleSet, today: date) -> Select[Any]:
    """Some months before a term's last day by the rules."""
    because = literal("term:") + cast(PartyTerm.id, String)
    return (
        _of_parties("elect", because)
        .join(PartyTerm, PartyTerm.party_organisation_id == PartyOrganisation.id)
        .where(
            true_on(PartyTerm, today, None),
            true_on(PartyOrganisation, today, None),
            triggers.covers_somebody(today),
            PartyTerm.due_on <= latest_within(today, rules.thresholds.term_notice_months),
        )
    )


def joint(rules: RuleSet, today: date, *, many: bool) -> Select[Any]:
    """Joint branches of too many units, or of too few full members by counts of all its units."""
    joined = facts_on.joint_units(today, rules.headcount)
    kind, word, number = (
        ("joint_units", "units", joined.c.units)
        if many
        else ("joint_members", "full_members", joined.c.full_members)
    )
    limits = rules.thresholds
    wrong = number > limits.joint_units if many else number < limits.branch_members
    return (
        _of_parties(kind, literal(f"{word}:") + cast(number, String))
        .join(joined, joined.c.party_organisation_id == PartyOrganisation.id)
        .where(true_on(PartyOrganisation, today, None), wrong)
    )
