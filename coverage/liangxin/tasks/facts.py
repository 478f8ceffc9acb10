"""What the events and the tasks ask of an organisation: reached, screened, and where."""

from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, exists, func, literal, or_
from sqlalchemy.orm import aliased

from liangxin import loop, placing
from liangxin.facts_on import true_on
from liangxin.schema import (
    Assignment,
    Confirmation,
    Covering,
    Finding,
    Organisation,
    PartyOrganisation,
    Screening,
)


def is_covered(organisation_id: Any, today: date) -> ColumnElement[bool]:
    """Tell whether a Party organisation that is there covers an organisation."""
    return exists().where(
        Covering.organisation_id == organisation_id,
        Covering.party_organisation_id == PartyOrganisation.id,
        true_on(Covering, today, None),
        true_on(PartyOrganisation, today, None),
    )


def is_reached(organisation_id: Any, today: date) -> ColumnElement[bool]:
    """Tell whether a Party organisation covers an organisation, or an instructor was sent to it."""
    sent = exists().where(
        Assignment.organisation_id == organisation_id, true_on(Assignment, today, None)
    )
    return or_(is_covered(organisation_id, today), sent)


def screened_as(
    organisation_id: Any, today: date, *more: ColumnElement[bool]
) -> ColumnElement[bool]:
    """Tell whether somebody's screening of an organisation holds, and is as told."""
    return exists().where(
        Screening.organisation_id == organisation_id, true_on(Screening, today, None), *more
    )


def looked_since(organisation_id: Any, moment: Any) -> ColumnElement[bool]:
    """Tell whether somebody's finding about an organisation, old or new, was told since a moment."""
    confirmed = exists().where(
        Confirmation.organisation_id == organisation_id,
        Confirmation.learned_at >= moment,
        Confirmation.corrected_at.is_(None),
    )
    found = exists().where(
        Screening.organisation_id == organisation_id,
        Screening.learned_at >= moment,
        Screening.corrected_at.is_(None),
    )
    return or_(confirmed, found)


class Located:
    """Where an organisation operates, if somebody found that out, else where it is registered."""

    def __init__(self, today: date) -> None:
        place, community = aliased(Finding), aliased(Finding)
        self.joined: list[tuple[Any, ColumnElement[bool]]] = [
            (each, and_(each.organisation_id == Organisation.id, each.field == name, held))
            for each, name in (
                (place, "operating_subdistrict_code"),
                (community, "operating_community_code"),
            )
            for held in [true_on(each, today, None)]
        ]
        where = placing.placed(today)
        self.joined.append((where, where.c.organisation_id == Organisation.id))
        #: The sub-district and community of the registered address.
        self.registered = placing.registered(where, Organisation.subdistrict_code)
        self.registered_community = placing.registered_community(
            where, Organisation.__table__.c.subdistrict_code, Organisation.community_code
        )
        #: Where it operates, if that is known apart.
        self.operating = func.coalesce(place.value, where.c.operating_subdistrict_code)
        here = or_(self.operating.is_(None), self.operating == self.registered)
        self.subdistrict = func.coalesce(self.operating, self.registered)
        self.community = func.coalesce(
            community.value,
            case((place.value.is_(None), where.c.operating_community_code)),
            case((here, self.registered_community), else_=None),
        )

    def joined_to(self, query: Select[Any]) -> Select[Any]:
        """Return a query over organisations with what this needs joined to it."""
        for table, condition in self.joined:
            query = query.outerjoin(table, condition)
        return query


def acting(
    kind: str, subdistrict: ColumnElement[Any], community: ColumnElement[Any]
) -> ColumnElement[str]:
    """Return who acts: ``loop.acting`` for the stage a kind opens in."""
    stage = loop.kind(kind).stages[loop.kind(kind).first]
    return case(
        (subdistrict.is_(None), literal(str(loop.acting(stage, None, None)))),
        (community.is_(None), literal(str(loop.acting(stage, "", None)))),
        else_=literal(str(loop.acting(stage, "", ""))),
    )
