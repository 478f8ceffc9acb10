"""One of a list, written as a word in one column or as a tick in one of several.

Ledgers of the 5.1 kind have a merged header 组建形式 over 单独建立, 联合建立, 网格建立, and a √ under
one of them; others have one column with the word. Both are read into one field.
"""

from collections.abc import Callable

import polars as pl

from ingest import values
from ingest.kinds.kind import Context, Group
from ingest.kinds.readers import choices

#: More than one box ticked, or a box and another word; a box that holds neither tick nor nothing.
TWO_TICKS, TICK = "two_ticks", "tick"

#: A box of a form that nobody ticked: where boxes are ticked it says no more than a blank.
_UNTICKED = r"^\s*[□☐▢]\s*$"

Words = Callable[[pl.Series], tuple[pl.Series, pl.Series]]


def options(name: str, *ticks: str, of: str = "", words: Words | None = None) -> Group:
    """Return the group of a field and its ticks, ``<name>_<code>`` for each code of ``ticks``.

    Args:
        name: the field; also its column, where the list is written in words.
        ticks: codes that may have a column of their own.
        of: the list in ``choices.toml``; by default that of the field's name.
        words: reads the column of words, where the list alone does not.
    """

    def read(raw: pl.DataFrame, context: Context) -> pl.DataFrame:
        listed = choices(of or name, context.code_books.get(name))
        sent = _column(raw, name)
        said, fault = words(sent) if words else values.read_choice(sent, listed)
        boxes = {code: values.read_yes_no(_box(raw, f"{name}_{code}")) for code in ticks}
        frame = pl.DataFrame(
            [
                said.alias("said"),
                fault.alias("fault"),
                *(ticked.alias(f"is_{code}") for code, (ticked, _) in boxes.items()),
                *(wrong.alias(f"wrong_{code}") for code, (_, wrong) in boxes.items()),
            ]
        )
        return frame.select(_merged(name, ticks))

    return Group(
        columns=(name, *(f"{name}_{code}" for code in ticks)),
        schema={name: pl.String(), f"{name}_fault": pl.String()},
        read=read,
    )


def _merged(name: str, ticks: tuple[str, ...]) -> list[pl.Expr]:
    said = pl.col("said")
    if not ticks:
        return [said.alias(name), pl.col("fault").alias(f"{name}_fault")]
    box = pl.coalesce(pl.when(pl.col(f"is_{code}")).then(pl.lit(code)) for code in ticks)
    number = pl.sum_horizontal(
        pl.col(f"is_{code}").fill_null(value=False).cast(pl.UInt8) for code in ticks
    )
    two = (number > 1) | (said != box).fill_null(value=False)
    wrong = pl.any_horizontal(pl.col(f"wrong_{code}") != "" for code in ticks)
    return [
        pl.when(~two).then(pl.coalesce(said, box)).alias(name),
        pl.when(two)
        .then(pl.lit(TWO_TICKS))
        .when(pl.col("fault") != "")
        .then("fault")
        .when(wrong)
        .then(pl.lit(TICK))
        .otherwise(pl.lit(""))
        .alias(f"{name}_fault"),
    ]


def _column(raw: pl.DataFrame, name: str) -> pl.Series:
    if name in raw.columns:
        return raw[name]
    return pl.Series(name, [None], dtype=pl.String).new_from_index(0, raw.height)


def _box(raw: pl.DataFrame, name: str) -> pl.Series:
    return _column(raw, name).str.replace(_UNTICKED, "")
