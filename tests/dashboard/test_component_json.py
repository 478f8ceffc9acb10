"""What goes to the browser is what Dash itself would write of the same components."""

import json
from typing import Any

import dash_ag_grid as dag
import dash_mantine_components as dmc
import pytest
from dash import dcc, html
from dash._utils import to_json
from dash.development.base_component import Component

from dashboard.component_json import alike, as_json

PART = html.Div(
    [
        "文字",
        html.P(["一", 2, None, html.B("三")], className="note", **{"data-take": "copy"}),
        dcc.Link("去", href="/x"),
        dmc.Select(data=[{"value": "a", "label": "甲"}], value=None, w=240),
        dmc.Radio(label=html.Span("里面"), value="x"),
        dag.AgGrid(rowData=[{"name": "示例", "n": 1}], columnDefs=[{"field": "name"}]),
        html.Details(html.Summary("一"), open=False),
        dcc.Store(id="kept", data={"a": [1, {"b": None}]}),
    ],
    id={"type": "part", "name": "x"},
    **{"aria-label": "全部"},
)


def written(part: Any) -> Any:
    return json.loads(to_json(part))


def test_a_page_is_written_as_dash_writes_it() -> None:
    said = as_json([PART, "文字"])
    assert said[0]["props"]["children"][1]["props"]["children"][3]["type"] == "B"
    assert written(said) == written([PART, "文字"])


def test_a_component_in_a_dictionary_is_left_to_dash() -> None:
    part = dcc.Store(id="kept", data={"in": html.B("一")})
    assert written(as_json(part)) == written(part)


@pytest.mark.parametrize(
    ("model", "whole"),
    [
        (html.Td(className="number"), html.Td("七", className="number")),
        (html.Td(), html.Td("七")),
    ],
)
def test_a_component_like_a_model_is_one_of_its_own(model: Component, whole: Component) -> None:
    before = written(model)
    made = alike(model, children="七")
    assert isinstance(made, html.Td)
    assert (written(made), written(model)) == (written(whole), before)
