"""The demo district: the figures of the case, invented organisations, no people, no other's register."""

from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from factories import NOW, a_registration, insert_organisation
from loads import Desk, dump
from sqlalchemy import Engine, func, select

from ingest.demo import counts, district
from ingest.demo import load as demo
from ingest.demo.district import AFTER, BEFORE, DISTRICT, PLAN, District
from ingest.run_report import RunReport
from liangxin import annual, change, db, divisions, rules, universe, views
from liangxin.access import LOCAL
from liangxin.errors import Misuse
from liangxin.ids import uscc
from liangxin.indicators import RateTable
from liangxin.schema import Base, Covering, Organisation, Run, Screening
from liangxin.settings import Settings

DAY = timedelta(days=1)
RULES = rules.load()
COVERED = {code: before for code, (_, before, *_) in PLAN.items()}
GAINED = {
    code: alone + 4 * fours + 3 * threes for code, (_, _, alone, fours, threes) in PLAN.items()
}


def clock() -> Any:
    return NOW


@pytest.fixture(scope="module")
def made() -> District:
    return district.build(divisions.shipped())


# The files and facts, as made.


def test_the_same_seed_makes_the_same_bytes_and_another_one_others(made: District) -> None:
    def files(seed: int) -> list[bytes]:
        again = district.build(divisions.shipped(), seed=seed)
        return [getattr(again, name).write_csv().encode() for name in District.__slots__]

    assert files(2022) == [getattr(made, name).write_csv().encode() for name in District.__slots__]
    assert files(2023) != files(2022)


def test_the_plan_is_the_case() -> None:
    assert sum(size for size, *_ in PLAN.values()) == 900
    assert sum(COVERED.values()) == 504
    assert sum(GAINED.values()) == 189
    assert sum(alone + fours + threes for _, _, alone, fours, threes in PLAN.values()) == 65


def everybody(made: District) -> pl.DataFrame:
    firms = made.market_before.select(code="统一社会信用代码", name="企业名称", address="住所")
    social = made.civil_affairs.select(code="统一社会信用代码", name="社会组织名称", address="住所")
    return pl.concat([firms, social])


def test_every_code_is_a_good_one_of_the_district_and_given_once(made: District) -> None:
    codes = everybody(made)["code"]
    assert codes.is_unique().all()
    read, faults = uscc.read(codes)
    assert read.equals(codes)
    assert set(faults) == {""}
    assert not uscc.inner_check_fails(codes).any()
    assert set(codes.str.slice(2, 6)) == {DISTRICT}


def test_no_code_can_be_that_of_a_person_or_of_a_real_organisation(made: District) -> None:
    codes = everybody(made)["code"]
    # A resident number is 17 digits and a check; an organisation code in use begins otherwise.
    assert set(codes.str.slice(8, 2)) == {"MQ"}


def test_nothing_is_told_of_any_person(made: District) -> None:
    headers = {name for frame in District.__slots__ for name in getattr(made, frame).columns}
    for word in ("法定代表人", "姓名", "电话", "身份证", "联系人", "党员", "出生"):
        assert not any(word in header for header in headers)
    assert made.instructors["name"].str.contains("指导员[0-9]+号$").all()
    assert set(made.screenings["decided_by"]) == {"街道经济办"}


def test_every_name_is_given_once(made: District) -> None:
    assert everybody(made)["name"].is_unique().all()
    assert made.party_organisations["name"].is_unique().all()
    assert made.party_organisations["key"].is_unique().all()


def test_both_exports_tell_of_the_same_firms_and_closed_ones_are_struck_off(made: District) -> None:
    before, after = made.market_before, made.market_after
    assert before.drop("登记状态").equals(after.drop("登记状态"))
    assert set(before["登记状态"]) == {"存续（在营、开业、在册）"}
    struck = after.filter(pl.col("登记状态") == "注销")["统一社会信用代码"]
    closed = made.screenings.filter(state="closed")["uscc"]
    assert set(struck) == set(closed)
    assert len(struck) == 41


def test_65_new_party_organisations_take_in_189_organisations_in_half_a_year(
    made: District,
) -> None:
    new = made.party_organisations.filter(pl.col("from_on").is_between(BEFORE + DAY, AFTER))
    assert new.height == 65
    taken = made.coverings.join(new, on="key", how="semi")
    assert taken.height == taken["uscc"].n_unique() == 189
    assert (made.party_organisations["from_on"] <= AFTER).all()


def test_nobody_is_covered_twice_and_only_by_who_is_there(made: District) -> None:
    assert made.coverings["uscc"].is_unique().all()
    both = made.coverings.join(made.party_organisations, on="key", suffix="_party")
    assert both.height == made.coverings.height
    assert (both["from_on"] == both["from_on_party"]).all()


def test_a_joint_branch_has_two_to_five_units_and_a_branch_one(made: District) -> None:
    units = made.coverings.group_by("key", "mode").len()
    levels = units.join(made.party_organisations, on="key")
    alone, joint = (levels.filter(mode=mode) for mode in ("alone", "joint"))
    assert set(alone["len"]) == {1}
    assert set(alone["level"]) == {"branch"}
    assert joint["len"].is_between(2, 5).all()
    assert set(joint["level"]) == {"joint_branch"}
    assert levels.height == made.party_organisations.height


def test_an_instructor_has_at_most_three_organisations_none_of_them_covered(
    made: District,
) -> None:
    loads = Counter(made.assignments["key"])
    assert max(loads.values()) <= 3
    assert set(loads) == set(made.instructors["key"])
    assert made.assignments["uscc"].is_unique().all()
    assert not set(made.assignments["uscc"]) & set(made.coverings["uscc"])


def test_every_fact_is_about_an_organisation_of_the_files(made: District) -> None:
    known = set(everybody(made)["code"])
    for facts in (made.screenings, made.coverings, made.assignments):
        assert set(facts["uscc"]) <= known


# The register it makes, on both databases; made once each.


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def built(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Engine, list[RunReport]]]:
    """A register with the demo in it, and the reports of its runs."""
    home = tmp_path_factory.mktemp("demo")
    if request.param == "sqlite":
        settings = Settings(home=home)
        reports = demo.build(settings, clock=clock)
        engine = db.make_engine(settings)
        yield engine, reports
        engine.dispose()
        return
    server = request.getfixturevalue("postgresql_server")
    with server.database(request.getfixturevalue("migrated_template")) as url:
        settings = Settings(home=home, database_url=url)
        reports = demo.build(settings, clock=clock)
        engine = db.make_engine(settings)
        yield engine, reports
        engine.dispose()


def coverage(built: tuple[Engine, Any], as_of: date, **how: Any) -> RateTable:
    with db.reading(built[0]) as connection:
        return views.coverage(connection, LOCAL, rules.load(), as_of=as_of, **how)


def test_504_of_900_before_and_693_of_900_after(built: tuple[Engine, Any]) -> None:
    totals = [coverage(built, day).total for day in (BEFORE, AFTER)]
    assert [(each.numerator, each.denominator, each.percent) for each in totals] == [
        (504, 900, "56.0"),
        (693, 900, "77.0"),
    ]


def test_each_sub_district_has_what_the_plan_says(built: tuple[Engine, Any]) -> None:
    for day, covered in (
        (BEFORE, COVERED),
        (AFTER, {code: COVERED[code] + GAINED[code] for code in PLAN}),
    ):
        rows = {row.code: row for row in coverage(built, day).rows}
        assert {code: rows[code].denominator for code in PLAN} == {
            code: size for code, (size, *_) in PLAN.items()
        }
        assert {code: rows[code].numerator for code in PLAN} == covered
        others = [row for code, row in rows.items() if code not in PLAN]
        assert sum(row.denominator for row in others) == 0


def test_the_rate_never_falls_between_the_two_days(built: tuple[Engine, Any]) -> None:
    days = [BEFORE + n * DAY for n in range(0, (AFTER - BEFORE).days + 1, 7)] + [AFTER]
    with db.reading(built[0]) as connection:
        points = views.trend(connection, LOCAL, rules.load(), days=days)
    numerators = [point.count.numerator for point in points]
    assert numerators == sorted(numerators)
    assert {point.count.denominator for point in points} == {900}


def test_what_the_case_tells_is_where_it_belongs(built: tuple[Engine, Any]) -> None:
    """Nine found out in Danyang, seven of Nanping that hired, 21 transfers, 25 activists of 18."""
    tables = Base.metadata.tables
    organisation, covering = tables["organisation"], tables["covering"]
    with db.reading(built[0]) as connection:
        found = connection.execute(
            select(organisation.c.subdistrict_code)
            .join(Screening, Screening.organisation_id == organisation.c.id)
            .where(Screening.state == "operating", Screening.evidence.contains("新摸排"))
        ).scalars()
        assert list(found) == [counts.DANYANG] * 9
        before, after = (
            {
                row.uscc: row
                for row in connection.execute(select(universe.members(RULES, as_of=day)))
            }
            for day in (BEFORE, AFTER)
        )
        hired = [
            row
            for uscc, row in after.items()
            if row.full_members and before[uscc].full_members == 0 and row.joint
        ]
        assert [row.subdistrict_code for row in hired] == [counts.NANPING] * 7
        done = connection.execute(select(tables["relation_transfer"].c.done_on)).scalars().all()
        quarter = (date(2022, 7, 1), date(2022, 9, 30))
        assert sum(each is not None and quarter[0] <= each <= quarter[1] for each in done) == 21
        activists = [row.activists for row in before.values() if row.activists]
        assert (len(activists), sum(activists)) == (18, 25)
        assert connection.execute(select(func.count()).select_from(covering)).scalar() == 693


def test_the_rate_moved_by_what_was_formed_and_by_nothing_else(built: tuple[Engine, Any]) -> None:
    with db.reading(built[0]) as connection:
        told = change.between(connection, LOCAL, RULES, from_on=BEFORE, to_on=AFTER)
    [part] = told.total.parts
    assert (part.cause, part.organisations, part.points) == ("became_covered", 189, 21)
    assert told.total.points == 21
    assert {each.code: each.came + each.went for each in told.groups} == dict.fromkeys(PLAN, 0)


@pytest.mark.parametrize("form", ["enterprises", "social"])
def test_the_annual_tables_of_the_demo_add_up(built: tuple[Engine, Any], form: str) -> None:
    with db.reading(built[0]) as connection:
        table = annual.table(connection, LOCAL, RULES, form, as_of=AFTER)
    assert table.faults == ()
    assert table.cells["units"]["total"] == {"enterprises": 770, "social": 130}[form]


def test_there_is_somebody_unverified_and_somebody_unlocated(built: tuple[Engine, Any]) -> None:
    total = coverage(built, AFTER).total
    assert total.unverified > 0
    assert coverage(built, AFTER).rows[-1].code is None
    work = coverage(built, AFTER, rate="R6").total
    assert 693 < work.numerator < 900
    kinds = {row.code: row.denominator for row in coverage(built, AFTER, by="kind").rows}
    assert kinds["social"] > 0


def test_its_files_load_without_a_refusal_or_a_warning(built: tuple[Engine, Any]) -> None:
    market, social, again = built[1]
    for report in built[1]:
        assert report.rows == report.accepted
        assert (report.refused, report.skipped, report.warnings) == (0, 0, {})
        assert report.missing == 0
    assert (market.changed, social.changed, again.changed) == (0, 0, 41)
    assert (again.new, again.unchanged) == (0, again.rows - 41)
    assert market.located > 0.9 * market.rows


# Whose register it is.


def count(engine: Engine, table: type[Base]) -> int:
    with db.reading(engine) as connection:
        return connection.execute(select(func.count()).select_from(table)).scalar_one()


@pytest.mark.usefixtures("quick")
def test_a_register_that_somebody_filled_is_refused_and_stays(
    settings: Settings, engine: Engine
) -> None:
    with db.writing(engine) as connection:
        insert_organisation(connection)
    before = dump(engine)
    with pytest.raises(Misuse, match="will not touch"):
        demo.build(settings, clock=clock)
    assert dump(engine) == before
    assert not settings.landing.exists()


@pytest.mark.usefixtures("quick")
def test_a_demo_into_which_somebody_loaded_is_refused_and_stays(
    sqlite_settings: Settings, sqlite_engine: Engine, tmp_path: Path
) -> None:
    demo.build(sqlite_settings, clock=clock)
    desk = Desk(sqlite_settings, sqlite_engine, tmp_path)
    desk.load([a_registration(1)], source="civil_affairs", as_of=AFTER)
    organisations = count(sqlite_engine, Organisation)
    with pytest.raises(Misuse, match="will not touch"):
        demo.build(sqlite_settings, clock=clock)
    assert count(sqlite_engine, Organisation) == organisations


@pytest.mark.usefixtures("quick")
def test_an_older_demo_is_made_afresh(sqlite_settings: Settings, sqlite_engine: Engine) -> None:
    demo.build(sqlite_settings, clock=clock)
    first = dump(sqlite_engine)
    with db.writing(sqlite_engine) as connection:
        insert_organisation(connection)
    sqlite_engine.dispose()
    demo.build(sqlite_settings, clock=clock)
    assert dump(sqlite_engine) == first


@pytest.mark.usefixtures("quick")
def test_a_demo_that_was_stopped_half_way_begins_again(
    sqlite_settings: Settings, sqlite_engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopped(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(demo, "_record_facts", stopped)
        with pytest.raises(KeyboardInterrupt):
            demo.build(sqlite_settings, clock=clock)
    assert count(sqlite_engine, Run) == 3
    assert count(sqlite_engine, Screening) == 0
    sqlite_engine.dispose()
    demo.build(sqlite_settings, clock=clock)
    assert count(sqlite_engine, Run) == 3
    assert count(sqlite_engine, Covering) == 693


@pytest.mark.usefixtures("quick")
def test_a_demo_on_a_server_is_never_dropped(
    postgresql_settings: Settings, postgresql_engine: Engine
) -> None:
    demo.build(postgresql_settings, clock=clock)
    before = count(postgresql_engine, Organisation)
    with pytest.raises(Misuse):
        demo.build(postgresql_settings, clock=clock)
    assert count(postgresql_engine, Organisation) == before


def test_a_fresh_register_is_no_demo(engine: Engine) -> None:
    assert not demo.is_demo(engine)
