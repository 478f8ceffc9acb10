"""A bar chart inside a .docx, drawn by the word processor itself: no picture, no other program.

The library knows no charts, so the part is written here (ECMA-376, DrawingML charts); values are in
it, and no workbook is embedded.
"""

from collections.abc import Sequence
from xml.sax.saxutils import escape

from docx.document import Document as DocumentObject
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.opc.packuri import PackURI
from docx.opc.part import Part
from docx.oxml import parse_xml
from docx.shared import Mm

CONTENT_TYPE = "application/vnd.openxmlformats-officedocument.drawingml.chart+xml"
_C = "http://schemas.openxmlformats.org/drawingml/2006/chart"
_A = "http://schemas.openxmlformats.org/drawingml/2006/main"
_WP = "http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing"
_R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
WIDTH, BAR, FRAME = Mm(156), Mm(8), Mm(24)

Series = tuple[str, str, Sequence[float | None]]


def add(document: DocumentObject, categories: Sequence[str], series: Sequence[Series]) -> None:
    """Add a chart of shares (0 to 1) after what is there.

    Args:
        document: where.
        categories: one name a bar, top to bottom.
        series: name, colour (``b3242b``) and one share a category; null: no bar.
    """
    package = document.part.package
    number = sum(part.content_type == CONTENT_TYPE for part in package.iter_parts()) + 1
    name = PackURI(f"/word/charts/chart{number}.xml")
    part = Part(name, CONTENT_TYPE, _chart(categories, series).encode(), package)
    relation = document.part.relate_to(part, RELATIONSHIP_TYPE.CHART)
    height = int(FRAME) + int(BAR) * len(categories)
    document.element.body.insert_element_before(
        parse_xml(_frame(relation, int(WIDTH), height, number)), "w:sectPr"
    )


def _frame(relation: str, width: int, height: int, number: int) -> str:
    return (
        f'<w:p xmlns:w="{_W}" xmlns:wp="{_WP}" xmlns:a="{_A}" xmlns:c="{_C}" xmlns:r="{_R}"><w:r>'
        f'<w:drawing><wp:inline distT="0" distB="0" distL="0" distR="0">'
        f'<wp:extent cx="{width}" cy="{height}"/>'
        f'<wp:docPr id="{1000 + number}" name="chart {number}"/><wp:cNvGraphicFramePr/>'
        f'<a:graphic><a:graphicData uri="{_C}"><c:chart r:id="{relation}"/></a:graphicData>'
        f"</a:graphic></wp:inline></w:drawing></w:r></w:p>"
    )


def _chart(categories: Sequence[str], series: Sequence[Series]) -> str:
    bars = "".join(_series(at, categories, each) for at, each in enumerate(series))
    number = '<c:numFmt formatCode="0%" sourceLinked="0"/>'
    axis = '<c:delete val="0"/>'
    marks = '<c:majorTickMark val="none"/><c:minorTickMark val="none"/>'
    return (
        '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
        f'<c:chartSpace xmlns:c="{_C}" xmlns:a="{_A}"><c:roundedCorners val="0"/><c:chart>'
        '<c:autoTitleDeleted val="1"/><c:plotArea><c:layout/><c:barChart>'
        f'<c:barDir val="bar"/><c:grouping val="clustered"/><c:varyColors val="0"/>{bars}'
        '<c:gapWidth val="60"/><c:axId val="1"/><c:axId val="2"/></c:barChart>'
        '<c:catAx><c:axId val="1"/><c:scaling><c:orientation val="maxMin"/></c:scaling>'
        f'{axis}<c:axPos val="l"/>{marks}<c:crossAx val="2"/></c:catAx>'
        '<c:valAx><c:axId val="2"/><c:scaling><c:orientation val="minMax"/><c:max val="1"/>'
        f'<c:min val="0"/></c:scaling>{axis}<c:axPos val="t"/><c:majorGridlines/>{number}'
        f'{marks}<c:crossAx val="1"/></c:valAx></c:plotArea>'
        '<c:legend><c:legendPos val="b"/></c:legend><c:plotVisOnly val="1"/></c:chart></c:chartSpace>'
    )


def _series(at: int, categories: Sequence[str], series: Series) -> str:
    name, color, values = series
    names = "".join(
        f'<c:pt idx="{n}"><c:v>{escape(each)}</c:v></c:pt>' for n, each in enumerate(categories)
    )
    points = "".join(
        f'<c:pt idx="{n}"><c:v>{each!r}</c:v></c:pt>'
        for n, each in enumerate(values)
        if each is not None
    )
    count = f'<c:ptCount val="{len(categories)}"/>'
    return (
        f'<c:ser><c:idx val="{at}"/><c:order val="{at}"/><c:tx><c:strRef><c:f/><c:strCache>'
        f'<c:ptCount val="1"/><c:pt idx="0"><c:v>{escape(name)}</c:v></c:pt></c:strCache></c:strRef>'
        f'</c:tx><c:spPr><a:solidFill><a:srgbClr val="{color}"/></a:solidFill></c:spPr>'
        f"<c:cat><c:strRef><c:f/><c:strCache>{count}{names}</c:strCache></c:strRef></c:cat>"
        f"<c:val><c:numRef><c:f/><c:numCache><c:formatCode>0.0%</c:formatCode>{count}{points}"
        "</c:numCache></c:numRef></c:val></c:ser>"
    )
