"""Rules on a whole batch, judged on its totals before anything is kept."""

from collections.abc import Callable

from great_expectations.expectations.core.expect_column_values_to_not_be_in_set import (
    ExpectColumnValuesToNotBeInSet,
)
from great_expectations.expectations.expectation import ColumnMapExpectation


class BatchIsNotBelowItsMinimum(ExpectColumnValuesToNotBeInSet):
    """A half-fetched register must not replace a whole one."""

    column: str = "size_fault"
    value_set: list[str] = ["below_minimum"]


class BatchIsNotAboveItsMaximum(ExpectColumnValuesToNotBeInSet):
    """Many more rows than ever may be another publisher's, or the same ones twice."""

    column: str = "size_fault"
    value_set: list[str] = ["above_maximum"]


RULES: tuple[Callable[[], ColumnMapExpectation], ...] = (
    BatchIsNotBelowItsMinimum,
    BatchIsNotAboveItsMaximum,
)
