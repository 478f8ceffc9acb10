"""What an organisation's values are after a source has spoken of it. Pure.

One rule for rows that arrive in order and for histories that are told anew: what a row does not
say (no such column, an empty cell) erases nothing; a field belongs to the sources that own it, and
any other source only fills what nobody has said, or renews what it filled in itself, as long as no
owner has said it too.
"""

from collections.abc import Collection
from dataclasses import dataclass

import polars as pl

from ingest.locate import written
from ingest.normalise import VALUES

LOCATION = (
    "district_code",
    "subdistrict_code",
    "community_code",
    "location_method",
    "location_confidence",
)
#: What a registration can change, and the location that follows from its address.
SAID = tuple(name for name in VALUES if name != "district_code")
STORED = (*SAID, *LOCATION)
TYPES: dict[str, pl.DataType] = {
    "established_on": pl.Date(),
    "capital_wan": pl.Float64(),
    "location_confidence": pl.Float64(),
}
SCHEMA = {name: TYPES.get(name, pl.String()) for name in STORED}
#: Fields that go with the one they are named under: who owns that one sets them all.
FOLLOW = {
    "name": ("name", "kind"),
    "enterprise_type": ("enterprise_type", "ownership"),
    "status": ("status",),
    "established_on": ("established_on",),
    "capital_wan": ("capital_wan", "capital_currency"),
    "address": ("address", *LOCATION),
}
LEADERS = tuple(FOLLOW)


@dataclass(frozen=True, slots=True)
class Ownership:
    """What a source owns: which leading fields, and of which organisations."""

    fields: frozenset[str] = frozenset(LEADERS)
    codes: tuple[str, ...] = ()  # beginnings of the codes of organisations; none: all

    @classmethod
    def of(cls, owns: Collection[str] | None, codes: Collection[str] = ()) -> "Ownership":
        """What a source file says; where it names no field, the source owns all."""
        fields = LEADERS if owns is None else tuple(name for name in LEADERS if name in owns)
        return cls(frozenset(fields), tuple(codes))

    def owns(self, leader: str) -> pl.Expr:
        """Whether the field of a row's organisation is the source's own."""
        if leader not in self.fields:
            return pl.lit(value=False)
        if not self.codes:
            return pl.lit(value=True)
        return pl.any_horizontal(pl.col("uscc").str.starts_with(each) for each in self.codes)

    def foreign(self, known: pl.DataFrame) -> pl.DataFrame:
        """Rows that say otherwise of a field that is not the source's own."""
        return known.filter(
            pl.any_horizontal(
                ~self.owns(leader)
                & pl.col(leader).is_not_null()
                & pl.col(leader).ne_missing(pl.col(f"{leader}_before"))
                for leader in LEADERS
            )
        )


def provider(leader: str) -> str:
    """Name the column that says which source gave a field its value."""
    return f"{leader}_by"


def merged(ownership: Ownership, source_id: int) -> list[pl.Expr]:
    """What each of ``STORED`` is after a row: as said, or as before.

    The frame has each field as said and, with ``_before``, as it was; and for each leading field
    ``<leader>_by``: the source whose value it was.
    """
    said = {name: pl.col(name).fill_null(pl.col(f"{name}_before")) for name in SAID}
    # Without a type text the class is no news: a person or another source may have settled it.
    said["ownership"] = (
        pl.when(pl.col("enterprise_type").is_null() & (pl.col("kind") == "enterprise"))
        .then("ownership_before")
        .otherwise("ownership")
    )
    moved = pl.col("address").is_not_null() & (
        pl.col("address").ne_missing(pl.col("address_before"))
        | pl.col("subdistrict_code_before").is_null()
    )
    located = {
        name: pl.when(moved).then(name).otherwise(f"{name}_before") for name in written.COLUMNS
    }
    same_town = pl.col("subdistrict_code") == pl.col("subdistrict_code_before")
    more_exact = pl.when(same_town).then("community_code")
    located["community_code"] = located["community_code"].fill_null(more_exact)
    after = said | located
    for leader in LEADERS:
        if leader in ownership.fields and not ownership.codes:
            continue
        free = ownership.owns(leader) | _unclaimed(leader, source_id)
        for name in FOLLOW[leader]:
            after[name] = pl.when(free).then(after[name]).otherwise(f"{name}_before")
    return [after[name].alias(f"{name}_after") for name in STORED]


def _unclaimed(leader: str, source_id: int) -> pl.Expr:
    """Whether a source that does not own a field may set it: nobody has, or it has itself."""
    nobody = pl.col(f"{leader}_before").is_null()
    return nobody | (pl.col(provider(leader)) == source_id).fill_null(value=False)


def differs() -> pl.Expr:
    """Whether any stored field is another after than before."""
    return pl.any_horizontal(changed(name) for name in STORED)


def changed(name: str) -> pl.Expr:
    """Whether a stored field is another after than before."""
    return pl.col(f"{name}_after").ne_missing(pl.col(f"{name}_before"))
