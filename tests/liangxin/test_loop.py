"""The loop: whose turn it is, where each answer leads, when somebody is reminded, chased, escalated."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liangxin import loop
from liangxin.access import Role
from liangxin.errors import Misuse
from liangxin.loop import KINDS
from liangxin.rules import Limits
from liangxin.workdays import is_working_day

LIMITS = Limits()
MONDAY = date(2026, 11, 23)
NORTH, COMMUNITY = "999999001", "999999001001"
ALL = [(kind, stage) for kind in KINDS for stage in KINDS[kind].stages]
DAYS = st.dates(date(2022, 1, 1), date(2027, 12, 31))


def test_a_firm_that_is_found_goes_round_from_community_to_community() -> None:
    stage, owners = "find", []
    for said in ("operating", "recorded", "instructor_sent", "confirmed"):
        owners.append(KINDS["screen"].stages[stage].owner)
        stage = loop.take("screen", stage, said, None).to or ""
    assert owners == [Role.COMMUNITY, Role.ECONOMIC_OFFICE, Role.COMMITTEE, Role.COMMUNITY]
    assert stage == "", "and there it ends"


def test_who_screens_is_not_who_forms() -> None:
    stages = KINDS["screen"].stages
    assert stages["record"].owner != stages["form"].owner


@pytest.mark.parametrize(
    ("said", "to"),
    [
        pytest.param("confirmed", None, id="done, and it ends"),
        pytest.param("not_so", "form", id="not done, and back to the committee"),
    ],
)
def test_the_community_has_the_last_word(said: str, to: str | None) -> None:
    assert loop.take("screen", "confirm", said, None).to == to


@pytest.mark.parametrize(("kind", "stage"), ALL)
def test_every_answer_leads_to_a_stage_of_its_kind_or_ends(kind: str, stage: str) -> None:
    for answer in KINDS[kind].stages[stage].answers.values():
        assert answer.to is None or answer.to in KINDS[kind].stages


@pytest.mark.parametrize("kind", KINDS)
def test_every_stage_is_reached_and_every_kind_can_end(kind: str) -> None:
    stages = KINDS[kind].stages
    led_to = {a.to for stage in stages.values() for a in stage.answers.values()}
    assert led_to >= set(stages) - {KINDS[kind].first} | {None}


@pytest.mark.parametrize("kind", [name for name, each in KINDS.items() if each.about_members])
def test_what_is_about_members_stays_with_the_committee(kind: str) -> None:
    assert {stage.owner for stage in KINDS[kind].stages.values()} == {Role.COMMITTEE}


@pytest.mark.parametrize("kind", KINDS)
def test_only_stages_of_a_kind_are_watched(kind: str) -> None:
    assert set(KINDS[kind].stages) >= KINDS[kind].watched


@pytest.mark.parametrize(
    ("subdistrict", "community", "who"),
    [
        pytest.param(NORTH, COMMUNITY, Role.COMMUNITY, id="its community"),
        pytest.param(NORTH, None, Role.ECONOMIC_OFFICE, id="nobody knows the community"),
        pytest.param(None, None, Role.DISTRICT_OFFICE, id="nobody knows the sub-district"),
    ],
)
def test_an_office_that_is_not_known_is_not_asked(
    subdistrict: str | None, community: str | None, who: Role
) -> None:
    assert loop.acting(KINDS["screen"].stages["find"], subdistrict, community) == who


def test_an_answer_that_makes_no_sense_names_those_that_do() -> None:
    with pytest.raises(Misuse, match="operating") as refused:
        loop.take("screen", "find", "elected", None)
    assert "查无下落" in refused.value.zh


def test_an_end_without_the_thing_done_is_explained() -> None:
    with pytest.raises(Misuse, match="--note"):
        loop.take("screen", "form", "not_yet", None)
    assert loop.take("screen", "form", "not_yet", "只有一名党员").to is None


@pytest.mark.parametrize(
    ("kind", "urgent", "due"),
    [
        pytest.param("screen", False, MONDAY + timedelta(days=2), id="two working days"),
        pytest.param("screen", True, MONDAY, id="urgent: at once"),
        pytest.param("elect", False, date(2026, 12, 21), id="an election: four weeks"),
    ],
)
def test_a_turn_is_due_in_working_days(kind: str, urgent: bool, due: date) -> None:
    assert loop.due(kind, LIMITS, start=MONDAY, urgent=urgent) == due


@pytest.mark.parametrize(
    ("today", "notices"),
    [
        pytest.param(date(2026, 11, 24), "", id="three working days before"),
        pytest.param(date(2026, 11, 26), "reminded", id="the working day before"),
        pytest.param(date(2026, 11, 27), "reminded", id="the day"),
        pytest.param(date(2026, 11, 29), "", id="the Sunday after: no working day is lost"),
        pytest.param(date(2026, 11, 30), "chased", id="a working day late"),
        pytest.param(date(2026, 12, 1), "chased", id="two"),
        pytest.param(date(2026, 12, 2), "chased escalated", id="three"),
    ],
)
def test_first_a_reminder_then_a_chaser_then_the_leader(today: date, notices: str) -> None:
    asked = {
        "reminded": loop.is_reminded,
        "chased": loop.is_chased,
        "escalated": loop.is_escalated,
    }
    friday = date(2026, 11, 27)
    said = [name for name, due in asked.items() if due(LIMITS, due_on=friday, today=today)]
    assert " ".join(said) == notices


@given(DAYS, st.integers(-60, 60), st.integers(0, 5), st.integers(0, 5))
def test_one_day_stands_for_all_that_are_due_by_it(
    today: date, apart: int, before: int, after: int
) -> None:
    limits = Limits(remind_days=before, chase_days=after, escalate_days=after + 1)
    due_on = today + timedelta(days=apart)
    for asked in (loop.is_reminded, loop.is_chased, loop.is_escalated):
        latest = loop.latest_due(lambda day, a=asked: a(limits, due_on=day, today=today), today)
        at_most = latest is not None and due_on <= latest
        if asked is loop.is_reminded:
            at_most = at_most and today <= due_on
        assert at_most == asked(limits, due_on=due_on, today=today)


@given(DAYS, st.integers(1, 30))
def test_a_turn_ends_on_a_working_day_after_it_began(start: date, days: int) -> None:
    due = loop.due("screen", Limits(task_days=days), start=start)
    assert due > start
    assert is_working_day(due)
