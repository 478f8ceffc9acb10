"""What the pages of files are made of. Pure: dataclasses in, components out."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

import dash_ag_grid as dag  # type: ignore[import-untyped]
import dash_mantine_components as dmc  # type: ignore[import-untyped]
from dash import dcc, html
from dash.development.base_component import Component

from dashboard import tables
from dashboard.files import ROOT
from dashboard.tables import Cell, aria
from dashboard.text import Say
from liangxin.days import CHINA

if TYPE_CHECKING:
    from liangxin.handed import Handed

#: Changes shown on the page; the table that can be downloaded has all that were listed.
SHOWN = 20
STEPS = ("came", "columns", "rehearsed", "loaded")
#: Of a state, which step is under way.
_STEP = {"checking": 1, "asked": 1, "checked": 2, "loading": 3, "loaded": 4, "failed": 0}


def act(name: str) -> dict[str, str]:
    """Return the id of a button."""
    return {"type": "files-act", "act": name}


def button(text: str, name: str, *, kind: str = "") -> Component:
    """Return a button that does something to a file."""
    made: Component = html.Button(
        text, id=act(name), className=f"files-button {kind}".strip(), n_clicks=0, type="button"
    )
    return made


def drop_zone(say: Say, *, url: str, most: int, title: str, kind: str = "file") -> Component:
    """Return where a file is dropped or chosen; ``assets/files.js`` sends it.

    Args:
        say: the texts.
        url: where it is sent.
        most: how many bytes may come.
        title: what is wanted.
        kind: a ``file`` that is kept, a ``roster`` that is judged at once, a ``package``.
    """
    megabytes = max(most // 2**20, 1)
    is_package = kind == "package"
    words: dict[str, Any] = {
        "data-url": url,
        "data-most": str(most),
        "data-kind": kind,
        "data-too-large": say("files.too_large", most=megabytes),
        "data-wrong-type": say("files.no_package" if is_package else "files.wrong_type"),
        "data-empty": say("files.empty"),
        "data-sending": say("files.sending"),
        "data-judging": say("files.judging" if kind == "roster" else "files.keeping"),
        "data-broken": say("files.broken"),
        "data-again": say("files.again_in", seconds="{seconds}"),
        "data-signed-out": say("files.signed_out"),
    }
    return html.Div(
        [
            html.P(title, className="files-drop-title"),
            html.P(
                [
                    html.Button(say("files.choose"), className="files-pick", type="button"),
                    html.Span(say("files.or_drop")),
                ]
            ),
            html.P(
                say("files.accepts_package" if is_package else "files.accepts", most=megabytes),
                className="note",
            ),
            html.P("", className="files-drop-said", role="status"),
        ],
        className="files-drop",
        **words,
    )


def moment(at: datetime) -> str:
    """Return a moment as the office's clock shows it."""
    return f"{at.astimezone(CHINA):%Y-%m-%d %H:%M}"


def list_of(found: "Sequence[Handed]", titles: Mapping[str, str], say: Say) -> Component:
    """Return the files an office handed in, the newest first."""
    if not found:
        return html.P(say("files.none"), className="sentence")
    heads = [
        say(f"files.column.{each}")
        for each in ("file", "source", "by", "state", "rows", "accepted", "refused", "skipped")
    ]
    rows: list[Sequence[Cell]] = [
        [
            dcc.Link(each.file_name, href=f"{ROOT}/{each.id}"),
            titles.get(each.source, each.source),
            f"{each.by} {moment(each.handed_at)}",
            state_of(each, say),
            *(
                "" if number is None else f"{number:,}"
                for number in (each.rows, each.accepted, each.refused, each.skipped)
            ),
        ]
        for each in found
    ]
    return tables.sheet(heads, rows, say, numbers=range(4, 8), kind="files-list")


def state_of(file: "Handed", say: Say) -> str:
    """Return how far a file is, in a word."""
    return say("files.stage.undone") if file.undone_at else say.word("files.stage", file.state)


def steps(file: "Handed", say: Say) -> Component:
    """Return how far a file is, as steps."""
    here = _STEP.get(file.state, 0)
    items = []
    for place, name in enumerate(STEPS):
        kind = "files-step-done" if place < here else "files-step-now" if place == here else ""
        now = aria(current="step") if place == here else {}
        items.append(html.Li(say(f"files.step.{name}"), className=kind, **now))
    return html.Ol(items, className="files-steps")


def under_way(file: "Handed", rows: int, say: Say, *, worked_on: bool) -> Component:
    """Return how far the worker is; or that there is none."""
    if not worked_on:
        return html.Div(
            [
                html.P(say("files.no_worker"), className="remark", role="alert"),
                html.Pre("liangxin worker", className="files-command"),
            ]
        )
    key = "files.loading" if file.state == "loading" else "files.checking"
    told = say("files.read", rows=f"{rows:,}") if rows else say("files.waiting")
    return html.Div(
        [
            html.P(say(key), role="status"),
            html.Progress(className="files-progress"),
            html.P(told, className="note"),
        ]
    )


def columns_form(found: Mapping[str, Any], say: Say, *, asks: bool) -> list[Component]:
    """Return which header is which of our fields, to be confirmed or chosen anew."""
    headers = [{"value": each, "label": each} for each in found["headers"]]
    lines = []
    for each in found["fields"]:
        unsure = bool(each["header"]) and not each["sure"]
        lacks = each["needed"] and not each["header"]
        mark = say("files.please_confirm") if unsure else say("files.needed") if lacks else ""
        lines.append(
            html.Div(
                [
                    html.Span(
                        each["label"]
                        if say.language == "zh"
                        else say.word("admin.field", each["field"]),
                        className="files-field",
                    ),
                    dmc.Select(
                        id={"type": "files-column", "field": each["field"]},
                        data=headers,
                        value=each["header"] or None,
                        placeholder=say("files.no_column"),
                        clearable=True,
                        searchable=True,
                        size="xs",
                        **{"aria-label": each["label"]},
                    ),
                    html.Span(mark, className="files-mark"),
                ],
                className="files-line" + (" files-line-unsure" if unsure or lacks else ""),
            )
        )
    known = sum(bool(each["header"]) for each in found["fields"])
    words = say("files.confirm_columns" if asks else "files.change_columns")
    return [
        html.P(say("files.columns_known", known=known, headers=len(found["headers"]))),
        html.Div(lines, className="files-lines"),
        html.P(
            [
                button(words, "columns", kind="files-main" if asks else ""),
                *([button(say("files.withdraw"), "withdraw")] if asks else []),
            ],
            className="files-actions",
        ),
    ]


def counts(found: Mapping[str, Any], say: Say) -> Component:
    """Return what became, or would become, of every row."""
    shown = [
        html.Div(
            [html.Dt(say(f"files.count.{name}")), html.Dd(f"{found.get(name, 0):,}")],
            className=f"files-count files-count-{name}",
        )
        for name in (
            *("rows", "accepted", "refused", "skipped"),
            *("new", "changed", "unchanged", "missing"),
        )
        if name != "missing" or found.get(name)
    ]
    return html.Dl(shown, className="files-counts")


def notes(found: Mapping[str, Any], say: Say) -> list[Component]:
    """Return why rows were skipped, and what else was noticed."""
    said = [
        say(
            "files.skipped_for",
            rows=each["rows"],
            why=say.pair((each["zh"], each["en"])),
            first=say("files.comma").join(map(str, each["first"])),
        )
        for each in found.get("skipped_for", [])
    ]
    said += [_warned(each, say) for each in found.get("warned_for", [])]
    said += [say.pair((each["zh"], each["en"])) for each in found.get("notices", [])]
    if not said:
        return []
    return [html.Ul([html.Li(each) for each in said], className="plain files-notes")]


def _warned(each: Mapping[str, Any], say: Say) -> str:
    """Return what rows were taken in spite of; where, unless the same file was loaded before."""
    why = say.pair((each["zh"], each["en"]))
    if not each["first"]:
        return say("files.warned", rows=each["rows"], why=why)
    first = say("files.comma").join(map(str, each["first"]))
    where = say("files.of_column", column=each["column"]) if each["column"] else ""
    return say("files.warned_for", rows=each["rows"], where=where, first=first, why=why)


def differences(
    file: "Handed", names: Mapping[str, str], say: Say, *, address: str
) -> list[Component]:
    """Return who is new and what changes; ``address`` is an organisation's page with ``{uscc}``."""
    found = file.found
    new, moved = found.get("new_ones", []), found.get("changes", [])
    if not new and not moved:
        return [html.P(say("files.no_differences"))]

    def link(each: Mapping[str, str]) -> Cell:
        return dcc.Link(each["name"], href=address.replace("{uscc}", each["uscc"]))

    loaded = file.state == "loaded" and not file.undone_at
    rows: list[Sequence[Cell]] = [
        [
            link(each) if loaded else each["name"],
            say("files.new_one"),
            "",
            names.get(each["subdistrict_code"] or "", each["subdistrict_code"] or ""),
        ]
        for each in new[:SHOWN]
    ]
    rows += [
        [
            link(each) if loaded else each["name"],
            say.word("files.field", each["field"]),
            value_of(each["field"], each["old"], names, say),
            value_of(each["field"], each["new"], names, say),
        ]
        for each in moved[:SHOWN]
    ]
    heads = [say(f"files.{name}") for name in ("name", "field", "old", "new")]
    left = all_differences(found) - len(rows)
    more = [say("files.more", left=left), " "] if left > 0 else []
    download = html.A(say("files.download_changes"), href=f"{ROOT}/{file.id}/changes.csv")
    return [
        tables.sheet(heads, rows, say, kind="wrapping files-changes"),
        html.P([*more, download], className="note"),
    ]


def all_differences(found: Mapping[str, Any]) -> int:
    """Return how many organisations are new and how many fields change, listed or not."""
    # What a screening brings is among the changes, though it is counted as new.
    new = found.get("new", 0) if found.get("new_ones") else 0
    return int(new) + int(found.get("all_changes", len(found.get("changes", []))))


def codes_of(file: "Handed") -> set[str]:
    """Return the divisions that a file's differences name."""
    found = file.found
    codes = {each["subdistrict_code"] for each in found.get("new_ones", [])}
    for each in found.get("changes", []):
        if each["field"].endswith("_code"):
            codes |= {each["old"], each["new"]}
    return {code for code in codes if code}


def value_of(field: str, value: str | None, names: Mapping[str, str], say: Say) -> str:
    """Return a value as people say it."""
    if value is None:
        return say("files.nothing") if field != "staff" else ""
    if field in {"state", "ownership", "kind"}:
        return say.word(field, value)
    return names.get(value, value)


def refused(file: "Handed", say: Say) -> list[Component]:
    """Return the refused rows: cells that can be corrected, why, and the way without this page."""
    found = file.found
    rows = found.get("refused_rows", [])
    if not rows:
        return []
    headers = [*dict.fromkeys(header for each in rows for header in each["cells"])]
    left = found["refused"] - len(rows)
    return [
        html.P(say("files.correct_how")),
        _grid(rows, headers, say),
        *([html.P(say("files.more_refused", left=left), className="note")] if left > 0 else []),
        html.P(
            [
                button(say("files.check_again"), "correct", kind="files-main"),
                html.A(
                    say("files.returned"),
                    href=f"{ROOT}/{file.id}/returned.xlsx",
                    className="files-link",
                ),
            ],
            className="files-actions",
        ),
    ]


def _grid(rows: Sequence[Mapping[str, Any]], headers: Sequence[str], say: Say) -> Component:
    """Refused rows; columns go by number, for a header may hold anything."""
    fields = {header: f"c{place}" for place, header in enumerate(headers)}
    told = [
        {
            "key": each["key"],
            "row": f"{each['sheet']} {each['row']}".strip(),
            "why": say.pair((each["zh"], each["en"])),
            "bad": "".join(f"|{fields[header]}|" for header in each["bad"] if header in fields),
            **{fields[header]: text for header, text in each["cells"].items()},
        }
        for each in rows
    ]
    # What is wrong comes first, then the rest in the order of the file.
    wrong = {field for each in told for field in fields.values() if f"|{field}|" in each["bad"]}
    ordered = sorted(fields.items(), key=lambda pair: pair[1] not in wrong)
    columns: list[dict[str, Any]] = [
        {"field": "row", "headerName": say("files.row"), "width": 80, "pinned": "left"},
        {
            "field": "why",
            "headerName": say("files.why"),
            "width": 340,
            "wrapText": True,
            "autoHeight": True,
            "cellClass": "files-why",
        },
        *(
            {
                "field": field,
                "headerName": header,
                "editable": True,
                "width": 190,
                "cellClassRules": {"files-bad": f"params.data.bad.includes('|{field}|')"},
            }
            for header, field in ordered
        ),
    ]
    grid: Component = dag.AgGrid(
        id={"type": "files-grid", "of": "refused"},
        columnDefs=columns,
        rowData=told,
        defaultColDef={"resizable": True, "sortable": False, "filter": False},
        dashGridOptions={
            "localeText": say.grid(),
            "singleClickEdit": True,
            "stopEditingWhenCellsLoseFocus": True,
            "suppressFieldDotNotation": True,
            "alwaysShowHorizontalScroll": True,
            "domLayout": "autoHeight" if len(told) <= tables.SHORT else "normal",
        },
        getRowId="params.data.key",
        className="organisations files-grid",
        style={"height": None if len(told) <= tables.SHORT else "480px", "width": "100%"},
        dangerously_allow_code=False,
    )
    return grid


def corrected(rows: Any, found: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """Return what a grid says of the cells it was made of; other keys are left out."""
    listed = found.get("refused_rows", [])
    headers = [*dict.fromkeys(header for each in listed for header in each["cells"])]
    own = {each["key"]: each["cells"] for each in listed}
    said: dict[str, dict[str, str]] = {}
    for row in rows if isinstance(rows, list) else []:
        if not isinstance(row, dict) or not isinstance(row.get("key"), str):
            continue
        said[row["key"]] = {
            header: "" if row.get(f"c{place}") is None else str(row[f"c{place}"])
            for place, header in enumerate(headers)
            if header in own.get(row["key"], {}) and f"c{place}" in row
        }
    return said


def roster_verdict(said: Mapping[str, Any], say: Say, *, organisation: str) -> list[Component]:
    """Return what a staff list came to: numbers and reasons, and nobody's name."""
    numbers = {each: int(said.get(each) or 0) for each in ("rows", "staff", "refused", "skipped")}
    parts: list[Component] = [html.P(say("files.roster_counts", **numbers), className="files-big")]
    if said.get("taken"):
        before = said.get("staff_before")
        key = "files.roster_taken_first" if before is None else "files.roster_taken"
        parts.append(
            html.P(say(key, staff=numbers["staff"], before=before), className="done", role="status")
        )
        if "candidates" in said:
            parts.append(html.P(say("files.roster_candidates", number=int(said["candidates"]))))
        parts.append(html.P(dcc.Link(say("files.to_organisation"), href=organisation)))
        return parts
    reasons = [each for each in said.get("reasons", []) if isinstance(each, dict)]
    if reasons:
        rows: list[Sequence[Cell]] = [
            [
                f"{each.get('sheet', '')} {each.get('cell') or each.get('row', '')}".strip(),
                str(each.get("column", "")),
                say.pair((str(each.get("message", "")), str(each.get("message_en", "")))),
            ]
            for each in reasons
        ]
        heads = [say("files.cell"), say("files.its_column"), say("files.why")]
        parts.append(html.P(say("files.roster_reasons")))
        parts.append(
            html.Div(tables.sheet(heads, rows, say, kind="wrapping"), className="files-scroll")
        )
        left = int(said.get("reasons_in_all") or 0) - len(reasons)
        if left > 0:
            parts.append(html.P(say("files.more", left=left), className="note"))
        back: dict[str, Any] = {"data-name": say("files.returned_name")}
        words = say("files.roster_back")
        kind = "files-button files-back"
        parts.append(html.P(html.Button(words, className=kind, type="button", **back)))
    close = [str(each) for each in said.get("close", [])]
    if close:
        listed = say("files.comma").join(close)
        parts.append(html.P(say("files.roster_close", headers=listed), className="remark"))
    if numbers["staff"]:
        confirmed: dict[str, Any] = {"data-confirmed": "1" if close else "0"}
        words = say("files.roster_take", staff=numbers["staff"])
        kind = "files-button files-main files-take"
        parts.append(html.P(html.Button(words, className=kind, type="button", **confirmed)))
    return parts
