"""The three administrators at the pages, and posting to callbacks as a browser does."""

import json
from dataclasses import dataclass
from typing import Any

from flask.testing import FlaskClient
from pages import clock, shown
from signed import let_in
from werkzeug.test import TestResponse

from dashboard.app import create_app
from dashboard.site import Site
from liangxin.access import Role

#: How a button, a field or a part of the page is spelled in a question: id or pattern, and property.
Wanted = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Desk:
    """A browser that is signed in, and the app it looks at."""

    site: Site
    client: FlaskClient

    def reads(self, path: str, search: str = "") -> str:
        """What a page says."""
        return shown(self.client, path, search)

    def presses(self, output: str, pressed: str, state: Wanted, **options: Any) -> TestResponse:
        """Post what a browser does when a button is pressed, with what the fields hold."""
        app = self.client.application.extensions["liangxin.test.app"]
        whole, found = next(
            (key, entry)
            for key, entry in app.callback_map.items()
            if key.partition("@")[0] == output
            and pressed in {f"{each['id']}.{each['property']}" for each in entry["inputs"]}
        )
        node, _, prop = whole.rpartition(".")
        question = {
            "output": whole,
            "outputs": {"id": node, "property": prop},
            "inputs": [
                {**each, "value": 1 if f"{each['id']}.{each['property']}" == pressed else None}
                for each in found["inputs"]
            ],
            "changedPropIds": [pressed],
            "state": [{**each, "value": state.get(each["id"])} for each in found["state"]],
        }
        return self.client.post("/_dash-update-component", json=question, **options)

    def told(self, output: str, pressed: str, state: Wanted) -> str:
        """What the page says after a button was pressed."""
        response = self.presses(output, pressed, state)
        assert response.status_code == 200, response.text
        return json.dumps(response.get_json(), ensure_ascii=False)


def a_client(site: Site) -> FlaskClient:
    """A browser of nobody."""
    app = create_app(site.settings, site.engine, clock=clock)
    app.server.extensions["liangxin.test.app"] = app
    return app.server.test_client()


def a_desk(site: Site, role: Role, *scope: str, name: str = "") -> Desk:
    """A browser that is signed in as a new account."""
    client = a_client(site)
    let_in(client, site, role, *scope, name=name)
    return Desk(site, client)
