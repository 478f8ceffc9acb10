"""Words put to rows, each kind worded for its own rows. Pure.

Wording all kinds for every row, as one expression of cases does, takes longer than finding where
the rows are.
"""

import polars as pl

Words = tuple[pl.Expr, pl.Expr]  # Chinese, English
Case = tuple[pl.Expr, pl.Expr, pl.Expr]  # when, Chinese, English


def cases_of(
    rows: pl.DataFrame, cases: list[Case], otherwise: Words, *, beside: tuple[str, ...]
) -> list[tuple[pl.DataFrame, Words]]:
    """The rows by the first case that holds of each, in order, with the words for them.

    Of the columns those that the words need, and those named in ``beside``.
    """
    if rows.is_empty():
        return []
    rows = rows.rechunk()  # of columns in dozens of pieces Polars cannot format all
    which = rows.select(
        pl.coalesce(
            *(pl.when(case).then(pl.lit(place)) for place, (case, _, _) in enumerate(cases)),
            pl.lit(len(cases)),
        ).alias("which")
    ).to_series()
    wordings: list[Words] = [*((zh, en) for _, zh, en in cases), otherwise]
    parted = []
    for place in which.unique().sort():
        zh, en = wordings[place]
        needed = dict.fromkeys((*beside, *zh.meta.root_names(), *en.meta.root_names()))
        parted.append((rows.select(*needed).filter(which == place), (zh, en)))
    return parted
