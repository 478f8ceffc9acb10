"""Which places an account may be given, and what the places of accounts are called."""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import Connection, select

from dashboard.site import Site
from liangxin import divisions, views
from liangxin.accounts import Known
from liangxin.schema import Division


def of_site(connection: Connection, site: Site) -> dict[str, str]:
    """Return the sub-districts and communities of the district by code; empty if none is known."""
    district = site.settings.district or views.data_district(connection)
    if not district:
        return {}
    query = (
        select(Division.code, Division.name)
        .where(
            Division.level.in_(("subdistrict", "community")),
            Division.to_on.is_(None),
            Division.code.startswith(district, autoescape=True),
        )
        .order_by(Division.code)
    )
    return {row.code: row.name for row in connection.execute(query)}


def of(connection: Connection, accounts: Sequence[Known], *, on: date) -> dict[str, str]:
    """Return the names of all places in the scopes of accounts."""
    codes = {code for each in accounts for code in each.scope}
    found = divisions.names(connection, codes, on=on)
    return found | divisions.gone(connection, codes - found.keys(), on=on)
