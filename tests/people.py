"""Invented people for tests: born before 1906, with names that stand nowhere else."""

import base64

from sheets import a_resident_id

from liangxin.members import Person
from liangxin.membership import Status

#: Characters too rare to stand in any message, header or list of places.
_FIRST, _SECOND = "龘靐齉爩麤籱灪龖驫鱻", "犇猋骉蟲淼焱垚晶磊鑫"


def a_name(n: int) -> str:
    """The name of the n-th person, three characters, of a thousand."""
    return f"{_FIRST[n // 100 % 10]}{_SECOND[n // 10 % 10]}{_FIRST[n % 10]}"


def a_number(n: int) -> str:
    """The number of the n-th person; all are born from 1890 to 1905."""
    return a_resident_id(n % 998 + 1, born=f"{1890 + n % 16}0505")


def a_person(n: int, status: Status = Status.FULL) -> Person:
    """The n-th person, as a roster names them."""
    return Person(a_name(n), a_number(n), status)


def a_staff_row(n: int, status: str = "群众") -> dict[str, str]:
    """The row of the n-th person on a staff list."""
    return {
        "序号": str(n + 1),
        "姓名": a_name(n),
        "证件号码": a_number(n),
        "政治面貌": status,
        "入职时间": "2020-03-01",
        "婚姻状况": "未婚",
    }


def traces(words: set[str]) -> list[str]:
    """What any of the words looks like in a file: clear, GB18030, UTF-16, hexadecimal, base64.

    Bytes as characters of one byte each, for a search of all of them in one pass.
    """
    found: set[bytes] = set()
    for word in words:
        for encoding in ("utf-8", "gb18030", "utf-16-le", "utf-16-be"):
            raw = word.encode(encoding)
            found |= {raw, raw.hex().encode()}
            for shift in range(3):
                # Without the characters that bytes before and behind decide too.
                whole = base64.b64encode(bytes(shift) + raw)
                found.add(whole[-(-shift * 8 // 6) : (shift + len(raw)) * 8 // 6])
    return sorted(each.decode("latin-1") for each in found)
