"""A stated confidence is the share of right answers among addresses that were held out."""

import numpy as np
import polars as pl
import pytest
from taught import EAST, HOME, NORTH, SOUTH, known, places

from ingest.locate import locating, weighing
from ingest.locate.locating import prepare

SIGNS = "甲乙丙丁戊己庚辛壬癸子丑寅卯辰巳午未申酉戌亥乾坤离坎震艮巽兑"


def a_file(*rows: tuple[str, str]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=known().schema, orient="row")


def asked(address: str, taught: pl.DataFrame) -> dict[str, object]:
    """What is said of one address, however unsure."""
    ground = prepare(places(), taught)
    return locating.locate(pl.Series([address]), ground, district=HOME, min_confidence=0).row(
        0, named=True
    )


def test_a_name_known_on_another_road_gives_way_to_the_numbers_around_it() -> None:
    """Each name of ten is a building's in two sub-districts: so may be the eleventh."""
    rows = [
        row
        for n, sign in enumerate(SIGNS[:20])
        for row in (
            (f"示例市示例区沅北街道长河大道{4 * n + 1}号{sign}星大厦", NORTH),
            (f"示例市示例区沅南街道长河大道{2000 + 4 * n + 1}号{sign}星大厦", SOUTH),
        )
    ]
    twin = ("示例市示例区沅北街道枫林路300号孪生大厦", NORTH)
    taught = pl.concat([known(), a_file(*rows, twin)])
    row = asked("示例市示例区长河大道2050号孪生大厦", taught)
    assert (row["subdistrict_code"], row["method"]) == (SOUTH, "road_number")
    alone = asked("示例市示例区孪生大厦", taught)
    assert (alone["subdistrict_code"], alone["method"]) == (NORTH, "place")


def test_a_number_on_a_road_of_mixed_numbers_is_told_as_unsure_as_it_proved() -> None:
    """Beside a hundred buildings that are never mistaken: theirs is not the confidence of numbers."""
    mixed = [
        (f"示例市示例区{town}杂树路{n}号", code)
        for n in range(2, 202, 2)
        for town, code in [(("沅北街道", NORTH), ("沅南街道", SOUTH))[(n * 7 // 6) % 2]]
    ]
    row = asked("示例市示例区杂树路71号", pl.concat([known(), a_file(*mixed)]))
    assert row["method"] in {"road", "road_number", "name"}
    assert float(str(row["confidence"])) < 0.8


def test_rooms_of_a_tower_do_not_vouch_for_the_next_building() -> None:
    """Names of ten streets mean two sub-districts; a tower is known by its name from one house more."""
    rows = [
        (f"示例市示例区{town}{sign}柳巷{room}", code)
        for n, sign in enumerate(SIGNS)
        for town, code in [(("沅北街道", NORTH), ("沅南街道", SOUTH), ("桃花源镇", EAST))[n % 3]]
        for room in ("东头", "西头")
    ]
    rows.append(("示例市示例区沅北街道枫林路8号翠湖花园", NORTH))
    tower = [
        (f"示例市示例区沅北街道银杏路8号翠湖大厦{wing}座{n}室", NORTH)
        for n in range(100)
        for wing in "甲乙丙"
    ]
    learned = prepare(places(), a_file(*rows, *tower)).learned[HOME]
    few = prepare(places(), a_file(*rows, *tower[:3])).learned[HOME]
    at = np.linspace(0.1, 1.0, 10)
    for kind in ("name", "road"):
        one, other = (each.curves[kind](at) for each in (learned, few))
        assert one.tolist() == pytest.approx(other.tolist(), abs=0.05)


def test_a_community_of_no_list_is_measured_with_its_name() -> None:
    """Without it nothing tells these addresses apart; with it nothing is clearer."""
    rows = [
        (f"示例市示例区{town}{sign}里社区{n}组", code)
        for sign, town, code in (
            *(("甲", "沅北街道", NORTH), ("乙", "沅北街道", NORTH), ("丙", "沅南街道", SOUTH)),
            *(("丁", "沅南街道", SOUTH), ("戊", "桃花源镇", EAST), ("己", "桃花源镇", EAST)),
        )
        for n in range(1, 31)
    ]
    row = asked("示例市示例区丙里社区99组", a_file(*rows))
    assert row["subdistrict_code"] == SOUTH
    assert float(str(row["confidence"])) > 0.9


def test_an_office_without_its_name_is_no_place() -> None:
    """三岔路办事处 is cut behind 三岔路: what is left stands in addresses of every sub-district."""
    rows = [(f"示例市示例区沅北街道三岔路办事处{sign}石大厦", NORTH) for sign in SIGNS]
    tables = prepare(places(), pl.concat([known(), a_file(*rows)])).learned[HOME].tables
    named = tables.keys.filter(pl.Series(tables.at_place.sum(axis=1) > 0))
    assert "甲石大厦" in named
    assert "办事处" not in named


def test_an_office_of_before_is_an_area_and_no_house() -> None:
    """What 城关办事处 and a road have in common are many buildings, and not one."""
    rows = [(f"示例市示例区沅北街道城关办事处枫林路{sign}石大厦", NORTH) for sign in SIGNS]
    taught = pl.concat([known(), a_file(*rows)])
    tables = prepare(places(), taught).learned[HOME].tables
    named = tables.keys.filter(pl.Series(tables.at_place.sum(axis=1) > 0))
    assert "甲石大厦" in named
    assert "城关办事处" not in named
    row = asked("示例市示例区城关办事处枫林路新楼宇", taught)
    assert row["method"] not in {"house", "place"}


def test_the_rooms_of_a_known_house_are_asked_without_themselves() -> None:
    """Two firms of each house, registered in two sub-districts: one never tells the other's."""
    rows = [
        (f"示例市示例区{town}枫林路{2 * n}号{sign}石大厦{room}室", code)
        for n, sign in enumerate(SIGNS, start=1)
        for room, (town, code) in enumerate((("沅北街道", NORTH), ("沅南街道", SOUTH)), start=101)
    ]
    row = asked("示例市示例区枫林路2号甲石大厦109室", a_file(*rows))
    assert float(str(row["confidence"])) < 0.6


def houses(signs: str, north: int, south: int) -> list[tuple[str, str]]:
    """Houses on a road, each with so many rooms of two sub-districts."""
    return [
        (f"示例市示例区{town}枫林路{2 * SIGNS.index(sign) + 2}号{sign}石大厦{room}室", code)
        for sign in signs
        for town, code, rooms in (
            ("沅北街道", NORTH, range(101, 101 + north)),
            ("沅南街道", SOUTH, range(801, 801 + south)),
        )
        for room in rooms
    ]


@pytest.mark.parametrize(
    ("north", "south"),
    [
        pytest.param(3, 1, id="one of four"),
        pytest.param(2, 2, id="half"),
        pytest.param(30, 1, id="one of many is no quarter of a house"),
    ],
)
def test_the_one_room_of_a_house_that_is_elsewhere_is_asked_too(north: int, south: int) -> None:
    row = asked("示例市示例区枫林路2号甲石大厦999室", a_file(*houses(SIGNS[:26], north, south)))
    sure = float(str(row["confidence"]))
    assert north / (north + south) - 0.15 < sure < north / (north + south) + 0.02


def test_the_only_room_of_its_answer_takes_along_what_its_name_and_number_say() -> None:
    """Of houses without their odd room fifteen rooms are wrong, of the others thirty are right."""
    taught = a_file(*houses(SIGNS[1:30:2], 2, 0), *houses(SIGNS[:30:2], 1, 1))
    row = asked("示例市示例区枫林路4号乙石大厦999室", taught)
    assert row["method"] == "house"
    assert float(str(row["confidence"])) == pytest.approx(30 / 46, abs=0.05)


def roads_of_one_house(at: str) -> pl.DataFrame:
    """Sixty roads of one house and two rooms each: what its next house says was never seen."""
    return a_file(
        *(
            (f"示例市示例区{town}{sign}{tree}路{at}{room}室", code)
            for n, (sign, tree) in enumerate((s, t) for s in SIGNS[:30] for t in "柳杨")
            for town, code in [
                (("沅北街道", NORTH), ("沅南街道", SOUTH), ("桃花源镇", EAST))[n % 3]
            ]
            for room in (101, 102)
        )
    )


@pytest.mark.parametrize(("at", "next_to_it"), [("8号", "99号"), ("东头", "西头")])
def test_rooms_of_a_road_of_one_house_do_not_vouch_for_its_next(at: str, next_to_it: str) -> None:
    """Roads are heard, for most houses of ten others are in one sub-district, and no more than most."""
    mixed = [
        (f"示例市示例区{town}{sign}枫路{name}石大厦", code)
        for n, sign in enumerate(SIGNS[:10])
        for m, name in enumerate(SIGNS[10:19])
        for town, code in [(("沅北街道", NORTH), ("沅南街道", SOUTH))[(n + (m % 3 == 0)) % 2]]
    ]
    row = asked(
        f"示例市示例区甲柳路{next_to_it}", pl.concat([roads_of_one_house(at), a_file(*mixed)])
    )
    assert float(str(row["confidence"] or 0)) < 0.75


def test_a_door_is_measured_on_its_other_rooms() -> None:
    row = asked("示例市示例区甲柳路8号103室", roads_of_one_house("8号"))
    assert (row["subdistrict_code"], row["method"]) == (NORTH, "door")
    assert float(str(row["confidence"])) > 0.9


def test_a_kind_seen_seldom_is_drawn_towards_its_larger_kind() -> None:
    all_scores, all_right = np.full(400, 0.8), np.r_[np.zeros(100), np.ones(300)]
    of_all = weighing.fit_curve(all_scores, all_right)
    seldom = weighing.fit_curve(np.full(5, 0.8), np.ones(5), of_all=of_all)
    often = weighing.fit_curve(np.full(500, 0.8), np.ones(500), of_all=of_all)
    never = weighing.fit_curve(np.empty(0), np.empty(0), of_all=of_all)
    at = np.array([0.8])
    assert never(at) == of_all(at)
    assert of_all(at) < seldom(at) < 0.85
    assert often(at) > 0.98
