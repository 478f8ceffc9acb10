"""Where somebody found an organisation to operate: a place that there is, and that lies where it is tracked."""

from datetime import date

from sqlalchemy import Connection, select

from liangxin import divisions, party
from liangxin.errors import Misuse
from liangxin.schema import Division, Grid

SUBDISTRICT, COMMUNITY, GRID = "operating_subdistrict_code", "operating_community_code", "grid_code"


def require(
    connection: Connection, organisation_id: int, field: str, value: str, *, on: date
) -> None:
    """Return if a finding is about no place, or names one that an organisation can be at.

    What no list was loaded of cannot be looked up, and is believed.

    Args:
        connection: a transaction.
        organisation_id: of whom it is said.
        field: of ``findings``.
        value: as ``findings.require`` returned it.
        on: from which day.

    Raises:
        Misuse: there is no such sub-district, community or grid that day, or the community does not
            lie in the sub-district that tracks the organisation.
    """
    if field == SUBDISTRICT:
        _require_listed(connection, "subdistrict", value, on)
    elif field == COMMUNITY:
        _require_listed(connection, "community", value, on)
        _require_inside(connection, organisation_id, value, on)
    elif field == GRID:
        _require_grid(connection, value, on)


def _require_listed(connection: Connection, level: str, code: str, on: date) -> None:
    """Sub-districts are listed for the whole country, communities for whole sub-districts."""
    if level == "community":
        around = select(Division.id).where(
            Division.level == level, Division.code.startswith(code[:9])
        )
        if connection.execute(around.limit(1)).first() is None:
            return
    if divisions.names(connection, {code}, on=on):
        return
    ended = divisions.ended(connection, code, on=on)
    if ended is not None:
        raise Misuse(
            f"{ended[0]}（{code}）自 {ended[1]} 起已撤并。请填写现在的代码。",
            f"{ended[0]} ({code}) ended on {ended[1]}; give the code of today.",
        )
    zh, en = (
        ("街道（镇、乡）", "sub-district")
        if level == "subdistrict"
        else ("社区（村）", "community")
    )
    raise Misuse(
        f"区划表中没有代码为 {code} 的{zh}。请核对代码，或先用 liangxin divisions load 导入区划。",
        f"no list of divisions has the {en} {code}; check the code, or load the list with liangxin "
        "divisions load.",
    )


def _require_inside(connection: Connection, organisation_id: int, code: str, on: date) -> None:
    parent = select(Division.parent_code).where(
        Division.code == code, Division.level == "community"
    )
    above = connection.execute(parent.order_by(Division.id.desc())).scalar() or code[:9]
    tracked = party.tracked_in(connection, [organisation_id], on=on)[organisation_id]
    if tracked != above:
        raise Misuse(
            f"社区 {code} 属于街道 {above}，该单位由 {tracked or '（尚无街道）'} 跟踪。"
            f"请先用同一日期记录 {SUBDISTRICT}。",
            f"the community {code} is of {above}, and the organisation is tracked in "
            f"{tracked or 'no sub-district yet'}; record {SUBDISTRICT} of the same day first.",
        )


def _require_grid(connection: Connection, code: str, on: date) -> None:
    if connection.execute(select(Grid.id).limit(1)).first() is None:
        return
    there = select(Grid.id).where(
        Grid.code == code, Grid.from_on <= on, Grid.to_on.is_(None) | (Grid.to_on > on)
    )
    if connection.execute(there).first() is None:
        raise Misuse(
            f"网格清单中没有编码 {code}。请核对编码，或先用 liangxin grids load 导入网格。",
            f"no list of grids has the code {code}; check it, or load the list with liangxin grids load.",
        )
