"""What goes wrong in a way nobody foresaw: logged under a number, without what was entered."""

import logging
import secrets
import sys
import traceback


def noted(to: logging.Logger) -> str:
    """Log the exception in hand and the way to it, and return the number it is found by.

    What it says is left out: it may quote what somebody entered, or a row.
    """
    number = secrets.token_hex(4)
    error = sys.exception()
    while error is not None:
        way = "".join(traceback.format_tb(error.__traceback__))
        to.error("unexpected error %s: %s\n%s", number, type(error).__name__, way)
        error = error.__cause__ or error.__context__
    return number
