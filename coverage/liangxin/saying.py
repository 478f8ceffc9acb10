"""How commands say figures: as the JSON objects of the contract, and as lines for people."""

from collections.abc import Collection
from fractions import Fraction
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from liangxin.attribution import Explained
    from liangxin.change import Changed
    from liangxin.indicators import Count, RateTable

#: Causes of a change, as people read them.
CAUSES = {
    "became_covered": "由未覆盖变为覆盖",
    "lost_cover": "失去覆盖",
    "entered_covered": "新进底数，已覆盖",
    "entered_uncovered": "新进底数，未覆盖",
    "left_covered": "退出底数，原已覆盖",
    "left_uncovered": "退出底数，原未覆盖",
    "class_in_covered": "性质调整后进入，已覆盖",
    "class_in_uncovered": "性质调整后进入，未覆盖",
    "class_out_covered": "性质调整后退出，原已覆盖",
    "class_out_uncovered": "性质调整后退出，原未覆盖",
    "moved_in_covered": "由他街道迁入，已覆盖",
    "moved_in_uncovered": "由他街道迁入，未覆盖",
    "moved_out_covered": "迁往他街道，原已覆盖",
    "moved_out_uncovered": "迁往他街道，原未覆盖",
    "moved": "在街道之间迁移",
}
#: The same in English.
CAUSES_EN = {
    "became_covered": "became covered",
    "lost_cover": "lost its cover",
    "entered_covered": "came in, covered",
    "entered_uncovered": "came in, not covered",
    "left_covered": "left, was covered",
    "left_uncovered": "left, was not covered",
    "class_in_covered": "came in with a new class, covered",
    "class_in_uncovered": "came in with a new class, not covered",
    "class_out_covered": "left with a new class, was covered",
    "class_out_uncovered": "left with a new class, was not covered",
    "moved_in_covered": "moved here from elsewhere, covered",
    "moved_in_uncovered": "moved here from elsewhere, not covered",
    "moved_out_covered": "moved elsewhere, was covered",
    "moved_out_uncovered": "moved elsewhere, was not covered",
    "moved": "moved between sub-districts",
}


def coverage_object(table: "RateTable") -> dict[str, Any]:
    """The `coverage` object of the command contract."""
    return {
        "as_of": table.as_of.isoformat(),
        "rate": table.rate,
        "rule_set": table.rule_set,
        "by": table.by,
        "rows": [
            {
                "code": row.code,
                "name": row.name,
                **_figures(row),
            }
            for row in table.rows
        ],
        "total": _figures(table.total),
    }


def _figures(count: "Count") -> dict[str, Any]:
    return {
        "numerator": count.numerator,
        "denominator": count.denominator,
        "share": None if count.share is None else float(count.share),
        "unverified": count.unverified,
    }


def print_table(table: "RateTable") -> None:
    """Print a rate's table for people."""
    print(f"{table.rate}  截至 {table.as_of}  规则版本 {table.rule_set}")
    print("   分子   底数   覆盖率  未核实  名称")
    for row in (*table.rows, table.total):
        share = "无数据" if row.percent is None else f"{row.percent}%"
        name = "合计" if row is table.total else f"{row.name} {row.code or ''}"
        print(f"{row.numerator:7}{row.denominator:7}{share:>8}{row.unverified:7}   {name}")


def change_object(told: "Changed") -> dict[str, Any]:
    """The `change` object of the command contract; points as numbers, and exactly as fractions."""
    return {
        "from": told.from_on.isoformat(),
        "to": told.to_on.isoformat(),
        "rate": told.rate,
        "rule_set": told.rule_set,
        **_explained(told.total),
        "denominator": denominator_words(told.total),
        "groups": [{"code": each.code, **_explained(each)} for each in told.groups],
    }


def _explained(each: "Explained") -> dict[str, Any]:
    return {
        "rows": [
            {
                "cause": part.cause,
                "organisations": part.organisations,
                "points": _number(part.points),
                "points_exact": _exact(part.points),
                "reasons": dict(part.reasons),
            }
            for part in each.parts
        ],
        "total_points": _number(each.points),
        "total_points_exact": _exact(each.points),
        "before": {"numerator": each.numerator_before, "denominator": each.denominator_before},
        "after": {"numerator": each.numerator_after, "denominator": each.denominator_after},
    }


def denominator_words(each: "Explained") -> str:
    """Say whether the denominator moved, and how, in both languages."""
    return " ".join(denominator_pair(each))


def cause_pair(cause: str) -> tuple[str, str]:
    """Return a cause of a change in Chinese and in English."""
    return CAUSES[cause], CAUSES_EN[cause]


def denominator_pair(each: "Explained") -> tuple[str, str]:
    """Say in Chinese and in English whether the denominator moved, and how."""
    before, after = each.denominator_before, each.denominator_after
    if not each.came and not each.went:
        return f"底数没有变化（{before}）。", f"The denominator did not move ({before})."
    if before == after:
        return (
            f"底数总量未变（{before}），但进入 {each.came} 家、退出 {each.went} 家。",
            f"The denominator is {before} as before, but {each.came} came in and {each.went} left.",
        )
    return (
        f"底数由 {before} 变为 {after}：进入 {each.came} 家、退出 {each.went} 家。",
        f"The denominator moved from {before} to {after}: {each.came} came in, {each.went} left.",
    )


def print_change(told: "Changed") -> None:
    """Print a change for people."""
    total = told.total
    print(f"{told.rate}  {told.from_on} → {told.to_on}  规则版本 {told.rule_set}")
    print(
        f"{total.numerator_before} / {total.denominator_before} → "
        f"{total.numerator_after} / {total.denominator_after}，变化 {_said(total.points)}"
    )
    print(denominator_words(total))
    for part in total.parts:
        print(f"{_said(part.points):>16}  {part.organisations:6} 家  {CAUSES[part.cause]}")


def _said(points: Fraction | None) -> str:
    return "无数据" if points is None else f"{float(points):+.2f} 个百分点"


def _number(points: Fraction | None) -> float | None:
    return None if points is None else float(points)


def _exact(points: Fraction | None) -> str | None:
    return None if points is None else str(points)


def days_said(value: int | None) -> str:
    """Say how many days."""
    return "无数据" if value is None else f"{value} 天"


def clocks_left_out(names: Collection[str]) -> str:
    """Say that members' clocks are told by sub-district and of all days alone."""
    from liangxin.clocks import CLOCKS

    zh, en = ("、".join(CLOCKS[name].zh for name in names), ", ".join(names))
    return (
        f"未列出：{zh}。涉及党员，仅党委可分组或按起始日查看，其他只按街道看累计数。\n"
        f"Left out: {en}. They are about members: all but the committee see them by sub-district "
        "and without --since."
    )


def print_annual(form: str, answer: dict[str, Any]) -> None:
    """Print an annual table for people."""
    from liangxin.annual_forms import FORMS

    chosen = FORMS[form]
    print(f"{chosen.zh}  截至 {answer['as_of']}  规则版本 {answer['rule_set']}")
    shown = answer["cells"]["units"]
    print("  ".join(column.zh for name, column in chosen.columns.items() if name in shown))
    for name, row in chosen.rows.items():
        cells = "".join(f"{number:>8}" for number in answer["cells"][name].values())
        print(f"{cells}   {row.number} {row.zh}")
