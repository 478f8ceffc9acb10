"""What must be looked into today: every event of the register that asks an office to act.

Each event is one set-based query; together they fill a table of the transaction's own
(``task_event``) that tasks are opened from and closed by (``liangxin.tasks``). None of them reads
the clock, and none goes through organisations one by one.

A register's first load is its base: every organisation in it would be "new". So an organisation
counts as newly registered only if it was first seen after the day that its source's first run
describes; those of the base are screened as the offices come to them.
"""

from collections.abc import Iterable
from datetime import date
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Insert,
    Integer,
    MetaData,
    Select,
    String,
    Table,
    Text,
    insert,
)

from liangxin.rules import RuleSet
from liangxin.schema import Organisation
from liangxin.tasks import of_members, of_organisations, of_parties, of_sightings

#: The events of today; one row a subject and event, for the length of a transaction.
EVENT = Table(
    "task_event",
    MetaData(),
    Column("kind", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("because", Text, nullable=False),
    Column("organisation_id", BigInteger),
    Column("party_organisation_id", Integer),
    Column("subdistrict_code", String(12)),
    Column("community_code", String(12)),
    Column("owner", Text, nullable=False),
    Column("urgent", Boolean, nullable=False),
    prefixes=["TEMPORARY"],
)
_INDEX = "CREATE INDEX ix_task_event ON task_event (kind, subject)"


def fill(
    connection: Connection, rules: RuleSet, today: date, *, organisation_id: int | None = None
) -> None:
    """Make the table of today's events; ``clear`` it before the transaction ends.

    Of one organisation, what its members bring about and nothing else.
    """
    EVENT.create(connection)
    if organisation_id is None:
        statements: Iterable[Insert] = _statements(rules, today)
    else:
        its = Organisation.id == organisation_id
        statements = (_inserted(query.where(its)) for query in _personal(rules, today))
    for statement in statements:
        connection.execute(statement)
    connection.exec_driver_sql(_INDEX)


def clear(connection: Connection) -> None:
    """Drop the table of today's events."""
    EVENT.drop(connection)


def _inserted(query: Select[Any]) -> Insert:
    return insert(EVENT).from_select(list(EVENT.columns.keys()), query)


# Writing these queries down, and telling that they are the same, takes longer than a small register
# takes to answer them.


@lru_cache(maxsize=4)
def _personal(rules: RuleSet, today: date) -> tuple[Select[Any], ...]:
    return (
        of_organisations.members_found(rules, today),
        of_organisations.hires_found(rules, today),
        of_organisations.could_build(rules, today),
        of_members.declarations(today),
        of_members.absent_members(today),
        of_members.letters(rules, today),
    )


@lru_cache(maxsize=4)
def _statements(rules: RuleSet, today: date) -> tuple[Insert, ...]:
    queries = (
        of_organisations.registered(rules, today),
        of_organisations.absent(rules, today),
        of_organisations.suspension_ended(today),
        *_personal(rules, today),
        of_members.requests(today),
        of_members.rosters_late(rules, today),
        of_parties.questions_open(today),
        of_parties.terms_ending(rules, today),
        of_parties.joint(rules, today, many=True),
        of_parties.joint(rules, today, many=False),
        of_organisations.unconfirmed(rules, today),
        of_organisations.elsewhere(rules, today),
        of_sightings.gone(today),
        of_sightings.found(today),
    )
    return tuple(_inserted(query) for query in queries)
