"""What the register teaches places the rest, anew after each change, and the same however it came."""

import csv
import json
import random
from datetime import UTC, date, datetime, timedelta
from itertools import permutations
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from factories import NOW, TODAY, a_registration, a_uscc, write_csv
from loads import ADDRESS, JUNE, MARCH, SEPTEMBER, Desk
from sqlalchemy import insert, select
from typer.testing import CliRunner

from dashboard.cli import app
from ingest import relocating, ruling, standing_addresses
from ingest.locate import locating
from liangxin import db, divisions, locations, rules, state, undo, views
from liangxin.access import LOCAL
from liangxin.schema import Finding, Located, LocationDecision, Organisation

NORTH, SOUTH = "430702001", "430702002"
TALL = "沅汀路9号翠湖大厦"


def taught(first: int = 1) -> list[dict[str, str]]:
    """Firms whose address names one of two sub-districts: buildings of each, many distinct doors."""
    rows = []
    for n, sign in enumerate("甲乙丙丁戊己庚辛壬癸子丑寅卯辰巳午未申酉戌亥"):
        for street, road in (
            ("启明街道", f"沅汀路{2 * n + 1}号"),
            ("府坪街道", f"橘岸路{2 * n}号"),
        ):
            rows.append(firm(first + len(rows), f"{street}{road}{sign}{street[:2]}大厦"))
    rows += [firm(first + len(rows) + n, f"启明街道{TALL}{n}室") for n in range(60)]
    return rows


def firm(n: int, address: str) -> dict[str, str]:
    return a_registration(n, **{ADDRESS: f"湖南省常德市武陵区{address}"})


SILENT = [firm(901, f"{TALL}2001室"), firm(902, "不知名路7号无名市场"), firm(903, "无名市场2号")]


def retell(desk: Desk, now: datetime = NOW) -> relocating.Relocated:
    found = relocating.ready(desk.engine, desk.settings, now=now)
    assert found is not None
    return found


def held(desk: Desk) -> list[tuple[Any, ...]]:
    """What is believed of places now, by code; without numbers, and when it was learned."""
    names = [name for name in relocating.SCHEMA.names() if name != "organisation_id"]
    query = (
        select(Organisation.uscc, *(getattr(Located, name) for name in names))
        .join(Organisation, Organisation.id == Located.organisation_id)
        .where(Located.corrected_at.is_(None))
    )
    with db.reading(desk.engine) as connection:
        return sorted((tuple(row) for row in connection.execute(query)), key=str)


def where(desk: Desk, n: int) -> tuple[str | None, str | None]:
    for code, *rest in held(desk):
        row = dict(zip(["which", "from_on", "to_on"], rest, strict=False))
        if code == a_uscc(n) and row["to_on"] is None:
            named = dict(zip(relocating.SCHEMA.names()[1:], rest, strict=True))
            return named["subdistrict_code"], named["method"]
    return None, None


def decide(desk: Desk, pattern: str, code: str) -> int:
    with db.writing(desk.engine) as connection:
        asked = locations.queue(connection, LOCAL, on=TODAY)
        [entry] = [each.id for each in asked.entries if each.pattern == pattern]
        made = locations.decide(connection, LOCAL, entry, code, by="示例办", on=TODAY, now=NOW)
    return made.organisations


def test_known_addresses_place_the_rest_and_what_is_not_known_is_asked(desk: Desk) -> None:
    desk.load([*taught(), *SILENT])
    found = retell(desk)
    assert (found.placed, found.asked) == (1, 2)
    assert where(desk, 901)[0] == NORTH
    with db.reading(desk.engine) as connection:
        asked = locations.queue(connection, LOCAL, on=NOW.date())
        table = views.coverage(connection, LOCAL, rules.load(), as_of=NOW.date())
    assert [(each.pattern, each.organisations) for each in asked.entries] == [("无名市场", 2)]
    assert {row.code: row.unverified for row in table.rows}[None] == 2


@pytest.mark.parametrize("district", ["430702", ""])
def test_a_file_is_placed_as_was_decided_and_why_says_by_whom(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, district: str
) -> None:
    """Of a decision's district alone, and whatever else speaks for another place."""
    desk.load([*taught(), *SILENT])
    retell(desk)
    decide(desk, "无名市场", SOUTH)
    monkeypatch.setenv("LIANGXIN_HOME", str(desk.settings.home))
    monkeypatch.setenv("LIANGXIN_DATABASE_URL", desk.settings.database_url)
    addresses = ("武陵区启明街道无名市场5号", "武陵区启明街道沅汀路3号", "长沙市天心区无名市场")
    file = write_csv(tmp_path / "firms.csv", [{"住所": each} for each in addresses])
    out = tmp_path / "out.csv"
    words = ["--column", "住所", "--out", str(out), *(["--district", district] if district else [])]
    result = CliRunner().invoke(app, ["locate", str(file), *words, "--json"])
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["by_method"] == {"decided": 1, "subdistrict_name": 1}
    with out.open(encoding="utf-8-sig", newline="") as stream:
        first, second, third = csv.DictReader(stream)
    assert (first["subdistrict_code"], first["subdistrict"]) == (SOUTH, "府坪街道")
    assert (first["method"], first["place"]) == ("decided", "无名市场")
    assert "由 示例办 于" in first["reason"]
    assert second["subdistrict_code"] == NORTH
    assert third["subdistrict_code"] == ""

    told = CliRunner().invoke(app, ["why", a_uscc(902), "subdistrict_code", "--json"])
    [learned] = json.loads(told.stdout)["learned"]
    assert (learned["subdistrict_code"], learned["method"]) == (SOUTH, "decided")
    assert "依据：“无名市场”由 示例办 于" in CliRunner().invoke(app, ["why", a_uscc(902)]).stdout
    assert "依据" not in CliRunner().invoke(app, ["why", a_uscc(902), "name"]).stdout
    # A code counts however it is typed, as it does in a file.
    wide = "".join(chr(ord(each) + 0xFEE0) for each in a_uscc(902).lower())
    told = CliRunner().invoke(app, ["why", wide, "name", "--json"])
    assert json.loads(told.stdout)["uscc"] == a_uscc(902)


def test_what_was_decided_here_takes_nothing_of_another_city() -> None:
    ground = locating.prepare(divisions.shipped(), None)
    addresses = pl.Series(["武陵区甲路无名市场", "长沙市甲路无名市场", "无名市场"])
    weighed = locating.weigh(addresses, ground, district=NORTH[:6], min_confidence=0.97)
    one = {"district_code": NORTH[:6], "kind": "place", "pattern": "无名市场"}
    made = pl.DataFrame(
        [{**one, "subdistrict_code": SOUTH, "community_code": None, "decided_by": "示例办",
          "decided_on": TODAY}],
        schema_overrides={"community_code": pl.String},
    )  # fmt: skip
    told = ruling.overruled(weighed, made, ground, district=NORTH[:6])
    assert told["subdistrict_code"].to_list() == [SOUTH, None, SOUTH]


def test_a_road_that_was_decided_takes_nobody_who_says_more(desk: Desk) -> None:
    """One without a number is asked about; a road runs through many sub-districts."""
    rows = [
        firm(901, "长长路"),
        firm(902, "长长路8号"),
        firm(903, "启明街道长长路"),
        firm(904, "长长路"),
    ]
    desk.load([*taught(), *rows])
    retell(desk)
    assert decide(desk, "长长路", SOUTH) == 2
    retell(desk)
    assert [where(desk, n)[0] for n in (901, 902, 904)] == [SOUTH, None, SOUTH]
    assert where(desk, 903)[1] != "decided"
    with db.reading(desk.engine) as connection:
        codes = dict(
            connection.execute(select(Organisation.uscc, Organisation.subdistrict_code)).all()
        )
    assert codes[a_uscc(903)] == NORTH


def test_telling_again_changes_nothing(desk: Desk) -> None:
    desk.load([*taught(), *SILENT])
    assert retell(desk).changed == 3
    with db.writing(desk.engine) as connection:
        assert relocating.tell(connection, desk.settings, now=NOW).changed == 0
    assert retell(desk).changed == 0


def test_nothing_is_told_where_nothing_changed(desk: Desk) -> None:
    desk.load([*taught(), *SILENT])
    retell(desk)
    before = held(desk)
    with db.writing(desk.engine) as connection:  # as if it had been told by somebody else
        connection.execute(Located.__table__.delete())
    retell(desk)
    assert held(desk) == []
    desk.load([firm(904, f"{TALL}3室")], as_of=JUNE)
    retell(desk)
    assert len(held(desk)) == len(before) + 1


def test_a_large_register_is_left_to_the_worker(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.load([*taught(), *SILENT])
    monkeypatch.setattr(relocating, "AT_ONCE", 10)
    assert relocating.after_a_run(desk.engine, desk.settings, now=NOW) is None
    assert held(desk) == []
    monkeypatch.setattr(relocating, "AT_ONCE", 10_000)
    found = relocating.after_a_run(desk.engine, desk.settings, now=NOW)
    assert found is not None
    assert (found.placed, found.asked) == (1, 2)


def test_a_decision_places_what_is_loaded_later(desk: Desk) -> None:
    desk.load([*taught(), *SILENT])
    retell(desk)
    assert decide(desk, "无名市场", SOUTH) == 2

    def decided() -> list[tuple[Any, ...]]:
        return [row for row in held(desk) if "decided" in row]

    at_once = decided()
    retell(desk)
    assert decided() == at_once
    desk.load([*taught(), *SILENT, firm(905, "另一路1号无名市场B区9号")], as_of=JUNE)
    retell(desk)
    assert where(desk, 905) == (SOUTH, "decided")


def test_a_decision_teaches_its_neighbours(desk: Desk) -> None:
    """The door beside a place that somebody decided is known by it."""
    rows = [*taught(), *(firm(910 + n, f"新柳路8号新柳商厦{n}室") for n in range(3))]
    desk.load([*rows, firm(920, "新柳路8号")])
    retell(desk)
    assert where(desk, 920)[0] is None
    decide(desk, "新柳商厦", SOUTH)
    with db.reading(desk.engine) as connection:
        known = relocating.derived(connection, desk.settings).filter(pattern="新柳路8号")
    assert "府坪街道" in known["reason_zh"][0]


def test_a_decision_stands_above_what_the_address_says(desk: Desk) -> None:
    desk.load([*taught(), *SILENT])
    retell(desk)
    decide(desk, "无名市场", SOUTH)
    desk.load([*taught(), *SILENT, firm(906, "启明街道无名市场7号")], as_of=JUNE)
    retell(desk)
    assert where(desk, 906) == (SOUTH, "decided")


def test_a_decision_that_is_withdrawn_is_asked_about_again(desk: Desk) -> None:
    desk.load([*taught(), *SILENT])
    retell(desk)
    before = held(desk)
    decide(desk, "无名市场", SOUTH)
    with db.writing(desk.engine) as connection:
        [decided] = locations.listed(connection, LOCAL, on=NOW.date())
        locations.withdraw(connection, LOCAL, decided.id, now=NOW)
    retell(desk)
    assert held(desk) == before


def test_an_undone_run_leaves_nothing_of_what_it_taught(desk: Desk) -> None:
    desk.load([*SILENT, firm(1000, "启明街道沅汀路1号")])
    retell(desk)
    with db.reading(desk.engine) as connection:
        before = held(desk), state.state_hash(connection)
    report = desk.load([*taught(), *SILENT, firm(1000, "启明街道沅汀路1号")], as_of=JUNE)
    retell(desk)
    assert where(desk, 901)[0] == NORTH
    with db.writing(desk.engine) as connection:
        undone = undo.undo(connection, report.run, now=NOW)
    retell(desk)
    assert (held(desk), undone.state_hash) == before


def test_every_order_of_arrival_ends_with_the_same_places(sqlite_desk: Desk) -> None:
    desk = sqlite_desk
    chance = random.Random(7)  # noqa: S311 - tests want it repeatable
    moved = [firm(901, "启明街道沅汀路1号"), firm(902, f"{TALL}77室"), SILENT[2]]
    files = [
        ([*taught(), *SILENT], MARCH),
        ([*taught(), *moved], JUNE),
        ([*taught(), *moved[:2], firm(907, f"{TALL}5室")], SEPTEMBER),
    ]
    told = []
    for order in chance.sample(list(permutations(files)), 3):
        with db.writing(desk.engine) as connection:
            pass
        fresh = Desk(desk.settings, desk.engine, desk.folder)
        runs = []
        for rows, as_of in order:
            runs.append(fresh.load(rows, as_of=as_of))
            retell(fresh)
        told.append(held(fresh))
        with db.writing(desk.engine) as connection:
            for run in sorted((each.run for each in runs), reverse=True):
                undo.undo(connection, run, now=NOW)
        retell(fresh)
        assert held(fresh) == []
    assert told[0] == told[1] == told[2]
    assert told[0]


def test_an_address_is_placed_for_the_days_on_which_it_was_one(desk: Desk) -> None:
    desk.load([*taught(), firm(901, f"{TALL}2001室")], as_of=MARCH)
    desk.load([*taught(), firm(901, "府坪街道橘岸路2号")], as_of=JUNE)
    retell(desk)
    spans = [(row[2], row[3], row[7]) for row in held(desk) if row[0] == a_uscc(901)]
    assert [(to_on, code) for _, to_on, code in spans] == [(JUNE, NORTH)]

    def counted(day: date) -> dict[str | None, int]:
        with db.reading(desk.engine) as connection:
            table = views.coverage(connection, LOCAL, rules.load(), as_of=day)
        return {row.code: row.unverified for row in table.rows if row.unverified}

    assert counted(MARCH + timedelta(days=1))[NORTH] == counted(JUNE)[NORTH] + 1


def test_as_known_then_still_answers_as_it_did(desk: Desk) -> None:
    desk.load([*taught(), *SILENT])
    retell(desk)

    def unplaced(known_at: datetime | None) -> int:
        with db.reading(desk.engine) as connection:
            table = views.coverage(
                connection, LOCAL, rules.load(), as_of=NOW.date(), known_at=known_at
            )
        return {row.code: row.unverified for row in table.rows}.get(None, 0)

    later = NOW + timedelta(days=1)
    with db.writing(desk.engine) as connection:
        asked = locations.queue(connection, LOCAL, on=NOW.date())
        locations.decide(
            connection, LOCAL, asked.entries[0].id, SOUTH, by="示例办", on=NOW.date(), now=later
        )
    assert unplaced(None) == 0
    assert unplaced(NOW + timedelta(hours=3)) == 2
    assert unplaced((later + timedelta(hours=1)).astimezone(UTC)) == 0


def test_where_somebody_found_it_to_operate_is_placed_too(desk: Desk) -> None:
    desk.load([*taught(), firm(901, "府坪街道橘岸路2号")])
    with db.writing(desk.engine) as connection:
        one = connection.execute(
            select(Organisation.id).where(Organisation.uscc == a_uscc(901))
        ).scalar_one()
        found = {"field": standing_addresses.OPERATES_AT, "value": f"武陵区{TALL}9室"}
        connection.execute(
            insert(Finding).values(
                organisation_id=one, **found, source="screening", from_on=MARCH, learned_at=NOW
            )
        )
    retell(desk)
    with db.reading(desk.engine) as connection:
        rows = views.organisations(
            connection, LOCAL, rules.load(), subdistrict_code=NORTH, as_of=NOW.date()
        )
    assert a_uscc(901) in {row.uscc for row in rows}


@pytest.mark.parametrize(
    "address", ["", "N/A", "正常", "13900000000", "长沙市岳麓区示例路1号", "🏢" * 9, "武陵区"]
)
def test_what_is_no_address_here_is_neither_placed_nor_guessed(
    sqlite_desk: Desk, address: str
) -> None:
    row = {**a_registration(901), ADDRESS: address}
    sqlite_desk.load([*taught(), row])
    retell(sqlite_desk)
    assert where(sqlite_desk, 901)[0] is None


def test_decisions_are_part_of_what_a_register_holds(desk: Desk) -> None:
    with db.writing(desk.engine) as connection:
        before = state.state_hash(connection)
        connection.execute(
            insert(LocationDecision).values(
                district_code="430702",
                kind="place",
                pattern="示例大厦",
                subdistrict_code=NORTH,
                decided_by="示例办",
                from_on=MARCH,
                learned_at=NOW,
            )
        )
        assert state.state_hash(connection) != before
