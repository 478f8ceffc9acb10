"""Small registers as the database keeps them: what turns out otherwise is corrected, never altered."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from functools import partial
from typing import Any

from factories import NORTH, NOW, insert_source
from small_registers import MOMENTS, START, Organisation, Register, Spell, Told
from sqlalchemy import Connection, insert

from liangxin import schema


def write(connection: Connection, register: Register) -> None:
    """Write a register into an empty database, each table at once."""
    rows: dict[str, list[dict[str, Any]]] = {}

    def add(table: str, **values: Any) -> None:
        rows.setdefault(table, []).append(values)

    _write_runs(connection)
    for number, place in enumerate(register.places, start=1):
        add("place", id=number, name=f"示例大厦{number}", **place.what, **_dated(place))
    for number, party in enumerate(register.parties, start=1):
        add(
            "party_organisation",
            id=number,
            name=f"示例{number}党支部",
            level=party.level,
            subdistrict_code=NORTH,
            place_id=None if party.place is None else party.place + 1,
            **_dated(party.spell),
        )
        for row in rows_of(party.terms):
            level, due = row.what["value"]
            add("party_term", party_organisation_id=number, level=level, due_on=due, **_dated(row))
    for number in range(1, 3 * len(register.subdistricts) // 2 + 1):
        add(
            "instructor", id=number, name=f"指导员{number}号", kind="retired",
            subdistrict_code=NORTH, learned_at=NOW,
        )  # fmt: skip
    for each in register.organisations:
        _write_organisation(each, add)
    tables = schema.Base.metadata.tables
    for name in _ORDER:
        if rows.get(name):
            connection.execute(insert(tables[name]), rows[name])


_ORDER = (
    "place", "party_organisation", "party_term", "instructor", "organisation", "field_change",
    "screening", "finding", "covering", "assignment", "headcount", "confirmation", "hire",
    "application", "relation_transfer",
)  # fmt: skip


def _write_runs(connection: Connection) -> None:
    """One run a moment; a run's number is its moment's place, from 1."""
    counts = dict.fromkeys(
        ("rows", "accepted", "refused", "skipped", "new", "changed", "unchanged", "missing"), 0
    )
    source = insert_source(connection)
    connection.execute(
        insert(schema.Run),
        [
            {
                "id": number, "source_id": source, "as_of": START, "located": 0, "seconds": 0.0,
                "learned_at": moment, **counts,
            }
            for number, moment in enumerate(MOMENTS, start=1)
        ],
    )  # fmt: skip


def _write_organisation(each: Organisation, add: Any) -> None:
    latest = dict(each.first)
    for name, told in each.fields.items():
        stands = _said(told, MOMENTS[-1])
        if stands:
            latest[name] = stands[-1].value
    add(
        "organisation",
        id=each.number,
        uscc=each.uscc,
        name=each.name,
        kind=each.kind,
        from_on=each.founded,
        seen_on=each.founded,
        run_id=MOMENTS.index(each.known) + 1,
        **latest,
    )
    own = partial(add, organisation_id=each.number)
    for name, told in each.fields.items():
        for change in _changes(each.first[name], told):
            own("field_change", field=name, file_row=2, **change)
    _write_facts(each, own)
    _write_events(each, own)


def _write_facts(each: Organisation, own: Any) -> None:
    by = {"evidence": "上门走访", "decided_by": "经济办"}
    for row in rows_of(each.screenings):
        own("screening", state=row.what["value"], **by, **_dated(row))
    for name, told in each.findings.items():
        for row in rows_of(told):
            said = {"field": name, "value": row.what["value"], "source": "screening"}
            own("finding", **said, **_dated(row))
    for row in each.coverings:
        party, mode = row.what["party"] + 1, row.what["mode"]
        own("covering", party_organisation_id=party, mode=mode, **_dated(row))
    for row in each.assignments:
        own("assignment", instructor_id=row.what["instructor"] + 1, **_dated(row))
    for row in each.headcounts:
        own("headcount", counted_on=row.start, **row.what, **_believed(row))


def _write_events(each: Organisation, own: Any) -> None:
    for row in each.looks:
        own("confirmation", confirmed_on=row.start, confirmed_by="社区", **_believed(row))
    for table, events, start, end in (
        ("hire", each.hires, "hired_on", "identified_on"),
        ("application", each.applications, "applied_on", "decided_on"),
        ("relation_transfer", each.transfers, "asked_on", "done_on"),
    ):
        for row in events:
            own(table, **{start: row.start, end: row.end}, **_believed(row))


def _changes(first: str | None, told: Sequence[Told]) -> list[dict[str, Any]]:
    """Changes of a field as files bring them, in any order of days (a history told anew)."""
    written: dict[int, dict[str, Any]] = {}
    for moment in sorted({each.learned for each in told}):
        run, value, wanted = MOMENTS.index(moment) + 1, first, []
        for each in _said(told, moment):
            if each.value != value:
                if wanted and wanted[-1][0] == each.day:  # said twice of one day
                    day, old, _ = wanted.pop()
                    wanted += [(day, old, each.value)] if old != each.value else []
                else:
                    wanted.append((each.day, value, each.value))
                value = each.value
        held = [row for row in written.values() if row["corrected_by"] is None]
        for row in held:
            key = (row["from_on"], row["old_value"], row["new_value"])
            if key in wanted:
                wanted.remove(key)
            else:
                row["corrected_by"] = run
        for day, old, new in wanted:
            written[len(written)] = {
                "old_value": old, "new_value": new, "from_on": day, "run_id": 1,
                "learned_by": run, "corrected_by": None,
            }  # fmt: skip
    return list(written.values())


def _dated(row: Spell) -> dict[str, Any]:
    return {"from_on": row.start, "to_on": row.end, **_believed(row)}


def _believed(row: Spell) -> dict[str, Any]:
    return {"learned_at": row.learned, "corrected_at": row.corrected}


def rows_of(told: Iterable[Told]) -> list[Spell]:
    """The dated rows that say what was told, those that were corrected later among them."""
    told = list(told)
    moments = {each.learned for each in told} | {
        each.taken_back for each in told if each.taken_back is not None
    }
    written: list[Spell] = []
    held: dict[tuple[date, date | None, Any], datetime] = {}
    for moment in sorted(moments):
        wanted = dict.fromkeys(_spells(_said(told, moment)))
        gone = [key for key in held if key not in wanted]
        written += [Spell(a, b, held.pop((a, b, v)), moment, {"value": v}) for a, b, v in gone]
        for key in wanted:
            held.setdefault(key, moment)
    written += [Spell(a, b, learned, None, {"value": v}) for (a, b, v), learned in held.items()]
    return written


def _said(told: Iterable[Told], moment: datetime) -> list[Told]:
    """What stands at a moment, in the order of days; of one day what was said last."""
    standing = [
        each
        for each in told
        if each.learned <= moment and (each.taken_back is None or each.taken_back > moment)
    ]
    return sorted(standing, key=lambda each: (each.day, each.learned))


def _spells(said: list[Told]) -> list[tuple[date, date | None, Any]]:
    found: list[tuple[date, date | None, Any]] = []
    for place, each in enumerate(said):
        end = said[place + 1].day if place + 1 < len(said) else None
        if each.day == end or each.value is None:
            continue
        if found and found[-1][1] == each.day and found[-1][2] == each.value:
            found[-1] = (found[-1][0], end, each.value)
        else:
            found.append((each.day, end, each.value))
    return found
