"""Plans where organisations take unequal hours: the problem as a generalised assignment. Pure."""

import numpy as np

from liangxin.errors import Misuse
from liangxin.planning.distance import Numbers
from liangxin.planning.instructors.lagrange import Gap
from liangxin.planning.instructors.permitted import FORBIDDEN, Permitted
from liangxin.planning.instructors.ranks import Weights

#: People × organisations of one plan by hours: some 50 MB an array.
_MOST_CELLS = 6_000_000


def as_gap(permitted: Permitted, weight: Weights) -> Gap:
    """Return the problem with a row for each person to be planned and one for "nobody".

    Raises:
        Misuse: it is too large for one plan.
    """
    people, units = permitted.people, permitted.units
    if (people.size + 1) * units.size > _MOST_CELLS:
        raise Misuse(
            f"{units.size} 个单位 × {people.size} 名人员按工时排定过多。请按街道分别编制。",
            f"{units.size} organisations × {people.size} people are too many for one plan by hours; "
            "plan by sub-district.",
        )
    room = permitted.room[people]
    left_out = weight.unreached + permitted.has_in_force[units] * weight.changes
    cost = np.repeat(left_out[None, :], people.size + 1, axis=0)
    # What may not be takes more hours than there are.
    takes = np.repeat(room[:, None] + 1, units.size, axis=1)
    takes = np.concatenate([takes, np.zeros((1, units.size), dtype=np.int64)])
    row = _places(people, len(permitted.problem.people))
    column = _places(units, len(permitted.problem.units))
    for block in permitted.blocks():
        points = block.points[block.row].T.astype(np.int64)
        may = points != FORBIDDEN
        changed = permitted.has_in_force[block.units][None, :] & (
            permitted.in_force[block.units][None, :] != block.people[:, None]
        )
        at = np.ix_(row[block.people], column[block.units])
        pairs = points * weight.points + changed * weight.changes
        cost[at] = np.where(may, pairs, cost[at])
        takes[at] = np.where(may, permitted.takes[block.units][None, :], takes[at])
    return Gap(cost, takes, np.concatenate([room, [0]]))


def assigned(permitted: Permitted, person: Numbers) -> Numbers:
    """Return the person of every organisation of the problem, or -1; locks included."""
    found = permitted.locked.copy()
    served = person < permitted.people.size
    found[permitted.units[served]] = permitted.people[person[served]]
    return found


def _places(some: Numbers, of: int) -> Numbers:
    place = np.full(of, -1, dtype=np.int64)
    place[some] = np.arange(some.size)
    return place
