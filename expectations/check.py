"""A normalised batch in, what is taken and what is refused with reasons out.

Great Expectations judges, and nothing here overrules it. What it is given to judge is not every
row but every *kind* of row: the distinct combinations of fault codes that normalising wrote,
some dozens in a register of millions. Each combination is judged once, its verdict joined back
to all rows that have it; a rule taken out of the suite stops refusing at once (decision 0004).
Who judges is handed in: the validator of this process, or one in a process of its own
(``expectations.apart``), so that nothing here waits for its import.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from expectations import batches
from expectations.messages import MESSAGES, SUITES
from expectations.rule import Rule, known
from liangxin.errors import BatchStopped

#: An exact repeat is no fault of anybody: such rows are skipped, not judged.
SKIPPED = ("repeat_fault", "same")

#: Judges rules about kinds of rows: the names of the broken ones of each, in the rules' order.
Judge = Callable[[Sequence[Rule], Mapping[str, Sequence[str | None]]], list[list[str]]]


def here(rules: Sequence[Rule], kinds: Mapping[str, Sequence[str | None]]) -> list[list[str]]:
    """Judge in this process; the first call imports the validator, which takes seconds."""
    from expectations.validator import judge  # noqa: PLC0415

    return judge(rules, kinds)


@dataclass(frozen=True, slots=True)
class Verdicts:
    """What became of a batch.

    ``taken`` says for each row, in order, whether it may go on. ``broken`` has one row a broken
    rule a row: ``file_row``, ``rule``; rules that only warn included.
    """

    taken: pl.Series
    broken: pl.DataFrame


class Suite:
    """A set of rules that remembers its verdicts, so that equal kinds of row are judged once."""

    def __init__(self, rules: Sequence[Rule], judge: Judge = here) -> None:
        self._judged_by = judge
        self._rules = tuple(rules)
        self._columns = sorted({rule.column for rule in rules})
        self._known = pl.DataFrame(schema={**self._schema, "rules": pl.List(pl.String)})

    @property
    def _schema(self) -> dict[str, type[pl.String]]:
        return dict.fromkeys(self._columns, pl.String)

    def judge(self, facts: pl.DataFrame) -> pl.DataFrame:
        """Return ``facts`` with a column ``rules``: the broken rules of each row, in suite order."""
        facts = facts.with_columns(pl.col(self._columns).cast(pl.String))
        kinds = facts.select(self._columns).unique()
        new = kinds.join(self._known, on=self._columns, how="anti")
        if not new.is_empty():
            self._known = pl.concat([self._known, self._judge_kinds(new)])
        return facts.join(self._known, on=self._columns, how="left", maintain_order="left")

    def _judge_kinds(self, kinds: pl.DataFrame) -> pl.DataFrame:
        # A column without any fault keeps every rule about it: nothing is to be asked.
        faulty = {name for name in self._columns if (kinds[name].fill_null("?") != "").any()}
        asked = [rule for rule in self._rules if rule.column in faulty]
        rules: list[list[str]] = [[] for _ in range(kinds.height)]
        if asked:
            rules = self._judged_by(asked, kinds.select(sorted(faulty)).to_dict(as_series=False))
        return kinds.with_columns(pl.Series("rules", rules, dtype=pl.List(pl.String)))


class Gate:
    """The rules for one kind of file, for one run."""

    def __init__(
        self, kind: str = "registrations", *, without: str = "", judge: Judge = here
    ) -> None:
        """Make the gate of a suite; ``without`` leaves one rule out, to see what it alone does."""
        rules = SUITES[kind]
        self.judge = judge
        self._suite = Suite([rule for rule in rules if rule.name != without], judge)
        self._known = known(rules)
        #: Has a validator apart be started, when something turns up that it will be asked about.
        self.wake: Callable[[], object] = getattr(judge, "wake", lambda: None)
        self._warning = [rule.name for rule in rules if rule.severity == "warn"]

    def check(self, frame: pl.DataFrame) -> Verdicts:
        """Judge a normalised batch: ``file_row`` and the columns of faults its suite is about.

        Raises:
            RuntimeError: a fault that no rule was written for; it would pass unseen.
        """
        self._require_known(frame)
        judged = self._suite.judge(frame)
        refused = judged["rules"].list.eval(~pl.element().is_in(self._warning)).list.any()
        broken = (
            judged.select("file_row", rule="rules")
            .filter(pl.col("rule").list.len() > 0)
            .explode("rule")
        )
        return Verdicts(taken=~refused.fill_null(value=False), broken=broken)

    def _require_known(self, frame: pl.DataFrame) -> None:
        faults = frame.select(pl.col("^.*_fault$")).unique()
        found = {(column, code) for column in faults.columns for code in faults[column]}
        columns = {column for column, _ in self._known}
        fine = {(column, "") for column in faults.columns} | {SKIPPED}
        strange = found - self._known - fine
        strange |= {(column, None) for column in columns - set(faults.columns)}
        if strange:
            raise RuntimeError(f"no rule was written for these faults: {sorted(map(str, strange))}")


@dataclass(frozen=True, slots=True)
class Said:
    """A broken rule about a whole batch, with its figures, as people read it."""

    rule: str
    zh: str
    en: str


def judge_batch(
    faults: Mapping[str, str],
    figures: Mapping[str, batches.Figures],
    *,
    without: str = "",
    judge: Judge = here,
) -> tuple[Said, ...]:
    """Return the broken rules about a whole batch that only warn, in the order of the suite.

    Args:
        faults: column of ``batches.RULES`` -> code; columns not named are fine.
        figures: column -> what the batch has, and what it was held against.
        without: leaves one rule out, to see what it alone does.
        judge: who judges.

    Raises:
        BatchStopped: a rule says that nothing of it may be loaded; its sentence has the figures.
        RuntimeError: a fault that no rule was written for; it would pass unseen.
    """
    found = {(column, code) for column, code in faults.items() if code}
    if strange := found - known(batches.RULES):
        raise RuntimeError(f"no rule was written for these faults: {sorted(strange)}")
    # What is fine breaks no rule, and judging costs some 15 ms a rule: only the others are asked.
    rules = [r for r in batches.RULES if faults.get(r.column) and r.name != without]
    if not rules:
        return ()
    totals = pl.DataFrame({rule.column: [faults[rule.column]] for rule in rules})
    said = []
    for name in Suite(rules, judge).judge(totals)["rules"].item():
        rule = MESSAGES[name]
        said_of = figures[rule.column]
        each = Said(name, rule.zh.format(**said_of.zh()), rule.en.format(**said_of.en()))
        if rule.severity == "refuse":
            raise BatchStopped(each.zh, each.en)
        said.append(each)
    return tuple(said)
