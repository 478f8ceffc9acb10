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

    def presses(
        self, output: str, pressed: str, state: Wanted, *, clicks: int | None = 1, **options: Any
    ) -> TestResponse:
        """Post what a browser does when a button is pressed, with what the fields hold.

        Without clicks it is what a page asks when it is opened.
        """
        app = self.client.application.extensions["liangxin.test.app"]
        whole, found = next(
            (key, entry)
            for key, entry in app.callback_map.items()
            if output in {each.partition("@")[0] for each in _outputs(key)}
            and pressed in {f"{each['id']}.{each['property']}" for each in entry["inputs"]}
        )
        named = [
            dict(zip(("id", "property"), each.rsplit(".", 1), strict=True))
            for each in _outputs(whole)
        ]
        question = {
            "output": whole,
            "outputs": named if whole.startswith("..") else named[0],
            "inputs": [
                {**each, "value": clicks if f"{each['id']}.{each['property']}" == pressed else None}
                for each in found["inputs"]
            ],
            "changedPropIds": [pressed],
            "state": [{**each, "value": state.get(each["id"])} for each in found["state"]],
        }
        return self.client.post("/_dash-update-component", json=question, **options)

    def told(self, output: str, pressed: str, state: Wanted, **options: Any) -> str:
        """What the page says after a button was pressed."""
        response = self.presses(output, pressed, state, **options)
        assert response.status_code == 200, response.text
        return json.dumps(response.get_json(), ensure_ascii=False)


def _outputs(key: str) -> list[str]:
    """The outputs of a callback, as Dash spells them together."""
    return key.strip(".").split("...")


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
