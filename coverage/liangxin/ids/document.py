"""The identity document of one row of a list of people: which kind it is, and its number.

What the row calls the document is heard first. But people write 身份证 for whatever has eighteen
characters, so where the number is good as another kind, the number is believed and the word is
questioned. A number that is good as nothing is told its faults as what the row calls it, or, if
it calls it nothing, as what its shape says.
"""

from collections.abc import Callable
from datetime import date
from functools import cache

import polars as pl

from liangxin import classify
from liangxin.ids import (
    foreign_card,
    passport,
    pattern,
    residence_permit,
    resident_id,
    travel_permit,
    writing,
)

RESIDENT_ID = "resident_id"
RESIDENCE_PERMIT = "residence_permit"
FOREIGN_CARD = "foreign_card"
PASSPORT = "passport"
FOREIGN_PASSPORT = "foreign_passport"
TRAVEL_PERMIT_HK_MO = "travel_permit_hk_mo"
TRAVEL_PERMIT_TW = "travel_permit_tw"
OTHER = "other"  # a document that exists, but whose number nobody can check
UNKNOWN = "unknown"  # no word for it, and the number has no document's shape
KINDS = (
    *(RESIDENT_ID, RESIDENCE_PERMIT, FOREIGN_CARD, PASSPORT, FOREIGN_PASSPORT),
    *(TRAVEL_PERMIT_HK_MO, TRAVEL_PERMIT_TW, OTHER, UNKNOWN),
)
#: In the table of names only: Chinese or foreign, as its number says.
ANY_PASSPORT = "any_passport"
#: Documents that only foreigners have; only citizens can be members.
FOREIGN = (FOREIGN_CARD, FOREIGN_PASSPORT)

#: What may be wrong with the word for the document; both are warnings.
KIND_UNKNOWN, CONTRADICTS = "unknown", "contradicts"
KIND_FAULTS = (KIND_UNKNOWN, CONTRADICTS)

Read = tuple[pl.Series, pl.Series]

#: A document of another kind: of any form.
_ANYTHING = pattern.Form(r"[^\s*]{2,40}", lengths=tuple(range(2, 41)))
_FREE = {PASSPORT: passport.CHINESE, FOREIGN_PASSPORT: passport.FOREIGN, OTHER: _ANYTHING}
_FREE |= {TRAVEL_PERMIT_HK_MO: travel_permit.HK_MO, TRAVEL_PERMIT_TW: travel_permit.TW}

#: What may be wrong with the number, over all kinds.
FAULTS = tuple(dict.fromkeys((*resident_id.FAULTS, *foreign_card.FAULTS, *pattern.FAULTS)))

SCHEMA = {
    "document_kind": pl.String(),
    "document_number": pl.String(),
    "document_kind_fault": pl.String(),
    "document_fault": pl.String(),
    "suggestion": pl.String(),
    "repair": pl.String(),
}

_NUMBERED = "^[0-9]{17}[0-9X]$"
#: Shapes, the first that fits; each is narrow enough that no damaged resident ID has it.
_SHAPES = {
    RESIDENCE_PERMIT: "^8[123].{16}$",
    FOREIGN_CARD: "^9[0-9A-Z]{17}$|^[A-Z]{3}[0-9]{12}$",
    RESIDENT_ID: "^.{18}$|^[0-9]{15}$",
    PASSPORT: f"^(?:{passport.CHINESE.pattern})$",
    TRAVEL_PERMIT_HK_MO: f"^(?:{travel_permit.HK_MO.pattern})$",
    FOREIGN_PASSPORT: "^[A-Z]{1,3}[0-9]{5,8}[A-Z]?$",
}
#: Kinds whose shape says so little that it cannot contradict a word.
_VAGUE = (FOREIGN_PASSPORT, UNKNOWN)


def read(kinds: pl.Series, numbers: pl.Series, *, today: date) -> pl.DataFrame:
    """Return what each row's document is, as a frame of ``SCHEMA`` in the same order.

    Args:
        kinds: what the rows call it; nulls where they do not say (or the column is absent).
        numbers: its number, as sent.
        today: nobody was born later.
    """
    frame = _heard(kinds, numbers)
    frame = frame.with_columns(tried=_first_guess())
    frame = frame.hstack(_judged(frame, frame["tried"], today))
    frame = _judged_by_shape(frame, today)
    frame = frame.with_columns(document_kind_fault=_kind_fault())
    numberless = (
        (pl.col("tried") == RESIDENT_ID) & (pl.col("declared") == "") & (pl.col("shape") == UNKNOWN)
    )
    good = pl.col("fault") == ""
    result = frame.select(
        document_kind=pl.when(numberless & ~good).then(pl.lit(UNKNOWN)).otherwise("tried"),
        document_number=pl.when(good).then("number"),
        document_kind_fault="document_kind_fault",
        document_fault="fault",
        suggestion=_suggested(frame),
        repair=writing.repairs(frame["sent"], frame["number"]),
    )
    return result.with_columns(
        repair=pl.when(pl.col("document_fault") == "").then("repair").otherwise(pl.lit(""))
    ).cast(pl.Schema(SCHEMA))


def _heard(kinds: pl.Series, numbers: pl.Series) -> pl.DataFrame:
    """The rows with what their words and shapes say.

    ``declared`` is ``""`` where there is no word and ``unknown`` for one in no table.
    """
    word = _word(pl.col("said")).fill_null("")
    names, starts = _names()
    said = (
        pl.DataFrame({"said": kinds.cast(pl.String).unique()})
        .with_columns(word=word)
        .with_columns(
            declared=pl.when(writing.is_nothing(pl.col("word")))
            .then(pl.lit(""))
            .otherwise(
                pl.col("word").replace_strict(names, default=UNKNOWN, return_dtype=pl.String)
            ),
            starts=pl.col("word").replace_strict(starts, default="", return_dtype=pl.String),
        )
    )
    frame = pl.DataFrame({"said": kinds.cast(pl.String), "sent": numbers.cast(pl.String)})
    frame = frame.join(said, on="said", how="left", nulls_equal=True, maintain_order="left")
    return frame.with_columns(plain=writing.compact_column(frame["sent"])).with_columns(
        shape=pl.coalesce(
            pl.when(pl.col("plain").str.contains(shape)).then(pl.lit(kind))
            for kind, shape in _SHAPES.items()
        ).fill_null(UNKNOWN)
    )


def _first_guess() -> pl.Expr:
    """As which kind a number is judged first."""
    declared, shape, plain = pl.col("declared"), pl.col("shape"), pl.col("plain")
    numbered = plain.str.contains(_NUMBERED)
    passports = declared.is_in((ANY_PASSPORT, PASSPORT, FOREIGN_PASSPORT))
    chinese = plain.str.contains(_SHAPES[PASSPORT])
    return (
        pl.when(declared.is_in(("", UNKNOWN)))
        .then(pl.when(shape == UNKNOWN).then(pl.lit(RESIDENT_ID)).otherwise(shape))
        .when(passports & numbered)
        .then(shape)
        .when((declared == RESIDENT_ID) & numbered & (shape == RESIDENCE_PERMIT))
        .then(shape)
        .when(declared == ANY_PASSPORT)
        .then(pl.when(chinese).then(pl.lit(PASSPORT)).otherwise(pl.lit(FOREIGN_PASSPORT)))
        .otherwise(declared)
    )


def _judged(frame: pl.DataFrame, kinds: pl.Series, today: date) -> pl.DataFrame:
    """Judge each row's number as one of its kind: ``number, fault``."""
    number, fault = frame["plain"], pl.repeat("", frame.height, dtype=pl.String, eager=True)
    for kind in kinds.unique():
        places = (kinds == kind).arg_true()
        numbers, faults = _reader(kind, today)(frame["sent"].gather(places))
        number, fault = number.scatter(places, numbers), fault.scatter(places, faults)
    return pl.DataFrame({"number": number, "fault": fault})


def _reader(kind: str, today: date) -> Callable[[pl.Series], Read]:
    if kind in _FREE:
        return lambda numbers: pattern.read(numbers, _FREE[kind])
    modules = {
        RESIDENT_ID: resident_id.read,
        RESIDENCE_PERMIT: residence_permit.read,
        FOREIGN_CARD: foreign_card.read,
    }
    return lambda numbers: modules[kind](numbers, today=today)


def _judged_by_shape(frame: pl.DataFrame, today: date) -> pl.DataFrame:
    """Believe a number that is bad as what it is called, but good as what it looks like.

    A document of no known form is believed to be what its number proves: booklets and licences
    bear their holder's resident ID.
    """
    doubtful = (pl.col("fault") != "") | (
        (pl.col("tried") == OTHER) & pl.col("plain").str.contains(_NUMBERED)
    )
    again = doubtful & (pl.col("shape") != pl.col("tried")) & ~pl.col("shape").is_in(_VAGUE)
    places = frame.select(again).to_series().arg_true()
    if places.is_empty():
        return frame
    part = frame[places]
    judged = _judged(part, part["shape"], today)
    good = judged["fault"] == ""
    places, judged = places.filter(good), judged.filter(good)
    return frame.with_columns(
        tried=frame["tried"].scatter(places, part["shape"].filter(good)),
        number=frame["number"].scatter(places, judged["number"]),
        fault=frame["fault"].scatter(places, judged["fault"]),
    )


def _kind_fault() -> pl.Expr:
    declared, tried = pl.col("declared"), pl.col("tried")
    other_place = (
        (pl.col("starts") != "")
        & (tried == RESIDENCE_PERMIT)
        & (pl.col("fault") == "")
        & ~pl.col("starts").str.contains(pl.col("number").str.slice(0, 2), literal=True)
    )
    passports = (declared == ANY_PASSPORT) & tried.is_in((PASSPORT, FOREIGN_PASSPORT))
    silent = declared.is_in(("", OTHER)) | passports
    return (
        pl.when(declared == UNKNOWN)
        .then(pl.lit(KIND_UNKNOWN))
        .when((~silent & (declared != tried)) | other_place)
        .then(pl.lit(CONTRADICTS))
        .otherwise(pl.lit(""))
    )


def _suggested(frame: pl.DataFrame) -> pl.Series:
    """What may be meant by each faulty number."""
    result = pl.repeat("", frame.height, dtype=pl.String, eager=True)
    bad = frame.select((pl.col("fault") != "").alias("bad")).to_series()
    for kind in frame["tried"].filter(bad).unique():
        places = (bad & (frame["tried"] == kind)).arg_true()
        sent, faults = frame["sent"].gather(places), frame["fault"].gather(places)
        if kind in _FREE:
            found = pattern.suggest(sent, faults, _FREE[kind])
        else:
            found = foreign_card.suggest(sent, faults)  # knows what the other two know
        result = result.scatter(places, found)
    return result


def _word(text: pl.Expr) -> pl.Expr:
    """A name for a document as the table has it."""
    return writing.compact(text).str.replace_all(r"[《》【】\[\]:：、。]", "")


@cache
def _names() -> tuple[dict[str, str], dict[str, str]]:
    """Name -> kind, and name -> what its number begins with."""
    frame = classify.table("document_kinds.csv").with_columns(_word(pl.col("text")))
    return (
        dict(frame.select("text", "kind").iter_rows()),
        dict(frame.drop_nulls("starts").select("text", "starts").iter_rows()),
    )
