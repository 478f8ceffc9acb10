"""A file becomes its cells and row numbers, whatever wrote it; or one sentence says why not."""

import codecs
import csv
import gzip
import io
import os
import struct
import tempfile
import zipfile
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from factories import write_workbook
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from ingest import encodings, parse, text_table
from ingest.headers import Vocabulary
from ingest.layout import Reading
from ingest.parse import MORE, ROW
from liangxin.errors import LiangxinError, MissingColumn, UnreadableFile

LIMIT = 1 << 24
HEADER = "企业名称,统一社会信用代码,住所\n"
OFFICE = "示例一号有限公司,91,示例路1号\n"

Row = tuple[int, list[str | None]]


def a_file(folder: Path, content: str | bytes, name: str = "list.csv") -> Path:
    file = folder / name
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    return file


def read(
    file: Path, *, size: int = 1000, block: int | None = None, max_bytes: int = LIMIT
) -> list[Row]:
    """The rows with their numbers; what is behind the last header is the last cell."""
    with pytest.MonkeyPatch.context() as patch:
        if block is not None:
            patch.setattr(encodings, "BLOCK", block)
        [layout] = parse.look(file, max_bytes=max_bytes).tables
        rows: list[Row] = []
        for batch in parse.batches(file, layout, size=size):
            assert 0 < batch.height <= size
            assert batch.columns == [ROW, *layout.headers, MORE]
            rows += [(number, list(cells)) for number, *cells in batch.iter_rows()]
    return rows


def headers(file: Path) -> tuple[str, ...]:
    return parse.look(file, max_bytes=LIMIT).tables[0].headers


def refusal(file: Path, *, max_bytes: int = LIMIT) -> LiangxinError:
    """The one error a bad file gives; it names the file in both languages."""
    with pytest.raises(LiangxinError) as caught:
        read(file, max_bytes=max_bytes)
    for sentence in (caught.value.zh, caught.value.en):
        assert file.name in sentence
    assert caught.value.zh.endswith("。")
    assert caught.value.en.endswith(".")
    return caught.value


def as_csv(rows: Iterable[Sequence[str]], **how: Any) -> str:
    text = io.StringIO(newline="")
    csv.writer(text, **how).writerows(rows)
    return text.getvalue()


def cells_of(row: Sequence[str], width: int) -> list[str | None]:
    """What ``batches`` makes of a record: empty cells null, one place for what is too many."""
    kept = [cell or None for cell in row[:width]]
    return kept + [None] * (width - len(kept)) + [next(filter(None, row[width:]), None)]


def numbered(records: Iterable[Sequence[str]], width: int) -> list[Row]:
    """Rows by the numbers a spreadsheet shows, blank lines left out; the header is row 1."""
    rows = [(number, cells_of(record, width)) for number, record in enumerate(records, start=1)]
    return [(number, cells) for number, cells in rows[1:] if any(cells)]


# Encodings, separators, compression.


@pytest.mark.parametrize(
    "content",
    [
        pytest.param((HEADER + OFFICE).encode(), id="UTF-8"),
        pytest.param((HEADER + OFFICE).encode("utf-8-sig"), id="UTF-8 with a BOM"),
        pytest.param((HEADER + OFFICE).encode("gb18030"), id="GB18030"),
        pytest.param(("\ufeff" + HEADER + OFFICE).encode("gb18030"), id="GB18030 with a BOM"),
        pytest.param((HEADER + OFFICE).replace("\n", "\r\n").encode(), id="CRLF"),
        pytest.param((HEADER + OFFICE).replace("\n", "\r").encode(), id="CR alone, of an old Mac"),
        pytest.param((HEADER + OFFICE).rstrip("\n").encode(), id="no line break at the end"),
        pytest.param((HEADER + OFFICE).replace(",", "\t").encode(), id="tabs"),
        pytest.param((HEADER + OFFICE).replace(",", ";").encode(), id="semicolons"),
        pytest.param(gzip.compress((HEADER + OFFICE).encode()), id="gzip"),
        pytest.param(gzip.compress((HEADER + OFFICE).encode("gb18030")), id="gzip of GB18030"),
        pytest.param((HEADER + OFFICE).encode("utf-16"), id="UTF-16 with a BOM"),
        pytest.param(codecs.BOM_UTF16_BE + (HEADER + OFFICE).encode("utf-16-be"), id="UTF-16BE"),
        pytest.param((HEADER + OFFICE).replace(",", "\t").encode("utf-16"),
                     id="what Excel calls Unicode text"),
        pytest.param((HEADER + OFFICE).encode("utf-16-le"), id="UTF-16LE without a BOM"),
        pytest.param((HEADER + OFFICE).encode("utf-16-be"), id="UTF-16BE without a BOM"),
        pytest.param(gzip.compress((HEADER + OFFICE).encode("utf-16")), id="gzip of UTF-16"),
        pytest.param(as_csv([r.split(",") for r in (HEADER + OFFICE).split()], quoting=1).encode(),
                     id="every cell quoted"),
    ],
)  # fmt: skip
def test_the_same_rows_come_out_whatever_wrote_them(content: bytes, tmp_path: Path) -> None:
    file = a_file(tmp_path, content)
    assert headers(file) == ("企业名称", "统一社会信用代码", "住所")
    assert read(file) == [(2, ["示例一号有限公司", "91", "示例路1号", None])]


@pytest.mark.parametrize("block", range(1, 9))
def test_a_gb18030_character_may_lie_across_two_blocks(block: int, tmp_path: Path) -> None:
    """Two bytes for most, four for 𠮷."""
    file = a_file(tmp_path, "名称,住所\n示例𠮷记,示例路\n".encode("gb18030"))
    assert read(file, block=block) == [(2, ["示例𠮷记", "示例路", None])]


def test_a_utf8_character_may_lie_across_two_blocks(tmp_path: Path) -> None:
    file = a_file(tmp_path, "名称,住所\n示例𠮷记,示例路\n")
    for block in range(1, 9):
        assert read(file, block=block) == [(2, ["示例𠮷记", "示例路", None])]


def test_a_last_line_in_another_encoding_is_found_before_the_first_row(tmp_path: Path) -> None:
    text = (HEADER + OFFICE * 50).encode("gb18030") + b"\xff\xff\n"
    with pytest.raises(UnreadableFile, match="neither UTF-8 nor GB18030"):
        parse.look(a_file(tmp_path, text), max_bytes=LIMIT)


# Rows and cells.


def test_commas_quotes_and_line_breaks_belong_to_a_quoted_cell(tmp_path: Path) -> None:
    content = '名称,住所\n"示例,一号""甲""","示例路\r\n1号"\n乙,丙\n'
    assert read(a_file(tmp_path, content)) == [
        (2, ['示例,一号"甲"', "示例路\r\n1号", None]),
        (3, ["乙", "丙", None]),
    ]


@pytest.mark.parametrize("cell", ['="0736"', '"=""0736"""'])
def test_a_text_disguised_as_a_formula_is_what_a_spreadsheet_shows(
    cell: str, tmp_path: Path
) -> None:
    """Systems write it so that a spreadsheet takes no long number for a number."""
    file = a_file(tmp_path, HEADER + f"示例一号有限公司,{cell},示例路1号\n")
    assert read(file) == [(2, ["示例一号有限公司", "0736", "示例路1号", None])]
    [layout] = parse.look(file, max_bytes=LIMIT).tables
    assert next(cells[1] for number, cells in parse.grid(file, layout) if number == 2) == "0736"


def test_blank_lines_are_no_rows_but_count(tmp_path: Path) -> None:
    content = '名称,住所\n\n甲,一\n,\n"",""\n\n\n乙,二\n\n'
    assert read(a_file(tmp_path, content)) == [(3, ["甲", "一", None]), (8, ["乙", "二", None])]


def test_a_row_is_counted_once_however_many_lines_its_cells_have(tmp_path: Path) -> None:
    content = '名称,住所\n"甲\n\n",一\n乙,二\n'
    assert [number for number, _ in read(a_file(tmp_path, content))] == [2, 3]


@pytest.mark.parametrize("more", ["三", "三,四", "三,四,五,六,七,八", ",三", ",,,,三", ",三" * 40])
@pytest.mark.parametrize("row", [2, 200])
def test_a_row_with_more_cells_than_headers_shows_them(more: str, row: int, tmp_path: Path) -> None:
    content = "名称,住所\n" + "甲,一\n" * (row - 2) + f"甲,二,{more}\n乙,三\n"
    rows = read(a_file(tmp_path, content))
    assert rows[-2:] == [(row, ["甲", "二", "三"]), (row + 1, ["乙", "三", None])]


def test_a_row_with_fewer_cells_is_filled_with_nothing(tmp_path: Path) -> None:
    content = "名称,住所,状态\n甲\n乙,一\n丙,二,三\n"
    assert [cells for _, cells in read(a_file(tmp_path, content))] == [
        ["甲", None, None, None],
        ["乙", "一", None, None],
        ["丙", "二", "三", None],
    ]


def test_an_empty_cell_is_nothing_quoted_or_not(tmp_path: Path) -> None:
    assert read(a_file(tmp_path, '名称,住所,状态\n甲,"",\n')) == [(2, ["甲", None, None, None])]


def test_a_surplus_cell_is_seen_behind_empty_ones_in_any_block(tmp_path: Path) -> None:
    content = "名称,住所\n" + "甲,一\n" * 50 + "甲,二,,,,,,,三\n" + "甲,一,\n" * 50
    for block in (16, 64, 1 << 20):
        rows = read(a_file(tmp_path, content), block=block)
        assert [row for row in rows if row[1][2]] == [(52, ["甲", "二", "三"])]
        assert len(rows) == 101


def test_a_surplus_cell_is_seen_by_the_slow_reader_too(tmp_path: Path) -> None:
    content = '名称,住所\n甲"乙,一,,三\n'
    assert read(a_file(tmp_path, content)) == [(2, ['甲"乙', "一", "三"])]


def test_trailing_separators_are_neither_headers_nor_cells(tmp_path: Path) -> None:
    file = a_file(tmp_path, "名称,住所,,\n甲,一,,\n")
    assert headers(file) == ("名称", "住所")
    assert read(file) == [(2, ["甲", "一", None])]


@pytest.mark.parametrize(
    ("header", "named"),
    [
        ("名称,名称,名称", ("名称", "名称(2)", "名称(3)")),
        ("名称,名称(2),名称", ("名称", "名称(2)", "名称(3)")),
        ("名称,,住所", ("名称", "第2列", "住所")),
        ("第2列,,住所", ("第2列", "第2列(2)", "住所")),
        (" 名称 ,\u3000住所", ("名称", "住所")),
    ],
)
def test_no_header_hides_another(header: str, named: tuple[str, ...], tmp_path: Path) -> None:
    cells = "一,二,三"[: 2 * len(named) - 1]
    file = a_file(tmp_path, f"{header}\n{cells}\n")
    assert headers(file) == named
    assert read(file) == [(2, [*cells.split(","), None])]


def test_a_comma_inside_a_quoted_header_separates_nothing(tmp_path: Path) -> None:
    file = a_file(tmp_path, '"注册资本(万元,人民币)";名称;住所\n1;甲;一\n')
    assert headers(file) == ("注册资本(万元,人民币)", "名称", "住所")


@pytest.mark.parametrize("above", ["\n", ",,\n\n", '""\n'])
def test_blank_lines_above_the_headers_count(above: str, tmp_path: Path) -> None:
    file = a_file(tmp_path, above + "名称,住所\n甲,一\n")
    assert headers(file) == ("名称", "住所")
    assert read(file) == [(above.count("\n") + 2, ["甲", "一", None])]


# Titles above, and every row as it was sent.


@st.composite
def tables_with_titles(draw: st.DrawFn) -> list[list[str]]:
    """Titles, headers, rows; a row may have more cells than headers."""
    cell = st.text(st.sampled_from('甲乙",;\n 1'), max_size=4)
    titles = draw(st.lists(st.lists(cell, min_size=1, max_size=2), max_size=3))
    rows = draw(st.lists(st.lists(cell, min_size=1, max_size=6), max_size=6))
    return [*titles, ["企业名称", "统一社会信用代码", "住所"], *rows]


NAMES = {"uscc": ["统一社会信用代码"], "name": ["企业名称", "名称"], "address": ["住所"]}


def look(file: Path, vocabulary: Vocabulary = NAMES, required: Sequence[str] = ()) -> Reading:
    return parse.look(file, max_bytes=LIMIT, vocabulary=vocabulary, required=required)


@pytest.mark.parametrize("mark", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "gb18030", "utf-16"])
def test_titles_above_the_headers_are_skipped(mark: str, encoding: str, tmp_path: Path) -> None:
    """The title may hold another separator; the header decides."""
    text = f"示例街道名册,共2家;截至三月\n\n{HEADER}{OFFICE}".replace(",", mark)
    text = text.replace(f"名册{mark}", "名册,")
    file = a_file(tmp_path, text.encode(encoding))
    [layout] = look(file).tables
    assert (layout.header_row, layout.header_rows, layout.delimiter) == (3, 1, mark)
    [batch] = parse.batches(file, layout, size=10)
    assert batch.rows() == [(4, "示例一号有限公司", "91", "示例路1号", None)]
    assert [number for number, _ in parse.grid(file, layout)] == [1, 3, 4]


def test_every_row_is_given_back_as_sent(tmp_path: Path) -> None:
    content = '\ufeff标题\n\n名称,住所\n甲,"一\n二",,x\n,,\n备注：无\n'
    file = a_file(tmp_path, content)
    [layout] = look(file).tables
    assert list(parse.grid(file, layout)) == [
        (1, ["标题"]),
        (3, ["名称", "住所"]),
        (4, ["甲", "一\n二", "", "x"]),
        (6, ["备注：无"]),
    ]


@settings(max_examples=200)
@given(table=tables_with_titles(), block=st.integers(1, 64))
def test_the_rows_read_and_the_rows_above_are_all_the_rows(
    table: list[list[str]], block: int
) -> None:
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(encodings, "BLOCK", block)
        file = a_file(Path(folder), as_csv(table))
        [layout] = look(file).tables
        grid = list(parse.grid(file, layout))
        rows = [row for batch in parse.batches(file, layout, size=3) for row in batch[ROW]]
    above = [number for number, _ in grid if number < layout.data_row]
    assert above + rows == [number for number, _ in grid]
    sent = [(number, cells) for number, cells in enumerate(table, start=1) if any(cells)]
    assert grid == sent


def test_a_text_without_a_required_column_names_what_it_has(tmp_path: Path) -> None:
    file = a_file(tmp_path, "某街道名册\n企业名称,地址\n甲,一\n")
    with pytest.raises(MissingColumn) as caught:
        look(file, required=["uscc", "name"])
    assert "没有“统一社会信用代码”列（现有列：企业名称、地址）" in caught.value.zh
    assert "it has: 企业名称, 地址" in caught.value.en


def test_a_file_of_headers_only_has_no_rows(tmp_path: Path) -> None:
    assert read(a_file(tmp_path, HEADER)) == []
    assert read(write_workbook(tmp_path / "list.xlsx", [["名称", "住所"]])) == []


@pytest.mark.parametrize(
    ("line", "cells"),
    [
        ('5" 管,示例路\n', ['5" 管', "示例路", None]),
        ('甲"乙"丙,示例路\n', ['甲"乙"丙', "示例路", None]),
        ('甲"",示例路\n', ['甲""', "示例路", None]),
        ('"甲"乙,示例路\n', ["甲乙", "示例路", None]),
        ('甲", "乙\n', ['甲"', ' "乙', None]),
        ('甲",示例路\n丙",示例路\n', ['甲"', "示例路", None]),
        ("甲\r", ["甲", None, None]),
    ],
)
def test_stray_marks_in_a_cell_are_read_as_a_spreadsheet_reads_them(
    line: str, cells: list[str | None], tmp_path: Path
) -> None:
    content = "名称,住所\n" + line + "末,行\n"
    rows = read(a_file(tmp_path, content))
    assert rows[0] == (2, cells)
    assert rows[-1][1] == ["末", "行", None]


def test_a_long_file_of_stray_quotes_ends_with_its_last_row(tmp_path: Path) -> None:
    """The slow reader works in portions: one of exactly 50,000 records must not run over."""
    content = "名称,住所\n" + '甲"乙,一\n' * 49_999
    rows = read(a_file(tmp_path, content), size=50_000)
    assert (len(rows), rows[-1]) == (49_999, (50_000, ['甲"乙', "一", None]))


#: Characters that matter to a reader of CSV, and some that only look as if they did.
TRICKY = st.sampled_from('a"",,\n\r\t; 中é𠮷\ufeff\u2028\x0b#\'')
CELL = st.text(TRICKY, max_size=6) | st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=3
)


@st.composite
def tables(draw: st.DrawFn) -> list[list[str]]:
    width = draw(st.integers(1, 4))
    rows = st.lists(CELL, min_size=width, max_size=width)
    return [[f"列{n}" for n in range(width)], *draw(st.lists(rows, max_size=6))]


@settings(max_examples=200)
@given(
    table=tables(),
    delimiter=st.sampled_from(",\t;"),
    written=st.sampled_from(
        # with "\n" Python 3.11 does not quote a cell for holding a carriage return
        [(csv.QUOTE_MINIMAL, "\r\n"), (csv.QUOTE_ALL, "\r\n"), (csv.QUOTE_ALL, "\n")]
    ),
    block=st.integers(1, 64),
    size=st.integers(1, 5),
)
def test_what_a_csv_writer_wrote_comes_back_cell_by_cell(
    table: list[list[str]], delimiter: str, written: tuple[int, str], block: int, size: int
) -> None:
    width = len(table[0])
    delimiter = delimiter if width > 1 else ","
    quoting, line_end = written
    text = as_csv(table, delimiter=delimiter, quoting=quoting, lineterminator=line_end)
    with tempfile.TemporaryDirectory() as folder:
        file = a_file(Path(folder), text)
        assert read(file, block=block, size=size) == numbered(table, width)


@settings(max_examples=500)
@given(
    text=st.text(st.sampled_from('a"",,\n\n\r b'), max_size=40),
    block=st.integers(1, 16) | st.just(1 << 20),
)
@example(text='a,5",b,6",c\n', block=1 << 20)
@example(text='\n"a\r', block=1 << 20)
@example(text="  ", block=1 << 20)
def test_any_text_is_read_as_pythons_csv_module_reads_it(text: str, block: int) -> None:
    text = "甲,乙\n" + text
    whole = text if text.endswith(("\n", "\r")) else text + "\n"
    *records, end = csv.reader([*io.StringIO(whole, newline=""), "\x00"])
    with tempfile.TemporaryDirectory() as folder:
        file = a_file(Path(folder), text)
        if end == ["\x00"]:
            assert read(file, block=block) == numbered(records, 2)
        else:  # a quote was still open at the end, and everything behind it lost
            assert "quotes" in refusal(file).en


# Workbooks.


def test_a_workbook_is_read_by_the_row_numbers_it_shows(tmp_path: Path) -> None:
    file = write_workbook(
        tmp_path / "list.xlsx",
        [["名称", "住所"], ["甲", "一"], [], [None, None], ["乙", "二", "三"], ["丙"]],
    )
    rows = [(2, ["甲", "一", None]), (5, ["乙", "二", "三"]), (6, ["丙", None, None])]
    for size in (1, 2, 1000):
        assert read(file, size=size) == rows


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ("007", "007"),
        (430702000012349, "430702000012349"),
        (1.5, "1.5"),
        (-3, "-3"),
        (True, "是"),
        (date(2019, 3, 15), "2019-03-15"),
        (datetime(2019, 3, 15, 8, 30, tzinfo=UTC).replace(tzinfo=None), "2019-03-15 08:30:00"),
        (911105000000000000, "9.11105000000000E+17"),
        ("多行\n文字", "多行\n文字"),
    ],
)
def test_a_cell_of_a_workbook_is_the_text_a_person_reads(
    cell: Any, text: str, tmp_path: Path
) -> None:
    """A number of 18 digits keeps its exponent: a spreadsheet has lost the last three."""
    file = write_workbook(tmp_path / "list.xlsx", [["甲", "乙"], ["一", cell]])
    [(_, cells)] = read(file)
    assert cells == ["一", text, None]


def test_the_first_filled_sheet_is_read(tmp_path: Path) -> None:
    file = write_workbook(tmp_path / "list.xlsx", [], [["名称"], ["甲"]], [["别的"], ["乙"]])
    assert read(file) == [(2, ["甲", None])]


def test_a_workbook_needs_no_right_name(tmp_path: Path) -> None:
    file = write_workbook(tmp_path / "list.xlsx", [["名称"], ["甲"]])
    assert read(file.rename(tmp_path / "list.csv")) == [(2, ["甲", None])]


# What is no table, and what would do harm.


def an_archive(**members: str) -> bytes:
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in members.items():
            archive.writestr(name.replace("__", "/").replace("_", "."), text)
    return whole.getvalue()


def a_workbook() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "list.xlsx"
        return write_workbook(file, [["名称", "住所"], ["甲", "一"], ["乙", "二"]]).read_bytes()


PACKED = gzip.compress((HEADER + OFFICE * 100).encode())


@pytest.mark.parametrize(
    ("content", "said"),
    [
        pytest.param(b"", "empty", id="empty"),
        pytest.param(b" \r\n\t\n", "empty", id="blanks only"),
        pytest.param(codecs.BOM_UTF8, "empty", id="a byte order mark only"),
        pytest.param(gzip.compress(b""), "empty", id="nothing, gzipped"),
        pytest.param(b",,,\n,,,\n", "first row", id="separators only"),
        pytest.param(b"%PDF-1.7\n", "PDF", id="a PDF"),
        pytest.param(b"\x89PNG\r\n\x1a\n\x00", "PNG", id="a PNG"),
        pytest.param(b"\xff\xd8\xff\xe0", "JPEG", id="a JPEG"),
        pytest.param(b"{\\rtf1\\ansi", "RTF", id="an RTF"),
        pytest.param(b"Rar!\x1a\x07", "RAR", id="a RAR"),
        pytest.param(HEADER.encode() + b"\x00,,\n", "NUL", id="NUL bytes"),
        pytest.param(b"BM\x8a\x00\x00\x00\x00\x00", "BMP", id="a BMP"),
        pytest.param(b"MIME-Version: 1.0\r\n", "MHT", id="a web archive"),
        pytest.param(b"\xff\xfea\x00,\x00\x00\x00\n\x00", "NUL", id="NUL in UTF-16"),
        pytest.param((HEADER + OFFICE).encode("utf-16") + b"x", "UTF-16", id="half of UTF-16"),
        pytest.param(gzip.compress(b"\x89PNG\r\n\x1a\n\x00"), "a PNG", id="a PNG, gzipped"),
        pytest.param(gzip.compress(a_workbook()), "unpack", id="a workbook, gzipped"),
        pytest.param(HEADER.encode() + b"\xff\xff\n", "neither", id="no known encoding"),
        pytest.param(PACKED[:-20], "truncated", id="half a gzip"),
        pytest.param(PACKED[:3], "truncated", id="the start of a gzip"),
        pytest.param(PACKED[:-8] + bytes(8), "truncated", id="a gzip whose checksum is wrong"),
        pytest.param(PACKED + b"x", "truncated", id="something behind a gzip"),
        pytest.param(HEADER.encode() + b'"a,b,c\nd,e,f\n', "quotes", id="an open quote"),
        pytest.param(HEADER.encode() + b'a,"b\n' * 3, "quotes", id="three open quotes"),
        pytest.param(b'"' + (HEADER + OFFICE).encode(), "quotes", id="an open quote at the start"),
        pytest.param(b'a"b,"c\n' + OFFICE.encode(), "quotes", id="a stray and an open quote"),
        pytest.param(an_archive(word__document_xml="<w/>"), "Word", id="a Word document"),
        pytest.param(an_archive(list_csv=HEADER), "archive", id="a table, zipped"),
        pytest.param(an_archive(content_xml="<a/>"), "archive", id="an OpenDocument"),
        pytest.param(an_archive(xl__workbook_bin="x"), ".xlsb", id="a binary workbook"),
        pytest.param(an_archive(ppt__slide_xml="x"), "presentation", id="slides"),
        pytest.param(an_archive(xl__workbook_xml="<a/>"), "workbook", id="a hollow workbook"),
        pytest.param(an_archive(xl__a="")[:-30], "workbook", id="half an archive"),
        pytest.param(a_workbook()[:-600], "workbook", id="half a workbook"),
        pytest.param(b"PK\x03\x04" + bytes(99), "workbook", id="an archive's first bytes"),
        pytest.param(
            b"\xd0\xcf\x11\xe0" + bytes(999), "workbook", id="the start of a compound file"
        ),
    ],
)
def test_what_is_no_table_is_told_in_a_sentence(content: bytes, said: str, tmp_path: Path) -> None:
    error = refusal(a_file(tmp_path, content))
    assert isinstance(error, UnreadableFile | MissingColumn)
    assert said in error.en


def test_an_empty_workbook_has_no_headers(tmp_path: Path) -> None:
    assert isinstance(refusal(write_workbook(tmp_path / "list.xlsx", [])), MissingColumn)


@pytest.mark.parametrize("name", ["nowhere.csv", "a" * 300 + ".csv"])
def test_a_file_that_is_not_there_is_told(name: str, tmp_path: Path) -> None:
    refusal(tmp_path / name)


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    folder = tmp_path / "list.csv"
    folder.mkdir()
    assert "是文件夹" in refusal(folder).zh


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_a_pipe_is_no_file_and_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "list.csv")
    assert "是管道或设备" in refusal(tmp_path / "list.csv").zh


def test_a_link_to_itself_is_told(tmp_path: Path) -> None:
    (tmp_path / "list.csv").symlink_to("list.csv")
    assert "check its path" in refusal(tmp_path / "list.csv").en


def test_what_a_name_does_to_a_terminal_is_not_printed(tmp_path: Path) -> None:
    a_file(tmp_path, b"", "a\x1b[31m\n\u202eb.csv")
    for name in ("a\x1b[31m\n\u202eb.csv", "a\x00b.csv", os.fsdecode(b"a\xffb.csv")):
        with pytest.raises(UnreadableFile) as caught:
            read(tmp_path / name)
        assert caught.value.zh.isprintable()
        assert caught.value.en.isprintable()
        caught.value.zh.encode()


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("quoted", ["b", '"b"'])
@pytest.mark.parametrize("blanks", [2_000, 20_000])
def test_blank_cells_far_out_cost_nothing_and_count_for_nothing(
    blanks: int, quoted: str, end: str, tmp_path: Path
) -> None:
    rows = ["x,y", f"a,{quoted}", "c,,d", "", ",", "e,f"]
    file = a_file(tmp_path, "".join(row + "," * blanks + end for row in rows))
    if blanks > text_table.WIDEST:
        assert "20003 columns or more" in refusal(file).en
        return
    assert read(file) == [(2, ["a", "b", None]), (3, ["c", None, "d"]), (6, ["e", "f", None])]


@pytest.mark.parametrize("most", [1, 3, 1_000])
def test_a_short_line_below_many_headers_holds_few_cells_at_a_time(
    most: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [f"{n}" if n % 3 else f'"{n}\n\n{n}",y' for n in range(20)]
    file = a_file(tmp_path, "a,b,c\n" + "\n".join(rows))
    usual = read(file)
    monkeypatch.setattr(text_table, "MOST_CELLS", most)
    assert read(file) == usual
    assert len(usual) == 20


def test_a_row_far_down_with_more_cells_than_any_table_is_refused(tmp_path: Path) -> None:
    file = a_file(tmp_path, "a,b\n" + "1,2\n" * 1_000 + "1,2" + ",x" * 20_000 + "\n")
    assert "columns or more" in refusal(file, max_bytes=1 << 20).en


@pytest.mark.parametrize("text", ["x" * 600, '"' + "x\n" * 300, ",".join("x" * 300)])
def test_a_record_without_an_end_is_told(
    text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(encodings, "LONGEST_RECORD", 256)
    file = a_file(tmp_path, "a,b\n1,2\n" + text)
    with pytest.raises(UnreadableFile, match=r"list\.csv"):
        read(file, block=128)


def test_a_header_of_a_page_of_text_is_cut_in_the_sentence(tmp_path: Path) -> None:
    file = a_file(tmp_path, "[" * 100_000)
    with pytest.raises(MissingColumn) as caught:
        parse.look(file, max_bytes=LIMIT, vocabulary={"name": ["企业名称"]}, required=["name"])
    assert len(caught.value.zh) < 300


def test_what_packs_too_well_is_a_bomb(tmp_path: Path) -> None:
    file = a_file(tmp_path, gzip.compress(b"a,b\n" + b"1,2\n" * (5 << 20)), "list.csv.gz")
    assert "more than 100 times" in refusal(file, max_bytes=1 << 30).en


def test_a_file_that_breaks_off_after_the_first_look_is_told(tmp_path: Path) -> None:
    file = a_file(tmp_path, PACKED, "list.csv.gz")
    [layout] = parse.look(file, max_bytes=LIMIT).tables
    file.write_bytes(PACKED[:-20])
    with pytest.raises(UnreadableFile, match=r"list\.csv\.gz is truncated"):
        list(parse.batches(file, layout, size=10))


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(HEADER.encode() + b"a,b,c\n" * 400_000, id="plain"),
        pytest.param(gzip.compress(HEADER.encode() + b"a,b,c\n" * 400_000), id="gzip"),
        pytest.param(an_archive(xl__sheet_xml=" " * (2 << 20)), id="workbook"),
    ],
)
def test_what_is_larger_than_allowed_once_unpacked_is_refused(
    content: bytes, tmp_path: Path
) -> None:
    error = refusal(a_file(tmp_path, content), max_bytes=1 << 20)
    assert "larger than 1 MiB" in error.en


def test_an_archive_that_lies_about_its_size_is_counted(tmp_path: Path) -> None:
    size = 4 << 20
    honest = an_archive(xl__sheet_xml=" " * size)
    lying = honest.replace(struct.pack("<L", size), struct.pack("<L", 9))
    assert lying != honest
    assert "larger than 1 MiB" in refusal(a_file(tmp_path, lying), max_bytes=1 << 20).en


@pytest.mark.parametrize(("row", "column"), [(1_048_575, 16_383), (1_048_575, 40), (2_500, 16_383)])
def test_one_stray_cell_far_out_does_not_fill_the_memory(
    row: int, column: int, tmp_path: Path
) -> None:
    rows: list[list[Any]] = [["名称"]] + [[]] * (row - 1) + [[None] * column + ["x"]]
    file = write_workbook(tmp_path / "list.xlsx", rows)
    assert f"row {row + 1} and column {column + 1}" in refusal(file).en


def test_a_long_narrow_sheet_and_a_short_wide_one_are_read(tmp_path: Path) -> None:
    long = write_workbook(tmp_path / "long.xlsx", [["名称"]] + [[]] * 70_000 + [["甲"]])
    wide = write_workbook(tmp_path / "wide.xlsx", [["名称"] * 300, ["甲"] * 300])
    assert read(long) == [(70_002, ["甲", None])]
    assert read(wide) == [(2, [*["甲"] * 300, None])]


WHOLE: dict[str, Callable[[], bytes]] = {
    "csv": (HEADER + OFFICE * 3 + '"引,号",,"两\n行"\n').encode,
    "csv.gz": lambda: PACKED,
    "xlsx": a_workbook,
}


@settings(max_examples=150)
@given(
    kind=st.sampled_from(sorted(WHOLE)),
    length=st.floats(0, 1) | st.just(1.0),
    flips=st.lists(st.tuples(st.floats(0, 1), st.integers(1, 255)), max_size=4),
)
def test_a_damaged_file_is_read_or_refused_and_nothing_else(
    kind: str, length: float, flips: list[tuple[float, int]]
) -> None:
    content = bytearray(WHOLE[kind]())
    del content[int(length * len(content)) :]
    assume(content)
    for where, bits in flips:
        content[int(where * (len(content) - 1))] ^= bits
    with tempfile.TemporaryDirectory() as folder:
        file = a_file(Path(folder), bytes(content), f"list.{kind}")
        try:
            read(file)
        except LiangxinError as error:
            assert file.name in error.en  # noqa: PT017 - a file that can still be read is fine too
