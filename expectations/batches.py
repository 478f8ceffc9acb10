"""Rules on a whole batch, judged on its totals before anything is kept.

What a batch is held against are the bounds its source states and the source's last runs
(``ingest.profile`` compares). ``{value}`` is what this batch has, ``{limit}`` what it was held
against, both as people read them.
"""

from dataclasses import dataclass

from expectations.rule import Rule

#: Fields whose cells may suddenly be empty: how people call them, in Chinese and English.
FIELDS = {
    "name": ("名称", "names"),
    "enterprise_type": ("企业类型", "types"),
    "status": ("登记状态", "statuses"),
    "established_on": ("成立日期", "founding dates"),
    "capital": ("注册资本", "capital"),
    "address": ("住所", "addresses"),
}


@dataclass(frozen=True, slots=True)
class Figures:
    """What a batch has and what it was held against; the English is given where it differs."""

    value: str
    limit: str
    value_en: str = ""
    limit_en: str = ""

    def zh(self) -> dict[str, str]:
        """Return what a Chinese sentence asks for."""
        return {"value": self.value, "limit": self.limit}

    def en(self) -> dict[str, str]:
        """Return what an English sentence asks for."""
        return {"value": self.value_en or self.value, "limit": self.limit_en or self.limit}


def _warning(name: str, why: str, column: str, code: str, zh: str, en: str) -> Rule:
    """A rule that is told to the district office and stops nothing."""
    return Rule(
        name,
        why=why,
        column=column,
        codes=(code,),
        zh=zh,
        en=en,
        severity="warn",
        owner="district_office",
        field="rows",
    )


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
    _warning(
        "batch_is_not_above_its_maximum",
        "Many more rows than ever may be another publisher's, or the same ones twice.",
        "size_fault",
        "above_maximum",
        "本批有 {value} 行，超过数据源规定的上限 {limit} 行，已照常导入。请核对是否混入了其他数据源或其他地区的数据。",
        "the batch has {value} rows, more than the {limit} its source expects, and was loaded all the same; check whether rows of another source or place are among them.",
    ),
    Rule(
        "batch_is_not_far_below_its_last_runs",
        why="A register does not lose a tenth between two deliveries; a download does.",
        column="rows_fault",
        codes=("far_below",),
        zh="本批只有 {value} 行，而该数据源近几批（中位数）有 {limit} 行，可能没有取全。整批未导入，登记库未变。如确实减少，请在数据源文件的 [expected] 中写上更低的 share_of_last（如 share_of_last = 0.1）后重新导入。",
        en="the batch has {value} rows, while this source's last runs had {limit} (median); it may be half-fetched. Nothing of it was loaded. If it really shrank, write a lower share_of_last (such as share_of_last = 0.1) under [expected] in the source file and load again.",
        owner="district_office",
        field="rows",
    ),
    Rule(
        "batch_is_not_a_list_sent_twice",
        why="A list in which most codes come again was appended to itself; which half is right, a person knows.",
        column="repeats_fault",
        codes=("doubled",),
        zh="本批 {limit} 行中有 {value} 个代码重复出现，像是同一份名单被写了两遍。整批未导入，登记库未变。请重新导出。",
        en="of the batch's {limit} rows, {value} codes come more than once: the list seems to have been written twice. Nothing of it was loaded; export it again.",
        owner="district_office",
        field="rows",
    ),
    _warning(
        "batch_is_not_far_above_its_last_runs",
        "Twice as many rows may be another place's, or the same ones twice.",
        "rows_fault",
        "far_above",
        "本批有 {value} 行，而该数据源近几批（中位数）只有 {limit} 行，已照常导入。请核对是否混入了其他数据源或其他地区的数据。",
        "the batch has {value} rows, while this source's last runs had {limit} (median); it was loaded all the same. Check whether rows of another source or place are among them.",
    ),
    _warning(
        "batch_does_not_refuse_many_more_rows",
        "When many more rows are refused at once, the publisher's export has changed, not its firms.",
        "refused_fault",
        "jumped",
        "退回的行占 {value}，上一批只占 {limit}。请核对来件的列是否错位、格式是否变了。",
        "{value} of the rows were refused, in the last run {limit}; check whether columns have shifted or their format changed.",
    ),
    *(
        _warning(
            f"batch_has_{field}_as_before",
            "A field that is suddenly empty is a column that was lost or renamed.",
            f"empty_{field}_fault",
            "jumped",
            f"“{zh}”为空或读不出的行占 {{value}}，上一批只占 {{limit}}。请核对来件是否缺了这一列，或改了列名、写法。",
            f"{en} are empty or unreadable in {{value}} of the rows, in the last run in {{limit}}; check whether the column is missing or was renamed.",
        )
        for field, (zh, en) in FIELDS.items()
    ),
    _warning(
        "batch_is_located_as_before",
        "Addresses that no longer lead to a sub-district leave its coverage unknown.",
        "located_fault",
        "dropped",
        "能定位到街道的行占 {value}，上一批占 {limit}。请核对住所一列的写法，以及区划表是否齐全。",
        "{value} of the rows could be placed in a sub-district, in the last run {limit}; check how addresses are written and whether the division list is complete.",
    ),
    _warning(
        "batch_has_types_as_before",
        "Another mix of ownership classes is another list: part of one, or somebody else's.",
        "ownership_fault",
        "drifted",
        "企业类型的构成与上一批明显不同：本批最多的是 {value}，上一批是 {limit}。请核对是否只导出了一部分，或换了数据。",
        "the mix of ownership classes is not that of the last run: most frequent now is {value}, then it was {limit}; check whether only a part was exported, or other data.",
    ),
    _warning(
        "batch_has_statuses_as_before",
        "Another mix of statuses is another selection: only the living, or only the revoked.",
        "status_mix_fault",
        "drifted",
        "登记状态的构成与上一批明显不同：本批最多的是 {value}，上一批是 {limit}。请核对导出时的筛选条件。",
        "the mix of registration statuses is not that of the last run: most frequent now is {value}, then it was {limit}; check the filters of the export.",
    ),
)
