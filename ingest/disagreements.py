"""What a source says otherwise of a field that another office owns: a question for that office.

Nothing is overwritten and nothing chosen silently. A question names both values and both sources;
it closes by itself when the two agree again. A word counts of its day: what agreed then is not held
against what the owner says later, until its source sends it again (decision 0014).
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any

import polars as pl
from sqlalchemy import Connection, select

from ingest import sources
from ingest.merging import LEADERS, Ownership, provider
from ingest.sources import Source
from liangxin import questions, schema
from liangxin.access import Role
from liangxin.errors import LiangxinError
from liangxin.questions import NewQuestion
from liangxin.settings import Settings

#: A question's rule is this and the field.
RULE = "differs_"
RULES = tuple(f"{RULE}{leader}" for leader in LEADERS)
#: How people call the fields.
FIELDS = {
    "name": ("名称", "name"),
    "enterprise_type": ("企业类型", "type"),
    "status": ("登记状态", "status"),
    "established_on": ("成立日期", "founding date"),
    "capital_wan": ("注册资本（万元）", "capital (10,000)"),
    "address": ("住所", "address"),
}


def offices(source: Source, settings: Settings) -> Callable[[str], str]:
    """Return who answers for what a source says, by its name; of one known no more, the district."""

    @cache
    def office_of(name: str) -> str:
        if name == source.name:
            return str(source.office)
        try:
            return str(sources.load(name, settings).office)
        except LiangxinError:
            return str(Role.DISTRICT_OFFICE)

    return office_of


def ownerships(settings: Settings) -> Callable[[str], Ownership]:
    """Return what a source owns, by its name; of one known no more, nothing."""

    @cache
    def ownership_of(name: str) -> Ownership:
        try:
            source = sources.load(name, settings)
        except LiangxinError:
            return Ownership(frozenset())
        return Ownership.of(source.owns, source.owns_codes)

    return ownership_of


class Disagreements:
    """Asks on behalf of one run."""

    def __init__(self, connection: Connection, source_id: int, run_id: int, now: datetime) -> None:
        self._connection = connection
        self._source_id = source_id
        self._run_id = run_id
        self._now = now
        rows = connection.execute(select(schema.Source.id, schema.Source.name))
        self._names = {row.id: row.name for row in rows}

    def ask(
        self, after: pl.DataFrame, as_of: date, office_of: Callable[[str], str]
    ) -> tuple[int, int]:
        """Ask where rows say otherwise than the register does now; close what agrees again.

        Args:
            after: rows with fields as said, ``…_before``, ``…_after`` and ``…_by``.
            as_of: the day the rows describe.
            office_of: of a source, the role that answers for what it says.

        Returns:
            How many questions were asked, and how many closed.
        """
        ours = self._names[self._source_id]
        asked = [
            _question(
                leader,
                organisation,
                _Side(self._names[by], holds, as_of),
                _Side(ours, said, as_of),
                office_of,
            )
            for leader in LEADERS
            for organisation, said, holds, by in after.filter(
                pl.col(leader).is_not_null() & pl.col(leader).ne_missing(pl.col(f"{leader}_after"))
            )
            .select(
                "id",
                pl.col(leader).cast(pl.String).alias("said"),
                pl.col(f"{leader}_after").cast(pl.String).alias("holds"),
                pl.col(provider(leader)).alias("by"),
            )
            .iter_rows()
        ]
        settled = questions.close_settled(
            self._connection,
            after["id"].to_list(),
            RULES,
            asked,
            now=self._now,
            run_id=self._run_id,
            said_by=ours,
        )
        new = questions.ask(self._connection, asked, now=self._now, run_id=self._run_id)
        return new, settled

    def follow(
        self, altered: pl.DataFrame, as_of: date, office_of: Callable[[str], str]
    ) -> tuple[int, int]:
        """Bring open questions up to what the register says now, whoever said it.

        The other side may never be sent again, so nobody else would close one that has been agreed with,
        or show the value that holds now in one that has not.

        Args:
            altered: organisations of which some field changed: ``id``, and of each leading field
                ``…_before``, ``…_after`` and whose value it is (``…_by``).
            as_of: the day the values are of.
            office_of: of a source, the role that answers for what it says.

        Returns:
            How many questions were asked anew, and how many closed.
        """
        holds = {
            (organisation, f"{RULE}{leader}"): (leader, value, by)
            for leader in LEADERS
            for organisation, value, by in altered.filter(
                pl.col(f"{leader}_after").ne_missing(pl.col(f"{leader}_before"))
            )
            .select("id", pl.col(f"{leader}_after").cast(pl.String), provider(leader))
            .iter_rows()
        }
        agreed: list[int] = []
        moved: dict[int, NewQuestion] = {}
        organisations = {organisation for organisation, _ in holds}
        for row in questions.about_texts(self._connection, organisations):
            leader, value, by = holds.get((row.organisation_id, row.rule), (None, None, 0))
            if leader is None:
                continue
            if value == row.said_b:
                agreed.append(row.id)
            elif row.source_b != self._names[by]:
                moved[row.id] = _question(
                    leader,
                    row.organisation_id,
                    _Side(self._names[by], value, as_of),
                    _Side(row.source_b, row.said_b, row.on_b),
                    office_of,
                )
        how: dict[str, Any] = {"now": self._now, "run_id": self._run_id}
        questions.close_agreed(self._connection, agreed, **how)
        return questions.ask_otherwise(self._connection, moved, **how), len(agreed)


@dataclass(frozen=True, slots=True)
class _Side:
    """Who says what of a field, in a file of which day."""

    source: str
    value: str | None
    on: date


def _question(
    leader: str, organisation: int, held: _Side, said: _Side, office_of: Callable[[str], str]
) -> NewQuestion:
    zh, en = FIELDS[leader]
    theirs, ours = held.source, said.source
    return NewQuestion(
        organisation_id=organisation,
        rule=f"{RULE}{leader}",
        owner=office_of(theirs),
        text_zh=f"{zh}：{theirs} 为“{{a}}”，{ours} 为“{{b}}”。请核实；以主管来源为准，暂不改动。",
        text_en=f"{en}: {theirs} says {{a}}, {ours} says {{b}}; find out which is right. "
        "The owning source's value stays until then.",
        figure_a=None,
        source_a=theirs,
        on_a=held.on,
        figure_b=None,
        source_b=ours,
        on_b=said.on,
        said_a=held.value,
        said_b=said.value,
    )
