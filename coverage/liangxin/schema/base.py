"""What all tables share: types, and names of constraints."""

from datetime import date, datetime

from sqlalchemy import BigInteger, Date, DateTime, Integer, MetaData, String, Text
from sqlalchemy.orm import DeclarativeBase

#: SQLite numbers rows by itself only for a column declared exactly INTEGER.
Id = BigInteger().with_variant(Integer, "sqlite")
Uscc = String(18)
Code = String(12)


class Base(DeclarativeBase):
    """Names every constraint by one rule, so that migrations are the same on both databases."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {datetime: DateTime(timezone=True), date: Date, str: Text}  # noqa: RUF012
