"""The inside of a package: a Frictionless Data Package in a zip, the same bytes for the same content.

``datapackage.json`` describes seven CSV tables with a Table Schema each (docs/exchange.md). Rows and
keys are sorted, no moment of packing is in it, so two packages of one content are equal.
"""

import hashlib
import io
import json
import struct
import zipfile
import zlib
from dataclasses import dataclass
from typing import Any

import polars as pl

from liangxin import facts
from liangxin.errors import BadPackage
from liangxin.stamps import FIELDS, STAMP

VERSION = "1"
DESCRIPTION = "datapackage.json"
BLOCK = 1 << 20
LARGEST_DESCRIPTION = 4 << 20
#: Tables in the order they are merged, with their columns; the first ``keys`` of each tell its rows apart.
COLUMNS: dict[str, tuple[str, ...]] = {
    "organisations": ("uscc", "since", *FIELDS, *STAMP),
    "organisation_fields": ("uscc", "field", "value", *STAMP),
    "field_changes": ("uscc", "field", "old_value", "new_value", *STAMP),
    "party_organisations": facts.PARTY.columns,
    "screenings": facts.SCREENING.columns,
    "coverings": facts.COVERING.columns,
    "headcounts": facts.HEADCOUNT.columns,
}
KEYS: dict[str, tuple[str, ...]] = {
    "organisations": ("uscc",),
    "organisation_fields": ("uscc", "field"),
    "party_organisations": facts.PARTY.key,
    "screenings": facts.SCREENING.key,
    "coverings": facts.COVERING.key,
    "headcounts": facts.HEADCOUNT.key,
}
DAYS = {
    *("since", "established_on", "from_on", "to_on", "counted_on"),
    *("party_from_on", "parent_from_on"),
}
COUNTS = {"staff", "insured", *facts.MEMBER_COUNTS}
NUMBERS = {"capital_wan", "location_confidence"}
MOMENT = "%Y-%m-%dT%H:%M:%S.%fZ"
_DAMAGED = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    OSError,
    RuntimeError,
    NotImplementedError,
    ValueError,
    KeyError,
    TypeError,
    RecursionError,
    pl.exceptions.PolarsError,
)


@dataclass(frozen=True, slots=True)
class Contents:
    """What is in a package: its tables by name, and which of the receiver's packages it has opened."""

    tables: dict[str, pl.DataFrame]
    acknowledges: tuple[str, ...] = ()

    @property
    def rows(self) -> int:
        """Rows of all tables."""
        return sum(table.height for table in self.tables.values())


def write(contents: Contents) -> bytes:
    """Return a package's inside; every table has its ``COLUMNS``, typed or as text."""
    files = {
        f"data/{name}.csv": _csv(contents.tables[name].select(COLUMNS[name])) for name in COLUMNS
    }
    described = {
        "profile": "tabular-data-package",
        "name": "liangxin-changes",
        "version": VERSION,
        "acknowledges": sorted(contents.acknowledges),
        "resources": [_resource(name, files[f"data/{name}.csv"]) for name in COLUMNS],
    }
    text = json.dumps(described, ensure_ascii=False, indent=1, sort_keys=True)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for name, data in {DESCRIPTION: text.encode(), **files}.items():
            entry = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, data)
    return out.getvalue()


def read(data: bytes, *, max_bytes: int) -> Contents:
    """Return what is in a package; all cells as text, and ``file_row``, counted through all tables.

    Raises:
        BadPackage: it is no such package, or larger than ``max_bytes`` unpacked.
    """
    try:
        files = _unpack(data, max_bytes)
        described = json.loads(files[DESCRIPTION])
        acknowledges = tuple(str(each) for each in described["acknowledges"])
        if described["version"] != VERSION:
            raise _unknown(described["version"])
        tables: dict[str, pl.DataFrame] = {}
        rows = 0
        for name in COLUMNS:
            tables[name] = _table(files[f"data/{name}.csv"], name, rows)
            rows += tables[name].height
    except _DAMAGED as error:
        raise BadPackage(
            "交换包里的内容不是约定的数据包，登记库未变。请对方用 liangxin exchange pack 重新导出。",
            "what is in the package is no data package as agreed; the register is as it was. Ask the "
            "sender to pack it again.",
        ) from error
    return Contents(tables, acknowledges)


def _unpack(data: bytes, max_bytes: int) -> dict[str, bytes]:
    """Every file of the archive; what it says about its own size is not believed."""
    files: dict[str, bytes] = {}
    left = max_bytes
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        wanted = {DESCRIPTION, *(f"data/{name}.csv" for name in COLUMNS)}
        names = archive.namelist()
        if len(names) != len(wanted) or set(names) != wanted:
            raise ValueError("other files than agreed")
        for name in names:
            largest = min(left, LARGEST_DESCRIPTION) if name == DESCRIPTION else left
            out = io.BytesIO()
            with archive.open(name) as stream:
                while block := stream.read(BLOCK):
                    out.write(block)
                    if out.tell() > largest:
                        raise _large(max_bytes)
            files[name] = out.getvalue()
            left -= out.tell()
    return files


def _table(data: bytes, name: str, offset: int) -> pl.DataFrame:
    table = pl.read_csv(data, infer_schema=False, raise_if_empty=True)
    if tuple(table.columns) != COLUMNS[name]:
        raise ValueError("other columns than agreed")
    return (
        table.with_columns(pl.col(pl.String).replace("", None))
        .with_row_index("file_row", offset=offset + 1)
        .with_columns(pl.col("file_row").cast(pl.Int64))
    )


def _csv(table: pl.DataFrame) -> bytes:
    moments = [name for name, kind in table.schema.items() if kind == pl.Datetime]
    out = io.BytesIO()
    table.with_columns(pl.col(moments).dt.strftime("%Y-%m-%dT%H:%M:%S%.6fZ")).write_csv(out)
    return out.getvalue()


def _resource(name: str, data: bytes) -> dict[str, Any]:
    schema: dict[str, Any] = {
        "fields": [_field(column) for column in COLUMNS[name]],
        "missingValues": [""],
    }
    if name in KEYS:
        schema["primaryKey"] = list(KEYS[name])
    return {
        "profile": "tabular-data-resource",
        "name": name,
        "path": f"data/{name}.csv",
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        "bytes": len(data),
        "hash": f"sha256:{hashlib.sha256(data).hexdigest()}",
        "schema": schema,
    }


def _field(column: str) -> dict[str, Any]:
    if column in DAYS:
        return {"name": column, "type": "date"}
    if column == "learned_at":
        return {"name": column, "type": "datetime", "format": MOMENT}
    if column in COUNTS:
        return {"name": column, "type": "integer", "constraints": {"minimum": 0}}
    if column in NUMBERS:
        return {"name": column, "type": "number"}
    if column == "retracted":
        return {"name": column, "type": "boolean"}
    return {"name": column, "type": "string"}


def _large(max_bytes: int) -> BadPackage:
    return BadPackage(
        f"交换包解压后超过 {max_bytes} 字节（LIANGXIN_MAX_FILE_BYTES），不予打开，登记库未变。",
        f"the package is larger than {max_bytes} bytes unpacked (LIANGXIN_MAX_FILE_BYTES); it is not "
        "opened, the register is as it was.",
    )


def _unknown(version: object) -> BadPackage:
    return BadPackage(
        f"交换包内容是第 {version} 版，本程序只认识第 {VERSION} 版。请升级 liangxin。",
        f"the package's content is of version {version}, this program knows {VERSION}; upgrade liangxin.",
    )
