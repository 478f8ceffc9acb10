"""Rule sets: who counts and what a rate means, versioned as TOML; every figure names the one used."""

import tomllib
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any

from liangxin.errors import Misuse

DEFAULT = "cn-2026.1"


@dataclass(frozen=True, slots=True)
class RateRule:
    """One rate of domain table 4.2: its name and which coverings make the numerator."""

    id: str
    title_zh: str
    title_en: str
    coverings: frozenset[str]  # of "alone", "joint"
    instructors: bool  # an assigned instructor reaches too


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


@dataclass(frozen=True, slots=True)
class RuleSet:
    """Who is in the denominator, and the rates over it."""

    id: str
    classes: frozenset[str]  # ownership classes that count
    statuses: frozenset[str]  # registration status codes that can count; no status counts too
    states: frozenset[str]  # screening states that count
    rates: dict[str, RateRule]
    headcount: HeadcountRules = field(default_factory=HeadcountRules)

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


@cache
def load(name: str = DEFAULT) -> RuleSet:
    """Return a rule set by name.

    Raises:
        Misuse: there is none of that name.
    """
    file = files("liangxin.reference").joinpath("rules", f"{name}.toml")
    if not file.is_file():
        raise Misuse(f"没有名为“{name}”的规则版本。", f"there is no rule set named {name!r}.")
    raw = tomllib.loads(file.read_text(encoding="utf-8"))
    universe = raw["universe"]
    return RuleSet(
        id=raw["id"],
        classes=frozenset(universe["classes"]),
        statuses=frozenset(universe["statuses"]),
        states=frozenset(universe["states"]),
        rates={
            key: RateRule(
                id=key,
                title_zh=rate["zh"],
                title_en=rate["en"],
                coverings=frozenset(rate["coverings"]),
                instructors=rate["instructors"],
            )
            for key, rate in raw["rates"].items()
        },
        headcount=_headcount(raw.get("headcount", {})),
    )


def _headcount(raw: dict[str, Any]) -> HeadcountRules:
    """The thresholds a rule set states; those it does not are the usual ones."""
    values: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value for key, value in raw.items()
    }
    return HeadcountRules(**values)
