"""What a page says when it has no figures: errors and the empty register. Pure."""

from dash import html
from dash.development.base_component import Component

from dashboard.query import HOME
from dashboard.text import Say


def error_notice(sentence: str, say: Say, *, home: str = HOME) -> Component:
    """Return a sentence of what is wrong and what to do, with a way to where its reader begins."""
    way = say("error.home" if home == HOME else "error.start")
    return html.Section(
        [
            html.H1(say("error.title")),
            html.P(sentence, role="alert", className="sentence"),
            html.P(html.A(way, href=home)),  # asks anew, even from there
        ],
        className="card notice",
    )


def undone_notice(sentence: str, say: Say) -> Component:
    """Return why a step was not done, beside the form that asked for it: nothing there is lost."""
    return html.Section(
        [html.B(say("error.undone")), html.P(sentence, role="alert", className="sentence")],
        className="card notice undone",
    )


def empty_register(say: Say) -> Component:
    """Return what to do with a register that nothing was loaded into."""
    return html.Section(
        [
            html.H1(say("empty.title")),
            html.P(say("empty.sentence"), className="sentence"),
            html.Pre(say("empty.command")),
            html.P(say("empty.demo"), className="note"),
        ],
        className="card notice",
    )
