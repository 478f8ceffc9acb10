"""The page of a run: what was sent, what became of every row, what is unlike last time, what to do.

One self-contained HTML file a run, Chinese first: no script, no other host, so that it can be
mailed, printed and opened years later. It is written after the run is committed (or stopped, so
that people see why), and readable by its owner only, because it quotes cells.
"""

import os
import re
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple

from jinja2 import Environment, StrictUndefined, Template

from expectations.batches import FIELDS
from expectations.messages import MESSAGES
from ingest.profile import MIXES, Earlier, Measures, name_of, percent

if TYPE_CHECKING:
    from expectations.rule import Rule
    from ingest.checking import CheckReport

#: Rows shown of each rule; the file that comes back shows them all.
EXAMPLES = 20
#: A cell's value in a rule's sentence, with the quotes around it: the examples show values.
PLACEHOLDER = re.compile(r"“?\{\w+\}”?")


class Text(NamedTuple):
    """The same in Chinese and English."""

    zh: str
    en: str


OWNERS = {
    "economic_office": Text("街道经济办", "economic office"),
    "committee": Text("街道综合党委", "comprehensive Party committee"),
    "district_office": Text("区两新工委", "district two-new work committee"),
    "community": Text("社区", "community"),
}
WORDS = {"file": Text("文件", "file"), "examples": Text("示例", "examples")}


@dataclass(frozen=True, slots=True)
class SentFile:
    """A file of the run: its name, and its bytes by hash and size where they were kept."""

    name: str
    sha256: str = ""
    size: int | None = None


@dataclass(frozen=True, slots=True)
class Example:
    """A row that broke a rule, as a spreadsheet names it; ``cell`` is "" for the whole row."""

    file: str
    row: int
    cell: str
    column: str
    value: str


class BatchWord(NamedTuple):
    """A broken rule about the whole batch, with its figures."""

    rule: str
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything a page says; ``rows = accepted + refused + skipped``."""

    kind: Literal["run", "check", "stopped"]
    title: str  # of the source, or of the kind of file that was checked
    made_at: datetime
    files: Sequence[SentFile]
    rows: int
    accepted: int
    refused: int
    skipped: int
    rules: Mapping[str, int]
    warnings: Mapping[str, int]
    examples: Mapping[str, Sequence[Example]]
    publisher: str = ""
    run: int | None = None
    as_of: date | None = None
    district: str = ""
    seconds: float | None = None
    outcomes: Mapping[str, int] = field(default_factory=dict)  # of accepted rows: new, changed, …
    batch: Sequence[BatchWord] = ()
    measures: Measures = field(default_factory=dict)
    last: Earlier | None = None
    moved: frozenset[str] = frozenset()  # measures that a broken rule is about
    stopped: Text | None = None
    notices: Sequence[Text] = ()  # about what was sent: what it lacked, what was repaired
    secret: frozenset[str] = frozenset()  # fields about persons: no cell of such a file is shown


def page(facts: Facts) -> str:
    """Return the page as HTML; every text of the file's is escaped."""
    counts = [("refuse", facts.rules), ("warn", facts.warnings)]
    about_batch = {said.rule for said in facts.batch}
    rules = [
        _rule(MESSAGES[name], severity, number, facts)
        for severity, found in counts
        for name, number in sorted(found.items(), key=lambda each: (-each[1], each[0]))
        if name not in about_batch
    ]
    shares = [
        ("accepted", facts.accepted),
        ("refused-rows", facts.refused),
        ("skipped", facts.skipped),
    ]
    return _template().render(
        facts=facts,
        headline=_headline(facts),
        mood={"stopped": "stopped"}.get(facts.kind, "refused" if facts.refused else "fine"),
        stopped=facts.stopped,
        sent=_sent(facts),
        files=facts.files,
        taken=Text("接收", "accepted") if facts.kind == "run" else Text("合格", "fit to be taken"),
        parts=[(kind, number) for kind, number in shares if number],
        outcomes=[(OUTCOMES[name], number) for name, number in facts.outcomes.items()],
        steps=_steps(facts),
        measures=_measures(facts),
        rules=rules,
        several=len({each.file for some in facts.examples.values() for each in some}) > 1,
        hidden=bool(facts.secret),
        words=WORDS,
        count="{:,}".format,
        made=f"生成于 {facts.made_at:%Y-%m-%d %H:%M %Z}",
    )


def of_check(
    report: "CheckReport",
    *,
    title: str,
    file: SentFile,
    made_at: datetime,
    secret: frozenset[str] = frozenset(),
) -> Facts:
    """Everything the page of a check says.

    Args:
        report: of the check.
        title: what kind of file it was checked as.
        file: what was checked; lists of people are not kept, and have no hash here.
        made_at: when.
        secret: ``Kind.secret``; if there is any, no cell of the file is quoted.
    """
    found: dict[str, list[Example]] = {}
    for fault in report.faults:
        text = {key: str(value) for key, value in fault.items()}
        place = f"{file.name}#{text['sheet']}" if text["sheet"] else file.name
        value = "" if secret else text.get("value", "")
        example = Example(place, int(fault["row"]), text["cell"], text["column"], value)
        found.setdefault(text["rule"], []).append(example)
    return Facts(
        kind="check",
        title=title,
        made_at=made_at,
        files=[file],
        rows=report.rows,
        accepted=report.accepted,
        refused=report.refused,
        skipped=report.skipped,
        rules=report.rules,
        warnings=report.warnings,
        examples=found,
        secret=secret,
    )


def save(home: Path, name: str, content: str) -> Path:
    """Write a page into ``home/runs``, whole or not at all, readable by its owner only.

    Raises:
        OSError: it cannot be written.
    """
    folder = home / "runs"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    target = folder / f"{name}.html"
    handle, part = tempfile.mkstemp(dir=folder, suffix=".part")  # 0600, whatever the umask
    try:
        with os.fdopen(handle, "w", encoding="utf-8", errors="replace") as out:
            out.write(content)
        Path(part).replace(target)
    finally:
        Path(part).unlink(missing_ok=True)
    return target


@cache
def _template() -> Template:
    text = files("ingest").joinpath("templates", "run.html").read_text(encoding="utf-8")
    return Environment(autoescape=True, undefined=StrictUndefined).from_string(text)


def _headline(facts: Facts) -> Text:
    if facts.kind == "stopped":
        return Text(f"{facts.title}：整批未导入", "nothing of this batch was loaded")
    if facts.kind == "check":
        return Text(f"{facts.title}：检查结果", "checked only; nothing was loaded")
    if facts.refused:
        return Text(
            f"批次 {facts.run} 已导入，{facts.refused:,} 行退回",
            f"run {facts.run} is loaded; {facts.refused:,} rows were refused",
        )
    return Text(f"批次 {facts.run} 已导入", f"run {facts.run} is loaded")


def _sent(facts: Facts) -> list[tuple[Text, str]]:
    told = [
        (Text("数据源", "source"), facts.title),
        (Text("发布单位", "publisher"), facts.publisher),
        (Text("数据日期", "as of"), facts.as_of.isoformat() if facts.as_of else ""),
        (Text("区划", "district"), facts.district),
        (Text("用时", "seconds"), "" if facts.seconds is None else f"{facts.seconds:.1f} s"),
    ]
    return [(label, value) for label, value in told if value]


OUTCOMES = {
    "new": Text("新增", "new"),
    "changed": Text("变更", "changed"),
    "unchanged": Text("未变", "unchanged"),
    "missing": Text("缺失", "missing"),
    "located": Text("已定位", "located"),
}


def _steps(facts: Facts) -> list[Text]:
    """What people do next, the most urgent first."""
    steps = []
    if facts.kind == "stopped":
        steps.append(
            Text(
                "登记库未变，可以放心重试：先按上面的说明核实来件，再重新导入。",
                "The register is as it was: check what was sent as said above, then load it again.",
            )
        )
    if facts.refused:
        steps.append(
            Text(
                f"退回的 {facts.refused:,} 行请责任单位按下列原因更正。运行 liangxin check 文件 --refused 退回.xlsx，"
                "可得到在原表上逐格标注的文件，改好后把整个文件重新导入；已导入的行不会重复。",
                f"Let the owners correct the {facts.refused:,} refused rows. liangxin check FILE --refused BACK.xlsx "
                "gives the file back with the bad cells marked; load it whole when it is corrected: rows "
                "already taken are not doubled.",
            )
        )
    if facts.batch:
        steps.append(
            Text(
                "本批与上一批明显不同之处见“整批核对”，请区两新工委与发布单位核实。",
                "Where this batch is unlike the last one is said below; ask the publisher.",
            )
        )
    steps += _steps_of_a_run(facts)
    if facts.warnings.keys() - {said.rule for said in facts.batch}:
        steps.append(
            Text(
                "标为“提示”的行已经接收，相关单元格留空或按原样收下，有空时更正。",
                "Rows with a warning were taken; correct their cells when there is time.",
            )
        )
    return steps or [Text("无需处理。", "Nothing needs to be done.")]


def _steps_of_a_run(facts: Facts) -> list[Text]:
    if facts.kind != "run":
        return []
    steps = []
    if missing := facts.outcomes.get("missing", 0):
        steps.append(
            Text(
                f"{missing:,} 家上次有而这次没有，登记库中仍保留并标为缺失；请社区核实是否注销、迁出。",
                f"{missing:,} organisations were not in this list; they stay in the register, marked as "
                "missing. Let communities find out whether they closed or moved.",
            )
        )
    if unplaced := facts.accepted - facts.outcomes.get("located", facts.accepted):
        steps.append(
            Text(
                f"{unplaced:,} 家的住所定位不到街道，不计入任何街道的覆盖率；请补全住所。",
                f"{unplaced:,} organisations could not be placed in a sub-district and count in none; "
                "complete their addresses.",
            )
        )
    return steps


@dataclass(frozen=True, slots=True)
class _Rule:
    """A broken rule as the page shows it."""

    name: str
    severity: str
    zh: str
    en: str
    owner: Text
    rows: int
    examples: Sequence[Example]


def _rule(rule: "Rule", severity: str, number: int, facts: Facts) -> _Rule:
    return _Rule(
        rule.name,
        severity,
        _sentence(rule.zh),
        _sentence(rule.en),
        OWNERS.get(rule.owner, Text(rule.owner, rule.owner)),
        number,
        list(facts.examples.get(rule.name, ()))[:EXAMPLES],
    )


def _sentence(template: str) -> str:
    """A rule's sentence about any row: "…" where a row's own value stands."""
    return PLACEHOLDER.sub("…", template)


class _Measure(NamedTuple):
    """A line of the table of measures."""

    zh: str
    en: str
    now: str
    last: str
    change: str
    moved: bool


def _measures(facts: Facts) -> list[_Measure]:
    """Measures of this run beside the last one's; mixes by size."""
    if not facts.measures:
        return []
    last = facts.last.measures if facts.last else {}
    lines = [_rows(facts)]
    for name in _order(facts.measures, last):
        now, before = facts.measures.get(name), last.get(name)
        if now is None and before is None:
            continue
        part_of_mix = name.partition(".")[0] in MIXES
        now, before = _whole(now, facts.measures, part_of_mix), _whole(before, last, part_of_mix)
        change = "" if now is None or before is None else _points(now - before)
        here, there = ("—" if each is None else percent(each) for each in (now, before))
        lines.append(_Measure(*_label(name), here, there, change, name in facts.moved))
    return lines


def _points(moved: float) -> str:
    return "0.0" if abs(moved) < 0.0005 else f"{moved * 100:+.1f}".replace("-", "\N{MINUS SIGN}")


def _rows(facts: Facts) -> _Measure:
    before = f"{facts.last.rows:,}" if facts.last else "—"
    return _Measure("行数", "rows", f"{facts.rows:,}", before, "", "rows" in facts.moved)


def _whole(share: float | None, measures: Measures, part_of_mix: bool) -> float | None:
    """A class that no row of a run has is none of it, not unknown."""
    return 0.0 if share is None and part_of_mix and measures else share


def _order(now: Measures, last: Measures) -> list[str]:
    fixed = ["refused", "located", "new", "changed", *(f"empty.{name}" for name in FIELDS)]
    for mix in MIXES:
        parts = {name for name in (*now, *last) if name.startswith(f"{mix}.")}
        fixed += sorted(parts, key=lambda name: (-now.get(name, 0.0), name))
    return fixed


def _label(measure: str) -> Text:
    outcomes = {
        "refused": Text("退回的行", "rows refused"),
        "located": Text("定位到街道的行", "rows placed in a sub-district"),
        "new": Text("新增", "new"),
        "changed": Text("变更", "changed"),
    }
    if measure in outcomes:
        return outcomes[measure]
    group, _, name = measure.partition(".")
    if group == "empty":
        zh, en = FIELDS[name]
        return Text(f"“{zh}”为空或读不出", f"{en} empty or unreadable")
    prefix = {"ownership": ("类型", "type"), "status": ("状态", "status")}[group]
    zh, en = name_of(measure)
    return Text(f"{prefix[0]}：{zh}", f"{prefix[1]}: {en}")
