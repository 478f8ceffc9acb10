"""What somebody enters who declares: read, normalised, or what is wrong with it, never quoted."""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import date

import polars as pl

from liangxin import notice
from liangxin.errors import Misuse
from liangxin.ids import document
from liangxin.members import Person
from liangxin.membership import Status

#: Where a relation can be, as statistics ask it (domain notes §4.6).
RELATIONS = {
    "here": ("本单位党组织", "a Party organisation of this workplace"),
    "supervisor": ("业务主管单位党组织", "one of the supervising body"),
    "attached": ("挂靠单位党组织", "one of the body it is attached to"),
    "residence": ("居住地社区党组织", "one where I live"),
    "former": ("原工作单位党组织", "one of my former workplace"),
    "other": ("其他", "elsewhere"),
    "unknown": ("不清楚", "I do not know"),
}
LONGEST_NAME = 60


@dataclass(frozen=True, slots=True)
class Said:
    """What somebody entered; never shown, never logged, gone after use."""

    name: str = field(repr=False)
    number: str = field(repr=False)
    status: str = field(repr=False)  # full or probationary
    relation: str = field(repr=False)  # of RELATIONS
    hired_on: date | None = field(repr=False)
    consents: AbstractSet[str]  # of notice.CONSENTS


def agreed(said: Said, today: date) -> Person:
    """Return who declares, if all entries are good and the first two consents are given.

    Raises:
        Misuse: an entry is missing or wrong (which one is named), or a consent is missing.
    """
    person = person_of(said, today)
    if not said.consents >= notice.REQUIRED:
        raise Misuse(
            "未勾选前两项同意，没有记录任何内容。不申报不需要理由，直接离开本页即可。",
            "the first two consents are not given, so nothing was recorded; not declaring needs no "
            "reason, just leave this page.",
        )
    return person


def person_of(said: Said, today: date) -> Person:
    """What was entered as a person, or what is wrong with it."""
    relation(said.relation)
    return Person(
        name(said.name),
        number(said.number, today),
        status(said.status),
        hired(said.hired_on, today),
    )


def name(name: str) -> str:
    """Return a name as it is kept. Raises Misuse if it is none."""
    clean = " ".join(name.split())
    good = clean and len(clean) <= LONGEST_NAME and clean.isprintable()
    if not good or any(each.isdigit() for each in clean):
        raise Misuse(
            "请填写姓名（不超过 60 个字，不含数字）。",
            "enter your name (at most 60 characters, no digits).",
        )
    return clean


def number(number: str, today: date) -> str:
    """The normalised number; never quoted in what is wrong with it."""
    if len(number) <= 40:
        read = document.read(
            pl.Series([None], dtype=pl.String), pl.Series([number]), today=today
        ).row(0, named=True)
        if read["document_number"] is not None and read["document_kind"] not in document.FOREIGN:
            if read["document_kind"] != document.UNKNOWN:
                return str(read["document_number"])
        elif read["document_kind"] in document.FOREIGN:
            raise Misuse(
                "外国人证件不能用于申报：只有中国公民可以是中国共产党党员。",
                "a foreigner's document cannot be used: only citizens can be members.",
            )
    raise Misuse(
        "证件号码有误，请核对后重填（居民身份证 18 位，末位可为 X）。填写的号码没有保存。",
        "the document number is wrong; check it and enter it again (an ID card has 18 characters, the "
        "last may be X). What you entered was not kept.",
    )


def status(status: str) -> Status:
    """Return a status as it is kept. Raises Misuse if it is none."""
    if status not in {str(each) for each in Status}:
        raise Misuse(
            "请选择正式党员或预备党员。", "choose whether you are a full or a probationary member."
        )
    return Status(status)


def relation(relation: str) -> str:
    """Return where a relation is, as it is kept. Raises Misuse if it is none."""
    if relation not in RELATIONS:
        raise Misuse("请选择组织关系所在。", "choose where your relation is.")
    return relation


def hired(hired_on: date | None, today: date) -> date | None:
    """Return a day of hiring as it is kept; none is none. Raises Misuse if it is none."""
    if hired_on is not None and not date(1950, 1, 1) <= hired_on <= today:
        raise Misuse(
            "入职日期有误：请填写今天或以前的日期，也可留空。",
            "the day of hiring is wrong: enter a day up to today, or leave it empty.",
        )
    return hired_on
