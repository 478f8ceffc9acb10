"""How good the data of each sub-district are: located, screened, fresh, agreed, taken."""

from collections.abc import Callable, Sequence
from datetime import date
from functools import partial

from dash import Dash, dcc, html
from dash.development.base_component import Component

from dashboard import admin_parts, notices, panels
from dashboard.auth import guarded
from dashboard.pages import run as run_page
from dashboard.pages import subdistrict
from dashboard.query import link
from dashboard.site import Visit
from dashboard.tables import Cell
from dashboard.text import Say
from liangxin import db, quality, run_facts, views
from liangxin.access import Actor, Permission
from liangxin.quality import Quality
from liangxin.run_facts import RunSeen

PATH = "/quality"
PERMISSION = Permission.SOURCE_VIEW


@guarded(PERMISSION)
def layout(actor: Actor, visit: Visit) -> Component:
    """Return every sub-district with how good its data are today.

    Raises:
        LiangxinError: the register cannot be read.
    """
    site, say, today = visit.site, visit.site.say, visit.site.today()
    with db.reading(site.engine) as connection:
        data_date = views.data_date(connection)
        if data_date is None:
            return notices.empty_register(say)
        rows = site.memory.told(
            connection,
            actor,
            ("quality", site.rules.id, today),
            lambda held: quality.by_subdistrict(held, actor, site.rules, today=today),
        )
        unnamed = quality.unattributed(connection, actor)
        runs = run_facts.last_of_each(connection, actor, most=1)
    refusing = [run for some in runs.values() for run in some if run.refused]
    days = site.rules.thresholds.confirm_days
    return html.Article(
        [
            panels.head(
                say("admin.quality.title"),
                None,
                above=say("admin.office"),
                below=say("admin.quality.about", on=today, rule_set=site.rules.id),
            ),
            admin_parts.office_ways(PATH, say),
            panels.section(
                say("admin.quality.table"),
                _table(rows, say, partial(_place, on=data_date, rate=visit.query.rate)),
                html.P(say("admin.quality.stale_means", days=days), className="note"),
            ),
            panels.section(say("admin.quality.refusals"), *_refusals(refusing, unnamed, say)),
            panels.section(say("admin.quality.what"), *_what(rows, say)),
        ]
    )


def _place(code: str, *, on: date, rate: str) -> str:
    return link(subdistrict.PATH.replace("<code>", code), on, rate)


def _table(rows: Sequence[Quality], say: Say, address: Callable[[str], str]) -> Component:
    heads = ("place", "organisations", "in_community", "screened", "stale", "questions", "refused")
    told = [_row(row, say, _name(row, say, address)) for row in rows]
    total = _row(quality.total(list(rows)), say, say("table.total"))
    return admin_parts.table(
        "quality",
        [say(f"admin.quality.{head}") for head in heads],
        told,
        say,
        numbers=range(1, len(heads)),
        total=total,
        kind="matrix many",
    )


def _name(row: Quality, say: Say, address: Callable[[str], str]) -> Cell:
    if row.code is None:
        return say("table.unlocated")
    return dcc.Link(row.name, href=address(row.code))


def _row(row: Quality, say: Say, name: Cell) -> list[Cell]:
    return [
        name,
        str(row.organisations),
        _share(row.in_community, row.organisations, say),
        _share(row.screened, row.organisations, say),
        _share(row.stale, row.operating, say),
        str(row.questions),
        str(row.refused),
    ]


def _share(part: int, whole: int, say: Say) -> str:
    if not whole:
        return say("admin.quality.nothing")
    return say("admin.quality.share", part=part, percent=f"{100 * part / whole:.1f}")


def _refusals(runs: Sequence[RunSeen], unnamed: int, say: Say) -> list[Component]:
    if not runs:
        return [html.P(say("admin.quality.none_refused"), className="sentence")]
    rows: list[Sequence[Cell]] = [
        [
            dcc.Link(say("admin.run.number", id=run.id), href=run_page.path(run.id)),
            run.source,
            str(run.as_of),
            _share(run.refused, run.rows, say),
        ]
        for run in runs
    ]
    heads = [say(f"admin.run.{key}") for key in ("run", "source", "as_of", "refused_rows")]
    table = admin_parts.table("refusals", heads, rows, say, numbers=(3,))
    return [table, html.P(say("admin.quality.unnamed", count=unnamed), className="note")]


def _what(rows: Sequence[Quality], say: Say) -> list[Component]:
    """What to do, about what there is to be done."""
    total = quality.total(list(rows))
    unlocated = sum(row.organisations for row in rows if row.code is None)
    asked = {
        "unlocated": unlocated,
        "unscreened": total.organisations - total.screened,
        "stale": total.stale,
        "questions": total.questions,
    }
    told: list[Component] = [
        html.Li(say(f"admin.quality.do.{key}", count=number))
        for key, number in asked.items()
        if number
    ]
    return [html.Ul(told, className="plain")] if told else [html.P(say("admin.quality.good"))]


def register(app: Dash) -> None:
    """Register nothing: the address says all this page depends on."""
