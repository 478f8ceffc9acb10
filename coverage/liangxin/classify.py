"""Type text and code to ownership class; status text to the exchange code. Pure.

Text first, code second (registers file the same text under different codes). What is empty or
unknown is ``REVIEW``: a person decides, this module never guesses. Law firms (31…) count as
social organisations, as the national statistics do.
"""

from functools import cache
from importlib.resources import files

import polars as pl

#: Ownership classes; ``SOCIAL`` covers every social organisation, ``OUTSIDE`` is not two-new.
REVIEW, SOCIAL, OUTSIDE = "REVIEW", "SOCIAL", "OUTSIDE"


def table(name: str) -> pl.DataFrame:
    """Return a reference table by file name, comments dropped, all columns as text."""
    data = files("liangxin.reference").joinpath(name).read_bytes()
    return pl.read_csv(data, infer_schema=False, comment_prefix="#")


def plain(text: pl.Expr) -> pl.Expr:
    """Normalise a wording for look-up: NFKC, no blanks, one kind of comma."""
    return (
        text.str.normalize("NFKC")
        .str.replace_all(r"\s", "")
        .str.replace_all("[,，]", ",")
        .fill_null("")
    )


@cache
def _types() -> dict[str, str]:
    frame = table("enterprise_types.csv").select(plain(pl.col("text")).alias("text"), "class")
    return dict(frame.unique("text", keep="first").iter_rows())


@cache
def _statuses() -> dict[str, str]:
    frame = table("statuses.csv").select(plain(pl.col("text")).alias("text"), "code")
    return dict(frame.unique("text", keep="first").iter_rows())


@cache
def _kinds() -> tuple[dict[str, str], dict[str, str]]:
    frame = table("uscc_kinds.csv")
    kinds = dict(frame.select("prefix", "kind").iter_rows())
    classes = dict(
        frame.filter(pl.col("class").fill_null("") != "").select("prefix", "class").iter_rows()
    )
    return kinds, classes


def kind(uscc: pl.Expr) -> pl.Expr:
    """``enterprise``, ``social`` or ``other``, from the code's first two characters."""
    return uscc.str.slice(0, 2).replace_strict(_kinds()[0], default="other", return_dtype=pl.String)


def ownership(uscc: pl.Expr, enterprise_type: pl.Expr) -> pl.Expr:
    """The class that decides who is in the denominator; ``REVIEW`` where a person must say.

    Kind of code first where it settles the matter (social organisation, individual business,
    co-operative, or something that is not two-new at all), then the type's text.
    """
    prefix = uscc.str.slice(0, 2)
    by_text = plain(enterprise_type).replace_strict(
        _types(), default=REVIEW, return_dtype=pl.String
    )
    return (
        pl.when(prefix == "91")
        .then(by_text)
        .otherwise(prefix.replace_strict(_kinds()[1], default=REVIEW, return_dtype=pl.String))
    )


def status(text: pl.Expr) -> pl.Expr:
    """The exchange code (1-6, 9) of a status text; null for empty or unknown wording."""
    return plain(text).replace_strict(_statuses(), default=None, return_dtype=pl.String)
