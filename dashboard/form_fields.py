"""What somebody entered into a form, read or refused with a sentence: a request may hold anything. Pure."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from dashboard.query import SHOWN
from dashboard.text import both
from liangxin.errors import Misuse

#: What the register's numbers can be.
LARGEST = 2**31 - 1
LONGEST = 200


def text(fields: Mapping[str, Any], name: str, *, longest: int = LONGEST) -> str:
    """Return what was typed, without blanks around it; nothing typed is empty.

    Raises:
        Misuse: it is no text, or too long.
    """
    value = fields.get(name)
    if value is None:
        return ""
    if not isinstance(value, str) or len(value) > longest or "\x00" in value:
        raise Misuse(*both("form.bad_text"))
    return value.strip()


def pressed(triggered: Any) -> str:
    """Return which of a page's buttons, whose ids say what they ``do``, was pressed; of nonsense none."""
    do = triggered.get("do") if isinstance(triggered, dict) else None
    return do if isinstance(do, str) else ""


def number(fields: Mapping[str, Any], name: str) -> int:
    """Return a whole number from 0 on.

    Raises:
        Misuse: it is none.
    """
    value = fields.get(name)
    if isinstance(value, str) and value.strip().isascii() and value.strip().isdigit():
        value = int(value.strip()[:12])
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= LARGEST:
        raise Misuse(*both("form.bad_number", value=str(value)[:SHOWN]))
    return value


def day(fields: Mapping[str, Any], name: str, today: date) -> date:
    """Return a day up to today.

    Raises:
        Misuse: it is none, or still to come.
    """
    value = text(fields, name)
    try:
        found = date.fromisoformat(value[:10])
    except ValueError:
        raise Misuse(*both("form.bad_day", value=value[:SHOWN])) from None
    if found > today:
        raise Misuse(*both("form.day_to_come", value=found, today=today))
    return found


def code(fields: Mapping[str, Any], name: str) -> str:
    """Return the code of an organisation, as it was typed or at the end of a chosen line.

    Raises:
        Misuse: nothing was chosen.
    """
    value = text(fields, name)
    if not value:
        raise Misuse(*both("form.no_organisation"))
    return value.split()[-1].upper()
