"""A firm's staff list (花名册).

Real sheets say far more than this product may take (marriage, schooling, home address): only a
name, a document, a claim to be a member and a day of hiring are read, and of political status
nothing but 01 and 02 goes on.
"""

from ingest.kinds import people, readers
from ingest.kinds.kind import Kind

ROSTER = Kind(
    name="roster",
    title="花名册",
    title_en="a firm's staff list",
    fields=(
        readers.persons("name", needed=True),
        readers.membership("political_status"),
        *readers.days("hired_on"),
    ),
    groups=(people.DOCUMENT,),
    across=(people.employment,),
    columns_needed=("name", "document_number", "political_status"),
    keys=("name", "document_number"),
    identity="document_number",
    secret=frozenset({"name", "document_kind", "document_number", "political_status", "hired_on"}),
)
