"""A firm, its committee and people who declare, for tests: everything goes through the real parts."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from factories import (
    NORTH,
    NOW,
    a_uscc,
    insert_covering,
    insert_organisation,
    insert_party_organisation,
    insert_run,
)
from people import a_name, a_number
from sqlalchemy import Connection, Engine, insert, select

from liangxin import access, committee, db, declaring, links, members, privacy, rules, tokens
from liangxin.entering import Said
from liangxin.membership import Counts
from liangxin.schema import MemberKey, Membership

KEYS = privacy.new_keys()
RULES = rules.load()
DAY = NOW.date()
COMMITTEE = access.local_committee(NORTH)
ALL = frozenset({"declare", "pass_on", "transfer"})


def said(n: int, **other: Any) -> Said:
    """What the n-th person enters."""
    whole = Said(a_name(n), a_number(n), "full", "former", DAY - timedelta(days=5), ALL)
    return replace(whole, **other)


class Desk:
    """A firm with a link to its page, and the committee of its sub-district."""

    def __init__(self, engine: Engine, n: int = 1, **fields: Any) -> None:
        self.engine = engine
        self.code = a_uscc(n)
        self.committee = access.local_committee()
        with db.writing(engine) as connection:
            self.firm = insert_organisation(connection, n, **fields)
            self.token = links.make(connection, self.committee, self.code, today=DAY, now=NOW)

    def write(self, what: Callable[[Connection], Any]) -> Any:
        with db.writing(self.engine) as connection:
            return what(connection)

    def read(self, what: Callable[[Connection], Any]) -> Any:
        with db.reading(self.engine) as connection:
            return what(connection)

    def form(self, now: datetime = NOW) -> str:
        return links.new_form(KEYS, self.token, now=now)

    def declares(self, n: int, on: date = DAY, **other: Any) -> str:
        """The n-th person declares; returns their code."""
        whole, form = said(n, **other), self.form()
        return self.write(
            lambda connection: declaring.declare(
                connection, KEYS, self.token, form, whole, today=on, now=NOW
            )
        )

    def number(self, code: str) -> int:
        """The membership that a code opens."""
        mine = select(Membership.id).where(Membership.code_hash == tokens.hash_of(code))
        return self.read(lambda connection: connection.execute(mine).scalar_one())

    def confirms(self, n: int, on: date = DAY, *, now: datetime = NOW, **other: Any) -> str:
        """The n-th person declares and the committee confirms it; returns their code."""
        code = self.declares(n, on, **other)
        number = self.number(code)
        self.write(
            lambda connection: committee.confirm(
                connection, self.committee, RULES, number, on=on, now=now
            )
        )
        return code

    def step(self, action: Callable[..., Any], code: str, on: date = DAY, **how: Any) -> Any:
        """A step of the committee on whoever has a code."""
        number = self.number(code)
        return self.write(
            lambda connection: action(
                connection, self.committee, RULES, number, on=on, now=how.pop("now", NOW), **how
            )
        )

    def withdraws(self, code: str, on: date = DAY, now: datetime = NOW) -> None:
        self.write(
            lambda connection: declaring.withdraw(connection, RULES, code, today=on, now=now)
        )

    def mine(self, code: str, now: datetime = NOW) -> declaring.Mine:
        return self.write(lambda connection: declaring.mine(connection, KEYS, code, now=now))

    def look(self, purpose: str = "confirm", **how: Any) -> list[committee.Known]:
        actor = how.pop("actor", self.committee)
        return self.write(
            lambda connection: committee.look(
                connection, actor, KEYS, purpose=purpose, now=NOW, **how
            )
        )

    def counts(self, on: date = DAY) -> Counts:
        return self.read(lambda connection: members.counts(connection, on)).get(self.firm, Counts())


def a_register_key(desk: Desk, n: int, where: str) -> None:
    """The member register has the n-th person, with a Party organisation."""

    def write(connection: Any) -> None:
        key = privacy.pseudonym(KEYS, a_number(n))
        run = insert_run(connection, "member_register_keys")
        connection.execute(
            insert(MemberKey).values(
                key=key, party_organisation_name=where, run_id=run, from_on=DAY, learned_at=NOW
            )
        )

    desk.write(write)


def covered_by(desk: Desk, name: str) -> None:
    def write(connection: Any) -> None:
        party = insert_party_organisation(connection, name=name)
        insert_covering(connection, desk.firm, party, from_on=DAY)

    desk.write(write)
