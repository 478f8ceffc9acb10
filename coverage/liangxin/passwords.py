"""Passwords: which may be, and how they are kept. Pure but for the salt.

What may be follows the advice of the field: length and guessing count, composition rules do not.
"""

from collections.abc import Iterable
from functools import cache
from typing import TYPE_CHECKING

from liangxin.errors import Misuse

if TYPE_CHECKING:
    from argon2 import PasswordHasher

SHORTEST, LONGEST = 10, 128
#: Of zxcvbn, 0 to 4: 3 withstands 10^10 guesses, which a stolen table of Argon2id does not see.
STRENGTH = 3
#: What anybody here would try first.
LOCAL_WORDS = (
    "liangxin",
    "dangjian",
    "zuzhibu",
    "wuling",
    "changde",
    "xinjingji",
    "shehui",
    "admin",
)


def require_good(password: str, words: Iterable[str] = ()) -> None:
    """Return if a password may be chosen.

    Args:
        password: as typed.
        words: what is known of whoever chooses it: name, codes.

    Raises:
        Misuse: it is too short, too long, or would be guessed; the reason is named.
    """
    if not SHORTEST <= len(password) <= LONGEST:
        raise Misuse(
            f"密码应为 {SHORTEST} 到 {LONGEST} 个字符。",
            f"a password has {SHORTEST} to {LONGEST} characters.",
        )
    known = [word.lower() for word in (*LOCAL_WORDS, *words) if len(word) > 2]
    rest = password.lower()
    for word in known:
        rest = rest.replace(word, "")
    if len(rest) * 2 < len(password):
        raise Misuse(
            "密码不能主要由账户名或单位名称组成。",
            "a password cannot be mostly the account's or the office's name.",
        )
    from zxcvbn import zxcvbn  # type: ignore[import-untyped]  # noqa: PLC0415 - 40 ms, asked rarely

    if zxcvbn(password[:72], user_inputs=known)["score"] < STRENGTH:
        raise Misuse(
            "密码太容易被猜到（常见密码、键盘顺序、日期或重复）。请用几个不相干的词，或更长的句子。",
            "this password is easily guessed (a common one, a keyboard row, a date, repeats); use "
            "several unrelated words, or a longer sentence.",
        )


def kept(password: str) -> str:
    """Return what is kept of a password: Argon2id with a salt of its own."""
    return str(_hasher().hash(password))


def is_right(password: str, hashed: str | None) -> bool:
    """Tell whether a password is the one that was kept; takes as long for an account without one."""
    from argon2.exceptions import Argon2Error, InvalidHashError  # noqa: PLC0415

    try:
        _hasher().verify(hashed or _nobody(), password[:LONGEST])
    except (Argon2Error, InvalidHashError):
        return False
    return hashed is not None


@cache
def _hasher() -> "PasswordHasher":
    from argon2 import PasswordHasher  # noqa: PLC0415

    # What OWASP advises where memory is short: eight at once take 150 MiB, not half a GiB.
    return PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)


@cache
def _nobody() -> str:
    return kept("nobody's password")
