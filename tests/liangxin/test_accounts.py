"""Accounts: links open once, passwords are good ones, failures lock, sessions end by themselves."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import pytest
from factories import NORTH, NOW, SOUTH
from sqlalchemy import Connection, Engine, select, update

from liangxin import accounts, audit, db, passwords, second_factor, signing_in
from liangxin.access import LOCAL, Actor, Permission, Role
from liangxin.errors import Misuse, NotFound
from liangxin.schema import Account, AccountSession, RecoveryCode, StrangerName
from liangxin.signing_in import Refused, SignedIn

Answer = TypeVar("Answer")
OPERATOR = Actor("operator", Role.SYSADMIN)
GOOD, OTHER = "砚池边上的三只灰鹭看潮水", "correct-hinge-violet-tray"


@dataclass(slots=True)
class Office:
    """A register with accounts, and a clock that a test moves."""

    engine: Engine
    now: datetime = field(default=NOW)

    def write(self, what: Callable[[Connection], Answer]) -> Answer:
        with db.writing(self.engine) as connection:
            return what(connection)

    def read(self, what: Callable[[Connection], Answer]) -> Answer:
        with db.reading(self.engine) as connection:
            return what(connection)

    def later(self, **time: float) -> None:
        self.now += timedelta(**time)

    def account(self, name: str = "zhang", role: str = "economic_office", *scope: str) -> str:
        """Make an account with a password, and return its name."""
        codes = scope or ((NORTH,) if role in {"economic_office", "committee"} else ())
        today = self.now.date()
        secret = self.write(
            lambda c: accounts.add(c, name, role, codes, by=OPERATOR, today=today, now=self.now)
        )
        return self.set_password(secret)

    def set_password(self, secret: str, password: str = GOOD) -> str:
        return self.write(lambda c: accounts.set_password(c, secret, password, now=self.now))

    def sign_in(self, name: str = "zhang", password: str = GOOD) -> SignedIn | Refused:
        kept = self.read(lambda c: signing_in.kept_of(c, name))
        tried = signing_in.tried(name, f"hash of {name}", password, kept)
        return self.write(lambda c: signing_in.sign_in(c, tried, now=self.now))

    def token(self, name: str = "zhang", password: str = GOOD) -> str:
        signed = self.sign_in(name, password)
        assert isinstance(signed, SignedIn)
        return signed.token

    def session(self, token: str) -> signing_in.Session | None:
        return self.read(lambda c: signing_in.session_of(c, token, now=self.now))

    def actions(self) -> list[str]:
        auditor = Actor("auditor", Role.AUDITOR)
        return [each.action for each in reversed(self.read(lambda c: audit.listed(c, auditor)))]


@pytest.fixture(autouse=True)
def cheap_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """The real Argon2id, at a cost that lets a test try ten passwords."""
    from argon2 import PasswordHasher

    quick = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
    monkeypatch.setattr(passwords, "_hasher", lambda: quick)
    monkeypatch.setattr(passwords, "_nobody", lambda: quick.hash("nobody"))


@pytest.fixture
def office(sqlite_engine: Engine) -> Office:
    return Office(sqlite_engine)


@pytest.fixture
def either(engine: Engine) -> Office:
    return Office(engine)


def test_whoever_opens_the_link_sets_the_password_and_signs_in(either: Office) -> None:
    office = either
    assert office.account() == "zhang"
    token = office.token()
    session = office.session(token)
    assert session is not None
    assert session.is_whole
    assert session.actor == Actor("zhang", Role.ECONOMIC_OFFICE, frozenset({NORTH}))
    assert office.read(lambda c: c.execute(select(AccountSession.token)).scalar()) != token
    assert office.actions() == [
        *("account.added", "account.link", "account.password", "sign_in.done"),
    ]
    assert office.read(audit.verify).is_whole


def test_a_link_opens_once_and_for_two_days(office: Office) -> None:
    office.account()
    secret = office.write(lambda c: accounts.link(c, "zhang", by=OPERATOR, now=office.now))
    newer = office.write(lambda c: accounts.link(c, "zhang", by=OPERATOR, now=office.now))
    with pytest.raises(NotFound, match="已用过或已过期"):
        office.set_password(secret, OTHER)
    with pytest.raises(Misuse, match="太容易"):
        office.set_password(newer, "aaaaaaaaaaaa")
    office.set_password(newer, OTHER)
    with pytest.raises(NotFound):
        office.set_password(newer, GOOD)
    late = office.write(lambda c: accounts.link(c, "zhang", by=OPERATOR, now=office.now))
    office.later(hours=48)
    with pytest.raises(NotFound):
        office.set_password(late)
    assert isinstance(office.sign_in(password=OTHER), SignedIn)


@pytest.mark.parametrize(
    "password",
    [
        *("short", "x" * 200, "password123", "qwertyuiop", "1234567890", "zhang-zhang1"),
        *("2026-11-23", "aaaaaaaaaaaaaaa", "liangxin2026"),
    ],
)
def test_a_password_that_would_be_guessed_is_refused(password: str) -> None:
    with pytest.raises(Misuse):
        passwords.require_good(password, ("zhang",))


@pytest.mark.parametrize("password", [GOOD, OTHER, "tram lantern osprey 71"])
def test_a_good_password_may_be_chosen(password: str) -> None:
    passwords.require_good(password, ("zhang", NORTH))


def test_five_failures_lock_longer_each_time_and_success_forgives(office: Office) -> None:
    office.account()
    for _ in range(4):
        assert "密码不对" in str(office.sign_in(password=OTHER).zh)
    assert "锁定" in office.sign_in(password=OTHER).zh
    assert "锁定" in office.sign_in().zh  # even with the right one
    office.later(seconds=61)
    assert "锁定" in office.sign_in(password=OTHER).zh
    office.later(seconds=61)
    assert isinstance(office.sign_in(), Refused)
    office.later(seconds=61)
    assert isinstance(office.sign_in(), SignedIn)
    assert isinstance(office.sign_in(password=OTHER), Refused)
    assert isinstance(office.sign_in(), SignedIn)
    assert office.actions().count("sign_in.locked") == 4


def test_nobody_learns_whether_an_account_is_there(office: Office) -> None:
    office.account()
    wrong, unknown = office.sign_in(password=OTHER), office.sign_in("nobody")
    assert isinstance(wrong, Refused)
    assert isinstance(unknown, Refused)
    assert (wrong.zh, wrong.en) == (unknown.zh, unknown.en)


def test_a_name_that_no_account_has_locks_just_as_one_that_is_there(office: Office) -> None:
    office.account()
    for _ in range(12):
        for seconds in (1, 61, 200):
            told = [office.sign_in(name, OTHER) for name in ("zhang", "no such name")]
            assert isinstance(told[0], Refused)
            assert isinstance(told[1], Refused)
            assert (told[0].zh, told[0].en) == (told[1].zh, told[1].en)
            office.later(seconds=seconds)
    assert "锁定" in told[1].zh
    actions = office.actions()[3:]
    assert actions[::2] == actions[1::2]


def test_a_name_that_no_account_has_is_kept_as_a_hash_and_not_for_ever(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(signing_in, "STRANGERS", 3)
    for n in range(5):
        office.sign_in(f"名字{n}")
        office.later(seconds=1)
    kept = office.read(lambda c: c.execute(select(StrangerName.__table__)).all())
    assert sorted(row.hash for row in kept) == [f"hash of 名字{n}" for n in (2, 3, 4)]


def test_a_thousand_failures_lock_for_four_hours_and_no_longer(office: Office) -> None:
    name = office.account()
    office.write(lambda c: c.execute(update(Account).values(failures=1_000)))
    assert isinstance(office.sign_in(name, OTHER), Refused)
    office.later(hours=4, seconds=1)
    assert isinstance(office.sign_in(name), SignedIn)


def test_a_session_ends_after_half_an_hour_idle_and_after_eight_hours(office: Office) -> None:
    office.account()
    token = office.token()
    for _ in range(16):
        office.later(minutes=29)
        assert office.session(token) is not None
        office.write(lambda c: signing_in.see(c, token, now=office.now))
    office.later(minutes=17)
    assert office.session(token) is None
    token = office.token()
    office.later(minutes=31)
    assert office.session(token) is None
    other = office.token()
    office.write(lambda c: signing_in.see(c, other, now=office.now))
    assert office.read(lambda c: len(c.execute(select(AccountSession.token)).all())) == 1


@pytest.mark.parametrize("what", ["disable", "change", "password", "sign_out"])
def test_a_change_of_the_account_ends_its_sessions(office: Office, what: str) -> None:
    office.account()
    token = office.token()
    changes: dict[str, Callable[[Connection], Any]] = {
        "disable": lambda c: accounts.disable(c, "zhang", by=OPERATOR, now=office.now),
        "change": lambda c: accounts.change(
            c, "zhang", "committee", [SOUTH], by=OPERATOR, now=office.now
        ),
        "password": lambda c: accounts.set_password(
            c, accounts.link(c, "zhang", by=OPERATOR, now=office.now), OTHER, now=office.now
        ),
        "sign_out": lambda c: signing_in.sign_out(c, token, now=office.now),
    }
    office.write(changes[what])
    assert office.session(token) is None


def test_a_disabled_account_is_refused_until_it_is_enabled_and_has_a_new_password(
    office: Office,
) -> None:
    office.account()
    office.write(lambda c: accounts.disable(c, "zhang", by=OPERATOR, now=office.now))
    assert isinstance(office.sign_in(), Refused)
    with pytest.raises(Misuse, match="已停用"):
        office.write(lambda c: accounts.link(c, "zhang", by=OPERATOR, now=office.now))
    secret = office.write(
        lambda c: accounts.enable(c, "zhang", by=OPERATOR, today=office.now.date(), now=office.now)
    )
    assert isinstance(office.sign_in(), Refused)
    office.set_password(secret, OTHER)
    assert isinstance(office.sign_in(password=OTHER), SignedIn)


def test_an_account_that_nobody_used_for_ninety_days_is_disabled(office: Office) -> None:
    office.account()
    office.later(days=90)
    assert isinstance(office.sign_in(), SignedIn)
    office.later(days=91)
    refused = office.sign_in()
    assert isinstance(refused, Refused)
    assert "90 天" in refused.zh
    [known] = office.read(accounts.listed)
    assert known.state == "disabled"


def test_accounts_long_unused_are_disabled_before_anybody_tries_them(office: Office) -> None:
    office.account()
    office.account("li", "committee")
    office.later(days=90)
    assert not office.read(lambda c: signing_in.is_any_unused(c, now=office.now))
    office.sign_in("li")
    office.later(days=1)
    assert office.read(lambda c: signing_in.is_any_unused(c, now=office.now))
    assert office.write(lambda c: signing_in.disable_unused(c, now=office.now)) == 1
    assert office.write(lambda c: signing_in.disable_unused(c, now=office.now)) == 0
    states = {each.name: each.state for each in office.read(accounts.listed)}
    assert states == {"zhang": "disabled", "li": "active"}
    assert office.actions().count("account.disabled") == 1


@pytest.mark.parametrize(
    ("role", "scope", "sentence"),
    [
        ("committee", (), "须给出"),
        ("leader", (NORTH,), "不限定街道"),
        ("committee", (f"{NORTH}001",), "9 位"),
        ("community", (NORTH,), "12 位"),
        ("committee", ("9999",), "9 位"),
        ("king", (), "没有角色"),
    ],
)
def test_a_scope_fits_its_role(
    office: Office, role: str, scope: tuple[str, ...], sentence: str
) -> None:
    with pytest.raises(Misuse, match=sentence):
        office.write(
            lambda c: accounts.add(c, "li", role, scope, by=OPERATOR, today=NOW.date(), now=NOW)
        )


@pytest.mark.parametrize("name", ["", "a", "two words", "x" * 61, "a/b", "zhang"])
def test_a_name_is_plain_and_nobody_elses(office: Office, name: str) -> None:
    office.account()
    with pytest.raises(Misuse):
        office.account(name)


def test_a_community_sees_its_sub_district_as_scope_and_its_community_within() -> None:
    actor = accounts.actor_of("wang", Role.COMMUNITY, [f"{NORTH}001"])
    assert actor.subdistricts == frozenset({NORTH})
    assert actor.communities == frozenset({f"{NORTH}001"})


def test_whoever_may_see_people_and_every_administrator_needs_a_second_factor() -> None:
    asked = {role for role in Role if accounts.needs_second_factor(role)}
    assert asked == {
        *(Role.COMMITTEE, Role.DISTRICT_OFFICE, Role.SYSADMIN, Role.SECADMIN, Role.AUDITOR),
    }


def a_second_factor(office: Office) -> tuple[bytes, list[str]]:
    """Give a committee's account a second factor; return its secret and the codes for paper."""
    office.account("li", "committee")
    token = office.token("li")
    session = office.session(token)
    assert session is not None
    assert not session.is_whole
    secret, step = b"12345678901234567890", int(office.now.timestamp() // second_factor.STEP)
    codes = office.write(
        lambda c: signing_in.keep_second_factor(c, token, "sealed", step, now=office.now)
    )
    whole = office.session(token)
    assert whole is not None
    assert whole.is_whole
    return secret, codes


def tried(office: Office, token: str, said: str, secret: bytes) -> bool:
    return office.write(
        lambda c: signing_in.give_second_factor(c, token, said, secret, now=office.now)
    )


def test_a_code_opens_once_and_a_code_on_paper_once(office: Office) -> None:
    secret, codes = a_second_factor(office)
    token = office.token("li")
    office.later(seconds=60)
    said = second_factor.code(secret, int(office.now.timestamp() // second_factor.STEP))
    assert not tried(office, token, "000000" if said != "000000" else "111111", secret)
    assert tried(office, token, f" {said[:3]} {said[3:]}", secret)
    again = office.token("li")
    assert not tried(office, again, said, secret)
    assert tried(office, again, codes[0].lower().replace("-", " "), secret)
    third = office.token("li")
    assert not tried(office, third, codes[0], secret)
    assert len(codes) == len(set(codes)) == 10
    left = office.read(lambda c: len(c.execute(select(RecoveryCode.hash)).all()))
    assert left == 9


def test_wrong_codes_lock_as_wrong_passwords_do(office: Office) -> None:
    secret, _ = a_second_factor(office)
    token = office.token("li")
    for _ in range(5):
        assert not tried(office, token, "nonsense", secret)
    with pytest.raises(Refused, match="锁定"):
        tried(office, token, "nonsense", secret)
    assert isinstance(office.sign_in("li"), Refused)


def test_a_right_password_does_not_forgive_wrong_codes(office: Office) -> None:
    secret, _ = a_second_factor(office)
    for _ in range(5):
        assert not tried(office, office.token("li"), "nonsense", secret)
    assert isinstance(office.sign_in("li"), Refused)
    office.later(seconds=61)
    token = office.token("li")
    said = second_factor.code(secret, int(office.now.timestamp() // second_factor.STEP))
    assert tried(office, token, said, secret)
    for _ in range(4):
        assert not tried(office, token, "nonsense", secret)
    assert isinstance(office.sign_in("li"), SignedIn)


@pytest.mark.parametrize(
    ("seconds", "code"),
    [(59, "287082"), (1_111_111_109, "081804"), (20_000_000_000, "353130")],
)
def test_codes_are_those_of_the_standard(seconds: int, code: str) -> None:
    secret = b"12345678901234567890"  # RFC 6238, appendix B
    assert second_factor.code(secret, seconds // second_factor.STEP) == code
    assert second_factor.matching_step(secret, code, seconds, None) == seconds // 30
    assert second_factor.matching_step(secret, code, seconds + 30, None) is not None
    assert second_factor.matching_step(secret, code, seconds + 90, None) is None


def test_nobody_needs_an_account_until_there_is_one(office: Office) -> None:
    assert not office.read(accounts.are_there)
    office.account()
    assert office.read(accounts.are_there)
    assert LOCAL.may(Permission.RATE_VIEW)


def test_no_password_is_kept_in_clear(office: Office) -> None:
    office.account()
    kept = office.read(lambda c: c.execute(select(Account.password)).scalar())
    assert kept is not None
    assert kept.startswith("$argon2id$")
    assert GOOD not in kept


def test_a_password_that_was_changed_meanwhile_is_not_taken(office: Office) -> None:
    office.account()
    kept = office.read(lambda c: signing_in.kept_of(c, "zhang"))
    tried = signing_in.tried("zhang", "", GOOD, kept)
    secret = office.write(lambda c: accounts.link(c, "zhang", by=OPERATOR, now=office.now))
    office.set_password(secret, OTHER)
    answer = office.write(lambda c: signing_in.sign_in(c, tried, now=office.now))
    assert isinstance(answer, Refused)


def test_what_was_typed_into_the_wrong_field_is_in_no_log(office: Office) -> None:
    office.account()
    typed = "my secret sentence"
    assert isinstance(office.sign_in(typed), Refused)
    auditor = Actor("auditor", Role.AUDITOR)
    [entry, *_] = office.read(lambda c: audit.listed(c, auditor))
    assert (entry.action, entry.by) == ("sign_in.failed", signing_in.NOBODY)
    assert typed not in repr(entry)


def test_an_account_is_unused_by_days_of_china(office: Office) -> None:
    office.now = datetime(2026, 11, 23, 17, 0, tzinfo=UTC)  # the 24th there
    office.account()
    office.sign_in()
    [known] = office.read(accounts.listed)
    assert known.seen_on.isoformat() == "2026-11-24"
