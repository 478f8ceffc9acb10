"""Political status: text to GB/T 4762-1984. Pure.

The product uses 01 (full member) and 02 (probationary member) alone. 03-13 are in the table only
so that their wordings are recognised and need no question; nothing stores them. Wordings that
merely say "not a member" have neither a code nor a fault: asking for more would be asking for
what nobody here may know.
"""

from functools import partial

import polars as pl

from liangxin.classify.tables import (
    BARE_CODE,
    NOT_A_STATUS,
    UNKNOWN,
    first_fault,
    found,
    once,
    wordings,
)
from liangxin.wording import digits, plain, said

_TABLE = "political_statuses.csv"
#: Codes that mean membership of the Party: full, probationary.
MEMBERS = ("01", "02")
#: The one numbering that can be declared; other systems swap 06 and 07 or begin elsewhere.
GB4762 = "gb4762"
#: A date in brackets behind the wording says when, not what: ``中共预备党员(2024年6月)``.
_WHEN = r"[(][0-9年月日号./\-至今]*(?:入党|加入|接收|发展|批准)?[)]$"


def political_status(text: pl.Expr, code_book: str | None = None) -> tuple[pl.Expr, pl.Expr]:
    """Return two expressions: the code ``01``-``13``, and which way a wording is wrong.

    The fault is ``not_a_status`` for an activist or applicant (no member; a person decides what
    was meant), ``bare_code`` for digits without a declared code book, ``unknown`` for the rest,
    two statuses in one cell among them. Empty is null without a fault.

    Args:
        text: what the roster says.
        code_book: ``gb4762`` where bare digits are known to be of that standard.

    Raises:
        ValueError: the code book is another.
    """
    if code_book not in {None, GB4762}:
        raise ValueError(f"political status has no code book {code_book!r}")
    declared = code_book == GB4762
    code = once(partial(_code, declared=declared), text)
    return code, once(partial(_fault, declared=declared), text)


def is_member(code: pl.Expr) -> pl.Expr:
    """Tell whether a code is a Party member's, full or probationary; false for null."""
    return code.is_in(MEMBERS).fill_null(value=False)


def _key(text: pl.Expr) -> pl.Expr:
    return plain(said(text).str.replace(_WHEN, ""))


def _code(text: pl.Expr, *, declared: bool) -> pl.Expr:
    by_text = found(_key(text), wordings(_TABLE, "code"))
    if not declared:
        return by_text
    numbers = {code: code for code in wordings(_TABLE, "code").values()}
    number = digits(text).str.strip_chars_start("0").str.zfill(2)
    return pl.coalesce(by_text, found(number, numbers))


def _fault(text: pl.Expr, *, declared: bool) -> pl.Expr:
    other = found(_key(text), wordings(_TABLE, "other"))
    code = _code(text, declared=declared)
    return first_fault(
        (said(text).is_null() | code.is_not_null() | (other == "no_member"), ""),
        (digits(text).is_not_null() & pl.lit(not declared), BARE_CODE),
        (other == NOT_A_STATUS, NOT_A_STATUS),
        (pl.lit(value=True), UNKNOWN),
    )
