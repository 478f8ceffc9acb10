"""Keyed pseudonyms of the member register (党员库密钥标识), and where each relation is.

An HMAC of the resident number under the district's key, made where the register is kept: no name
and no number travels. A key is never shown, not even in the message about a wrong one.
"""

import polars as pl

from ingest.kinds import readers
from ingest.kinds.kind import Context, Field, Kind
from liangxin.wording import said

#: 256 bits as hexadecimal digits.
_KEY = r"^[0-9a-f]{64}$"


def _keys(sent: pl.Series, context: Context) -> tuple[pl.Series, pl.Series]:  # noqa: ARG001
    told = pl.DataFrame({"sent": sent}).select(text=said(pl.col("sent")).str.to_lowercase())
    good = pl.col("text").str.contains(_KEY)
    read = told.select(
        value=pl.when(good).then("text"),
        fault=pl.when(pl.col("text").is_null() | good).then(pl.lit("")).otherwise(pl.lit("format")),
    )
    return read["value"], read["fault"]


MEMBER_KEYS = Kind(
    name="member_keys",
    title="党员库密钥标识",
    title_en="keys of the member register",
    fields=(
        Field("key", _keys, needed=True),
        readers.organisations("party_organisation"),
    ),
    columns_needed=("key", "party_organisation"),
    keys=("key",),
    identity="key",
    secret=frozenset({"key"}),
    no_persons=True,
)
