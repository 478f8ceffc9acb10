"""The chaser letter says what is late, how late, what to do and by when, and names no person."""

import io
import zipfile
from dataclasses import replace
from datetime import date

import pytest
from docx import Document
from docx.oxml.ns import qn
from docx.shared import Mm, Pt
from factories import NORTH, NOW, a_uscc

from dashboard.reports import chaser
from liangxin.errors import Misuse
from liangxin.rules import Limits
from liangxin.tasks import TaskView

MONDAY = date(2026, 11, 30)
LATE = TaskView(
    id=12,
    kind="screen",
    title_zh="摸排核实",
    title_en="screening",
    event_zh="新登记",
    event_en="newly registered",
    stage="find",
    todo_zh="上门核实是否实际运营",
    todo_en="go and find out",
    answers={},
    subject="organisation:1",
    uscc=a_uscc(1),
    name="示例第1号有限公司",
    subdistrict_code=NORTH,
    subdistrict="北街道办事处",
    community_code=NORTH + "001",
    community="示例社区居委会",
    owner="community",
    urgent=False,
    opened_on=date(2026, 11, 23),
    due_on=date(2026, 11, 25),
    late=3,
    chased_on=date(2026, 11, 26),
    escalated_on=None,
)
OPENING = (
    "你单位承办的“摸排核实”事项（任务编号：12），应于2026年11月25日前办结，并已于2026年11月26日催办。"
    "截至2026年11月30日，已超期3个工作日，尚未收到办理结果。现将有关情况函告如下："
)


def made(task: TaskView = LATE, **offices: str) -> chaser.Letter:
    return chaser.letter(task, Limits(), district="示例区", today=MONDAY, **offices)


def written(letter: chaser.Letter) -> Document:
    return Document(io.BytesIO(chaser.docx(letter, now=NOW)))


def test_a_letter_reads_from_title_to_date() -> None:
    lines = [each.text for each in written(made()).paragraphs if each.text]
    assert lines == [
        "催办函",
        "〔2026〕第12号",
        "北街道示例社区居委会：",
        OPENING,
        f"一、事项：示例第1号有限公司（统一社会信用代码：{a_uscc(1)}）。事由：新登记。",
        "二、应办工作：上门核实是否实际运营。",
        "三、办理时限：请于2026年12月2日前办结并答复；确有困难的，请在此之前说明原因和预计办结时间。",
        "特此函告。",
        "北街道两新组织综合党委",
        "2026年11月30日",
    ]


def test_a_letter_is_set_as_offices_set_it() -> None:
    document = written(made())
    page = document.sections[0]
    assert (round(page.page_width.mm), round(page.page_height.mm)) == (210, 297)
    assert page.top_margin.mm == pytest.approx(Mm(37).mm, abs=0.1)
    title, body = document.paragraphs[0], document.paragraphs[4]
    assert (title.runs[0].font.size, body.runs[0].font.size) == (Pt(22), Pt(16))
    assert body.paragraph_format.line_spacing == Pt(28)
    assert body.paragraph_format.first_line_indent == Pt(32), "two characters"
    fonts = body.runs[0]._element.rPr.rFonts
    assert fonts.get(qn("w:eastAsia")) == "仿宋"


def test_a_file_says_who_made_it_and_nothing_of_the_library() -> None:
    about = written(made()).core_properties
    assert (about.title, about.author, about.comments) == ("催办函", "北街道两新组织综合党委", "")


@pytest.mark.parametrize(
    ("owner", "to", "sender"),
    [
        ("community", "北街道示例社区居委会", "北街道两新组织综合党委"),
        ("economic_office", "北街道经济办", "北街道两新组织综合党委"),
        ("committee", "北街道两新组织综合党委", "示例区委两新工委"),
        ("district_office", "示例区委两新工委", "示例区委两新工委"),
    ],
)
def test_a_letter_goes_to_who_must_act_from_who_may_chase(owner: str, to: str, sender: str) -> None:
    letter = made(replace(LATE, owner=owner))
    assert (letter.to, letter.sender) == (to, sender)


def test_offices_are_called_what_they_are_called_here() -> None:
    letter = made(sender="某县委社会工作部", to="某镇经济发展办公室")
    assert (letter.sender, letter.to) == ("某县委社会工作部", "某镇经济发展办公室")


def test_what_is_urgent_is_asked_for_at_once() -> None:
    assert (
        "2026年11月30日前办结并答复（紧急事项，即收即办）"
        in made(replace(LATE, urgent=True)).paragraphs[3]
    )


def test_nobody_is_said_to_have_been_chased_who_was_not() -> None:
    for chased_on in (None, MONDAY):
        assert "催办" not in made(replace(LATE, chased_on=chased_on)).paragraphs[0]


def test_what_is_not_late_is_not_chased() -> None:
    with pytest.raises(Misuse, match="2026-11-25"):
        made(replace(LATE, late=0))


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        pytest.param("甲<乙>&“丙”有限公司", "甲<乙>&“丙”有限公司", id="markup"),
        pytest.param("=cmd|'/c'!A1 公司", "=cmd|'/c'!A1 公司", id="a formula is a name here"),
        pytest.param("甲\x00\x0b\u202e公司", "甲\ufffd\ufffd\ufffd公司", id="no characters at all"),
        pytest.param("甲\n乙\t公司", "甲\ufffd乙\ufffd公司", id="no line of its own"),
    ],
)
def test_a_name_stands_as_it_is_written(name: str, shown: str) -> None:
    letter = made(replace(LATE, name=name))
    assert f"事项：{shown}（" in written(letter).paragraphs[5].text


def test_a_letter_runs_nothing_and_asks_for_nothing() -> None:
    with zipfile.ZipFile(io.BytesIO(chaser.docx(made(), now=NOW))) as parts:
        names = parts.namelist()
        relations = b"".join(parts.read(name) for name in names if name.endswith(".rels"))
    assert not [name for name in names if "vba" in name.lower() or "embed" in name.lower()]
    assert b'TargetMode="External"' not in relations
