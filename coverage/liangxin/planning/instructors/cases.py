"""A proof by cases that no plan by hours costs less than an aim. Pure.

The first case is every plan. The worths of a case rule pairs out, those with which no plan can cost
less than the aim. Where a job is left with nobody, the case is closed. Else it names a job, and each
person who may still take that job makes a further case. ``cases_checker`` recounts all of it.
"""

from dataclasses import dataclass

import numpy as np

from liangxin.planning.distance import Numbers


@dataclass(frozen=True, slots=True)
class Cases:
    """All cases; the first is every plan, and each comes after the one it is part of."""

    aim: int  # in units of cost: no plan costs less
    worth: Numbers  # cases × jobs, in thousandths
    job: Numbers  # cases: the job that tells the parts of a case apart; -1: it is closed
    parent: Numbers  # cases: what each is part of; -1: every plan
    person: Numbers  # cases: who takes the parent's job; -1: every plan


class Record:
    """Cases while they are looked for."""

    def __init__(self) -> None:
        self._worth: list[Numbers] = []
        self._job: list[int] = []
        self._parent: list[int] = []
        self._person: list[int] = []

    def __len__(self) -> int:
        return len(self._job)

    def add(self, parent: int, person: int) -> int:
        """Return the number of a new case, a part of an earlier one."""
        self._worth.append(np.empty(0, dtype=np.int64))
        self._job.append(-1)
        self._parent.append(parent)
        self._person.append(person)
        return len(self._job) - 1

    def note(self, case: int, worth: Numbers, job: int) -> None:
        """Say what each job is worth in a case, and which one tells its parts apart (-1: closed)."""
        self._worth[case], self._job[case] = worth, job

    def cases(self, aim: int) -> Cases:
        """Return the proof, every case noted."""
        return Cases(
            aim,
            np.stack(self._worth),
            np.array(self._job, dtype=np.int64),
            np.array(self._parent, dtype=np.int64),
            np.array(self._person, dtype=np.int64),
        )
