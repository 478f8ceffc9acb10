"""Consents to the three purposes, by the hash of a person's code: given, in force, ended."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import date, datetime

from sqlalchemy import Connection, Date, case, insert, literal, select, update

from liangxin import db
from liangxin.schema import Consent

TRANSFER = "transfer"


def give(
    connection: Connection,
    organisation_id: int,
    code_hash: str,
    purposes: Collection[str],
    *,
    version: str,
    on: date,
    now: datetime,
) -> None:
    """Note separate consents, each by the text that was shown."""
    told = [
        {
            "organisation_id": organisation_id,
            "code_hash": code_hash,
            "purpose": purpose,
            "text_version": version,
            "given_on": on,
            "learned_at": now,
        }
        for purpose in sorted(purposes)
    ]
    connection.execute(insert(Consent), told)


def in_force(connection: Connection, codes: Collection[str]) -> Mapping[str, Mapping[str, date]]:
    """Return what holds: hash of a code -> purpose -> since when. Codes without any have none."""
    query = (
        select(Consent.code_hash, Consent.purpose, Consent.given_on)
        .where(
            db.among(connection, Consent.code_hash, sorted(codes)), Consent.withdrawn_on.is_(None)
        )
        .order_by(Consent.purpose)
    )
    held: dict[str, dict[str, date]] = defaultdict(dict)
    for row in connection.execute(query):
        held[row.code_hash][row.purpose] = row.given_on
    return held


def end(
    connection: Connection, codes: Collection[str], on: date, *, purpose: str | None = None
) -> None:
    """Let consents end on a day: all of these codes, or those to one purpose."""
    which = [
        db.among(connection, Consent.code_hash, sorted(codes)),
        Consent.withdrawn_on.is_(None),
    ]
    if purpose is not None:
        which.append(Consent.purpose == purpose)
    day = case((Consent.given_on > on, Consent.given_on), else_=literal(on, Date))
    connection.execute(update(Consent).where(*which).values(withdrawn_on=day))
