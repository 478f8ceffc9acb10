"""A day is read where one day alone can be meant; all else says why it is no day."""

from datetime import date, timedelta

import polars as pl
import pytest
from factories import TODAY
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.values import DATE_FAULTS, read_date
from ingest.values.dates import serial


def read(cell: str | None, today: date = TODAY) -> tuple[date | None, str]:
    values, faults = read_date(pl.Series([cell], dtype=pl.String), today=today)
    return values.item(), faults.item()


DAY = [
    "2019-03-05",
    "2019-3-5",
    "2019/3/5",
    "2019.03.05",
    "2019。3。5",
    "2019、3、5",
    "2019–03–05",
    "20190305",
    "2019年3月5日",
    "2019年3月5号",
    "2019 年 3 月 5 日",
    "２０１９－０３－０５",
    " 2019-03-05 ",
    "2019-03-05 00:00:00",
    "2019/3/5 0:00",
    "2019-03-05T00:00:00.000",
    "2019-03-05T00:00:00+08:00",
    "20190305000000",
    "43529",
    "43529.0",
    "43529.75",
    "二〇一九年三月五日",
    "二零一九年三月五号",
    "二○一九年三月五日",
]


@pytest.mark.parametrize("cell", DAY)
def test_a_day_is_read_as_people_and_spreadsheets_write_it(cell: str) -> None:
    assert read(cell) == (date(2019, 3, 5), "")


@pytest.mark.parametrize(
    "cell",
    ["1985.3", "198503", "1985年3月", "1985年3月份", "1985-03", "1985/3", "1985.03", "一九八五年三月"],
)  # fmt: skip
def test_a_month_is_its_first_day_and_told(cell: str) -> None:
    assert read(cell) == (date(1985, 3, 1), "month_only")


def test_a_number_that_may_have_lost_the_zero_of_october_is_no_month() -> None:
    assert read("1985.1") == (None, "month_only")
    assert read("1985.10") == (date(1985, 10, 1), "month_only")
    assert read("1985.01") == (date(1985, 1, 1), "month_only")
    assert read("1985年1月") == (date(1985, 1, 1), "month_only")


@pytest.mark.parametrize(
    ("cell", "fault"),
    [
        ("1985", "year_only"),
        ("1985年", "year_only"),
        ("二〇一九年", "year_only"),
        ("85.3.12", "two_digit_year"),
        ("85年3月12日", "two_digit_year"),
        ("85年3月", "two_digit_year"),
        ("19-03-05", "two_digit_year"),
        ("850312", "two_digit_year"),
        ("1900-01-01", "placeholder"),
        ("1900/1/0", "placeholder"),
        ("1900年1月1日", "placeholder"),
        ("1899-12-30", "placeholder"),
        ("0001-01-01", "placeholder"),
        ("0000-00-00", "placeholder"),
        ("0000-00-00 00:00:00", "placeholder"),
        ("00000000", "placeholder"),
        ("0", "placeholder"),
        ("9999-12-31", "placeholder"),
        ("99991231", "placeholder"),
        ("99999999", "placeholder"),
        ("2019-02-30", "unreadable"),
        ("2019-13-01", "unreadable"),
        ("1985.13", "unreadable"),
        ("0219-03-05", "unreadable"),
        ("2019115", "unreadable"),
        ("2019-1-123", "unreadable"),
        ("2019-03-05 25", "unreadable"),
        ("2019-03-04T16:00:00Z", "unreadable"),  # the 5th in China
        ("1552521600000", "unreadable"),
        ("60", "unreadable"),
        ("850", "unreadable"),
        ("99999", "unreadable"),
        ("二〇一九年十三月一日", "unreadable"),
        ("示例", "unreadable"),
        ("#####", "unreadable"),
    ],
)
def test_no_day_is_guessed(cell: str, fault: str) -> None:
    assert read(cell) == (None, fault)


@pytest.mark.parametrize("cell", [None, "", " ", "无", "暂无", "—", "nan", "/"])
def test_an_empty_cell_is_no_fault(cell: str | None) -> None:
    assert read(cell) == (None, "")


def test_nothing_lies_ahead_of_today() -> None:
    tomorrow = TODAY + timedelta(days=1)
    assert read(str(TODAY)) == (TODAY, "")
    assert read(str(serial(TODAY))) == (TODAY, "")
    for ahead in (str(tomorrow), f"{tomorrow:%Y%m%d}", str(serial(tomorrow)), "2099年3月"):
        assert read(ahead) == (None, "future")


def test_a_count_of_days_beyond_next_year_is_no_date() -> None:
    assert read(str(serial(TODAY) + 366)) == (None, "future")
    assert read(str(serial(TODAY) + 367)) == (None, "unreadable")


def in_chinese(day: date) -> str:
    numerals = "〇一二三四五六七八九"

    def below_hundred(n: int) -> str:
        tens, ones = divmod(n, 10)
        ten = "" if not tens else "十" if tens == 1 else f"{numerals[tens]}十"
        return ten + (numerals[ones] if ones else "")

    year = "".join(numerals[int(digit)] for digit in f"{day.year:04}")
    return f"{year}年{below_hundred(day.month)}月{below_hundred(day.day)}日"


days = st.dates(min_value=date(1000, 1, 1), max_value=TODAY).filter(
    lambda day: day not in {date(1899, 12, 30), date(1899, 12, 31), date(1900, 1, 1)}
)


@given(days)
def test_a_day_reads_back_from_every_notation(day: date) -> None:
    shapes = [
        f"{day:%Y-%m-%d}",
        f"{day.year}/{day.month}/{day.day}",
        f"{day:%Y%m%d}",
        f"{day.year}年{day.month}月{day.day}日",
        f"{day.year}.{day.month}.{day.day} 0:00",
        f"{day:%Y-%m-%d}T00:00:00",
        in_chinese(day),
    ]
    if serial(day) >= 10_000:  # fewer digits may be a year
        shapes += [str(serial(day)), f"{serial(day)}.0"]
    values, faults = read_date(pl.Series(shapes), today=TODAY)
    assert values.to_list() == [day] * len(shapes)
    assert faults.to_list() == [""] * len(shapes)


@given(days)
def test_a_month_reads_back_from_every_notation(day: date) -> None:
    shapes = [f"{day:%Y-%m}", f"{day.year}年{day.month}月", f"{day:%Y.%m}", f"{day:%Y%m}"]
    values, faults = read_date(pl.Series(shapes), today=TODAY)
    assert values.to_list() == [day.replace(day=1)] * len(shapes)
    assert faults.to_list() == ["month_only"] * len(shapes)


@settings(max_examples=50)
@given(
    st.lists(st.none() | st.text(alphabet="0123456789-/.年月日 十二〇", max_size=12), max_size=6)
)
def test_whatever_is_written_is_a_day_or_a_known_fault(cells: list[str | None]) -> None:
    values, faults = read_date(pl.Series(cells, dtype=pl.String), today=TODAY)
    assert len(values) == len(faults) == len(cells)
    assert (values.dtype, faults.dtype) == (pl.Date, pl.String)
    for cell, value, fault in zip(cells, values, faults, strict=True):
        assert fault in {"", *DATE_FAULTS}
        assert value is None or (value <= TODAY and fault in {"", "month_only"})
        assert read(cell) == (value, fault)
