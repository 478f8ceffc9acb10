"""Party-building instructors (党建指导员): who they are, whom they see, for how long.

Name and work phone are kept on a work basis. A document's number is not: where one is sent, that
is told, and it goes no further.
"""

from collections.abc import Mapping

import polars as pl

from ingest.kinds import people, readers
from ingest.kinds.kind import Kind, Sheet

#: Above so many organisations an instructor cannot look after each (domain notes §4.5).
MOST_ORGANISATIONS = 5


def assignments(sheet: Sheet) -> Mapping[str, pl.Expr]:  # noqa: ARG001
    """A term that ends after it starts, and no more organisations than one person can see.

    Lists have one row a person, or one row a pair: the organisations of all rows with the same
    name and phone are one person's. Without a phone two rows may be two people of one name.
    """
    here = pl.col("organisations").list.len().fill_null(0)
    load = pl.when(pl.col("phone").is_null()).then(here).otherwise(here.sum().over("name", "phone"))
    return {
        "term_fault": pl.when(pl.col("term_to") < pl.col("term_from"))
        .then(pl.lit("ends_before_start"))
        .otherwise(pl.lit("")),
        "load_fault": pl.when((load > MOST_ORGANISATIONS) & (here > 0))
        .then(pl.lit("above_five"))
        .otherwise(pl.lit("")),
    }


INSTRUCTORS = Kind(
    name="instructors",
    title="党建指导员名单",
    title_en="a list of Party-building instructors",
    fields=(
        readers.persons("name", needed=True),
        readers.choice("employment"),
        *readers.phones("phone"),
        *readers.texts("employer", "position"),
        readers.full_membership("political_status"),
        readers.choice("category", "instructor_category"),
        readers.choice("level", "instructor_level"),
        readers.several_organisations("organisations"),
        *readers.days("term_from"),
        readers.coming_days("term_to"),
        readers.choice("visit_rhythm"),
        *readers.counts("visit_times"),
    ),
    groups=(people.DOCUMENT_NOT_NEEDED,),
    across=(assignments,),
    columns_needed=("name",),
    keys=("name",),
    identity=None,
    secret=frozenset({"name", "phone", "document_kind", "document_number", "political_status"}),
)
