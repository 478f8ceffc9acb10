"""Which header means which field is proposed by closeness, confirmed by a person, and remembered."""

import json
from pathlib import Path

import pytest

from ingest import mappings, sources
from liangxin.errors import Misuse
from liangxin.settings import Settings

VOCABULARY = {"uscc": ("统一社会信用代码", "USCC"), "name": ("企业名称", "单位名称")}


@pytest.fixture
def here(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path)


@pytest.fixture
def source(here: Settings) -> sources.Source:
    return sources.load("market_regulator", here)


@pytest.mark.parametrize("field", ["name", "企业名称", "单位 名称", "单位名称（盖章）"])
def test_a_field_may_be_called_by_any_of_its_names(field: str) -> None:
    assert mappings.parse([f"公司={field}"], VOCABULARY) == {"name": "公司"}


def test_a_header_may_hold_the_sign_itself() -> None:
    assert mappings.parse(["a=b=name"], VOCABULARY) == {"name": "a=b"}


def test_yes_names_no_header() -> None:
    assert mappings.parse(["yes"], VOCABULARY) == {}


@pytest.mark.parametrize("given", ["公司", "公司=地址", "=", ""])
def test_what_is_no_mapping_is_told_with_the_fields_there_are(given: str) -> None:
    with pytest.raises(Misuse) as caught:
        mappings.parse([given], VOCABULARY)
    assert f"“{given}”" in caught.value.zh
    assert "uscc（统一社会信用代码）" in caught.value.zh
    assert "HEADER=FIELD" in caught.value.en


def test_a_proposal_must_be_confirmed_and_the_error_says_how() -> None:
    with pytest.raises(Misuse) as caught:
        mappings.require_confirmed({"uscc": "统一社会信用代吗"}, [], "名单.xlsx")
    assert '--mapping "统一社会信用代吗=uscc"' in caught.value.zh
    assert "名单.xlsx" in caught.value.zh
    assert '--mapping "统一社会信用代吗=uscc"' in caught.value.en


@pytest.mark.parametrize(("close", "given"), [({}, []), ({"name": "企业名"}, ["yes"])])
def test_what_was_confirmed_or_needs_nothing_goes_on(
    close: dict[str, str], given: list[str]
) -> None:
    mappings.require_confirmed(close, given, "名单.xlsx")


def test_a_confirmed_header_is_known_the_next_time(here: Settings, source: sources.Source) -> None:
    assert mappings.remembered(here, source) == {}
    mappings.remember(here, source, {"name": "公司"})
    mappings.remember(here, source, {"name": "字号", "uscc": "码"})
    assert mappings.remembered(here, source) == {"name": ["字号", "公司"], "uscc": ["码"]}


def test_one_source_does_not_learn_from_another(here: Settings, source: sources.Source) -> None:
    mappings.remember(here, source, {"name": "公司"})
    assert mappings.remembered(here, sources.load("civil_affairs", here)) == {}


def test_what_the_source_file_says_comes_after_what_a_person_confirmed(here: Settings) -> None:
    text = 'title = "示例"\npublisher = "示例局"\nrhythm = "monthly"\n[columns]\nname = ["字号"]\n'
    source = sources.read("example", text, "example.toml")
    mappings.remember(here, source, {"name": "公司"})
    assert mappings.remembered(here, source) == {"name": ["公司", "字号"]}


def test_nothing_confirmed_leaves_no_file(here: Settings, source: sources.Source) -> None:
    mappings.remember(here, source, {})
    assert list(here.home.iterdir()) == []


@pytest.mark.parametrize("text", ["{", "[]", '{"name": 3}'])
def test_a_damaged_memory_is_told_by_its_place(
    here: Settings, source: sources.Source, text: str
) -> None:
    file = here.home / "mappings" / "market_regulator.json"
    file.parent.mkdir()
    file.write_text(text, encoding="utf-8")
    with pytest.raises(Misuse, match=r"market_regulator\.json"):
        mappings.remembered(here, source)


def test_the_memory_can_be_read_by_a_person(here: Settings, source: sources.Source) -> None:
    mappings.remember(here, source, {"name": "公司"})
    text = (here.home / "mappings" / "market_regulator.json").read_text(encoding="utf-8")
    assert json.loads(text) == {"name": ["公司"]}
    assert "公司" in text
