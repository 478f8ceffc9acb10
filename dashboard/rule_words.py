"""A rule set in words: every switch and number under the name people give it. Pure."""

from collections.abc import Iterator
from dataclasses import fields

from dashboard.text import Say
from liangxin.rules import Condition, RateRule, RuleSet

#: The tables of numbers, in the order they are told.
TABLES = ("thresholds", "limits", "planning", "headcount")
#: Of members, and of staff: whoever is believed is told as a source of headcounts.
_SOURCES = ("staff_sources", "member_sources")
Told = list[tuple[str, str]]


def universe(one: RuleSet, say: Say) -> Told:
    """Return who counts: each switch with its value."""
    listed = say("admin.list")
    words = {
        "classes": listed.join(say.word("ownership", each) for each in sorted(one.classes)),
        "statuses": listed.join(say.word("status", each) for each in sorted(one.statuses)),
        "states": listed.join(say.word("state", each) for each in sorted(one.states)),
        "partnerships": value(one.partnerships, "", say),
        "basis": condition(one.basis, say) or say("admin.rules.all_of_them"),
    }
    return [(say(f"admin.universe.{name}"), told) for name, told in words.items()]


def numbers(one: RuleSet, table: str, say: Say) -> Told:
    """Return one of ``TABLES``: each number with its value."""
    told = getattr(one, table)
    return [
        (say(f"admin.{table}.{each.name}"), value(getattr(told, each.name), each.name, say))
        for each in fields(told)
    ]


def rate(rule: RateRule, say: Say) -> str:
    """Return what a rate means: over whom, and what reaches them."""
    over = condition(rule.over, say) if rule.over is not None else ""
    parts = [say("admin.rate.over", whom=over or say("admin.rate.everybody"))]
    if rule.places:
        return say("admin.rate.places")
    modes = [say(f"admin.covering.{mode}") for mode in sorted(rule.coverings)]
    if rule.instructors:
        modes.append(say("admin.covering.instructor"))
    parts.append(say("admin.rate.reached", how=say("admin.or").join(modes)))
    if rule.active:
        parts.append(say("admin.rate.active"))
    return " ".join(parts)


def condition(asked: Condition, say: Say) -> str:
    """Return what an organisation must have; empty: nothing."""
    told = []
    for each in fields(asked):
        given = getattr(asked, each.name)
        if given not in {None, False}:
            told.append(say(f"admin.condition.{each.name}", number=given))
    return say("admin.list").join(told)


def differences(one: RuleSet, other: RuleSet, say: Say) -> list[tuple[str, str, str]]:
    """Return what two rule sets say differently: what, what the first says, what the second."""
    return [
        (what, here, there)
        for (what, here), (_, there) in zip(_all(one, say), _all(other, say), strict=True)
        if here != there
    ] + [
        (
            name,
            _rate_of(one, name, say),
            _rate_of(other, name, say),
        )
        for name in sorted(one.rates.keys() | other.rates.keys())
        if _rate_of(one, name, say) != _rate_of(other, name, say)
    ]


def _rate_of(one: RuleSet, name: str, say: Say) -> str:
    rule = one.rates.get(name)
    return say("admin.rules.no_rate") if rule is None else rate(rule, say)


def _all(one: RuleSet, say: Say) -> Iterator[tuple[str, str]]:
    yield from universe(one, say)
    for table in TABLES:
        yield from numbers(one, table, say)


def value(given: object, name: str, say: Say) -> str:
    """Return a value as it is read: yes or no, a number, or an order of sources."""
    if given is None:
        return say("admin.rules.not_asked")
    if isinstance(given, bool):
        return say("admin.yes" if given else "admin.no")
    if name in _SOURCES and isinstance(given, tuple):
        return say("admin.then").join(say.word("admin.said", each) for each in given)
    if name == "share_apart" and isinstance(given, float):
        return f"{given:.0%}"
    return f"{given:g}" if isinstance(given, float) else str(given)
