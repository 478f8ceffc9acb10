"""Builders of identity numbers that mean nobody: birth years before 1906, check characters
worked out with another library than the program's own arithmetic.
"""

from datetime import date

from hypothesis import strategies as st
from stdnum.iso7064 import mod_11_2, mod_11_10

#: Of any living person it is sure that none of these is theirs.
BIRTHS = st.dates(date(1880, 1, 1), date(1905, 12, 31))
PLACES = st.text("0123456789", min_size=5, max_size=5)
SEQUENCES = st.integers(1, 999).map("{:03d}".format)


def whole(first17: str) -> str:
    """Return 17 digits with the check of GB 11643."""
    return first17 + mod_11_2.calc_check_digit(first17)


def a_registration_number(first14: str) -> str:
    """Return 14 digits with the check of GS 15-2006."""
    return first14 + mod_11_10.calc_check_digit(first14)


def numbers(starts: str) -> st.SearchStrategy[str]:
    """Good numbers of 18 characters that begin with one of some digits."""
    return st.tuples(st.sampled_from(starts), PLACES, BIRTHS, SEQUENCES).map(
        lambda parts: whole(f"{parts[0]}{parts[1]}{parts[2]:%Y%m%d}{parts[3]}")
    )


RESIDENT_IDS = numbers("12345678")
PERMITS = st.tuples(st.sampled_from(("810000", "820000", "830000")), BIRTHS, SEQUENCES).map(
    lambda parts: whole(f"{parts[0]}{parts[1]:%Y%m%d}{parts[2]}")
)
NEW_CARDS = numbers("9")

#: Characters that every Unicode this runs on knows alike.
TEXT = st.text(st.characters(exclude_categories=("Cs", "Cn", "Co")), max_size=20)
#: What a person or a program may do to a number.
MISWRITTEN = (
    str.lower,
    lambda code: f" {code}\u3000",
    lambda code: f"{code[:6]} {code[6:]}",
    lambda code: f"'{code}",
    lambda code: f"\ufeff{code}\u200b",
    lambda code: "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in code),
    lambda code: code[:-1],
    lambda code: code + "0",
    lambda code: code.replace("0", "O"),
    lambda code: code.replace("1", "l", 1),
    lambda code: code[:-3] + "000",
    lambda code: code[:6] + "********" + code[14:],
    lambda code: code[:3] + code[4:5] + code[3:4] + code[5:],
    lambda code: code[::-1],
    lambda code: f"{code[:8]}-{code[8:]}",
    lambda code: code[:6] + code[8:17],
)


def damaged(good: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Good numbers, some written otherwise."""
    return st.one_of(
        good, st.tuples(good, st.sampled_from(MISWRITTEN)).map(lambda pair: pair[1](pair[0]))
    )


def anything(good: st.SearchStrategy[str]) -> st.SearchStrategy[str | None]:
    """Whatever a cell may hold where such a number should be."""
    return st.one_of(
        st.none(),
        TEXT,
        st.text("0123456789X", max_size=20),
        st.text("0123456789ABCEGHIMOPSXZ*-.E+无() ", max_size=20),
        st.text("0123456789", min_size=15, max_size=15),
        damaged(good),
    )
