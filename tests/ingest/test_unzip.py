"""An archive is looked through whole; a hostile one gets one sentence and nothing is taken."""

import io
import zipfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from crawls import a_csv, a_zip
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest import unzip
from liangxin.errors import UnreadableFile


@pytest.fixture
def file(tmp_path: Path) -> Callable[[bytes], Path]:
    def written(data: bytes) -> Path:
        (tmp_path / "landed").write_bytes(data)
        return tmp_path / "landed"

    return written


def read(file: Path, member: unzip.Member, *, max_bytes: int = 2**20) -> bytes:
    return b"".join(unzip.blocks(file, member, "a.zip", max_bytes=max_bytes))


def encrypted(data: bytes) -> bytes:
    """The same archive, its members marked as encrypted in both places."""
    out = bytearray(data)
    out[6] |= 1
    out[data.index(b"PK\x01\x02") + 8] |= 1
    return bytes(out)


def packed(method: int) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        archive.writestr("a.csv", a_csv(1))
    return out.getvalue()


def claiming(count: int) -> bytes:
    """An archive whose directory claims to list so many members."""
    data = bytearray(a_zip({"a.csv": a_csv(1)}))
    at = data.rindex(b"PK\x05\x06")
    data[at + 8 : at + 12] = count.to_bytes(2, "little") * 2
    return bytes(data)


def test_tables_are_found_in_folders_beside_documents(file: Callable[[bytes], Path]) -> None:
    archive = file(
        a_zip(
            {
                "b/名单.csv": a_csv(2),
                "a.xlsx": b"PK",
                "说明.pdf": b"%PDF",
                "__MACOSX/._a.csv": b"",
                ".DS_Store": b"",
            }
        )
    )
    found = unzip.tables(archive, "a.zip")
    assert [member.name for member in found] == ["a.xlsx", "b/名单.csv"]
    assert read(archive, found[1]) == a_csv(2)


def test_names_in_gbk_that_do_not_say_so_are_read(file: Callable[[bytes], Path]) -> None:
    data = a_zip({"AAAAAAAA.csv": a_csv(1)}).replace(b"AAAAAAAA", "企业名单".encode("gbk"))
    assert [member.name for member in unzip.tables(file(data), "a.zip")] == ["企业名单.csv"]


def test_a_pattern_chooses_tables(file: Callable[[bytes], Path]) -> None:
    archive = file(a_zip({"2021.csv": b"", "2022.csv": b""}))
    assert [m.name for m in unzip.tables(archive, "a.zip", pattern="2022")] == ["2022.csv"]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        pytest.param(a_zip({"b.zip": a_zip({"a.csv": b""})}), "another archive", id="zip in zip"),
        pytest.param(a_zip({"b.RAR": b""}), "another archive", id="rar in zip"),
        pytest.param(a_zip({"../../etc/cron.d/a.csv": b""}), "leads out of it", id="above"),
        pytest.param(a_zip({"..\\a.csv": b""}), "leads out of it", id="above, Windows"),
        pytest.param(a_zip({"/etc/a.csv": b""}), "leads out of it", id="absolute"),
        pytest.param(a_zip({"C:/a.csv": b""}), "leads out of it", id="drive"),
        pytest.param(encrypted(a_zip({"a.csv": a_csv(1)})), "encrypted", id="encrypted"),
        pytest.param(
            a_zip({f"{n}.csv": b"" for n in range(1_001)}), "more than the 1000", id="many"
        ),
        pytest.param(claiming(2), "truncated or damaged", id="fewer than claimed"),
        pytest.param(claiming(0), "truncated or damaged", id="more than claimed"),
        pytest.param(a_zip({"a.csv": a_csv(1)})[:-30], "truncated or damaged", id="truncated"),
        pytest.param(b"PK\x03\x04", "truncated or damaged", id="a stump"),
        pytest.param(packed(zipfile.ZIP_LZMA), "uncommon way", id="lzma"),
        pytest.param(a_zip({"readme.txt": b"x"}), "holds no table", id="no table"),
        pytest.param(a_zip({}), "holds no table", id="empty"),
    ],
)
def test_a_hostile_or_useless_archive_gets_one_sentence(
    data: bytes, said: str, file: Callable[[bytes], Path]
) -> None:
    with pytest.raises(UnreadableFile, match=said) as caught:
        unzip.tables(file(data), "https://x/a.zip")
    assert "https://x/a.zip" in caught.value.zh


def test_a_bomb_is_counted_while_it_is_unpacked(file: Callable[[bytes], Path]) -> None:
    archive = file(a_zip({"a.csv": b"0" * (1 << 24)}))
    [member] = unzip.tables(archive, "a.zip")
    with pytest.raises(UnreadableFile, match="larger than 1 MiB"):
        read(archive, member)
    member.info.file_size = 10  # if it lies about its size, no more than that is unpacked
    with pytest.raises(UnreadableFile, match="truncated or damaged"):
        read(archive, member)


def test_a_member_that_is_damaged_is_told(file: Callable[[bytes], Path]) -> None:
    data = bytearray(a_zip({"a.csv": a_csv(*range(100))}))
    data[60:90] = bytes(30)
    archive = file(bytes(data))
    [member] = unzip.tables(archive, "a.zip")
    with pytest.raises(UnreadableFile, match="truncated or damaged"):
        read(archive, member)


@pytest.mark.parametrize(
    ("data", "is_one"),
    [
        (a_zip({"a.csv": b""}), True),
        (a_zip({"[Content_Types].xml": b"", "xl/workbook.xml": b""}), False),
        (a_zip({"mimetype": b"", "content.xml": b""}), False),
        (b"a,b\n", False),
    ],
    ids=["archive", "xlsx", "ods", "csv"],
)
def test_a_workbook_is_no_archive_of_tables(
    data: bytes, is_one: bool, file: Callable[[bytes], Path]
) -> None:
    assert unzip.is_archive(file(data), "a") == is_one


GOOD = a_zip({"a/1.csv": a_csv(1, 2, 3), "2.csv": a_csv(4)})


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(0, len(GOOD) - 1), st.integers(0, 255)), max_size=8))
def test_any_archive_is_read_or_told(
    file: Callable[[bytes], Path], spoilt: list[tuple[int, int]]
) -> None:
    data = bytearray(GOOD)
    for at, byte in spoilt:
        data[at] = byte
    archive = file(bytes(data))
    with suppress(UnreadableFile):
        if unzip.is_archive(archive, "a.zip"):
            for member in unzip.tables(archive, "a.zip"):
                read(archive, member)
