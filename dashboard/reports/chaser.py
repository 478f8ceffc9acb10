"""The chaser letter (催办函): what is late, how late, what to do and by when. No person is in it.

Set as offices set a letter (GB/T 9704-2012): A4 with its margins, a centred title, body in FangSong
of size 3 (16 pt) indented by two characters, 28 pt from line to line, the sender and the day at the
right below. The text is that of the task, and of nothing else.
"""

import io
from dataclasses import dataclass
from datetime import date, datetime

from docx import Document
from docx.shared import Pt

from dashboard.reports.official import (
    BODY_SIZE,
    TITLE_FONT,
    TITLE_SIZE,
    day_said,
    page,
    paragraph,
)
from liangxin import loop
from liangxin.access import Role
from liangxin.errors import Misuse, printable
from liangxin.rules import Limits
from liangxin.tasks import TaskView

KIND = "催办函"


@dataclass(frozen=True, slots=True)
class Letter:
    """A chaser letter before it is set; one string a paragraph."""

    number: str
    to: str
    paragraphs: tuple[str, ...]
    sender: str
    on: date

    @property
    def title(self) -> str:
        """What it is called."""
        return KIND


def letter(
    task: TaskView,
    limits: Limits,
    *,
    district: str,
    today: date,
    sender: str = "",
    to: str = "",
) -> Letter:
    """Return the chaser letter of a task that is late.

    Args:
        task: an open task.
        limits: how many working days the office is given now.
        district: name of the district, for the offices at its level; empty: not named.
        today: the day of the letter.
        sender: the office it comes from; empty: by the task's owner.
        to: the office it goes to; empty: the task's owner.

    Raises:
        Misuse: the task is not late.
    """
    if not task.late:
        raise Misuse(
            f"任务 {task.id} 的期限是 {task.due_on}，没有超期，不需要催办。",
            f"task {task.id} is due on {task.due_on} and not late; there is nothing to chase.",
        )
    again = loop.due(task.kind, limits, start=today, urgent=task.urgent)
    chased = task.chased_on if task.chased_on and task.chased_on < today else None
    before = f"，并已于{day_said(chased)}催办" if chased else ""
    at_once = "（紧急事项，即收即办）" if task.urgent else ""
    opening = (
        f"你单位承办的“{task.title_zh}”事项（任务编号：{task.id}），应于{day_said(task.due_on)}前办结{before}。"
        f"截至{day_said(today)}，已超期{task.late}个工作日，尚未收到办理结果。现将有关情况函告如下："
    )
    deadline = (
        f"三、办理时限：请于{day_said(again)}前办结并答复{at_once}；"
        "确有困难的，请在此之前说明原因和预计办结时间。"
    )
    return Letter(
        number=f"〔{today.year}〕第{task.id}号",
        to=printable(to or recipient(task, district)),
        paragraphs=(
            opening,
            f"一、事项：{printable(_matter(task))}。事由：{task.event_zh}。",
            f"二、应办工作：{task.todo_zh}。",
            deadline,
            "特此函告。",
        ),
        sender=printable(sender or issuer(task, district)),
        on=today,
    )


def recipient(task: TaskView, district: str) -> str:
    """Return the office that must act, as a letter addresses it."""
    street = _street(task)
    return {
        str(Role.COMMUNITY): f"{street}{task.community or '社区'}",
        str(Role.ECONOMIC_OFFICE): f"{street}经济办",
        str(Role.COMMITTEE): f"{street}两新组织综合党委",
    }.get(task.owner, _work_committee(district))


def issuer(task: TaskView, district: str) -> str:
    """Return who chases: the sub-district's committee its own offices, the district's all others."""
    within = task.owner in {str(Role.COMMUNITY), str(Role.ECONOMIC_OFFICE)}
    return (
        f"{_street(task)}两新组织综合党委"
        if within and _street(task)
        else _work_committee(district)
    )


def docx(made: Letter, *, now: datetime) -> bytes:
    """Return a letter as the bytes of a .docx file.

    Args:
        made: the letter.
        now: the moment the file says it was made.
    """
    document = Document()
    page(document)
    paragraph(document, made.title, font=TITLE_FONT, size=TITLE_SIZE, at="center", line=Pt(36))
    paragraph(document, made.number, at="center")
    paragraph(document, "")
    paragraph(document, f"{made.to}：")
    for each in made.paragraphs:
        paragraph(document, each, indent=2 * BODY_SIZE)
    paragraph(document, "")
    paragraph(document, made.sender, at="right", right=2 * BODY_SIZE)
    paragraph(document, day_said(made.on), at="right", right=4 * BODY_SIZE)
    about = document.core_properties
    about.title, about.author, about.last_modified_by = made.title, made.sender, made.sender
    about.comments, about.language = "", "zh-CN"
    about.created = about.modified = now
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def _matter(task: TaskView) -> str:
    code = f"（统一社会信用代码：{task.uscc}）" if task.uscc else ""
    place = "".join(each for each in (task.subdistrict, task.community) if each)
    return f"{task.name or place or task.title_zh}{code}"


def _street(task: TaskView) -> str:
    return (task.subdistrict or "").removesuffix("办事处")


def _work_committee(district: str) -> str:
    return f"{district}委两新工委" if district else "区委两新工委"
