"""Tasks in the register: opened by events, handed on by answers, closed by facts, and never nagging.

What a task asks for and where an answer leads stands in ``liangxin.loop``; this package is what
the register does with it. Decision 0017.
"""

from liangxin.tasks.answers import Answered, answer, open_one, screened, sighted
from liangxin.tasks.daily import Ran, open_due, open_for, ran_on, run, run_daily, said, tick
from liangxin.tasks.held import Held, count, held, opens_offices
from liangxin.tasks.views import Said, StepView, TaskView, get, listed, steps

__all__ = [
    "Answered",
    "Held",
    "Ran",
    "Said",
    "StepView",
    "TaskView",
    "answer",
    "count",
    "get",
    "held",
    "listed",
    "open_due",
    "open_for",
    "open_one",
    "opens_offices",
    "ran_on",
    "run",
    "run_daily",
    "said",
    "screened",
    "sighted",
    "steps",
    "tick",
]
