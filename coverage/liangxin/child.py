"""How a process of our own with one short piece of work is started."""

import os


def program(module: str) -> str:
    """Return what ``python -c`` runs to call a module's ``main``, with folders of code as arguments.

    It imports from where this program lies, whatever folder it was started in. Of the thousands of
    classes made on the way none is dropped; looking for garbage among them takes a fifth of the time.
    """
    return f"""
import gc, sys
gc.disable()
sys.path[:0] = sys.argv[1:3]
from {module} import main
gc.freeze()
gc.enable()
main()
gc.freeze()
"""


def environment() -> dict[str, str]:
    """Return our own environment, but for the keys to people's data: who calculates needs none."""
    return {name: value for name, value in os.environ.items() if name != "LIANGXIN_KEYS"}
