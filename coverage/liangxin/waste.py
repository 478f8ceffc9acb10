"""How often Python looks for rings of objects that nobody holds any more.

By itself it does so whenever 700 objects were made (in 3.11), and a page or a command makes hundreds of thousands, hardly
a ring among them. Looking through all that a server keeps takes a third of a second, in which
every visitor waits.
"""

import gc


def seldom() -> None:
    """Look once in 50,000 objects; through those that stay once in 20 million."""
    gc.set_threshold(50_000, 20, 20)


def not_here() -> None:
    """Do not look again through what is there by now: a program's own parts."""
    gc.freeze()
