"""Packages: what is in them, who may read them, what becomes of what came, and what is turned away."""

import io
import json
import stat
import zipfile
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import frictionless
import polars as pl
import pytest
from factories import (
    NORTH,
    NOW,
    SOUTH,
    TODAY,
    a_registration,
    a_uscc,
    insert_covering,
    insert_headcount,
    insert_organisation,
    insert_party_organisation,
    insert_screening,
)
from loads import Desk, dump
from offices import Office, change, found
from sqlalchemy import func, insert, select, update
from typer.testing import CliRunner

from dashboard import cli
from ingest.exchange import envelope, keys
from ingest.exchange.history import History
from ingest.exchange.offices import furthest, trust
from liangxin import audit, cursor, db, state
from liangxin.access import Actor, Role
from liangxin.cursor import BEGINNING
from liangxin.errors import BadPackage, Misuse
from liangxin.schema import (
    FieldChange,
    FieldStamp,
    Headcount,
    Organisation,
    Question,
    Run,
    RunFile,
    Screening,
)
from liangxin.settings import Settings

MARCH, JUNE = date(2022, 3, 31), date(2022, 6, 30)


def changes_of(office: Office, n: int) -> list[tuple[Any, ...]]:
    with db.reading(office.engine) as connection:
        return [
            tuple(row)
            for row in connection.execute(
                select(
                    FieldChange.field,
                    FieldChange.old_value,
                    FieldChange.new_value,
                    FieldChange.from_on,
                )
                .join(Organisation, Organisation.id == FieldChange.organisation_id)
                .where(Organisation.uscc == a_uscc(n))
                .order_by(FieldChange.id)
            )
        ]


def inside(office: Office, file: Path) -> dict[str, bytes]:
    """The files of a package, as its receiver unpacks it."""
    outside = envelope.parse(file.read_bytes())
    data = envelope.unseal(outside, keys.load(office.settings.home))
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


# Keys and cards.


def test_keys_are_their_owners_alone_and_never_in_the_register(jia: Office) -> None:
    file = keys.keys_file(jia.settings.home)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    secret = keys.load(jia.settings.home)
    told = str(dump(jia.engine))
    for key in (secret.signing, secret.decrypting):
        assert key.private_bytes_raw().hex() not in told
        assert key.private_bytes_raw().hex() not in keys.card_bytes(secret.card).decode()


def test_the_log_holds_whom_we_trust_what_we_signed_and_what_we_opened(
    jia: Office, yi: Office
) -> None:
    found(jia)
    yi.open(jia.pack(yi))
    told = {}
    for office in (jia, yi):
        with db.reading(office.engine) as connection:
            entries = audit.listed(connection, Actor("auditor", Role.AUDITOR))
            assert audit.verify(connection).is_whole
        told[office.name] = [(each.action, each.about.split(" ")[0]) for each in reversed(entries)]
    assert ("exchange.trusted", yi.name) in told[jia.name]
    assert told[jia.name][-1] == ("exchange.packed", yi.name)
    assert told[yi.name][-1] == ("exchange.opened", jia.name)


def test_keys_that_others_may_read_are_not_used(jia: Office) -> None:
    keys.keys_file(jia.settings.home).chmod(0o644)
    with pytest.raises(Misuse, match="others may read"):
        jia.pack("乙街道")


def test_keys_are_made_once(jia: Office) -> None:
    before = keys.load(jia.settings.home).card
    again, new = keys.make(jia.settings.home, "")
    assert (again.card, new) == (before, False)
    with pytest.raises(Misuse, match="has keys already"):
        keys.make(jia.settings.home, "别的名称")


@pytest.mark.parametrize("name", ["", "有 空格", "a/b", "../x", "_x", "x" * 41, "a\n"])
def test_an_office_needs_a_name_that_can_be_written_anywhere(tmp_path: Path, name: str) -> None:
    with pytest.raises(Misuse, match="--office"):
        keys.make(tmp_path, name)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda card: card.replace(b"\xe4\xb9\x99", b"\xe4\xb8\x99"),
        lambda card: card[:-20],
        lambda card: card.replace(b'"sign_key": "', b'"sign_key": "00'),
        lambda _: b"[" * 9_000,
        lambda _: b"\x00\xff",
        lambda _: b"{}",
    ],
)
def test_a_card_altered_on_the_way_is_refused(
    yi: Office, tmp_path: Path, spoil: Callable[[bytes], bytes]
) -> None:
    with pytest.raises(BadPackage, match="is no office's card"):
        keys.parse_card(spoil(keys.card_bytes(yi.card)), "card.json")


def test_another_card_for_a_trusted_name_is_refused(
    jia: Office, yi: Office, offices: dict[str, Office], tmp_path: Path
) -> None:
    impostor, _ = keys.make(tmp_path / "impostor", "乙街道")
    with jia.writing() as connection:
        with pytest.raises(Misuse, match="another card already"):
            trust(connection, impostor.card, "乙街道", ours=jia.card, now=NOW)
        with pytest.raises(Misuse, match="not '丁街道'"):
            trust(connection, yi.card, "丁街道", ours=jia.card, now=NOW)
        with pytest.raises(Misuse, match="own name"):
            trust(connection, jia.card, "甲区", ours=jia.card, now=NOW)
        assert trust(connection, yi.card, "乙街道", ours=jia.card, now=NOW) is False


# What is in a package.


def test_the_inside_is_a_data_package_by_the_standards_own_reader(
    jia: Office, yi: Office, tmp_path: Path
) -> None:
    found(jia, 1, address='示例路1号，"甲"座\n二层')
    found(jia, 2, enterprise_type=None, capital_wan=None)
    change(jia, 1, "name", "示例改名有限公司", on=JUNE)
    with jia.writing() as connection:
        insert_covering(connection, 1)
        insert_screening(connection, 1, to_on=TODAY + timedelta(days=3))
        connection.execute(
            insert(Headcount).values(
                organisation_id=1, source="ledger", counted_on=JUNE, staff=9, learned_at=NOW
            )
        )
    for name, data in inside(yi, jia.pack(yi)).items():
        file = tmp_path / "unpacked" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
    package = frictionless.Package(str(tmp_path / "unpacked" / "datapackage.json"))
    report = package.validate()
    assert report.valid, report.flatten(["message"])
    rows = {each.name: each.read_rows() for each in package.resources}
    assert {name: len(read) for name, read in rows.items()} == {
        "organisations": 2,
        "organisation_fields": 1,
        "field_changes": 1,
        "party_organisations": 1,
        "screenings": 1,
        "coverings": 1,
        "headcounts": 1,
    }
    assert rows["organisations"][0]["address"] == '示例路1号，"甲"座\n二层'
    assert rows["organisation_fields"][0]["from_on"] == JUNE


def test_equal_content_is_equal_bytes_and_no_two_packages_are(
    jia: Office, yi: Office, tmp_path: Path
) -> None:
    for n in (3, 1, 2):
        found(jia, n)
    first, second = jia.pack(yi), jia.pack(yi)
    assert inside(yi, first) == inside(yi, second)
    assert first.read_bytes() != second.read_bytes()


def test_no_person_is_in_a_package(jia: Office, yi: Office) -> None:
    found(jia, 1)
    with jia.writing() as connection:
        insert_organisation(connection, uscc=a_uscc(9, prefix="92"), name="示例人名小吃店")
        insert_screening(connection, 1, evidence="示例人名13900000000", decided_by="示例人名")
        connection.execute(
            insert(Headcount).values(
                organisation_id=1,
                source="ledger",
                counted_on=JUNE,
                staff=20,
                members=10,
                full_members=9,
                probationary_members=1,
                members_in=8,
                members_out=2,
                learned_at=NOW,
            )
        )
    files = inside(yi, jia.pack(yi))
    assert not any("示例人名".encode() in data for data in files.values())
    [header, row] = files["data/headcounts.csv"].decode().splitlines()
    told = dict(zip(header.split(","), row.split(","), strict=True))
    assert (told["staff"], told["members"]) == ("20", "10")
    assert [
        told[n] for n in ("full_members", "probationary_members", "members_in", "members_out")
    ] == [""] * 4


def test_what_people_declared_of_themselves_is_in_no_package_and_in_no_state_number(
    jia: Office, yi: Office
) -> None:
    found(jia, 1)
    with db.reading(jia.engine) as connection:
        before = state.state_hash(connection)
    with jia.writing() as connection:
        insert_headcount(connection, 1, source="declared", counted_on=JUNE, members=10)
    with db.reading(jia.engine) as connection:
        assert state.state_hash(connection) == before
    [_] = inside(yi, jia.pack(yi))["data/headcounts.csv"].decode().splitlines()


def test_a_count_of_two_members_survives_a_round_trip_at_home(jia: Office, yi: Office) -> None:
    found(jia, 1)
    with jia.writing() as connection:
        connection.execute(
            insert(Headcount).values(
                organisation_id=1,
                source="ledger",
                counted_on=JUNE,
                staff=9,
                members=2,
                learned_at=NOW,
            )
        )
    yi.open(jia.pack(yi))
    with yi.writing() as connection:
        mine = Headcount.corrected_at.is_(None)
        assert connection.execute(select(Headcount.members).where(mine)).scalars().all() == [None]
        connection.execute(update(Headcount).values(corrected_at=yi.now()))
        connection.execute(
            insert(Headcount).values(
                organisation_id=1, source="ledger", counted_on=JUNE, staff=12, learned_at=yi.now()
            )
        )
    jia.open(yi.pack(jia))
    with db.reading(jia.engine) as connection:
        [row] = connection.execute(
            select(Headcount.staff, Headcount.members).where(Headcount.corrected_at.is_(None))
        ).all()
    assert tuple(row) == (12, 2)


def test_packages_grow_until_the_receiver_says_what_it_opened(jia: Office, yi: Office) -> None:
    found(jia, 1)
    lost = jia.pack_report(yi)
    found(jia, 2)
    second = jia.pack_report(yi)
    assert (lost.tables["organisations"], second.tables["organisations"]) == (1, 2)
    assert (lost.serial, second.serial) == (1, 2)
    yi.open(Path(second.file))
    jia.open(yi.pack(jia))
    found(jia, 3)
    assert jia.pack_report(yi).tables["organisations"] == 1


def test_since_a_day_or_a_cursor_sends_what_came_after(jia: Office, yi: Office) -> None:
    found(jia, 1)
    report = jia.pack_report(yi)
    assert jia.pack_report(yi, since=report.cursor).rows == 0
    assert jia.pack_report(yi, since="2026-11-23").rows == 1
    assert jia.pack_report(yi, since="2026-11-24").rows == 0
    for wrong in ("gestern", "2026-13-01", "c1.1"):
        with pytest.raises(Misuse):
            jia.pack(yi, since=wrong)


def test_what_a_covering_is_about_is_always_with_it(jia: Office, yi: Office) -> None:
    found(jia, 1)
    with jia.writing() as connection:
        above = insert_party_organisation(connection, name="示例总支", level="general_branch")
        branch = insert_party_organisation(connection, parent_id=above)
    cursor_before = jia.pack_report(yi).cursor
    with jia.writing() as connection:
        insert_covering(connection, 1, branch)
    report = jia.pack_report(yi, since=cursor_before)
    assert (report.tables["organisations"], report.tables["party_organisations"]) == (1, 2)
    assert yi.open(Path(report.file)).refused == 0


# What becomes of what came.


def test_a_package_is_a_run_of_its_own_source(jia: Office, yi: Office) -> None:
    found(jia, 1)
    file = jia.pack(yi)
    report = yi.open(file)
    assert (report.source, report.rows, report.new) == ("exchange_甲区", 1, 1)
    with db.reading(yi.engine) as connection:
        run = connection.execute(select(Run.__table__).where(Run.id == report.run)).mappings().one()
        origin = connection.execute(select(RunFile.origin, RunFile.sha256)).one()
    assert (run["rows"], run["accepted"], run["new"]) == (1, 1, 1)
    assert origin[0] == file.name
    landed = yi.settings.landing / origin[1][:2] / origin[1]
    assert landed.read_bytes() == file.read_bytes()


def test_the_newer_fact_wins_and_both_values_are_kept(jia: Office, yi: Office) -> None:
    found(jia, 1, address="旧路1号")
    yi.open(jia.pack(yi))
    change(jia, 1, "address", "新路2号", on=JUNE)
    report = yi.open(jia.pack(yi))
    assert yi.values(a_uscc(1))["address"] == "新路2号"
    assert changes_of(yi, 1) == [("address", "旧路1号", "新路2号", JUNE)]
    assert report.rows == report.accepted + report.refused + report.skipped
    # The organisation and its field changed; the step of its history is new.
    assert (report.changed, report.new) == (2, 1)
    jia.open(yi.pack(jia))
    assert changes_of(jia, 1) == [("address", "旧路1号", "新路2号", JUNE)]


def test_an_older_fact_changes_nothing(jia: Office, yi: Office) -> None:
    found(jia, 1, as_of=MARCH, address="三月路1号")
    found(yi, 1, as_of=JUNE, address="六月路2号")
    report = yi.open(jia.pack(yi))
    assert (report.changed, report.unchanged) == (0, 1)
    assert yi.values(a_uscc(1))["address"] == "六月路2号"
    jia.open(yi.pack(jia))
    assert jia.values(a_uscc(1))["address"] == "六月路2号"


def test_what_is_not_known_there_erases_nothing_here(jia: Office, yi: Office) -> None:
    found(jia, 1, as_of=JUNE, address=None, subdistrict_code=None)
    found(yi, 1, as_of=MARCH, address="三月路1号")
    yi.open(jia.pack(yi))
    assert yi.values(a_uscc(1))["address"] == "三月路1号"
    jia.open(yi.pack(jia))
    assert (jia.values(a_uscc(1))["address"], jia.values(a_uscc(1))["subdistrict_code"]) == (
        "三月路1号",
        NORTH,
    )
    assert jia.shared() == yi.shared()


def test_steps_of_history_between_two_values_come_along(jia: Office, yi: Office) -> None:
    found(jia, 1, address="一路")
    yi.open(jia.pack(yi))
    change(jia, 1, "address", "二路", on=date(2022, 4, 1))
    change(jia, 1, "address", "三路", on=date(2022, 5, 1))
    yi.open(jia.pack(yi))
    assert changes_of(yi, 1) == changes_of(jia, 1)


def test_an_organisation_that_is_new_brings_its_past(
    jia: Office, yi: Office, offices: dict[str, Office]
) -> None:
    found(jia, 1, subdistrict_code=NORTH)
    change(jia, 1, "subdistrict_code", SOUTH, on=JUNE)
    yi.open(jia.pack(yi))
    assert yi.values(a_uscc(1))["subdistrict_code"] == SOUTH
    assert changes_of(yi, 1) == [("subdistrict_code", NORTH, SOUTH, JUNE)]


def test_a_newer_value_that_our_own_older_file_overwrote_comes_back(
    jia: Office, yi: Office
) -> None:
    found(jia, 1, as_of=MARCH)
    yi.open(jia.pack(yi))
    change(jia, 1, "address", "六月路1号", on=JUNE)
    yi.open(jia.pack(yi))
    change(yi, 1, "address", "五月路9号", on=date(2022, 5, 1))
    found(jia, 2)
    report = yi.open(jia.pack(yi))
    assert yi.values(a_uscc(1))["address"] == "六月路1号"
    assert len(report.notices) == 1
    assert [row[2] for row in changes_of(yi, 1)] == ["六月路1号", "五月路9号", "六月路1号"]
    jia.open(yi.pack(jia))
    assert jia.shared() == yi.shared()


def test_of_two_open_screenings_one_ends_until_the_other_is_taken_back(
    jia: Office, yi: Office
) -> None:
    first, second = found(jia, 1), found(yi, 1)
    with jia.writing() as connection:
        insert_screening(connection, first, state="operating", from_on=MARCH, learned_at=jia.now())
    with yi.writing() as connection:
        insert_screening(connection, second, state="closed", from_on=JUNE, learned_at=yi.now())
    yi.open(jia.pack(yi))
    jia.open(yi.pack(jia))
    for office in (jia, yi):
        with db.reading(office.engine) as connection:
            rows = connection.execute(
                select(Screening.state, Screening.from_on, Screening.to_on)
                .where(Screening.corrected_at.is_(None))
                .order_by(Screening.from_on)
            ).all()
        assert [tuple(row) for row in rows] == [
            ("operating", MARCH, JUNE),
            ("closed", JUNE, None),
        ]
    with yi.writing() as connection:
        wrong = update(Screening).where(Screening.state == "closed")
        connection.execute(wrong.values(corrected_at=yi.now()))
    jia.open(yi.pack(jia))
    yi.open(jia.pack(yi))
    for office in (jia, yi):
        with db.reading(office.engine) as connection:
            query = select(Screening.state, Screening.from_on, Screening.to_on)
            [row] = connection.execute(query.where(Screening.corrected_at.is_(None))).all()
        assert tuple(row) == ("operating", MARCH, None)


def test_headcounts_that_disagree_become_questions(jia: Office, yi: Office) -> None:
    found(jia, 1)
    found(yi, 1)
    for office, source, staff in ((jia, "annual_report", 500), (yi, "ledger", 5)):
        with office.writing() as connection:
            connection.execute(
                insert(Headcount).values(
                    organisation_id=1, source=source, counted_on=JUNE, staff=staff, learned_at=NOW
                )
            )
    yi.open(jia.pack(yi))
    with db.reading(yi.engine) as connection:
        rules = connection.execute(select(Question.rule)).scalars().all()
    assert "staff_agrees_with_annual_report" in rules


def test_a_first_load_pays_nothing(jia: Office, yi: Office) -> None:
    for n in range(1, 4):
        found(jia, n)
    jia.pack(yi)
    with db.reading(jia.engine) as connection:
        assert connection.execute(select(func.count(FieldStamp.id))).scalar() == 0
    yi.open(jia.pack(yi))
    with db.reading(yi.engine) as connection:
        stamps = connection.execute(select(FieldStamp.field)).scalars().all()
    assert stamps == ["*"] * 3


# Cursors.


def test_acknowledging_moves_a_cursor_only_without_gaps() -> None:
    def at(n: int) -> cursor.Cursor:
        return BEGINNING.with_row("organisation", n, n)

    assert furthest(at(0), [(at(5), at(9))]) == at(0)
    assert furthest(at(0), [(at(5), at(9)), (at(0), at(6))]) == at(9)
    assert furthest(at(7), [(at(0), at(6))]) == at(7)


def test_after_an_undo_what_hides_behind_a_number_is_sent_again(jia: Office, yi: Office) -> None:
    found(jia, 1)
    found(jia, 2)
    yi.open(jia.pack(yi))
    jia.open(yi.pack(jia))
    assert jia.pack_report(yi).rows == 0
    with jia.writing() as connection:
        # The last run of jia's own is undone, and its numbers are given to others.
        connection.execute(FieldStamp.__table__.delete())
        connection.execute(Organisation.__table__.delete().where(Organisation.id == 2))
    found(jia, 3)
    assert jia.values(a_uscc(3))["id"] == 2
    yi.open(jia.pack(yi))
    assert yi.values(a_uscc(3))["name"]
    jia.open(yi.pack(jia))
    assert sum(jia.pack_report(yi).tables.values()) == 0


def test_steps_that_lead_elsewhere_are_not_used() -> None:
    steps = pl.DataFrame(
        {
            "uscc": ["x"] * 2,
            "field": ["address"] * 2,
            "old_value": ["一", "三"],
            "new_value": ["二", "四"],
            "from_on": [MARCH, JUNE],
            "learned_at": [NOW] * 2,
            "file_row": [1, 2],
        }
    )
    told = History(steps)
    way = {
        "id": [1],
        "uscc": ["x"],
        "field": ["address"],
        "now": ["一"],
        "value": ["四"],
        "from_on": [JUNE],
    }
    assert told.between(pl.DataFrame(way)).is_empty()
    assert told.used == set()


# With what offices load themselves.


def test_a_register_loaded_from_files_is_taken_over_and_goes_on_with_its_own(
    jia: Office, yi: Office, tmp_path: Path, quick: None
) -> None:
    here, there = (Desk(each.settings, each.engine, each.settings.home) for each in (jia, yi))
    here.load([a_registration(n) for n in range(1, 6)], as_of=MARCH)
    moved = {"住所": "湖南省常德市武陵区府坪街道青年路9号"}
    here.load([a_registration(1, **moved), *(a_registration(n) for n in range(2, 6))], as_of=JUNE)
    assert yi.open(jia.pack(yi)).new >= 5
    assert yi.values(a_uscc(1))["address"] == moved["住所"]
    renamed = [a_registration(n, 企业名称=f"改名第{n}号有限公司") for n in range(2, 7)]
    report = there.load(renamed, as_of=date(2022, 9, 30))
    assert (report.new, report.changed) == (1, 4)
    jia.open(yi.pack(jia))
    yi.open(jia.pack(yi))
    assert jia.shared() == yi.shared()
    assert jia.values(a_uscc(2))["name"] == "改名第2号有限公司"
    again = here.load([a_registration(1, **moved)], as_of=date(2022, 12, 31))
    assert (again.new, again.changed) == (0, 0)


# The command.


def test_two_offices_exchange_at_the_command(
    small_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def at(name: str) -> Callable[..., Any]:
        home = tmp_path / name
        if not home.exists():
            home.mkdir()
            (home / "register.db").write_bytes(small_file.read_bytes())

        def run(*words: object) -> Any:
            monkeypatch.setenv("LIANGXIN_HOME", str(home))
            result = CliRunner().invoke(cli.app, ["exchange", *map(str, words), "--json"])
            return result.exit_code, json.loads(result.stdout)

        return run

    jia, yi = at("甲区"), at("乙街道")
    for name, office in (("甲区", jia), ("乙街道", yi)):
        code, told = office("keys", "--office", name, "--out", tmp_path / f"{name}.json")
        assert (code, told["new"]) == (0, True)
        assert len(told["fingerprint"]) == 64
    assert jia("trust", tmp_path / "乙街道.json", "--office", "乙街道")[0] == 0
    assert yi("trust", tmp_path / "甲区.json", "--office", "甲区")[0] == 0
    assert yi("offices")[1][0]["office"] == "甲区"
    settings = Settings(home=tmp_path / "甲区")
    engine = db.make_engine(settings)
    found(Office("甲区", settings, engine), 1)
    engine.dispose()
    code, packed = jia("pack", "--to", "乙街道", "--out", tmp_path / "package.lxp")
    assert code == 0
    run_keys = {
        "run",
        "source",
        "rows",
        "accepted",
        "refused",
        "skipped",
        "new",
        "changed",
        "unchanged",
        "missing",
        "located",
        "seconds",
    }
    assert run_keys | {"file", "cursor"} <= set(packed)
    code, opened = yi("open", tmp_path / "package.lxp")
    assert (code, opened["new"], opened["source"]) == (0, 1, "exchange_甲区")
    assert run_keys <= set(opened)
    code, again = yi("open", tmp_path / "package.lxp")
    assert code == 2
    assert "already" in again["error_en"]
    code, wrong = jia("pack", "--to", "nobody")
    assert code == 2
    assert set(wrong) == {"error", "error_en"}
