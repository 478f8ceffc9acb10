"""The rule sets in words: who counts, what each rate means, every number, and where versions differ."""

from collections.abc import Sequence
from functools import partial

from dash import Dash, dcc, html
from dash.development.base_component import Component

from dashboard import admin_parts, panels, rule_words
from dashboard.auth import guarded
from dashboard.query import SHOWN
from dashboard.site import Site, Visit
from dashboard.tables import Cell
from dashboard.text import Say, both
from liangxin import rules
from liangxin.access import Actor, Permission
from liangxin.errors import LiangxinError, NotFound
from liangxin.rules import RuleSet

PATH = "/rules"
PERMISSION = Permission.RATE_VIEW


def address(chosen: RuleSet) -> str:
    """Return where a rule set is told."""
    return admin_parts.address(PATH, set=chosen.id)


@guarded(PERMISSION)
def layout(actor: Actor, visit: Visit) -> Component:
    """Return the rule set in force, or the one that ``?set=`` names, beside the others.

    Raises:
        NotFound: there is no rule set of this name.
    """
    site, say = visit.site, visit.site.say
    known, wrong = _known(site)
    chosen = visit.query.more.get("set", "") or site.rules.id
    one = known.get(chosen)
    if one is None:
        raise NotFound(*both("admin.rules.no_set", name=chosen[:SHOWN]))
    in_force = one.id == site.rules.id
    head = panels.head(
        say("admin.rules.title"),
        None,
        above=say("admin.office") if actor.may(Permission.SOURCE_VIEW) else "",
        below=say("admin.rules.about", in_force=site.rules.id),
    )
    ways = [admin_parts.office_ways(PATH, say)] if actor.may(Permission.SOURCE_VIEW) else []
    standing = "admin.rules.in_force" if in_force else "admin.rules.not_in_force"
    return html.Article(
        [
            head,
            *ways,
            *(panels.remark(say.error(error)) for error in wrong),
            panels.section(say("admin.rules.versions"), _versions(known, one, site)),
            panels.section(
                say("admin.rules.one", id=one.id),
                html.P(
                    [
                        admin_parts.badge(say(standing), "good" if in_force else ""),
                        " ",
                        title(one, say),
                    ]
                ),
                html.P(say(_origin(one.id), name=one.id), className="note"),
            ),
            panels.section(
                say("admin.rules.who"), _table(rule_words.universe(one, say), say, "who")
            ),
            panels.section(say("admin.rules.rates"), _rates(one, say)),
            html.Div(
                [
                    panels.section(
                        say(f"admin.rules.{name}"),
                        _table(rule_words.numbers(one, name, say), say, name),
                    )
                    for name in rule_words.TABLES
                ],
                className="two-columns",
            ),
        ]
    )


def title(one: RuleSet, say: Say) -> str:
    """Return what a rule set is called, or its id."""
    return say.pair((one.title_zh, one.title_en)) or one.id


def _known(site: Site) -> tuple[dict[str, RuleSet], list[LiangxinError]]:
    """Every rule set by its id, an office's own too, and what is wrong with those that are."""
    folder = site.settings.rules
    names = set(rules.shipped())
    if folder.is_dir():
        names |= {each.stem for each in folder.glob("*.toml")}
    found, wrong = {site.rules.id: site.rules}, []
    for name in sorted(names):
        try:
            one = rules.load(name, folder=folder)
        except LiangxinError as error:
            wrong.append(error)
        else:
            found.setdefault(one.id, one)
    return dict(sorted(found.items())), wrong


def _origin(name: str) -> str:
    return "admin.rules.shipped" if name in rules.shipped() else "admin.rules.own"


def _versions(known: dict[str, RuleSet], one: RuleSet, site: Site) -> Component:
    """Every version, and where it differs from the one that is looked at."""
    say = site.say
    rows: list[Sequence[Cell]] = [
        [
            dcc.Link(other.id, href=admin_parts.address(PATH, set=other.id)),
            admin_parts.words(title(other, say)),
            admin_parts.badge(say("admin.rules.in_force"), "good")
            if other.id == site.rules.id
            else "",
            admin_parts.words(*_differences(one, other, say)),
        ]
        for other in known.values()
    ]
    heads = [say(f"admin.rules.{head}") for head in ("id", "name", "standing", "differs")]
    return admin_parts.table("rule-sets", heads, rows, say)


def _differences(one: RuleSet, other: RuleSet, say: Say) -> list[Component]:
    if one.id == other.id:
        return [html.Span(say("admin.rules.this"), className="aside")]
    found = rule_words.differences(one, other, say)
    lines = [
        html.Div(say("admin.rules.difference", what=what, here=here, there=there))
        for what, here, there in found
    ]
    return [*lines] or [html.Span(say("admin.rules.same"), className="aside")]


def _rates(one: RuleSet, say: Say) -> Component:
    words = partial(rule_words.rate, say=say)
    rows: list[Sequence[Cell]] = [
        [rate.id, say.title(rate), admin_parts.words(words(rate))] for rate in one.rates.values()
    ]
    heads = [say(f"admin.rules.{head}") for head in ("rate", "rate_name", "rate_means")]
    return admin_parts.table("rates", heads, rows, say)


def _table(told: Sequence[tuple[str, str]], say: Say, name: str) -> Component:
    heads = [say("admin.rules.what"), say("admin.rules.value")]
    return admin_parts.table(f"rules-{name}", heads, told, say)


def register(app: Dash) -> None:
    """Register nothing: the address says all this page depends on."""
