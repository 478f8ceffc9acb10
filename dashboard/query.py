"""What the address of a page asks: which day, which rate. Pure.

The address is the only state of a page, so that it can be sent to a colleague and shows the
same figures there.
"""

import re
from dataclasses import dataclass
from datetime import date
from urllib.parse import parse_qs, urlencode

from dashboard.text import both
from liangxin.errors import Misuse

FIRST_DAY = date(1949, 10, 1)
LAST_DAY = date(2999, 12, 31)
DEFAULT_RATE = "R1"
HOME = "/"
#: What is repeated of a nonsense value, so that a long one does not fill the page.
SHOWN = 40


@dataclass(frozen=True, slots=True)
class Query:
    """The question in an address; ``as_of`` is ``None`` when it names no day."""

    as_of: date | None = None
    rate: str = DEFAULT_RATE


def parse_query(search: object) -> Query:
    """Read what stands after the path (``"?as_of=2022-03-31&rate=R1"``); other keys are ignored.

    Raises:
        Misuse: a key is given twice, or the day is no day between 1949 and 2999.
    """
    text = search.removeprefix("?") if isinstance(search, str) else ""
    try:
        given = parse_qs(text, max_num_fields=50)
    except ValueError:
        raise Misuse(*both("error.bad_request")) from None
    values: dict[str, str] = {}
    for name in ("as_of", "rate"):
        found = given.get(name, [])
        if len(found) > 1:
            raise Misuse(*both("query.twice", name=name))
        values[name] = found[0].strip() if found else ""
    return Query(
        as_of=_parse_day(values["as_of"]) if values["as_of"] else None,
        rate=values["rate"][:SHOWN].upper() or DEFAULT_RATE,
    )


def link(path: str, as_of: date, rate: str) -> str:
    """Return the address of a page that shows a rate on a day."""
    return f"{path}?{urlencode({'as_of': as_of.isoformat(), 'rate': rate})}"


def _parse_day(text: str) -> date:
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        raise Misuse(*both("query.date", value=text[:SHOWN]))
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise Misuse(*both("query.date", value=text)) from None
    if not FIRST_DAY <= day <= LAST_DAY:
        raise Misuse(*both("query.date_range", value=day, first=FIRST_DAY, last=LAST_DAY))
    return day
