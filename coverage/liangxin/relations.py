"""Where the member register has a person's relation, by the key of their number."""

from sqlalchemy import Connection, select

from liangxin.schema import MemberKey


def relation_of(connection: Connection, person_key: str) -> str | None:
    """The Party organisation where the member register has a person's relation; None: no such key."""
    query = select(MemberKey.party_organisation_name).where(
        MemberKey.key == person_key, MemberKey.to_on.is_(None)
    )
    return connection.execute(query).scalar()
