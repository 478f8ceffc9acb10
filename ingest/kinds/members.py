"""A register of Party members (党员名册)."""

from ingest.kinds import people, readers
from ingest.kinds.kind import Kind

MEMBERS = Kind(
    name="members",
    title="党员名册",
    title_en="a register of Party members",
    fields=(
        readers.persons("name", needed=True),
        readers.choice("sex"),
        *readers.days("born_on"),
        *readers.texts("branch"),
        *readers.days("joined_on", needed=True),
        *readers.days("full_since"),
        readers.member_category("category"),
        readers.choice("state", "member_state"),
    ),
    groups=(people.DOCUMENT,),
    across=(people.membership,),
    columns_needed=("name", "document_number"),
    keys=("name", "document_number"),
    identity="document_number",
    secret=frozenset(
        {
            "name",
            "document_kind",
            "document_number",
            "sex",
            "born_on",
            "branch",
            "joined_on",
            "full_since",
            "category",
            "state",
        }
    ),
)
