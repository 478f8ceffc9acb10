"""A row under its publisher's names becomes ours, or says which way a value is wrong."""

from datetime import date
from typing import Any

import polars as pl
import pytest
from factories import TODAY, a_registration, a_uscc
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.normalise import FAULTS, FIELDS, SCHEMA, normalise
from ingest.parse import MORE, ROW
from ingest.values.money import CURRENCIES

COLUMNS = {
    "uscc": "统一社会信用代码",
    "name": "企业名称",
    "enterprise_type": "企业类型",
    "enterprise_type_code": "企业类型代码",
    "established_on": "成立日期",
    "capital": "注册资本",
    "address": "住所",
    "status": "登记状态",
    "district_code": "行政区划",
}


def a_batch(*rows: dict[str, Any]) -> pl.DataFrame:
    """Rows as ``parse.batches`` gives them, from row 2 of the file on."""
    schema = dict.fromkeys(COLUMNS.values(), pl.String)
    return (
        pl.DataFrame([{**dict.fromkeys(schema), **row} for row in rows], schema=schema)
        .with_row_index(ROW, offset=2)
        .with_columns(pl.lit(None, dtype=pl.String).alias(MORE))
    )


def normalised(columns: dict[str, str] = COLUMNS, **cells: str | None) -> dict[str, Any]:
    """One row: a good registration with some other cells."""
    row = {**a_registration(), **{COLUMNS[field]: cell for field, cell in cells.items()}}
    [found] = normalise(a_batch(row), columns, today=TODAY).to_dicts()
    return found


def test_a_good_row_becomes_our_fields_without_a_fault() -> None:
    row = normalised()
    assert row == {
        "file_row": 2,
        "uscc": a_uscc(1),
        "name": "示例第1号有限公司",
        "kind": "enterprise",
        "enterprise_type": "有限责任公司(自然人独资)",
        "ownership": "NONPUBLIC",
        "status": "1",
        "established_on": date(2019, 3, 15),
        "capital_wan": 100.0,
        "capital_currency": "CNY",
        "address": "湖南省常德市武陵区启明街道沅汀路1号",
        "district_code": "430702",
        **dict.fromkeys(FAULTS, ""),
    }


def test_the_columns_and_their_types_are_those_of_the_schema() -> None:
    frame = normalise(a_batch(a_registration()), COLUMNS, today=TODAY)
    assert dict(frame.schema) == SCHEMA
    assert dict(normalise(a_batch(), COLUMNS, today=TODAY).schema) == SCHEMA


def test_a_field_the_publisher_lacks_is_null_and_no_fault() -> None:
    only = {field: COLUMNS[field] for field in ("uscc", "name")}
    row = normalised(only)
    for field in ("enterprise_type", "established_on", "capital_wan", "address", "status"):
        assert row[field] is None
    assert [row[fault] for fault in FAULTS] == [""] * len(FAULTS)


@pytest.mark.parametrize("nothing", [None, "", " ", "\u3000", "nan", "NULL", "None", "无", "-", "—", "/"])  # fmt: skip
def test_words_for_nothing_are_nothing(nothing: str | None) -> None:
    row = normalised(**dict.fromkeys(FIELDS, nothing))
    kept = ("name", "enterprise_type", "established_on", "capital_wan", "address", "status")
    assert [row[field] for field in kept] == [None] * len(kept)
    faults = {fault: row[fault] for fault in FAULTS if row[fault]}
    assert faults == dict.fromkeys(("uscc_fault", "name_fault", "address_fault"), "missing")


# Capital.


@pytest.mark.parametrize(
    ("cell", "wan", "currency"),
    [
        ("50(万)", 50, "CNY"),
        ("1,500(万)", 1500, "CNY"),
        ("1，500（万）", 1500, "CNY"),
        ("100(万元人民币)", 100, "CNY"),
        ("100(万元(人民币))", 100, "CNY"),
        ("40万人民币", 40, "CNY"),
        ("17万元人民币", 17, "CNY"),
        ("300(万人民币元)", 300, "CNY"),
        ("60万人民币元", 60, "CNY"),
        ("8万", 8, "CNY"),
        ("8.5万元", 8.5, "CNY"),
        ("５０万元", 50, "CNY"),
        ("100 万 元", 100, "CNY"),
        ("人民币100万元", 100, "CNY"),
        ("100万元整", 100, "CNY"),
        ("2(人民币元)", 0.0002, "CNY"),
        ("500000元", 50, "CNY"),
        ("1.5亿元", 15000, "CNY"),
        ("20(万美元)", 20, "USD"),
        ("20(万元(美元))", 20, "USD"),
        ("50(万港币)", 50, "HKD"),
        ("16万港元", 16, "HKD"),
        ("16(万香港元)", 16, "HKD"),
        ("1(万元香港元)", 1, "HKD"),
        ("3(万元(港币))", 3, "HKD"),
        ("50(万欧元)", 50, "EUR"),
        ("900(万日元)", 900, "JPY"),
        ("10(万新加坡元)", 10, "SGD"),
        ("10(万瑞士法郎)", 10, "CHF"),
        ("10万加元", 10, "CAD"),
        ("10万澳大利亚元", 10, "AUD"),
        ("10万澳门元", 10, "MOP"),
        ("0万元", 0, "CNY"),
    ],
)
def test_capital_is_read_in_its_many_shapes(cell: str, wan: float, currency: str) -> None:
    row = normalised(capital=cell)
    assert row["capital_wan"] == pytest.approx(wan)
    assert (row["capital_currency"], row["capital_fault"]) == (currency, "")


@pytest.mark.parametrize(
    ("cell", "fault"),
    [
        ("50", "no_unit"),
        ("1,500.00", "no_unit"),
        ("50()", "no_unit"),
        ("万人民币", "unreadable"),
        ("五十万元", "unreadable"),
        ("示例", "unreadable"),
        ("-50万元", "unreadable"),
        ("5E+7元", "unreadable"),
        ("100千元", "unreadable"),  # read as yuan it would be a thousandth
        ("100万马克", "unreadable"),  # nor is every unknown currency the yuan
        ("1.2.3万元", "unreadable"),
        ("10万元(其中货币5万元)", "unreadable"),
    ],
)
def test_no_amount_of_capital_is_guessed(cell: str, fault: str) -> None:
    row = normalised(capital=cell)
    assert (row["capital_wan"], row["capital_currency"]) == (None, None)
    assert row["capital_fault"] == fault


@pytest.mark.parametrize(
    ("header", "cell", "wan", "currency"),
    [
        ("注册资本（万元）", "50", 50, "CNY"),
        ("注册资本(万元人民币)", "50", 50, "CNY"),
        ("注册资本(元)", "500000", 50, "CNY"),
        ("注册资本(万美元)", "50", 50, "USD"),
        ("注册资本(万元)", "50元", 0.005, "CNY"),
        ("注册资本(必填)", "50", None, None),
    ],
)
def test_a_number_alone_has_the_unit_its_header_names(
    header: str, cell: str, wan: float | None, currency: str | None
) -> None:
    batch = a_batch({**a_registration(), "注册资本": cell}).rename({"注册资本": header})
    [row] = normalise(batch, {**COLUMNS, "capital": header}, today=TODAY).to_dicts()
    assert (row["capital_wan"], row["capital_currency"]) == (wan, currency)


def test_every_currency_is_found_by_its_code() -> None:
    for code in CURRENCIES:
        assert normalised(capital=f"7万{code}")["capital_currency"] == code


# Dates.


@pytest.mark.parametrize(
    "cell",
    [
        "2019-03-05",
        "2019-3-5",
        "2019/3/5",
        "2019.03.05",
        "20190305",
        "2019年3月5日",
        "2019 年 3 月 5 日",
        "２０１９－０３－０５",
        " 2019-03-05 ",
        "2019-03-05 00:00:00",
        "2019/3/5 0:00",
        "2019/3/5 10:30",
        "2019-03-05T00:00:00",
        "2019-03-05T00:00:00.000",
        "2019-03-05T00:00:00+08:00",
        "20190305000000",
    ],
)
def test_a_date_is_read_as_registers_write_it(cell: str) -> None:
    row = normalised(established_on=cell)
    assert (row["established_on"], row["established_on_fault"]) == (date(2019, 3, 5), "")


@pytest.mark.parametrize(
    "cell",
    [
        "2019-02-30",
        "2019-13-01",
        "示例",
        "2019115",  # 15 January or 5 November
        "2019-1-123",
        "2019-03-051",
        "2019-03-05 25",
        "2019-03-04T16:00:00Z",  # the 5th in China
        "1552521600000",
    ],
)
def test_no_day_is_guessed(cell: str) -> None:
    row = normalised(established_on=cell)
    assert (row["established_on"], row["established_on_fault"]) == (None, "unreadable")


@pytest.mark.parametrize(
    ("cell", "fault"),
    [
        ("0000-00-00", "placeholder"),
        ("1900-01-01", "placeholder"),
        ("19-03-05", "two_digit_year"),
        ("2019-03", "month_only"),
        ("2019-11", "month_only"),  # not the 1st of January
        ("2019.11", "month_only"),
        ("201911", "month_only"),
        ("2019年11月", "month_only"),
        ("2019", "year_only"),
    ],
)
def test_what_is_less_than_a_day_says_so_and_stays_empty(cell: str, fault: str) -> None:
    row = normalised(established_on=cell)
    assert (row["established_on"], row["established_on_fault"]) == (None, fault)


def test_a_spreadsheets_count_of_days_is_a_day() -> None:
    assert normalised(established_on="43529")["established_on"] == date(2019, 3, 5)


def test_a_date_after_today_is_told_and_not_kept() -> None:
    today, tomorrow = TODAY, date.fromordinal(TODAY.toordinal() + 1)
    assert normalised(established_on=str(today))["established_on"] == today
    row = normalised(established_on=str(tomorrow))
    assert (row["established_on"], row["established_on_fault"]) == (None, "future")


#: What systems write where there is no date; read as none, by a rule with tests of its own.
NO_DATES = {date(1899, 12, 30), date(1899, 12, 31), date(1900, 1, 1)}


@given(
    st.dates(min_value=date(1000, 1, 1), max_value=TODAY).filter(lambda day: day not in NO_DATES)
)
def test_every_day_that_exists_is_read_in_every_shape(day: date) -> None:
    shapes = [
        f"{day:%Y-%m-%d}",
        f"{day.year}/{day.month}/{day.day}",
        f"{day:%Y%m%d}",
        f"{day.year}年{day.month}月{day.day}日",
        f"{day.year}.{day.month}.{day.day} 0:00",
    ]
    batch = a_batch(*({**a_registration(), "成立日期": shape} for shape in shapes))
    assert normalise(batch, COLUMNS, today=TODAY)["established_on"].to_list() == [day] * 5


# The other fields.


@pytest.mark.parametrize(
    ("cell", "status", "fault"),
    [
        ("存续（在营、开业、在册）", "1", ""),
        ("存续", "1", ""),
        ("吊销，未注销", "2", ""),
        ("吊销,已注销", "3", ""),
        ("注 销", "4", ""),
        ("经营异常", "9", ""),
        ("搬走了", None, "unknown"),
    ],
)
def test_a_status_becomes_its_exchange_code(cell: str, status: str | None, fault: str) -> None:
    row = normalised(status=cell)
    assert (row["status"], row["status_fault"]) == (status, fault)


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        ("430702", "430702"),
        ("430702003", "430702"),
        ("430702.0", "430702"),
        ("４３０７０２", "430702"),
        (" 430702 ", "430702"),
        ("武陵区", None),
        ("4307", None),
        ("٤٣٠٧٠٢", None),
    ],
)
def test_a_district_is_its_first_six_digits(cell: str, code: str | None) -> None:
    assert normalised(district_code=cell)["district_code"] == code


def test_a_code_is_repaired_where_nothing_is_lost() -> None:
    code = a_uscc(11)
    row = normalised(uscc=f" '{code[:8]} {code[8:].lower()}")
    assert (row["uscc"], row["uscc_fault"]) == (code, "")


def test_a_wrong_code_says_which_way() -> None:
    assert normalised(uscc=a_uscc(1)[:-1])["uscc_fault"] == "length"


def test_a_row_with_more_cells_than_headers_says_so() -> None:
    batch = a_batch(a_registration()).with_columns(pl.lit("x").alias(MORE))
    assert normalise(batch, COLUMNS, today=TODAY)["row_fault"].to_list() == ["more_cells"]


def test_a_name_keeps_its_characters() -> None:
    """Full-width brackets are part of a registered name."""
    assert normalised(name=" 示例（常德）有限公司\n")["name"] == "示例（常德）有限公司"


CELL = st.none() | st.text(max_size=8) | st.sampled_from(list(a_registration().values()))


@settings(max_examples=20)
@given(
    rows=st.lists(st.fixed_dictionaries(dict.fromkeys(COLUMNS.values(), CELL)), max_size=8),
    there=st.sets(st.sampled_from(FIELDS)),
)
def test_rows_stay_as_many_in_order_and_know_where_they_came_from(
    rows: list[dict[str, str | None]], there: set[str]
) -> None:
    batch = a_batch(*rows)
    columns = {field: COLUMNS[field] for field in there}
    frame = normalise(batch, columns, today=TODAY)
    assert dict(frame.schema) == SCHEMA
    assert frame["file_row"].to_list() == batch[ROW].to_list()
    assert frame.select(FAULTS).null_count().row(0) == (0,) * len(FAULTS)
    alone = [normalise(batch.slice(n, 1), columns, today=TODAY) for n in range(len(rows))]
    if alone:  # and no row is read differently for the company it is in
        assert frame.equals(pl.concat(alone))
