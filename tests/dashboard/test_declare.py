"""The declaration pages through a real server: the whole story, every refusal, nothing leaked."""

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from declaring_desk import CODE, Answer, Workplace, a_workplace, assert_hides, link, memberships
from factories import NOW, TODAY, a_uscc
from loads import rows
from people import a_name, a_number, a_person
from sqlalchemy import Engine

from dashboard.site import Clock
from liangxin import access, candidates, committee, db, links, privacy, rules
from liangxin.membership import Basis
from liangxin.schema import Consent, DoNotAsk, PersonAccess, UsedForm
from liangxin.settings import Settings


@pytest.fixture
def place(sqlite_settings: Settings, sqlite_engine: Engine) -> Iterator[Workplace]:
    with a_workplace(sqlite_settings, sqlite_engine) as made:
        yield made


# The story.


def test_somebody_declares_sees_corrects_and_withdraws(settings: Settings, engine: Engine) -> None:
    with a_workplace(settings, engine) as place:
        told = place.declares(1, transfer="yes", hired_on="2022-03-01")
        assert told.status == 200
        assert f"只需说出前四位“{told.code[:4]}”" in told.words
        assert "2027-01-22 之前没有与您确认的" in told.words
        [kept] = memberships(place)
        assert (kept["state"], kept["receipt"]) == ("declared", told.code[:4])

        seen = place.mine(told.code.lower().replace("-", " "))
        assert seen.status == 200
        for part in (
            *(a_name(1), "示例第1号有限公司", "已申报，等待综合党委与您联系确认", "正式党员"),
            *("居住地社区党组织", "2022-03-01", "2027-01-22 之前未与您确认的，整条删除"),
            *("已申报（本人申报）", "我同意为我办理组织关系转接", "除您本人外，还没有人看过"),
        ):
            assert part in seen.words

        entries = {"name": a_name(2), "status": "probationary", "relation": "here"}
        corrected = place.mine(told.code, "/correct", **entries)
        assert corrected.status == 200
        for part in ("已更正。", a_name(2), "预备党员", "本单位党组织", "未填"):
            assert part in corrected.words

        taken_back = place.mine(told.code, "/transfer")
        assert "转接同意已撤回。" in taken_back.words
        assert "我同意为我办理组织关系转接" not in taken_back.words

        unsure = place.mine(told.code, "/withdraw")
        assert (unsure.status, len(memberships(place))) == (400, 1)
        assert "请先勾选" in unsure.words
        gone = place.mine(told.code, "/withdraw", sure="yes")
        assert (gone.status, memberships(place)) == (200, [])
        assert "身份信息已经删除" in gone.words
        assert place.mine(told.code).status == 404
        assert all(row["withdrawn_on"] == TODAY for row in rows(engine, Consent))


def test_the_page_says_who_asks_for_what_before_anything_is_entered(place: Workplace) -> None:
    told = place.get()
    for part in (
        *("启明街道两新组织综合党委", "示例第1号有限公司", "谁在处理", "为什么", "处理什么"),
        *("保存多久", "您的权利", "不申报不需要理由"),
    ):
        assert part in told.words
    assert " checked" not in told.text
    assert "selected" not in told.text
    in_english = place.get(f"{place.page}?lang=en")
    assert "the comprehensive Party committee of 启明街道" in in_english.words
    assert '<html lang="en">' in in_english.text
    assert f"{place.page}?lang=en" in in_english.text  # the answer speaks it too


def test_every_field_has_a_label_and_the_number_is_remembered_by_no_browser(
    place: Workplace,
) -> None:
    text = place.get().text
    fields = re.findall(r'<(?:input|select)[^>]*\bid="([^"]+)"', text)
    assert set(fields) == {"name", "number", "relation", "hired_on", "decline-number"}
    for name in fields:
        assert f'<label for="{name}">' in text
    numbers = re.findall(r'<input[^>]*name="number"[^>]*>', text)
    assert len(numbers) == 2
    assert all('autocomplete="off"' in each for each in numbers)
    assert 'name="name" type="text" autocomplete="name"' in text
    assert text.count("<fieldset>") == text.count("<legend>") == 2


def test_a_confirmed_member_sees_who_looked_and_is_asked_for_the_branch(place: Workplace) -> None:
    code = place.declares(1).code
    actor, keys = access.local_committee(), privacy.load(place.settings)
    with db.writing(place.engine) as connection:
        [known] = committee.look(connection, actor, keys, purpose="confirm", now=NOW)
        committee.confirm(connection, actor, rules.load(), known.id, on=TODAY, now=NOW)
    seen = place.mine(code)
    for part in (
        "已确认，组织关系所在尚待核实",
        "综合党委查看，目的：与本人核实确认",
        "综合党委登记，目的：与本人核实确认",
        "您的组织关系现在在哪个党支部？",
        "您离开该单位 183 天后",
    ):
        assert part in seen.words
    other = place.mine(code, "/correct", name=a_name(1), status="probationary", relation="here")
    assert (other.status, "预备转正由党组织批准后更改" in other.words) == (400, True)
    assert place.mine(code, "/withdraw", sure="yes").status == 200
    [row] = memberships(place)
    assert (row["state"], row["sealed_name"], row["code_hash"]) == ("withdrawn", None, None)


def test_whoever_left_can_still_be_forgotten_at_once(place: Workplace) -> None:
    code = place.declares(1).code
    actor, rule_set = access.local_committee(), rules.load()
    with db.writing(place.engine) as connection:
        committee.confirm(connection, actor, rule_set, 1, on=TODAY, now=NOW)
        committee.left(connection, actor, rule_set, 1, on=TODAY, now=NOW)
    assert "已离开该单位" in place.mine(code).words
    assert place.mine(code, "/withdraw", sure="yes").status == 200
    [row] = memberships(place)
    assert (row["state"], row["person_key"], row["sealed_name"]) == ("left", None, None)
    assert len(rows(place.engine, DoNotAsk)) == 1
    assert place.mine(code).status == 404


def test_nobody_sees_what_happened_to_an_earlier_declaration(
    sqlite_settings: Settings, sqlite_engine: Engine
) -> None:
    """By itself SQLite gives the number of a deleted row again; here it must not."""
    with a_workplace(sqlite_settings, sqlite_engine, clock=_moving()) as place:
        first = place.declares(1).code
        place.mine(first)
        place.mine(first, "/withdraw", sure="yes")
        second = place.declares(2).code
        assert "您本人的操作（1 次）" in place.mine(second).words
        assert len({row["membership_id"] for row in rows(sqlite_engine, PersonAccess)}) == 2


def _moving() -> Clock:
    ticks = iter(range(10_000))
    return lambda: NOW + timedelta(seconds=next(ticks))


# Declining.


def test_who_declines_is_told_the_same_whatever_the_register_knew(place: Workplace) -> None:
    keys = privacy.load(place.settings)
    with db.writing(place.engine) as connection:
        candidates.add_candidates(
            connection, keys, place.firm, [a_person(1)], Basis.ROSTER, by="x", today=TODAY, now=NOW
        )
    told = [place.declines(n) for n in (1, 2, 1)]
    assert {each.status for each in told} == {200}
    assert len({each.text for each in told}) == 1
    assert "一年内不会再就此询问您" in told[0].words
    assert memberships(place) == []
    assert len(rows(place.engine, DoNotAsk)) == 2


def test_a_decline_with_a_wrong_number_is_told_and_not_noted(place: Workplace) -> None:
    told = place.declines(number="110101190303030000")
    assert (told.status, rows(place.engine, DoNotAsk)) == (400, [])
    assert "证件号码有误" in told.words
    assert "110101190303030000" not in told.text


# What a stranger could ask.


def test_a_second_declaration_of_a_number_is_answered_as_the_first(place: Workplace) -> None:
    def masked(told: Answer) -> str:
        return CODE.sub("CODE", told.words.replace("- ", "-")).replace(told.code[:4], "FOUR")

    first, second, another = place.declares(1), place.declares(1), place.declares(2)
    assert (first.status, second.status) == (200, 200)
    assert first.code != second.code
    assert masked(first) == masked(second) == masked(another)
    assert place.mine(first.code).status == place.mine(second.code).status == 200


def test_an_old_a_revoked_and_an_unknown_link_open_nothing(place: Workplace) -> None:
    old = link(place.engine, made_on=TODAY - timedelta(days=90), days=90)
    assert place.get(f"/declare/{old}").status == 410
    assert place.get("/declare/nothing-at-all").status == 404
    form = place.get().form
    with db.writing(place.engine) as connection:
        assert (
            links.revoke(connection, access.local_committee(), a_uscc(1), today=TODAY, now=NOW) == 1
        )
    told = place.declares(1, form=form)
    assert (told.status, memberships(place)) == (410, [])
    assert "已过期或已更换" in told.words
    assert "has expired or was replaced" in told.words
    assert place.get().status == 410
    assert place.post(f"{place.page}/decline", form=form, number=a_number(1)).status == 410


def test_a_form_is_sent_once_and_within_an_hour(place: Workplace) -> None:
    form = place.get().form
    assert place.declares(1, form=form).status == 200
    again = place.declares(2, form=form)
    assert (again.status, len(memberships(place))) == (400, 1)
    assert "这份表单已经提交过" in again.words
    old = links.new_form(privacy.load(place.settings), place.token, now=NOW - timedelta(minutes=61))
    late = place.declares(2, form=old)
    assert (late.status, "页面打开时间过长" in late.words) == (400, True)
    for forged in ("", "x", f"{form}0", form.replace(".", ""), "名字"):
        assert place.declares(2, form=forged).status == 400
    assert len(memberships(place)) == 1


@pytest.mark.parametrize(
    ("entries", "sentence"),
    [
        pytest.param({"number": a_number(1)[:-1] + "0"}, "证件号码有误", id="check digit"),
        pytest.param({"number": ""}, "证件号码有误", id="no number"),
        pytest.param({"number": "9" * 10_000}, "证件号码有误", id="a long number"),
        pytest.param({"number": "911199199001011238"}, "外国人证件不能", id="foreign card"),
        pytest.param({"name": ""}, "请填写姓名", id="no name"),
        pytest.param({"name": "龘" * 61}, "请填写姓名", id="long name"),
        pytest.param({"status": "secret"}, "请选择正式党员或预备党员", id="status"),
        pytest.param({"relation": "elsewhere"}, "请选择组织关系所在", id="relation"),
        pytest.param({"hired_on": "昨天"}, "入职日期有误", id="no day"),
        pytest.param({"hired_on": "2999-01-01"}, "入职日期有误", id="a day to come"),
        pytest.param({"declare": ""}, "未勾选前两项同意", id="first consent"),
        pytest.param({"pass_on": ""}, "未勾选前两项同意", id="second consent"),
    ],
)
def test_what_is_wrong_is_said_and_the_number_is_not_repeated(
    place: Workplace, entries: dict[str, str], sentence: str
) -> None:
    told = place.declares(1, **entries)
    assert told.status == 400
    assert sentence in told.words
    assert 'role="alert"' in told.text
    assert 'lang="en"' in told.text
    assert memberships(place) == rows(place.engine, UsedForm) == []
    assert_hides(told)
    if number := entries.get("number"):
        assert number not in told.text
    assert re.findall(r'<input[^>]*type="checkbox"[^>]*checked', told.text) == []
    if "name" not in entries:
        assert f'value="{a_name(1)}"' in told.text
    assert place.declares(1, form=told.form).status == 200


@pytest.mark.parametrize("field", ["name", "hired_on", "status", "relation", "declare", "form"])
def test_a_number_in_the_wrong_field_is_not_repeated_either(place: Workplace, field: str) -> None:
    told = place.declares(1, **{field: a_number(2)})
    assert told.status == 400
    assert_hides(told, 2)
    code = place.declares(3).code
    entries = {"name": a_name(3), "status": "full", "relation": "here", field: a_number(2)}
    if field in {"name", "hired_on", "relation"}:
        told = place.mine(code, "/correct", **entries)
        assert told.status == 400
        assert_hides(told, 2)
    assert_hides(place.mine(a_number(2)), 2)


def test_what_was_entered_is_text_and_nothing_else(place: Workplace) -> None:
    told = place.declares(1, name='"><script>alert(1)</script>', declare="", hired_on='"x')
    assert told.status == 400
    assert "<script" not in told.text
    assert '"x"' not in told.text


def test_a_wrong_code_is_told_and_asked_for_again(place: Workplace) -> None:
    for code in ("", "ABCD", "ABCD-EFGH-JKMN-PQRS-TUVW", "名" * 500, "' OR 1=1 --"):
        told = place.mine(code)
        assert (told.status, "查询码有误" in told.words) == (404, True)
        assert 'name="code"' in told.text
