"""What decides how a row is read, as one number: where it is another, every row is read anew."""

import hashlib
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:
    from ingest.sources import Source

#: Packages whose code and tables decide how a row is read and judged.
PACKAGES = ("ingest", "expectations", "liangxin")
ENDINGS = (".py", ".toml", ".csv", ".gz")


def fingerprint(
    source: "Source", district: str, divisions: pl.DataFrame, decided: Sequence[object] = ()
) -> str:
    """Return 64 hexadecimal digits for the program, the source file, the district, the lists of
    divisions, and what people decided about codes.
    """
    digest = hashlib.sha256(_program())
    digest.update(source.model_dump_json().encode())
    digest.update(district.encode())
    digest.update(repr(list(decided)).encode())
    ordered = divisions.select(pl.all().cast(pl.String)).sort(divisions.columns)
    digest.update(ordered.hash_rows(seed=2260).to_numpy().tobytes())
    return digest.hexdigest()


@cache
def _program() -> bytes:
    """A digest of the code itself: nobody has to remember to raise a number."""
    digest = hashlib.sha256()
    for package in PACKAGES:
        _add(digest, files(package))
    return digest.digest()


def _add(digest: "hashlib._Hash", folder: Traversable) -> None:
    for entry in sorted(folder.iterdir(), key=lambda each: each.name):
        if entry.is_dir() and not entry.name.startswith("__"):
            _add(digest, entry)
        elif entry.name.endswith(ENDINGS):
            digest.update(entry.name.encode())
            digest.update(entry.read_bytes())
