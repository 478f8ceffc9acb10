"""A row of a ledger, and what single cells say of it in the words that ledgers use. Pure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date

Count = int | str | None


@dataclass(frozen=True, slots=True)
class PartyCell:
    """The Party organisation that covers an organisation, as a ledger names it."""

    name: str
    level: str
    mode: str  # of the covering
    basis: str | None
    founded_on: date
    covered_on: date
    superior: str | None
    units: int
    secretary: str | None
    secretary_kind: str | None
    re_elected_on: date | None


@dataclass(frozen=True, slots=True)
class LedgerRow:
    """One organisation of a ledger."""

    uscc: str
    name: str
    kind: str
    enterprise_type: str | None
    address: str | None
    established_on: date | None
    subdistrict: str
    community: str
    state: str | None
    party: PartyCell | None
    instructor: str | None
    staff: int | None
    insured: int | None
    members: Count = None
    full_members: Count = None
    probationary_members: Count = None
    members_in: Count = None
    members_out: Count = None
    found: Mapping[str, str] = field(default_factory=dict)

    def switch(self, name: str) -> bool | None:
        """What somebody found a switch to be; ``None``: nobody knows."""
        return {"1": True, "0": False}.get(self.found.get(name, ""))


Cell = str | int | float | date | None
Says = Callable[[LedgerRow], Cell]

LEVELS = {
    "branch": "党支部",
    "general_branch": "党总支",
    "committee": "党委",
    "joint_branch": "联合党支部",
}
STATES = {
    "operating": "正常",
    "suspended": "停业",
    "closed": "注销",
    "moved": "迁出",
    "not_found": "查无",
    "shell": "空壳",
}
SOCIAL_STATES = {"operating": "正常", "closed": "注销"}
SCREENED = {
    **dict.fromkeys(("imported", "matched", "screening"), "待摸排"),
    "operating": "实体运营",
    "not_found": "查无下落",
    "shell": "空壳",
    "suspended": "停业",
    "moved": "迁出",
    "closed": "注销",
    "duplicate": "重复",
    "not_two_new": "非两新",
}
SECRETARIES = {
    "owner": "出资人担任",
    "manager": "中层管理人员担任",
    "sent": "上级党组织选派",
    "other": "其他人员担任",
}
REASONS = ("没有党员", "企业出资人不支持", "上级党组织未及时指导", "其他原因")
INSPECTIONS = ("合格", "基本合格", "不合格", "未参检")


def nothing(row: LedgerRow) -> Cell:  # noqa: ARG001
    """Nothing is kept of it."""
    return None


def text(name: str) -> Says:
    """A field of the row."""
    return lambda row: getattr(row, name)


def found(name: str) -> Says:
    """What somebody found out."""
    return lambda row: row.found.get(name)


def revenue(row: LedgerRow) -> Cell:
    """Revenue in ten thousand yuan."""
    value = row.found.get("revenue_wan")
    return None if value is None else float(value)


def of_party(name: str) -> Says:
    """A field of the Party organisation."""
    return lambda row: None if row.party is None else getattr(row.party, name)


def box(condition: Callable[[LedgerRow], bool]) -> Says:
    """A tick, or an empty box."""
    return lambda row: "√" if condition(row) else None


def mark(answer: Callable[[LedgerRow], bool | None]) -> Says:
    """√ or ×; empty where nobody knows."""
    return lambda row: {True: "√", False: "×"}.get(answer(row))  # type: ignore[arg-type]


def yes(answer: Callable[[LedgerRow], bool | None]) -> Says:
    """是 or 否; empty where nobody knows."""
    return lambda row: {True: "是", False: "否"}.get(answer(row))  # type: ignore[arg-type]


def switch(name: str) -> Callable[[LedgerRow], bool | None]:
    """A switch somebody found out."""
    return lambda row: row.switch(name)


def built(row: LedgerRow) -> bool:
    """Whether it is covered."""
    return row.party is not None


def party_is(test: Callable[[PartyCell], bool]) -> Callable[[LedgerRow], bool]:
    """Whether its Party organisation is like this."""
    return lambda row: row.party is not None and test(row.party)


def reason(row: LedgerRow) -> str | None:
    """Why nothing was formed, where nothing was."""
    return None if row.party is not None else row.found.get("unbuilt_reason")


def level_is(level: str) -> Callable[[LedgerRow], bool]:
    """Whether its Party organisation is of a level."""
    return party_is(lambda party: party.level == level)


def secretary_is(kind: str) -> Callable[[LedgerRow], bool]:
    """Whether its secretary came like this."""
    return party_is(lambda party: party.secretary_kind == kind)


def by_grid(party: PartyCell) -> bool:
    """Whether a joint one was formed by a grid."""
    return party.mode == "joint" and party.basis == "region"


def form_word(row: LedgerRow) -> Cell:
    """How it was formed, as a word."""
    if row.party is None:
        return None
    if by_grid(row.party):
        return "网格建立"
    return {"alone": "单独组建", "joint": "联合组建", "attached": "挂靠"}[row.party.mode]


def attached(row: LedgerRow) -> Cell:
    """The mode for which real forms have no box."""
    return "挂靠" if row.party is not None and row.party.mode == "attached" else None


def joint_level(row: LedgerRow) -> Cell:
    """The level for which a form has no box."""
    return "联合党支部" if level_is("joint_branch")(row) else None


def level_word(row: LedgerRow) -> Cell:
    """The level, as a word."""
    return None if row.party is None else LEVELS[row.party.level]


def reason_without_box(row: LedgerRow) -> Cell:
    """A reason for which forms have no box."""
    why = reason(row)
    return None if why in REASONS else why


def word_of(words: Mapping[str, str], name: str) -> Says:
    """A code of the row, in words."""
    return lambda row: words.get(getattr(row, name) or "")


def joint_units(row: LedgerRow) -> Cell:
    """How many a joint one covers, where it is several; the others may be of another kind."""
    joint = row.party is not None and row.party.mode == "joint" and row.party.units > 1
    return row.party.units if joint and row.party is not None else None


def secretary_from(row: LedgerRow) -> Cell:
    """Where the secretary came from."""
    return None if row.party is None else SECRETARIES.get(row.party.secretary_kind or "")


def sent_where_unbuilt(row: LedgerRow) -> bool | None:
    """Whether an instructor was sent, where nothing was formed."""
    return None if row.party is not None else row.instructor is not None


def type_is(kind: str) -> Callable[[LedgerRow], bool]:
    """Whether a firm is private, of Hong Kong, Macao or Taiwan, or foreign."""

    def is_of(row: LedgerRow) -> bool:
        text = row.enterprise_type or ""
        if "港澳台" in text or "台港澳" in text:
            return kind == "hmt"
        if any(word in text for word in ("外商", "外资", "中外")):
            return kind == "foreign"
        return kind == "private"

    return is_of


def reasons(group: str) -> list[tuple[str, Says]]:
    """Boxes under a group, one a reason."""

    def is_reason(word: str) -> Says:
        return box(lambda row: reason(row) == word)

    return [(f"{group}|{word}", is_reason(word)) for word in REASONS]


def inspections(group: str) -> list[tuple[str, Says]]:
    """Boxes under a group, one a result of the annual inspection."""

    def is_result(word: str) -> Says:
        return box(lambda row: row.found.get("inspection") == word)

    return [(f"{group}|{word}", is_result(word)) for word in INSPECTIONS]
