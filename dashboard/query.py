"""What the address of a page asks: which day or days, which rate, which sub-district. Pure.

The address is the only state of a page, so that it can be sent to a colleague and shows the
same figures there.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from urllib.parse import parse_qs, urlencode

from dashboard.text import both
from liangxin.errors import Misuse
from liangxin.ids import resident_id

FIRST_DAY = date(1949, 10, 1)
LAST_DAY = date(2999, 12, 31)
DEFAULT_RATE = "R1"
HOME, CHANGE = "/", "/change"
#: What is repeated of a nonsense value, so that a long one does not fill the page.
SHOWN = 40
#: What is read of a filter.
LONGEST = 200


@dataclass(frozen=True, slots=True)
class Query:
    """The question in an address; a day is ``None`` when it names none."""

    as_of: date | None = None
    rate: str = DEFAULT_RATE
    from_on: date | None = None
    to_on: date | None = None
    subdistrict: str = ""
    #: Whatever else the address says: filters of a page of its own, each read where it is used.
    more: Mapping[str, str] = field(default_factory=dict, compare=False)

    @property
    def only(self) -> str:
        """Of a list: only what is late, or late in this way."""
        return self.more.get("only", "")[:SHOWN]

    @property
    def text(self) -> str:
        """What is searched for."""
        return self.more.get("q", "")[:SHOWN]

    @property
    def filter(self) -> str:
        """What the quick filter of a list holds."""
        return self.more.get("f", "")[:SHOWN]

    @property
    def day(self) -> date | None:
        """The day a page shows, or the later one of two."""
        return self.as_of or self.to_on


def parse_query(search: object) -> Query:
    """Read what stands after the path (``"?as_of=2022-03-31&rate=R1"``).

    Raises:
        Misuse: a key is given twice, the day is no day between 1949 and 2999, or what is searched
            for is a person's number.
    """
    text = search.removeprefix("?") if isinstance(search, str) else ""
    try:
        given = parse_qs(text, max_num_fields=50)
    except ValueError:
        raise Misuse(*both("error.bad_request")) from None
    values: dict[str, str] = {}
    for name in ("as_of", "rate", "from", "to", "subdistrict"):
        found = given.pop(name, [])
        if len(found) > 1:
            raise Misuse(*both("query.twice", name=name))
        values[name] = found[0].strip() if found else ""
    if any(map(resident_id.stands_in, (*given.get("q", []), *given.get("f", [])))):
        raise Misuse(*both("search.person"))
    return Query(
        as_of=parse_day(values["as_of"]),
        rate=values["rate"][:SHOWN].upper() or DEFAULT_RATE,
        from_on=parse_day(values["from"]),
        to_on=parse_day(values["to"]),
        subdistrict=values["subdistrict"][:SHOWN],
        more={name[:SHOWN]: found[0].strip()[:LONGEST] for name, found in given.items()},
    )


def link(path: str, as_of: date, rate: str, *, subdistrict: str = "") -> str:
    """Return the address of a page that shows a rate on a day, perhaps of one sub-district."""
    return _address(path, as_of=as_of, rate=rate, subdistrict=subdistrict)


def span_link(path: str, from_on: date, to_on: date, rate: str, *, subdistrict: str = "") -> str:
    """Return the address of a page that compares two days."""
    return _address(path, **{"from": from_on, "to": to_on}, rate=rate, subdistrict=subdistrict)


def _address(path: str, **asked: object) -> str:
    return f"{path}?{urlencode({name: str(value) for name, value in asked.items() if value})}"


def parse_day(text: str) -> date | None:
    """Return the day that a text names; null: it is empty.

    Raises:
        Misuse: it is no day between 1949 and 2999.
    """
    if not text:
        return None
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        raise Misuse(*both("query.date", value=text[:SHOWN]))
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise Misuse(*both("query.date", value=text)) from None
    if not FIRST_DAY <= day <= LAST_DAY:
        raise Misuse(*both("query.date_range", value=day, first=FIRST_DAY, last=LAST_DAY))
    return day
