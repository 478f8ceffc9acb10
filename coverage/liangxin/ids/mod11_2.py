"""ISO 7064 MOD 11-2, the check of numbers with a birth date (GB 11643-1999).

Seventeen digits and a check of ``0-9X`` (X is ten), so that the sum of all eighteen, each times
its weight, leaves 1. The weights are powers of two modulo 11 and repeat after ten places. So
every substitution is caught, and every swap of two unlike characters unless they stand exactly
ten places apart; neighbours never do.
"""

WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
CHARACTERS = "0123456789X"


def check_character(first17: str) -> str:
    """Return the 18th character for the first 17.

    Raises:
        ValueError: these are not 17 digits.
    """
    if len(first17) != 17 or not (first17.isascii() and first17.isdigit()):
        raise ValueError(f"17 digits are needed, not {len(first17)} characters")
    total = sum(int(digit) * weight for digit, weight in zip(first17, WEIGHTS, strict=True))
    return CHARACTERS[(1 - total) % 11]
