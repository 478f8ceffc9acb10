"""Where the member register has a person's relation, by the key of their number."""

from collections.abc import Collection

from sqlalchemy import Connection, select

from liangxin import db, privacy
from liangxin.errors import KeyWrong
from liangxin.privacy import Keys
from liangxin.schema import MemberKey

#: The name beside the mark that tells with which key a file was made; no Party organisation.
MARK = "密钥校验（不是党员）"


def relation_of(connection: Connection, person_key: str) -> str | None:
    """The Party organisation where the member register has a person's relation; None: no such key."""
    return relations_of(connection, [person_key]).get(person_key)


def relations_of(connection: Connection, person_keys: Collection[str]) -> dict[str, str]:
    """The same of several people: pseudonym -> Party organisation, of those it has."""
    query = select(MemberKey.key, MemberKey.party_organisation_name).where(
        db.among(connection, MemberKey.key, sorted(person_keys)), MemberKey.to_on.is_(None)
    )
    return {row.key: row.party_organisation_name for row in connection.execute(query)}


def require_same_key(connection: Connection, keys: Keys) -> None:
    """Return if the keys of the member register were made with this district's key.

    Files that were not made by ``keys make`` carry no mark, and nobody can tell.

    Raises:
        KeyWrong: they were made with another one, and nobody would ever be found in them.
    """
    marked = select(MemberKey.key).where(
        MemberKey.party_organisation_name == MARK, MemberKey.to_on.is_(None)
    )
    found = set(connection.execute(marked).scalars())
    if found and privacy.mark(keys) not in found:
        raise KeyWrong(
            "党员名册的密钥标识是用另一把密钥生成的，比对不出任何人，没有比对。请把 liangxin keys share 生成的文件交给组织部门，"
            "重新生成并导入。",
            "the keys of the member register were made with another key, so nobody would be found; nothing "
            "was compared. Hand the organisation department the file of liangxin keys share, and load "
            "what it makes anew.",
        )
