"""Rules for registrations of firms and social organisations, each a named sentence.

A rule is an expectation on a ``…_fault`` column: normalising has already said *which way* a
value is wrong, the expectation says which of these the register does not take. What each rule
tells people, and whether it refuses or warns, is in ``messages``.
"""

from collections.abc import Callable
from typing import Any

from great_expectations.expectations.core.expect_column_values_to_not_be_in_set import (
    ExpectColumnValuesToNotBeInSet,
)
from great_expectations.expectations.expectation import ColumnMapExpectation


class UsccIsPresent(ExpectColumnValuesToNotBeInSet):
    """An organisation is known by its code; a row without one is about nobody."""

    column: str = "uscc_fault"
    value_set: list[str] = ["missing"]


class UsccIsNotARegistrationNumber(ExpectColumnValuesToNotBeInSet):
    """Numbers of before 2015 cannot be turned into codes by arithmetic."""

    column: str = "uscc_fault"
    value_set: list[str] = ["registration_number"]


class UsccIsNotAMiswrittenRegistrationNumber(ExpectColumnValuesToNotBeInSet):
    """15 digits whose own check fails are a wrong number, not only an old one."""

    column: str = "uscc_fault"
    value_set: list[str] = ["registration_number_check"]


class UsccIsNotAnOrganisationCode(ExpectColumnValuesToNotBeInSet):
    """Nine characters are the part inside a code, not the code."""

    column: str = "uscc_fault"
    value_set: list[str] = ["organisation_code"]


class UsccHasAllItsDigits(ExpectColumnValuesToNotBeInSet):
    """Scientific notation means that a spreadsheet has thrown digits away."""

    column: str = "uscc_fault"
    value_set: list[str] = ["scientific"]


class UsccIsNotMasked(ExpectColumnValuesToNotBeInSet):
    """An anonymised code names nobody."""

    column: str = "uscc_fault"
    value_set: list[str] = ["masked"]


class UsccHasEighteenCharacters(ExpectColumnValuesToNotBeInSet):
    """GB 32100-2015: eighteen."""

    column: str = "uscc_fault"
    value_set: list[str] = ["length"]


class UsccUsesItsAlphabet(ExpectColumnValuesToNotBeInSet):
    """Digits and capitals without I, O, S, V, Z."""

    column: str = "uscc_fault"
    value_set: list[str] = ["alphabet"]


class UsccCheckCharacterIsRight(ExpectColumnValuesToNotBeInSet):
    """The last character follows from the seventeen before it."""

    column: str = "uscc_fault"
    value_set: list[str] = ["check"]


class UsccOccursOnce(ExpectColumnValuesToNotBeInSet):
    """Two different rows of one code in one file: one of them is wrong."""

    column: str = "repeat_fault"
    value_set: list[str] = ["conflict"]


class NameIsPresent(ExpectColumnValuesToNotBeInSet):
    """Nobody can be visited without a name."""

    column: str = "name_fault"
    value_set: list[str] = ["missing"]


class RowHasNoMoreCellsThanHeaders(ExpectColumnValuesToNotBeInSet):
    """A row with extra cells is shifted, so none of its cells can be trusted."""

    column: str = "row_fault"
    value_set: list[str] = ["more_cells"]


class EstablishedOnIsADate(ExpectColumnValuesToNotBeInSet):
    """A founding date is given as a day that exists."""

    column: str = "established_on_fault"
    value_set: list[str] = ["unreadable"]


class EstablishedOnIsNotInTheFuture(ExpectColumnValuesToNotBeInSet):
    """Nothing was founded tomorrow."""

    column: str = "established_on_fault"
    value_set: list[str] = ["future"]


class CapitalIsANumber(ExpectColumnValuesToNotBeInSet):
    """Capital starts with a number."""

    column: str = "capital_fault"
    value_set: list[str] = ["unreadable"]


class CapitalHasAUnit(ExpectColumnValuesToNotBeInSet):
    """50 of what: a factor of ten thousand hangs on it."""

    column: str = "capital_fault"
    value_set: list[str] = ["no_unit"]


class StatusIsKnown(ExpectColumnValuesToNotBeInSet):
    """A status wording is in the table of wordings met so far."""

    column: str = "status_fault"
    value_set: list[str] = ["unknown"]


#: The suite, in the order reasons are told.
RULES: tuple[Callable[[], ColumnMapExpectation], ...] = (
    RowHasNoMoreCellsThanHeaders,
    UsccIsPresent,
    UsccIsNotARegistrationNumber,
    UsccIsNotAMiswrittenRegistrationNumber,
    UsccIsNotAnOrganisationCode,
    UsccHasAllItsDigits,
    UsccIsNotMasked,
    UsccHasEighteenCharacters,
    UsccUsesItsAlphabet,
    UsccCheckCharacterIsRight,
    UsccOccursOnce,
    NameIsPresent,
    EstablishedOnIsADate,
    EstablishedOnIsNotInTheFuture,
    CapitalIsANumber,
    CapitalHasAUnit,
    StatusIsKnown,
)

_WRITTEN: list[Callable[[], Any]] = [
    each for each in ExpectColumnValuesToNotBeInSet.__subclasses__() if each.__module__ == __name__
]
#: Column and code of every fault that a rule above was written for, in the suite or not.
KNOWN: frozenset[tuple[str, str]] = frozenset(
    (rule.column, code) for rule in (written() for written in _WRITTEN) for code in rule.value_set
)
