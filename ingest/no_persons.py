"""A file that must name no person is refused whole if it seems to: numbers must never travel.

Asked before anything of it is judged, kept or quoted. It may have the columns that are read and a
few that cannot hold a person; whatever else stands there might, and is not looked into further.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import polars as pl

from ingest import headers, parse
from liangxin.errors import PersonsNamed

if TYPE_CHECKING:
    from ingest.delivery import DroppedTable

#: Headers beside those that are read, under which no person stands.
HARMLESS = frozenset(
    {
        "序号",
        "编号",
        "街道",
        "所属街道",
        "乡镇",
        "社区",
        "所属社区",
        "更新日期",
        "更新时间",
        "导出日期",
    }
)
#: A resident number, old or new, that is no part of something longer (like a key).
_NUMBER = r"(?:^|[^0-9A-Za-z])[0-9]{15}(?:[0-9]{2}[0-9Xx])?(?:$|[^0-9A-Za-z])"
#: A name of a person: short, and not what Party organisations are called.
_NAME = r"^\p{Han}{2,4}$"
_OF_ORGANISATIONS = "党|支部|支委|总支|委员会|小组"
_BATCH = 50_000


def require(parts: Sequence["DroppedTable"], file: str) -> None:
    """Return if a file seems to name no person.

    Raises:
        PersonsNamed: it has a column of its own, or a cell like a number or a name. The cell is
            not quoted.
    """
    for part in parts:
        read = set(part.columns.values())
        for header in part.layout.headers:
            if header not in read and headers.plain(header) not in HARMLESS:
                raise _refused(file, f"“{header}”列", f"the column {header!r}")
        for batch in parse.batches(part.path, part.layout, size=_BATCH):
            _look_into(batch, part.columns, file)


def _look_into(batch: pl.DataFrame, columns: dict[str, str], file: str) -> None:
    organisation = columns.get("party_organisation")
    for header in (name for name in batch.columns if name != parse.ROW):
        text = batch[header].cast(pl.String).str.normalize("NFKC").str.replace_all(r"\s", "")
        named = _place(header)
        if text.str.contains(_NUMBER).any():
            raise _refused(
                file, f"{named[0]}中像证件号码的内容", f"what looks like a number {named[1]}"
            )
        like_names = text.str.contains(_NAME) & ~text.str.contains(_OF_ORGANISATIONS)
        if header in {organisation, parse.MORE} and like_names.any():
            raise _refused(file, f"{named[0]}中像姓名的内容", f"what looks like a name {named[1]}")


def _place(header: str) -> tuple[str, str]:
    """Name a column in a sentence, in Chinese and English."""
    if header == parse.MORE:
        return "表头之外的列", "beyond the last header"
    return f"“{header}”列", f"under {header!r}"


def _refused(file: str, zh: str, en: str) -> PersonsNamed:
    return PersonsNamed(
        f"文件 {file} 含有{zh}，整个文件未读取、未保存。此类文件只能有密钥标识和党组织名称两列，姓名、"
        "证件号码一律不得传送。请删除后重新生成并安全销毁原文件。",
        f"the file {file} has {en}; nothing of it was read or kept. Such a file has two columns, key "
        "and Party organisation: names and document numbers must never travel. Make it again "
        "without them, and destroy this one.",
    )
