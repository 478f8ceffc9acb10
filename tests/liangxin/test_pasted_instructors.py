"""Instructors as an office writes them: words of its own in, what the list takes out, or a sentence."""

from contextlib import suppress

import pytest
from factories import NORTH, SOUTH
from hypothesis import given
from hypothesis import strategies as st

from liangxin import pasted_instructors
from liangxin.errors import Misuse
from liangxin.instructors import KINDS
from liangxin.pasted_instructors import HEADS, MOST, Places

EAST, WEST = f"{NORTH}001", f"{NORTH}002"
ONE = Places({NORTH: "示例北街道"}, {EAST: "示例东社区", WEST: "示例西社区"})
TWO = Places(
    {NORTH: "示例北街道", SOUTH: "示例南镇"}, {**ONE.communities, f"{SOUTH}001": "示例东社区"}
)
HEADER = "姓名\t身份\t可联系数\t社区"


def lines(text: str, places: Places = ONE) -> list[dict[str, object]]:
    return pasted_instructors.lines(text, places)


def refused(text: str, places: Places = ONE) -> Misuse:
    with pytest.raises(Misuse) as said:
        lines(text, places)
    return said.value


def test_a_sheet_s_rows_are_people_in_the_office_s_own_words() -> None:
    told = lines(f"{HEADER}\r\n钱学甲\t街道干部\t4\t示例东社区\r\n\r\n孙学乙\t退休干部\t\t\r\n")
    assert told == [
        {
            "name": "钱学甲",
            "kind": "subdistrict_cadre",
            "capacity": 4,
            "community_code": EAST,
            "subdistrict_code": NORTH,
        },
        {
            "name": "孙学乙",
            "kind": "retired_cadre",
            "capacity": None,
            "community_code": None,
            "subdistrict_code": NORTH,
        },
    ]


def test_without_a_header_columns_stand_as_in_the_template() -> None:
    [told] = lines("钱学甲\t社区干部\t3\t餐饮；物流\t示例大厦")
    assert (told["kind"], told["capacity"], told["place"]) == ("community_cadre", 3, "示例大厦")
    assert told["sectors"] == "餐饮\n物流"


def test_several_rows_of_commas_are_read_too() -> None:
    assert len(lines("姓名,身份\n钱学甲,其他\n孙学乙,其他")) == 2


def test_a_community_is_meant_in_its_own_sub_district() -> None:
    rows = lines(
        "姓名\t身份\t社区\t街道\n钱学甲\t其他\t示例东社区\t示例南镇\n孙学乙\t其他\t示例东\t示例北",
        TWO,
    )
    assert [each["community_code"] for each in rows] == [f"{SOUTH}001", EAST]


@pytest.mark.parametrize(
    ("text", "zh"),
    [
        ("", "没有可登记的行"),
        (HEADER, "没有可登记的行"),
        ("钱学甲\t主任", "第 1 行“身份”不能填“主任”。可填：街道干部、社区干部"),
        (f"{HEADER}\n\n钱学甲\t其他\t很多", "第 3 行“可联系数”不能填“很多”。可填：0 到 999"),
        (f"{HEADER}\n钱学甲\t其他\t3\t西边", "第 2 行“社区（村）”不能填“西边”。可填：示例东社区、示例西社区"),
        ("\t其他", "第 1 行“姓名”不能填“”"),
        ("钱学甲 13800000001\t其他", "不填电话或证件号码"),
        ("钱学甲 138-0000-0001\t其他", "不填电话或证件号码"),
        ("钱学甲 138 0000 0001\t其他", "不填电话或证件号码"),
        ("身份\t姓名\n街道干部", "第 2 行“姓名”不能填“”"),
        ("姓名\t身份\t电话\n钱学甲\t其他\t1", "第 1 行的列“电话”不认识或重复"),
        ("姓名\t姓名\n钱学甲\t其他", "第 1 行的列“姓名”不认识或重复"),
        ("姓名\t身份\n钱学甲\t其他\t多出", "第 2 行有列名以外的内容“多出”"),
        ("姓名\t身份\n钱\r学", "粘贴的内容不是表格中的行"),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_named_with_its_line_and_column(text: str, zh: str) -> None:
    assert zh in refused(text).zh


def test_a_sub_district_must_be_said_where_there_are_several() -> None:
    assert "“街道（镇、乡）”不能填“”。可填：示例北街道、示例南镇" in refused("钱学甲\t其他", TWO).zh


def test_a_list_that_is_too_long_comes_in_parts() -> None:
    said = refused("\n".join(f"示例{n}\t其他" for n in range(MOST + 1)))
    assert f"一次最多 {MOST} 行，这里有 {MOST + 1} 行" in said.zh
    assert "in parts" in said.en


_NAMES = st.text("钱孙周吴郑王学甲乙丙", min_size=1, max_size=4)
_ROWS = st.fixed_dictionaries(
    {
        "name": _NAMES,
        "kind": st.sampled_from(sorted(KINDS)),
        "capacity": st.one_of(st.none(), st.integers(0, 999)),
        "hours": st.one_of(st.none(), st.integers(0, 999)),
        "place": st.sampled_from([None, "示例大厦"]),
        "community_code": st.sampled_from([None, EAST, WEST]),
        "is_willing": st.booleans(),
        "is_district_wide": st.booleans(),
    }
)


@given(st.lists(_ROWS, min_size=1, max_size=5), st.permutations(list(HEADS)))
def test_whoever_is_written_in_a_sheet_comes_out_of_it(
    rows: list[dict[str, object]], order: list[str]
) -> None:
    def cell(row: dict[str, object], name: str) -> str:
        value = row.get(name)
        if isinstance(value, bool):
            return "是" if value else "否"
        if name == "kind":
            return KINDS[str(value)][0]
        return ONE.communities.get(str(value), "" if value is None else str(value))

    text = "\n".join(
        ["\t".join(HEADS[name][0] for name in order)]
        + ["\t".join(cell(row, name) for name in order) for row in rows]
    )
    rest = {"subdistrict_code": NORTH, "sectors": None}
    assert lines(text) == [row | rest for row in rows]


@given(st.text(max_size=200))
def test_whatever_is_pasted_is_taken_or_refused_with_a_sentence(text: str) -> None:
    rows = []
    with suppress(Misuse):
        rows = lines(text, TWO)
    assert all(row["name"] and row["kind"] in KINDS for row in rows)
