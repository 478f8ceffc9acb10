"""HiGHS as every plan here uses it: silent, on one thread, and asked whether it ran. Pure."""

from typing import Any

import highspy

# Its public subclass greets on the standard output of whoever asked for JSON.
from highspy._core import _Highs as Solver

from liangxin.errors import PlanRefused


def quiet(seed: int) -> Any:
    """Return an empty model that prints nothing and does the same every time.

    HiGHS keeps one set of threads a process and refuses every later model that asks for another
    number: so all models here ask for one.
    """
    solver = Solver()
    solver.setOptionValue("output_flag", False)
    solver.setOptionValue("threads", 1)
    solver.setOptionValue("random_seed", seed)
    return solver


def run(solver: Any) -> None:
    """Solve as far as the model's limits let it.

    Raises:
        PlanRefused: the solver did not run; what it would say then is not about this model.
    """
    if solver.run() == highspy.HighsStatus.kError:
        raise PlanRefused(
            "求解器没有运行，方案未编制。请重试；再次出现时请告诉维护人员。",
            "the solver did not run, so there is no plan; try again, and report it if it returns.",
        )
