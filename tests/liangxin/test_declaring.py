"""A person declares, sees, corrects, declines and withdraws; strangers learn nothing."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from declarations import DAY, KEYS, RULES, Desk, said
from factories import NOW, a_uscc
from loads import rows
from people import a_name, a_number
from sqlalchemy import Engine, update

from liangxin import (
    access,
    candidates,
    committee,
    declaring,
    forgetting,
    links,
    membership,
    notice,
    privacy,
)
from liangxin.access import Actor, Role
from liangxin.errors import (
    Busy,
    Gone,
    KeyWrong,
    LiangxinError,
    Misuse,
    NotFound,
    NotPermitted,
)
from liangxin.members import Person
from liangxin.membership import Basis, Counts, Status
from liangxin.schema import (
    Consent,
    DeclarationLink,
    DoNotAsk,
    Hire,
    KeptDocument,
    Membership,
    MembershipStep,
    PersonAccess,
    UsedForm,
)

LATER = DAY + timedelta(days=20)


@pytest.fixture
def desk(engine: Engine) -> Desk:
    return Desk(engine)


def test_whoever_declares_is_sealed_waits_and_counts_as_nobody(desk: Desk) -> None:
    code = desk.declares(1)
    [row] = rows(desk.engine, Membership)
    assert (row["state"], row["status"], row["relation_said"]) == ("declared", "full", "former")
    assert row["expires_on"] == DAY + timedelta(days=60)
    assert a_number(1) not in str(row)
    assert a_name(1) not in str(row)
    assert code not in str(row)
    assert row["receipt"] == code[:4]
    assert desk.counts() == Counts()
    assert sorted(each["purpose"] for each in rows(desk.engine, Consent)) == [
        "declare",
        "pass_on",
        "transfer",
    ]


def test_the_code_opens_all_that_is_kept_and_who_looked(desk: Desk) -> None:
    code = desk.declares(1)
    desk.look("confirm")
    mine = desk.mine(code)
    assert (mine.name, mine.state, mine.status) == (a_name(1), "declared", "full")
    assert mine.organisation == "示例第1号有限公司"
    assert [step[1] for step in mine.steps] == ["declared"]
    assert {purpose for purpose, _ in mine.consents} == {"declare", "pass_on", "transfer"}
    looks = [(role, what, purpose) for _, role, what, purpose in mine.accesses]
    assert ("committee", "viewed", "confirm") in looks
    assert ("person", "seen", "self") in looks


@pytest.mark.parametrize("typed", ["{}", " {} ", "{lower}", "{plain}"])
def test_a_code_opens_however_it_is_typed(desk: Desk, typed: str) -> None:
    code = desk.declares(1)
    given = typed.format(code, lower=code.lower(), plain=code.replace("-", " "))
    assert desk.mine(given).state == "declared"


@pytest.mark.parametrize("code", ["", "2345", "2345-2345-2345-2345-2345", "' OR 1=1 --", "𠮷" * 90])
def test_a_code_that_opens_nothing_is_not_found(desk: Desk, code: str) -> None:
    desk.declares(1)
    with pytest.raises(NotFound):
        desk.mine(code)


def test_a_second_declaration_is_answered_as_the_first(desk: Desk) -> None:
    first = desk.confirms(1)
    second = desk.declares(1)
    stranger = desk.declares(2)
    assert {desk.mine(code).state for code in (second, stranger)} == {"declared"}
    seen, other = desk.mine(second), desk.mine(stranger)
    assert replace(seen, name="") == replace(other, name="")
    assert desk.mine(first).state == "confirmed"
    assert desk.counts() == Counts(full=1)


def test_a_lost_code_is_replaced_when_the_committee_confirms_the_new_declaration(
    desk: Desk,
) -> None:
    lost = desk.confirms(1)
    found = desk.confirms(1)
    assert desk.mine(found).state == "confirmed"
    with pytest.raises(NotFound):
        desk.mine(lost)
    assert desk.counts() == Counts(full=1)
    assert len(rows(desk.engine, Membership)) == 1


def test_a_form_is_sent_once(desk: Desk) -> None:
    form = desk.form()

    def send(n: int) -> None:
        desk.write(
            lambda connection: declaring.declare(
                connection, KEYS, desk.token, form, said(n), today=DAY, now=NOW
            )
        )

    send(1)
    for n in (1, 2):
        with pytest.raises(Misuse, match="已经提交过"):
            send(n)
    assert len(rows(desk.engine, Membership)) == 1
    assert len(rows(desk.engine, UsedForm)) == 1


def altered(form: str) -> str:
    """A form of which one sign is another one."""
    return form[:-1] + ("1" if form.endswith("0") else "0")


@pytest.mark.parametrize(
    "form",
    [
        lambda _: "",
        lambda _: "a.b.c",
        lambda desk: altered(desk.form()),
        lambda _: links.new_form(KEYS, "another link", now=NOW),
        lambda desk: links.new_form(privacy.new_keys(), desk.token, now=NOW),
        lambda desk: desk.form(NOW - timedelta(minutes=61)),
    ],
)
def test_a_form_that_is_none_of_ours_or_old_records_nothing(desk: Desk, form: Any) -> None:
    given = form(desk)
    with pytest.raises(Misuse):
        desk.write(
            lambda connection: declaring.declare(
                connection, KEYS, desk.token, given, said(1), today=DAY, now=NOW
            )
        )
    assert rows(desk.engine, Membership) == []


def test_a_link_that_leads_nowhere_ran_out_or_was_replaced_says_which(desk: Desk) -> None:
    def follow(token: str, today: date) -> links.Place:
        return desk.read(lambda connection: links.place_of(connection, token, today=today))

    place = follow(desk.token, DAY)
    assert (place.uscc, place.name) == (desk.code, "示例第1号有限公司")
    with pytest.raises(NotFound):
        follow("nothing", DAY)
    with pytest.raises(Gone):
        follow(desk.token, DAY + timedelta(days=90))
    assert follow(desk.token, DAY + timedelta(days=89))
    desk.write(
        lambda connection: links.revoke(connection, desk.committee, desk.code, today=DAY, now=NOW)
    )
    with pytest.raises(Gone):
        follow(desk.token, DAY)
    [row] = rows(desk.engine, DeclarationLink)
    assert desk.token not in str(row)


def test_links_are_made_for_a_committees_own_organisations_only(desk: Desk) -> None:
    def make(actor: Actor, code: str = desk.code, days: int = 90) -> None:
        desk.write(
            lambda connection: links.make(connection, actor, code, days=days, today=DAY, now=NOW)
        )

    with pytest.raises(NotFound):
        make(access.local_committee("999999998"))
    with pytest.raises(NotFound):
        make(desk.committee, a_uscc(77))
    with pytest.raises(NotPermitted):
        make(Actor("office", Role.ECONOMIC_OFFICE))
    for days in (0, 367):
        with pytest.raises(Misuse):
            make(desk.committee, days=days)


@pytest.mark.parametrize(
    ("entry", "value", "word"),
    [
        ("name", " ", "姓名"),
        ("name", "张3", "姓名"),
        ("name", "长" * 61, "姓名"),
        ("number", "11010119000101001X", "证件号码"),
        ("number", "", "证件号码"),
        ("number", "9" * 5000, "证件号码"),
        ("number", "FRA170000000019", "外国人"),
        ("status", "03", "正式党员"),
        ("relation", "abroad", "组织关系"),
        ("hired_on", DAY + timedelta(days=1), "入职日期"),
        ("consents", frozenset({"declare"}), "同意"),
        ("consents", frozenset(), "同意"),
    ],
)
def test_an_entry_that_is_wrong_is_named_and_never_quoted(
    desk: Desk, entry: str, value: object, word: str
) -> None:
    with pytest.raises(LiangxinError) as told:
        desk.declares(1, **{entry: value})
    assert word in told.value.zh
    assert "同意" in told.value.zh or str(value).strip() == "" or str(value) not in str(told.value)
    for table in (Membership, Consent, UsedForm):
        assert rows(desk.engine, table) == []


def test_what_is_entered_is_not_in_what_is_printed_of_it() -> None:
    text = repr(said(1))
    assert a_name(1) not in text
    assert a_number(1) not in text


def named(desk: Desk, *people: int, hired_on: date | None = None) -> None:
    """An employer names people as members."""
    persons = [Person(a_name(n), a_number(n), Status.FULL, hired_on) for n in people]
    desk.write(
        lambda connection: candidates.add_candidates(
            connection, KEYS, desk.firm, persons, Basis.ROSTER, by="x", today=DAY, now=NOW
        )
    )


def declines(desk: Desk, n: int) -> None:
    form = desk.form()
    desk.write(
        lambda connection: declaring.decline(
            connection, KEYS, desk.token, form, a_number(n), today=DAY, now=NOW
        )
    )


def test_declining_forgets_the_candidate_and_is_answered_alike_for_anybody(desk: Desk) -> None:
    named(desk, 1)
    for n in (1, 2, 2):
        declines(desk, n)
    assert rows(desk.engine, Membership) == rows(desk.engine, MembershipStep) == []
    tokens = rows(desk.engine, DoNotAsk)
    assert [set(each) for each in tokens] == [{"token", "until_on"}] * 2
    assert {each["until_on"] for each in tokens} == {membership.asked_again(DAY)}


def test_nobody_declines_for_somebody_who_declared(desk: Desk) -> None:
    """Else a stranger who knows a number could erase its owner's declaration."""
    code = desk.declares(1)
    declines(desk, 1)
    assert desk.mine(code).state == "declared"


def test_who_declares_learns_nothing_of_what_an_employer_said(desk: Desk) -> None:
    named(desk, 1, hired_on=date(2021, 5, 5))
    desk.look("confirm")
    told = [desk.mine(desk.declares(n, hired_on=None)) for n in (1, 2)]
    assert replace(told[0], name="") == replace(told[1], name="")
    assert told[0].hired_on is None
    assert [each.same_as for each in desk.look()] == [2, 1, None]


def test_once_confirmed_the_employers_word_is_replaced_and_its_day_of_hiring_serves(
    desk: Desk,
) -> None:
    hired = DAY - timedelta(days=9)
    named(desk, 1, hired_on=hired)
    code = desk.confirms(1, hired_on=None)
    [row] = rows(desk.engine, Membership)
    assert (row["state"], row["hired_on"]) == ("confirmed", hired)
    assert desk.mine(code).state == "confirmed"


def test_taking_back_a_declaration_takes_back_the_employers_word_too(desk: Desk) -> None:
    named(desk, 1, 2)
    desk.withdraws(desk.declares(1))
    assert [row["state"] for row in rows(desk.engine, Membership)] == ["candidate"]
    assert len(rows(desk.engine, DoNotAsk)) == 1


def test_what_has_run_out_opens_nothing_and_is_not_confirmed(desk: Desk) -> None:
    code = desk.declares(1)
    number = desk.number(code)
    late = DAY + timedelta(days=60)
    with pytest.raises(NotFound):
        desk.mine(code, NOW + timedelta(days=60))
    with pytest.raises(Misuse, match="期满"):
        desk.write(
            lambda connection: committee.confirm(
                connection, desk.committee, RULES, number, on=late, now=NOW
            )
        )


def test_a_day_of_hiring_that_is_corrected_moves_the_clock(desk: Desk) -> None:
    code = desk.confirms(1)
    for days in (3, 500):
        better = said(1, hired_on=DAY - timedelta(days=days))
        desk.write(
            lambda connection, better=better: declaring.correct(
                connection, KEYS, code, better, RULES, today=DAY, now=NOW
            )
        )
        held = [row for row in rows(desk.engine, Hire) if row["corrected_at"] is None]
        # Hired long ago, one is no new hire.
        assert [(DAY - row["hired_on"]).days for row in held] == ([3] if days == 3 else [])


def test_a_link_is_made_only_where_some_committee_would_answer(engine: Engine) -> None:
    with pytest.raises(Misuse, match="街道"):
        Desk(engine, 1, subdistrict_code=None)


def test_a_wrong_key_is_known_when_no_member_is_left(desk: Desk) -> None:
    declines(desk, 1)
    assert rows(desk.engine, Membership) == []
    other = privacy.new_keys()
    with pytest.raises(KeyWrong):
        desk.write(
            lambda connection: candidates.add_candidates(
                connection, other, desk.firm, [], Basis.ROSTER, by="x", today=DAY, now=NOW
            )
        )


def test_declining_takes_nothing_from_whoever_is_confirmed(desk: Desk) -> None:
    """Else a stranger who knows a number could strike out its owner; withdrawing needs the code."""
    code = desk.confirms(1)
    form = desk.form()
    desk.write(
        lambda connection: declaring.decline(
            connection, KEYS, desk.token, form, a_number(1), today=DAY, now=NOW
        )
    )
    assert desk.mine(code).state == "confirmed"
    assert desk.counts() == Counts(full=1)


def test_one_corrects_what_one_said(desk: Desk) -> None:
    code = desk.declares(1)
    better = said(2, status="probationary", relation="residence", hired_on=None)
    desk.write(
        lambda connection: declaring.correct(
            connection, KEYS, code, better, RULES, today=DAY, now=NOW
        )
    )
    mine = desk.mine(code)
    assert (mine.name, mine.status, mine.relation) == (a_name(2), "probationary", "residence")
    assert mine.hired_on is None
    [step] = rows(desk.engine, MembershipStep)
    assert step["status"] == "probationary"


def test_once_confirmed_full_or_probationary_is_not_ones_own_to_change(desk: Desk) -> None:
    code = desk.confirms(1)
    with pytest.raises(Misuse, match="批准"):
        desk.write(
            lambda connection: declaring.correct(
                connection, KEYS, code, said(1, status="probationary"), RULES, today=DAY, now=NOW
            )
        )


def test_whoever_withdraws_is_forgotten_and_the_consents_end(desk: Desk) -> None:
    code = desk.confirms(1)
    desk.withdraws(code, LATER)
    [row] = rows(desk.engine, Membership)
    assert {row[name] for name in ("person_key", "sealed_name", "code_hash", "receipt")} == {None}
    assert {each["withdrawn_on"] for each in rows(desk.engine, Consent)} == {LATER}
    assert desk.counts(LATER) == Counts()
    assert desk.counts(DAY) == Counts(full=1)
    with pytest.raises(NotFound):
        desk.mine(code)


def test_withdrawing_before_anybody_confirmed_leaves_no_row(desk: Desk) -> None:
    desk.withdraws(desk.declares(1))
    assert rows(desk.engine, Membership) == rows(desk.engine, MembershipStep) == []


def test_the_consent_to_a_transfer_is_taken_back_alone(desk: Desk) -> None:
    code = desk.confirms(1)
    desk.write(
        lambda connection: declaring.withdraw_transfer(connection, code, today=LATER, now=NOW)
    )
    assert {purpose for purpose, _ in desk.mine(code).consents} == {"declare", "pass_on"}
    assert desk.counts() == Counts(full=1)


def test_the_notice_is_kept_as_it_was_shown_and_a_changed_one_needs_a_version(desk: Desk) -> None:
    desk.declares(1)
    desk.declares(2)
    [kept] = rows(desk.engine, KeptDocument)
    assert (kept["version"], kept["content"]) == (
        notice.current().version,
        notice.current().content,
    )
    desk.write(lambda connection: connection.execute(update(KeptDocument).values(sha256="0" * 64)))
    with pytest.raises(Misuse, match="版本"):
        desk.declares(3)


def test_too_many_that_wait_are_stopped_in_words(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(declaring, "MOST_WAITING", 2)
    desk.declares(1)
    desk.declares(2)
    with pytest.raises(Busy):
        desk.declares(3)


def test_whoever_is_confirmed_and_in_no_register_is_asked_for_the_branch(desk: Desk) -> None:
    assert not desk.mine(desk.declares(1)).branch_wanted
    assert desk.mine(desk.confirms(2)).branch_wanted


def test_records_of_consent_looks_and_links_go_after_three_years(desk: Desk) -> None:
    desk.withdraws(desk.confirms(1))
    desk.write(
        lambda connection: forgetting.forget_due(connection, DAY + timedelta(days=1000), now=NOW)
    )
    assert len(rows(desk.engine, Consent)) == 3
    assert rows(desk.engine, PersonAccess) != []
    after = date(DAY.year + 3, DAY.month, DAY.day) + timedelta(days=100)
    told = desk.write(lambda connection: forgetting.forget_due(connection, after, now=NOW))
    assert told.records > 3
    for table in (Consent, PersonAccess, DeclarationLink, UsedForm, DoNotAsk):
        assert rows(desk.engine, table) == []
