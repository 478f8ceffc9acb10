"""Readers of single columns: what ``ingest.values`` reads, made to fit the fields of a kind.

Each returns a `Field`, so that a kind's fields read as a table.
"""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

import polars as pl

from ingest import values
from ingest.kinds.kind import Context, Field
from liangxin import classify
from liangxin.ids import uscc
from liangxin.wording import said

#: Of everybody's political status only these two have a use; the others go no further than
#: the cell they stood in (DESIGN §8.2).
FULL, PROBATIONARY = "01", "02"
#: Between the organisations of one cell.
_BETWEEN = r"\s*[、;,\n\r|]+\s*"
#: Names longer than this are several without anything between them.
_LONGEST_NAME = 60


@cache
def choices(name: str, book: str | None = None) -> Mapping[str, tuple[str, ...]]:
    """Return a list of ``choices.toml``: our code -> its wordings, with the numbers of a book.

    Raises:
        ValueError: the list has no code book of that name.
    """
    numbers: Mapping[str, tuple[str, ...]] = {}
    if book is not None:
        numbers = _lists().get(f"books.{book}.{name}", {})
        if not numbers:
            raise ValueError(f"{name} has no code book {book!r}")
    return {code: (*words, *numbers.get(code, ())) for code, words in _lists()[name].items()}


@cache
def _lists() -> Mapping[str, Mapping[str, tuple[str, ...]]]:
    """All lists by name; those of code books as ``books.<book>.<name>``."""
    text = files("ingest.kinds").joinpath("choices.toml").read_text(encoding="utf-8")
    read = tomllib.loads(text)
    books = read.pop("books")
    read |= {
        f"books.{book}.{name}": listed
        for book, lists in books.items()
        for name, listed in lists.items()
    }
    return {
        name: {code: tuple(words) for code, words in listed.items()}
        for name, listed in read.items()
    }


def texts(*names: str) -> tuple[Field, ...]:
    """Fields of free text: never a fault, no column is needed."""
    return tuple(Field(name, _text) for name in names)


def _text(sent: pl.Series, context: Context) -> tuple[pl.Series, pl.Series]:  # noqa: ARG001
    return _said(sent), _fine(sent)


def codes(name: str, *, needed: bool = False) -> Field:
    """A unified social credit code."""

    def read(sent: pl.Series, context: Context) -> tuple[pl.Series, pl.Series]:  # noqa: ARG001
        found, faults = uscc.read(sent)
        good = pl.DataFrame({"code": found, "fault": faults}).select(
            pl.when(pl.col("fault") == "").then("code")
        )
        return good.to_series(), faults

    return Field(name, read, needed=needed, hint=uscc.suggest)


def persons(name: str, *, needed: bool = False) -> Field:
    """A person's name."""
    return Field(name, lambda sent, _: values.read_person(sent), needed=needed)


def organisations(name: str) -> Field:
    """The name of the organisation that the row is about."""
    return Field(name, lambda sent, _: values.read_organisation(sent), needed=True)


def several_organisations(name: str) -> Field:
    """Names of organisations in one cell, with ``、`` or ``；`` between them; a list."""

    def read(sent: pl.Series, context: Context) -> tuple[pl.Series, pl.Series]:  # noqa: ARG001
        part = pl.element()
        found = pl.DataFrame({"text": _said(sent)}).with_columns(
            value=pl.col("text")
            .str.replace_all(_BETWEEN, "、")
            .str.strip_chars("、 ")
            .str.split("、")
        )
        digits = pl.col("value").list.eval(part.str.contains(r"^[0-9.\s-]+$")).list.any()
        long = pl.col("value").list.eval(part.str.len_chars() > _LONGEST_NAME).list.any()
        fault = pl.when(digits).then(pl.lit("digits_only")).when(long).then(pl.lit("too_long"))
        found = found.with_columns(fault=fault.otherwise(pl.lit("")).fill_null(""))
        return found["value"], found["fault"]

    return Field(name, read)


def counts(*names: str) -> tuple[Field, ...]:
    """Fields that say how many."""
    return tuple(Field(name, lambda sent, _: values.read_count(sent)) for name in names)


def answers(*names: str) -> tuple[Field, ...]:
    """Fields that say yes or no."""
    return tuple(Field(name, lambda sent, _: values.read_yes_no(sent)) for name in names)


def days(*names: str, needed: bool = False) -> tuple[Field, ...]:
    """Days that have been."""
    return tuple(
        Field(name, lambda sent, it: values.read_date(sent, today=it.today), needed=needed)
        for name in names
    )


def coming_days(name: str) -> Field:
    """A day that may lie ahead, at most ten years."""

    def read(sent: pl.Series, context: Context) -> tuple[pl.Series, pl.Series]:
        latest = context.today.replace(year=context.today.year + 10, day=1)
        return values.read_date(sent, today=latest)

    return Field(name, read)


def phones(*names: str) -> tuple[Field, ...]:
    """Telephone numbers."""
    return tuple(
        Field(name, lambda sent, _: values.read_phone(sent), hint=values.suggest_phone)
        for name in names
    )


def money(name: str) -> Field:
    """An amount in ten thousand yuan; the header may name the unit."""
    return Field(name, lambda sent, _: values.read_wan(sent, values.unit_of_header(sent.name)))


def areas(name: str) -> Field:
    """Square metres."""

    def read(sent: pl.Series, context: Context) -> tuple[pl.Series, pl.Series]:  # noqa: ARG001
        number = pl.col("text").str.replace_all(r"[\s,]", "")
        frame = pl.DataFrame({"text": _said(sent)}).with_columns(
            number=number.str.extract(
                r"^(-?[0-9]+(?:\.[0-9]+)?)(?:m2|㎡|平方米|平米|平方|平)?$"
            ).cast(pl.Float64, strict=False)
        )
        told = frame.select(
            value=pl.when(pl.col("number") >= 0).then("number"),
            fault=pl.when(pl.col("text").is_null())
            .then(pl.lit(""))
            .when(pl.col("number") < 0)
            .then(pl.lit("negative"))
            .when(pl.col("number").is_null())
            .then(pl.lit("unreadable"))
            .otherwise(pl.lit("")),
        )
        return told["value"], told["fault"]

    return Field(name, read)


def choice(name: str, of: str = "", *, needed: bool = False) -> Field:
    """One of the list ``of`` in ``choices.toml`` (by default the one of the field's name)."""

    def read(sent: pl.Series, context: Context) -> tuple[pl.Series, pl.Series]:
        return values.read_choice(sent, choices(of or name, context.code_books.get(name)))

    return Field(name, read, needed=needed)


def membership(name: str) -> Field:
    """A claim to be a member; any other political status is read, found right, and dropped."""

    def read(sent: pl.Series, context: Context) -> tuple[pl.Series, pl.Series]:
        status, faults = _status(sent, context, name)
        kept = pl.DataFrame({"status": status}).select(_only(FULL, PROBATIONARY))
        return kept.to_series(), faults

    return Field(name, read)


def full_membership(name: str) -> Field:
    """A political status that must be a full member's: else ``probationary`` or ``no_member``."""

    def read(sent: pl.Series, context: Context) -> tuple[pl.Series, pl.Series]:
        status, faults = _status(sent, context, name)
        frame = pl.DataFrame({"status": status, "fault": faults, "text": _said(sent)})
        something = pl.col("text").is_not_null() & (pl.col("fault") == "")
        told = frame.select(
            _only(FULL),
            pl.when(pl.col("status") == PROBATIONARY)
            .then(pl.lit("probationary"))
            .when(something & pl.col("status").ne_missing(FULL))
            .then(pl.lit("no_member"))
            .otherwise("fault")
            .alias("fault"),
        )
        return told["status"], told["fault"]

    return Field(name, read)


def member_category(name: str) -> Field:
    """Full or probationary; whoever is on the way to it is no member (``not_a_member``)."""

    def read(sent: pl.Series, context: Context) -> tuple[pl.Series, pl.Series]:  # noqa: ARG001
        found, faults = values.read_choice(sent, choices("member_category"))
        frame = pl.DataFrame({"status": found, "fault": faults})
        told = frame.select(
            _only(FULL, PROBATIONARY),
            pl.when(pl.col("status") == "none")
            .then(pl.lit("not_a_member"))
            .otherwise("fault")
            .alias("fault"),
        )
        return told["status"], told["fault"]

    return Field(name, read)


def firm_types(sent: pl.Series) -> tuple[pl.Series, pl.Series]:
    """Read the ledger's three types; a regulator's wording is no fault, but says none of them."""
    found, faults = values.read_choice(sent, choices("firm_type"))
    told = pl.DataFrame({"text": sent, "fault": faults}).select(
        pl.when(classify.type_fault(pl.col("text")) == "").then(pl.lit("")).otherwise("fault")
    )
    return found, told.to_series()


def _status(sent: pl.Series, context: Context, name: str) -> tuple[pl.Series, pl.Series]:
    """Political status of each distinct wording: code and fault."""
    code, fault = classify.political_status(pl.col("text"), context.code_books.get(name))
    cells = pl.DataFrame({"text": sent})
    read = cells.unique().with_columns(status=code, fault=fault)
    told = cells.join(read, on="text", how="left", nulls_equal=True, maintain_order="left")
    return told["status"], told["fault"]


def _only(*kept: str) -> pl.Expr:
    return pl.when(pl.col("status").is_in(kept)).then("status").alias("status")


def _said(sent: pl.Series) -> pl.Series:
    return pl.DataFrame({"sent": sent}).select(said(pl.col("sent"))).to_series()


def _fine(sent: pl.Series) -> pl.Series:
    return pl.Series([""], dtype=pl.String).new_from_index(0, len(sent))
