"""The three administrators: each does a third, and nobody alone becomes somebody else."""

from collections.abc import Callable
from typing import Any

import pytest
from factories import NORTH, NOW, SOUTH
from sqlalchemy import Connection, Engine, select

from liangxin import accounts, administering, audit, db, passwords, signing_in
from liangxin.access import LOCAL, Actor, Role
from liangxin.errors import Misuse, NotFound, NotPermitted
from liangxin.schema import Account, AccountSession
from liangxin.signing_in import Refused, SignedIn

SYSTEM = Actor("sys", Role.SYSADMIN)
SECURITY = Actor("sec", Role.SECADMIN)
AUDITOR = Actor("aud", Role.AUDITOR)
OPERATOR = Actor("operator", Role.SYSADMIN)
GOOD = "砚池边上的三只灰鹭看潮水"
NOON = {"now": NOW}
TODAY = NOW.date()


@pytest.fixture(autouse=True)
def cheap_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    from argon2 import PasswordHasher

    quick = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
    monkeypatch.setattr(passwords, "_hasher", lambda: quick)
    monkeypatch.setattr(passwords, "_nobody", lambda: quick.hash("nobody"))


@pytest.fixture
def register(engine: Engine) -> Engine:
    """A register with the three administrators."""
    with db.writing(engine) as connection:
        for name, role in (("sys", "sysadmin"), ("sec", "secadmin"), ("aud", "auditor")):
            _made(connection, name, role)
    return engine


def _made(connection: Connection, name: str, role: str, *scope: str) -> None:
    link = accounts.add(connection, name, role, scope, by=OPERATOR, today=TODAY, now=NOW)
    accounts.set_password(connection, link, GOOD, now=NOW)


def _signs_in(connection: Connection, name: str) -> SignedIn | Refused:
    tried = signing_in.tried(name, "", GOOD, signing_in.kept_of(connection, name))
    return signing_in.sign_in(connection, tried, now=NOW)


def _actions(connection: Connection) -> list[str]:
    return [each.action for each in audit.listed(connection, AUDITOR)]


def test_an_account_lets_nobody_in_before_its_role_is_granted(register: Engine) -> None:
    with db.writing(register) as connection:
        secret = administering.ask_for(
            connection, SYSTEM, "zhang", "economic_office", [NORTH], today=TODAY, now=NOW
        )
        accounts.set_password(connection, secret, GOOD, now=NOW)
        refused = _signs_in(connection, "zhang")
        assert isinstance(refused, Refused)
        assert "尚未由安全管理员授予" in refused.zh
        assert administering.grant(connection, SECURITY, "zhang", "committee", [SOUTH], now=NOW)
        signed = _signs_in(connection, "zhang")
        assert isinstance(signed, SignedIn)
        row = accounts.require(connection, "zhang")
        assert (row.role, row.scope, row.granted_by) == ("committee", SOUTH, "sec")
        said = _actions(connection)
        assert {"account.requested", "account.granted", "account.changed"} <= set(said)
        assert audit.verify(connection).is_whole


def test_a_wrong_password_does_not_tell_that_a_role_waits(register: Engine) -> None:
    with db.writing(register) as connection:
        administering.ask_for(connection, SYSTEM, "zhang", "leader", [], today=TODAY, now=NOW)
        refused = _signs_in(connection, "zhang")
    assert isinstance(refused, Refused)
    assert "账户名或密码不对" in refused.zh


@pytest.mark.parametrize("act", ["link", "reset", "enable"])
def test_whatever_lets_somebody_in_anew_waits_for_the_role(register: Engine, act: str) -> None:
    with db.writing(register) as connection:
        _made(connection, "zhang", "committee", NORTH)
        account = Account.__table__.update().where(Account.name == "zhang")  # type: ignore[attr-defined]
        connection.execute(account.values(second_factor="sealed"))
        signed = _signs_in(connection, "zhang")
        assert isinstance(signed, SignedIn)
        if act == "link":
            administering.send_link(connection, SYSTEM, "zhang", now=NOW)
        elif act == "reset":
            administering.reset_second_factor(connection, SYSTEM, "zhang", now=NOW)
        else:
            administering.disable(connection, SYSTEM, "zhang", now=NOW)
            administering.enable(connection, SYSTEM, "zhang", today=TODAY, now=NOW)
        assert signing_in.session_of(connection, signed.token, now=NOW) is None
        assert administering.listed(connection, SECURITY)[0].name == "zhang"
        assert administering.is_waiting(administering.listed(connection, SECURITY)[0])


def test_whoever_sends_another_link_cannot_take_a_role_that_was_granted(register: Engine) -> None:
    with db.writing(register) as connection:
        accounts.add(connection, "li", "leader", [], by=OPERATOR, today=TODAY, now=NOW)
        secret = administering.send_link(connection, SYSTEM, "li", now=NOW)
        accounts.set_password(connection, secret, GOOD, now=NOW)
        refused = _signs_in(connection, "li")
        assert isinstance(refused, Refused)
        assert "尚未由安全管理员授予" in refused.zh
        assert administering.grant(connection, SECURITY, "li", "leader", [], now=NOW)
        assert isinstance(_signs_in(connection, "li"), SignedIn)


def test_a_granted_role_ends_the_sessions_of_the_old_one(register: Engine) -> None:
    with db.writing(register) as connection:
        _made(connection, "zhang", "economic_office", NORTH)
        signed = _signs_in(connection, "zhang")
        assert isinstance(signed, SignedIn)
        waited = administering.grant(
            connection, SECURITY, "zhang", "economic_office", [SOUTH], now=NOW
        )
        assert not waited
        assert signing_in.session_of(connection, signed.token, now=NOW) is None
        assert connection.execute(select(AccountSession.token)).first() is None


Acts = dict[str, Callable[[Connection, Actor, str], Any]]
ACTS: Acts = {
    "ask": lambda c, a, _: administering.ask_for(c, a, "new", "leader", [], today=TODAY, now=NOW),
    "link": lambda c, a, n: administering.send_link(c, a, n, now=NOW),
    "reset": lambda c, a, n: administering.reset_second_factor(c, a, n, now=NOW),
    "disable": lambda c, a, n: administering.disable(c, a, n, now=NOW),
    "enable": lambda c, a, n: administering.enable(c, a, n, today=TODAY, now=NOW),
    "grant": lambda c, a, n: administering.grant(c, a, n, "leader", [], now=NOW),
}
MAY = {**dict.fromkeys(("ask", "link", "reset", "disable", "enable"), SYSTEM), "grant": SECURITY}


@pytest.mark.parametrize("act", ACTS)
@pytest.mark.parametrize("role", Role)
def test_each_does_their_third_and_nothing_else(
    sqlite_engine: Engine, act: str, role: Role
) -> None:
    actor = Actor("someone", role)
    with db.writing(sqlite_engine) as connection:
        _made(connection, "zhang", "economic_office", NORTH)
        if role == MAY[act].role:
            return
        before = accounts.require(connection, "zhang")
        with pytest.raises(NotPermitted):
            ACTS[act](connection, actor, "zhang")
        assert accounts.require(connection, "zhang") == before


@pytest.mark.parametrize("act", ["link", "reset", "disable", "enable", "grant"])
def test_nobody_acts_on_their_own_account(register: Engine, act: str) -> None:
    actor = MAY[act]
    with db.writing(register) as connection, pytest.raises(NotPermitted, match="自己的账户"):
        ACTS[act](connection, actor, actor.name)


@pytest.mark.parametrize("act", ["link", "disable", "grant"])
@pytest.mark.parametrize("name", ["sys", "sec", "aud"])
def test_the_last_of_each_administrator_stays(register: Engine, act: str, name: str) -> None:
    """Another of the same role may go; only the last one may not."""
    actor = MAY[act]
    if actor.name == name:
        actor = Actor("other", actor.role)
    with db.writing(register) as connection:
        with pytest.raises(Misuse, match="最后一个"):
            ACTS[act](connection, actor, name)
        _made(connection, "second", str(accounts.require(connection, name).role))
        ACTS[act](connection, actor, name)


def test_a_role_that_stays_may_be_granted_again_to_the_last(register: Engine) -> None:
    with db.writing(register) as connection:
        administering.grant(connection, SECURITY, "aud", "auditor", [], now=NOW)


def test_what_makes_no_sense_is_refused(register: Engine) -> None:
    with db.writing(register) as connection:
        _made(connection, "zhang", "economic_office", NORTH)
        with pytest.raises(Misuse, match="没有停用"):
            administering.enable(connection, SYSTEM, "zhang", today=TODAY, now=NOW)
        with pytest.raises(Misuse, match="没有设置二次验证"):
            administering.reset_second_factor(connection, SYSTEM, "zhang", now=NOW)
        with pytest.raises(NotFound):
            administering.disable(connection, SYSTEM, "nobody", now=NOW)
        with pytest.raises(Misuse, match="没有角色"):
            administering.grant(connection, SECURITY, "zhang", "king", [], now=NOW)
        with pytest.raises(Misuse, match="范围"):
            administering.grant(connection, SECURITY, "zhang", "committee", ["12"], now=NOW)
        administering.disable(connection, SYSTEM, "zhang", now=NOW)
        with pytest.raises(Misuse, match="已停用"):
            administering.grant(connection, SECURITY, "zhang", "leader", [], now=NOW)


def test_the_two_who_need_the_list_see_it_and_nobody_else(register: Engine) -> None:
    with db.reading(register) as connection:
        for actor in (SYSTEM, SECURITY):
            assert {each.name for each in administering.listed(connection, actor)} == {
                *("sys", "sec", "aud")
            }
        for actor in (AUDITOR, LOCAL):
            with pytest.raises(NotPermitted):
                administering.listed(connection, actor)


def test_the_operator_at_the_machine_grants_at_once(register: Engine) -> None:
    with db.writing(register) as connection:
        administering.ask_for(connection, SYSTEM, "zhang", "leader", [], today=TODAY, now=NOW)
        accounts.change(connection, "zhang", "leader", [], by=OPERATOR, now=NOW)
        assert accounts.require(connection, "zhang").granted_by == "operator"
