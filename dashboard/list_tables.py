"""The warning lists as tables and as a grid. Pure."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from dash import dcc, html
from dash.development.base_component import Component

from dashboard import tables
from dashboard.figures import variant_text
from dashboard.tables import Cell
from dashboard.text import Say
from liangxin.indicators import Count, RateTable
from liangxin.rules import RateRule

if TYPE_CHECKING:
    from liangxin.lists import Listed

#: list -> sub-district -> how many organisations; null: not located.
Counts = Mapping[str, Mapping[str | None, int]]
#: A list and a sub-district ("": all) -> the address of the organisations; null: not for this role.
Address = Callable[[str, str], str | None]
WIDTHS = {
    "name": 270,
    "uscc": 215,
    "subdistrict": 140,
    "community": 140,
    "staff": 115,
    "full_members": 125,
    "covering": 115,
    "instructed": 100,
}


def by_list(
    counts: Counts, titles: Mapping[str, str], counted: int, say: Say, *, address: Address
) -> Component:
    """Return every list with how many organisations are on it, of those that count."""
    rows: list[Sequence[Cell]] = []
    for name, title in titles.items():
        number = sum(counts[name].values())
        rows.append([_linked(title, name, "", number, address), str(number)])
    heads = [say("lists.list"), say("lists.number", counted=counted)]
    return tables.sheet(heads, rows, say, numbers={1}, kind="wrapping")


def by_subdistrict(
    counts: Counts,
    titles: Mapping[str, str],
    base: RateTable,
    chosen: RateTable,
    rate: RateRule,
    say: Say,
    *,
    address: Address,
) -> Component:
    """Return a matrix of sub-districts and lists, beside what counts and what a rate leaves out."""
    left = {row.code: row.denominator - row.numerator for row in chosen.rows}
    heads = [
        say("table.name"),
        say("table.denominator"),
        say("lists.not_reached", rate=variant_text(rate, say)),
        *titles.values(),
    ]
    rows: list[Sequence[Cell]] = [
        [
            say("table.unlocated") if row.code is None else row.name,
            str(row.denominator),
            str(left.get(row.code, 0)),
            *(_cell(counts[name].get(row.code, 0), name, row, address) for name in titles),
        ]
        for row in base.rows
    ]
    total = [
        say("table.total"),
        str(base.total.denominator),
        str(sum(left.values())),
        *(str(sum(counts[name].values())) for name in titles),
    ]
    return tables.sheet(
        heads, rows, say, numbers=range(len(heads)), total=total, kind="matrix many"
    )


def _cell(number: int, name: str, row: Count, address: Address) -> Cell:
    if row.code is None:
        return str(number)
    return _linked(str(number), name, row.code, number, address)


def _linked(text: str, name: str, code: str, number: int, address: Address) -> Cell:
    """A link to the organisations, if there are any and this role may see them."""
    if not number or (where := address(name, code)) is None:
        return text
    return dcc.Link(text, href=where)


def places(
    counts: Mapping[str | None, int],
    names: Mapping[str, str],
    chosen: str,
    say: Say,
    *,
    address: Callable[[str], str],
) -> Component:
    """Return the sub-districts that have organisations on a list, as links that narrow it."""
    found = sorted(code for code in counts if code is not None)
    links = [
        dcc.Link(
            say("lists.place", name=name, number=number),
            href=address(code),
            className="chip" + (" chip-chosen" if code == chosen else ""),
        )
        for code, name, number in [
            ("", say("lists.everywhere"), sum(counts.values())),
            *((code, names.get(code, code), counts[code]) for code in found),
        ]
    ]
    return html.Nav(links, className="chips", **tables.aria(label=say("table.name")))


def organisations(
    rows: "Sequence[Listed]",
    names: Mapping[str, str],
    say: Say,
    *,
    address: str | None,
    members: bool,
) -> Component:
    """Return the organisations on a list as a grid; ``names`` are of their divisions.

    ``members``: false for a role that is not told how many members an organisation has.
    """
    columns = widths(members=members)
    lines = (line(row, names, say) for row in rows)
    shown = [{name: each[name] for name in columns} for each in lines]
    return tables.grid(shown, columns, say, address=address)


def whole(whole_list: str, say: Say) -> Component:
    """Return the way to a whole list as a file."""
    return html.P(html.A(say("lists.whole"), href=whole_list, download=""), className="facts-more")


def widths(*, members: bool) -> dict[str, int]:
    """Return the columns of a list for a role that is told of members, or is not."""
    return {name: width for name, width in WIDTHS.items() if members or name != "full_members"}


def line(row: "Listed", names: Mapping[str, str], say: Say) -> dict[str, str]:
    """Return an organisation on a list as a person reads it, by column."""
    return {
        "name": row.name,
        "uscc": row.uscc,
        "subdistrict": _name(row.subdistrict_code, names),
        "community": _name(row.community_code, names),
        "staff": tables.people(row.staff, say),
        "full_members": tables.people(row.full_members, say),
        "covering": say.word("covering", row.covering),
        "instructed": say.word("instructed", "yes" if row.instructed else "no"),
    }


def _name(code: str | None, names: Mapping[str, str]) -> str:
    return names.get(code or "", code or "")
