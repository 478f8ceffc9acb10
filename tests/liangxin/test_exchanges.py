"""The exchange as people look at it: what went and came, and no key."""

import pytest
from factories import NOW, insert_run
from sqlalchemy import Engine, insert

from liangxin import db, exchanges
from liangxin.access import LOCAL, Actor, Role
from liangxin.errors import NotPermitted
from liangxin.schema import ExchangeOffice, ExchangePackage


def test_offices_and_packages_are_told_with_their_results(engine: Engine) -> None:
    with db.writing(engine) as connection:
        assert exchanges.own_name(connection, LOCAL) == ""
        for number, name in enumerate(("示例乙办", "示例甲办"), start=1):
            known = {"sign_key": f"{number}" * 64, "encrypt_key": "e" * 64, "trusted_at": NOW}
            fingerprint = f"{number}b" * 32
            values = {"id": number, "name": name, "fingerprint": fingerprint, **known}
            connection.execute(insert(ExchangeOffice).values(values))
        run = insert_run(connection, "exchange", rows=4, accepted=3, new=3, refused=1)
        package = {"office_id": 1, "cursor_from": "", "cursor_to": "", "handled_at": NOW}
        connection.execute(
            insert(ExchangePackage),
            [
                {
                    **package,
                    "direction": direction,
                    "serial": serial,
                    "content_sha256": f"{serial:064d}",
                    "acknowledged": told,
                    "run_id": at,
                }
                for direction, serial, told, at in (
                    *(("sent", 1, True, None), ("sent", 2, False, None)),
                    ("opened", 9, False, run),
                )
            ],
        )
        first, second = exchanges.offices(connection, LOCAL)
        assert (first.name, first.sent, first.unanswered, first.opened) == ("示例乙办", 2, 1, 1)
        assert (second.name, second.sent, second.opened) == ("示例甲办", 0, 0)
        assert first.fingerprint == " ".join(["1b1b"] * 10)
        came, late, early = exchanges.packages(connection, LOCAL)
        assert (came.run, came.rows, came.accepted, came.refused) == (run, 4, 3, 1)
        assert (late.acknowledged, early.acknowledged) == (False, True)
        assert came.handled_at == NOW


@pytest.mark.parametrize("role", [role for role in Role if role != Role.DISTRICT_OFFICE])
def test_nobody_but_the_district_office_sees_them(sqlite_engine: Engine, role: Role) -> None:
    actor = Actor("someone", role)
    with db.reading(sqlite_engine) as connection:
        for look in (exchanges.own_name, exchanges.offices, exchanges.packages):
            with pytest.raises(NotPermitted):
                look(connection, actor)
