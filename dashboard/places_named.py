"""Which places an account may be given, and what the places of accounts are called."""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import Connection, or_, select

from dashboard.site import Site
from liangxin import divisions, views
from liangxin.accounts import Known
from liangxin.schema import Division, Organisation

#: Places of more districts are typed as codes.
FEW = 10


def of_site(connection: Connection, site: Site) -> dict[str, str]:
    """Return the sub-districts and communities of the district by code; empty if none is known."""
    districts = _districts(connection, site)
    if not districts:
        return {}
    query = (
        select(Division.code, Division.name)
        .where(
            Division.level.in_(("subdistrict", "community")),
            Division.to_on.is_(None),
            or_(*(Division.code.startswith(each, autoescape=True) for each in districts)),
        )
        .order_by(Division.code)
    )
    return {row.code: row.name for row in connection.execute(query)}


def _districts(connection: Connection, site: Site) -> list[str]:
    """The district of the settings, or of the last run, or those that organisations are in."""
    known = site.settings.district or views.data_district(connection)
    if known:
        return [known]
    query = select(Organisation.district_code).where(Organisation.district_code.is_not(None))
    found = connection.execute(query.distinct().order_by(Organisation.district_code).limit(FEW))
    return [str(code) for code in found.scalars()]


def of(connection: Connection, accounts: Sequence[Known], *, on: date) -> dict[str, str]:
    """Return the names of all places in the scopes of accounts."""
    codes = {code for each in accounts for code in each.scope}
    return divisions.names_ever(connection, codes, on=on)
