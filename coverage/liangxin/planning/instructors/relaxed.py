"""Linear and small integer programs of unequal hours, for HiGHS. Pure.

What comes out is a start and a suggestion, never a proof: bounds are counted in whole numbers
elsewhere (``lagrange``).
"""

from typing import Any

import highspy
import numpy as np
from numpy.typing import NDArray

from liangxin.planning import solver
from liangxin.planning.distance import Numbers
from liangxin.planning.instructors.lagrange import SCALE, Gap


def worths(gap: Gap) -> Numbers:
    """Return each job's worth in the linear relaxation, in thousandths."""
    model = program(gap, gap.weight <= gap.capacity[:, None], whole=False)
    solver.run(model)
    jobs = gap.cost.shape[1]
    dual = np.array(model.getSolution().row_dual[:jobs])
    usable = dual.size == jobs and bool(np.isfinite(dual).all())
    found: Numbers = np.rint((dual if usable else gap.cost.min(axis=0)) * SCALE).astype(np.int64)
    return found


def settle(gap: Gap, *, nodes: int, seconds: float) -> Numbers | None:
    """Return a good plan of a few jobs, the person of each; null: none was found.

    Args:
        gap: some dozens of jobs.
        nodes: of the search tree at most, so that the same input gives the same plan.
        seconds: at most, should nodes take long.
    """
    people, jobs = gap.cost.shape
    may = gap.weight <= gap.capacity[:, None]
    if not may.any(axis=0).all():
        return None
    model = program(gap, may, whole=True)
    model.setOptionValue("mip_max_nodes", nodes)
    model.setOptionValue("time_limit", seconds)
    model.setOptionValue("mip_abs_gap", 0.99)
    model.setOptionValue("mip_rel_gap", 0.0)
    person, job = np.nonzero(may)
    solver.run(model)
    chosen = np.array(model.getSolution().col_value) > 0.5
    found = np.full(jobs, -1, dtype=np.int64)
    if chosen.size == person.size:
        found[job[chosen]] = person[chosen]
    load = np.zeros(people, dtype=np.int64)
    given = np.flatnonzero(found >= 0)
    np.add.at(load, found[given], gap.weight[found[given], given])
    # Counted again: a solver's "feasible" is within a tolerance.
    return found if given.size == jobs and (load <= gap.capacity).all() else None


def program(gap: Gap, may: NDArray[np.bool_], *, whole: bool) -> Any:
    """Return a HiGHS model of all pairs that may be, of whole jobs or of parts of them."""
    people, jobs = gap.cost.shape
    person, job = np.nonzero(may)
    linear = highspy.HighsLp()
    linear.num_col_, linear.num_row_ = person.size, jobs + people
    linear.col_cost_ = gap.cost[person, job].astype(np.float64)
    linear.col_lower_, linear.col_upper_ = np.zeros(person.size), np.ones(person.size)
    linear.row_lower_ = np.concatenate([np.ones(jobs), np.full(people, -highspy.kHighsInf)])
    linear.row_upper_ = np.concatenate([np.ones(jobs), gap.capacity.astype(np.float64)])
    index = np.empty(2 * person.size, dtype=np.int32)
    index[0::2], index[1::2] = job, jobs + person
    amount = np.ones(2 * person.size)
    amount[1::2] = gap.weight[person, job]
    linear.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    linear.a_matrix_.start_ = np.arange(0, 2 * person.size + 1, 2, dtype=np.int32)
    linear.a_matrix_.index_, linear.a_matrix_.value_ = index, amount
    model = solver.quiet(0)
    model.passModel(linear)
    if whole:
        columns = np.arange(person.size, dtype=np.int32)
        kinds = np.full(person.size, highspy.HighsVarType.kInteger)
        model.changeColsIntegrality(person.size, columns, kinds)
    return model
