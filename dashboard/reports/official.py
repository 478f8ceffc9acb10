"""How offices set a document (GB/T 9704-2012): A4 with its margins, a centred title, FangSong of size 3."""

import io
from datetime import date
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from docx.document import Document as DocumentObject
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Length, Mm, Pt
from docx.text.run import Run

TITLE_FONT, BODY_FONT = "方正小标宋简体", "仿宋"
TITLE_SIZE, BODY_SIZE, LINE = Pt(22), Pt(16), Pt(28)
#: The first moment that a package knows.
ZIP_BEGIN = (1980, 1, 1, 0, 0, 0)
#: Top, right, bottom, left.
MARGINS = (Mm(37), Mm(26), Mm(35), Mm(28))


def day_said(day: date) -> str:
    """Return a day as a letter says it."""
    return f"{day.year}年{day.month}月{day.day}日"


def saved(document: DocumentObject) -> bytes:
    """Return a document's bytes, the same ones however often it is made: no moment is in them."""
    written_now, without = io.BytesIO(), io.BytesIO()
    document.save(written_now)
    with ZipFile(written_now) as package, ZipFile(without, "w", ZIP_DEFLATED) as again:
        for name in package.namelist():
            entry = ZipInfo(name, ZIP_BEGIN)
            entry.compress_type = ZIP_DEFLATED
            again.writestr(entry, package.read(name))
    return without.getvalue()


def page(document: DocumentObject) -> None:
    """Set the paper and its margins."""
    section = document.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    top, right, bottom, left = MARGINS
    section.top_margin, section.right_margin = top, right
    section.bottom_margin, section.left_margin = bottom, left


def paragraph(
    document: DocumentObject,
    text: str,
    *,
    font: str = BODY_FONT,
    size: Length = BODY_SIZE,
    at: str = "both",
    line: Length = LINE,
    indent: int = 0,
    right: int = 0,
) -> None:
    """Add a paragraph; lengths are those of the library, ``at`` is left, both, center or right."""
    made = document.add_paragraph()
    shape = made.paragraph_format
    shape.alignment = {
        "left": WD_ALIGN_PARAGRAPH.LEFT,
        "both": WD_ALIGN_PARAGRAPH.JUSTIFY,
        "center": WD_ALIGN_PARAGRAPH.CENTER,
        "right": WD_ALIGN_PARAGRAPH.RIGHT,
    }[at]
    shape.space_before = shape.space_after = Pt(0)
    shape.line_spacing = line
    if indent:
        shape.first_line_indent = Length(indent)
    if right:
        shape.right_indent = Length(right)
    written(made.add_run(text), font, size)


def repeated(row: Any) -> None:
    """Have a table's head stand on every page the table runs over."""
    row._tr.get_or_add_trPr().append(OxmlElement("w:tblHeader"))  # noqa: SLF001 - as below


def written(run: Run, font: str, size: Length) -> None:
    """Chinese takes its font from an attribute of its own, which the library does not set."""
    run.font.size, run.font.name = size, font
    properties = run._element.get_or_add_rPr()  # noqa: SLF001 - the library's way to what it lacks
    fonts = properties.get_or_add_rFonts()
    fonts.set(qn("w:eastAsia"), font)
    fonts.set(qn("w:hint"), "eastAsia")
