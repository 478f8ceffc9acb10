"""Keys of the member register, made where the register is: numbers in, pseudonyms out, no number travels.

A member register (党员名册) becomes a file of two columns, as the source ``member_register_keys``
reads it. The district hands the organisation department its pseudonym key alone, so whoever makes
such a file can open no name.
"""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import polars as pl

from ingest import delivery, headers, kinds, mappings
from ingest.kinds.members import MEMBERS
from liangxin import privacy
from liangxin.errors import Misuse
from liangxin.files import write_named
from liangxin.privacy import Keys
from liangxin.relations import MARK
from liangxin.settings import Settings

KEY, ORGANISATION = "密钥标识", "党组织名称"
#: Who is in the register and has the relation there.
HERE = ("present", "mobile")
ROWS_NAMED = 10


@dataclass(frozen=True, slots=True)
class Made:
    """What became of the register's rows: ``keys + repeated + gone + refused`` is all of them."""

    rows: int
    keys: int
    repeated: int
    gone: int  # who died, left or moved the relation away
    refused: int
    #: The first rows, as a spreadsheet numbers them, without a good number or a Party organisation.
    refused_rows: tuple[int, ...]


def make(
    path: Path, out: Path, keys: Keys, settings: Settings, *, today: date, mapping: list[str]
) -> Made:
    """Write the keys of a member register's people, and where the relation of each is.

    Args:
        path: the register: 身份证号, 所在党支部 and perhaps 状态; other columns are not read.
        out: the file to send; it must not be there. Sorted by key, so that its order tells nothing.
        keys: the district's; the pseudonym key is enough.
        settings: the largest file.
        today: nobody was born later.
        mapping: ``HEADER=FIELD`` as given on the command line.

    Raises:
        UnreadableFile, MissingColumn: the register cannot be read; nothing was written.
        Misuse: ``out`` is there or cannot be written; a header must be confirmed; nobody is left.
    """
    vocabulary = headers.vocabulary(MEMBERS.name)
    given = mappings.parse(mapping, vocabulary)
    sent = delivery.of_kind(
        path,
        wanted={field: [header] for field, header in given.items()},
        vocabulary=vocabulary,
        required=("document_number", "branch"),
        keys=("document_number",),
        max_bytes=settings.max_upload_bytes,
    )
    mappings.require_confirmed(sent.close, mapping, path.name)
    context = kinds.Context(today=today)
    rows = pl.concat(
        kinds.normalise(batch.filter(part.skips(batch) == ""), part.columns, MEMBERS, context)
        .select("file_row", "document_number", "branch", "state")
        .cast({"state": pl.String})
        for part in sent.parts
        for batch in part.batches(settings.batch_rows)
    )
    gone = rows["state"].is_not_null() & ~rows["state"].is_in(HERE)
    good = rows["document_number"].is_not_null() & rows["branch"].is_not_null()
    taken = rows.filter(good & ~gone)
    told = pl.DataFrame(
        {
            KEY: [privacy.pseudonym(keys, number) for number in taken["document_number"]],
            ORGANISATION: taken["branch"],
        },
        schema={KEY: pl.String, ORGANISATION: pl.String},
    ).unique()
    if told.is_empty():
        raise Misuse(
            f"文件 {path.name} 中没有一行同时有正确的证件号码和所在党支部，没有写出文件。请核对这两列。",
            f"no row of {path.name} has both a good document number and a Party organisation; nothing "
            "was written. Check these two columns.",
        )
    marked = pl.DataFrame({KEY: [privacy.mark(keys)], ORGANISATION: [MARK]})
    _write(out, pl.concat([told, marked]).sort(KEY, ORGANISATION))
    refused = rows.filter(~good & ~gone)["file_row"]
    return Made(
        rows.height,
        told.height,
        taken.height - told.height,
        int(gone.sum()),
        refused.len(),
        tuple(refused.head(ROWS_NAMED)),
    )


def _write(out: Path, told: pl.DataFrame) -> None:
    write_named(out, told.write_csv(include_bom=True).encode())
