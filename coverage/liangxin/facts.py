"""Facts as offices exchange them: screenings, Party organisations, coverings, headcounts.

A fact is known by its key, which means the same in every office: whom it is about and the day it
begins. For one key the last word counts: the greatest of (learned by its origin, taken back or not,
origin, content). What was said of a key here is a chain of rows, each closed by the next; a row
that came by exchange has a ``fact_stamp`` and begins the chain anew, so that a later word of our
own comes after it whatever the clocks say.

No person leaves the register: evidence and who decided stay (both are free text), counts of one or
two members stay, and with one of them what it could be worked out from. Full and probationary
members go out only where all members do not: that they were left out for one or two would tell
these, beside the band of full members that lists show.
"""

from collections.abc import Collection
from dataclasses import dataclass

import polars as pl
from sqlalchemy import Connection, Select, Table, select

from liangxin import frames
from liangxin.headcount import DECLARED
from liangxin.schema import Base
from liangxin.stamps import INDIVIDUAL
from liangxin.suppression import FEWEST

PARTY_KEY = ("party_subdistrict_code", "party_name", "party_from_on")
MEMBER_COUNTS = ("members", "full_members", "probationary_members", "members_in", "members_out")
#: Counts that make up the members together: one of them tells the other.
PAIRS = (("full_members", "probationary_members"), ("members_in", "members_out"))
#: What follows a fact's key and content in all kinds.
WORD = ("retracted", "learned_at", "office")


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of fact: what its key and content are called among offices."""

    name: str  # of its table
    key: tuple[str, ...]
    content: tuple[str, ...]
    #: Part of the key within which an open fact ends where the next one begins; empty: none does.
    follows: tuple[str, ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        """All columns in the order they are told."""
        return (*self.key, *self.content, *WORD)


PARTY = Kind(
    "party_organisation",
    ("subdistrict_code", "name", "from_on"),
    ("level", "parent_subdistrict_code", "parent_name", "parent_from_on", "to_on"),
)
SCREENING = Kind("screening", ("uscc", "from_on"), ("state", "to_on"), follows=("uscc",))
COVERING = Kind(
    "covering",
    ("uscc", *PARTY_KEY, "from_on"),
    ("mode", "to_on"),
    follows=("uscc", *PARTY_KEY),
)
HEADCOUNT = Kind(
    "headcount", ("uscc", "source", "counted_on"), ("staff", "insured", *MEMBER_COUNTS)
)
KINDS = (PARTY, SCREENING, COVERING, HEADCOUNT)


def states(
    connection: Connection, kind: Kind, organisations: Collection[int] | None, office: str
) -> pl.DataFrame:
    """Return the last word on every key of a kind.

    Args:
        connection: any.
        kind: which.
        organisations: only facts about these; None: all. Party organisations are always all.
        office: our own name.

    Returns:
        ``kind.columns`` and ``row_id`` (the row that holds it), ``organisation_id`` (null for a
        Party organisation), ``ends`` (the ``to_on`` our register shows) and ``stamped_id``.
    """
    rows = _rows(connection, kind, organisations)
    stamps = _stamps(connection, kind)
    chained = rows.join(stamps, on="row_id", how="left").sort(*kind.key, "row_id")
    open_end = pl.col("ends_with_next").fill_null(False)
    chained = chained.with_columns(ends="to_on", to_on=pl.when(~open_end).then("to_on"))
    # A chain begins with its last row that came by exchange, or with its first row.
    begins = pl.when(pl.col("stamped_id").is_not_null()).then("row_id").max().over(kind.key)
    chained = chained.filter(begins.is_null() | (pl.col("row_id") >= begins))
    events = pl.concat(
        [
            chained.with_columns(
                at=pl.coalesce("said_at", "learned_at"),
                retracted=pl.col("said_retracted").fill_null(False),
                office=pl.coalesce("said_by", pl.lit(office)),
                step=0,
            ),
            # That we closed what its origin took back is no word of ours.
            chained.filter(
                pl.col("corrected_at").is_not_null() & ~pl.col("said_retracted").fill_null(False)
            ).with_columns(
                at="corrected_at", retracted=pl.lit(True), office=pl.lit(office), step=1
            ),
        ]
    ).sort(*kind.key, "row_id", "step")
    place = pl.int_range(pl.len()).over(kind.key)
    moment = (pl.col("at").dt.epoch("us") - place).cum_max().over(kind.key) + place
    last = events.with_columns(at=pl.from_epoch(moment, "us").dt.replace_time_zone("UTC"))
    last = last.unique(kind.key, keep="last", maintain_order=True)
    return last.with_columns(learned_at="at").select(
        *kind.columns, "row_id", "organisation_id", "ends", "stamped_id"
    )


def masked(kind: Kind, frame: pl.DataFrame) -> pl.DataFrame:
    """Take out of headcounts what would tell one or two members."""
    if kind is not HEADCOUNT:
        return frame
    full, both_kinds = PAIRS[0], pl.all_horizontal(pl.col(name).is_not_null() for name in PAIRS[0])
    told = pl.col("members").is_not_null()
    hidden = {"members": _few(pl.col("members"))}
    hidden |= dict.fromkeys(full, told | both_kinds | _any_few(full))
    # What one of them leaves of all members is the other, said or not.
    hidden |= dict.fromkeys(PAIRS[1], hidden["members"] | _any_few(PAIRS[1]))
    return frame.with_columns(
        pl.when(~hide).then(name).alias(name) for name, hide in hidden.items()
    )


def _few(count: pl.Expr) -> pl.Expr:
    return count.is_between(1, FEWEST - 1).fill_null(False)


def _any_few(names: Collection[str]) -> pl.Expr:
    """Whether one of these is one or two members, or leaves one or two of all."""
    left = (pl.col("members") - pl.col(name) for name in names)
    return pl.any_horizontal(_few(each) for each in (*map(pl.col, names), *left))


def content(kind: Kind, suffix: str = "") -> pl.Expr:
    """A fact's content as one text, for comparing; a fact that was taken back has none."""
    parts = [pl.col(f"{name}{suffix}").cast(pl.String).fill_null("") for name in kind.content]
    told = pl.concat_str(parts, separator="\x1f")
    return pl.when(pl.col(f"retracted{suffix}")).then(pl.lit("")).otherwise(told)


def party_keys(connection: Connection) -> pl.DataFrame:
    """Return ``party_organisation_id`` and ``PARTY_KEY`` of every row ever written of one."""
    table = Base.metadata.tables["party_organisation"]
    query = select(
        table.c.id.label("party_organisation_id"),
        *(table.c[own].label(told) for own, told in zip(PARTY.key, PARTY_KEY, strict=True)),
    )
    return frames.read(connection, query)


def _rows(
    connection: Connection, kind: Kind, organisations: Collection[int] | None
) -> pl.DataFrame:
    table = Base.metadata.tables[kind.name]
    if kind is PARTY:
        rows = frames.read(connection, _parties(table)).with_columns(
            organisation_id=pl.lit(None, pl.Int64)
        )
    else:
        organisation = Base.metadata.tables["organisation"]
        query = (
            _select(table)
            .add_columns(organisation.c.uscc)
            .join(organisation, organisation.c.id == table.c.organisation_id)
            .where(~organisation.c.uscc.startswith(INDIVIDUAL))
        )
        if kind is HEADCOUNT:
            # What people said of themselves here stays here.
            query = query.where(table.c.source != DECLARED)
        rows = frames.of(connection, query, table.c.organisation_id, organisations)
    rows = rows.rename({"id": "row_id"})
    if kind is COVERING:
        rows = rows.join(party_keys(connection), on="party_organisation_id", how="left")
    if "to_on" not in rows.columns:
        rows = rows.with_columns(to_on=pl.lit(None, pl.Date))
    return masked(kind, rows)


def _select(table: Table) -> Select[tuple[object]]:
    return select(*(column for column in table.columns if column.name != "run_id"))


def _parties(table: Table) -> Select[tuple[object]]:
    parent = table.alias("parent")
    return select(
        *(column for column in table.columns if column.name != "parent_id"),
        *(parent.c[name].label(f"parent_{name}") for name in PARTY.key),
    ).outerjoin(parent, parent.c.id == table.c.parent_id)


def _stamps(connection: Connection, kind: Kind) -> pl.DataFrame:
    """Stamps of a kind: ``row_id, stamped_id, said_at, said_by, said_retracted, ends_with_next``."""
    table = Base.metadata.tables["fact_stamp"]
    query = select(
        table.c.row_id,
        table.c.id.label("stamped_id"),
        table.c.learned_at.label("said_at"),
        table.c.office.label("said_by"),
        table.c.retracted.label("said_retracted"),
        table.c.ends_with_next,
    ).where(table.c.kind == kind.name)
    return frames.read(connection, query)
