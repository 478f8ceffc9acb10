"""Addresses that somebody must place: who is asked what, and what one answer does."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from factories import NORTH, NOW, SOUTH, TODAY, a_uscc, insert_organisation
from located import a_guess, asked_about, insert_located, name_divisions, places_of
from sqlalchemy import Connection, Engine, select

from liangxin import audit, db, locations, provenance, rules, views
from liangxin.access import Actor, Role
from liangxin.errors import NotFound, NotPermitted
from liangxin.schema import AuditEntry, Located, LocationDecision, Organisation

OFFICE = Actor("示例区经济办", Role.DISTRICT_OFFICE)
NORTHERN = Actor("示例北街道经济办", Role.ECONOMIC_OFFICE, frozenset({NORTH}))
COMMUNITY = f"{NORTH}001"


@pytest.fixture
def connection(engine: Engine) -> Iterator[Connection]:
    with db.writing(engine) as connection:
        name_divisions(
            connection, **{NORTH: "示例北街道", SOUTH: "示例南镇", COMMUNITY: "示例社区居委会"}
        )
        yield connection


def asked(connection: Connection, actor: Actor = OFFICE, **how: str) -> list[tuple[str, int]]:
    found = locations.queue(connection, actor, on=TODAY, **how)
    return [(entry.pattern, entry.organisations) for entry in found.entries]


def entry_of(connection: Connection, pattern: str) -> int:
    found = locations.queue(connection, OFFICE, on=TODAY)
    return next(entry.id for entry in found.entries if entry.pattern == pattern)


def decide(connection: Connection, pattern: str, code: str, actor: Actor = OFFICE) -> int:
    return locations.decide(
        connection, actor, entry_of(connection, pattern), code, by=actor.name, on=TODAY, now=NOW
    ).organisations


def test_what_one_answer_settles_for_most_is_asked_first(connection: Connection) -> None:
    asked_about(connection, "示例大厦", 2)
    asked_about(connection, "示例广场", 5)
    asked_about(connection, "示例路7号", 1, kind="door")
    assert asked(connection) == [("示例广场", 5), ("示例大厦", 2), ("示例路7号", 1)]
    found = locations.queue(connection, OFFICE, on=TODAY, most=1)
    assert (len(found.entries), found.in_all, found.organisations) == (1, 3, 8)


def test_an_entry_is_found_by_its_name_and_by_what_is_said_of_whoever_is_there(
    connection: Connection,
) -> None:
    asked_about(connection, "示例大厦", 3)
    asked_about(connection, "无名市场", 2)
    assert asked(connection, text="大厦") == [("示例大厦", 3)]
    assert asked(connection, text="示例大厦2室") == [("示例大厦", 3)]  # one address of three
    assert asked(connection, text="") == [("示例大厦", 3), ("无名市场", 2)]
    assert asked(connection, text="%") == asked(connection, text="没有") == []


def test_an_entry_shows_addresses_and_what_speaks_for_whom(connection: Connection) -> None:
    asked_about(connection, "示例大厦", 4, a_guess(NORTH, 0.7), a_guess(SOUTH, 0.3))
    [entry] = locations.queue(connection, OFFICE, on=TODAY).entries
    assert entry.addresses == tuple(f"示例区示例大厦{room}室" for room in (1, 2, 3))
    first, second = entry.candidates
    assert (first.code, first.name, first.share) == (NORTH, "示例北街道", 0.7)
    assert first.zh == "示例大厦：已知的 5 个地址中 3 个在此"
    assert second.name == "示例南镇"


def test_an_office_is_asked_what_may_be_its_own_and_what_nobody_knows(
    connection: Connection,
) -> None:
    asked_about(connection, "北边的大厦", 1, a_guess(NORTH))
    asked_about(connection, "南边的大厦", 1, a_guess(SOUTH))
    asked_about(connection, "没人知道的大厦", 1)
    assert {pattern for pattern, _ in asked(connection, NORTHERN)} == {
        "北边的大厦",
        "没人知道的大厦",
    }
    elsewhere = replace(NORTHERN, subdistricts=frozenset({"888888001"}))
    assert asked(connection, elsewhere) == []


def test_the_queue_of_one_subdistrict_holds_what_may_be_there(connection: Connection) -> None:
    asked_about(connection, "北边的大厦", 1, a_guess(NORTH))
    asked_about(connection, "没人知道的大厦", 1)
    assert asked(connection, subdistrict=NORTH) == [("北边的大厦", 1)]
    with pytest.raises(NotFound):
        asked(connection, NORTHERN, subdistrict=SOUTH)


def test_a_decision_places_all_its_likes_at_once(connection: Connection) -> None:
    asked_about(connection, "示例大厦", 3, a_guess(SOUTH))
    asked_about(connection, "别的大厦", 1)
    assert decide(connection, "示例大厦", NORTH) == 3
    assert asked(connection) == [("别的大厦", 1)]
    placed = places_of(connection)
    assert placed["示例区示例大厦2室"] == (NORTH, "decided")
    assert placed["示例区别的大厦1室"] == (None, None)
    reason = select(Located.reason_zh).where(Located.method == "decided").limit(1)
    said = connection.execute(reason).scalar_one()
    assert said == f"“示例大厦”由 示例区经济办 于 {TODAY} 认定属示例北街道"


def test_what_was_decided_counts_in_its_subdistrict_and_did_not_before(
    connection: Connection,
) -> None:
    asked_about(connection, "示例大厦", 2)

    def counted() -> dict[str | None, int]:
        table = views.coverage(connection, OFFICE, rules.load(), as_of=TODAY)
        return {row.code: row.unverified for row in table.rows if row.unverified}

    assert counted() == {None: 2}
    decide(connection, "示例大厦", NORTH)
    assert counted() == {NORTH: 2}


def test_what_no_address_says_is_told_with_its_reason(connection: Connection) -> None:
    """A decision always; what other addresses taught, where the own one says nothing."""
    asked_about(connection, "示例大厦", 1)
    decide(connection, "示例大厦", NORTH)
    code = connection.execute(select(Organisation.uscc)).scalar_one()
    [told] = provenance.learned(connection, code, on=TODAY)
    assert (told.which, told.subdistrict_code, told.method) == ("registered", NORTH, "decided")
    assert told.zh == f"“示例大厦”由 示例区经济办 于 {TODAY} 认定属示例北街道"
    assert provenance.learned(connection, code, on=told.since - timedelta(days=1)) == []

    says = insert_organisation(connection, 7, subdistrict_code=SOUTH)
    taught = {"method": "learned", "confidence": 0.98, "guesses": None}
    insert_located(connection, says, subdistrict_code=NORTH, **taught)
    assert provenance.learned(connection, a_uscc(7), on=TODAY) == []
    insert_located(connection, says, which="operating", subdistrict_code=NORTH, **taught)
    [told] = provenance.learned(connection, a_uscc(7), on=TODAY)
    assert (told.which, told.confidence, told.zh) == ("operating", 0.98, "没有线索")


def test_a_decision_outranks_what_the_address_says(connection: Connection) -> None:
    one = insert_organisation(connection, address="示例南镇示例大厦", subdistrict_code=SOUTH)
    insert_located(connection, one, subdistrict_code=NORTH, method="decided", guesses=None)
    [row] = views.organisations(
        connection, OFFICE, rules.load(), subdistrict_code=NORTH, as_of=TODAY
    )
    assert row.name
    assert not views.organisations(
        connection, OFFICE, rules.load(), subdistrict_code=SOUTH, as_of=TODAY
    )


def test_what_was_learned_does_not_outrank_what_the_address_says(connection: Connection) -> None:
    one = insert_organisation(connection, address="示例南镇示例大厦", subdistrict_code=SOUTH)
    insert_located(connection, one, subdistrict_code=NORTH, method="place", guesses=None)
    assert views.organisations(
        connection, OFFICE, rules.load(), subdistrict_code=SOUTH, as_of=TODAY
    )


def test_a_decision_may_name_the_community(connection: Connection) -> None:
    asked_about(connection, "示例大厦", 1)
    locations.decide(
        connection,
        OFFICE,
        entry_of(connection, "示例大厦"),
        NORTH,
        community=COMMUNITY,
        by="经济办",
        on=TODAY,
        now=NOW,
    )
    assert connection.execute(
        select(Located.community_code).where(Located.corrected_at.is_(None))
    ).scalars().all() == [COMMUNITY]


@pytest.mark.parametrize(
    ("code", "community"),
    [
        pytest.param("888888001", None, id="another district's"),
        pytest.param("999999009", None, id="no such sub-district"),
        pytest.param("北街道", None, id="no code at all"),
        pytest.param(NORTH, f"{SOUTH}001", id="another's community"),
        pytest.param(NORTH, f"{NORTH}999", id="no such community"),
    ],
)
def test_where_nothing_lies_is_not_found(
    connection: Connection, code: str, community: str | None
) -> None:
    asked_about(connection, "示例大厦", 1)
    entry = entry_of(connection, "示例大厦")
    with pytest.raises(NotFound):
        locations.decide(
            connection, OFFICE, entry, code, community=community, by="x", on=TODAY, now=NOW
        )
    assert connection.execute(select(LocationDecision.id)).all() == []


def test_an_office_places_nothing_outside_its_scope(connection: Connection) -> None:
    asked_about(connection, "没人知道的大厦", 1)
    asked_about(connection, "南边的大厦", 1, a_guess(SOUTH))
    with pytest.raises(NotFound):
        decide(connection, "没人知道的大厦", SOUTH, NORTHERN)
    with pytest.raises(NotFound, match="没有编号"):
        decide(connection, "南边的大厦", NORTH, NORTHERN)
    assert decide(connection, "没人知道的大厦", NORTH, NORTHERN) == 1


def test_what_somebody_decided_meanwhile_is_not_found(connection: Connection) -> None:
    asked_about(connection, "示例大厦", 1)
    entry = entry_of(connection, "示例大厦")
    decide(connection, "示例大厦", NORTH)
    with pytest.raises(NotFound, match="已由他人认定"):
        locations.decide(connection, OFFICE, entry, SOUTH, by="x", on=TODAY, now=NOW)


@pytest.mark.parametrize("role", [Role.LEADER, Role.COMMUNITY, Role.COMMITTEE, Role.AUDITOR])
def test_who_does_not_place_addresses_may_not_look_either(
    connection: Connection, role: Role
) -> None:
    actor = Actor("someone", role)
    for ask in (
        lambda: locations.queue(connection, actor, on=TODAY),
        lambda: locations.listed(connection, actor, on=TODAY),
        lambda: locations.decide(connection, actor, 1, NORTH, by="x", on=TODAY, now=NOW),
        lambda: locations.withdraw(connection, actor, 1, now=NOW),
    ):
        with pytest.raises(NotPermitted):
            ask()


def test_a_decision_is_logged_and_listed(connection: Connection) -> None:
    asked_about(connection, "示例大厦", 2)
    decide(connection, "示例大厦", NORTH)
    [decided] = locations.listed(connection, OFFICE, on=TODAY)
    assert (decided.pattern, decided.subdistrict, decided.organisations) == (
        "示例大厦",
        "示例北街道",
        2,
    )
    [entry] = connection.execute(select(AuditEntry.__table__)).all()
    assert (entry.action, entry.by_account) == ("location.decided", "示例区经济办")
    assert "示例大厦" in entry.about
    assert audit.verify(connection).is_whole


def test_a_decision_that_is_withdrawn_is_asked_again(connection: Connection) -> None:
    asked_about(connection, "示例大厦", 2)
    decide(connection, "示例大厦", NORTH)
    [decided] = locations.listed(connection, NORTHERN, on=TODAY)
    assert locations.withdraw(connection, NORTHERN, decided.id, now=NOW) == 2
    assert asked(connection, NORTHERN) == [("示例大厦", 2)]
    assert locations.listed(connection, OFFICE, on=TODAY) == []
    with pytest.raises(NotFound):
        locations.withdraw(connection, OFFICE, decided.id, now=NOW)


def test_another_offices_decision_is_not_found(connection: Connection) -> None:
    asked_about(connection, "示例大厦", 1)
    decide(connection, "示例大厦", SOUTH)
    [decided] = locations.listed(connection, OFFICE, on=TODAY)
    assert locations.listed(connection, NORTHERN, on=TODAY) == []
    with pytest.raises(NotFound):
        locations.withdraw(connection, NORTHERN, decided.id, now=NOW)


def test_where_it_operates_tracks_it_and_opens_a_hand_over(connection: Connection) -> None:
    one = insert_organisation(connection, address="示例北街道1号", subdistrict_code=NORTH)
    insert_located(
        connection,
        one,
        which="operating",
        subdistrict_code=SOUTH,
        method="place",
        guesses=None,
    )
    [row] = views.organisations(
        connection, OFFICE, rules.load(), subdistrict_code=SOUTH, as_of=TODAY
    )
    assert row.name
