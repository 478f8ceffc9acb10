"""Which rows of a package can be taken: a partner's mistake must not become ours.

Every rule is a named sentence; a row that breaks one is refused with rule, column, value and what
to do, and the rest goes on. What came later than now is refused: it would win over everything.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

import polars as pl

from ingest.exchange.contents import COLUMNS, COUNTS, DAYS, KEYS, NUMBERS
from liangxin import headcount, universe
from liangxin.facts import MEMBER_COUNTS
from liangxin.frames import TIME
from liangxin.ids import uscc
from liangxin.stamps import FIELDS, INDIVIDUAL

LEVELS = ("committee", "general_branch", "branch", "joint_branch")
LONGEST = 1_000
#: Rule -> what the sender reads, in Chinese and English.
RULES = {
    "cell_is_short": ("内容过长", "the cell is too long"),
    "cell_is_present": ("此列不能为空", "the cell must not be empty"),
    "cell_is_a_day": ("不是日期（年-月-日）", "it is no day (year-month-day)"),
    "cell_is_a_moment": ("不是时间", "it is no moment"),
    "cell_is_a_number": ("不是数字", "it is no number"),
    "cell_is_a_count": ("不是人数", "it is no count"),
    "cell_is_true_or_false": ("应为 true 或 false", "it must be true or false"),
    "uscc_is_right": ("统一社会信用代码有误", "the code (USCC) is wrong"),
    "uscc_is_no_individual": (
        "个体工商户不参与交换",
        "individual businesses are not exchanged",
    ),
    "value_is_known": ("不是约定的取值", "it is none of the agreed values"),
    "code_is_digits": ("区划代码应为数字", "a division code is digits"),
    "moment_has_come": (
        "时间在将来，请对方校准时钟",
        "it is still to come; the sender's clock is wrong",
    ),
    "one_or_two_members_stay": (
        "1 至 2 名党员的人数不得交换",
        "a count of one or two members must not be sent",
    ),
    "ends_after_it_starts": ("结束日期应晚于开始日期", "it must end after it starts"),
    "row_is_alone": ("同一内容出现多次", "the same thing is told twice"),
    "organisation_is_told": (
        "本包和登记库中都没有该主体",
        "neither the package nor the register has this organisation",
    ),
    "party_organisation_is_told": (
        "本包和登记库中都没有该党组织",
        "neither the package nor the register has this Party organisation",
    ),
}
CODES = {
    **dict.fromkeys(("district_code", "subdistrict_code", "community_code"), "[0-9]{6,12}"),
    **dict.fromkeys(("party_subdistrict_code", "parent_subdistrict_code"), "[0-9]{6,12}"),
    "status": "[0-9]",
    "ownership": "[A-Z][A-Z_]{0,39}",
}
CHOICES = {
    "kind": ("enterprise", "social", "other"),
    "state": universe.STATES,
    "level": LEVELS,
    "mode": ("alone", "joint"),
    "field": FIELDS,
}
#: Columns that may not be empty, whatever the table; keys may not be either.
NEEDED = {"since", "from_on", "learned_at", "office", "source", "retracted"}
NEEDED_IN = {
    "organisations": ("name", "kind", "ownership"),
    "party_organisations": ("level",),
    "screenings": ("state",),
    "coverings": ("mode",),
    "field_changes": ("uscc", "field"),
}
#: Fields of an organisation that are never without a value.
ALWAYS = ("name", "kind", "ownership")
CLOCKS_APART = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Judged:
    """Rows that can be taken, typed, and those that cannot: ``file_row, rule, column, value``."""

    good: pl.DataFrame
    refused: pl.DataFrame


REFUSED = pl.Schema(
    {"file_row": pl.Int64, "rule": pl.String, "column": pl.String, "value": pl.String}
)


def judge(name: str, table: pl.DataFrame, *, now: datetime) -> Judged:
    """Judge one table of a package: cells as text, and ``file_row``."""
    typed = table.with_columns(
        expression for column in COLUMNS[name] for expression in _typed(column)
    )
    faults: list[tuple[str, str, pl.Expr]] = []
    for column in COLUMNS[name]:
        faults += _of_column(name, column, now)
    faults += _of_row(name)
    first = pl.coalesce(
        pl.when(broken.fill_null(False)).then(
            pl.struct(rule=pl.lit(rule), column=pl.lit(column), value=_raw(column))
        )
        for rule, column, broken in faults
    )
    judged = typed.with_columns(fault=first)
    bad = judged.filter(pl.col("fault").is_not_null())
    good = judged.filter(pl.col("fault").is_null()).drop("fault")
    return Judged(
        good.drop(_raw_name(column) for column in COLUMNS[name]),
        bad.select("file_row", "fault").unnest("fault").cast(REFUSED),
    )


def refuse(frame: pl.DataFrame, rule: str, column: str) -> pl.DataFrame:
    """Rows refused for one rule, as ``Judged.refused`` has them."""
    return frame.select(
        "file_row",
        rule=pl.lit(rule),
        column=pl.lit(column),
        value=pl.col(column).cast(pl.String),
    ).cast(REFUSED)


def _raw_name(column: str) -> str:
    return f"{column} as sent"


def _raw(column: str) -> pl.Expr:
    return pl.col(_raw_name(column)).fill_null("").str.slice(0, 200)


def _typed(column: str) -> list[pl.Expr]:
    raw = pl.col(column)
    if column in DAYS:
        typed = raw.str.to_date("%Y-%m-%d", strict=False)
    elif column == "learned_at":
        typed = raw.str.to_datetime("%Y-%m-%dT%H:%M:%S%.6fZ", strict=False, time_unit="us")
        typed = typed.dt.replace_time_zone("UTC").cast(TIME)
    elif column in COUNTS:
        typed = raw.cast(pl.Int64, strict=False)
    elif column == "retracted":
        typed = raw.replace_strict(
            {"true": True, "false": False}, default=None, return_dtype=pl.Boolean
        )
    else:
        typed = raw
    return [typed, raw.alias(_raw_name(column))]


def _of_column(name: str, column: str, now: datetime) -> list[tuple[str, str, pl.Expr]]:
    """Faults of one column: rule, column, where it is broken."""
    raw = pl.col(_raw_name(column))
    found = [("cell_is_short", raw.str.len_chars() > LONGEST)]
    live = ~pl.col("retracted") if "retracted" in COLUMNS[name] else pl.lit(True)
    if column in KEYS.get(name, ()) or column in NEEDED:
        found.append(("cell_is_present", raw.is_null()))
    elif column in NEEDED_IN.get(name, ()):
        found.append(("cell_is_present", live & raw.is_null()))
    found += _of_meaning(column, now)
    if column == "from_on" and column not in KEYS.get(name, ()):
        # Since when a value is true; a fact may be announced.
        found.append(("moment_has_come", pl.col(column) > (now + CLOCKS_APART).date()))
    if name == "headcounts" and column == "source":
        found.append(
            (
                "value_is_known",
                ~pl.col(column).is_in(sorted({*headcount.SOURCES} - {headcount.DECLARED})),
            )
        )
    return [(rule, column, broken) for rule, broken in found]


def _of_meaning(column: str, now: datetime) -> list[tuple[str, pl.Expr]]:
    """Faults of what a column means, in whichever table it is."""
    raw, typed = pl.col(_raw_name(column)), pl.col(column)
    unread = raw.is_not_null() & typed.is_null()
    if column in NUMBERS:
        number = raw.cast(pl.Float64, strict=False)
        return [("cell_is_a_number", raw.is_not_null() & ~number.is_finite().fill_null(False))]
    if column in COUNTS:
        few = [("one_or_two_members_stay", typed.is_between(1, 2))] * (column in MEMBER_COUNTS)
        return [("cell_is_a_count", unread | ~typed.is_between(0, 10_000_000)), *few]
    if column == "learned_at":
        return [("cell_is_a_moment", unread), ("moment_has_come", typed > now + CLOCKS_APART)]
    if column == "uscc":
        return _of_code(typed)
    found: list[tuple[str, pl.Expr]] = []
    if column in CHOICES:
        found.append(("value_is_known", ~typed.is_in(CHOICES[column])))
    if column in CODES:
        found.append(("code_is_digits", ~typed.str.contains(rf"\A(?:{CODES[column]})\z")))
    if column in DAYS:
        found.append(("cell_is_a_day", unread))
    if column == "retracted":
        found.append(("cell_is_true_or_false", unread))
    return found


def _of_code(code: pl.Expr) -> list[tuple[str, pl.Expr]]:
    right = code.map_batches(
        lambda codes: pl.Series(uscc.good(codes.fill_null(""))), return_dtype=pl.Boolean
    )
    return [("uscc_is_right", ~right), ("uscc_is_no_individual", code.str.starts_with(INDIVIDUAL))]


def _of_row(name: str) -> list[tuple[str, str, pl.Expr]]:
    found: list[tuple[str, str, pl.Expr]] = []
    if "to_on" in COLUMNS[name]:
        found.append(("ends_after_it_starts", "to_on", pl.col("to_on") <= pl.col("from_on")))
    if name in KEYS:
        twice = ~pl.struct(KEYS[name]).is_first_distinct()
        found.append(("row_is_alone", KEYS[name][0], twice))
    if name == "organisation_fields":
        found += _of_value()
    return found


def _of_value() -> list[tuple[str, str, pl.Expr]]:
    """A value must fit the field it is of."""
    value = pl.col("value")
    number = value.cast(pl.Float64, strict=False).is_finite().fill_null(False)
    day = value.str.to_date("%Y-%m-%d", strict=False)

    def of(*fields: str) -> pl.Expr:
        return pl.col("field").is_in(fields)

    return [
        ("cell_is_present", "value", of(*ALWAYS) & value.is_null()),
        ("cell_is_a_day", "value", of("established_on") & value.is_not_null() & day.is_null()),
        ("cell_is_a_number", "value", of(*sorted(NUMBERS)) & value.is_not_null() & ~number),
        ("value_is_known", "value", of("kind") & ~value.is_in(CHOICES["kind"])),
        *(
            ("code_is_digits", "value", of(field) & ~value.str.contains(rf"\A(?:{pattern})\z"))
            for field, pattern in CODES.items()
            if field in FIELDS
        ),
    ]
