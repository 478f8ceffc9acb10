"""The day a file describes is read from its name, or the name is refused with what is wrong."""

from datetime import date

import pytest

from ingest import named_days
from liangxin.errors import BatchStopped

TODAY = date(2026, 10, 8)
ANYWHERE = ".+"
LAST = date(2026, 9, 30)


def day_of(name: str, pattern: str = ANYWHERE) -> date:
    return named_days.day_of(name, pattern, today=TODAY)


@pytest.mark.parametrize(
    "name",
    [
        "企业名册_20260930.xlsx",
        "企业名册20260930.csv.gz",
        "20260930101500_企业名册.csv",
        "企业名册_20260930_201500.xlsx",
        "企业名册_20260930 2015.xlsx",
        "企业名册2026-09-30.xlsx",
        "企业名册 2026.9.30.xlsx",
        "企业名册_2026_09_30.xlsx",
        "企业名册（2026年9月30日）.xlsx",
        "企业名册2026 年 9 月 30 号.xlsx",
        "企业名册2026年9月30.xlsx",
        "企业名册２０２６年９月３０日.xlsx",
        "企业名册_2026—09—30.xlsx",
        "企业名册_20260930(1).xlsx",
        "企业名册_20260930 - 副本 (2).xlsx",
        "430702_企业名册_20260930.xlsx",
        "企业名册_202609.xlsx",
        "企业名册_2026-09.xlsx",
        "2026.09.csv",
        "2026年9月企业名册.xlsx",
        "2026年9月份企业名册.xlsx",
        "2026年9月30家企业.xlsx",
        "企业名册_202609_20260930.xlsx",
        "企业名册_20260930-2.xlsx",
        "企业名册_20260930_0915.xlsx",
        "企业名册2026年9月底.xlsx",
        "企业名册_202609-2.xlsx",
        "企业名册_20260930至今.xlsx",
    ],
)
def test_a_name_bears_its_day_in_every_way_that_offices_write_it(name: str) -> None:
    assert day_of(name) == LAST


def test_a_month_ends_on_its_last_day() -> None:
    assert day_of("名册_202402.csv") == date(2024, 2, 29)
    assert day_of("名册_2026年2月.csv") == date(2026, 2, 28)
    assert day_of("名册_2026年2月3日.csv") == date(2026, 2, 3)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("企业名册.xlsx", "bears no day"),
        ("企业名册_430702.xlsx", "bears no day"),
        ("企业名册_2026年.xlsx", "bears no day"),
        ("企业名册_2026年1-9月.xlsx", "bears no day"),
        ("企业名册_2026_1.xlsx", "bears no day"),
        ("91430702202609301X.xlsx", "bears no day"),
        ("企业名册_20260931.xlsx", "'20260931' in the name .* is no date"),
        ("企业名册_2026-02-30.xlsx", "is no date"),
        ("企业名册_202613.xlsx", "is no date"),
        ("企业名册_2026年13月.xlsx", "is no date"),
        ("企业名册_20261009.xlsx", "2026-10-09 .* still to come"),
        ("企业名册_2026年10月.xlsx", "2026-10-31 .* still to come"),
        ("企业名册_20260801-20260930.xlsx", r"several days \(2026-08-01, 2026-09-30\)"),
        ("企业名册_202608-202609.xlsx", "span"),
        ("2026年1月至9月台账.xlsx", "span"),
        ("2026年1月-9月台账.xlsx", "span"),
        ("台账202601-09.xlsx", "span"),
        ("2026年9月1日-30日.xlsx", "span"),
        ("2026年9月1-30日.xlsx", "span"),
        ("20260901至0930.xlsx", "span"),
        ("2026-09-01~30.xlsx", "span"),
        ("20260901-0930.xlsx", "span"),
        ("20260831_0930.xlsx", "span"),
        ("20260801_202609.xlsx", "span"),
        ("2026年8月31日-9月30日.xlsx", "span"),
        ("2026-08-31至09-30.xlsx", "span"),
        ("2026-08-31-09-30.xlsx", "span"),
        ("2026年9月上旬.xlsx", "span"),
        ("2026年9月初.xlsx", "span"),
    ],
)
def test_a_name_that_leaves_a_doubt_is_refused(name: str, said: str) -> None:
    with pytest.raises(BatchStopped, match=said) as caught:
        day_of(name)
    assert "没有写入任何内容" in caught.value.zh


def test_the_pattern_says_which_of_several_days_is_meant() -> None:
    name = "企业名册_截至20260930_导出20261008.xlsx"
    assert day_of(name, "截至[0-9]+") == LAST
    assert day_of(name, "导出([0-9]{8})") == TODAY
    with pytest.raises(BatchStopped, match="bears no day"):
        day_of(name, "统计[0-9]+")


def test_a_folder_bears_the_day_of_its_files_or_they_agree() -> None:
    def day(folder: str, *names: str) -> date:
        return named_days.day_of_delivery(names, ANYWHERE, today=TODAY, folder=folder)

    assert day("2026-09", "甲.csv", "乙_20260815.csv") == LAST
    assert day("九月", "甲_20260930.csv", "乙_202609.csv") == LAST
    with pytest.raises(BatchStopped, match="different days"):
        day("九月", "甲_20260930.csv", "乙_20260831.csv")
    with pytest.raises(BatchStopped, match=r"'甲\.csv' bears no day"):
        day("九月", "甲.csv", "乙_20260831.csv")
