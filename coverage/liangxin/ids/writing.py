"""How people and spreadsheets write a number: what can be mended without loss, and what cannot.

Mended, and told by `repairs`: full-width characters (NFKC), small letters, blanks, quotes and
marks nobody sees. Everything else stays as it was sent and is somebody's to correct: a letter O
may be a nought, but only a person with the paper in hand can know.
"""

import re
from collections.abc import Iterable, Mapping
from unicodedata import normalize

import polars as pl

from liangxin import wording

#: Ranges of blanks, control characters, unseen marks and quotes. Spelled out, because two
#: programs' ideas of a blank differ.
_OUT = (
    (0x00, 0x20),
    (0x7F, 0xA0),
    (0xAD, 0xAD),
    (0x1680, 0x1680),
    (0x2000, 0x200F),
    (0x2028, 0x202F),
    (0x205F, 0x206F),
    (0x3000, 0x3000),
    (0xFEFF, 0xFEFF),
    *((ord(quote), ord(quote)) for quote in "'\"`‘’“”"),
)
_CLASS = "[" + "".join(rf"\x{{{first:x}}}-\x{{{last:x}}}" for first, last in _OUT) + "]"
_NOTHING_LEFT = dict.fromkeys(code for first, last in _OUT for code in range(first, last + 1))

#: What people and programs write where there is nothing, once compacted.
NOTHING = (
    *dict.fromkeys(word.upper() for word in wording.NOTHING),
    *("未知", "未填", "空", "#N/A"),
)
#: Strokes alone say the same.
STROKES = r"^[-/\\—–_.·]+$"
#: A number that a spreadsheet shows by its first digits; what it hides it has mostly lost.
SCIENTIFIC = r"^[0-9](?:\.[0-9]+)?E\+?[0-9]{1,3}$"
#: Anonymised; one cross alone can be a check character.
MASKED = r"\*|[X×✕●■]{4}"
#: Letters that no number of this kind has, and the digit each is easily taken for.
LOOK_ALIKES: Mapping[str, str] = {"I": "1", "O": "0", "S": "5", "Z": "2"}

WIDTH, CASE, BLANKS = "width", "case", "blanks"


def compact(value: pl.Expr) -> pl.Expr:
    """Mend what loses nothing: NFKC; blanks, quotes and unseen marks out; capitals."""
    return value.str.normalize("NFKC").str.replace_all(_CLASS, "").str.to_uppercase()


def compact_column(values: pl.Series) -> pl.Series:
    """Return a column as `compact` would, ``""`` for nulls; quick where little is to mend."""
    values = values.cast(pl.String)
    rest = (~values.str.contains("^[0-9A-Z]+$")).fill_null(value=True)
    if not rest.any():
        return values
    mended = pl.DataFrame({"sent": values.filter(rest)}).select(
        compact(pl.col("sent")).fill_null("")
    )
    return values.scatter(rest.arg_true(), mended.to_series())


def compacted(value: str | None) -> str:
    """Return one value as `compact` would; ``""`` for none."""
    return normalize("NFKC", value or "").translate(_NOTHING_LEFT).upper()


def trim(value: pl.Expr) -> pl.Expr:
    """Like `compact`, but what stands between characters of the number stays."""
    wide = value.str.normalize("NFKC")
    return wide.str.replace_all(f"^{_CLASS}+|{_CLASS}+$", "").str.to_uppercase()


def trimmed(value: str | None) -> str:
    """Return one value as `trim` would; ``""`` for none."""
    out = "".join(map(chr, _NOTHING_LEFT))
    return normalize("NFKC", value or "").strip(out).upper()


def is_nothing(code: pl.Expr) -> pl.Expr:
    """Whether a compacted value says that there is none."""
    return code.is_in(NOTHING) | code.str.contains(STROKES)


def says_nothing(code: str) -> bool:
    """Whether one compacted value says that there is none."""
    return code in NOTHING or re.fullmatch(STROKES, code) is not None


def swap(code: pl.Expr, letters: Mapping[str, str] = LOOK_ALIKES) -> pl.Expr:
    """Put the digits in place of the letters they are taken for."""
    for letter, digit in letters.items():
        code = code.str.replace_all(letter, digit, literal=True)
    return code


def swapped(code: str, letters: Mapping[str, str] = LOOK_ALIKES) -> str:
    """Return one code as `swap` would."""
    return code.translate({ord(letter): digit for letter, digit in letters.items()})


def repairs(raw: pl.Series, codes: pl.Series) -> pl.Series:
    """Tell for each value how its code had to be mended, joined by ``+``; ``""``: not at all.

    Costs one comparison of the columns where nothing was.
    """
    raw = raw.cast(pl.String)
    result = pl.Series([""], dtype=pl.String).new_from_index(0, len(raw))
    other = ((raw != codes) & (codes != "")).fill_null(value=False)
    if not other.any():
        return result
    seen = pl.col("raw").str.replace_all(_CLASS, "")
    narrow = seen.str.normalize("NFKC")
    found = pl.DataFrame({"raw": raw.filter(other)}).select(
        pl.concat_str(
            _if(narrow != seen, WIDTH),
            _if(narrow.str.to_uppercase() != narrow, CASE),
            _if(seen != pl.col("raw"), BLANKS),
        ).str.strip_chars_end("+")
    )
    return result.scatter(other.arg_true(), found.to_series())


def _if(condition: pl.Expr, word: str) -> pl.Expr:
    return pl.when(condition).then(pl.lit(f"{word}+")).otherwise(pl.lit(""))


def repair(value: str) -> str:
    """Tell how one value had to be mended."""
    seen = value.translate(_NOTHING_LEFT)
    narrow = normalize("NFKC", seen)
    if not compacted(value):
        return ""
    found: Iterable[tuple[str, bool]] = (
        (WIDTH, narrow != seen),
        (CASE, narrow.upper() != narrow),
        (BLANKS, seen != value),
    )
    return "+".join(word for word, was in found if was)
