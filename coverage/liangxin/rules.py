"""Rule sets: who counts and what a rate means, versioned as TOML; every figure names the one used."""

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

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
class RuleSet:
    """Who is in the denominator, and the rates over it."""

    id: str
    classes: frozenset[str]  # ownership classes that count
    statuses: frozenset[str]  # registration status codes that can count; no status counts too
    states: frozenset[str]  # screening states that count
    rates: dict[str, RateRule]

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
    )
