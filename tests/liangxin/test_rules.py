"""Rule sets as data: who counts, what a rate is, and a sentence for what there is not."""

from pathlib import Path

import pytest

from liangxin import classify, rules, universe
from liangxin.errors import Misuse


@pytest.mark.parametrize("name", rules.shipped())
def test_a_shipped_rule_set_speaks_only_of_what_exists(name: str) -> None:
    loaded = rules.load(name)
    assert loaded.id == name
    known = {*classify.table("enterprise_types.csv")["class"], classify.SOCIAL}
    assert loaded.classes <= known
    assert loaded.statuses <= {*classify.table("statuses.csv")["code"]}
    assert loaded.states <= set(universe.STATES)
    for key, rate in loaded.rates.items():
        assert key == rate.id == key.upper()
        assert rate.coverings <= set(rules.COVERING_MODES)
        assert rate.coverings or rate.places
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
        ("R1", "组织覆盖率", {"alone", "joint", "attached"}, False),
        ("R2", "单独组建率", {"alone"}, False),
        ("R6", "工作覆盖率", {"alone", "joint", "attached"}, True),
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
    assert "R1、R2、R3" in caught.value.zh
    assert "R1, R2, R3" in caught.value.en


@pytest.mark.parametrize("name", ["cn-1999.1", "", "../statuses"])
def test_an_unknown_rule_set_is_named(name: str) -> None:
    with pytest.raises(Misuse, match="rule set") as caught:
        rules.load(name)
    assert f"“{name}”" in caught.value.zh


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param("colour = 1", "colour", id="a key nobody knows"),
        pytest.param("[universe]\npartnership = false", "universe.partnership", id="a switch"),
        pytest.param("[thresholds]\nbranch = 3", "thresholds.branch", id="a threshold"),
        pytest.param("[rates.R1]\ncoverings = ['own']", "rates.R1.coverings: own", id="a mode"),
        pytest.param("[rates.R4]\nover = {staff = 3}", "rates.R4.over.staff", id="a condition"),
        pytest.param("extends = 'mine'", "extends", id="itself"),
        pytest.param("id = ", "Invalid value", id="no TOML"),
    ],
)
def test_a_rule_set_of_an_office_names_what_is_wrong_with_it(
    tmp_path: Path, text: str, said: str
) -> None:
    above = "" if "extends" in text else "extends = 'cn-2026.2'\n"
    (tmp_path / "mine.toml").write_text(above + text, encoding="utf-8")
    with pytest.raises(Misuse) as caught:
        rules.load("mine", folder=tmp_path)
    assert said in caught.value.en
    assert "“mine”" in caught.value.zh


def test_a_rule_set_states_only_what_differs_from_the_one_it_extends(tmp_path: Path) -> None:
    text = "extends = 'cn-2026.2'\nid = 'mine'\n[universe]\ncooperatives = true\n"
    (tmp_path / "mine.toml").write_text(text, encoding="utf-8")
    mine, usual = rules.load("mine", folder=tmp_path), rules.load()
    assert mine.id == "mine"
    assert mine.classes == usual.classes | {"COOPERATIVE"}
    assert mine.rates == usual.rates


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ('[universe.basis]\nstaff_min = "10"', "universe.basis.staff_min"),
        ("[universe.basis]\nstaff_min = -1", "universe.basis.staff_min"),
        ("[universe.basis]\nfixed_place = 1", "universe.basis.fixed_place"),
        ('[universe]\nclasses = "NONPUBLIC"', "universe.classes"),
        ("[universe]\nstatuses = [1]", "universe.statuses"),
        ('[universe]\npartnerships = "no"', "universe.partnerships"),
        ("[thresholds]\nbranch_members = true", "thresholds.branch_members"),
        ("[headcount]\nmember_sources = []", "headcount.member_sources"),
        ('[headcount]\nshare_apart = "0.2"', "headcount.share_apart"),
        ('[rates.R1]\ninstructors = "no"', "rates.R1.instructors"),
        ('[rates.R1]\ncoverings = "alone"', "rates.R1.coverings"),
        ('[rates.R1]\ncoverings = ["near"]', "rates.R1.coverings"),
        ("[limits]\nlunch = 1", "limits.lunch"),
    ],
)
def test_a_value_of_the_wrong_kind_is_named(tmp_path: Path, text: str, where: str) -> None:
    (tmp_path / "own.toml").write_text(f'extends = "{rules.DEFAULT}"\nid = "own"\n{text}\n')
    with pytest.raises(Misuse) as caught:
        rules.load("own", folder=tmp_path)
    assert where in caught.value.zh
    assert where in caught.value.en


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("[thresholds]\nbranch_members = 2", 2),
        ("[thresholds]\nbranch_committee = 4", 4),
        ("[universe.basis]\nfull_members_min = 8", 8),
        ("[rates.R3]\nover = { full_members_min = 2 }", 2),
    ],
)
def test_a_line_that_would_tell_one_member_from_two_is_refused(
    tmp_path: Path, text: str, number: int
) -> None:
    head = f'extends = "{rules.DEFAULT}"\nid = "own"\n'
    (tmp_path / "own.toml").write_text(f"{head}{text}\n")
    with pytest.raises(Misuse, match=f"at {number} full members"):
        rules.load("own", folder=tmp_path)
    (tmp_path / "fine.toml").write_text(head + "[universe.basis]\nfull_members_min = 1\n")
    fine = rules.load("fine", folder=tmp_path)
    assert fine.full_members_asked == {1, 3, 7, 50, 100}


def test_a_rule_set_in_another_encoding_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_bytes('id = "自定"'.encode("gb18030"))
    with pytest.raises(Misuse):
        rules.load("own", folder=tmp_path)


def test_a_rule_set_that_extends_itself_is_refused(tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text('extends = "other"\nid = "own"\n')
    (tmp_path / "other.toml").write_text('extends = "own"\nid = "other"\n')
    with pytest.raises(Misuse):
        rules.load("own", folder=tmp_path)


def test_a_rule_set_states_only_what_differs(tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text(
        f'extends = "{rules.DEFAULT}"\nid = "own"\n[limits]\ntransfer = 30\n'
        "[universe]\ncooperatives = true\nindividual_businesses = true\npartnerships = false\n"
    )
    own, default = rules.load("own", folder=tmp_path), rules.load()
    assert own.limits.transfer == 30
    assert own.limits.application == default.limits.application
    assert own.classes == default.classes | {"COOPERATIVE", "INDIVIDUAL"}
    assert not own.partnerships
    assert own.rates == default.rates
