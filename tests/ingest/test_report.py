"""The page of a run: what it says, what it hides, and that it never costs a run."""

import dataclasses
import re
import stat
from datetime import date
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from factories import NOW, a_registration, a_uscc
from hypothesis import given
from hypothesis import strategies as st
from loads import CODE, JUNE, NAME, SEPTEMBER, STATUS, Desk

from expectations.messages import MESSAGES
from ingest import report as pages
from ingest import run_page
from ingest.checking import CheckReport
from ingest.profile import Earlier
from ingest.report import BatchWord, Example, Facts, SentFile, Text, page
from ingest.sources import Expected
from liangxin.access import Role
from liangxin.errors import BatchStopped
from liangxin.schema import RunMeasure, RunRule

if TYPE_CHECKING:
    from playwright.sync_api import Browser

CHECK = "uscc_check_character_is_right"


def facts(**changes: Any) -> Facts:
    """A run of ten rows of which one was refused."""
    usual = Facts(
        kind="run",
        title="示例登记导出",
        publisher="示例局",
        made_at=NOW,
        files=[SentFile("登记.csv", "ab" * 32, 1234)],
        rows=10,
        accepted=8,
        refused=1,
        skipped=1,
        rules={CHECK: 1},
        warnings={},
        examples={CHECK: [Example("登记.csv", 7, "B7", CODE, "9143X")]},
        run=12,
        as_of=date(2022, 3, 31),
        district="430702",
        seconds=0.5,
        outcomes={"new": 8, "changed": 0, "unchanged": 0, "missing": 0, "located": 8},
    )
    return dataclasses.replace(usual, **changes)


class Reader(HTMLParser):
    """What a page says as text, and the elements and addresses it has."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.pieces: list[str] = []
        self.tags: set[str] = set()
        self.addresses: list[str] = []
        self._silent = False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self._silent = tag == "style"
        self.addresses += [v or "" for k, v in attrs if k in {"src", "href", "action", "data"}]
        assert not [k for k, _ in attrs if k.startswith("on")]

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.pieces.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.pieces).split())


def read(**changes: Any) -> str:
    return Reader(page(facts(**changes))).text


# What it says.


def test_it_says_what_was_sent_and_what_became_of_every_row() -> None:
    said = read()
    assert said.count("批次 12 已导入，1 行退回") == 2  # the title of the window, too
    for each in (
        "示例登记导出",
        "示例局",
        "2022-03-31",
        "430702",
        "登记.csv",
        "ab" * 32,
        "1,234 B",
    ):
        assert each in said
    assert "10 rows = 8 accepted + 1 refused + 1 skipped" in said


def test_every_broken_rule_has_its_sentence_number_owner_and_examples() -> None:
    said = read(warnings={"status_is_known": 1234})
    assert "…的校验位不符，至少有一个字符抄错" in said
    assert "责任：街道经济办（economic office）" in said
    assert "7 B7 统一社会信用代码 9143X" in said
    assert "登记状态…不在对照表中" in said
    assert "1,234" in said
    assert said.index(CHECK) < said.index("status_is_known")  # what refuses comes first


def test_at_most_twenty_rows_of_a_rule_are_shown() -> None:
    many = [Example("登记.csv", n, f"B{n}", CODE, f"value-{n}") for n in range(2, 102)]
    said = read(examples={CHECK: many})
    assert re.findall(r"value-\d+", said) == [f"value-{n}" for n in range(2, 22)]


def test_rows_of_several_files_are_told_apart() -> None:
    two = [Example("甲.csv", 2, "", CODE, "x"), Example("乙.csv", 2, "", CODE, "x")]
    said = read(examples={CHECK: two})
    assert said.index("甲.csv") < said.index("乙.csv")


def test_an_empty_cell_and_a_whole_row_are_named_as_such() -> None:
    assert "2 — 统一社会信用代码 （空） empty" in read(
        examples={CHECK: [Example("登记.csv", 2, "", CODE, "")]}
    )


def test_every_rule_can_be_shown_without_a_value() -> None:
    """No sentence has a gap where a value stood, and every owner has a name."""
    said = {name: read(rules={name: 1}, examples={}) for name in MESSAGES}
    assert [name for name, text in said.items() if "{" in text] == []
    assert {rule.owner for rule in MESSAGES.values()} <= set(pages.OWNERS)


def test_every_owner_is_a_role() -> None:
    assert set(pages.OWNERS) <= set(Role)


def test_the_whole_batch_is_shown_against_the_last_run() -> None:
    now = {"judged": 9.0, "located": 0.7, "ownership.SOCIAL": 1.0}
    last = Earlier(11, 900, {"judged": 890.0, "located": 0.95, "ownership.REVIEW": 1.0})
    word = BatchWord("batch_is_located_as_before", "能定位的行占 70.0 %。", "70.0 % placed.")
    html = page(
        facts(
            measures=now,
            last=last,
            batch=[word],
            warnings={word.rule: 1},
            moved=frozenset({"located"}),
        )
    )
    said = Reader(html).text
    assert "行数 rows 10 900" in said
    assert "定位到街道的行 rows placed in a sub-district 70.0 % 95.0 % −25.0" in said
    assert "类型：社会组织 type: social organisations 100.0 % 0.0 % +100.0" in said
    assert "类型：类型待核 type: to be reviewed 0.0 % 100.0 % −100.0" in said
    assert html.count('class="moved"') == 1
    assert said.count("能定位的行占 70.0 %。") == 1  # with its figures, and not once more without
    assert "第一批" not in said


def test_a_first_run_says_that_there_is_nothing_to_compare() -> None:
    assert "该数据源的第一批" in read(measures={"judged": 9.0, "located": 1.0})


def test_what_was_not_measured_then_is_not_compared() -> None:
    said = read(measures={"judged": 9.0, "located": 1.0}, last=Earlier(11, 900, {}))
    assert "100.0 % — " in said


# What to do next.


def test_a_run_without_faults_asks_for_nothing() -> None:
    said = read(accepted=9, refused=0, rules={}, examples={}, outcomes={"located": 9})
    assert "无需处理。" in said
    assert "没有一行违反规则。" in said


@pytest.mark.parametrize(
    ("changes", "step"),
    [
        ({}, "退回的 1 行请责任单位"),
        ({"outcomes": {"missing": 3, "located": 8}}, "3 家上次有而这次没有"),
        ({"outcomes": {"located": 6}}, "2 家的住所定位不到街道"),
        ({"warnings": {"status_is_known": 1}}, "标为“提示”的行已经接收"),
        (
            {"batch": [BatchWord("batch_is_located_as_before", "甲", "a")]},
            "请区两新工委与发布单位核实",
        ),
    ],
    ids=["refused", "missing", "not placed", "warnings", "the batch"],
)
def test_what_is_to_be_done_is_said(changes: dict[str, Any], step: str) -> None:
    assert step in read(**changes)
    assert "无需处理" not in read(**changes)


def test_a_stopped_run_says_why_and_that_nothing_was_loaded() -> None:
    said = read(kind="stopped", run=None, stopped=Text("只有 3 行。", "only 3 rows."), outcomes={})
    assert "整批未导入" in said
    assert "只有 3 行。" in said
    assert "only 3 rows." in said
    assert "登记库未变，可以放心重试" in said
    assert "8 fit to be taken" in said


# What it must not do.


def test_it_asks_no_other_host_and_runs_nothing() -> None:
    html = page(facts())
    reader = Reader(html)
    assert reader.addresses == []
    assert not reader.tags & {"script", "link", "img", "iframe", "object", "form", "a"}
    assert "default-src 'none'" in html
    assert "http" not in html.replace('http-equiv="', "")
    assert "@import" not in html
    assert "url(" not in html


HOSTILE = st.text(max_size=30) | st.sampled_from(
    ["<script>alert(1)</script>", '"><img src=x onerror=y>', "{{ 7*7 }}", "{% raw %}", "&lt;", "\0"]
)


@given(HOSTILE, HOSTILE, HOSTILE)
def test_whatever_a_file_says_stays_text(name: str, header: str, value: str) -> None:
    quiet = Reader(page(facts()))
    some = [Example(name, 2, "A2", header, value), Example("另一个", 2, "A2", header, value)]
    loud = Reader(page(facts(files=[SentFile(name)], examples={CHECK: some}, title=value)))
    assert loud.tags <= quiet.tags
    assert loud.addresses == []
    for each in (name, header, value):
        assert " ".join(each.replace("\0", "�").split()) in loud.text.replace("\0", "�")


# Checks.


def a_check(**fault: Any) -> CheckReport:
    told = {"sheet": "", "row": 3, "cell": "C3", "column": "政治面貌", "rule": CHECK}
    return CheckReport(
        rows=2,
        accepted=1,
        refused=1,
        rules={CHECK: 1},
        faults=[{**told, "severity": "refuse", "owner": "economic_office", **fault}],
    )


def of_check(report: CheckReport, **how: Any) -> str:
    made = pages.of_check(report, title="登记", file=SentFile("甲.xlsx"), made_at=NOW, **how)
    return Reader(page(made)).text


def test_a_check_has_a_page_too() -> None:
    said = of_check(a_check(value="9143X", sheet="企业"))
    assert "登记：检查结果" in said
    assert "2 rows = 1 fit to be taken + 1 refused" in said
    assert "3 C3 政治面貌 9143X" in said
    assert "整批核对" not in said


def test_of_a_list_of_people_no_cell_is_shown() -> None:
    secret = frozenset({"political_status"})
    said = of_check(a_check(value="不该出现", message="“不该出现”有误"), secret=secret)
    assert "不该出现" not in said
    assert "3 C3 政治面貌 不显示" in said


# Runs leave pages.


def left(desk: Desk) -> dict[str, str]:
    """The pages that lie in the home folder, as text, by name."""
    return {
        path.name: Reader(path.read_text(encoding="utf-8")).text
        for path in (desk.settings.home / "runs").iterdir()
    }


def firms(*numbers: int, **cells: str) -> list[dict[str, str]]:
    return [a_registration(n, **cells) for n in numbers]


def test_a_run_leaves_its_page_readable_by_its_owner_alone(desk: Desk) -> None:
    wrong = a_uscc(2)[:17] + "0"
    report = desk.load(
        desk.file([*firms(1), *firms(2, **{CODE: wrong}), *firms(3, **{STATUS: "活着"})], "甲.csv")
    )
    file = desk.settings.home / "runs" / f"{report.run}.html"
    assert report.page == str(file)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    said = left(desk)[file.name]
    assert f"批次 {report.run} 已导入，1 行退回" in said
    assert f"3 B3 {CODE} {wrong}" in said
    assert f"4 G4 {STATUS} 活着" in said
    assert "甲.csv" in said
    assert "该数据源的第一批" in said


def test_a_row_of_the_second_file_is_named_as_there(sqlite_desk: Desk) -> None:
    desk = sqlite_desk
    first, second = desk.file(firms(1, 2), "甲.csv"), desk.file(firms(3, **{NAME: ""}), "乙.csv")
    report = desk.load(first, second)
    assert f"2 A2 {NAME} （空）" in left(desk)[f"{report.run}.html"]


@pytest.fixture
def loaded(desk: Desk) -> Desk:
    """A desk at a register that has 120 firms."""
    desk.load(firms(*range(1, 121)))
    return desk


def test_a_run_that_is_unlike_the_last_is_told_kept_and_shown(loaded: Desk) -> None:
    sent = [*firms(*range(1, 81)), *firms(*range(81, 121), 住所="")]
    report = loaded.load(sent, as_of=JUNE)
    names = ["batch_has_address_as_before", "batch_is_located_as_before"]
    assert [each["rule"] for each in report.batch] == names
    assert "占 33.3 %，上一批只占 0.0 %" in report.batch[0]["zh"]
    kept = {(row["rule"], row["severity"], row["rows"]) for row in loaded.rows(RunRule)}
    assert {(name, "warn", 1) for name in names} <= kept
    said = left(loaded)[f"{report.run}.html"]
    assert "占 33.3 %，上一批只占 0.0 %" in said
    assert "33.3 % 0.0 % +33.3" in said
    again = loaded.load(sent, as_of=SEPTEMBER)
    assert again.batch == []


def test_the_measures_of_a_run_are_kept_with_it(loaded: Desk) -> None:
    measures = {row["measure"]: row["value"] for row in loaded.rows(RunMeasure)}
    assert (measures["judged"], measures["new"], measures["refused"]) == (120, 1, 0)
    assert measures["ownership.NONPUBLIC"] == measures["status.1"] == 1
    assert len(measures) <= 60


def test_a_run_far_below_the_last_is_stopped_and_its_page_says_why(loaded: Desk) -> None:
    before = loaded.dump()
    small = loaded.source(expected=Expected(rows_compared_from=100))
    with pytest.raises(BatchStopped, match="59 rows, while this source's last runs had 120"):
        loaded.load(firms(*range(1, 60)), source=small, as_of=JUNE)
    assert loaded.dump() == before
    [stopped] = [text for name, text in left(loaded).items() if name.startswith("stopped-")]
    assert "本批只有 59 行，而该数据源近几批（中位数）有 120 行" in stopped
    assert "share_of_last = 0.1" in stopped
    shrunk = small.model_copy(
        update={"expected": Expected(rows_compared_from=100, share_of_last=0.1)}
    )
    assert loaded.load(firms(*range(1, 60)), source=shrunk, as_of=JUNE).missing == 61


def test_a_run_for_another_district_is_not_held_against_this_one(loaded: Desk) -> None:
    small = loaded.source(expected=Expected(rows_compared_from=100))
    report = loaded.load(firms(*range(1, 60)), source=small, as_of=JUNE, district="430703")
    assert report.batch == []


def test_two_rows_against_one_are_no_news(sqlite_desk: Desk) -> None:
    sqlite_desk.load(firms(1))
    report = sqlite_desk.load(firms(1) + firms(2, 住所=""), as_of=JUNE)
    assert report.batch == []


def test_a_page_that_cannot_be_written_costs_the_run_nothing(sqlite_desk: Desk) -> None:
    desk = sqlite_desk
    (desk.settings.home / "runs").write_text("a file where the folder should be")
    report = desk.load(firms(1, 2))
    assert (report.new, report.page) == (2, "")
    [notice] = report.notices
    assert "导入结果不受影响" in notice["zh"]
    assert "the run itself is not affected" in notice["en"]


def test_a_page_that_cannot_be_made_costs_the_run_nothing(
    sqlite_desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(run_page, "facts", fail)
    report = sqlite_desk.load(firms(1, 2))
    assert (report.new, len(report.notices)) == (2, 1)


def test_a_stop_is_told_even_when_its_page_cannot_be_written(sqlite_desk: Desk) -> None:
    (sqlite_desk.settings.home / "runs").write_text("a file where the folder should be")
    with pytest.raises(BatchStopped):
        sqlite_desk.load(firms(1), source=sqlite_desk.source(expected=Expected(minimum=2)))


def test_a_page_is_there_whole_or_not_at_all(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pages.save(home, "1", "before")

    def fail(*_: object) -> None:
        raise OSError

    monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(OSError):  # noqa: PT011 - whatever the disk says
        pages.save(home, "1", "after")
    assert {p.name: p.read_text() for p in (home / "runs").iterdir()} == {"1.html": "before"}


# As a person meets it.


@pytest.fixture(scope="module")
def long_page(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A page with everything on it, and cells that do not want to fit."""
    long = [Example("很长的文件名" * 9 + ".xlsx", n, f"B{n}", CODE * 4, "X" * 200) for n in (2, 3)]
    measures = {"judged": 9.0, "located": 0.5, "ownership.SOCIAL": 1.0}
    file = tmp_path_factory.mktemp("page") / "page.html"
    everything = facts(
        measures=measures,
        examples={CHECK: [*long, Example("乙.csv", 2, "A2", NAME, "")]},
        batch=[BatchWord("batch_is_located_as_before", "甲" * 60, "a " * 60)],
        stopped=Text("停" * 80, "stop " * 40),
    )
    file.write_text(page(everything), encoding="utf-8")
    return file.as_uri()


@pytest.mark.browser
@pytest.mark.parametrize("width", [360, 768, 1280])
def test_a_page_fits_its_window_and_nothing_lies_on_anything(
    browser: "Browser", long_page: str, width: int
) -> None:
    with browser.new_context(viewport={"width": width, "height": 800}) as context:
        shown = context.new_page()
        complaints: list[str] = []
        shown.on("console", lambda message: complaints.append(message.text))
        asked: list[str] = []
        shown.on("request", lambda request: asked.append(request.url))
        shown.goto(long_page)
        assert shown.evaluate("document.documentElement.scrollWidth") == width
        overlapping = shown.evaluate(
            """() => [...document.querySelectorAll('.rule-head')].filter(head => {
                const boxes = [...head.children].map(each => each.getBoundingClientRect());
                return boxes.some((a, i) => boxes.slice(i + 1).some(b =>
                    a.left < b.right - 1 && b.left < a.right - 1 &&
                    a.top < b.bottom - 1 && b.top < a.bottom - 1));
            }).length"""
        )
    assert overlapping == 0
    assert (complaints, asked) == ([], [long_page])
