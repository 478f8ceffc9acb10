"""What a kind of file is, and how its batches become typed columns.

A kind lists its fields; each is read by a function of one text column (or of several that mean
something only together: a document's type and number, a list of ticks). Then rules across fields
look at the row as a whole. Nothing is refused here: a fault is a code in a ``…_fault`` column,
for the suite of the same name in ``expectations`` to judge. Pure.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache

import polars as pl

from ingest.parse import MORE, ROW

#: The fault of an empty cell that is needed.
MISSING = "missing"


@dataclass(frozen=True, slots=True)
class Context:
    """What reading needs to know besides the cells."""

    today: date  # nothing can have happened later
    code_books: Mapping[str, str] = field(default_factory=dict)  # field -> declared code book


#: Reads one column: values, and for each the code of its fault (``""`` where all is well). The
#: series bears the file's own header as its name, for units that are written there.
Reader = Callable[[pl.Series, Context], tuple[pl.Series, pl.Series]]
#: What may be meant instead of each value, given the values as sent and their faults.
Hinter = Callable[[pl.Series, pl.Series], pl.Series]


@dataclass(frozen=True, slots=True)
class Field:
    """One column: our name and how it is read."""

    name: str
    read: Reader
    needed: bool = False  # an empty cell is the fault "missing"
    hint: Hinter | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """Columns that are read together.

    ``read`` gets those of ``columns`` that the file has, as text, under our names, and returns
    exactly the columns of ``schema``: values, their faults (and hints, if any).
    """

    columns: tuple[str, ...]
    schema: Mapping[str, pl.DataType]
    read: Callable[[pl.DataFrame, Context], pl.DataFrame]


@dataclass(frozen=True, slots=True)
class Sheet:
    """What rules across fields may ask about the file itself."""

    has: frozenset[str]  # our names of the columns it has
    context: Context


#: Faults that only several fields together show: "…_fault" -> the code, as an expression over the
#: typed columns. The names are always the same; where a file cannot show a fault it is ``""``.
Across = Callable[[Sheet], Mapping[str, pl.Expr]]


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of file."""

    name: str
    title: str
    title_en: str
    fields: tuple[Field, ...]
    columns_needed: tuple[str, ...]  # a file without these headers is no such file
    keys: tuple[str, ...]  # a row without any of these is no data: a total, a note
    identity: str | None  # the field by which a row may occur once a file
    groups: tuple[Group, ...] = ()
    across: tuple[Across, ...] = ()
    secret: frozenset[str] = frozenset()  # fields about persons: shown in the clerk's own file only
    no_persons: bool = False  # a file that also names persons is refused whole

    @property
    def columns(self) -> tuple[str, ...]:
        """Our names of all columns that are read; every other one is left alone."""
        single = tuple(each.name for each in self.fields)
        return single + tuple(column for group in self.groups for column in group.columns)


def normalise(
    batch: pl.DataFrame, columns: Mapping[str, str], kind: Kind, context: Context
) -> pl.DataFrame:
    """Return a batch's rows with typed columns and their faults, in the same order.

    Args:
        batch: text columns under the sender's headers, with ``ROW`` and ``MORE``.
        columns: our field -> the sender's header; what is not there becomes null, without fault.
        kind: the kind of file.
        context: today, and which code books the sender declared.

    Returns:
        ``file_row``, ``row_fault``, and for each field its value, ``<field>_fault`` and for some
        ``<field>_hint``; then the faults across fields.
    """
    found = [
        batch[ROW].cast(pl.UInt32).alias("file_row"),
        batch.select(
            pl.when(pl.col(MORE).is_not_null()).then(pl.lit("more_cells")).otherwise(pl.lit(""))
        )
        .to_series()
        .alias("row_fault"),
    ]
    for each in kind.fields:
        found += _one(each, batch, columns, context)
    for group in kind.groups:
        found += _together(group, batch, columns, context)
    frame = pl.DataFrame(found)
    sheet = Sheet(frozenset(columns), context)
    for across in kind.across:
        frame = frame.with_columns(
            expression.fill_null("").alias(name) for name, expression in across(sheet).items()
        )
    return frame


def text_column(batch: pl.DataFrame, header: str) -> pl.Series:
    """A column of a batch as text; a column of no cells at all is text too."""
    return batch[header].cast(pl.String)


def _one(
    each: Field, batch: pl.DataFrame, columns: Mapping[str, str], context: Context
) -> list[pl.Series]:
    if each.name not in columns:
        return [
            pl.Series(each.name, [None], dtype=_dtype(each)).new_from_index(0, batch.height),
            *(_nothing(name, batch.height) for name in _beside(each)),
        ]
    sent = text_column(batch, columns[each.name])
    values, faults = each.read(sent, context)
    if each.needed:
        empty = values.is_null() & (faults == "")
        faults = faults.set(empty, MISSING) if empty.any() else faults
    else:
        absent = faults == MISSING
        faults = faults.set(absent, "") if absent.any() else faults
    result = [values.alias(each.name), faults.alias(f"{each.name}_fault")]
    if each.hint is not None:
        result.append(each.hint(sent, faults).alias(f"{each.name}_hint"))
    return result


@cache
def _dtype(each: Field) -> pl.DataType:
    """The type of a field's values, by reading no cell."""
    values, _ = each.read(pl.Series(each.name, [], dtype=pl.String), Context(date(2000, 1, 1)))
    return values.dtype


def _beside(each: Field) -> list[str]:
    return [f"{each.name}_fault", *([f"{each.name}_hint"] if each.hint else [])]


def _together(
    group: Group, batch: pl.DataFrame, columns: Mapping[str, str], context: Context
) -> list[pl.Series]:
    raw = [
        text_column(batch, columns[name]).alias(name) for name in group.columns if name in columns
    ]
    if raw:
        return group.read(pl.DataFrame(raw), context).select(list(group.schema)).get_columns()
    return [
        _nothing(name, batch.height)
        if name.endswith(("_fault", "_hint"))
        else pl.Series(name, [None], dtype=dtype).new_from_index(0, batch.height)
        for name, dtype in group.schema.items()
    ]


def _nothing(name: str, height: int) -> pl.Series:
    return pl.Series(name, [""], dtype=pl.String).new_from_index(0, height)
