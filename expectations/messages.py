"""Every rule by its name: what the person who must fix it reads, and who that is."""

from expectations import (
    batches,
    instructors,
    ledger,
    ledger_social,
    member_keys,
    members,
    registrations,
    roster,
    screening,
    social,
)
from expectations.rule import Rule

#: The suites, by the kind of file they judge.
SUITES: dict[str, tuple[Rule, ...]] = {
    "registrations": registrations.RULES,
    "social": social.RULES,
    "roster": roster.RULES,
    "members": members.RULES,
    "instructors": instructors.RULES,
    "ledger": ledger.RULES,
    "ledger_social": ledger_social.RULES,
    "screening": screening.RULES,
    "member_keys": member_keys.RULES,
}

MESSAGES: dict[str, Rule] = {
    rule.name: rule for rules in (*SUITES.values(), batches.RULES) for rule in rules
}
