"""Files that offices hand in at a page: checked by a worker, looked at, corrected, loaded, undone.

The page and the worker share no memory: what either of them knows stands in ``handed_in``, and the
bytes lie in the data folder until the file is loaded or withdrawn. Decision 0027.
"""

from liangxin.handed.acts import (
    answer_columns,
    commit,
    correct,
    hand_in,
    require_run,
    undo_run,
    withdraw,
)
from liangxin.handed.offered import Offered, offered
from liangxin.handed.views import Handed, listed, one

__all__ = [
    "Handed",
    "Offered",
    "answer_columns",
    "commit",
    "correct",
    "hand_in",
    "listed",
    "offered",
    "one",
    "require_run",
    "undo_run",
    "withdraw",
]
