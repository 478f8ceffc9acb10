"""Rows that bear a number of the old kind are read as the code a person said it is now."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from sqlalchemy import Connection

from ingest.delivery import DroppedTable
from ingest.landed_parts import LandedPage
from ingest.repairs import Repairs
from ingest.sources import Repair
from liangxin import judgements

if TYPE_CHECKING:
    from ingest.preparing import Part


def known(connection: Connection, parts: "Sequence[Part]") -> "list[Part]":
    """Return the parts of a delivery with what people decided about numbers among their repairs."""
    decided = [
        Repair.model_validate(
            {
                "column": "uscc",
                "from": each.code,
                "to": each.other_code,
                "reason": f"{each.decided_by}判定重新登记：{each.reason}",
            }
        )
        for each in judgements.renumbered(connection)
    ]
    if not decided:
        return list(parts)
    shared: dict[int, Repairs] = {}
    told: list[Part] = []
    for part in parts:
        if isinstance(part, DroppedTable | LandedPage):
            before = part.repairs
            both = shared.setdefault(id(before), Repairs((*before.listed, *decided)))
            told.append(replace(part, repairs=both))
        else:
            told.append(part)
    return told
