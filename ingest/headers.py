"""Which of a file's columns is which of our fields, by the names publishers really use.

A source file may say it outright; otherwise the aliases of ``aliases.toml`` decide, compared
without case, blanks, brackets' width or units. Where two columns could be one field, the alias
listed first wins, and the other column is left alone.
"""

import re
import tomllib
import unicodedata
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files

from liangxin.errors import MissingColumn

#: Without these a registration is about nobody.
REQUIRED = ("uscc", "name")


@cache
def aliases() -> dict[str, tuple[str, ...]]:
    """Return our fields and what publishers call them, best name first."""
    raw = tomllib.loads(files("ingest").joinpath("aliases.toml").read_text(encoding="utf-8"))
    return {field: tuple(names) for field, names in raw.items()}


def plain(header: str) -> str:
    """Reduce a header to what matters: NFKC, no blanks, no unit or remark in brackets, lower."""
    text = unicodedata.normalize("NFKC", header)
    return re.sub(r"\([^)]*\)|[\s*:_\-\"'\u200b\ufeff]", "", text).lower()


def match(headers: Sequence[str], wanted: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """Return field -> header for every field found; a header serves one field only."""
    by_plain: dict[str, str] = {}
    for header in headers:
        by_plain.setdefault(plain(header), header)
    found: dict[str, str] = {}
    for names in (wanted, aliases()):  # what a source says outright is nobody else's
        for field in [field for field in names if field not in found]:
            for name in names[field]:
                here = by_plain.get(plain(name))
                if here is not None and here not in found.values():
                    found[field] = here
                    break
    return found


def require(found: Mapping[str, str], headers: Sequence[str], file: str) -> None:
    """Return if the columns nobody can do without are there.

    Raises:
        MissingColumn: names what is missing, what the file has, and what to call it.
    """
    for field in REQUIRED:
        if field not in found:
            names = aliases()[field][:3]
            raise MissingColumn(
                f"文件 {file} 没有“{names[0]}”列（现有列：{'、'.join(headers[:20])}）。"
                f"请加上此列，可用列名：{'、'.join(names)}。",
                f"the file {file} has no column for {field} (it has: {', '.join(headers[:20])}); "
                f"add one named {', '.join(names)}.",
            )
