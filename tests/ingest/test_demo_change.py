"""The case of the field notes: why its rate moved, as it was and with 120 shells found operating."""

import json
from datetime import date
from fractions import Fraction
from typing import Any

import pytest
from factories import LONG_AGO, NOW, a_uscc
from sqlalchemy import Engine, func, insert, select
from typer.testing import CliRunner

from dashboard.cli import app
from ingest.demo import load as demo
from ingest.demo.district import AFTER, BEFORE
from liangxin import change, db, rules, saying
from liangxin.access import LOCAL
from liangxin.schema import Organisation, Run, Screening
from liangxin.settings import Settings

RULES = rules.load()
FOUND = date(2022, 7, 1)
SHELLS = 120


@pytest.fixture
def wuling(settings: Settings, engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Engine:
    monkeypatch.setenv("LIANGXIN_HOME", str(settings.home))
    if settings.database_url:
        monkeypatch.setenv("LIANGXIN_DATABASE_URL", settings.database_url)
    demo.load(settings, engine, clock=lambda: NOW)
    return engine


def add_shells(engine: Engine) -> None:
    """Firms that were shells before, and were found operating in the middle of the half year."""
    with db.writing(engine) as connection:
        last = connection.execute(select(func.max(Organisation.id))).scalar() or 0
        run = connection.execute(select(func.min(Run.id))).scalar()
        ids = range(last + 1, last + 1 + SHELLS)
        place = connection.execute(
            select(Organisation.subdistrict_code).where(Organisation.subdistrict_code.is_not(None))
        ).scalar()
        firm = {
            "kind": "enterprise", "ownership": "NONPUBLIC", "status": "1", "from_on": LONG_AGO,
            "seen_on": LONG_AGO, "run_id": run, "subdistrict_code": place,
        }  # fmt: skip
        connection.execute(
            insert(Organisation),
            [{"id": n, "uscc": a_uscc(n), "name": f"示例{n}号", **firm} for n in ids],
        )
        seen = {"evidence": "上门走访", "decided_by": "街道经济办", "learned_at": NOW}
        connection.execute(
            insert(Screening),
            [
                {"organisation_id": n, "state": state, "from_on": first, "to_on": last_on, **seen}
                for n in ids
                for state, first, last_on in (
                    ("shell", LONG_AGO, FOUND), ("operating", FOUND, None),
                )
            ],
        )  # fmt: skip


def told(engine: Engine) -> change.Changed:
    with db.reading(engine) as connection:
        return change.between(connection, LOCAL, RULES, from_on=BEFORE, to_on=AFTER)


def command(*arguments: Any) -> str:
    result = CliRunner().invoke(
        app, ["change", "--from", str(BEFORE), "--to", str(AFTER), *arguments]
    )
    assert result.exit_code == 0, result.output
    return result.stdout


def test_189_became_covered_over_the_same_900(wuling: Engine) -> None:
    total = told(wuling).total
    assert [(p.cause, p.organisations, p.points) for p in total.parts] == [
        ("became_covered", 189, Fraction(21))
    ]
    assert (total.numerator_before, total.denominator_before) == (504, 900)
    assert (total.numerator_after, total.denominator_after) == (693, 900)
    assert "The denominator did not move (900)." in command()
    answer = json.loads(command("--json"))
    assert answer["rows"] == [
        {
            "cause": "became_covered", "organisations": 189, "points": 21.0, "points_exact": "21",
            "reasons": {},
        }
    ]  # fmt: skip
    assert answer["total_points_exact"] == "21"
    assert sum(
        row["organisations"] for group in answer["groups"] for row in group["rows"]
    ) == 189  # fmt: skip


def test_120_shells_found_operating_are_told_apart_from_what_was_formed(wuling: Engine) -> None:
    add_shells(wuling)
    total = told(wuling).total
    after, before = Fraction(693, 1020), Fraction(504, 900)
    mean, base = (after + before) / 2, Fraction(900 + 1020, 2)
    assert {p.cause: (p.organisations, p.points, p.reasons) for p in total.parts} == {
        "became_covered": (189, 189 / base * 100, ()),
        "entered_uncovered": (120, -120 * mean / base * 100, (("screened", 120),)),
    }
    assert sum(p.points or 0 for p in total.parts) == total.points == (after - before) * 100
    words = "The denominator moved from 900 to 1020: 120 came in, 0 left."
    assert words in saying.denominator_words(total)
    said = command("--organisations")
    assert words in said
    assert said.count("新进底数，未覆盖") == 121  # the part, and each by name
    answer = json.loads(command("--json", "--organisations"))
    assert len(answer["organisations"]) == 309
    assert answer["before"] == {"numerator": 504, "denominator": 900}
    assert answer["after"] == {"numerator": 693, "denominator": 1020}
