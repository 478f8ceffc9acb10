"""What tests of the members' pages share: a sub-district whose people declared, and posts to its pages.

Everything is written through the domain with the keys of the installation, so that the pages open
what a person declared. ``a_register_with_people`` is also the beginning of longer stories.
"""

import json
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from declarations import ALL, said
from factories import (
    LONG_AGO,
    NORTH,
    SOUTH,
    TODAY,
    a_uscc,
    an_operating,
    insert_covering,
    insert_division,
    insert_party_organisation,
    insert_run,
    insert_term,
)
from flask.testing import FlaskClient
from people import a_name, a_person
from sqlalchemy import Connection, select

from dashboard.site import Site
from liangxin import access, candidates, committee, db, declaring, links, privacy, tokens
from liangxin.access import Role
from liangxin.membership import Basis
from liangxin.privacy import Keys
from liangxin.schema import Membership, Organisation

NORTHERN = access.local_committee(NORTH)
#: The firm in the north where people declare, one of the south, and one in the north without any.
FIRM, SOUTHERN_FIRM, EMPTY_FIRM = a_uscc(1), a_uscc(2), a_uscc(3)
ON = TODAY.isoformat()
LOOK, COUNT = "members-names.children", "members-standing.children"
REQUESTS = "..members-requests-said.children...members-requests.children.."
STEP = (
    '..{"n":["MATCH"],"type":"members-said"}.children...'
    '{"n":["MATCH"],"type":"members-steps"}.children..'
)


@dataclass
class People:
    """A register with people at two firms, and the keys that open their names."""

    site: Site
    keys: Keys

    def write(self, what: Any) -> Any:
        with db.writing(self.site.engine) as connection:
            return what(connection)

    def read(self, what: Any) -> Any:
        with db.reading(self.site.engine) as connection:
            return what(connection)

    def declares(self, n: int, code: str = FIRM, on: date = TODAY, **other: Any) -> int:
        """The n-th person declares at a firm; returns the membership's number."""
        now, whole = (
            self.site.clock(),
            said(n, **{"consents": ALL, "hired_on": on - timedelta(days=5), **other}),
        )

        def write(connection: Connection) -> int:
            token = links.make(connection, access.local_committee(), code, today=on, now=now)
            form = links.new_form(self.keys, token, now=now)
            own = declaring.declare(connection, self.keys, token, form, whole, today=on, now=now)
            mine = select(Membership.id).where(Membership.code_hash == tokens.hash_of(own))
            return int(connection.execute(mine).scalar_one())

        return int(self.write(write))

    def confirms(self, n: int, code: str = FIRM, on: date = TODAY, **other: Any) -> int:
        """The n-th person declares and is confirmed; returns the membership's number."""
        number = self.declares(n, code, on, **other)
        self.write(
            lambda connection: committee.confirm(
                connection,
                access.local_committee(),
                self.site.rules,
                number,
                on=on,
                now=self.site.clock(),
            )
        )
        return number

    def is_named(self, n: int, code: str = FIRM, on: date = TODAY) -> int:
        """A firm's staff list names the n-th person; returns the candidate's number."""

        def write(connection: Connection) -> int:
            firm = connection.execute(
                select(Organisation.id).where(Organisation.uscc == code)
            ).scalar_one()
            candidates.add_candidates(
                connection,
                self.keys,
                firm,
                [a_person(n)],
                Basis.ROSTER,
                by="office",
                today=on,
                now=self.site.clock(),
            )
            newest = select(Membership.id).order_by(Membership.id.desc()).limit(1)
            return int(connection.execute(newest).scalar_one())

        return int(self.write(write))


def a_register_with_people(site: Site) -> People:
    """Return a register of two sub-districts whose firms operate, with keys, and nobody in it yet."""
    keys = privacy.new_keys()
    privacy.write(keys, privacy.keys_file(site.settings))

    def begin(connection: Connection) -> None:
        insert_run(connection, as_of=TODAY)
        insert_division(connection, NORTH[:6], "示例区", level="district", parent_code=NORTH[:4])
        insert_division(connection, NORTH, "示例北街道")
        insert_division(connection, SOUTH, "示例南镇")
        an_operating(connection, n=1)
        an_operating(connection, n=2, subdistrict_code=SOUTH)
        an_operating(connection, n=3)

    people = People(site, keys)
    people.write(begin)
    return people


#: Who leads the joint branch of :func:`with_terms`.
LEADS = 9


def with_terms(people: People) -> None:
    """Let there be a branch whose term is over, one whose term ends soon, and one of the south."""

    def write(connection: Connection) -> None:
        for n, name, code, due in (
            (1, "示例第一党支部", NORTH, date(2026, 10, 1)),
            (3, "示例第三联合党支部", NORTH, date(2027, 3, 1)),
            (2, "示例南镇党支部", SOUTH, date(2029, 1, 1)),
        ):
            level = "joint_branch" if "联合" in name else "branch"
            party = insert_party_organisation(
                connection, name=name, level=level, subdistrict_code=code, from_on=LONG_AGO
            )
            mode = "joint" if "联合" in name else "alone"
            insert_covering(connection, n, party, mode=mode, from_on=LONG_AGO)
            leads = a_name(LEADS) if "联合" in name else None
            insert_term(connection, party, level=level, secretary=leads, due_on=due)

    people.write(write)


def named_in(answer: Any, most: int = 12) -> set[int]:
    """Which of the first people are named in an answer."""
    told = answer if isinstance(answer, str) else answer.get_data(as_text=True)
    people = {n: a_name(n) for n in range(1, most)}
    return {n for n, name in people.items() if name in told or json.dumps(name)[1:-1] in told}


# Posts, as a browser would send them.


def _part(node: Any, prop: str, value: Any = None) -> dict[str, Any]:
    return {"id": node, "property": prop, "value": value}


def look(client: FlaskClient, code: Any = FIRM, purpose: Any = "confirm", pressed: Any = 1) -> Any:
    """Ask for the names of a firm."""
    return client.post(
        "/_dash-update-component",
        json={
            "output": LOOK,
            "outputs": {"id": "members-names", "property": "children"},
            "inputs": [_part("members-open", "n_clicks", pressed)],
            "changedPropIds": ["members-open.n_clicks"],
            "state": [
                _part("members-of", "data", code),
                _part("members-purpose", "value", purpose),
            ],
        },
    )


def step(client: FlaskClient, number: Any, name: Any, on: Any = ON) -> Any:
    """Press the button of a step."""
    button = {"n": number, "step": name, "type": "members-step"}
    written = json.dumps(button, separators=(",", ":"))
    return client.post(
        "/_dash-update-component",
        json={
            "output": STEP,
            "outputs": [
                {"id": {"n": number, "type": kind}, "property": "children"}
                for kind in ("members-said", "members-steps")
            ],
            "inputs": [[_part(button, "n_clicks", 1)]],
            "changedPropIds": [f"{written}.n_clicks"],
            "state": [_part("members-on", "value", on)],
        },
    )


def count(client: FlaskClient, code: Any = FIRM) -> Any:
    """Ask for the numbers of a firm, as the page does after a step."""
    said = {"n": 1, "type": "members-said"}
    return client.post(
        "/_dash-update-component",
        json={
            "output": COUNT,
            "outputs": {"id": "members-standing", "property": "children"},
            "inputs": [[_part(said, "children", ["x"])]],
            "changedPropIds": ['{"n":1,"type":"members-said"}.children'],
            "state": [_part("members-of", "data", code)],
        },
    )


def request(
    client: FlaskClient,
    kind: Any = "see",
    uscc: Any = FIRM,
    *,
    closing: Any = None,
    outcome: Any = "done",
    reason: Any = "",
) -> Any:
    """Note a request of a person, or close the one of a number."""
    button = {"n": closing, "outcome": outcome, "type": "members-request"}
    pressed = (
        "members-request-add.n_clicks"
        if closing is None
        else f"{json.dumps(button, separators=(',', ':'))}.n_clicks"
    )
    entry = {"n": closing, "type": "members-reason"}
    return client.post(
        "/_dash-update-component",
        json={
            "output": REQUESTS,
            "outputs": [
                {"id": name, "property": "children"}
                for name in ("members-requests-said", "members-requests")
            ],
            "inputs": [
                _part("members-request-add", "n_clicks", 1 if closing is None else None),
                [] if closing is None else [_part(button, "n_clicks", 1)],
            ],
            "changedPropIds": [pressed],
            "state": [
                _part("members-request-kind", "value", kind),
                _part("members-request-uscc", "value", uscc),
                [] if closing is None else [_part(entry, "value", reason)],
                [] if closing is None else [_part(entry, "id", entry)],
            ],
        },
    )


def told(answer: Any) -> str:
    """All that an answer says, readable."""
    return json.dumps(answer.get_json(), ensure_ascii=False)


#: Roles that must never learn anything of a member.
NEVER = tuple(role for role in Role if role not in {Role.COMMITTEE, Role.DISTRICT_OFFICE})
