"""Questions: two figures that disagree, put to the role that can find out, until they are answered.

A question is asked once. While its figures stay, nothing is written again; when they move, the
old row closes and a new one takes over the day it was first asked; when they agree again, it
closes by itself. What a person has answered is not asked again unless the figures move.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, or_, select, update

from liangxin import journal, placing
from liangxin.access import Actor, Permission, Role
from liangxin.errors import Misuse, NotFound
from liangxin.schema import Base, Organisation, Question

#: Who closes a question when its figures agree again, or have moved; not an account.
REGISTER = "register"
AGREE = "按现有数据，已无不一致。 / by what is known now nothing disagrees."
MOVED = "数据有变，已按新数据另行提出。 / the figures have moved; asked again with the new ones."
NOTHING = ("未填", "nothing")
SLICE = 5_000

Key = tuple[int | None, int | None, str, str, str]


@dataclass(frozen=True, slots=True)
class NewQuestion:
    """A question to be asked; the texts hold ``{a}`` and ``{b}`` where the figures go."""

    organisation_id: int | None  # null: about a whole run
    rule: str
    owner: str
    text_zh: str
    text_en: str
    figure_a: int | None
    source_a: str
    on_a: date
    figure_b: int | None
    source_b: str
    on_b: date
    said_a: str | None = None  # of two texts that disagree: what each source says
    said_b: str | None = None


@dataclass(frozen=True, slots=True)
class OpenQuestion:
    """A question as its reader may see it."""

    id: int
    uscc: str | None
    name: str | None
    rule: str
    owner: str
    zh: str
    en: str
    figure_a: str
    source_a: str
    on_a: date
    figure_b: str
    source_b: str
    on_b: date
    asked_at: datetime


def ask(
    connection: Connection,
    questions: Iterable[NewQuestion],
    *,
    now: datetime,
    run_id: int | None = None,
) -> int:
    """Ask what is not asked or answered yet; return how many questions are new or have moved.

    Args:
        connection: a write transaction.
        questions: each organisation, rule and pair of sources at most once.
        now: when the figures were known.
        run_id: the run that brought them up.
    """
    asked = list(questions)
    known = _known(connection, {each.organisation_id for each in asked})
    moved: list[int] = []
    rows: list[dict[str, Any]] = []
    for each in asked:
        last = known.get(_key(each, run_id))
        if last is not None and _same(last, each) and last.closed_by != REGISTER:
            continue
        still_open = last is not None and last.closed_at is None
        if last is not None and still_open:
            moved.append(last.id)
        values = {name: getattr(each, name) for name in NewQuestion.__slots__}
        first = last.asked_at if last is not None and still_open else now
        rows.append({**values, "run_id": run_id, "asked_at": first, "learned_at": now})
    _close_all(connection, moved, MOVED, now, run_id)
    if rows:
        connection.execute(Base.metadata.tables["question"].insert(), rows)
    return len(rows)


def close_settled(
    connection: Connection,
    organisations: Collection[int],
    rules: Collection[str],
    still: Iterable[NewQuestion],
    *,
    now: datetime,
    run_id: int | None = None,
    said_by: str | None = None,
) -> int:
    """Close the open questions of these organisations and rules that are no longer among ``still``.

    Args:
        connection: a write transaction.
        organisations: ids.
        rules: names.
        still: what still disagrees.
        now: when the figures were known.
        run_id: the run that brought them up.
        said_by: only questions about what this source says; none: all.

    Returns:
        How many were closed, because their figures agree again.
    """
    keys = {_key(each, None) for each in still}
    settled = [
        row.id
        for key, row in _known(connection, set(organisations)).items()
        if row.closed_at is None
        and row.rule in rules
        and key not in keys
        and said_by in {None, row.source_b}
    ]
    _close_all(connection, settled, AGREE, now, run_id)
    return len(settled)


def about_texts(connection: Connection, organisations: Collection[int]) -> list[Row[Any]]:
    """Return the open questions about two texts that disagree, of these organisations."""
    return [
        row
        for row in _known(connection, set(organisations)).values()
        if row.closed_at is None and row.said_b is not None
    ]


def close_agreed(
    connection: Connection, ids: Collection[int], *, now: datetime, run_id: int | None = None
) -> None:
    """Close questions whose other side the register has come to say."""
    _close_all(connection, list(ids), AGREE, now, run_id)


def ask_otherwise(
    connection: Connection,
    instead_of: Mapping[int, NewQuestion],
    *,
    now: datetime,
    run_id: int | None = None,
) -> int:
    """Ask open questions anew whose first side moved; return how many.

    Args:
        connection: a write transaction.
        instead_of: by the number of the open question, the one that takes over from it.
        now: when that was known.
        run_id: the run that brought it.
    """
    known = _known(connection, {each.organisation_id for each in instead_of.values()})
    # Where another source stands on the first side now, it is another question, and closes no old one.
    others = [
        number
        for number, each in instead_of.items()
        if (last := known.get(_key(each, None))) is None or last.id != number
    ]
    _close_all(connection, others, MOVED, now, run_id)
    return ask(connection, instead_of.values(), now=now, run_id=run_id)


def open_questions(connection: Connection, actor: Actor) -> list[OpenQuestion]:
    """Return the open questions the actor can answer, the oldest first.

    A role sees its own, the district office all but the committee's; an actor with sub-districts
    only those of organisations in them. The committee's are about members, and that there is one
    tells how many (two members and one at work): so nobody else sees them.

    Raises:
        NotPermitted: the role may not list organisations.
    """
    query = _visible(actor).order_by(Question.asked_at, Question.id)
    return [_shown(row) for row in connection.execute(query)]


def close(
    connection: Connection, actor: Actor, question_id: int, *, answer: str, now: datetime
) -> None:
    """Keep the answer of somebody who may give it, and close the question.

    Raises:
        NotPermitted: the role may not list organisations.
        NotFound: there is no such open question, or it is outside the actor's scope.
        Misuse: the answer is empty.
    """
    found = connection.execute(_visible(actor).where(Question.id == question_id)).first()
    if found is None:
        raise NotFound(
            f"没有找到待答的问题 {question_id}。", f"no open question {question_id} was found."
        )
    settle(connection, question_id, answer=answer, by=actor.name, now=now)


def settle(
    connection: Connection, question_id: int, *, answer: str, by: str, now: datetime
) -> None:
    """Keep an answer and close a question, once it is decided that this office may.

    Raises:
        Misuse: the answer is empty.
    """
    if not answer.strip():
        raise Misuse("请写明核实结果。", "say what was found out.")
    values = {"closed_at": now, "closed_by": by, "answer": answer.strip()}
    open_one = and_(Question.id == question_id, Question.closed_at.is_(None))
    connection.execute(update(Question).where(open_one).values(values))


def _visible(actor: Actor) -> Select[Any]:
    """Open questions in the actor's scope, with the organisation each is about."""
    actor.require(Permission.ORGANISATION_LIST)
    query = (
        select(
            *(column for column in Question.__table__.columns),
            Organisation.uscc,
            Organisation.name.label("name"),
        )
        .outerjoin(Organisation, Organisation.id == Question.organisation_id)
        .where(Question.closed_at.is_(None))
    )
    where = placing.placed(date.max)
    town = Organisation.__table__.c.subdistrict_code
    if actor.subdistricts is not None or actor.communities is not None:
        query = query.outerjoin(where, where.c.organisation_id == Organisation.id)
    if actor.role != Role.DISTRICT_OFFICE:
        query = query.where(Question.owner == str(actor.role))
    if not actor.may(Permission.MEMBER_COUNT):
        query = query.where(~of_members())
    if actor.subdistricts is not None:
        query = query.where(placing.registered(where, town).in_(sorted(actor.subdistricts)))
    if actor.communities is not None:
        query = query.where(
            placing.registered_community(where, town, Organisation.community_code).in_(
                sorted(actor.communities)
            )
        )
    return query


def of_members() -> ColumnElement[bool]:
    """Tell whether a question is about counts of members."""
    return Question.owner == str(Role.COMMITTEE)


def _shown(row: Row[Any]) -> OpenQuestion:
    zh, en = row.text_zh, row.text_en
    figures = {}
    for place in ("a", "b"):
        figure = getattr(row, f"figure_{place}")
        said = getattr(row, f"said_{place}")
        figures[place] = said or ("" if figure is None else str(figure))
        zh = zh.replace(f"{{{place}}}", figures[place] or NOTHING[0])
        en = en.replace(f"{{{place}}}", figures[place] or NOTHING[1])
    return OpenQuestion(
        id=row.id,
        uscc=row.uscc,
        name=row.name,
        rule=row.rule,
        owner=row.owner,
        zh=zh,
        en=en,
        figure_a=figures["a"],
        source_a=row.source_a,
        on_a=row.on_a,
        figure_b=figures["b"],
        source_b=row.source_b,
        on_b=row.on_b,
        asked_at=row.asked_at,
    )


def _known(
    connection: Connection, organisations: set[int | None] | set[int]
) -> dict[Key, Row[Any]]:
    """The newest question of each key about these organisations (``None``: about runs)."""
    found: dict[Key, Row[Any]] = {}
    ids = sorted(each for each in organisations if each is not None)
    table = Question.__table__
    for start in range(0, max(len(ids), 1), SLICE):
        about: ColumnElement[bool] = table.c.organisation_id.in_(ids[start : start + SLICE])
        if start == 0 and None in organisations:
            about = or_(about, table.c.organisation_id.is_(None))
        for row in connection.execute(select(table).where(about).order_by(table.c.id)):
            run = row.run_id if row.organisation_id is None else None
            found[row.organisation_id, run, row.rule, row.source_a, row.source_b] = row
    return found


def _key(each: NewQuestion, run_id: int | None) -> Key:
    run = run_id if each.organisation_id is None else None
    return each.organisation_id, run, each.rule, each.source_a, each.source_b


def _same(row: Row[Any], each: NewQuestion) -> bool:
    """The figures count and not their days: next month's ledger often says the same."""
    return (row.figure_a, row.figure_b, row.said_a, row.said_b) == (
        each.figure_a,
        each.figure_b,
        each.said_a,
        each.said_b,
    )


def _close_all(
    connection: Connection, ids: list[int], answer: str, now: datetime, run_id: int | None
) -> None:
    for start in range(0, len(ids), SLICE):
        some = and_(Question.id.in_(ids[start : start + SLICE]), Question.closed_at.is_(None))
        journal.keep(connection, run_id, Question.__table__, some)
        values = {"closed_at": now, "closed_by": REGISTER, "answer": answer}
        connection.execute(update(Question).where(some).values(values))
