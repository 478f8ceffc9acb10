"""What a plan moves as a whole: a unit, units locked together, or a branch there is already.

``Ground`` lays the pieces of one sub-district out as arrays, because every later step asks the
same few numbers of hundreds of thousands of groups.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from liangxin.planning.branches.nearness import between
from liangxin.planning.branches.problem import Problem, Standing, Unit

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Piece:
    """Units that stay together, and the branch they join if it is part of the piece."""

    units: tuple[Unit, ...]
    standing: Standing | None = None

    @property
    def ids(self) -> tuple[str, ...]:
        """All ids in it, the branch first."""
        own = (self.standing.id,) if self.standing else ()
        return own + tuple(unit.id for unit in self.units)

    @property
    def size(self) -> int:
        """How many units it brings into a branch."""
        return len(self.units) + (self.standing.units if self.standing else 0)

    @property
    def full_members(self) -> int:
        """Full members it brings into a branch."""
        own = self.standing.full_members if self.standing else 0
        return own + sum(unit.full_members for unit in self.units)

    @property
    def members(self) -> int:
        """All members it brings into a branch."""
        own = self.standing.members if self.standing else 0
        return own + sum(unit.members for unit in self.units)


@dataclass(frozen=True, slots=True)
class Ground:
    """One sub-district: its pieces in order of ids, and what groups of them are judged by."""

    subdistrict: str
    pieces: tuple[Piece, ...]
    size: Ints
    full: Ints
    members: Ints
    waiting: Ints  # units that have no branch if the piece is left
    is_standing: Flags
    within: Ints  # cost among the units of one piece
    pair: Ints  # cost between two pieces
    fits: Flags  # near enough, and nothing forbids the two


def grounds(problem: Problem) -> list[Ground]:
    """Return the sub-districts that have pieces, in order of their codes."""
    by_code: dict[str, list[Piece]] = {}
    for piece in _pieces(problem):
        first = piece.standing or piece.units[0]
        by_code.setdefault(first.spot.subdistrict, []).append(piece)
    return [_ground(problem, code, by_code[code]) for code in sorted(by_code)]


def is_out(unit: Unit, problem: Problem) -> bool:
    """Whether a unit is in no group, whatever else happens."""
    return unit.has_declined or unit.id in problem.locks.alone


def _pieces(problem: Problem) -> Iterator[Piece]:
    units = {unit.id: unit for unit in problem.units if not is_out(unit, problem)}
    standing = {branch.id: branch for branch in problem.standing}
    taken = set().union(*problem.bundles)
    single = [(one,) for one in (*units, *standing) if one not in taken]
    for ids in sorted([*problem.bundles, *single]):
        branch = next((standing[one] for one in ids if one in standing), None)
        piece = Piece(tuple(units[one] for one in ids if one in units), branch)
        if piece.units or _has_room(piece, problem):
            yield piece


def _has_room(piece: Piece, problem: Problem) -> bool:
    return piece.size < problem.limits.units and piece.members < problem.limits.members


def _ground(problem: Problem, code: str, pieces: Sequence[Piece]) -> Ground:
    parts: list[Unit | Standing] = []
    starts = []
    for piece in pieces:
        starts.append(len(parts))
        parts += [piece.standing, *piece.units] if piece.standing else piece.units
    near = between(problem, parts)
    pair = _over(np.add, near.cost, starts)
    within = pair.diagonal() // 2
    is_standing = np.array([piece.standing is not None for piece in pieces], dtype=bool)
    fits = _over(np.maximum, near.metres, starts) <= problem.limits.reach
    fits &= ~(is_standing[:, None] & is_standing[None, :])
    _keep_apart(fits, pieces, problem.locks.apart)
    closed = [set(piece.ids) in problem.locks.whole for piece in pieces]
    fits[closed, :] = fits[:, closed] = False
    np.fill_diagonal(fits, val=False)
    return Ground(
        code,
        tuple(pieces),
        _counts([piece.size for piece in pieces]),
        _counts([piece.full_members for piece in pieces]),
        _counts([piece.members for piece in pieces]),
        _counts([len(piece.units) for piece in pieces]),
        is_standing,
        within,
        pair,
        fits,
    )


def _over(how: np.ufunc, table: Ints, starts: Sequence[int]) -> Ints:
    """Bring a table of parts to one of pieces."""
    if len(starts) == len(table):
        return table
    rows: Ints = how.reduceat(how.reduceat(table, starts, axis=0), starts, axis=1)
    return rows


def _counts(numbers: Sequence[int]) -> Ints:
    return np.array(numbers, dtype=np.int64)


def _keep_apart(fits: Flags, pieces: Sequence[Piece], apart: Sequence[frozenset[str]]) -> None:
    of_id = {one: n for n, piece in enumerate(pieces) for one in piece.ids}
    for locked in apart:
        here = [of_id[one] for one in locked if one in of_id]
        fits[np.ix_(here, here)] = False
