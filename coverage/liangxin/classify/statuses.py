"""Registration status: text to the seven-code exchange list. Pure."""

from collections.abc import Mapping
from functools import partial

import polars as pl

from liangxin.classify.tables import (
    BARE_CODE,
    NOT_A_STATUS,
    UNKNOWN,
    book,
    first_fault,
    found,
    once,
    wordings,
)
from liangxin.wording import digits, plain, said


def status(text: pl.Expr, code_book: str | None = None) -> pl.Expr:
    """The exchange code (1-6, 9) of a status text; null for empty or unknown wording.

    Args:
        text: what the publisher wrote.
        code_book: whose numbering bare digits are: ``exchange``, ``credit_bureau``, or nobody's
            (a 3 is "revoked and deregistered" to the one and "deregistered" to the other).

    Raises:
        ValueError: there is no such code book.
    """
    return once(partial(_code, numbers=_numbers(code_book)), text)


def status_fault(text: pl.Expr, code_book: str | None = None) -> pl.Expr:
    """Say why a status text has no code: ``bare_code``, ``not_a_status`` or ``unknown``.

    ``not_a_status`` are marks beside the status (in the list of abnormal operation, announced for
    deregistration): the firm's status is something else, and has to be asked for.

    Raises:
        ValueError: there is no such code book.
    """
    return once(partial(_fault, numbers=_numbers(code_book)), text)


def _numbers(code_book: str | None) -> Mapping[str, str] | None:
    return None if code_book is None else book("status_books.csv", code_book)


def _code(text: pl.Expr, *, numbers: Mapping[str, str] | None) -> pl.Expr:
    by_text = found(plain(text), wordings("statuses.csv", "code"))
    return by_text if numbers is None else pl.coalesce(by_text, found(digits(text), numbers))


def _fault(text: pl.Expr, *, numbers: Mapping[str, str] | None) -> pl.Expr:
    return first_fault(
        (said(text).is_null() | _code(text, numbers=numbers).is_not_null(), ""),
        (digits(text).is_not_null() & pl.lit(numbers is None), BARE_CODE),
        (plain(text).is_in(list(wordings("status_flags.csv", "flag"))), NOT_A_STATUS),
        (pl.lit(value=True), UNKNOWN),
    )
