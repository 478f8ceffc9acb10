"""Why a rate changed, in parts that sum exactly to the change. Pure.

With ``N/D`` before and after, the change is ``Δr = (ΔN - r̄·ΔD) / D̄``, where ``D̄`` is the mean
of both denominators and ``r̄`` the mean of both shares. That is an identity, so every organisation
has a part of its own that depends on no order: one that became covered gives ``1/D̄``, one that
entered covered ``(1 - r̄)/D̄``, one that entered uncovered takes ``r̄/D̄``, and so on (decision 0016).
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

#: Why an organisation came into a denominator or left it.
Reason = Literal["new", "screened", "status", "class", "basis"]
#: Every cause, in the order in which they are told.
CAUSES = (
    "became_covered",
    "lost_cover",
    "entered_covered",
    "entered_uncovered",
    "left_covered",
    "left_uncovered",
    "class_in_covered",
    "class_in_uncovered",
    "class_out_covered",
    "class_out_uncovered",
    "moved_in_covered",
    "moved_in_uncovered",
    "moved_out_covered",
    "moved_out_uncovered",
    "moved",
)
COMING = ("entered_", "class_in_", "moved_in_")
GOING = ("left_", "class_out_", "moved_out_")


@dataclass(frozen=True, slots=True)
class Move:
    """So many organisations that stood one way before and another way after."""

    organisations: int
    was_in: bool  # in the denominator before
    was_covered: bool
    is_in: bool
    is_covered: bool
    was_at: str | None  # its sub-district before
    is_at: str | None
    reason: Reason | None = None  # why it came in or left; null: it did neither

    def within(self, group: str | None) -> "Move":
        """Return the move as seen from one sub-district: what is elsewhere is out."""
        return Move(
            self.organisations,
            self.was_in and self.was_at == group,
            self.was_covered,
            self.is_in and self.is_at == group,
            self.is_covered,
            self.was_at,
            self.is_at,
            self.reason,
        )


@dataclass(frozen=True, slots=True)
class Part:
    """One cause: how many organisations, and their points (null: there is no change to explain)."""

    cause: str
    organisations: int
    points: Fraction | None  # percentage points
    reasons: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Explained:
    """A change of a rate: both counts, and parts whose points sum to it exactly."""

    code: str | None
    numerator_before: int
    denominator_before: int
    numerator_after: int
    denominator_after: int
    parts: tuple[Part, ...]

    @property
    def points(self) -> Fraction | None:
        """The change in percentage points; null when nothing counted before or nothing does after."""
        before = _share(self.numerator_before, self.denominator_before)
        after = _share(self.numerator_after, self.denominator_after)
        return None if before is None or after is None else (after - before) * 100

    @property
    def came(self) -> int:
        """How many organisations came into the denominator."""
        return sum(part.organisations for part in self.parts if part.cause.startswith(COMING))

    @property
    def went(self) -> int:
        """How many organisations left the denominator."""
        return sum(part.organisations for part in self.parts if part.cause.startswith(GOING))


def explain(moves: Iterable[Move], *, code: str | None = None) -> Explained:
    """Return the parts of a change; organisations that stand as before are in the counts alone.

    Args:
        moves: every organisation that counts before or after, however grouped.
        code: whose change it is.
    """
    moves = [move for move in moves if move.was_in or move.is_in]
    before = sum(move.organisations for move in moves if move.was_in)
    after = sum(move.organisations for move in moves if move.is_in)
    covered = sum(move.organisations for move in moves if move.was_in and move.was_covered)
    now = sum(move.organisations for move in moves if move.is_in and move.is_covered)
    share_before, share_after = _share(covered, before), _share(now, after)
    parts = []
    for cause, some in _by_cause(moves):
        points = None
        if share_before is not None and share_after is not None:
            mean = (share_before + share_after) / 2
            each = _delta(some[0], mean) * 2 / (before + after)
            points = each * 100 * sum(move.organisations for move in some)
        parts.append(Part(cause, sum(move.organisations for move in some), points, _reasons(some)))
    return Explained(code, covered, before, now, after, tuple(parts))


def by_group(moves: Iterable[Move]) -> list[Explained]:
    """Return the change of every sub-district that had or has an organisation, sorted by code."""
    moves = list(moves)
    groups = {move.was_at for move in moves if move.was_in}
    groups |= {move.is_at for move in moves if move.is_in}
    return [
        explain(
            [move.within(group) for move in moves if group in {move.was_at, move.is_at}],
            code=group,
        )
        for group in sorted(groups, key=lambda code: (code is None, code or ""))
    ]


def cause_of(move: Move) -> str | None:
    """Return the cause a move is told under; null: it stands as before."""
    if move.was_in and move.is_in:
        if move.was_covered != move.is_covered:
            return "became_covered" if move.is_covered else "lost_cover"
        return None if move.was_at == move.is_at else "moved"
    if not (move.was_in or move.is_in):
        return None
    covered = move.is_covered if move.is_in else move.was_covered
    end = "covered" if covered else "uncovered"
    if move.reason is None:  # out only because it is, or was, somewhere else
        return f"moved_{'in' if move.is_in else 'out'}_{end}"
    if move.reason == "class":
        return f"class_{'in' if move.is_in else 'out'}_{end}"
    return f"{'entered' if move.is_in else 'left'}_{end}"


def _delta(move: Move, mean: Fraction) -> Fraction:
    """``ΔN - r̄·ΔD`` of one organisation."""
    numerator = int(move.is_in and move.is_covered) - int(move.was_in and move.was_covered)
    return numerator - mean * (int(move.is_in) - int(move.was_in))


def _by_cause(moves: list[Move]) -> Iterator[tuple[str, list[Move]]]:
    told: dict[str, list[Move]] = {}
    for move in moves:
        cause = cause_of(move)
        if cause is not None:
            told.setdefault(cause, []).append(move)
    for cause in CAUSES:
        if cause in told:
            yield cause, told[cause]


def _reasons(moves: list[Move]) -> tuple[tuple[str, int], ...]:
    counted: dict[str, int] = {}
    for move in moves:
        if move.reason is not None:
            counted[move.reason] = counted.get(move.reason, 0) + move.organisations
    return tuple(sorted(counted.items()))


def _share(numerator: int, denominator: int) -> Fraction | None:
    return Fraction(numerator, denominator) if denominator else None
