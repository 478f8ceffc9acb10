"""The figures of the field notes, every key of them, through the register's own queries."""

import json
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from factories import (
    LONG_AGO,
    an_operating,
    insert_covering,
    insert_organisation,
    insert_party_organisation,
    insert_screening,
)
from sqlalchemy import Engine

from liangxin import db, lists, rules, views
from liangxin.access import LOCAL
from liangxin.rules import Condition, RuleSet

RULES = rules.load()
TEN = replace(RULES, id="ten staff", basis=Condition(staff_min=10))
DAY = date(2022, 9, 30)
MODES = {"solo": "alone", "joint": "joint", None: None}
VECTORS = Path(__file__).parents[3] / "shared" / "vectors.json"

#: Of each organisation: operating, non-public, staff, full members, how covered, instructor.
CASES: dict[str, tuple[list[tuple[Any, ...]], dict[str, Any]]] = {
    "mixed sub-district": (
        [
            (1, 1, 120, 5, "solo", 0),
            (1, 1, 60, 3, None, 1),
            (1, 1, 12, 2, "joint", 0),
            (1, 1, 11, 1, None, 0),
            (1, 1, 8, 0, None, 1),
            (1, 1, 3, 0, None, 0),
            (0, 1, 40, 4, "solo", 0),
            (1, 0, 300, 9, "solo", 0),
            (1, 1, 15, 3, "joint", 0),
        ],
        {
            "denominator": 7,
            "org_coverage_pct": "42.9",
            "solo_pct": "14.3",
            "work_coverage_pct": "71.4",
            "should_built_pct": "66.7",
            "should_not_built": 1,
            "joint_with_3plus": 1,
            "few_members_uncovered": 1,
            "no_members_uncovered": 2,
            "ten_plus_denominator": 5,
            "ten_plus_org_coverage_pct": "60.0",
        },
    ),
    "empty universe gives null, never 0 or 100": (
        [(0, 1, 10, 0, None, 0)],
        {
            "denominator": 0,
            "org_coverage_pct": None,
            "solo_pct": None,
            "work_coverage_pct": None,
            "should_built_pct": None,
            "should_not_built": 0,
            "joint_with_3plus": 0,
            "few_members_uncovered": 0,
            "no_members_uncovered": 0,
            "ten_plus_denominator": 0,
            "ten_plus_org_coverage_pct": None,
        },
    ),
    "work coverage without any Party organisation": (
        [(1, 1, 20, 0, None, 1)] * 3,
        {
            "denominator": 3,
            "org_coverage_pct": "0.0",
            "solo_pct": "0.0",
            "work_coverage_pct": "100.0",
            "should_built_pct": None,
            "should_not_built": 0,
            "joint_with_3plus": 0,
            "few_members_uncovered": 0,
            "no_members_uncovered": 3,
            "ten_plus_denominator": 3,
            "ten_plus_org_coverage_pct": "0.0",
        },
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_every_figure_of_the_field_notes(engine: Engine, case: str) -> None:
    organisations, expected = CASES[case]
    with db.writing(engine) as connection:
        for operating, private, staff, full, mode, instructor in organisations:
            ownership = "NONPUBLIC" if private else "PUBLIC"
            if not operating:
                shell = insert_organisation(connection, ownership=ownership)
                insert_screening(connection, shell, state="shell", from_on=LONG_AGO)
                if mode:
                    branch = insert_party_organisation(connection, from_on=LONG_AGO)
                    insert_covering(connection, shell, branch, from_on=LONG_AGO)
                continue
            an_operating(
                connection,
                ownership=ownership,
                staff=staff,
                full_members=full,
                mode=MODES[mode],
                instructed=bool(instructor),
            )
    assert figures(engine) == expected


def figures(engine: Engine) -> dict[str, Any]:
    with db.reading(engine) as connection:

        def rate(name: str, chosen: RuleSet = RULES) -> Any:
            return views.coverage(connection, LOCAL, chosen, as_of=DAY, rate=name).total

        on = lists.counts(connection, LOCAL, RULES, as_of=DAY)
        length = {name: sum(of.values()) for name, of in on.items()}
        return {
            "denominator": rate("R1").denominator,
            "org_coverage_pct": rate("R1").percent,
            "solo_pct": rate("R2").percent,
            "work_coverage_pct": rate("R6").percent,
            "should_built_pct": rate("R3").percent,
            "should_not_built": length["should_not_built"],
            "joint_with_3plus": length["joint_could_be_alone"],
            "few_members_uncovered": length["few_members"],
            "no_members_uncovered": length["no_members"],
            "ten_plus_denominator": rate("R1", TEN).denominator,
            "ten_plus_org_coverage_pct": rate("R1", TEN).percent,
        }


@pytest.mark.skipif(not VECTORS.exists(), reason="the field notes' vectors are not here")
def test_the_cases_above_are_those_of_the_field_notes() -> None:
    there = json.loads(VECTORS.read_text(encoding="utf-8"))["coverage"]["formula_cases"]
    names = ("operating", "nonpublic", "emp", "full", "mode", "instructor")
    assert {
        case["name"]: (
            [tuple(one[name] for name in names) for one in case["orgs"]],
            {
                key: str(value) if key.endswith("_pct") and value is not None else value
                for key, value in case["expect"].items()
            },
        )
        for case in there
    } == CASES
