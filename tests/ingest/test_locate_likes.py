"""What an address is about: the thing that one answer about it would settle for all its likes."""

import numpy as np
import polars as pl
import pytest

from ingest.locate import likes, weighing
from ingest.locate.cleaning import Knife, clean
from ingest.locate.gazetteer import Gazetteer
from ingest.locate.old_names import read_old
from ingest.locate.zones import zones_named
from liangxin import divisions

WULING = "430702"


def about(*addresses: str) -> pl.DataFrame:
    cleaned = clean(pl.Series(addresses, dtype=pl.String))
    knife = Knife(Gazetteer.build(divisions.shipped()), WULING)
    return likes.likes(knife.cut(cleaned), cleaned)


@pytest.mark.parametrize(
    ("address", "kind", "pattern"),
    [
        pytest.param(
            "常德市武陵区示例路8号翠湖大厦三楼301室", "place", "翠湖大厦", id="a building"
        ),
        pytest.param("武陵区示例路8号(翠湖大厦B座)", "place", "翠湖大厦", id="in brackets"),
        pytest.param("武陵区示例路08号101室", "door", "示例路8号", id="a door"),
        pytest.param("武陵区示例路8号示例商贸公司旁", "door", "示例路8号", id="beside a landmark"),
        pytest.param("武陵区城西办事处旧名社区五组", "place", "旧名社区", id="an old community"),
        pytest.param("示例经济技术开发区德山镇旧名居委会二组", "place", "旧名社区", id="in a zone"),
        pytest.param("武陵区示例路", "road", "示例路", id="a road"),
        pytest.param(
            "武陵区三组", "address", "武陵区三组", id="a group that stands in every village"
        ),
        pytest.param("武陵区综合楼", "address", "武陵区综合楼", id="a word that stands everywhere"),
    ],
)
def test_an_address_is_about_the_narrowest_thing_it_names(
    address: str, kind: str, pattern: str
) -> None:
    first = about(address).row(0, named=True)
    assert (first["kind"], first["pattern"]) == (kind, pattern)


def test_every_address_is_about_something() -> None:
    found = about("", "😀", "武陵区", "甲" * 5000)
    assert found["row"].unique().to_list() == [0, 1, 2, 3]


@pytest.mark.parametrize(
    ("decided", "answer"),
    [
        ({"place": "a", "door": "b"}, "b"),
        ({"address": "c", "door": "b"}, "c"),
        ({}, None),
    ],
)
def test_of_two_decisions_the_narrower_one_counts(
    decided: dict[str, str], answer: str | None
) -> None:
    found = about("武陵区示例路8号翠湖大厦")
    patterns = dict(found.select("kind", "pattern").iter_rows())
    decisions = pl.DataFrame(
        [(kind, patterns[kind], said) for kind, said in decided.items()],
        schema={"kind": pl.String, "pattern": pl.String, "subdistrict_code": pl.String},
        orient="row",
    )
    assert likes.decided(found, decisions)["subdistrict_code"].to_list() == (
        [answer] if answer else []
    )


def answers(decided: dict[str, str], *addresses: str) -> list[str | None]:
    """What decisions about places say of each address."""
    made = pl.DataFrame(
        [("place", pattern, said) for pattern, said in decided.items()],
        schema=["kind", "pattern", "subdistrict_code"],
        orient="row",
    )
    hit = likes.decided(about(*addresses), made)
    said = dict(hit.select("row", "subdistrict_code").iter_rows())
    return [said.get(row) for row in range(len(addresses))]


@pytest.mark.parametrize(
    ("decided", "address"),
    [
        pytest.param("旧名社区", "武陵区旧名居委会五组", id="its office"),
        pytest.param("旧名社区", "武陵区旧名社区居委会五组", id="its office in full"),
        pytest.param("旧名社区", "武陵区旧名社区居民委员会", id="and in fuller"),
        pytest.param("旧名居委会", "武陵区旧名社区五组", id="decided as its office"),
        pytest.param("旧名村", "武陵区旧名村民委员会五组", id="a village's committee"),
        pytest.param("旧名村", "武陵区旧名村村委会", id="and shorter"),
        pytest.param("翠湖大厦", "武陵区示例路8号翠湖大厦内", id="inside"),
        pytest.param("翠湖大厦", "武陵区翠湖大厦里", id="inside, as one says it"),
        pytest.param("翠湖大厦内", "武陵区翠湖大厦3楼", id="decided as inside"),
        pytest.param("示例一中学校", "武陵区示例一中学校院内", id="in its yard"),
        pytest.param("示例农科院", "武陵区示例农科院内", id="inside a yard that it is called by"),
        pytest.param("橘洲大厦", "武陵区橘州大厦3楼", id="a character written for another"),
        pytest.param("橘州大厦", "武陵区橘洲大厦3楼", id="the other way round"),
    ],
)
def test_another_spelling_of_a_decided_place_is_decided_too(decided: str, address: str) -> None:
    assert answers({decided: "here"}, address) == ["here"]


@pytest.mark.parametrize(
    ("decided", "address"),
    [
        pytest.param("翠湖大厦", "武陵区翠湖大厦旁", id="beside it"),
        pytest.param("翠湖大厦", "武陵区翠湖大厦对面", id="across from it"),
        pytest.param("旧名社区", "武陵区旧名村五组", id="a village of that name"),
        pytest.param("旧名村", "武陵区旧名居委会", id="and a community of a village's"),
        pytest.param("新兴小区", "武陵区新星小区", id="alike, and two estates"),
        pytest.param("翠湖东苑", "武陵区翠湖西苑", id="set apart by where it lies"),
        pytest.param("翠湖一村", "武陵区翠湖二村", id="or by a number"),
        pytest.param("翠湖大厦", "武陵区翠湖广场", id="another building"),
        pytest.param("翠湖大厦", "武陵区翠胡大厦", id="a slip that may be a name"),
        pytest.param("平安小", "武陵区平安小里", id="called 里"),
        pytest.param("翠湖", "武陵区翠湖内", id="too short to be surely a place"),
    ],
)
def test_what_may_be_another_place_is_not_decided_with_it(decided: str, address: str) -> None:
    assert answers({decided: "here"}, address) == [None]


def test_of_spellings_decided_differently_each_answers_for_itself_only() -> None:
    decided = {"橘洲大厦": "here", "橘州大厦": "there"}
    assert answers(decided, "武陵区橘洲大厦", "武陵区橘州大厦", "武陵区橘洲大厦内") == [
        *("here", "there", None)
    ]


def test_spellings_of_one_place_are_asked_about_once() -> None:
    found = about("武陵区旧名社区五组", "武陵区旧名居委会六组", "武陵区旧名社区居委会")
    first = found.unique("row", keep="first", maintain_order=True)
    assert first["pattern"].to_list() == ["旧名社区"] * 3


def test_a_road_answers_for_what_names_nothing_narrower() -> None:
    found = about("武陵区示例路8号翠湖大厦", "武陵区示例路8号", "武陵区示例路")
    assert found.filter(kind="road").select("row", "pattern").rows() == [(2, "示例路")]


def test_below_what_was_measured_nothing_is_sure() -> None:
    """A curve of one step said of everything what it had measured at the top."""
    curve = weighing.fit_curve(np.full(60, 0.99), np.ones(60))
    assert curve(np.array([0.99]))[0] > 0.95
    assert curve(np.array([0.18]))[0] < 0.2


@pytest.mark.parametrize(
    ("address", "zone"),
    [
        ("示例市示例新区甲路1号", "示例新区"),
        ("示例市某某经济技术开发区甲路", "经济技术开发区"),
        ("上海市浦东新区甲路1号", None),
        ("示例市甲路示例小区", None),
        ("示例市甲路1号", None),
        ("", None),
    ],
)
def test_a_zone_is_no_district(address: str, zone: str | None) -> None:
    names = divisions.shipped()["name"]
    assert zones_named(pl.Series([address]), names).to_list() == [zone]


def test_names_that_ended_say_when() -> None:
    table = read_old()
    ended = table.filter(~pl.col("source").str.contains("way of writing|old name"))
    assert ended["until"].null_count() == 0
