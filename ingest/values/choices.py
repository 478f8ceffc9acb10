"""Yes and no, and one of a list. Pure."""

from collections.abc import Mapping, Sequence

import polars as pl

from ingest.values.reading import each_distinct, fault_of
from liangxin.wording import NOTHING, digits, plain

YES_NO_FAULTS = ("unreadable",)
CHOICE_FAULTS = ("unknown", "bare_code")
_YES = (
    *("是", "是的", "有", "已", "对", "√", "✓", "✔", "☑", "1", "1.0", "T", "Y", "YES", "TRUE"),
    *("✅", "∨", "V"),  # what is typed where a keyboard has no √
    *("已有", "已建", "已建立", "已成立", "已组建", "已设立", "建立", "成立", "已完成", "已选派"),
)
_NO = (
    *("否", "不是", "没有", "无", "暂无", "未", "错", "×", "✗", "✘", "✕", "✖", "X", "0", "0.0"),
    *("F", "N", "NO", "FALSE", "未有", "未建", "未建立", "未成立", "未组建", "未设立", "尚未建立"),
    *("尚未成立", "没建立", "没成立", "未完成", "未选派"),
)


def read_yes_no(values: pl.Series) -> tuple[pl.Series, pl.Series]:
    """Return Boolean values and faults: 是/否, 有/无, √/×, 1/0, T/F, Y/N, 已/未 and their like.

    Here ``无`` is a no, not an empty cell.
    """
    word = pl.col("raw").str.normalize("NFKC").str.replace_all(r"\s", "").str.to_uppercase()
    yes, no = word.is_in(_YES), word.is_in(_NO)
    empty = word.is_null() | (word.is_in([w.upper() for w in NOTHING]) & ~no)
    read = each_distinct(
        values,
        {
            "value": pl.when(yes).then(pl.lit(value=True)).when(no).then(pl.lit(value=False)),
            "fault": fault_of((empty | yes | no, ""), (pl.lit(value=True), "unreadable")),
        },
    )
    return read["value"], read["fault"]


def read_choice(
    values: pl.Series, vocabulary: Mapping[str, Sequence[str]]
) -> tuple[pl.Series, pl.Series]:
    """Return the codes (String) that the cells' wordings stand for, and faults.

    Args:
        values: cells as text.
        vocabulary: code -> its wordings, in any brackets, commas and blanks. A wording may be a
            word for nothing (``无``) or a bare digit: then the vocabulary is their code book.

    Raises:
        ValueError: one wording stands for two codes.
    """
    known = _known(vocabulary)
    by_text = plain(pl.col("raw")).replace_strict(known, default=None, return_dtype=pl.String)
    fault = fault_of(
        (by_text.is_not_null() | pl.col("text").is_null(), ""),
        (digits(pl.col("text")).is_not_null(), "bare_code"),
        (pl.lit(value=True), "unknown"),
    )
    read = each_distinct(values, {"value": by_text, "fault": fault})
    return read["value"], read["fault"]


def _known(vocabulary: Mapping[str, Sequence[str]]) -> dict[str, str]:
    rows = [(text, code) for code, texts in vocabulary.items() for text in texts]
    frame = pl.DataFrame(rows, schema={"text": pl.String, "code": pl.String}, orient="row")
    frame = frame.with_columns(plain(pl.col("text"))).unique()
    twice = frame.filter(pl.col("text").is_duplicated() | (pl.col("text") == ""))
    if not twice.is_empty():
        raise ValueError(f"a wording must stand for one code: {sorted(twice.rows())}")
    return dict(frame.iter_rows())
