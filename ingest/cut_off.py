"""A file that breaks off in the middle of a line: noticed by its bytes, before it is loaded.

A transfer that broke off leaves the beginning of a file, and a table that ends early reads like a
shorter one. Counts do not show a few lost rows; the landed bytes of the runs before do. What ends
with a whole line may be a shorter list, and is judged by its counts alone.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

from sqlalchemy import Connection, select

from ingest import landing
from ingest.landing import BLOCK, Landed
from liangxin.errors import BatchStopped
from liangxin.schema import LandedFile, Run, RunFile

#: So many files of the last runs are looked at.
LAST_FILES = 5
PACKED = {b"\x1f\x8b", b"PK", b"\xd0\xcf"}


def require_whole(
    connection: Connection,
    folder: Path,
    landed: Sequence[Landed],
    *,
    source_id: int,
    district: str,
    snapshot: bool,
) -> None:
    """Return unless a delivery ends in the middle of a line, where an earlier one went on.

    Args:
        connection: knows the runs before.
        folder: the landing.
        landed: the files of the delivery.
        source_id: whose.
        district: of the run; ``""``: none.
        snapshot: each delivery is the whole list, written by the same program each time.

    Raises:
        BatchStopped: it breaks off; nothing of it may be loaded.
    """
    for each in landed:
        path = landing.path_of(folder, each.sha256)
        for before, size, origin in _before(connection, source_id, district):
            there = landing.path_of(folder, before)
            if before == each.sha256 or not there.is_file():
                continue
            if ends_a_line(path) is not False:
                continue
            if 0 < each.size < size and _begins(there, path):
                raise _stopped(
                    each.origin,
                    f"与之前的 {origin} 开头完全相同，但只有 {each.size:,} 字节（原有 {size:,} 字节）",
                    f"it is the beginning of {origin}, which was sent before: {each.size:,} of its "
                    f"{size:,} bytes",
                )
            if snapshot and ends_a_line(there):
                raise _stopped(
                    each.origin,
                    "末尾没有换行，而该数据源以往的文件都有",
                    "it does not end with a line break, and the source's files before it did",
                )


def _before(
    connection: Connection, source_id: int, district: str
) -> Iterator[tuple[str, int, str]]:
    query = (
        select(RunFile.sha256, LandedFile.size, RunFile.origin)
        .join(Run, Run.id == RunFile.run_id)
        .join(LandedFile, LandedFile.sha256 == RunFile.sha256)
        .where(
            Run.source_id == source_id,
            Run.district_code.is_not_distinct_from(district or None),
            Run.undone_at.is_(None),
        )
        .order_by(Run.id.desc(), RunFile.position)
        .limit(LAST_FILES)
    )
    for row in connection.execute(query).all():
        yield row.sha256, row.size, row.origin


def _begins(whole: Path, part: Path) -> bool:
    """Whether a file begins with all bytes of another, and goes on within the line."""
    with whole.open("rb") as one, part.open("rb") as other:
        while block := other.read(BLOCK):
            if one.read(len(block)) != block:
                return False
        return one.read(2).strip(b"\0")[:1] not in {b"\n", b"\r"}


def ends_a_line(path: Path) -> bool | None:
    """Whether a text ends with a line break; of what is packed, or empty, nothing can be said."""
    with path.open("rb") as file:
        head = file.read(2)
        if not head or head in PACKED:
            return None
        file.seek(-min(2, file.seek(0, 2)), 2)
        # Half of a character is NUL in UTF-16, of a line break the second half or the first.
        return file.read(2).strip(b"\0")[-1:] in {b"\n", b"\r"}


def _stopped(origin: str, zh: str, en: str) -> BatchStopped:
    return BatchStopped(
        f"文件 {origin} {zh}，可能在传输中被截断。整批未导入，登记库未变。请重新导出或重新传输；"
        "如文件确实完整，请在末尾加一个换行再送。",
        f"the file {origin} may have been cut off on its way: {en}. Nothing of it was loaded; export "
        "or transfer it again. If it is whole, add a line break at its end.",
    )
