"""Figures that were worked out, told again as long as the register is the same.

A figure is kept under the version of the register (``liangxin.versions``) that its own transaction
saw, and under who asked: role, sub-districts and communities. Any change of a fact, in whichever
process, makes another version, under which nothing is kept yet. What was asked for last is then
worked out anew beside the pages (``renew``), so that the next visitor seldom has to wait. What was
true of a register two versions ago is forgotten: nobody asks for it any more.
"""

from collections import OrderedDict, deque
from collections.abc import Callable, Hashable
from contextlib import suppress
from threading import Event, Lock
from typing import Any, TypeVar, cast

from sqlalchemy import Connection, Engine

from liangxin import db, spells, versions
from liangxin.access import Actor
from liangxin.errors import DatabaseUnavailable, LiangxinError
from liangxin.rules import RuleSet

T = TypeVar("T")
Work = Callable[[Connection], Any]
#: So many answers are kept; a figure for one role, scope and day is one of them.
MOST = 400
#: So many questions, those that were asked last, are worked out again after a change.
RENEWED = 24
#: Of so many versions of the register answers are kept: somebody may still read the one before.
VERSIONS = 2
#: So many versions are known to be gone: a reader of one may still be at work.
FORGOTTEN = 16
#: Seconds that a visitor waits for whoever writes; then the facts themselves answer, slower.
PATIENCE = 2.0


class Memory:
    """The answers of one app; those that were asked for longest ago are dropped."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        #: How many answers were worked out so far.
        self.worked = 0
        self._kept: OrderedDict[tuple[str, Hashable, Hashable], Any] = OrderedDict()
        self._versions: deque[str] = deque(maxlen=VERSIONS)
        self._gone: deque[str] = deque(maxlen=FORGOTTEN)
        self._making: dict[Hashable, Lock] = {}
        self._asked: OrderedDict[Hashable, tuple[Actor, Hashable, Work]] = OrderedDict()
        self._lock = Lock()
        self._telling = Lock()
        #: Set when a visitor asks what is not known yet: ``renew`` may begin at the other end.
        self.wanted = Event()

    @property
    def kept(self) -> int:
        """How many answers are kept."""
        return len(self._kept)

    def told(
        self,
        connection: Connection,
        actor: Actor,
        what: Hashable,
        work: Callable[[Connection], T],
    ) -> T:
        """Return what ``work`` comes to, or came to before.

        Args:
            connection: the read transaction that ``work`` is given.
            actor: who asks; what one role or scope was told is never told to another.
            what: everything else that the answer depends on; no clock may be among it.
            work: a function that only reads facts. What it returns is shared: nobody changes it.

        Raises:
            LiangxinError: ``work`` does; nothing is kept then.
        """
        found = cast("T", self._worked_out(connection, actor, what, self._wanted(work)))
        self._note(actor, what, work)
        return found

    def tell_spells(self, engine: Engine, rules: RuleSet) -> bool:
        """Bring the spells up to date, so that a page need not go through the facts of everybody.

        To be called before a page begins to read. What somebody changed a moment ago is told in
        hundredths of a second; of those who come meanwhile one tells, and the others wait for it.

        Returns:
            Whether spells answer now; not, while somebody else writes or the register is away.
        """
        with suppress(LiangxinError):
            with db.reading(engine) as connection:
                if spells.usable(connection, rules):
                    return True
            with self._telling:
                return spells.ready(engine, rules, patience=PATIENCE)
        return False

    def renew(self, engine: Engine) -> int:
        """Work out what was asked for last, as far as it is not known of the register as it is.

        Returns:
            How many answers were worked out.

        What was asked last comes first. If the register changes meanwhile, or a visitor asks what is
        not known, the rest is left to the next call, which begins with what was asked last by then.
        A question that cannot be answered any more is forgotten.

        Raises:
            DatabaseUnavailable: the register is away.
        """
        with self._lock:
            questions = list(self._asked.items())
        before, begun = self.worked, None
        self.wanted.clear()
        for key, (actor, what, work) in reversed(questions):
            try:
                with db.reading(engine) as connection:  # one each: none sees an old register long
                    version = versions.of(connection)
                    begun = begun or version
                    if version != begun or self.wanted.is_set():
                        break
                    self._worked_out(connection, actor, what, work)
            except DatabaseUnavailable:
                raise
            except LiangxinError:
                with self._lock:
                    self._asked.pop(key, None)
        return self.worked - before

    def _wanted(self, work: Work) -> Work:
        def wanted(connection: Connection) -> Any:
            self.wanted.set()
            return work(connection)

        return wanted

    def _note(self, actor: Actor, what: Hashable, work: Work) -> None:
        """Remember a question as the one asked last."""
        key = (_whose(actor), what)
        with self._lock:
            self._asked[key] = (actor, what, work)
            self._asked.move_to_end(key)
            while len(self._asked) > RENEWED:
                self._asked.popitem(last=False)

    def _worked_out(self, connection: Connection, actor: Actor, what: Hashable, work: Work) -> Any:
        version = versions.of(connection)
        if version is None:
            return work(connection)
        key = (version, _whose(actor), what)
        with self._lock:
            making = self._making.setdefault(key, Lock())
        try:
            with making:  # who asks the same at the same time waits for the one answer
                found = self._found(key)
                if found is None:
                    found = (work(connection),)
                    self._keep(key, found)
        finally:
            with self._lock:
                self._making.pop(key, None)
        return found[0]

    def _found(self, key: tuple[str, Hashable, Hashable]) -> tuple[Any] | None:
        with self._lock:
            if key not in self._kept:
                return None
            self._kept.move_to_end(key)
            return cast("tuple[Any]", self._kept[key])

    def _keep(self, key: tuple[str, Hashable, Hashable], found: tuple[Any]) -> None:
        with self._lock:
            self.worked += 1
            if key[0] in self._gone:
                return  # whoever read it so long was the last
            if key[0] not in self._versions:
                if len(self._versions) == VERSIONS:
                    self._gone.append(self._versions[0])
                self._versions.append(key[0])
                for other in [each for each in self._kept if each[0] not in self._versions]:
                    del self._kept[other]
            self._kept[key] = found
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)


def _whose(actor: Actor) -> Hashable:
    """What of an actor decides what it is told."""
    return (actor.role, actor.subdistricts, actor.communities)
