"""Kinds of social organisation: association, service institution, foundation, law firm. Pure.

The code's second character was given with the registration, so it comes first; the type's text is
asked where the code is missing or older, and compared with it where both speak.
"""

from collections.abc import Mapping
from functools import cache

import polars as pl

from liangxin.classify.enterprises import (
    DISAGREE,
    SOCIAL_BRANCH_TEXT,
    professional,
    type_fault,
)
from liangxin.classify.tables import BARE_CODE, UNKNOWN, first_fault, found, once, table, wordings
from liangxin.wording import digits, plain, said

#: A service institution (民办非企业单位) may not have branches: such a row is a data error.
BRANCH_OF_SERVICE_INSTITUTION = "branch_of_service_institution"
_SERVICE_INSTITUTION = "service_institution"
#: What civil affairs registers; a code of another department says it did not.
_CIVIL = ("association", _SERVICE_INSTITUTION, "foundation")
#: Enterprise types that any list could hold.
_ANYTHING = ("其他", "其他类型")


@cache
def _by_prefix() -> Mapping[str, str]:
    return dict(table("uscc_kinds.csv").select("prefix", "social").drop_nulls().iter_rows())


@cache
def _kinds_of_code() -> Mapping[str, str]:
    return dict(table("uscc_kinds.csv").select("prefix", "kind").iter_rows())


@cache
def _official() -> Mapping[str, str]:
    """The words of law for each kind, known inside longer texts: ``民办非企业单位（法人）``."""
    frame = table("social_kinds.csv").filter(pl.col("inside") == "yes")
    return dict(frame.select(plain(pl.col("text")).alias("text"), "kind").iter_rows())


def social_kind(uscc: pl.Expr, text: pl.Expr, name: pl.Expr | None = None) -> pl.Expr:
    """``association``, ``service_institution``, ``foundation`` or ``law_firm``; else null.

    With the names also ``accounting_firm`` and ``tax_firm``, which the market regulator registers.
    """
    kind = once(_kind, _prefix(uscc), text)
    if name is None:
        return kind
    profession = professional(uscc, name)
    return pl.when(profession != "").then(profession + "_firm").otherwise(kind)


def _prefix(uscc: pl.Expr) -> pl.Expr:
    """Department and category of a whole code; an older number begins with its place."""
    return pl.when(uscc.str.len_bytes() == 18).then(uscc.str.slice(0, 2))


def social_fault(uscc: pl.Expr, text: pl.Expr) -> pl.Expr:
    """Say which way a social organisation's type is wrong; ``""`` if empty or fine.

    ``bare_code``: digits alone. ``branch_of_service_institution``: none may exist. ``disagree``:
    text and code are of different kinds. ``unknown``: a wording for no kind at all.
    """
    return once(_fault, _prefix(uscc), text)


def _kind(prefix: pl.Expr, text: pl.Expr) -> pl.Expr:
    return pl.coalesce(found(prefix, _by_prefix()), _by_text(text))


def _fault(prefix: pl.Expr, text: pl.Expr) -> pl.Expr:
    by_code, by_text = found(prefix, _by_prefix()), _by_text(text)
    is_enterprise = (type_fault(text) == "") & ~plain(text).is_in(_ANYTHING)
    part = text.str.contains(SOCIAL_BRANCH_TEXT)
    service = pl.coalesce(by_code, by_text) == _SERVICE_INSTITUTION
    elsewhere = found(prefix, _kinds_of_code()).is_in(["enterprise", "other"])
    return first_fault(
        (said(text).is_null(), ""),
        (digits(text).is_not_null(), BARE_CODE),
        (part & service, BRANCH_OF_SERVICE_INSTITUTION),
        (by_text != by_code, DISAGREE),
        (elsewhere & by_text.is_in(_CIVIL), DISAGREE),
        (by_text.is_not_null() | part, ""),
        (is_enterprise & (by_code != "law_firm"), DISAGREE),
        (is_enterprise, ""),
        (pl.lit(value=True), UNKNOWN),
    )


def _by_text(text: pl.Expr) -> pl.Expr:
    """The kind a type's text says: a whole wording, or the words of law for one kind alone."""
    key = plain(text)
    official = _official()
    inside = {
        kind: pl.any_horizontal(
            key.str.contains(word, literal=True) for word, k in official.items() if k == kind
        )
        for kind in dict.fromkeys(official.values())
    }
    alone = pl.sum_horizontal(inside.values()) == 1
    named = [pl.when(alone & there).then(pl.lit(kind)) for kind, there in inside.items()]
    return pl.coalesce(found(key, wordings("social_kinds.csv", "kind")), *named)
