"""Buttons pressed past the browser: what it would post to a callback, and whatever else somebody may."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import dash
from flask.testing import FlaskClient
from pages import text_of_json


@dataclass(frozen=True)
class Pressed:
    """The answer to a press: its status, and what it says, Chinese readable."""

    status: int
    said: str


def press(
    app: dash.Dash,
    client: FlaskClient,
    button: str,
    given: Mapping[str, Any],
    *,
    match: Mapping[str, Any] | None = None,
) -> Pressed:
    """Post what a browser would once somebody presses a button.

    Args:
        app: whose callback it is.
        client: who presses.
        button: its id, or its ``type`` where ``match`` is given.
        given: the values of the callback's states by id or type; those not named are null.
        match: the rest of the ids of a callback that stands there once a card.
    """
    output, entry = _callback(app, button)
    body = {
        "output": output,
        "outputs": _outputs(output, match),
        "inputs": [_dependency(each, {button: 1}, match) for each in entry["inputs"]],
        "state": [_dependency(each, given, match) for each in entry["state"]],
        "changedPropIds": [f"{_spelled(_id(entry['inputs'][0]['id'], match))}.n_clicks"],
    }
    response = client.post("/_dash-update-component", json=body)
    return Pressed(response.status_code, text_of_json(response))


def _callback(app: dash.Dash, button: str) -> tuple[str, Any]:
    for output, entry in app.callback_map.items():
        first = entry["inputs"][0] if entry["inputs"] else {"id": "", "property": ""}
        if first["property"] == "n_clicks" and _name(first["id"]) == button:
            return output, entry
    raise LookupError(button)


def _name(spelled: str) -> str:
    return str(json.loads(spelled)["type"]) if spelled.startswith("{") else spelled


def _id(spelled: str, match: Mapping[str, Any] | None) -> Any:
    if not spelled.startswith("{"):
        return spelled
    return {"type": json.loads(spelled)["type"], **(match or {})}


def _spelled(identity: Any) -> str:
    if isinstance(identity, str):
        return identity
    return json.dumps(identity, sort_keys=True, separators=(",", ":"))


def _dependency(
    told: Mapping[str, str], given: Mapping[str, Any], match: Mapping[str, Any] | None
) -> dict[str, Any]:
    identity = _id(told["id"], match)
    value = given.get(_name(told["id"]))
    if told["property"] == "id":
        value = identity
    return {"id": identity, "property": told["property"], "value": value}


def _outputs(output: str, match: Mapping[str, Any] | None) -> Any:
    parts = output.strip(".").split("...")
    told = []
    for part in parts:
        spelled, prop = part.rsplit(".", 1)
        told.append({"id": _id(spelled, match), "property": prop})
    return told if output.startswith("..") else told[0]
