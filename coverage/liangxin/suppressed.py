"""``suppression`` as expressions of a query: the lower and the upper end of what may be known of a count.

Each says what the function of ``suppression`` says that it is named after; a test holds it.
"""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, and_, case

from liangxin.suppression import BOTH_FEW, FEWEST, edges
from liangxin.suppression import within as band_of

Ends = tuple[ColumnElement[Any], ColumnElement[Any]]


def sanitised(count: Any) -> Ends:
    """From where to where a count lies; null of null."""
    few = and_(count > 0, count < FEWEST)
    return case((few, 1), else_=count), case((few, FEWEST - 1), else_=count)


def elsewhere(members: Any, out: Any) -> Ends:
    """From where to where the members lie whose relation is elsewhere; null of null."""
    here = members - out
    few_here = and_(here > 0, here < FEWEST)
    both = and_(members == BOTH_FEW, out > 0, out < BOTH_FEW)
    few = and_(members > BOTH_FEW, few_here)
    low, high = sanitised(out)
    return (
        case((both, 1), (few, members - 2), else_=low),
        case((both, BOTH_FEW - 1), (few, members - 1), else_=high),
    )


def within(full_members: Any, asked: Iterable[int]) -> Ends:
    """From where to where full members lie, by the band they are in; null of null."""
    starts = edges(asked)
    low, high = sanitised(full_members)
    bands = [
        (full_members >= start, band_of(start, starts)) for start in sorted(starts, reverse=True)
    ]
    return (
        case(*((inside, band.low) for inside, band in bands), else_=low),
        case(*((inside, band.high) for inside, band in bands), else_=high),
    )
