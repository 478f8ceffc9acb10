"""An organisation is found by a part of its name, by one it bore before, and by its code."""

from datetime import timedelta
from typing import Any

import pytest
from factories import (
    NORTH,
    SOUTH,
    TODAY,
    a_uscc,
    insert_field_change,
    insert_organisation,
    insert_run,
    insert_screening,
)
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine

from liangxin import called, db, lookup, rules, spells
from liangxin.access import Actor, Role
from liangxin.errors import NotPermitted

RULES = rules.load()
DISTRICT = Actor("a", Role.DISTRICT_OFFICE)
NAMES = {
    1: "示例砚池商贸有限公司",
    2: "示例棹歌科技（武陵）有限公司",
    3: "示例棹歌砚池餐饮有限公司",
    4: "砚池边示例社",
}


@pytest.fixture(params=["told by spells", "told by facts"])
def register(engine: Engine, request: pytest.FixtureRequest) -> Engine:
    with db.writing(engine) as connection:
        insert_run(connection)
        for n, name in NAMES.items():
            place = SOUTH if n == 3 else NORTH
            insert_organisation(connection, uscc=a_uscc(n), name=name, subdistrict_code=place)
        insert_screening(connection, 1, from_on=TODAY - timedelta(days=9))
        insert_field_change(
            connection, 2, "name", ("示例篁里百货店", NAMES[2]), from_on=TODAY - timedelta(days=30)
        )
        if request.param == "told by spells":
            spells.refresh(connection, RULES)
    return engine


def found(engine: Engine, text: str, actor: Actor = DISTRICT, most: int = 9) -> list[Any]:
    with db.reading(engine) as connection:
        return lookup.organisations(connection, actor, RULES, text, today=TODAY, most=most)


def numbers(engine: Engine, text: str, actor: Actor = DISTRICT, most: int = 9) -> list[int]:
    codes = {a_uscc(n): n for n in NAMES}
    return [codes[each.uscc] for each in found(engine, text, actor, most)]


WHO = {
    "砚池": [4, 3, 1],  # names that begin so come first
    "棹歌 砚池": [3],
    " 棹歌　餐饮 ": [3],
    "(武陵)": [2],
    "（武陵）": [2],
    "篁里": [2],
    a_uscc(3): [3],
    a_uscc(3).lower(): [3],
    f"{a_uscc(3)[:8]} {a_uscc(3)[8:]}": [3],
    a_uscc(3)[-9:]: [3],
    **{text: [] for text in (a_uscc(3)[-2:], "没有这家", "%", "_", "", " \u3000 ")},
}


def test_who_is_found_by_what(register: Engine) -> None:
    assert {text: numbers(register, text) for text in WHO} == WHO


@pytest.mark.parametrize(
    ("text", "is_compared"), [("砚池", False), ("科技(武陵", True), ("）", True)]
)
def test_brackets_of_names_are_compared_only_where_somebody_typed_one(
    text: str, is_compared: bool
) -> None:
    said = str(called.this(called.words(text)))
    assert ("replace(" in said) is is_compared


def test_who_is_found_by_an_earlier_name_is_shown_with_it(register: Engine) -> None:
    [renamed] = found(register, "篁里")
    assert (renamed.name, renamed.former) == (NAMES[2], "示例篁里百货店")
    [same] = found(register, "棹歌科技")
    assert same.former is None


def test_what_is_outside_the_scope_is_not_found(register: Engine) -> None:
    southern = Actor("b", Role.COMMITTEE, frozenset({SOUTH}))
    assert numbers(register, "示例", southern) == [3]
    assert numbers(register, a_uscc(1), southern) == []
    assert numbers(register, "篁里", southern) == []


@pytest.mark.parametrize("looked_at", [(1, None), (1, 2, 3, None)])
def test_who_stands_behind_many_of_the_neighbours_is_found_all_the_same(
    register: Engine, monkeypatch: pytest.MonkeyPatch, looked_at: tuple[int | None, ...]
) -> None:
    southern = Actor("b", Role.COMMITTEE, frozenset({SOUTH}))
    last = numbers(register, "示例")[-1]
    monkeypatch.setattr(lookup, "LOOKED_AT", looked_at)
    assert numbers(register, "示例")[-1] == last
    assert numbers(register, "示例", southern) == [3]


def test_the_list_ends_where_it_is_told_to(register: Engine) -> None:
    assert numbers(register, "示例", most=2) == numbers(register, "示例")[:2]


def test_each_says_where_it_stands(register: Engine) -> None:
    [counted] = found(register, "商贸")
    assert (counted.counts, counted.state) == (True, "operating")
    assert [(each.counts, each.unverified) for each in found(register, "餐饮")] == [(False, True)]


def test_a_role_that_lists_nobody_finds_nobody(register: Engine) -> None:
    with pytest.raises(NotPermitted):
        found(register, "示例", Actor("c", Role.LEADER))


@given(st.text(max_size=30))
def test_any_text_is_cut_into_words_without_blanks(text: str) -> None:
    assert all(word and not any(map(str.isspace, word)) for word in called.words(text))
