"""Rows and packages that are not taken, each explained, and nothing changed by them."""

import hashlib
import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from factories import NORTH, a_uscc
from hypothesis import given
from hypothesis import strategies as st
from loads import dump
from offices import Office, acquainted, found
from sqlalchemy import func, select

from ingest.exchange import contents, envelope, judging, keys
from ingest.exchange.contents import COLUMNS, Contents
from ingest.exchange.opening import open_package
from liangxin import db
from liangxin.cursor import BEGINNING
from liangxin.errors import BadPackage, LiangxinError, Misuse, NotFound, UnreadableFile
from liangxin.schema import ExchangePackage, Organisation, RefusedRow, Run, SkippedRow
from liangxin.settings import Settings


def forged(sender: Office, to: Office, content: bytes, **header: Any) -> bytes:
    """A package whose sender signs whatever is inside."""
    told = {
        "serial": 1,
        "packed_on": "2026-11-23",
        "cursor_from": str(BEGINNING),
        "cursor_to": str(BEGINNING),
        **header,
    }
    _, data = envelope.seal(content, keys.load(sender.settings.home), to.card, **told)
    return data


def tables(**rows: list[dict[str, Any]]) -> Contents:
    """Contents with these rows, cells as they would be written; everything else is empty."""
    return Contents(
        {
            name: pl.DataFrame(
                [{column: row.get(column) for column in columns} for row in rows.get(name, [])],
                schema=dict.fromkeys(columns, pl.String),
            )
            for name, columns in COLUMNS.items()
        }
    )


def an_organisation(n: int = 1, **cells: str | None) -> dict[str, Any]:
    return {
        "uscc": a_uscc(n),
        "since": "2019-03-15",
        "name": f"示例第{n}号有限公司",
        "kind": "enterprise",
        "ownership": "NONPUBLIC",
        "status": "1",
        "from_on": "2022-03-31",
        "learned_at": "2026-11-20T08:00:00.000000Z",
        "office": "甲区",
        "source": "market_regulator",
        **cells,
    }


# Rows that cannot be taken.


@pytest.mark.parametrize(
    ("table", "row", "rule"),
    [
        ("organisations", an_organisation(uscc=a_uscc(1)[:17] + "0"), "uscc_is_right"),
        ("organisations", an_organisation(uscc=a_uscc(1, prefix="92")), "uscc_is_no_individual"),
        ("organisations", an_organisation(uscc=None), "cell_is_present"),
        ("organisations", an_organisation(name=None), "cell_is_present"),
        ("organisations", an_organisation(name="长" * 1_001), "cell_is_short"),
        ("organisations", an_organisation(kind="person"), "value_is_known"),
        ("organisations", an_organisation(ownership="a b"), "code_is_digits"),
        ("organisations", an_organisation(since="2022-02-30"), "cell_is_a_day"),
        ("organisations", an_organisation(capital_wan="inf"), "cell_is_a_number"),
        ("organisations", an_organisation(subdistrict_code="=cmd|x"), "code_is_digits"),
        ("organisations", an_organisation(from_on="2099-01-01"), "moment_has_come"),
        (
            "organisations",
            an_organisation(learned_at="2099-01-01T00:00:00.000000Z"),
            "moment_has_come",
        ),
        ("organisations", an_organisation(learned_at="gestern"), "cell_is_a_moment"),
        ("organisations", an_organisation(office=None), "cell_is_present"),
    ],
)
def test_a_row_that_is_wrong_is_refused_and_the_rest_goes_on(
    jia: Office, yi: Office, tmp_path: Path, table: str, row: dict[str, Any], rule: str
) -> None:
    file = tmp_path / "package.lxp"
    file.write_bytes(
        forged(jia, yi, contents.write(tables(organisations=[row, an_organisation(2)])))
    )
    report = yi.open(file)
    assert (report.rows, report.accepted, report.refused, report.rules) == (2, 1, 1, {rule: 1})
    with db.reading(yi.engine) as connection:
        refused = connection.execute(select(RefusedRow.__table__)).mappings().one()
        kept = connection.execute(select(Organisation.uscc)).scalars().all()
    assert (refused["rule"], refused["file_row"]) == (rule, 1)
    assert refused["message"]
    assert refused["message_en"]
    assert kept == [a_uscc(2)]


def test_facts_about_nobody_and_of_one_or_two_members_are_refused(
    jia: Office, yi: Office, tmp_path: Path
) -> None:
    word = {"retracted": "false", "learned_at": "2026-11-20T08:00:00.000000Z", "office": "甲区"}
    screened = {"uscc": a_uscc(7), "from_on": "2022-03-31", "state": "operating", **word}
    counted = {"uscc": a_uscc(1), "source": "ledger", "counted_on": "2022-03-31", **word}
    covered = {
        "uscc": a_uscc(1),
        "party_subdistrict_code": NORTH,
        "party_name": "没有的党支部",
        "party_from_on": "2022-03-31",
        "from_on": "2022-03-31",
        "mode": "alone",
        **word,
    }
    told = tables(
        organisations=[an_organisation(1), an_organisation(1)],
        screenings=[
            screened,
            {**screened, "uscc": a_uscc(1), "state": "asleep"},
            {**screened, "uscc": a_uscc(1), "to_on": "2022-03-31"},
        ],
        headcounts=[
            {**counted, "members": "2"},
            {**counted, "source": "hearsay"},
            {**counted, "source": "declared", "members": "10"},
            {**counted, "counted_on": "2022-04-01", "staff": "-1"},
        ],
        coverings=[covered],
        organisation_fields=[
            {
                "field": "name",
                "value": "别的",
                **{
                    k: v
                    for k, v in an_organisation(5).items()
                    if k in COLUMNS["organisation_fields"]
                },
            }
        ],
        field_changes=[
            {
                "field": "name",
                "old_value": "旧",
                "new_value": "新",
                **{k: v for k, v in an_organisation(1).items() if k in COLUMNS["field_changes"]},
            }
        ],
    )
    file = tmp_path / "package.lxp"
    file.write_bytes(forged(jia, yi, contents.write(told)))
    report = yi.open(file)
    assert report.rules == {
        "row_is_alone": 1,
        "organisation_is_told": 2,
        "value_is_known": 3,
        "ends_after_it_starts": 1,
        "one_or_two_members_stay": 1,
        "cell_is_a_count": 1,
        "party_organisation_is_told": 1,
    }
    assert (report.rows, report.accepted, report.refused, report.skipped) == (12, 1, 10, 1)
    with db.reading(yi.engine) as connection:
        assert connection.execute(select(SkippedRow.file_row)).scalars().all() == [4]


# Packages that are not opened.


def spoilt_packages(jia: Office, yi: Office, bing: Office) -> dict[str, tuple[bytes, str]]:
    """Packages of every wrong kind, and what is said of each."""
    found(jia, 1)
    good = jia.pack(yi).read_bytes()
    outside = envelope.parse(good)
    header = json.loads(outside.header_bytes)
    bing_keys, jia_keys = keys.load(bing.settings.home), keys.load(jia.settings.home)

    def rebuilt(told: dict[str, Any], content: bytes, signing: Any) -> bytes:
        as_bytes = envelope._json(told)
        signature = signing.sign(envelope._signed(as_bytes, content))
        return b"".join((envelope.MAGIC, len(as_bytes).to_bytes(4), as_bytes, signature, content))

    inner = contents.write(tables(organisations=[an_organisation(6)]))
    later = contents.write(tables()).replace(b'"version": "1"', b'"version": "2"')
    as_bing = {**header, "sender": "丙街道", "sender_fingerprint": bing_keys.card.fingerprint}
    as_jia = {**header, "serial": 7}
    return {
        "an unknown sender": (forged(bing, yi, inner), "does not trust"),
        "another's name": (rebuilt(header, outside.content, bing_keys.signing), "forged"),
        "another's content as one's own": (
            rebuilt(as_bing, outside.content, bing_keys.signing),
            "does not trust",
        ),
        "for another office": (forged(jia, bing, inner), "is for '丙街道'"),
        "an altered header": (good.replace(b'"serial":1', b'"serial":2'), "altered"),
        "an altered serial, signed again": (
            rebuilt(as_jia, outside.content, jia_keys.signing),
            "damaged",
        ),
        "a wrong hash, signed": (
            rebuilt({**header, "content_sha256": "0" * 64}, outside.content, jia_keys.signing),
            "damaged",
        ),
        "content of another package": (
            rebuilt(header, envelope.parse(forged(jia, yi, inner)).content, jia_keys.signing),
            "damaged",
        ),
        "a later format": (
            rebuilt({**header, "format": 2}, outside.content, jia_keys.signing),
            "upgrade",
        ),
        "a header that is no object": (
            b"".join((envelope.MAGIC, (2).to_bytes(4), b"[]", b"0" * 99)),
            "damaged",
        ),
        "a header with more keys": (
            rebuilt({**header, "x": 1}, outside.content, jia_keys.signing),
            "damaged",
        ),
        "a deep header": (
            b"".join((envelope.MAGIC, (9_000).to_bytes(4), b"[" * 9_000, b"0" * 99)),
            "damaged",
        ),
        "a header longer than the file": (envelope.MAGIC + (2**31).to_bytes(4) + b"{}", "damaged"),
        "not encrypted for us": (
            rebuilt(
                {**header, "content_sha256": hashlib.sha256(b"x" * 99).hexdigest()},
                b"x" * 99,
                jia_keys.signing,
            ),
            "damaged",
        ),
        "no archive inside": (forged(jia, yi, b"no zip"), "no data package"),
        "an archive of other files": (forged(jia, yi, a_zip({"../x": b""})), "no data package"),
        "another version inside": (forged(jia, yi, with_description(version="2")), "of version 2"),
        "other columns": (
            forged(jia, yi, with_file("data/headcounts.csv", b"name\nx\n")),
            "no data package",
        ),
        "no UTF-8": (
            forged(jia, yi, with_file("data/headcounts.csv", b"\xff\xfe\n")),
            "no data package",
        ),
        "an empty table": (
            forged(jia, yi, with_file("data/headcounts.csv", b"")),
            "no data package",
        ),
        "a zip bomb": (
            forged(jia, yi, with_file("data/headcounts.csv", b"0" * 40_000_000)),
            "larger than",
        ),
        "nothing": (b"", "no exchange package"),
        "a workbook": (b"PK\x03\x04" + b"0" * 100, "no exchange package"),
        "damaged archive": (forged(jia, yi, later[:-30]), "no data package"),
    }


def a_zip(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return out.getvalue()


def with_file(name: str, data: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(contents.write(tables()))) as archive:
        files = {each: archive.read(each) for each in archive.namelist()}
    return a_zip({**files, name: data})


def with_description(**more: Any) -> bytes:
    with zipfile.ZipFile(io.BytesIO(contents.write(tables()))) as archive:
        described = json.loads(archive.read("datapackage.json"))
    return with_file("datapackage.json", json.dumps({**described, **more}).encode())


def test_what_is_no_good_package_is_explained_and_changes_nothing(
    offices: dict[str, Office], tmp_path: Path
) -> None:
    jia, yi, bing = offices.values()
    found(yi, 3)
    wrong = spoilt_packages(jia, yi, bing)
    small = yi.settings.model_copy(update={"max_file_bytes": 20_000_000})
    before = dump(yi.engine)
    for what, (data, said) in wrong.items():
        file = tmp_path / "wrong.lxp"
        file.write_bytes(data)
        with pytest.raises(LiangxinError) as refused:
            open_package(file, small, yi.engine, clock=yi.now)
        assert said in refused.value.en, what
        assert refused.value.zh != refused.value.en
        assert refused.value.exit_code == 2
        assert dump(yi.engine) == before, what
        assert not yi.settings.landing.exists(), what


@given(data=st.data())
def test_no_byte_can_be_altered_and_none_cut_off(
    package: tuple[Office, bytes, Any], data: st.DataObject
) -> None:
    yi, good, place = package
    at = data.draw(st.integers(0, len(good) - 1))
    bit = data.draw(st.sampled_from([1, 2, 4, 8, 16, 32, 64, 128]))
    cut = data.draw(st.booleans())
    bad = good[:at] if cut else good[:at] + bytes([good[at] ^ bit]) + good[at + 1 :]
    file = place / "altered.lxp"
    file.write_bytes(bad)
    with pytest.raises((BadPackage, NotFound)):
        yi.open(file)
    with db.reading(yi.engine) as connection:
        assert connection.execute(select(func.count(Run.id))).scalar() == 0


@pytest.fixture(scope="module")
def package(
    small_file: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Office, bytes, Path]]:
    """An office, the bytes of a package for it, and a folder."""
    folder = tmp_path_factory.mktemp("altered")
    made = []
    for name in ("jia", "yi"):
        (folder / name).mkdir()
        (folder / name / "register.db").write_bytes(small_file.read_bytes())
        settings = Settings(home=folder / name)
        made.append(Office(name, settings, db.make_engine(settings)))
    jia, yi = made
    acquainted(jia, yi)
    found(jia, 1)
    yield yi, jia.pack(yi).read_bytes(), folder
    for each in made:
        each.engine.dispose()


def test_a_package_opened_before_changes_nothing_and_says_so(jia: Office, yi: Office) -> None:
    found(jia, 1)
    file = jia.pack(yi)
    yi.open(file)
    before = dump(yi.engine)
    with pytest.raises(BadPackage, match=r"was opened at .* already") as refused:
        yi.open(file)
    assert "再次打开不改变任何内容" in refused.value.zh
    assert dump(yi.engine) == before


def test_ones_own_package_is_not_opened(jia: Office, yi: Office) -> None:
    found(jia, 1)
    with pytest.raises(NotFound, match="does not trust"):
        jia.open(jia.pack(yi))


def test_a_package_needs_a_receiver_that_is_trusted_and_keys(
    offices: dict[str, Office], small_file: Path, tmp_path: Path
) -> None:
    with pytest.raises(NotFound, match="no office called"):
        offices["甲区"].pack("丁街道")
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / "register.db").write_bytes(small_file.read_bytes())
    settings = Settings(home=tmp_path / "new")
    newcomer = Office("丁街道", settings, db.make_engine(settings))
    with pytest.raises(Misuse, match="has no keys"):
        newcomer.pack("甲区")
    newcomer.engine.dispose()


def test_a_file_that_cannot_be_read_or_written_is_explained(
    jia: Office, yi: Office, tmp_path: Path
) -> None:
    with pytest.raises(UnreadableFile, match="cannot read"):
        yi.open(tmp_path / "nowhere.lxp")
    with pytest.raises(UnreadableFile, match="cannot write"):
        jia.pack(yi, out=tmp_path)
    (tmp_path / "file").touch()
    with pytest.raises(UnreadableFile, match="cannot write"):
        jia.pack(yi, out=tmp_path / "file" / "package.lxp")
    with db.reading(jia.engine) as connection:
        assert connection.execute(select(func.count(ExchangePackage.id))).scalar() == 0


def test_every_rule_has_its_words() -> None:
    assert all(len(words) == 2 and all(words) for words in judging.RULES.values())
