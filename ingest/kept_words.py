"""What packages told of organisations, written down before anything is told anew of them.

Of a field the register keeps the newest stamp (``field_stamp``) and the changes that packages brought
(``field_change``). As long as one package alone told of an organisation and nothing was fitted in, all
that it told can be read from these. A later package takes a stamp's place, and a history that is told
anew leaves out changes that are none among our own files' words: from then on every word is kept as it
came (``package_word``).
"""

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

import polars as pl
from sqlalchemy import Connection, select

from ingest.merging import STORED
from liangxin import db, stamps
from liangxin.moments import in_utc
from liangxin.schema import FieldChange, FieldStamp, Organisation, PackageWord, Run
from liangxin.stamps import ALL_FIELDS, AS_FIRST

_TABLE = PackageWord.metadata.tables["package_word"]
Values = dict[str, str | None]


@dataclass(frozen=True, slots=True)
class Word:
    """One field is (from a day on) what an office elsewhere says."""

    field: str
    value: str | None
    on: date
    learned_at: datetime
    run: int


@dataclass(frozen=True, slots=True)
class Told:
    """What packages told of one organisation.

    ``words`` are in order of days, of a day in the order in which their origins learned them.
    ``first`` is how it was before all of them.
    """

    organisation: int
    words: Sequence[Word]
    first: Values


@dataclass(frozen=True, slots=True)
class _Held:
    """What the register holds of one organisation of which packages told."""

    id: int
    brought_by: int
    now: Values
    changes: dict[str, list[Any]]  # by field, in order of days
    stamped: dict[str, Any]  # by field
    own: set[str]  # fields whose stamps say that the word of a file of ours won


def keep(connection: Connection, organisations: Sequence[int], run_id: int) -> None:
    """Write down what packages told of these organisations until now, where it is not kept yet."""
    runs = _learned(connection)
    ids = _not_kept(connection, organisations, runs) if runs else []
    if ids:
        found = [_told_of(each, runs) for each in _held(connection, ids, runs)]
        # Of whom nothing won there is nothing to keep.
        won = [each for each in found if each.words]
        _write(connection, won, run_id, as_first=set(ids), learned_at=min(runs.values()))


def keep_more(connection: Connection, organisations: Sequence[int], run_id: int) -> None:
    """Write down what a package brought of those organisations of which words are kept already.

    Args:
        connection: a write transaction in which the package was merged.
        organisations: of which it told.
        run_id: the package's run, which is known to be one (``stamps.exchanged_runs``).
    """
    ids = sorted(kept(connection, organisations))
    if not ids:
        return
    every = _learned(connection)
    runs = {run_id: every[run_id]}
    news = [_told_of(_of_run(each, run_id), runs) for each in _held(connection, ids, every)]
    _write(connection, news, run_id, as_first=set(), learned_at=runs[run_id])


def _of_run(held: _Held, run_id: int) -> _Held:
    """With the stamps of one run alone."""
    stamped = {field: row for field, row in held.stamped.items() if row.run_id == run_id}
    if ALL_FIELDS in stamped:
        # What has an older stamp of its own is not what this one stands for.
        stamped = {field: row for field, row in held.stamped.items() if row.run_id <= run_id}
    return replace(held, stamped=stamped)


def begin(connection: Connection, organisations: pl.DataFrame, run_id: int) -> None:
    """Write down with which file of ours organisations begin of which packages told.

    What is kept of one last already, in the same words, is not written again.

    Args:
        connection: a write transaction.
        organisations: ``id, run_id, seen_on`` and first values of ``STORED``, as text.
        run_id: the run that brings it to light.
    """
    runs = stamps.exchanged_runs(connection)
    ours = organisations.filter(~pl.col("run_id").is_in(list(runs)))
    ours = ours.filter(pl.col("id").is_in(list(kept(connection, ours["id"].to_list()))))
    if ours.is_empty():
        return
    learned = select(Run.id, Run.learned_at).where(Run.id.in_(ours["run_id"].unique().to_list()))
    moments = {row.id: row.learned_at for row in connection.execute(learned)}
    rows = [
        {
            "organisation_id": row["id"],
            "told": json.dumps({name: row[name] for name in STORED}, ensure_ascii=False),
            "from_on": row["seen_on"],
            "learned_at": moments[row["run_id"]],
            "run_id": row["run_id"],
            "kept_by": run_id,
        }
        for row in ours.iter_rows(named=True)
    ]
    last = _last_of_ours(connection, ours["id"].to_list(), runs)
    names = ("told", "from_on", "run_id")
    news = [
        row
        for row in rows
        if tuple(row[name] for name in names) != last.get(row["organisation_id"])
    ]
    if news:
        connection.execute(_TABLE.insert(), news)


def _last_of_ours(
    connection: Connection, organisations: Sequence[int], runs: Collection[int]
) -> dict[int, tuple[str, date, int]]:
    """What was kept last of each organisation as said by a file of ours: ``told, from_on, run_id``."""
    query = (
        select(_TABLE)
        .where(
            db.among(connection, _TABLE.c.organisation_id, list(organisations)),
            _TABLE.c.run_id.not_in(list(runs)),
        )
        .order_by(_TABLE.c.id)
    )
    return {
        row.organisation_id: (row.told, row.from_on, row.run_id)
        for row in connection.execute(query)
    }


def kept(connection: Connection, organisations: Sequence[int]) -> set[int]:
    """Return those of some organisations whose words are kept already."""
    query = select(_TABLE.c.organisation_id).where(
        db.among(connection, _TABLE.c.organisation_id, list(organisations)),
        _TABLE.c.from_on == AS_FIRST,
    )
    return set(connection.execute(query).scalars())


def read(connection: Connection, organisations: Sequence[int]) -> list[Told]:
    """Return what is kept of organisations; whoever has nothing kept is left out."""
    query = (
        select(_TABLE)
        .where(db.among(connection, _TABLE.c.organisation_id, list(organisations)))
        .order_by(_TABLE.c.from_on, _TABLE.c.learned_at, _TABLE.c.run_id, _TABLE.c.id)
    )
    words: dict[int, list[Word]] = defaultdict(list)
    first: dict[int, Values] = {}
    runs = stamps.exchanged_runs(connection)
    for row in connection.execute(query):
        if row.run_id not in runs:
            continue
        values = json.loads(row.told)
        if row.from_on == AS_FIRST:
            first.setdefault(row.organisation_id, values)
            continue
        words[row.organisation_id] += [
            Word(field, value, row.from_on, in_utc(row.learned_at), row.run_id)
            for field, value in values.items()
        ]
    return [Told(each, _without_repeats(words[each]), first[each]) for each in first]


def _key(word: Word) -> tuple[Any, ...]:
    return (word.field, word.value, word.on, word.learned_at)


def _without_repeats(words: Sequence[Word]) -> list[Word]:
    """Without what is told again on its day: a value that came, and the step that led to it."""
    seen: set[tuple[Any, ...]] = set()
    left: list[Word] = []
    for word in reversed(words):
        key = _key(word)[:3]
        if key not in seen:
            left.append(word)
        seen.add(key)
    return left[::-1]


def _write(
    connection: Connection,
    told: Iterable[Told],
    kept_by: int,
    *,
    as_first: set[int],
    learned_at: datetime,
) -> None:
    rows = []
    for each in told:
        said = list(_together(each.words))
        if each.organisation in as_first:
            run = each.words[0].run
            said.append((Word("", None, AS_FIRST, learned_at, run), each.first))
        rows += [
            {
                "organisation_id": each.organisation,
                "told": json.dumps(values, ensure_ascii=False),
                "from_on": word.on,
                "learned_at": word.learned_at,
                "run_id": word.run,
                "kept_by": kept_by,
            }
            for word, values in said
        ]
    if rows:
        connection.execute(_TABLE.insert(), rows)


def _together(words: Sequence[Word]) -> Iterator[tuple[Word, Values]]:
    """Words that were learned together, as one; a field that takes two steps then takes two."""
    found: dict[tuple[Any, ...], tuple[Word, Values]] = {}
    for word in words:
        nth = 0
        while (key := (word.on, word.learned_at, word.run, nth)) in found:
            if word.field not in found[key][1]:
                break
            nth += 1
        found.setdefault(key, (word, {}))[1][word.field] = word.value
    yield from found.values()


def _learned(connection: Connection) -> dict[int, datetime]:
    """The runs that opened packages, and when."""
    runs = list(stamps.exchanged_runs(connection))
    query = select(Run.id, Run.learned_at).where(Run.id.in_(runs))
    return {row.id: in_utc(row.learned_at) for row in connection.execute(query)} if runs else {}


def _not_kept(
    connection: Connection, organisations: Sequence[int], runs: Iterable[int]
) -> list[int]:
    """Those of some organisations that a package brought, changed, or bore out, and are not kept yet."""
    ids, packages = list(organisations), list(runs)
    told = (
        select(FieldStamp.organisation_id).where(
            db.among(connection, FieldStamp.organisation_id, ids),
            FieldStamp.office != stamps.own_office(connection),
        ),
        select(FieldChange.organisation_id).where(
            db.among(connection, FieldChange.organisation_id, ids),
            FieldChange.run_id.in_(packages),
            FieldChange.corrected_by.is_(None),
            FieldChange.field.in_(STORED),
        ),
        select(Organisation.id).where(
            db.among(connection, Organisation.id, ids), Organisation.run_id.in_(packages)
        ),
    )
    found = {each for query in told for each in connection.execute(query).scalars()}
    return sorted(found - kept(connection, sorted(found)))


def _held(connection: Connection, ids: Sequence[int], runs: Collection[int]) -> list[_Held]:
    changes: dict[int, dict[str, list[Any]]] = defaultdict(lambda: defaultdict(list))
    holding = select(FieldChange.__table__).where(
        db.among(connection, FieldChange.organisation_id, ids),
        FieldChange.corrected_by.is_(None),
        FieldChange.field.in_(STORED),
    )
    for row in connection.execute(holding.order_by(FieldChange.from_on, FieldChange.id)):
        changes[row.organisation_id][row.field].append(row)
    table = Organisation.metadata.tables["organisation"]
    rows = connection.execute(select(table).where(db.among(connection, table.c.id, ids)))
    found = {
        row["id"]: _Held(
            row["id"],
            row["run_id"],
            {name: _text(row[name]) for name in STORED},
            changes[row["id"]],
            stamped={},
            own=set(),
        )
        for row in rows.mappings()
    }
    office = stamps.own_office(connection)
    by_packages = select(FieldStamp.__table__).where(
        db.among(connection, FieldStamp.organisation_id, ids), FieldStamp.run_id.in_(list(runs))
    )
    for row in connection.execute(by_packages):
        held = found[row.organisation_id]
        if row.office == office and _won(held, row, runs):
            held.own.add(row.field)
        else:
            held.stamped[row.field] = row
    return list(found.values())


def _won(held: _Held, stamp: Any, runs: Collection[int]) -> bool:
    """Whether a stamp that bears our name only says that the word of a file of ours won.

    Else the package told it: we did so before our register was restored from an older backup.
    """
    if stamp.field == ALL_FIELDS or stamp.run_id == held.brought_by:
        return False
    changes = held.changes.get(stamp.field, [])
    return held.brought_by not in runs or any(row.run_id not in runs for row in changes)


def _told_of(held: _Held, runs: dict[int, datetime]) -> Told:
    """All that the register knows to have been told of an organisation."""
    words: list[Word] = []
    whole = held.stamped.get(ALL_FIELDS)
    for field in STORED:
        rows = held.changes.get(field, [])
        own = held.stamped.get(field)
        if whole is not None:
            value = _with_all(held, field, whole, runs)
            if value is not None:
                words.append(_stamped(field, value, whole))
        for step in rows:
            if step.run_id in runs:
                # It was learned no later than the stamp that came with it.
                learned = runs[step.run_id]
                if own is not None and own.run_id == step.run_id:
                    learned = in_utc(own.learned_at)
                words.append(
                    Word(field, step.new_value or None, step.from_on, learned, step.run_id)
                )
        if own is not None and own.run_id in runs:
            words.append(_stamped(field, own.value or None, own))
    brought = held.brought_by in runs
    return Told(
        held.id,
        _without_repeats(words),
        {field: _first(held, field) for field in STORED} if brought else {},
    )


def _stamped(field: str, value: str | None, stamp: Any) -> Word:
    return Word(field, value, stamp.from_on, in_utc(stamp.learned_at), stamp.run_id)


def _with_all(held: _Held, field: str, whole: Any, runs: dict[int, datetime]) -> str | None:
    """The value of a field that the one stamp of its organisation stands or stood for."""
    if field in held.own:
        return None
    rows = held.changes.get(field, [])
    if field not in held.stamped:
        steps = [row for row in rows if row.run_id == whole.run_id]
        return stamps.value_that_came(rows, steps, whole.run_id, held.now[field])
    # Told with the organisation, before what came of this field later.
    before = held.stamped[field].from_on > whole.from_on
    told_with_it = before and whole.run_id == held.brought_by
    return _on(held, field, whole.from_on, runs) if told_with_it else None


def _first(held: _Held, field: str) -> str | None:
    rows = held.changes.get(field)
    return rows[0].old_value or None if rows else held.now[field]


def _on(held: _Held, field: str, day: date, runs: dict[int, datetime]) -> str | None:
    """A field on a day, whatever our own files of that very day say."""
    value = _first(held, field)
    for row in held.changes.get(field, []):
        if row.from_on < day or (row.from_on == day and row.run_id in runs):
            value = row.new_value
    return value or None


def _text(value: Any) -> str | None:
    return None if value is None or value == "" else str(value)
