"""Known addresses teach where the others are; what is not sure is left open, with a reason."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from taught import EAST, HOME, NORTH, SOUTH, found, ground, known, places

from ingest.locate import locating, weighing
from ingest.locate.cleaning import clean
from ingest.locate.locating import COLUMNS, prepare
from ingest.locate.nearly import is_slip
from ingest.locate.reasons import reasons

# What known addresses teach.


@pytest.mark.parametrize(
    ("address", "subdistrict", "method"),
    [
        pytest.param("示例区翠湖大厦三楼", NORTH, None, id="a building"),
        pytest.param("示例区枫林路8号翠湖大厦502", NORTH, "house", id="a building on its road"),
        pytest.param("示例市示例区长河大道2046号", SOUTH, "road_number", id="a number between others"),
        pytest.param("示例市示例区长河大道46号", NORTH, "road_number", id="and at the other end"),
        pytest.param("示例区银杏路五金店", SOUTH, None, id="a road in one sub-district"),
        pytest.param("示例区杏坪旧村2号", EAST, None, id="what is named after a community"),
    ],
)  # fmt: skip
def test_known_addresses_teach_where_the_others_are(
    address: str, subdistrict: str, method: str | None
) -> None:
    row = found(address, sure=0.5)
    assert row["subdistrict_code"] == subdistrict, row
    assert method is None or row["method"] == method


def test_the_reason_counts_what_it_rests_on_in_two_languages() -> None:
    reason = str(found("示例区枫林路8号翠湖大厦502")["reason"])
    zh, en = reason.split(" / ")
    assert zh == "枫林路翠湖大厦：已知的 40 个地址中 40 个在沅北街道"
    assert en == "枫林路翠湖大厦: 40 of 40 known addresses are in 沅北街道"


def test_what_is_counted_on_one_road_or_none_is_not_told_of_all_places_of_the_name() -> None:
    elsewhere = [(f"示例区沅南街道银杏路{n}号翠湖大厦", SOUTH) for n in (7, 9, 11)]
    roadless = [(f"示例区沅北街道柳岸社区翠湖大厦{n}室", NORTH) for n in (7, 9)]
    more = pl.DataFrame([*elsewhere, *roadless], schema=known().schema, orient="row")
    sent = pl.Series(["示例区枫林路8号翠湖大厦502", "示例区翠湖大厦502"])
    learned = prepare(places(), pl.concat([known(), more]))
    told = locating.locate(sent, learned, district=HOME, min_confidence=0)
    on_road, without = told["reason"].str.split(" / ").list.to_struct(fields=["zh", "en"])
    assert on_road["zh"].startswith("枫林路翠湖大厦：已知的 40 个地址中 40 个在沅北街道")
    assert without["zh"].startswith("翠湖大厦（未写道路）：已知的 2 个地址中 2 个在沅北街道")
    assert "翠湖大厦 (no road named): 2 of 2" in without["en"]


@pytest.mark.parametrize(
    ("sure", "asked", "told"),
    [
        (0.96996, 0.97, "把握不足 97%：最可能是沅北街道（96%）"),
        (0.9999, 1.0, "把握不足 100%：最可能是沅北街道（99%）"),
        (0.97, 0.975, "把握不足 97.5%：最可能是沅北街道（97%）"),
        (0.29, 0.58, "把握不足 58%：最可能是沅北街道（29%）"),
    ],
)
def test_no_share_is_told_as_more_than_it_is(sure: float, asked: float, told: str) -> None:
    columns = dict.fromkeys(("zone", "other_community", "near_text", "old_zh", "old_en"), None)
    rows = pl.DataFrame(
        {
            **{name: pl.Series([value], dtype=pl.String) for name, value in columns.items()},
            "cleaned": ["示例区甲路8号"],
            "best_name": ["沅北街道"],
            "best": [NORTH],
            "answer": [NORTH],
            "second": ["沅南街道"],
            "how": ["road"],
            "method": ["road"],
            "zh": ["甲"],
            "en": ["a"],
            "said": [False],
            "sure": [sure],
            "second_share": [0.004],
            "outside": [False],
            "district_code": [HOME],
            "district_name": ["示例区"],
            "community": ["甲社区"],
        }
    )
    zh = reasons(rows, HOME, asked)[0].split(" / ")[0]
    assert zh == f"{told}；甲"  # a second best of 0.4 % is not told as 0 %


def test_the_place_is_told() -> None:
    assert found("示例区枫林路8号翠湖大厦502")["place"] == "翠湖大厦"


def test_what_is_written_beats_what_was_learned() -> None:
    row = found("示例区沅南街道枫林路8号翠湖大厦502")
    assert (row["subdistrict_code"], row["method"]) == (SOUTH, "subdistrict_name")


def test_street_and_community_that_contradict_are_both_told() -> None:
    row = found("示例区沅北街道橘洲社区8号")
    assert (row["subdistrict_code"], row["community_code"]) == (NORTH, None)
    assert "橘洲社区" in str(row["reason"])


def test_what_is_less_sure_than_asked_is_left_open_with_the_best_guess() -> None:
    row = found("示例区长河大道46号", sure=1.0)
    assert row["subdistrict_code"] is None
    assert row["confidence"] is None
    assert "把握不足 100%：最可能是沅北街道" in str(row["reason"])


def test_a_lower_demand_places_no_fewer() -> None:
    addresses = known()["address"].str.replace("沅.街道", "")
    placed = [
        locating.locate(addresses, ground(), district=HOME, min_confidence=sure)[
            "subdistrict_code"
        ].count()
        for sure in (0.99, 0.9, 0.5, 0.0)
    ]
    assert placed == sorted(placed)


def test_where_every_building_is_linked_with_every_other_nothing_learned_is_sure() -> None:
    """Nothing can be held out, so nothing was measured."""
    linked = [(f"示例区沅北街道枫林路{n}号翠湖大厦{n}室", NORTH) for n in range(60)]
    linked += [(f"示例区沅南街道银杏路{n}号翠湖大厦{n}室", SOUTH) for n in range(60)]
    taught = pl.DataFrame(linked, schema=["address", "subdistrict_code"], orient="row")
    ground = prepare(places(), taught)
    row = locating.locate(pl.Series(["示例区枫林路五金店"]), ground, district=HOME)
    assert row["subdistrict_code"].to_list() == [None]


def test_too_few_addresses_teach_nothing() -> None:
    few = prepare(places(), known().head(10))
    assert not few.learned
    assert found("示例区枫林路8号")["subdistrict_code"] is not None
    row = locating.locate(pl.Series(["示例区枫林路8号"]), few, district=HOME).row(0, named=True)
    assert row["subdistrict_code"] is None


def test_the_floors_of_a_house_say_nothing_of_places_on_other_roads() -> None:
    """Thirty names mean one place each; two houses of one name have sixty floors each.

    Of the places all sixty are right, and twenty rows of all known buildings are lent to them.
    """
    rows = [
        (f"示例区{town}{road}路{n + 1}号{sign}石大厦", code)
        for town, code, signs in (
            ("沅北街道", NORTH, "甲乙丙丁戊己庚辛壬癸子丑寅卯辰"),
            ("沅南街道", SOUTH, "巳午未申酉戌亥乾坤离坎震艮巽兑"),
        )
        for n, sign in enumerate(signs)
        for road in ("枫林", "长河")
    ]
    rows += [(f"示例区沅北街道枫林路{n}号孪生大厦", NORTH) for n in range(200, 260)]
    rows += [(f"示例区沅南街道银杏路{n}号孪生大厦", SOUTH) for n in range(200, 260)]
    learned = prepare(places(), pl.DataFrame(rows, schema=known().schema, orient="row")).learned
    place = learned[HOME].curves["place"]
    assert place.shares.tolist() == pytest.approx([0.0, 0.926], abs=0.002)  # one step: sixty rows


# Nearly written.


@pytest.mark.parametrize(
    ("address", "subdistrict", "method"),
    [
        ("示例市示例区桃花源街道3号", EAST, "renamed_kind"),
        ("示例市示例区桃花元镇3号", EAST, "typo"),
        ("示例市示例区桃树源镇3号", EAST, "typo_unlike"),
        ("示例市石桥镇3号", "999998100", "city_unique"),
        ("示例市经济开发区桃花源镇3号", EAST, "city_unique"),
    ],
)
def test_names_that_are_nearly_written_are_read(
    address: str, subdistrict: str, method: str
) -> None:
    row = found(address, district="")
    assert (row["subdistrict_code"], row["method"]) == (subdistrict, method)


@pytest.mark.parametrize(
    ("written", "today", "slip"),
    [
        ("沅东", "沅西", False),
        ("城东街", "城西街", False),
        ("丹州", "丹洲", True),
        ("丹阳", "丹霞", False),
        ("桃树源", "桃花源", True),
        ("桃花源", "桃花源", False),
    ],
)
def test_a_slip_is_one_character_that_sets_no_places_apart(
    written: str, today: str, slip: bool
) -> None:
    assert is_slip(written, today) is slip


def test_a_text_sent_twice_is_said_once_and_full_width_is_plain() -> None:
    sent = pl.Series(["示例区１号楼示例区１号楼", " 示例区\u3000甲 ", None])
    assert clean(sent).to_list() == ["示例区1号楼", "示例区甲", ""]


# No guess, a reason.


@pytest.mark.parametrize(
    "address",
    [
        *(None, "", "N/A", "nan", "正常", "无", "13800000000", "😀🏢", "示例区", "示例省示例市示例区"),
        *("福建省福州市鼓楼区杏坪新村3号", "示例市邻居区杏坪新村3号", "示例市石桥镇杏坪新村3号"),
        "甲" * 5000,
    ],
)  # fmt: skip
def test_nothing_is_guessed_where_nothing_is_said(address: str | None) -> None:
    row = found(address, sure=0.0)
    assert row["subdistrict_code"] is None, row
    assert row["method"] is None
    assert row["reason"]


def test_an_address_elsewhere_says_where() -> None:
    assert "邻居区" in str(found("示例市邻居区杏坪新村3号")["reason"])
    assert "邻居区" in str(found("示例市石桥镇杏坪新村3号")["reason"])


def test_a_zone_is_recognised_as_one() -> None:
    assert "功能区“开发区”" in str(found("示例市某某开发区甲路")["reason"])


PIECES = st.sampled_from(
    ["示例省", "示例市", "示例区", "邻居区", "沅北街道", "沅南", "柳岸社区", "橘洲", "枫林路", "长河大道",
     "8号", "2046号", "翠湖大厦", "杏坪新村", "桃花园镇", "(", "3栋", "😀", "旁", "石桥镇"]
)  # fmt: skip
ADDRESSES = st.lists(st.none() | st.lists(PIECES, max_size=6).map("".join), max_size=12)


@settings(max_examples=8, deadline=None)
@given(ADDRESSES, st.sampled_from([HOME, ""]))
def test_rows_in_are_rows_out_each_placed_for_itself(
    addresses: list[str | None], district: str
) -> None:
    sent = pl.Series(addresses, dtype=pl.String)
    out = locating.locate(sent, ground(), district=district, min_confidence=0.6)
    assert out.equals(locating.locate(sent, ground(), district=district, min_confidence=0.6))
    assert tuple(out.columns) == COLUMNS
    assert out.height == len(addresses)
    for address, row in zip(addresses, out.iter_rows(named=True), strict=True):
        assert row == found(address, sure=0.6, district=district)
        assert row["reason"]
        code = row["subdistrict_code"]
        assert (code is None) is (row["method"] is None) is (row["confidence"] is None)
        if code is None:
            assert row["community_code"] is None
            continue
        assert code.startswith(district)
        assert 0.6 <= row["confidence"] <= 1
        assert (row["community_code"] or code).startswith(code)


def test_the_order_of_what_is_learned_from_does_not_matter() -> None:
    other = prepare(places(), known().sample(fraction=1, shuffle=True, seed=1))
    sent = known()["address"].str.replace("沅.街道", "")
    both = [locating.locate(sent, each, district=HOME) for each in (ground(), other)]
    assert both[0].equals(both[1])


# The arithmetic.


def test_weights_follow_the_evidence_that_tells() -> None:
    generator = np.random.default_rng(1)
    answers = generator.integers(0, 3, 400)
    evidence = generator.normal(size=(400, 2, 3))
    evidence[np.arange(400), 0, answers] += 2.0
    telling, noise = weighing.fit_weights(evidence, answers)
    assert telling > 0.8
    assert noise < 0.2


def test_a_confidence_is_the_share_that_proved_right() -> None:
    generator = np.random.default_rng(1)
    scores = generator.uniform(size=4000)
    right = (generator.uniform(size=4000) < scores**2).astype(float)
    curve = weighing.fit_curve(scores, right)
    for score in (0.3, 0.6, 0.9):
        assert curve(np.array([score]))[0] == pytest.approx(score**2, abs=0.08)
    assert (np.diff(curve.shares) >= 0).all()
    assert curve.shares.max() < 1


@pytest.mark.parametrize("shuffled", [0, 1, 2])
def test_rows_of_one_score_are_told_the_share_of_all_of_them(shuffled: int) -> None:
    """Most houses are known from one room: cut into steps, some of them seemed surer than others."""
    scores = np.r_[np.full(60, 0.5), np.full(300, 2 / 3), np.full(100, 0.8)]
    right = np.r_[np.zeros(20), np.ones(40), np.zeros(36), np.ones(264), np.zeros(2), np.ones(98)]
    order = np.random.default_rng(shuffled).permutation(scores.size)
    curve = weighing.fit_curve(scores[order], right[order])
    told = curve(np.array([0.5, 2 / 3, 0.8]))
    assert told.tolist() == pytest.approx([40 / 61, 264 / 301, 98 / 101], abs=0.002)


def test_where_nothing_was_measured_nothing_is_sure() -> None:
    empty = weighing.fit_curve(np.empty(0), np.empty(0))
    assert empty(np.array([0.9])).tolist() == [0]


# Real addresses, where they are.


@pytest.mark.parametrize(
    ("district", "alone"), [("440305", 0.40), ("440307", 0.35)], ids=["Nanshan", "Longgang"]
)
def test_real_addresses_without_their_names_are_placed_rightly(
    district: str, alone: float, shared_data: Path
) -> None:
    from liangxin import divisions

    communities = pl.read_csv(shared_data / f"communities_{district}.csv", infer_schema=False)
    listed = divisions.shipped()
    listed = pl.concat(
        [listed.join(communities, on="code", how="anti"), communities.select(listed.columns)]
    )
    taught = pl.read_csv(shared_data / f"addresses_{district}_known.csv", infer_schema=False)
    asked = pl.read_csv(shared_data / f"addresses_{district}_masked.csv", infer_schema=False)
    learned = prepare(listed, taught)
    for column, least in (("address_without_subdistrict", 0.98), ("address_without_both", alone)):
        placed = locating.locate(asked[column], learned, district=district)["subdistrict_code"]
        there = placed.is_not_null()
        assert there.mean() >= least
        assert (placed == asked["subdistrict_code"]).filter(there).mean() >= 0.985
