"""Names of people and organisations. Pure.

A name is doubted only where it cannot be one: what a person is called at work (王经理), a name
with a part hidden (李某某, 张*), digits; the error of a formula is no name at all. Names of any
people and script are names.
"""

import polars as pl

from ingest.values.reading import ERROR_VALUE, each_distinct, fault_of

PERSON_FAULTS = ("missing", "masked", "digits", "title", "too_long")
ORGANISATION_FAULTS = ("missing", "digits_only", "too_long")
LONGEST_PERSON = 30
LONGEST_ORGANISATION = 120

#: The dot in names of minorities and foreigners, as keyboards give it.
_DOTS = "[·•・‧⋅∙.。]"
_HAN = r"\p{Han}"
#: A name with a part hidden or lost: stars, 某, circles, a cross behind a surname.
_MASKED = rf"[*＊某○◯●□■？?\u{{FFFD}}×]|^{_HAN}{{1,3}}[xX]+$|^{_HAN}[xX]+{_HAN}$"
#: A surname, or a short name, and how one is spoken to. Given names are not made of these words.
_TITLE = rf"^{_HAN}{{1,2}}(?:总|经理|总经理|先生|女士|老师)$"


def read_person(values: pl.Series, *, needed: bool = True) -> tuple[pl.Series, pl.Series]:
    """Return names (blanks within Chinese names out, one kind of dot) and faults.

    Args:
        values: cells as text.
        needed: an empty cell is ``missing``; else it is null without a fault.
    """
    text = pl.col("text").str.replace_all(r"\s+", " ")
    text = (
        pl.when(text.str.contains(rf"^[{_HAN}\s·•・‧⋅∙.。]+$"))
        .then(text.str.replace_all(" ", ""))
        .otherwise(text)
    )
    name = text.str.replace_all(rf"({_HAN})\s*{_DOTS}\s*({_HAN})", "${1}·${2}").str.replace_all(
        rf"({_HAN})\s*{_DOTS}\s*({_HAN})", "${1}·${2}"
    )
    fault = fault_of(
        (name.is_null(), "missing" if needed else ""),
        (name.str.contains(ERROR_VALUE), "missing"),
        (name.str.contains(_MASKED), "masked"),
        (name.str.contains(r"[\p{N}--〇]"), "digits"),
        (~name.str.contains(r"\p{L}"), "missing"),
        (name.str.contains(_TITLE), "title"),
        (name.str.len_chars() > LONGEST_PERSON, "too_long"),
    )
    read = each_distinct(values, {"value": pl.when(fault == "").then(name), "fault": fault})
    return read["value"], read["fault"]


def read_organisation(values: pl.Series, *, needed: bool = True) -> tuple[pl.Series, pl.Series]:
    """Return names of organisations, trimmed and otherwise as sent, and faults.

    Args:
        values: cells as text.
        needed: an empty cell is ``missing``; else it is null without a fault.
    """
    name = pl.col("raw").str.strip_chars()
    fault = fault_of(
        (pl.col("text").is_null(), "missing" if needed else ""),
        (~name.str.contains(r"[\p{L}\p{N}]") | name.str.contains(ERROR_VALUE), "missing"),
        (~name.str.contains(r"\p{L}"), "digits_only"),
        (name.str.len_chars() > LONGEST_ORGANISATION, "too_long"),
    )
    read = each_distinct(
        values,
        {"value": pl.when((fault == "") & pl.col("text").is_not_null()).then(name), "fault": fault},
    )
    return read["value"], read["fault"]
