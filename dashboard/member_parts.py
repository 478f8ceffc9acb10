"""Parts of the pages of members that name nobody: numbers, organisations, transfers, requests. Pure."""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date
from typing import Any

import dash_mantine_components as dmc  # type: ignore[import-untyped]
from dash import dcc, html
from dash.development.base_component import Component

from dashboard import organisation_parts, panels, tables
from dashboard.tables import Cell
from dashboard.text import Say
from liangxin import requests
from liangxin.awaiting import Holding, Moving, Waiting
from liangxin.desk import Followed, Standing
from liangxin.requests import Request

#: More are counted and not drawn.
MOST = 100
REQUEST, REASON = "members-request", "members-reason"
REQUEST_ADD, REQUEST_KIND, REQUEST_USCC = (
    "members-request-add",
    "members-request-kind",
    "members-request-uscc",
)
#: The code of an organisation -> its page.
Address = Callable[[str], str]


def tiles(counts: Sequence[tuple[str, int, int]], say: Say) -> Component:
    """Return numbers under their names: key, how many, how many of them late."""
    return html.Div(
        [
            html.Div(
                [
                    html.P(say(f"members.tile.{key}"), className="note"),
                    html.P(str(number), className="members-number"),
                    html.P(
                        say("members.tile.late", count=late) if late else "",
                        className="members-late",
                    ),
                ],
                className="card members-tile",
            )
            for key, number, late in counts
        ],
        className="members-tiles",
    )


def sheet(
    name: str,
    columns: Mapping[str, str],
    rows: Sequence[Mapping[str, Cell]],
    say: Say,
    *,
    numbers: Collection[str] = (),
) -> Component:
    """Return a table that a phone stacks, and that can be taken.

    Args:
        name: of the table and its file.
        columns: key -> title; the first names the row.
        rows: key -> what stands there.
        say: texts.
        numbers: the columns that stand right.
    """
    first, *rest = columns

    def kind(key: str) -> str:
        return f"column-{key}" + (" number" if key in numbers else "")

    head = html.Tr(
        [html.Th(columns[key], scope="col", className=kind(key)) for key in (first, *rest)]
    )
    body = [
        html.Tr(
            [
                html.Th(row[first], scope="row"),
                *(html.Td(row[key], className=kind(key), **_under(columns[key])) for key in rest),
            ]
        )
        for row in rows
    ]
    table = html.Table(
        [html.Thead(head), html.Tbody(body)], className="figures-table members-table"
    )
    frame = tables.taken(html.Div(table, className="table-frame"), say, name=name)
    return html.Div(frame, id=f"members-table-{name}")


def _under(title: str) -> dict[str, Any]:
    """What tells a stacked cell its column."""
    return {"data-head": title}


def waiting(rows: Sequence[Waiting], say: Say, address: Address) -> list[Component]:
    """Return the organisations where somebody waits to be spoken with."""
    if not rows:
        return [html.P(say("members.waiting_none"), className="sentence")]
    told = [
        {
            **_place(each, address),
            "declared": str(each.declared),
            "candidates": str(each.candidates),
            "soonest": str(each.soonest or ""),
        }
        for each in rows[:MOST]
    ]
    columns = _columns(("declared", "candidates", "soonest"), rows, say)
    table = sheet("waiting", columns, told, say, numbers=("declared", "candidates"))
    note = html.P(say("members.waiting_note"), className="note")
    return [table, *_more(len(rows), say), note]


def kept(rows: Sequence[Waiting], say: Say, address: Address) -> list[Component]:
    """Return the organisations that have confirmed members, with how many: the committee's alone."""
    if not rows:
        return [html.P(say("members.kept_none"), className="sentence")]
    numbers = ("confirmed", "full", "absent")
    told = [
        {
            **_place(each, address),
            "confirmed": str(each.confirmed),
            "full": str(each.full),
            "absent": str(each.absent),
        }
        for each in rows[:MOST]
    ]
    table = sheet("kept", _columns(numbers, rows, say), told, say, numbers=numbers)
    return [table, *_more(len(rows), say)]


def holding(rows: Sequence[Holding], say: Say, address: Address) -> list[Component]:
    """Return the organisations that have confirmed members, without how many."""
    if not rows:
        return [html.P(say("members.kept_none"), className="sentence")]
    told = [_place(each, address) for each in rows[:MOST]]
    return [sheet("holding", _columns((), rows, say), told, say), *_more(len(rows), say)]


def transfers(rows: Sequence[Moving], say: Say, address: Address) -> list[Component]:
    """Return the transfers that are not done with, each by its organisation."""
    if not rows:
        return [html.P(say("members.transfers_none"), className="sentence")]
    names = ("organisation", "stage", "asked", "letter", "until", "done")
    told: list[Mapping[str, Cell]] = [
        {
            "organisation": dcc.Link(each.organisation, href=address(each.uscc)),
            "stage": _stage(each, say),
            "asked": str(each.asked_on),
            "letter": str(each.letter_on or ""),
            "until": str(each.valid_until or ""),
            "done": str(each.done_on or ""),
        }
        for each in rows[:MOST]
    ]
    columns = {name: say(f"members.column.{name}") for name in names}
    return [sheet("transfers", columns, told, say), *_more(len(rows), say)]


def _place(each: Waiting | Holding, address: Address) -> dict[str, Cell]:
    return {
        "organisation": dcc.Link(each.organisation, href=address(each.uscc)),
        "subdistrict": each.subdistrict or "",
    }


def _columns(
    more: Sequence[str], rows: Sequence[Waiting] | Sequence[Holding], say: Say
) -> dict[str, str]:
    """Titles; the sub-district is a column where there are several."""
    several = len({each.subdistrict for each in rows}) > 1
    names = ("organisation", *(("subdistrict",) if several else ()), *more)
    return {name: say(f"members.column.{name}") for name in names}


def _stage(each: Moving, say: Say) -> Cell:
    name = "done" if each.done_on else "asked" if each.letter_on is None else "letter"
    said = say(f"members.moving.{name}")
    if not each.late:
        return said
    return html.Span(say("members.moving.late", stage=said), className="members-late")


def _more(number: int, say: Say) -> list[Component]:
    left = number - MOST
    return [html.P(say("members.more", count=left), className="note")] if left > 0 else []


# Requests.


def request_list(
    rows: Sequence[Request], names: Mapping[str, str], today: date, say: Say
) -> list[Component]:
    """Return open requests, each with how it may be closed; ``names`` are of organisations."""
    if not rows:
        return [html.P(say("members.requests_none"), className="sentence")]
    return [
        html.Div([_request(each, names, today, say) for each in rows[:MOST]]),
        *_more(len(rows), say),
    ]


def _request(each: Request, names: Mapping[str, str], today: date, say: Say) -> Component:
    key = "members.request.late" if each.due_on < today else "members.request.row"
    told = say(
        key, kind=say.pair(requests.KINDS[each.kind]), received=each.received_on, due=each.due_on
    )
    where = names.get(each.uscc or "", each.uscc) or say("members.request.nowhere")
    late = "members-late" if each.due_on < today else ""
    return html.Div(
        [
            html.P([html.B(where), " ", html.Span(told, className=late)]),
            html.Div(
                [
                    *(_close(each.id, outcome, say) for outcome in ("done", "nothing_kept")),
                    dcc.Input(
                        id={"type": REASON, "n": each.id},
                        placeholder=say("members.request.reason"),
                        maxLength=requests.LONGEST_REASON,
                        className="members-input",
                        autoComplete="off",
                    ),
                    _close(each.id, "refused", say),
                ],
                className="members-steps",
            ),
        ],
        className="members-request",
    )


def _close(number: int, outcome: str, say: Say) -> Component:
    return html.Button(
        say(f"members.request.{outcome}"),
        id={"type": REQUEST, "n": number, "outcome": outcome},
        type="button",
        className="members-plain",
    )


def request_form(say: Say) -> Component:
    """Return the form that notes a request."""
    kinds = [{"value": name, "label": say.pair(words)} for name, words in requests.KINDS.items()]
    return html.Div(
        [
            dmc.Select(
                id=REQUEST_KIND,
                label=say("members.request.kind"),
                data=kinds,
                value=kinds[0]["value"],
                allowDeselect=False,
                w=200,
            ),
            dmc.TextInput(id=REQUEST_USCC, label=say("members.request.uscc"), w=300),
            html.Button(
                say("members.request.add"), id=REQUEST_ADD, type="button", className="members-main"
            ),
        ],
        className="members-form",
    )


# One organisation.


def standing(
    one: Waiting, now: Standing | None, titles: Mapping[str, str], say: Say, addresses: Address
) -> Component:
    """Return what is kept of an organisation's people, in numbers, and what the figures say.

    Args:
        one: who waits and who is confirmed.
        now: figures and lists; none: no register has it today.
        titles: of the warning lists.
        say: texts.
        addresses: a list's name -> its page.
    """
    confirmed = say("members.standing.confirmed_of", confirmed=one.confirmed, full=one.full)
    facts: list[tuple[str, Cell]] = [
        (say("members.standing.declared"), str(one.declared)),
        (say("members.standing.candidates"), str(one.candidates)),
        (say("members.standing.confirmed"), confirmed),
    ]
    if one.absent:
        facts.append((say("members.standing.absent"), str(one.absent)))
    if now is not None:
        facts.append((say("members.standing.figure"), tables.people(now.full_members, say)))
        facts.append((say("members.standing.lists"), _lists(now, titles, say, addresses)))
    return organisation_parts.facts_list(facts)


def _lists(now: Standing, titles: Mapping[str, str], say: Say, addresses: Address) -> Cell:
    if not now.counts:
        return say("members.standing.uncounted")
    if not now.lists:
        return say("members.standing.no_lists")
    return html.Ul(
        [html.Li(dcc.Link(titles[name], href=addresses(name))) for name in now.lists],
        className="plain",
    )


def followed(what: Followed, titles: Mapping[str, str], say: Say) -> str:
    """Return the sentence of what a step did and what followed from it; it names nobody."""
    done = f"members.done.{what.step}"
    if what.step == "place" and what.answer is not None:
        done += "_here" if what.answer else "_elsewhere"
    said = [say(done)]
    after = what.after
    if after is not None and (
        what.before is None or after.full_members != what.before.full_members
    ):
        full = tables.people(after.full_members, say)
        said.append(say("members.after.full", name=what.organisation, full=full))
        if not after.counts:
            said.append(say("members.after.uncounted"))
    for key, names in (("entered", what.entered), ("left", what.left)):
        if names:
            lists = say("members.after.and").join(titles[name] for name in names)
            said.append(say(f"members.after.{key}", lists=lists))
    if what.tasks:
        said.append(say("members.after.tasks", count=what.tasks))
    return (" " if say.language == "en" else "").join(said)


def closed_to_nobody(say: Say) -> Component:
    """Return what a register without accounts says of members."""
    return html.Article(
        [
            panels.head(say("members.title"), None, above=""),
            html.P(say("members.no_accounts"), className="card sentence"),
        ]
    )


def id_of(kind: str, **more: Any) -> dict[str, Any]:
    """Return the id of a part that comes once for each of something."""
    return {"type": kind, **more}
