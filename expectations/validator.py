"""Great Expectations itself: rules become expectations, and kinds of rows are judged by them.

The only module that imports it. Run as a program it judges for another process: one JSON object a
line on standard input (``rules``, ``kinds``), one a line on standard output (``broken``), until
its input closes (``expectations.apart``).
"""

import json
import logging
import os
import sys
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

# Set before the import below reads them: no telemetry, no progress bars on a clerk's terminal.
os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")

import great_expectations as gx
import pandas as pd
from great_expectations.core.batch_definition import BatchDefinition
from great_expectations.data_context.types.base import ProgressBarsConfig
from great_expectations.expectations.core.expect_column_values_to_not_be_in_set import (
    ExpectColumnValuesToNotBeInSet,
)

from expectations.rule import Rule

logging.getLogger("great_expectations").setLevel(logging.ERROR)


def expectation(rule: Rule) -> ExpectColumnValuesToNotBeInSet:
    """Return a rule as Great Expectations judges it; its name comes back with every result."""
    return ExpectColumnValuesToNotBeInSet(
        column=rule.column,
        value_set=list(rule.codes),
        description=rule.why,
        meta={"rule": rule.name},
    )


def judge(rules: Sequence[Rule], kinds: Mapping[str, Sequence[str | None]]) -> list[list[str]]:
    """Return for each kind of row the names of the rules it breaks, in the rules' order.

    Args:
        rules: about columns of ``kinds``.
        kinds: column of faults -> a fault code for each kind of row.

    Raises:
        RuntimeError: Great Expectations could not judge a rule.
    """
    frame = pd.DataFrame(dict(kinds))
    batch = _definition().get_batch(batch_parameters={"dataframe": frame})
    suite = gx.ExpectationSuite(name="rules", expectations=[expectation(rule) for rule in rules])
    outcome = batch.validate(suite, result_format="COMPLETE")
    broken: list[list[str]] = [[] for _ in range(len(frame))]
    for result in outcome.results:
        config = result.expectation_config
        broken_by = [] if result.success else result.result.get("unexpected_index_list")
        if broken_by is None or config is None or config.meta is None:
            raise RuntimeError(f"a rule could not be judged: {result.exception_info}")
        for place in broken_by:
            broken[place].append(config.meta["rule"])
    return broken


@cache
def _definition() -> BatchDefinition[Any]:
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False, metric_calculations=False)
    asset = context.data_sources.add_pandas("memory").add_dataframe_asset("kinds")
    return asset.add_batch_definition_whole_dataframe("whole")


def main() -> None:
    """Judge what standard input asks, until it closes."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # whatever the library prints is no answer
    _definition()
    for line in sys.stdin:
        asked = json.loads(line)
        rules = [
            Rule(name=name, why=why, column=column, codes=tuple(codes), zh="", en="")
            for name, why, column, codes in asked["rules"]
        ]
        answers.write(json.dumps({"broken": judge(rules, asked["kinds"])}) + "\n")
        answers.flush()


if __name__ == "__main__":
    main()
