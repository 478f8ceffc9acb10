from contextlib import suppress
from datetime import date
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sheets import a_resident_id

from dashboard.query import FIRST_DAY, LAST_DAY, Query, link, parse_query
from liangxin.errors import Misuse


@pytest.mark.parametrize(
    ("search", "query"),
    [
        pytest.param("", Query(), id="nothing"),
        pytest.param(None, Query(), id="not said"),
        pytest.param(7, Query(), id="no text"),
        pytest.param("?as_of=2022-03-31&rate=R2", Query(date(2022, 3, 31), "R2"), id="both"),
        pytest.param("?rate=r6", Query(rate="R6"), id="lower case"),
        pytest.param("?as_of=&rate=", Query(), id="left empty"),
        pytest.param("?utm=1&as_of=2022-03-31", Query(date(2022, 3, 31)), id="other keys"),
    ],
)
def test_an_address_is_read(search: object, query: Query) -> None:
    assert parse_query(search) == query


@pytest.mark.parametrize(
    "search",
    [
        "?as_of=foo",
        "?as_of=20220331",
        "?as_of=2022-W13-4",
        "?as_of=2022-02-30",
        "?as_of=２０２２-０３-３１",
        "?as_of=0001-01-01",
        "?as_of=9999-12-31",
        "?as_of=2022-03-31&as_of=2022-09-30",
        "?rate=R1&rate=R2",
        "?" + "&".join(f"a{n}=1" for n in range(100)),
    ],
)
def test_nonsense_is_answered_with_a_sentence(search: str) -> None:
    with pytest.raises(Misuse) as refused:
        parse_query(search)
    assert refused.value.zh.endswith("。")
    assert refused.value.en.endswith(".")


@pytest.mark.parametrize("key", ["q", "f"])
def test_a_person_is_not_searched_for_by_number(key: str) -> None:
    with pytest.raises(Misuse) as refused:
        parse_query(f"?{key}={a_resident_id(3)}")
    assert a_resident_id(3) not in refused.value.zh + refused.value.en
    assert "证件号码" in refused.value.zh


def test_a_long_value_does_not_fill_the_page() -> None:
    with pytest.raises(Misuse) as refused:
        parse_query("?as_of=" + "9" * 10_000)
    assert len(refused.value.zh) < 120


@given(st.text())
def test_no_address_is_a_crash(search: str) -> None:
    with suppress(Misuse):
        parse_query(search)


@given(st.dates(min_value=FIRST_DAY, max_value=LAST_DAY), st.sampled_from(["R1", "R2", "R6"]))
def test_a_link_is_read_as_it_was_made(day: date, rate: str) -> None:
    address = urlsplit(link("/subdistrict/999999001", day, rate))
    assert address.path == "/subdistrict/999999001"
    assert parse_query("?" + address.query) == Query(day, rate)
