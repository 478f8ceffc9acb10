"""What the table of the loop is made of: kinds of task, their stages, the answers these take. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from liangxin.access import Role


@dataclass(frozen=True, slots=True)
class Answer:
    """What an owner may say; ``to`` is the stage it leads to, ``None`` ends the task."""

    zh: str
    en: str
    to: str | None = None
    needs_note: bool = False  # an end without the thing done is explained


@dataclass(frozen=True, slots=True)
class Stage:
    """One owner's turn."""

    owner: Role
    zh: str  # what to do, as an order
    en: str
    answers: Mapping[str, Answer]


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of task; its stages in order, the first is where it opens."""

    zh: str
    en: str
    stages: Mapping[str, Stage]
    about_members: bool = False
    committee_alone: bool = False  # that there is one tells of few, or of single, members
    days: int | None = None  # working days a turn has; None: the rule set's task_days
    #: Stages that end by themselves when the event is gone.
    watched: frozenset[str] = field(default_factory=frozenset)

    @property
    def first(self) -> str:
        """The stage it opens in."""
        return next(iter(self.stages))
