"""Unified social credit code (统一社会信用代码), GB 32100-2015.

18 characters of 31 (digits and capitals without I, O, S, V, Z): department, category, six
digits of the registering office, nine characters of organisation code (GB 11714), check. The
check value is ``(31 - Σ value × 3^(i-1)) mod 31``. A department or category that the 2015 table
lacks is no fault: later practice uses more (domain notes §1.1), and refusing a good number is
much worse than letting an odd one through.

`read` looks at whole columns, on the raw bytes; `fault` is the same rule for one value.
"""

import numpy as np
import polars as pl
from numpy.typing import NDArray

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)

#: Every way a value can fail to be a code, in the order they are looked for. ``""`` is good.
MISSING = "missing"  # empty, or a word for "none"
#: A number of before 2015: 15 digits whose check holds, or a form that carries no check
#: (13 digits, a co-operative's ``NA`` number, a foreign-invested firm's licence ``企合…字第…号``).
REGISTRATION_NUMBER = "registration_number"
REGISTRATION_NUMBER_CHECK = "registration_number_check"  # 15 digits, but its check digit fails
ORGANISATION_CODE = "organisation_code"  # nine characters of before 2015
SCIENTIFIC = "scientific"  # a spreadsheet has eaten the digits
MASKED = "masked"  # anonymised with x or *
LENGTH = "length"
ALPHABET_FAULT = "alphabet"
CHECK = "check"

_VALUE = np.full(256, 255, dtype=np.uint8)
_VALUE[np.frombuffer(ALPHABET.encode(), dtype=np.uint8)] = np.arange(31, dtype=np.uint8)
_WEIGHTS = np.array(WEIGHTS, dtype=np.uint16)


def compact(value: pl.Expr) -> pl.Expr:
    """Repair what loses nothing: NFKC, blanks, quotes and unseen marks out, capitals."""
    return (
        value.str.normalize("NFKC")
        .str.replace_all(r"[\s'\"`‘’“”\u{200B}-\u{200F}\u{202A}-\u{202E}\u{2060}\u{FEFF}]", "")
        .str.to_uppercase()
    )


def check_character(first17: str) -> str:
    """Return the 18th character for the first 17.

    Raises:
        ValueError: a character is not in the alphabet, or there are not 17.
    """
    if len(first17) != 17:
        raise ValueError(f"17 characters are needed, not {len(first17)}")
    total = sum(ALPHABET.index(c) * w for c, w in zip(first17, WEIGHTS, strict=True))
    return ALPHABET[-total % 31]


def fault(value: str | None) -> str:
    """Return which way one value is wrong; ``""`` if it is a good code (once compacted)."""
    return str(read(pl.Series([value], dtype=pl.String))[1].item())


def read(values: pl.Series) -> tuple[pl.Series, pl.Series]:
    """Return the compacted codes, and for each which way it is wrong (``""``: a good code).

    Values that are good as sent, nearly all of a real register, are looked at once; only the
    others are repaired, looked at again and, if still bad, told apart.
    """
    values = values.cast(pl.String)
    ok = good(values)
    nothing = pl.Series("fault", [""], dtype=pl.String).new_from_index(0, len(values))
    if ok.all():
        return values, nothing
    places = pl.Series(np.flatnonzero(~ok), dtype=pl.UInt32)
    rest = pl.DataFrame({"raw": values.gather(places)}).with_columns(
        code=compact(pl.col("raw")).fill_null("")
    )
    mended = pl.Series(good(rest["code"]))
    rest = rest.with_columns(
        fault=pl.when(mended)
        .then(pl.lit(""))
        .when(_registration_check(rest["code"]))
        .then(pl.lit(REGISTRATION_NUMBER))
        .otherwise(_which("code"))
    )
    return values.scatter(places, rest["code"]), nothing.scatter(places, rest["fault"])


def good(codes: pl.Series) -> NDArray[np.bool_]:
    """Tell for each compacted code whether it is 18 characters with the right check."""
    right = codes.str.len_bytes().fill_null(0).eq(18).to_numpy()
    if not right.any():
        return right
    raw = codes.filter(pl.Series(right)).to_list()
    table = np.frombuffer("".join(raw).encode(), dtype=np.uint8).reshape(-1, 18)
    value = _VALUE[table]
    total = value[:, :17].astype(np.uint16) @ _WEIGHTS
    fine = (value != 255).all(axis=1) & ((total + value[:, 17]) % 31 == 0)
    result = right.copy()
    result[right] = fine
    return result


def inner_check_fails(codes: pl.Series) -> NDArray[np.bool_]:
    """Tell for each good code whether its characters 9-17 fail GB 11714: a warning, no refusal."""
    raw = codes.to_list()
    if not raw:
        return np.zeros(0, dtype=np.bool_)
    table = np.frombuffer("".join(raw).encode(), dtype=np.uint8).reshape(-1, 18)[:, 8:17]
    value = np.where(table >= 65, table - 55, table - 48).astype(np.int16)
    total = value[:, :8] @ np.array((3, 7, 9, 10, 5, 8, 4, 2), dtype=np.int16)
    want = 11 - total % 11
    character = np.where(want == 10, 33, np.where(want == 11, 0, want))
    return np.asarray(character != value[:, 8], dtype=np.bool_)


def _which(column: str) -> pl.Expr:
    """Name the fault of codes known to be neither good nor a good 15-digit number."""
    code = pl.col(column)
    return (
        pl.when(code.is_in(["", "无", "暂无", "NAN", "NULL", "NONE", "-", "/", "—"]))
        .then(pl.lit(MISSING))
        .when(code.str.contains(r"^[0-9](\.[0-9]+)?E\+?[0-9]+$"))
        .then(pl.lit(SCIENTIFIC))
        .when(code.str.contains("^[0-9]{15}$"))
        .then(pl.lit(REGISTRATION_NUMBER_CHECK))
        .when(code.str.contains("^[0-9]{6}N[A-Z][0-9]{6}[0-9X]$|^[0-9]{13}$|^企.+字第[0-9]+号?$"))
        .then(pl.lit(REGISTRATION_NUMBER))
        .when(code.str.contains(r"^[0-9A-Z]{8}-?[0-9X]$"))
        .then(pl.lit(ORGANISATION_CODE))
        .when(code.str.contains(r"\*|X{4}"))
        .then(pl.lit(MASKED))
        .when(code.str.len_chars() != 18)
        .then(pl.lit(LENGTH))
        .when(~code.str.contains(f"^[{ALPHABET}]{{18}}$"))
        .then(pl.lit(ALPHABET_FAULT))
        .otherwise(pl.lit(CHECK))
    )


def _registration_check(codes: pl.Series) -> pl.Series:
    """Tell for each value of 15 digits whether ISO 7064 MOD 11,10 holds (GS 15-2006)."""
    mask = codes.str.contains("^[0-9]{15}$").to_numpy()
    result = np.zeros(len(codes), dtype=np.bool_)
    if mask.any():
        raw = "".join(codes.filter(pl.Series(mask)).to_list()).encode()
        digit = np.frombuffer(raw, dtype=np.uint8).reshape(-1, 15).astype(np.int16) - 48
        p = np.full(len(digit), 10, dtype=np.int16)
        for place in range(14):
            s = (p + digit[:, place]) % 10
            s[s == 0] = 10
            p = 2 * s % 11
        result[mask] = (11 - p) % 10 == digit[:, 14]
    return pl.Series(result)
