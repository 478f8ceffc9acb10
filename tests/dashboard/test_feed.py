"""The feed: who may read it, that it loses and repeats nothing, and that it is as it is described."""

import hashlib
import json
import random
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from threading import Thread
from typing import Any

import pytest
from factories import (
    NOW,
    TODAY,
    a_uscc,
    insert_covering,
    insert_field_change,
    insert_headcount,
    insert_organisation,
    insert_party_organisation,
    insert_run,
    insert_screening,
)
from flask.testing import FlaskClient
from jsonschema import Draft202012Validator, FormatChecker
from openapi_spec_validator import OpenAPIV31SpecValidator
from pages import clock
from sqlalchemy import Connection, Engine, delete, insert, select, update
from typer.testing import CliRunner

from dashboard import cli
from dashboard.app import create_app
from liangxin import audit, changes, db, tokens
from liangxin.access import Actor, Role
from liangxin.errors import Gone, Misuse
from liangxin.facts import MEMBER_COUNTS
from liangxin.schema import FeedToken, FieldChange, Headcount, Organisation, Run, Screening
from liangxin.settings import Settings

PATH = "/api/v1/changes"


@pytest.fixture
def token(engine: Engine) -> str:
    with db.writing(engine) as connection:
        return tokens.add(connection, "统计程序", now=NOW)


@pytest.fixture
def quick_client(sqlite_settings: Settings, sqlite_engine: Engine) -> Iterator[FlaskClient]:
    """For what is answered before the register is asked anything that databases differ in."""
    app = create_app(sqlite_settings, sqlite_engine, clock=clock)
    with app.server.test_client() as client:
        yield client


@pytest.fixture
def quick_token(sqlite_engine: Engine) -> str:
    with db.writing(sqlite_engine) as connection:
        return tokens.add(connection, "统计程序", now=NOW)


@pytest.fixture
def client(settings: Settings, engine: Engine) -> Iterator[FlaskClient]:
    with create_app(settings, engine, clock=clock).server.test_client() as client:
        yield client


@pytest.fixture
def schemas(client: FlaskClient) -> dict[str, Any]:
    return client.get("/api/v1/openapi.json").get_json()


def ask(client: FlaskClient, token: str, **question: object) -> Any:
    return client.get(PATH, query_string=question, headers={"Authorization": f"Bearer {token}"})


def read_all(client: FlaskClient, token: str, *, after: str = "", limit: int = 3) -> Any:
    """All items behind a cursor, and the cursor behind them."""
    items: list[Any] = []
    while True:
        page = ask(client, token, limit=limit, **({"after": after} if after else {})).get_json()
        items += page["items"]
        after = page["next"]
        if not page["more"]:
            return items, after


def fill(connection: Connection) -> None:
    """Something of every kind, and some that must not be told."""
    for n in (1, 2, 3):
        insert_organisation(connection, n)
    insert_organisation(connection, 4, uscc=a_uscc(4, prefix="92"), name="示例人名小吃店")
    insert_field_change(connection, 1, "address", ("甲路1号", "乙路2号"), from_on=TODAY)
    insert_field_change(connection, 4, "name", ("示例人名", "示例人名小吃店"), from_on=TODAY)
    insert_screening(connection, 1, evidence="示例人名，电话13900000000", decided_by="示例人名")
    branch = insert_party_organisation(connection)
    insert_party_organisation(connection, name="示例第二党支部", parent_id=branch)
    insert_covering(connection, 1, branch)
    gone = insert_screening(connection, 2)
    connection.execute(update(Screening).where(Screening.id == gone).values(corrected_at=NOW))
    for n, members in ((1, 1), (2, 2), (3, 7)):
        connection.execute(
            insert(Headcount).values(
                organisation_id=n,
                source="ledger",
                counted_on=TODAY,
                staff=20,
                members=members,
                full_members=members - 1,
                probationary_members=1,
                learned_at=NOW,
            )
        )


# Who may read it.


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "Bearer",
        "Bearer ",
        "Basic abc",
        "Bearer lxf_wrong",
        "Bearer " + "x" * 9_000,
        "Bearer \xff",
    ],
)
def test_without_a_right_token_nothing_is_told(
    quick_client: FlaskClient, quick_token: str, header: str | None
) -> None:
    answer = quick_client.get(PATH, headers={} if header is None else {"Authorization": header})
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert set(answer.get_json()) == {"error", "error_en"}


def test_a_revoked_token_opens_nothing(client: FlaskClient, token: str, engine: Engine) -> None:
    assert ask(client, token).status_code == 200
    with db.writing(engine) as connection:
        tokens.revoke(connection, "统计程序", now=NOW)
    assert ask(client, token).status_code == 401


def test_the_log_holds_that_a_key_was_used_once_a_day(
    client: FlaskClient, token: str, engine: Engine
) -> None:
    for _ in range(3):
        assert ask(client, token).status_code == 200
    ask(client, "lxf_made-up")
    with db.reading(engine) as connection:
        entries = audit.listed(connection, Actor("auditor", Role.AUDITOR))
    told = [(each.action, each.by, each.role, each.about) for each in reversed(entries)]
    assert told == [
        ("key.made", "local", "district_office", "统计程序"),
        ("key.used", "统计程序", "program", ""),
    ]
    assert token not in str(told)


def test_a_token_is_kept_as_a_hash_alone(engine: Engine, token: str) -> None:
    with db.reading(engine) as connection:
        [row] = connection.execute(select(FeedToken.__table__)).mappings()
    assert row["sha256"] == hashlib.sha256(token.encode()).hexdigest()
    assert token not in str(dict(row))


def test_one_name_holds_one_token(engine: Engine, token: str) -> None:
    with db.writing(engine) as connection, pytest.raises(Misuse, match="holds a token already"):
        tokens.add(connection, "统计程序", now=NOW)


def test_tokens_are_made_listed_and_revoked_at_the_command(
    sqlite_settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LIANGXIN_HOME", str(sqlite_settings.home))
    run = CliRunner().invoke
    made = json.loads(run(cli.app, ["feed", "token", "add", "portal", "--json"]).stdout)
    assert made["token"].startswith("lxf_")
    [listed] = json.loads(run(cli.app, ["feed", "token", "list", "--json"]).stdout)
    assert (listed["name"], listed["revoked_at"]) == ("portal", None)
    assert made["token"] not in str(listed)
    assert run(cli.app, ["feed", "token", "revoke", "portal"]).exit_code == 0
    again = run(cli.app, ["feed", "token", "revoke", "portal"])
    assert again.exit_code == 2
    assert "nobody called" in again.stderr


@pytest.mark.parametrize("method", ["post", "put", "delete", "patch"])
def test_nothing_can_be_written_through_it(
    quick_client: FlaskClient, quick_token: str, method: str
) -> None:
    answer = getattr(quick_client, method)(PATH, headers={"Authorization": f"Bearer {quick_token}"})
    assert answer.status_code == 405


# What is asked.


@pytest.mark.parametrize(
    "question",
    [
        {"limit": "0"},
        {"limit": "1001"},
        {"limit": "-1"},
        {"limit": "二"},
        {"limit": "1e3"},
        {"limit": "9" * 30},
        {"after": "c1.0"},
        {"after": "nonsense"},
        {"after": "c1." + ".".join(["f" * 400] * 28)},
        {"after": "c1." + ".".join(["-1"] * 28)},
        {"since": "2022-01-01"},
    ],
)
def test_a_question_that_makes_no_sense_is_explained(
    quick_client: FlaskClient, quick_token: str, question: dict[str, str]
) -> None:
    answer = ask(quick_client, quick_token, **question)
    assert answer.status_code == 400
    assert all(answer.get_json()[key] for key in ("error", "error_en"))


def test_an_empty_register_has_nothing_to_tell(client: FlaskClient, token: str) -> None:
    page = ask(client, token).get_json()
    assert (page["items"], page["more"]) == ([], False)
    again = ask(client, token, after=page["next"]).get_json()
    assert again == page


# What is told.


def test_every_answer_is_as_described(
    client: FlaskClient, token: str, engine: Engine, schemas: dict[str, Any]
) -> None:
    OpenAPIV31SpecValidator(schemas).validate()
    with db.writing(engine) as connection:
        fill(connection)
    page = ask(client, token).get_json()
    kinds = {item["kind"] for item in page["items"]}
    assert kinds == {
        *("organisation", "field_change", "screening"),
        *("party_organisation", "covering", "headcount"),
    }
    check(page, "Page", schemas)
    check(ask(client, token, limit="0").get_json(), "Problem", schemas)
    check(client.get(PATH).get_json(), "Problem", schemas)


def check(told: Any, name: str, schemas: dict[str, Any]) -> None:
    schema = {"$ref": f"#/components/schemas/{name}", "components": schemas["components"]}
    Draft202012Validator(schema, format_checker=FormatChecker()).validate(told)


def test_every_parameter_and_status_is_described(schemas: dict[str, Any]) -> None:
    from dashboard import feed

    described = schemas["paths"][PATH]["get"]
    assert {each["name"] for each in described["parameters"]} == feed.PARAMETERS
    limit = described["parameters"][1]["schema"]
    assert (limit["maximum"], limit["default"]) == (changes.MOST, changes.USUAL)
    possible = {str(status) for status in feed.STATUS.values()} - {"404"}
    assert set(described["responses"]) == {"200", "401", *possible}


def test_no_person_is_told(client: FlaskClient, token: str, engine: Engine) -> None:
    with db.writing(engine) as connection:
        fill(connection)
    answer = ask(client, token)
    text = answer.get_data(as_text=True)
    assert "示例人名" not in text
    assert "13900000000" not in text
    counts = [item for item in answer.get_json()["items"] if item["kind"] == "headcount"]
    assert [item["members"] for item in counts] == [None, None, 7]
    assert not any(item[name] in {1, 2} for item in counts for name in MEMBER_COUNTS)
    # With the one the other could be worked out.
    assert [item["full_members"] for item in counts] == [None, None, None]


def test_what_people_declared_of_themselves_is_not_told(
    client: FlaskClient, token: str, engine: Engine
) -> None:
    with db.writing(engine) as connection:
        fill(connection)
        insert_headcount(connection, 1, source="declared", counted_on=TODAY, members=10)
    counts = [
        item for item in ask(client, token).get_json()["items"] if item["kind"] == "headcount"
    ]
    assert [item["members"] for item in counts] == [None, None, 7]


def test_pages_of_any_size_tell_the_same(client: FlaskClient, token: str, engine: Engine) -> None:
    with db.writing(engine) as connection:
        fill(connection)
    whole, end = read_all(client, token, limit=1_000)
    for limit in (1, 2, 5):
        assert read_all(client, token, limit=limit) == (whole, end)
    assert read_all(client, token, after=end) == ([], end)


def test_a_fact_taken_back_later_is_told_once(
    client: FlaskClient, token: str, engine: Engine
) -> None:
    with db.writing(engine) as connection:
        insert_organisation(connection, 1)
        number = insert_screening(connection, 1)
    _, end = read_all(client, token)
    with db.writing(engine) as connection:
        taken_back = update(Screening).where(Screening.id == number)
        connection.execute(taken_back.values(corrected_at=NOW))
    [item], end = read_all(client, token, after=end)
    assert (item["kind"], item["uscc"], item["retracted"]) == ("screening", a_uscc(1), True)
    assert read_all(client, token, after=end) == ([], end)


def test_a_fact_taken_back_by_a_clock_set_back_is_not_lost(
    client: FlaskClient, token: str, engine: Engine
) -> None:
    with db.writing(engine) as connection:
        insert_organisation(connection, 1)
        insert_organisation(connection, 2)
        first, second = insert_screening(connection, 1), insert_screening(connection, 2)
        close = update(Screening).where(Screening.id == first)
        connection.execute(close.values(corrected_at=NOW))
    _, end = read_all(client, token)
    with db.writing(engine) as connection:
        earlier = NOW - timedelta(hours=1)
        close = update(Screening).where(Screening.id == second)
        connection.execute(close.values(corrected_at=earlier))
    assert ask(client, token, after=end).status_code == 410


def test_after_an_undo_the_reader_is_told_to_begin_anew(
    client: FlaskClient, token: str, engine: Engine
) -> None:
    """Numbers may be given twice once their rows are gone; nothing must hide behind them."""
    with db.writing(engine) as connection:
        insert_organisation(connection, 1)
        insert_organisation(connection, 2, run_id=insert_run(connection))
    _, end = read_all(client, token)
    with db.writing(engine) as connection:
        connection.execute(delete(Organisation).where(Organisation.id == 2))
    gone = ask(client, token, after=end)
    assert gone.status_code == 410
    assert "from the beginning" in gone.get_json()["error_en"]
    with db.writing(engine) as connection:
        insert_organisation(connection, 2, name="别的有限公司", run_id=insert_run(connection))
    assert ask(client, token, after=end).status_code == 410
    items, _ = read_all(client, token)
    assert [item["values"]["name"] for item in items][1] == "别的有限公司"


def test_while_runs_commit_nothing_is_lost_or_told_twice(
    client: FlaskClient, token: str, engine: Engine
) -> None:
    """Two writers roll back now and then; a reader pages along and comes out with all of it, once."""
    firms = 40

    def found(n: int, *, fail: bool) -> None:
        with db.writing(engine) as connection:
            number = insert_organisation(connection, uscc=a_uscc(n), run_id=insert_run(connection))
            insert_field_change(connection, number, "address", ("甲", str(n)), from_on=TODAY)
            branch = insert_party_organisation(connection, name=str(n))
            insert_covering(connection, number, branch)
            if fail:
                raise KeyError

    def write(first: int) -> None:
        dice = random.Random(first)  # noqa: S311 - no secret
        for n in range(first, firms + 1, 2):
            with suppress(KeyError):
                found(n, fail=True) if dice.random() < 0.3 else found(n, fail=False)
                continue
            found(n, fail=False)

    writers = [Thread(target=write, args=(first,)) for first in (1, 2)]
    for writer in writers:
        writer.start()
    items: list[Any] = []
    after = ""
    while True:
        running = any(writer.is_alive() for writer in writers)
        more, after = read_all(client, token, after=after, limit=7)
        items += more
        if not running:
            break
    for writer in writers:
        writer.join()
    told = [
        (item["kind"], item.get("uscc"), item.get("new_value"), item.get("name")) for item in items
    ]
    assert len(told) == len(set(told))
    with db.reading(engine) as connection:
        numbers = set(connection.execute(select(FieldChange.id)).scalars())
        known = set(connection.execute(select(Organisation.uscc)).scalars())
    assert len(numbers) == firms
    for kind in ("organisation", "field_change", "covering"):
        assert {item["uscc"] for item in items if item["kind"] == kind} == known


def test_a_cursor_is_one_word_that_can_be_kept(engine: Engine) -> None:
    with db.writing(engine) as connection:
        fill(connection)
        page = changes.page(connection, after="", limit=1_000)
        assert page.next.isascii()
        assert len(page.next) < 400
        connection.execute(delete(FieldChange))
        with pytest.raises(Gone):
            changes.page(connection, after=page.next, limit=1)
        assert connection.execute(select(Run.id)).first()
