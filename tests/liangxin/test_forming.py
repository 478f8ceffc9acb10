"""What may be formed where, by the thresholds of the work regulation for branches."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liangxin import forming
from liangxin.rules import Thresholds

USUAL = Thresholds()


@pytest.fixture(scope="module")
def vectors(shared_data: Path) -> dict[str, Any]:
    file = shared_data.parent / "vectors.json"
    if not file.is_file():
        pytest.skip("no vectors beside the checkout (../shared/vectors.json)")
    found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))["coverage"]
    return found


def test_the_published_joint_branches_are_judged_right(vectors: dict[str, Any]) -> None:
    for case in vectors["joint_branch"]:
        said = forming.joint_branch(case["units"], case["full_members_total"], USUAL)
        assert said.severity == case["expect"].split(":")[0], case


def test_the_published_thresholds_are_met(vectors: dict[str, Any]) -> None:
    committee = {"branch_with_committee": True, "branch_no_committee": False}
    for case in vectors["branch_thresholds"]:
        said, expect = (
            forming.threshold(case["full_members"], case["probationary"], USUAL),
            case["expect"],
        )
        if expect in committee:
            assert (said.form, said.has_committee) == ("branch", committee[expect]), case
        else:
            assert said.form == expect, case


def test_where_somebodys_members_are_not_counted_nobody_says_too_few() -> None:
    assert forming.joint_branch(2, None, USUAL).severity == "ok"
    assert forming.joint_branch(6, None, USUAL).code == "joint_over_five_units"


def test_a_joint_branch_that_may_not_stand_says_so_in_both_languages() -> None:
    said = forming.joint_branch(3, 2, USUAL)
    assert "合计不足 3 人" in said.zh
    assert "fewer than 3 full members" in said.en
    assert "2" not in said.zh + said.en, "of other units whoever brought one need not know"


@given(st.integers(0, 300), st.integers(0, 20))
def test_more_members_never_allow_for_less(full: int, probationary: int) -> None:
    order = list(forming.Form.__args__)  # type: ignore[attr-defined]
    less, more = (
        forming.threshold(full, probationary, USUAL),
        forming.threshold(full + 1, probationary, USUAL),
    )
    assert order.index(less.form) <= order.index(more.form)
    assert less.has_committee <= more.has_committee


def test_an_office_with_other_thresholds_is_judged_by_its_own() -> None:
    ten = Thresholds(joint_units=10, branch_members=4)
    assert forming.joint_branch(6, 8, ten).severity == "ok"
    assert forming.joint_branch(11, 20, ten).severity == "warn"
    assert forming.joint_branch(3, 3, ten).code == "joint_under_three"
    assert forming.threshold(3, 0, ten).form == "joint_or_attach"
