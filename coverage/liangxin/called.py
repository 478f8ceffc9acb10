"""Whether an organisation is called what somebody typed: one rule for every search. Conditions alone."""

from typing import Any
from unicodedata import normalize

from sqlalchemy import ColumnElement, and_, func, or_, true

from liangxin.schema import Organisation

#: Brackets as they are typed, and as they are compared: registers and offices write either.
_BRACKETS = (("(", "（"), (")", "）"))
#: So many characters of a code say something; fewer are in half of all codes.
LEAST_OF_A_CODE = 6


def words(text: str) -> list[str]:
    """Return what is looked for, each of which a name has to hold.

    >>> words(" 砚池  商贸 ")
    ['砚池', '商贸']
    """
    return normalize("NFKC", text).split()


def holds(column: Any, asked: list[str]) -> ColumnElement[bool]:
    """Whether a column holds every word, whichever brackets it has."""
    each = (_comparable(column, w).contains(bracketed(w), autoescape=True) for w in asked)
    return and_(true(), *each)


def begins(column: Any, asked: list[str]) -> ColumnElement[bool]:
    """Whether a column begins with the first word, whichever brackets it has."""
    first = asked[0]
    found: ColumnElement[bool] = _comparable(column, first).startswith(
        bracketed(first), autoescape=True
    )
    return found


def _comparable(column: Any, word: str) -> Any:
    """A column to be compared with a word: without brackets in it those of the column do not matter.

    To replace them takes as long again as to look for the word, in every name of the register.
    """
    return plain(column) if any(sign in word for pair in _BRACKETS for sign in pair) else column


def this(asked: list[str]) -> ColumnElement[bool]:
    """Whether the name of an organisation holds every word, or its code is or holds the text."""
    return or_(holds(Organisation.name, asked), _of_code(asked))


def code(asked: list[str]) -> str:
    """The code that the text may be, typed with blanks or small letters."""
    return "".join(asked).upper()


def plain(column: Any) -> Any:
    """A column with one kind of brackets."""
    for typed, compared in _BRACKETS:
        column = func.replace(column, typed, compared)
    return column


def bracketed(text: str) -> str:
    """A text with that kind of brackets."""
    for typed, compared in _BRACKETS:
        text = text.replace(typed, compared)
    return text


def _of_code(asked: list[str]) -> ColumnElement[bool]:
    given = code(asked)
    if len(given) < LEAST_OF_A_CODE:
        return Organisation.uscc == given
    return Organisation.uscc.contains(given, autoescape=True)
