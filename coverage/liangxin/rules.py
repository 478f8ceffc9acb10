"""Rule sets: who counts and what a rate means, versioned as TOML; every figure names the one used.

A rule set may extend another and state only what differs. The shipped ones lie in
``reference/rules``; an office's own may lie in any folder it names (``load(..., folder=…)``).
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from liangxin.errors import Misuse
from liangxin.suppression import told_apart

if TYPE_CHECKING:
    from liangxin.settings import Settings

DEFAULT = "cn-2026.2"
Kind = TypeVar("Kind")
COVERING_MODES = ("alone", "joint", "attached")
#: Switches that let a whole ownership class count.
CLASS_SWITCHES = {"cooperatives": "COOPERATIVE", "individual_businesses": "INDIVIDUAL"}


@dataclass(frozen=True, slots=True)
class Condition:
    """What an organisation must have; what is not stated is not asked for.

    A fact that nobody knows makes the condition undecided, and never true.
    """

    staff_min: int | None = None
    social_staff_min: int | None = None  # of social organisations, instead of all else
    full_members_min: int | None = None
    fixed_place: bool = False
    above_scale: bool = False


@dataclass(frozen=True, slots=True)
class RateRule:
    """One rate of domain table 4.2: its name, who is in it and what reaches them."""

    id: str
    title_zh: str
    title_en: str
    coverings: frozenset[str]  # of COVERING_MODES
    instructors: bool  # an assigned instructor reaches too
    over: Condition | None = None  # of the organisations that count, those that …
    active: bool = False  # only a Party organisation whose term is not over reaches
    places: bool = False  # over key places instead of organisations


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Numbers of the Party's own rules (domain notes §4.3, §4.4)."""

    branch_members: int = 3  # full members from which a unit must form a branch
    joint_units: int = 5  # a joint branch of more is a warning
    branch_members_most: int = 50  # a branch of more is a warning
    branch_committee: int = 7  # full members from which a branch has a committee
    general_branch: int = 50
    committee: int = 100
    staff_with_member: int = 50  # so many staff must have a member among them
    staff_with_organisation: int = 100  # so many must have a Party organisation
    term_years: int = 3
    term_notice_months: int = 6
    confirm_days: int = 183  # the ledger is confirmed every half year
    new_hires_staff: int = 10  # from so many staff on, new hires are asked
    roster_days: int = 31  # and a staff list is due so often


@dataclass(frozen=True, slots=True)
class Limits:
    """Days until a clock is over its limit, and how tasks run (working days)."""

    hire_identified: int = 30
    new_hire_days: int = 366  # hired longer ago than this, nobody is a new hire
    hire_covered: int = 60
    found_instructor: int = 30
    application: int = 31  # the answer is due within a month
    transfer: int = 90  # an introduction letter holds three months at most
    letter_days: int = 7  # before a letter runs out
    request_days: int = 15  # until a person's request is answered
    task_days: int = 2
    remind_days: int = 1  # before it is due
    chase_days: int = 1  # after it was due: a chaser letter
    escalate_days: int = 3  # after it was due: to the leader, once


@dataclass(frozen=True, slots=True)
class HeadcountRules:
    """How far counts of people may lie apart before somebody is asked (``liangxin.headcount``)."""

    people_apart: int = 5  # two counts differ when they do by more than this …
    share_apart: float = 0.2  # … and by more than this share of the larger one
    days_apart: int = 400  # counts of days further apart are not compared
    jump_people: int = 20  # a count jumps when it moves by so many …
    jump_ratio: float = 3.0  # … and to so many times, or to this part …
    jump_days: int = 366  # … within so many days
    #: Who is believed, best first: a field survey before a register, a self-declared hint last.
    staff_sources: tuple[str, ...] = ("screening", "roster", "ledger", "annual_report")
    #: An annual report's members are a hint and never a count (domain notes §5.9).
    member_sources: tuple[str, ...] = ("screening", "ledger")
    #: A confirmed member of two organisations counts at one: where the relation is, else the first.
    members_once: bool = True


@dataclass(frozen=True, slots=True)
class PlanRules:
    """What a plan of instructors or joint branches is asked (domain notes §4.3, §4.5)."""

    load: int = 5  # organisations of an instructor who states no number
    load_warn: int = 5  # more is told
    load_most: int = 8  # more is never planned
    equal_loads: bool = False  # compared as numbers; else as parts of each one's capacity
    agreed_only: bool = False  # a pair is planned only after both sides agreed
    built_too: bool = False  # an organisation that is covered needs an instructor as well
    large_staff: int | None = None  # each should have one with so many staff
    pairs_built: bool = False  # each should have one that is covered and one that is not
    sector_points: int = 5  # another trade weighs as much as so many 100 m
    crossing_points: int = 3  # and another community as much as so many
    by_hours: bool = False  # loads are hours a month instead of organisations
    hours: int = 40  # of an instructor who states none
    unit_hours: int = 4  # an organisation asks for so many
    unit_hours_large: int = 8  # and one of so many staff for these
    unit_hours_staff: int = 50
    reach: int = 3000  # metres that two units of a joint branch may lie apart
    term_months: int = 24  # of an assignment
    renew_days: int = 90  # a plan that keeps one whose term ends within so many renews it
    visit_days: int = 45  # after so many without a visit one is overdue
    talk_days: int = 366  # and after so many without a talk


@dataclass(frozen=True, slots=True)
class RuleSet:
    """Who is in the denominator, and the rates over it."""

    id: str
    classes: frozenset[str]  # ownership classes that count
    statuses: frozenset[str]  # registration status codes that can count; no status counts too
    states: frozenset[str]  # screening states that count
    rates: dict[str, RateRule]
    headcount: HeadcountRules = field(default_factory=HeadcountRules)
    partnerships: bool = True  # partnerships and sole proprietorships count too
    basis: Condition = field(default_factory=Condition)  # who counts of those that operate
    thresholds: Thresholds = field(default_factory=Thresholds)
    limits: Limits = field(default_factory=Limits)
    planning: PlanRules = field(default_factory=PlanRules)
    title_zh: str = ""
    title_en: str = ""

    def __hash__(self) -> int:
        """By its id: what is worked out for a rule set can be kept under it."""
        return hash(self.id)

    @property
    def full_members_asked(self) -> frozenset[int]:
        """Every number of full members of one organisation at which something changes."""
        one = self.thresholds
        asked = {one.branch_members, one.branch_committee, one.general_branch, one.committee}
        conditions = [self.basis, *(rate.over for rate in self.rates.values() if rate.over)]
        return frozenset(asked | {each.full_members_min or 0 for each in conditions} - {0})

    def rate(self, name: str) -> RateRule:
        """Return a rate by its id, upper or lower case.

        Raises:
            Misuse: this rule set has no such rate.
        """
        found = self.rates.get(name.upper())
        if found is None:
            known = "、".join(self.rates)
            raise Misuse(
                f"规则版本 {self.id} 没有口径“{name}”，现有：{known}。",
                f"the rule set {self.id} has no rate {name!r}; it has: {', '.join(self.rates)}.",
            )
        return found


#: The tables of numbers and switches; what a file leaves out is as usual.
_TABLES: dict[str, type[Any]] = {
    "headcount": HeadcountRules,
    "thresholds": Thresholds,
    "limits": Limits,
    "planning": PlanRules,
}


def shipped() -> list[str]:
    """Names of the rule sets that come with the product."""
    folder = files("liangxin.reference").joinpath("rules")
    return sorted(each.name.removesuffix(".toml") for each in folder.iterdir())


def of(settings: "Settings") -> RuleSet:
    """Return the rule set that an office's settings name.

    Raises:
        Misuse: as ``load``.
    """
    return load(settings.rule_set or DEFAULT, folder=settings.rules)


@cache
def load(name: str = DEFAULT, *, folder: Path | None = None) -> RuleSet:
    """Return a rule set by name, an office's own before a shipped one.

    Raises:
        Misuse: there is none of that name, or a key of it is unknown or of the wrong kind.
    """
    raw = _read(name, folder, seen=())
    try:
        made = _rule_set(name, raw)
    except (KeyError, TypeError, AttributeError) as error:
        raise _wrong(name, str(error)) from error
    _require_bands(name, made)
    return made


def _read(name: str, folder: Path | None, *, seen: tuple[str, ...]) -> dict[str, Any]:
    """The tables of a rule set, laid over those of the one it extends."""
    if name in seen:
        raise _wrong(name, "extends")
    try:
        raw = tomllib.loads(_text(name, folder))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise _wrong(name, str(error)) from error
    base = raw.pop("extends", None)
    return raw if base is None else _laid_over(_read(base, folder, seen=(*seen, name)), raw)


def _text(name: str, folder: Path | None) -> str:
    plain = name and not set(name) & set("/\\:") and not name.startswith(".")
    if plain and folder is not None and (folder / f"{name}.toml").is_file():
        return (folder / f"{name}.toml").read_text(encoding="utf-8")
    file = files("liangxin.reference").joinpath("rules", f"{name}.toml")
    if not plain or not file.is_file():
        known = "、".join(shipped())
        raise Misuse(
            f"没有名为“{name}”的规则版本，现有：{known}。",
            f"there is no rule set named {name!r}; there are: {', '.join(shipped())}.",
        )
    return file.read_text(encoding="utf-8")


def _laid_over(under: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(under)
    for key, value in over.items():
        below = merged.get(key)
        both = isinstance(value, dict) and isinstance(below, dict)
        merged[key] = _laid_over(below, value) if both else value  # type: ignore[arg-type]
    return merged


def _rule_set(name: str, raw: dict[str, Any]) -> RuleSet:
    _only(name, raw, {"id", "zh", "en", "universe", "rates", *_TABLES}, "")
    universe = raw["universe"]
    switches = {"partnerships", *CLASS_SWITCHES}
    _only(name, universe, {"classes", "statuses", "states", "basis"} | switches, "universe.")
    for key in switches & set(universe):
        _require(name, universe[key], bool, f"universe.{key}")
    for key in ("classes", "statuses", "states"):
        _require(name, universe[key], list, f"universe.{key}")
    switched = {kind for key, kind in CLASS_SWITCHES.items() if universe.get(key)}
    return RuleSet(
        id=raw["id"],
        classes=frozenset(universe["classes"]) | switched,
        statuses=frozenset(universe["statuses"]),
        states=frozenset(universe["states"]),
        rates={key: _rate(name, key, rate) for key, rate in raw["rates"].items()},
        partnerships=universe.get("partnerships", True),
        basis=_made(name, Condition, universe.get("basis", {}), "universe.basis."),
        **{key: _made(name, kind, raw.get(key, {}), f"{key}.") for key, kind in _TABLES.items()},
        title_zh=raw.get("zh", ""),
        title_en=raw.get("en", ""),
    )


def _rate(name: str, key: str, raw: dict[str, Any]) -> RateRule:
    where = f"rates.{key}."
    _only(name, raw, {"zh", "en", "coverings", "instructors", "over", "active", "places"}, where)
    _require(name, raw["coverings"], list, f"{where}coverings")
    for switch in {"instructors", "active", "places"} & set(raw):
        _require(name, raw[switch], bool, where + switch)
    unknown = set(raw["coverings"]) - set(COVERING_MODES)
    if unknown:
        raise _wrong(name, f"{where}coverings: {min(unknown)}")
    return RateRule(
        id=key,
        title_zh=raw["zh"],
        title_en=raw["en"],
        coverings=frozenset(raw["coverings"]),
        instructors=raw["instructors"],
        over=_made(name, Condition, raw["over"], f"{where}over.") if "over" in raw else None,
        active=raw.get("active", False),
        places=raw.get("places", False),
    )


def _made(name: str, kind: type[Kind], raw: dict[str, Any], where: str) -> Kind:
    """A dataclass of numbers and lists; what the file does not state is as usual."""
    _only(name, raw, {each.name for each in fields(kind)}, where)  # type: ignore[arg-type]
    wanted = {each.name: _KINDS[each.type] for each in fields(kind)}  # type: ignore[arg-type]
    for key, value in raw.items():
        _require(name, value, wanted[key], where + key)
    values = {key: tuple(value) if isinstance(value, list) else value for key, value in raw.items()}
    return kind(**values)


#: What TOML must give for a field of a dataclass.
_KINDS: dict[Any, type] = {
    int: int,
    int | None: int,
    float: float,
    bool: bool,
    tuple[str, ...]: list,
}


def _require(name: str, value: Any, kind: type, where: str) -> None:
    """Return if a value is of a kind: numbers not below 0, lists of texts and not empty."""
    good = type(value) is kind or (kind is float and type(value) is int)
    if kind is list:
        good = good and bool(value) and all(isinstance(each, str) for each in value)
        good = good or (value == [] and where.endswith("coverings"))
    elif good and kind is not bool:
        good = value >= 0
    if not good:
        raise _wrong(name, f"{where} = {value!r}")


def _require_bands(name: str, made: RuleSet) -> None:
    """Return if what is asked of full members cannot tell one from two, nor three from four."""
    number = told_apart(made.full_members_asked)
    if number is not None:
        raise Misuse(
            f"规则版本“{name}”按正式党员 {number} 人划线，会让人推出 1 名或 2 名党员。门槛请用 1、3，或 5 以上且互不相邻的数。",
            f"the rule set {name!r} draws a line at {number} full members, from which one or two "
            "members could be worked out; use 1, 3, or numbers from 5 on that are no neighbours.",
        )


def _only(name: str, raw: Mapping[str, Any], known: set[str], where: str) -> None:
    unknown = sorted(set(raw) - known)
    if unknown:
        raise _wrong(name, where + unknown[0])


def _wrong(name: str, what: str) -> Misuse:
    return Misuse(
        f"规则版本“{name}”有误：{what}。请对照 docs/operate.md 更正该文件。",
        f"the rule set {name!r} is wrong at: {what}; correct the file (docs/operate.md).",
    )
