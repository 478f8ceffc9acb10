"""Whatever a file holds, each of its rows is accepted, refused or skipped, or one sentence is said."""

import tempfile
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest
from factories import TODAY, a_registration, a_uscc, write_workbook
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from expectations.check import Gate
from ingest import checking
from liangxin.errors import LiangxinError
from liangxin.settings import Settings

GATES: dict[str, Gate] = {}
HEADERS = {
    "registrations": [*a_registration()],
    "roster": ["姓名", "证件类型", "证件号码", "政治面貌", "入职时间"],
    "ledger": ["企业名称", "统一社会信用代码", "从业人员数量(名)", "党员人数", "是否建立党组织"],
}
CELL = st.one_of(
    st.sampled_from(
        [
            *(
                "",
                "是",
                "√",
                "合计",
                "备注：",
                "1",
                "-3",
                "=cmd|' /C calc'!A0",
                "#N/A",
                "43539",
                "1985.3",
            ),
            *("示例有限公司", a_uscc(1), a_uscc(2), "430702190305051134", "中共党员", "示\u200b例"),
        ]
    ),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=9),
)


@pytest.fixture(autouse=True)
def one_gate_a_kind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "expectations.apart.gate", lambda kind, **_: nullcontext(GATES.setdefault(kind, Gate(kind)))
    )


def judged(file: Path, kind: str, out: Path | None = None) -> checking.CheckReport | None:
    """The report of a file, or none where a sentence was said; nothing else may happen."""
    try:
        report = checking.check(file, kind, Settings(home=file.parent), today=TODAY, out=out)
    except LiangxinError as error:
        return None if error.zh and error.en else pytest.fail("no sentence")
    assert report.rows == report.accepted + report.refused + report.skipped
    return report


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    kind=st.sampled_from(sorted(HEADERS)),
    rows=st.lists(st.lists(CELL, max_size=10), max_size=8),
    title=st.booleans(),
    suffix=st.sampled_from([".csv", ".xlsx"]),
)
def test_a_table_of_anything_comes_back_and_is_judged_the_same_again(
    kind: str, rows: list[list[str]], title: bool, suffix: str
) -> None:
    lines: list[list[Any]] = [["某街道统计表"]] * title + [HEADERS[kind], *rows]
    with tempfile.TemporaryDirectory() as folder:
        file, out = Path(folder) / f"sent{suffix}", Path(folder) / f"back{suffix}"
        if suffix == ".xlsx":
            write_workbook(file, lines)
        else:
            quoted = (
                [f'"{cell.replace(chr(34), chr(34) * 2)}"' for cell in line] for line in lines
            )
            file.write_text(
                "\r\n".join(",".join(line) for line in quoted), encoding="gb18030", newline=""
            )
        first = judged(file, kind, out)
        if first is None or not first.rows:
            return
        again = judged(out, kind)
        assert again is not None
        counts = ("rows", "accepted", "refused", "skipped")
        if suffix == ".xlsx":  # a CSV that comes back has its formulas made harmless
            assert [getattr(again, c) for c in counts] == [getattr(first, c) for c in counts]
        assert again.rows == first.rows


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), suffix=st.sampled_from([".csv", ".xlsx"]))
def test_damaged_bytes_are_read_or_refused_in_a_sentence(data: st.DataObject, suffix: str) -> None:
    rows: list[list[Any]] = [
        HEADERS["registrations"],
        *([*a_registration(n).values()] for n in (1, 2)),
    ]
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / f"sent{suffix}"
        if suffix == ".xlsx":
            write_workbook(file, rows)
        else:
            file.write_text("\n".join(",".join(row) for row in rows), encoding="utf-8")
        content = bytearray(file.read_bytes())
        for _ in range(data.draw(st.integers(1, 4))):
            at = data.draw(st.integers(0, 1 << 16)) % len(content)
            what = data.draw(st.sampled_from(["flip", "cut", "twice", "put"]))
            if what == "flip":
                content[at] ^= 1 << data.draw(st.integers(0, 7))
            elif what == "cut":
                del content[at : at + data.draw(st.integers(1, 400))]
            elif what == "twice":
                content[at:at] = content[at : at + 200]
            else:
                content[at:at] = data.draw(st.binary(min_size=1, max_size=20))
            if not content:
                break
        file.write_bytes(bytes(content))
        judged(file, "registrations")
