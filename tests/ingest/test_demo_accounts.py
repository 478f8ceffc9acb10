"""The demo's accounts: one of every role, whose printed password and codes let somebody in."""

import base64

import pytest
from factories import NORTH, NOW, insert_organisation
from sqlalchemy import Engine, select

from ingest.demo.accounts import NAMES, Made, make
from liangxin import accounts, audit, db, second_factor, signing_in, web_key
from liangxin.access import Actor, Role
from liangxin.errors import Misuse
from liangxin.schema import Account
from liangxin.settings import Settings
from liangxin.signing_in import SignedIn

OPERATOR = Actor("operator", Role.SYSADMIN)


@pytest.fixture
def made(sqlite_settings: Settings, sqlite_engine: Engine) -> list[Made]:
    with db.writing(sqlite_engine) as connection:
        insert_organisation(connection, 1, community_code=f"{NORTH}001")
        return make(connection, sqlite_settings, by=OPERATOR, now=NOW)


def test_every_role_has_an_account_and_no_two_a_password(made: list[Made]) -> None:
    assert {each.role for each in made} == {str(role) for role in Role} == {*map(str, NAMES)}
    assert len({each.password for each in made}) == len(made)
    scopes = {each.role: each.scope for each in made}
    assert scopes["committee"] == (NORTH,)
    assert scopes["community"] == (f"{NORTH}001",)
    assert scopes["leader"] == ()


def test_what_is_printed_lets_somebody_in(
    sqlite_settings: Settings, sqlite_engine: Engine, made: list[Made]
) -> None:
    key = web_key.load(sqlite_settings)
    for each in made:
        with db.writing(sqlite_engine) as connection:
            kept = signing_in.kept_of(connection, each.name)
            signed = signing_in.sign_in(
                connection, signing_in.tried(each.name, "", each.password, kept), now=NOW
            )
            assert isinstance(signed, SignedIn)
            assert signed.is_whole == (not each.secret)
            assert bool(each.secret) == accounts.needs_second_factor(Role(each.role))
            if not each.secret:
                continue
            sealed = connection.execute(
                select(Account.second_factor).where(Account.name == each.name)
            ).scalar_one()
            secret = base64.b32decode(each.secret)
            assert web_key.opened(key, sealed) == secret
            code = second_factor.code(secret, int(NOW.timestamp()) // second_factor.STEP)
            assert signing_in.give_second_factor(connection, signed.token, code, secret, now=NOW)
            paper = each.recovery_codes[0]
            for opens in (True, False):
                assert opens == signing_in.give_second_factor(
                    connection, signed.token, paper, secret, now=NOW
                )


def test_no_password_is_in_the_register_or_its_log(sqlite_engine: Engine, made: list[Made]) -> None:
    with db.reading(sqlite_engine) as connection:
        told = str(connection.execute(select(Account.__table__)).all())
        told += str(audit.listed(connection, Actor("a", Role.AUDITOR)))
    for each in made:
        assert each.password not in told
        assert not each.secret or each.secret not in told


def test_they_are_made_once(
    sqlite_settings: Settings, sqlite_engine: Engine, made: list[Made]
) -> None:
    assert made
    with db.writing(sqlite_engine) as connection, pytest.raises(Misuse, match="已存在"):
        make(connection, sqlite_settings, by=OPERATOR, now=NOW)
