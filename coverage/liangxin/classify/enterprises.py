"""Kind of organisation, enterprise type and ownership class. Pure.

Class by the enterprise type's text; a code column settles only what the text leaves open, and is
never believed against it: one public data set files ``自然人投资或控股`` under 1223 (state
controlled) and ``法人独资`` under 1152 (domain notes §2).
"""

from collections.abc import Mapping, Sequence
from functools import cache, partial

import polars as pl

from liangxin.classify.tables import BARE_CODE, UNKNOWN, first_fault, found, once, table, wordings
from liangxin.wording import digits, plain, said

#: Ownership classes; ``SOCIAL`` covers every social organisation, ``OUTSIDE`` is not two-new.
REVIEW, SOCIAL, OUTSIDE = "REVIEW", "SOCIAL", "OUTSIDE"
BRANCH = "BRANCH"
#: Classes that cannot be a professional firm of partners or shareholders: a person must look.
PUBLIC = ("PUBLIC", "COLLECTIVE")
DISAGREE = "disagree"
#: The one numbering of types that can be declared: the four digits of the registration system.
GB = "gb"
#: What a text says in any wording: an entity that is part of another.
_BRANCH_TEXT = "分公司|分支机构"
#: What a social organisation's type says if it is no legal person of its own.
SOCIAL_BRANCH_TEXT = "分支|代表机构|分会|办事处|分部"

#: How the names of professional firms end; a place or trade may stand in brackets before the
#: legal form. 会计服务, 代理记账 and the like are ordinary firms, and 分所 ends otherwise.
_FIRM = (
    r"{}\s*事务所\s*(?:[(（][^()（）]{{1,12}}[)）])?\s*(?:集团)?(?:有限责任公司|股份有限公司|有限公司)?"
    r"\s*(?:[(（][^()（）]*(?:合伙|有限责任)[^()（）]*[)）])?\s*$"
)
_PROFESSIONS = {"law": "律师", "accounting": "会计师", "tax": "税务师"}
_PART_NAME = "分所|分公司|办事处|分部|代表处"
_PART = "part"


@cache
def _kinds() -> tuple[Mapping[str, str], Mapping[str, str]]:
    frame = table("uscc_kinds.csv")
    return (
        dict(frame.select("prefix", "kind").iter_rows()),
        dict(frame.select("prefix", "class").drop_nulls().iter_rows()),
    )


@cache
def _codes() -> Mapping[str, str]:
    """Class of each four-digit code; of several rows of a code the official one comes first."""
    frame = table("enterprise_types.csv").select("code", "class").drop_nulls()
    return dict(frame.unique("code", keep="first").iter_rows())


@cache
def _stems() -> Mapping[str, str]:
    """What the codes beneath a general wording begin with: ``有限责任公司`` (1100) → ``11``."""
    general = table("enterprise_types.csv").filter(
        pl.col("class") == REVIEW,
        pl.col("code") != "9900",  # "other": what is listed beside it is not beneath it
    )
    stems = general.select(
        plain(pl.col("text")).alias("text"), pl.col("code").str.strip_chars_end("0")
    )
    return dict(stems.unique("text", keep="first").iter_rows())


def kind(uscc: pl.Expr, name: pl.Expr | None = None) -> pl.Expr:
    """``enterprise``, ``social`` or ``other``, from the code's first two characters.

    With the names, accounting and tax firms of the market regulator are ``social`` too.
    """
    by_code = found(uscc.str.slice(0, 2), _kinds()[0]).fill_null("other")
    if name is None:
        return by_code
    return pl.when(professional(uscc, name) != "").then(pl.lit("social")).otherwise(by_code)


def professional(uscc: pl.Expr, name: pl.Expr) -> pl.Expr:
    """``law``, ``accounting`` or ``tax`` for a firm of that profession, else ``""``.

    Law firms have codes of the justice department (31); the others are registered as firms (91)
    and known by how their names end. Branches (分所) are none.
    """
    found_as = _profession(uscc, name)
    return pl.when(found_as == _PART).then(pl.lit("")).otherwise(found_as)


def _profession(uscc: pl.Expr, name: pl.Expr) -> pl.Expr:
    """As `professional`, and ``part`` for a branch of such a firm; only near names are read."""

    def each(series: Sequence[pl.Series]) -> pl.Series:
        prefix, names = series[0].cast(pl.String).str.slice(0, 2), series[1].cast(pl.String)
        near = (prefix == "31") | names.str.contains("事务所", literal=True)
        places = near.fill_null(value=False).arg_true()
        close = pl.DataFrame({"prefix": prefix.gather(places), "name": names.gather(places)})
        nothing = pl.Series([""], dtype=pl.String).new_from_index(0, len(names))
        return nothing.scatter(places, close.select(_by_name()).to_series())

    return pl.map_batches([uscc, name], each, return_dtype=pl.String, is_elementwise=True)


def _by_name() -> pl.Expr:
    """The profession by the columns ``prefix`` and ``name``."""
    name, prefix = pl.col("name"), pl.col("prefix").fill_null("")
    part = name.str.contains(_PART_NAME).fill_null(value=False)
    may = prefix.is_in(["91", "31"]) & ~part
    return first_fault(
        *((may & name.str.contains(_FIRM.format(w)), code) for code, w in _PROFESSIONS.items()),
        (
            prefix.is_in(["91", "31"])
            & part
            & name.str.contains(r"(?:律师|会计师|税务师)\s*事务所"),
            _PART,
        ),
        (prefix == "31", "law"),
    )


def type_class(
    text: pl.Expr, code: pl.Expr | None = None, *, code_book: str | None = None
) -> pl.Expr:
    """The class an enterprise type says; ``REVIEW`` where it says nothing or leaves it open.

    A code is asked only where the text is empty, unknown, or general and the code beneath it
    (``有限责任公司`` and 1130); what an exact text leaves open, no code closes.

    Args:
        text: the type's wording.
        code: the four digits of the registration system, where a column holds them.
        code_book: ``gb`` if digits in the *text* column are those four; undeclared they say nothing.

    Raises:
        ValueError: the code book is another.
    """
    code = pl.lit(None, dtype=pl.String) if code is None else code
    return once(partial(_class, code_book=_declared(code_book)), text, code)


def type_disagreement(text: pl.Expr, code: pl.Expr, *, code_book: str | None = None) -> pl.Expr:
    """``disagree`` where text and code each say a class and not the same; else ``""``."""
    return once(partial(_disagreement, code_book=_declared(code_book)), text, code)


def type_fault(text: pl.Expr, code_book: str | None = None) -> pl.Expr:
    """Say why a type cell says nothing: ``bare_code`` or ``unknown``; ``""`` if empty or known."""
    return once(partial(_fault, code_book=_declared(code_book)), text)


def ownership(
    uscc: pl.Expr,
    enterprise_type: pl.Expr,
    type_code: pl.Expr | None = None,
    *,
    name: pl.Expr | None = None,
    code_book: str | None = None,
) -> pl.Expr:
    """The class that decides who is in the denominator; ``REVIEW`` where a person must say.

    Kind of code first where it settles the matter (social organisation, individual business,
    co-operative, or something that is not two-new at all), then the type. A social organisation
    whose type says it is part of another is a ``BRANCH``. With the names, professional firms are
    ``SOCIAL``; if the type says the state or a collective owns one, that is for a person.

    Args:
        uscc: compacted codes.
        enterprise_type: the type's wording.
        type_code: the type's four digits, where a column holds them.
        name: names, to know professional firms by; without them such firms go by their type.
        code_book: see `type_class`.

    Raises:
        ValueError: there is no such code book.
    """
    nothing = pl.lit(None, dtype=pl.String)
    return once(
        partial(_owned, code_book=_declared(code_book)),
        uscc.str.slice(0, 2),
        enterprise_type,
        nothing if type_code is None else type_code,
        nothing if name is None else _profession(uscc, name),
    )


def _owned(
    prefix: pl.Expr, text: pl.Expr, code: pl.Expr, profession: pl.Expr, *, code_book: str | None
) -> pl.Expr:
    by_type = _class(text, code, code_book=code_book)
    by_code = found(prefix, _kinds()[1]).fill_null(REVIEW)
    part = text.str.contains(SOCIAL_BRANCH_TEXT) | (profession == _PART)
    firm = (prefix == "91") & profession.is_in(list(_PROFESSIONS))
    return (
        pl.when(firm & by_type.is_in(PUBLIC))
        .then(pl.lit(REVIEW))
        .when(firm & (by_type != BRANCH))
        .then(pl.lit(SOCIAL))
        .when((prefix == "91") & (profession == _PART) & (by_type == REVIEW))
        .then(pl.lit(BRANCH))
        .when(prefix == "91")
        .then(by_type)
        .when((by_code == SOCIAL) & part)
        .then(pl.lit(BRANCH))
        .otherwise(by_code)
    )


def _class(text: pl.Expr, code: pl.Expr, *, code_book: str | None) -> pl.Expr:
    by_text, by_code, beneath = _type(text, code, code_book)
    settled = pl.when(by_text.is_null() | ((by_text == REVIEW) & beneath)).then(by_code)
    return pl.coalesce(settled, by_text, pl.lit(REVIEW))


def _disagreement(text: pl.Expr, code: pl.Expr, *, code_book: str | None) -> pl.Expr:
    by_text, by_code, _ = _type(text, code, code_book)
    both = (by_text != REVIEW) & (by_code != REVIEW)
    return first_fault((both & (by_text != by_code), DISAGREE))


def _fault(text: pl.Expr, *, code_book: str | None) -> pl.Expr:
    by_text, by_code, _ = _type(text, pl.lit(None, dtype=pl.String), code_book)
    return first_fault(
        (said(text).is_null() | by_text.is_not_null() | by_code.is_not_null(), ""),
        (digits(text).is_not_null() & pl.lit(code_book is None), BARE_CODE),
        (pl.lit(value=True), UNKNOWN),
    )


def _type(text: pl.Expr, code: pl.Expr, code_book: str | None) -> tuple[pl.Expr, pl.Expr, pl.Expr]:
    """Class by the text, class by the code (null: unknown), and whether the code is beneath it."""
    key = plain(text)
    exact = found(key, wordings("enterprise_types.csv", "class"))
    by_text = pl.coalesce(exact, pl.when(key.str.contains(_BRANCH_TEXT)).then(pl.lit(BRANCH)))
    number = digits(code)
    if code_book == GB:
        number = pl.coalesce(number, digits(text))
    stem = found(key, _stems())
    return by_text, found(number, _codes()), number.str.starts_with(stem).fill_null(value=False)


def _declared(code_book: str | None) -> str | None:
    """Return the code book.

    Raises:
        ValueError: types have no such code book.
    """
    if code_book not in {None, GB}:
        raise ValueError(f"enterprise types have no code book {code_book!r}")
    return code_book
