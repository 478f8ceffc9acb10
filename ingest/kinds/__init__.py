"""The kinds of files that offices send besides registrations: what they hold and how it is read.

A kind is data (`kind.Kind`): its fields, how each is read, and what the fields of a row must say
about each other. Its headers are in ``ingest/aliases/<name>.toml``, its rules in the suite of the
same name in ``expectations``. What is read here of people is judged and forgotten.
"""

from ingest.kinds.instructors import INSTRUCTORS
from ingest.kinds.kind import Context, Field, Group, Kind, normalise
from ingest.kinds.ledger import LEDGER
from ingest.kinds.ledger_social import LEDGER_SOCIAL
from ingest.kinds.member_keys import MEMBER_KEYS
from ingest.kinds.members import MEMBERS
from ingest.kinds.repeats import Repeats
from ingest.kinds.roster import ROSTER
from ingest.kinds.screening import SCREENING

KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (ROSTER, MEMBERS, INSTRUCTORS, LEDGER, LEDGER_SOCIAL, SCREENING, MEMBER_KEYS)
}

__all__ = ["KINDS", "Context", "Field", "Group", "Kind", "Repeats", "normalise"]
