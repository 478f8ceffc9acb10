"""Rule sets as data: who counts, what a rate is, and a sentence for what there is not."""

import tomllib
from importlib.resources import files

import pytest

from liangxin import classify, rules, universe
from liangxin.errors import Misuse


def shipped() -> list[str]:
    folder = files("liangxin.reference").joinpath("rules")
    return sorted(entry.name.removesuffix(".toml") for entry in folder.iterdir())


@pytest.mark.parametrize("name", shipped())
def test_a_shipped_rule_set_speaks_only_of_what_exists(name: str) -> None:
    loaded = rules.load(name)
    assert loaded.id == name
    known = {*classify.table("enterprise_types.csv")["class"], classify.SOCIAL}
    assert loaded.classes <= known
    assert loaded.statuses <= {*classify.table("statuses.csv")["code"]}
    assert loaded.states <= set(universe.STATES)
    for key, rate in loaded.rates.items():
        assert key == rate.id == key.upper()
        assert rate.coverings <= {"alone", "joint"}
        assert rate.coverings
        assert rate.title_zh
        assert rate.title_en


def test_the_default_counts_operating_private_firms_and_social_organisations() -> None:
    default = rules.load()
    assert default.id == rules.DEFAULT
    assert default.classes == {"NONPUBLIC", "NONPUBLIC_CHECK_CONTROL", "SOCIAL"}
    assert default.statuses == {"1"}
    assert default.states == {"operating"}


@pytest.mark.parametrize(
    ("name", "title", "coverings", "instructors"),
    [
        ("R1", "组织覆盖率", {"alone", "joint"}, False),
        ("R2", "单独组建率", {"alone"}, False),
        ("R6", "工作覆盖率", {"alone", "joint"}, True),
    ],
)
def test_the_default_has_the_rates_of_the_case(
    name: str, title: str, coverings: set[str], instructors: bool
) -> None:
    rate = rules.load().rate(name)
    assert (rate.title_zh, rate.coverings, rate.instructors) == (title, coverings, instructors)


def test_a_rate_may_be_asked_for_in_lower_case() -> None:
    assert rules.load().rate("r6") is rules.load().rate("R6")


@pytest.mark.parametrize("name", ["R9", "", "组织覆盖率", "R1 "])
def test_an_unknown_rate_is_named_beside_those_there_are(name: str) -> None:
    with pytest.raises(Misuse) as caught:
        rules.load().rate(name)
    assert f"“{name}”" in caught.value.zh
    assert "R1、R2、R6" in caught.value.zh
    assert "R1, R2, R6" in caught.value.en


@pytest.mark.parametrize("name", ["cn-1999.1", "", "../statuses"])
def test_an_unknown_rule_set_is_named(name: str) -> None:
    with pytest.raises(Misuse, match="rule set") as caught:
        rules.load(name)
    assert f"“{name}”" in caught.value.zh


def test_a_rule_set_file_has_no_key_that_nobody_reads() -> None:
    for name in shipped():
        file = files("liangxin.reference").joinpath("rules", f"{name}.toml")
        raw = tomllib.loads(file.read_text(encoding="utf-8"))
        assert set(raw) == {"id", "universe", "rates", "headcount"}
        assert set(raw["universe"]) == {"classes", "statuses", "states"}
        for rate in raw["rates"].values():
            assert set(rate) == {"zh", "en", "coverings", "instructors"}
