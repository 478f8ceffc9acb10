"""Rules on a whole batch, judged on its totals before anything is kept."""

from expectations.rule import Rule

RULES: tuple[Rule, ...] = (
    Rule(
        "batch_is_not_below_its_minimum",
        why="A half-fetched register must not replace a whole one.",
        column="size_fault",
        codes=("below_minimum",),
        zh="本批只有 {value} 行，少于数据源规定的下限 {limit} 行，可能没有取全。整批未导入，登记库未变。",
        en="the batch has {value} rows, fewer than the {limit} its source expects; it may be half-fetched. Nothing of it was loaded.",
        owner="district_office",
        field="rows",
    ),
    Rule(
        "batch_is_not_above_its_maximum",
        why="Many more rows than ever may be another publisher's, or the same ones twice.",
        column="size_fault",
        codes=("above_maximum",),
        zh="本批行数超过数据源规定的上限，已照常导入。请核对是否混入了其他数据源或其他地区的数据。",
        en="the batch has more rows than its source expects and was loaded all the same; check whether rows of another source or place are among them.",
        severity="warn",
        owner="district_office",
        field="rows",
    ),
)
