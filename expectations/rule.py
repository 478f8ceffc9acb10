"""What a rule is: a named sentence about one column of faults, and what people read of it.

Rules are data, so that a page may show them without loading the validator; ``check`` makes each
an expectation of Great Expectations. The texts stand here and not in the expectations, because
Great Expectations does not carry a sentence through to its results.

A text may hold ``{value}`` (the cell as sent), ``{column}`` (the file's own header), ``{hint}``
(what may be meant, as a clause, or nothing) and ``{some_field}`` (another cell of the row as sent).
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

#: A cell's value in a sentence, with the quotes around it.
_QUOTED = re.compile(r"“?\{\w+\}”?")
#: A value that only stands beside what it is of, in brackets of its own.
_ASIDE = re.compile(r"（“\{\w+\}”）")
#: Values without which a sentence breaks off (却为“{staff}”), or counts nothing (“{members}”名).
_NEEDED = re.compile(r"(?<=[为是有占：、 ])“?(?:\{\w+\})+”?|“(?:\{\w+\})+”(?=[名个])")
Severity = Literal["refuse", "warn"]


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: the fault codes it is about, whether they keep a row out, and what to say."""

    name: str  # a sentence in snake case; also its name in every report
    why: str
    column: str  # "…_fault"
    codes: tuple[str, ...]
    zh: str
    en: str
    severity: Severity = "refuse"
    owner: str = "economic_office"  # the role that can clear it
    field: str = "uscc"  # our name of the field whose cell is marked
    also: tuple[str, ...] = ()  # further fields whose cells are marked


def general(rule: Rule) -> tuple[str, str]:
    """Return what a rule says of no cell in particular, in Chinese and English."""
    zh = rule.zh.replace("“{column}”列", "该列")
    en = rule.en.replace("{column}", "its column").replace("{value}", "the value")
    if _QUOTED.match(zh):  # a sentence about the value needs something to be about
        zh = _QUOTED.sub("该值", zh, count=1)
    zh = _NEEDED.sub("…", _ASIDE.sub("", zh))
    return _QUOTED.sub("", zh), _QUOTED.sub("…", en)


def known(rules: Iterable[Rule]) -> frozenset[tuple[str, str]]:
    """Return column and code of every fault the rules are about."""
    return frozenset((rule.column, code) for rule in rules for code in rule.codes)
