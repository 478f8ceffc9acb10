"""Cells as people fill them in -> values and faults. Pure and columnar.

Every reader takes a column and returns two of the same height: the values (null where a cell is
empty or cannot be read) and fault codes (``""`` where all is well). None of them raises for what
a cell says, none guesses; the codes a reader can give are its ``…_FAULTS``.
"""

from ingest.values.choices import CHOICE_FAULTS, YES_NO_FAULTS, read_choice, read_yes_no
from ingest.values.counts import COUNT_FAULTS, LARGEST, read_count
from ingest.values.dates import DATE_FAULTS, read_date
from ingest.values.money import MONEY_FAULTS, read_money, read_wan, unit_of_header
from ingest.values.names import (
    ORGANISATION_FAULTS,
    PERSON_FAULTS,
    read_organisation,
    read_person,
)
from ingest.values.phones import PHONE_FAULTS, read_phone, suggest_phone

__all__ = [
    "CHOICE_FAULTS",
    "COUNT_FAULTS",
    "DATE_FAULTS",
    "LARGEST",
    "MONEY_FAULTS",
    "ORGANISATION_FAULTS",
    "PERSON_FAULTS",
    "PHONE_FAULTS",
    "YES_NO_FAULTS",
    "read_choice",
    "read_count",
    "read_date",
    "read_money",
    "read_organisation",
    "read_person",
    "read_phone",
    "read_wan",
    "read_yes_no",
    "suggest_phone",
    "unit_of_header",
]
