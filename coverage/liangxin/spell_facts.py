"""Reads the facts of some organisations for ``liangxin.spell_telling``, believed now, in bulk."""

from typing import Any

import polars as pl
from sqlalchemy import Connection, case, select

from liangxin.facts_on import UNINCORPORATED, all_members, full_members, unincorporated
from liangxin.placing import DECIDED
from liangxin.schema import (
    Assignment,
    Covering,
    FieldChange,
    Finding,
    Headcount,
    Located,
    Organisation,
    PartyOrganisation,
    PartyTerm,
    Screening,
    SpellDue,
)
from liangxin.spell_telling import FINDINGS, TOLD, Facts

ID, DAY, TEXT = pl.Int64, pl.Date, pl.String
SPAN = {"from_on": DAY, "to_on": DAY}


def facts_of(connection: Connection, low: int, high: int) -> Facts:
    """Return the facts of all organisations that are due, from one id to another."""

    def read(query: Any, about: Any, **schema: Any) -> pl.DataFrame:
        due = query.join(SpellDue, SpellDue.organisation_id == about).where(
            SpellDue.organisation_id.between(low, high)
        )
        rows = [tuple(row) for row in connection.execute(due).all()]
        return pl.DataFrame(rows, schema=schema, orient="row")

    def of(table: Any, *columns: Any, **schema: Any) -> pl.DataFrame:
        query = select(table.organisation_id, *columns).where(table.corrected_at.is_(None))
        return read(query, table.organisation_id, organisation_id=ID, **schema)

    number = case((unincorporated(Organisation.enterprise_type), 1), else_=0)
    organisations = read(
        select(
            Organisation.id,
            Organisation.kind,
            Organisation.from_on,
            Organisation.ownership,
            Organisation.status,
            number,
            Organisation.subdistrict_code,
            Organisation.community_code,
        ).select_from(Organisation),
        Organisation.id,
        organisation_id=ID,
        kind=TEXT,
        from_on=DAY,
        ownership=TEXT,
        status=TEXT,
        unincorporated=ID,
        subdistrict_code=TEXT,
        community_code=TEXT,
    )
    return Facts(
        organisations=organisations,
        changes=_changes(read),
        located=of(
            Located,
            *(Located.which, Located.subdistrict_code, Located.community_code),
            case((Located.method == DECIDED, 1), else_=0),
            *(Located.from_on, Located.to_on),
            which=TEXT,
            subdistrict_code=TEXT,
            community_code=TEXT,
            decided=ID,
            **SPAN,
        ).filter(pl.col("subdistrict_code").is_not_null()),
        screenings=of(
            Screening, Screening.state, Screening.from_on, Screening.to_on, state=TEXT, **SPAN
        ),
        coverings=_coverings(read),
        terms=_terms(connection, low, high),
        assignments=of(Assignment, Assignment.from_on, Assignment.to_on, **SPAN),
        headcounts=of(
            Headcount,
            Headcount.source,
            Headcount.counted_on,
            Headcount.staff,
            full_members(),
            all_members(),
            source=TEXT,
            counted_on=DAY,
            staff=ID,
            full_members=ID,
            members=ID,
        ),
        findings=read(
            select(
                Finding.organisation_id,
                Finding.field,
                Finding.value,
                Finding.from_on,
                Finding.to_on,
            ).where(Finding.corrected_at.is_(None), Finding.field.in_(FINDINGS)),
            Finding.organisation_id,
            organisation_id=ID,
            field=TEXT,
            value=TEXT,
            **SPAN,
        ),
    )


def _changes(read: Any) -> pl.DataFrame:
    """Changes of the fields that are told, in order; a type's text as what it says of the form."""
    frame: pl.DataFrame = read(
        select(
            FieldChange.organisation_id,
            FieldChange.field,
            FieldChange.from_on,
            FieldChange.old_value,
        )
        .where(
            FieldChange.corrected_by.is_(None),
            FieldChange.field.in_((*(set(TOLD) - {"unincorporated"}), "enterprise_type")),
        )
        .order_by(FieldChange.from_on, FieldChange.id),
        FieldChange.organisation_id,
        organisation_id=ID,
        field=TEXT,
        from_on=DAY,
        old_value=TEXT,
    )
    is_type = pl.col("field") == "enterprise_type"
    words = "|".join(word.strip("%") for word in UNINCORPORATED)
    says = pl.col("old_value").fill_null("").str.contains(words).cast(pl.Int64).cast(pl.String)
    return frame.with_columns(
        field=pl.when(is_type).then(pl.lit("unincorporated")).otherwise("field"),
        old_value=pl.when(is_type).then(says).otherwise("old_value"),
    )


def _coverings(read: Any) -> pl.DataFrame:
    """Coverings while both they and their Party organisation were there."""
    both = (Covering.corrected_at.is_(None), PartyOrganisation.corrected_at.is_(None))
    frame: pl.DataFrame = read(
        select(
            Covering.organisation_id,
            Covering.party_organisation_id,
            Covering.mode,
            PartyOrganisation.level,
            Covering.from_on,
            Covering.to_on,
            PartyOrganisation.from_on,
            PartyOrganisation.to_on,
        )
        .join(PartyOrganisation, PartyOrganisation.id == Covering.party_organisation_id)
        .where(*both),
        Covering.organisation_id,
        organisation_id=ID,
        party_organisation_id=ID,
        mode=TEXT,
        level=TEXT,
        **SPAN,
        founded=DAY,
        dissolved=DAY,
    )
    return (
        frame.with_columns(
            from_on=pl.max_horizontal("from_on", "founded"),
            to_on=pl.min_horizontal("to_on", "dissolved"),
        )
        .drop("founded", "dissolved")
        .filter(pl.col("to_on").is_null() | (pl.col("to_on") > pl.col("from_on")))
    )


def _terms(connection: Connection, low: int, high: int) -> pl.DataFrame:
    """Terms of the Party organisations that cover them."""
    parties = (
        select(Covering.party_organisation_id)
        .join(SpellDue, SpellDue.organisation_id == Covering.organisation_id)
        .where(SpellDue.organisation_id.between(low, high), Covering.corrected_at.is_(None))
    )
    columns = ("party_organisation_id", "level", "due_on", "from_on", "to_on")
    query = select(*(PartyTerm.__table__.c[name] for name in columns)).where(
        PartyTerm.corrected_at.is_(None), PartyTerm.party_organisation_id.in_(parties)
    )
    rows = [tuple(row) for row in connection.execute(query)]
    schema = dict(zip(columns, (ID, TEXT, DAY, DAY, DAY), strict=True))
    return pl.DataFrame(rows, schema=schema, orient="row")
