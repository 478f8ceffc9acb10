"""Two offices that exchange packages in any order, with repeats and losses, come to hold the same."""

import os
import shutil
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from factories import (
    NORTH,
    SOUTH,
    a_uscc,
    insert_covering,
    insert_field_change,
    insert_organisation,
    insert_party_organisation,
    insert_run,
    insert_screening,
)
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from offices import Office, acquainted, an_office, two_offices
from postgresql import PostgreSQL
from sqlalchemy import Connection, insert, select, update

from liangxin import cursor, db
from liangxin.errors import BadPackage
from liangxin.schema import (
    Covering,
    FieldChange,
    Headcount,
    Organisation,
    PartyOrganisation,
    Screening,
)

FIRST = date(2026, 3, 1)
DAYS = st.integers(0, 4)
FIRMS = st.integers(1, 2)
VALUES: dict[str, list[Any]] = {
    "address": ["北街道示例路1号", "南街道示例路2号", None],
    "name": ["示例甲有限公司", "示例，“乙”\n有限公司"],
    "capital_wan": [100.0, 0.5, None],
    "established_on": [date(2019, 3, 15), date(2020, 1, 1)],
    "subdistrict_code": [NORTH, SOUTH],
}
FIELDS = st.sampled_from(sorted(VALUES))

#: What an office does by itself, by what it is about.
BY_ITSELF = {
    "values": [st.tuples(st.just("change"), FIRMS, DAYS, FIELDS, st.integers(0, 2))],
    "screenings": [
        st.tuples(st.just("screen"), FIRMS, DAYS, st.sampled_from(["operating", "closed"])),
        st.tuples(st.just("unscreen"), FIRMS),
    ],
    "coverings": [
        st.tuples(
            st.just("cover"), FIRMS, DAYS, st.integers(1, 2), st.sampled_from(["alone", "joint"])
        ),
        st.tuples(st.just("uncover"), FIRMS),
        st.tuples(st.just("dissolve"), st.integers(1, 2), DAYS),
    ],
    "counts": [st.tuples(st.just("count"), FIRMS, DAYS, st.integers(0, 12), st.integers(0, 4))],
}
FOUND = st.tuples(st.just("found"), FIRMS, DAYS, st.integers(0, 1))
#: A package that is made and perhaps lost, one of those made that arrives, one that arrives at once.
EXCHANGE = [
    st.tuples(st.just("pack")),
    st.tuples(st.just("deliver"), st.integers(0, 5)),
    st.tuples(st.just("tell")),
]


@st.composite
def stories(draw: st.DrawFn) -> list[Any]:
    """Who does what, in order; a story is about few things, so that they meet."""
    about = draw(st.sets(st.sampled_from(sorted(BY_ITSELF)), min_size=1, max_size=2))
    themselves = st.one_of([act for name in sorted(about) for act in BY_ITSELF[name]])
    acts = st.one_of(FOUND, themselves, themselves.filter(bool), *EXCHANGE)
    return draw(st.lists(st.tuples(st.integers(0, 1), acts), min_size=4, max_size=24))


#: Stories that chance tells too rarely.
OLDER_FILE_OVER_NEWER_VALUE = [
    (0, ("found", 1, 0, 0)),
    (0, ("tell",)),
    (0, ("change", 1, 3, "address", 1)),
    (0, ("tell",)),
    (1, ("change", 1, 1, "address", 2)),
]
TAKEN_BACK_BEFORE_IT_ARRIVED = [
    (0, ("found", 1, 0, 0)),
    (0, ("screen", 1, 1, "operating")),
    (0, ("pack",)),
    (0, ("unscreen", 1)),
    (0, ("tell",)),
    (0, ("deliver", 0)),
]
MADE_EMPTY = [
    (0, ("found", 1, 0, 0)),
    (1, ("found", 1, 2, 1)),
    (0, ("tell",)),
    (1, ("change", 1, 3, "address", 2)),
    (1, ("tell",)),
    (0, ("change", 1, 3, "capital_wan", 2)),
]
DISSOLVED_ELSEWHERE = [
    (0, ("found", 1, 0, 0)),
    (0, ("cover", 1, 1, 1, "alone")),
    (0, ("tell",)),
    (1, ("dissolve", 1, 3)),
    (1, ("tell",)),
]
OPEN_TWICE_THEN_ONCE = [
    (0, ("found", 1, 0, 0)),
    (0, ("screen", 1, 1, "operating")),
    (0, ("tell",)),
    (1, ("screen", 1, 3, "closed")),
    (0, ("screen", 1, 2, "closed")),
    (1, ("tell",)),
    (0, ("tell",)),
    (0, ("unscreen", 1)),
]
BOTH_SAID_THE_SAME_THEN_ONE_THOUGHT_AGAIN = [
    (0, ("found", 1, 0, 0)),
    (1, ("found", 1, 0, 0)),
    (0, ("screen", 1, 1, "operating")),
    (1, ("screen", 1, 1, "operating")),
    (1, ("tell",)),
    (0, ("count", 1, 1, 9, 2)),
    (0, ("tell",)),
    (1, ("count", 1, 1, 11, 4)),
]


@given(stories())
@example(OLDER_FILE_OVER_NEWER_VALUE)
@example(TAKEN_BACK_BEFORE_IT_ARRIVED)
@example(MADE_EMPTY)
@example(DISSOLVED_ELSEWHERE)
@example(OPEN_TWICE_THEN_ONCE)
@example(BOTH_SAID_THE_SAME_THEN_ONE_THOUGHT_AGAIN)
@settings(
    max_examples=int(os.environ.get("LIANGXIN_TEST_STORIES", "3")),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
def test_any_order_with_repeats_and_losses_ends_in_the_same(
    small_file: Path, story: list[Any]
) -> None:
    with two_offices(small_file) as (jia, yi):
        live(jia, yi, story)
        meet(jia, yi)


def test_the_same_on_postgresql(
    postgresql_server: PostgreSQL, small_template: str, tmp_path: Path
) -> None:
    story = [
        (0, ("found", 1, 1, 0)),
        (0, ("found", 2, 1, 0)),
        (1, ("found", 1, 2, 1)),
        (0, ("cover", 1, 1, 1, "alone")),
        (1, ("cover", 1, 2, 1, "joint")),
        (0, ("screen", 1, 1, "operating")),
        (1, ("screen", 1, 3, "closed")),
        (1, ("count", 1, 1, 5, 2)),
        (0, ("pack",)),
        (0, ("change", 1, 3, "address", 1)),
        (1, ("change", 1, 2, "address", 0)),
        (1, ("change", 1, 2, "capital_wan", 2)),
        (0, ("pack",)),
        (0, ("deliver", 1)),
        (0, ("deliver", 0)),
        (0, ("deliver", 0)),
        (1, ("dissolve", 1, 4)),
        (1, ("pack",)),
        (1, ("deliver", 0)),
        (0, ("unscreen", 1)),
    ]
    with (
        postgresql_server.database(small_template) as one,
        postgresql_server.database(small_template) as other,
    ):
        those = [
            an_office(name, tmp_path / name, url) for name, url in (("jia", one), ("yi", other))
        ]
        acquainted(*those)
        live(*those, story)
        meet(*those)
        for each in those:
            each.engine.dispose()


def test_three_offices_in_a_row_keep_the_origin_of_what_they_pass_on(
    small_file: Path, tmp_path: Path
) -> None:
    those = []
    for name in ("jia", "yi", "bing"):
        (tmp_path / name).mkdir()
        shutil.copyfile(small_file, tmp_path / name / "register.db")
        those.append(an_office(name, tmp_path / name))
    jia, yi, bing = those
    acquainted(*those)
    act(jia, ("found", 1, 1, 0))
    act(bing, ("found", 1, 0, 1))
    yi.open(jia.pack(yi))
    bing.open(yi.pack(bing))
    yi.open(bing.pack(yi))
    jia.open(yi.pack(jia))
    assert jia.shared() == yi.shared() == bing.shared()
    [name] = [row for row in bing.shared()["values"] if row[1] == "name"]
    assert name[2] == VALUES["name"][0]
    assert name[5:] == ("jia", "market_regulator")
    for each in those:
        each.engine.dispose()


@pytest.mark.parametrize("about", ["values", "screenings"])
def test_that_another_said_the_same_later_is_passed_on(
    small_file: Path, tmp_path: Path, about: str
) -> None:
    """Nothing changes at the office in the middle, yet what it holds now outweighs a third's."""
    those = []
    for name in ("jia", "yi", "bing"):
        (tmp_path / name).mkdir()
        shutil.copyfile(small_file, tmp_path / name / "register.db")
        those.append(an_office(name, tmp_path / name))
    jia, yi, bing = those
    acquainted(*those)
    for each, state, value, minutes in (
        (yi, "operating", 0, 0),
        (bing, "closed", 1, 60),
        (jia, "operating", 0, 120),
    ):
        each.minutes += minutes
        act(each, ("found", 1, 1, value if about == "values" else 0))
        if about == "screenings":
            act(each, ("screen", 1, 1, state))
    yi.minutes = bing.minutes = jia.minutes
    bing.open(yi.pack(bing))
    yi.open(bing.pack(yi, since=end_of(bing)))
    yi.open(jia.pack(yi))
    report = bing.open(yi.pack(bing))
    assert report.changed == 1
    assert bing.shared() == jia.shared()
    for each in those:
        each.engine.dispose()


def end_of(of: Office) -> str:
    """The cursor of whoever knows all that an office says; a package from there only acknowledges."""
    with db.reading(of.engine) as connection:
        return str(cursor.end(connection))


def live(jia: Office, yi: Office, story: list[Any]) -> None:
    """Let two offices do what the story says; a package that was opened before is refused."""
    for who, what in story:
        mine, other = (jia, yi) if who == 0 else (yi, jia)
        if what[0] in {"pack", "tell"}:
            mine.made.append(mine.pack(other))
            if what[0] == "tell":
                deliver(mine.made[-1], other)
        elif what[0] == "deliver":
            if mine.made:
                deliver(mine.made[what[1] % len(mine.made)], other)
        else:
            act(mine, what)


def deliver(package: Path, to: Office) -> None:
    if package in to.opened:
        before = to.shared()
        with pytest.raises(BadPackage, match="already"):
            to.open(package)
        assert to.shared() == before
        return
    report = to.open(package)
    assert report.rows == report.accepted + report.refused + report.skipped
    assert report.refused == 0


def meet(jia: Office, yi: Office) -> None:
    """Exchange until nothing is left to say: two packages each way at most."""
    for _ in range(2):
        deliver(jia.pack(yi), yi)
        deliver(yi.pack(jia), jia)
    assert jia.shared() == yi.shared()
    for n in (1, 2):
        mine, theirs = (shown(each, n) for each in (jia, yi))
        assert mine == theirs
    tables = jia.pack_report(yi).tables
    assert sum(tables.values()) == 0, tables


def shown(of: Office, n: int) -> dict[str, Any]:
    """What a register itself says: of an organisation, its screenings and its coverings."""
    with db.reading(of.engine) as connection:
        organisation = connection.execute(
            select(Organisation.__table__).where(Organisation.uscc == a_uscc(n))
        ).mappings()
        row = next((dict(each) for each in organisation), None)
        if row is None:
            return {}
        number = row.pop("id")
        row.pop("run_id")
        row.pop("seen_on")  # when our own files first showed it
        row["screenings"] = sorted(
            connection.execute(
                select(Screening.from_on, Screening.to_on, Screening.state).where(
                    Screening.organisation_id == number, Screening.corrected_at.is_(None)
                )
            ).all(),
            key=str,
        )
        row["coverings"] = sorted(
            connection.execute(
                select(
                    PartyOrganisation.name,
                    PartyOrganisation.to_on,
                    PartyOrganisation.corrected_at,
                    Covering.from_on,
                    Covering.to_on,
                    Covering.mode,
                )
                .join(PartyOrganisation, PartyOrganisation.id == Covering.party_organisation_id)
                .where(Covering.organisation_id == number, Covering.corrected_at.is_(None))
            ).all(),
            key=str,
        )
        last = connection.execute(
            select(FieldChange.field, FieldChange.new_value)
            .where(FieldChange.organisation_id == number)
            .order_by(FieldChange.id)
        )
        for field, value in last:
            row[f"last {field}"] = value
    told = {name: row[name] for name in row if not name.startswith("last ")}
    for name in VALUES:
        if f"last {name}" in row:
            assert (row[f"last {name}"] or None) == (None if row[name] is None else str(row[name]))
    return told


# What offices do by themselves.


def act(of: Office, what: tuple[Any, ...]) -> None:
    name, *more = what
    with of.writing() as connection:
        if name == "dissolve":
            dissolve(of, connection, *more)
            return
        if name == "found":
            found(of, connection, *more)
            return
        row = connection.execute(
            select(Organisation.__table__).where(Organisation.uscc == a_uscc(more[0]))
        ).first()
        if row is not None:
            {
                "change": change,
                "screen": screen,
                "unscreen": unscreen,
                "cover": cover,
                "uncover": uncover,
                "count": count,
            }[name](of, connection, row, *more[1:])


def day(n: int) -> date:
    return FIRST + timedelta(days=n)


def found(of: Office, connection: Connection, n: int, on: int, variant: int) -> None:
    known = connection.execute(
        select(Organisation.id).where(Organisation.uscc == a_uscc(n))
    ).first()
    if known is None:
        run = insert_run(connection, as_of=day(on), learned_at=of.now())
        insert_organisation(
            connection,
            uscc=a_uscc(n),
            run_id=run,
            from_on=day(on),
            **{field: values[variant] for field, values in VALUES.items()},
        )


def change(of: Office, connection: Connection, row: Any, on: int, field: str, variant: int) -> None:
    value = VALUES[field][variant % len(VALUES[field])]
    before = getattr(row, field)
    if value == before:
        return
    texts = tuple(None if each is None else str(each) for each in (before, value))
    insert_field_change(connection, row.id, field, texts, from_on=day(on), learned_at=of.now())
    connection.execute(update(Organisation).where(Organisation.id == row.id).values({field: value}))


def screen(of: Office, connection: Connection, row: Any, on: int, state: str) -> None:
    now = of.now()
    mine = (Screening.organisation_id == row.id) & Screening.corrected_at.is_(None)
    open_ones = connection.execute(
        select(Screening.__table__).where(mine, Screening.to_on.is_(None))
    ).all()
    for old in open_ones:
        close(connection, Screening, old.id, now)
        if old.from_on < day(on):
            insert_screening(
                connection,
                row.id,
                state=old.state,
                from_on=old.from_on,
                to_on=day(on),
                learned_at=now,
            )
    insert_screening(connection, row.id, state=state, from_on=day(on), learned_at=now)


def unscreen(of: Office, connection: Connection, row: Any) -> None:
    mine = (Screening.organisation_id == row.id) & Screening.corrected_at.is_(None)
    last = select(Screening.id).where(mine).order_by(Screening.from_on.desc()).limit(1)
    for (number,) in connection.execute(last).all():
        close(connection, Screening, number, of.now())


def cover(of: Office, connection: Connection, row: Any, on: int, party: int, mode: str) -> None:
    now = of.now()
    name = f"示例第{party}党支部"
    branch = connection.execute(
        select(PartyOrganisation.id)
        .where(PartyOrganisation.name == name, PartyOrganisation.corrected_at.is_(None))
        .order_by(PartyOrganisation.id.desc())
    ).scalar()
    if branch is None:
        branch = insert_party_organisation(connection, name=name, learned_at=now)
    covered = connection.execute(
        select(Covering.id).where(
            Covering.organisation_id == row.id,
            Covering.party_organisation_id == branch,
            Covering.corrected_at.is_(None),
            Covering.to_on.is_(None) | (Covering.from_on == day(on)),
        )
    ).first()
    if covered is None:
        insert_covering(connection, row.id, branch, from_on=day(on), mode=mode, learned_at=now)


def uncover(of: Office, connection: Connection, row: Any) -> None:
    mine = (Covering.organisation_id == row.id) & Covering.corrected_at.is_(None)
    for (number,) in connection.execute(select(Covering.id).where(mine).limit(1)).all():
        close(connection, Covering, number, of.now())


def dissolve(of: Office, connection: Connection, party: int, on: int) -> None:
    """A correction closes the row of a Party organisation, and its coverings hang on the new one."""
    now = of.now()
    mine = PartyOrganisation.name == f"示例第{party}党支部"
    rows = connection.execute(
        select(PartyOrganisation.__table__).where(mine, PartyOrganisation.corrected_at.is_(None))
    ).all()
    for old in rows:
        close(connection, PartyOrganisation, old.id, now)
        insert_party_organisation(
            connection,
            name=old.name,
            from_on=old.from_on,
            to_on=day(on) + timedelta(days=1),
            learned_at=now,
        )


def count(of: Office, connection: Connection, row: Any, on: int, staff: int, members: int) -> None:
    now = of.now()
    key = {"organisation_id": row.id, "source": "ledger", "counted_on": day(on)}
    mine = [getattr(Headcount, name) == value for name, value in key.items()]
    connection.execute(
        update(Headcount).where(*mine, Headcount.corrected_at.is_(None)).values(corrected_at=now)
    )
    connection.execute(
        insert(Headcount).values(**key, staff=staff, members=members, learned_at=now)
    )


def close(connection: Connection, table: Any, number: int, now: Any) -> None:
    connection.execute(update(table).where(table.id == number).values(corrected_at=now))
