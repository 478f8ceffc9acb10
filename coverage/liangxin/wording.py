"""What a cell says before anything reads it: words for "nothing", and one form of a wording. Pure.

Publishers fill an empty cell in many ways, and write one wording with other brackets, commas and
blanks. Every reader asks here, so that a cell that is empty to one is empty to all.
"""

import polars as pl

#: Words that say "nothing was entered", as they are written (compare after NFKC and a trim).
#: ``无`` is one of them, except where a column asks yes or no.
NOTHING = (
    "",
    "nan",
    "NaN",
    "NAN",
    "null",
    "Null",
    "NULL",
    "none",
    "None",
    "NONE",
    "<NA>",
    "N/A",
    "n/a",
    "无",
    "暂无",
    "-",
    "--",
    "—",
    "——",
    "/",
    "\\",
)
#: Marks that no one sees and that are no part of a wording.
UNSEEN = r"[\u{200B}-\u{200F}\u{202A}-\u{202E}\u{2060}\u{FEFF}]"
#: Signs that tell no two wordings apart: blanks, brackets, commas, dashes, quotes. A slash stays:
#: it separates what somebody did not choose between.
_SIGNS = r"[\s\u{200B}-\u{200F}\u{2060}\u{FEFF}()\[\]{}〔〕【】〈〉《》「」,、。;:·\-‐‑–—−_'\"‘’“”]"
#: A cell that starts like this would be run as a formula by a spreadsheet, some also full width.
FORMULA_STARTS = tuple("=+-@\t\r\n＝＋－＠")


def said(text: pl.Expr) -> pl.Expr:
    """Return the text as said: NFKC, trimmed, unseen marks out; null for words of ``NOTHING``."""
    trimmed = text.str.normalize("NFKC").str.replace_all(UNSEEN, "").str.strip_chars()
    return pl.when(~trimmed.is_in(NOTHING)).then(trimmed)


def plain(text: pl.Expr) -> pl.Expr:
    """Normalise a wording for look-up: NFKC, without signs that tell no two apart; ``""`` if null.

    ``有限责任公司（上市、自然人投资或控股）`` and ``有限责任公司(上市,自然人投资或控股)`` are one.
    """
    return text.str.normalize("NFKC").str.replace_all(_SIGNS, "").fill_null("")


def digits(text: pl.Expr) -> pl.Expr:
    """Return the digits of a text that is nothing but a number (``01``, ``1151.0``), else null.

    Such a value means something only in the code book it was taken from.
    """
    return text.str.normalize("NFKC").str.strip_chars().str.extract(r"^([0-9]+)(?:\.0+)?$")


def neutral(cell: str | None) -> str:
    """A cell that no spreadsheet runs: what looks like a formula gets an apostrophe."""
    text = cell or ""
    signed_number = text.startswith(("+", "-")) and text[1:].replace(".", "", 1).isdecimal()
    return "'" + text if text.startswith(FORMULA_STARTS) and not signed_number else text
