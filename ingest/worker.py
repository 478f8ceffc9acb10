"""Runs sources unattended: asks every minute who is due, lets Huey hand the jobs out, one a source.

A job is a row of the register; its task in the queue only says whose turn it is. So a worker that
dies loses nothing: its lock ends with it, and the next look finds a job that runs and is held by
nobody. A task that comes twice finds its job done, and does nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from ingest import drops, relocating, standing, sync
from ingest.counter import Counter
from ingest.run_report import RunReport
from ingest.sources import Source
from ingest.standing import Standing
from ingest.sync import Desk, Failed, Result
from liangxin import db, forgetting, holds, jobs, queue, rules, signing_in, spells, tasks
from liangxin.days import CHINA
from liangxin.errors import Busy, LiangxinError
from liangxin.jobs import JobView

if TYPE_CHECKING:
    from huey import Huey
    from huey.api import Task

#: Another look may hold a source's lock for a moment.
GLANCE = 2.0


@dataclass(frozen=True, slots=True)
class Patience:
    """How often something that may pass is tried, and how long is waited between."""

    first: float = 60.0  # seconds
    factor: float = 4.0
    attempts: int = 5  # in all, those that ended with their worker too

    def after(self, attempts: int) -> timedelta:
        """How long to wait after so many attempts."""
        return timedelta(seconds=self.first * self.factor ** (attempts - 1))

    @property
    def longest(self) -> timedelta:
        """No job waits longer, unless the clock was set back."""
        return self.after(self.attempts)


@dataclass(slots=True)
class Worker:
    """Works on what is due; ``say`` gets a sentence in Chinese and English of all that happens."""

    desk: Desk
    say: Callable[[str, str], None]
    patience: Patience = field(default_factory=Patience)
    queue: "Huey" = field(init=False)
    counter: Counter = field(init=False)
    _task: Any = field(init=False)

    def __post_init__(self) -> None:
        self.queue = queue.make_queue(self.desk.engine)
        self._task = self.queue.task(context=True, name="work")(self._work)
        self.queue.periodic_task(lambda _: True, name="look")(self.look)
        self.counter = Counter(self.desk, self.queue, self.say, self.patience)

    def run(self) -> None:
        """Work until told to stop; SIGTERM lets the job under way end, SIGINT breaks it off."""
        self.counter.open()
        try:
            self.queue.create_consumer(
                workers=1, worker_type="thread", graceful_signal="TERM", max_delay=1.0
            ).run()
        finally:
            self.counter.close()

    def once(self) -> None:
        """Do what is due and waiting now; what must be tried again later is left for later."""
        self.look()
        for task in self.queue.read_schedule():
            self.queue.enqueue(task)
        while (task := self.queue.dequeue()) is not None:
            self.queue.execute(task)
        self.counter.once()
        self.forget_people()
        self.disable_unused()
        self.tell_places()
        self.tell_spells()
        self.tasks_of_the_day()

    # Who is due.

    def look(self) -> None:
        """Queue what is due and has no job yet, and what was left by a worker that is gone."""
        try:
            standings = self._standings()
            for source in sync.wanted(self.desk, standings):
                self._ask(source)
            self._take_over()
        except LiangxinError as error:  # the database is away: the next look may find it
            self.say(error.zh, error.en)
            return
        self.forget_people()
        self.disable_unused()
        self.tell_places()
        self.tell_spells()
        self.tasks_of_the_day()

    def tell_places(self) -> None:
        """Place addresses by what the register and people's decisions teach, if that changed."""
        try:
            with db.reading(self.desk.engine) as connection:
                busy = jobs.still_open(jobs.listed(connection))
            if not busy:
                relocating.ready(self.desk.engine, self.desk.settings, now=self.desk.clock())
        except LiangxinError as error:  # what was told before stands meanwhile
            self.say(error.zh, error.en)

    def tell_spells(self) -> None:
        """Make what changed quick to ask for, once nothing more is about to change it."""
        try:
            with db.reading(self.desk.engine) as connection:
                busy = jobs.still_open(jobs.listed(connection))
            if not busy:
                spells.ready(self.desk.engine, rules.of(self.desk.settings))
        except LiangxinError as error:  # the facts answer meanwhile
            self.say(error.zh, error.en)

    def tasks_of_the_day(self) -> None:
        """Run the offices' tasks once a day, after the jobs that may still change what is due."""
        now, today = self.desk.clock(), self.desk.today()
        try:
            with db.reading(self.desk.engine) as connection:
                if tasks.ran_on(connection, today) or jobs.still_open(jobs.listed(connection)):
                    return
            with db.writing(self.desk.engine) as connection:
                ran = tasks.run_daily(connection, rules.of(self.desk.settings), today, now)
        except LiangxinError as error:  # a moment's trouble: the next look tries again
            self.say(error.zh, error.en)
            return
        if ran is not None and not ran.is_quiet:
            self.say(*tasks.said(ran))

    def disable_unused(self) -> None:
        """Disable accounts that nobody used for too long, before anybody tries to use them."""
        try:
            now = self.desk.clock()
            with db.reading(self.desk.engine) as connection:
                due = signing_in.is_any_unused(connection, now=now)
            if due:
                with db.writing(self.desk.engine, facts=False) as connection:
                    signing_in.disable_unused(connection, now=now)
        except LiangxinError as error:  # a moment's trouble: the next look tries again
            self.say(error.zh, error.en)

    def forget_people(self) -> None:
        """Delete what is kept of people and whose time is over; no job is waited for."""
        try:
            with db.reading(self.desk.engine) as connection:
                due = forgetting.is_due(connection, self.desk.today())
            if due:
                with db.writing(self.desk.engine) as connection:
                    now = self.desk.clock()
                    forgetting.forget_due(connection, self.desk.today(), now=now)
        except LiangxinError as error:  # a moment's trouble: the next look tries again
            self.say(error.zh, error.en)

    def _standings(self) -> list[Standing]:
        now = self.desk.clock()
        with db.reading(self.desk.engine) as connection:
            found = standing.of_all(connection, self.desk.settings, now=now)
        if any(each.clock_back for each in found):
            with db.writing(self.desk.engine) as connection:
                noticed = standing.notice_clock(connection, found, now=now)
            for name in noticed:
                self.say(
                    f"{name}：系统时钟早于上次同步的时间，可能被拨回。周期从现在起重新计算，请核对系统时间。",
                    f"{name}: the clock stands before its last run; it may have been set back. The "
                    "calendar counts from now on; check the system's time.",
                )
        return found

    def _ask(self, source: Source) -> None:
        """Queue a source, unless it has a job, or failed today at the same thing."""
        now = self.desk.clock()
        with db.writing(self.desk.engine) as connection:
            latest = jobs.latest_of(connection, source.name)
            there = self._there(connection, source)
            if latest is not None and self._is_settled(latest, there):
                return
            job = jobs.ask(connection, source.name, delivery=there, now=now)
        if job is not None:
            self._task(job, source.name)

    def _there(self, connection: Any, source: Source) -> str | None:
        if not source.drop:
            return None
        try:
            waiting = drops.waiting(
                connection,
                source,
                self.desk.settings,
                now=self.desk.clock(),
                today=self.desk.today(),
            )
        except LiangxinError:
            return None
        return drops.one_hash(waiting)

    def _is_settled(self, latest: JobView, there: str | None) -> bool:
        """Whether the same would fail again: the same files, or a publisher again on one day."""
        if latest.state != "failed" or latest.finished_at is None:
            return False
        today = latest.finished_at.astimezone(CHINA).date() == self.desk.today()
        return latest.delivery == there and (there is not None or today)

    def _take_over(self) -> None:
        """Queue open jobs that nobody works on and that the queue does not hold."""
        with db.reading(self.desk.engine) as connection:
            left = jobs.still_open(jobs.listed(connection))
        queued = queue.waiting(self.queue)
        latest = self.desk.clock() + self.patience.longest
        for job in left:
            if job.source.startswith(jobs.ONCE):  # the counter's
                continue
            # One that waits beyond all patience was told a time by a clock that was set back.
            stuck = job.again_at is not None and job.again_at > latest
            if (job.id in queued and not stuck) or not self._is_free(job.source):
                continue
            if job.state == "running":
                self.say(
                    f"{job.source}：进程 {job.worker} 已不在，接手其任务。",
                    f"{job.source}: the process {job.worker} is gone; its job is taken over.",
                )
            self._task(job.id, job.source)

    def _is_free(self, source: str) -> bool:
        try:
            with holds.holding(self.desk.engine, source):
                return True
        except Busy:
            return False

    # One job.

    def _work(self, number: int, name: str, task: "Task") -> None:  # noqa: ARG002 - Huey's own
        """Work on a job, if it is still open and nobody else does."""
        try:
            with holds.holding(self.desk.engine, name, wait=GLANCE):
                again = self._work_alone(number, name)
        except LiangxinError as error:
            self.say(f"{name}：{error.zh}", f"{name}: {error.en}")
            return
        if again is not None:
            from huey import RetryTask  # noqa: PLC0415

            raise RetryTask(delay=again.total_seconds())

    def _work_alone(self, number: int, name: str) -> timedelta | None:
        """Work on a job; return how long to wait before the next attempt, if there is one."""
        with db.reading(self.desk.engine) as connection:
            job = jobs.find(connection, number)
            found = standing.of_all(connection, self.desk.settings, now=self.desk.clock())
        if job is None or job.finished_at is not None:
            return None
        each = next((each for each in found if each.name == name), None)
        if job.attempts >= self.patience.attempts:
            self._close(job, [self._given_up(job)])
            return None
        if each is None or each.source is None:
            error = each.error if each else None
            gone = Failed(name, "数据源文件已不在。", "the source file is gone.")
            self._close(job, [sync.failed(name, error) if error else gone])
            return None
        started, results = sync.begin(
            self.desk,
            each.source,
            as_of=self.desk.today(),
            named=job.delivery == jobs.ASKED,
            watch=queue.telling(self.queue, name),
        )
        queue.tell_progress(self.queue, name, 0)
        trouble = next((r for r in results if isinstance(r, Failed) and r.passing), None)
        if trouble is None or started.attempts >= self.patience.attempts:
            self._close(started, results)
            return None
        wait = self.patience.after(started.attempts)
        at = self.desk.clock() + wait
        with db.writing(self.desk.engine) as connection:
            jobs.try_again(connection, started.id, at=at, zh=trouble.error, en=trouble.error_en)
        self.say(
            f"{name}：{trouble.error} {at.astimezone():%H:%M:%S} 再试。",
            f"{name}: {trouble.error_en} Trying again at {at.astimezone():%H:%M:%S}.",
        )
        return wait

    def _close(self, job: JobView, results: list[Result]) -> None:
        sync.close(self.desk, job, results)
        for each in results:
            if isinstance(each, RunReport):
                self.say(
                    f"{each.source}：批次 {each.run}，{each.rows} 行 = 接收 {each.accepted} + 退回 "
                    f"{each.refused} + 跳过 {each.skipped}；{each.seconds:.1f} 秒。",
                    f"{each.source}: run {each.run}, {each.rows} rows = {each.accepted} accepted + "
                    f"{each.refused} refused + {each.skipped} skipped; {each.seconds:.1f} s.",
                )
            else:
                self.say(f"{each.source}：{each.error}", f"{each.source}: {each.error_en}")

    def _given_up(self, job: JobView) -> Failed:
        said_zh, said_en = job.message_zh or "", job.message_en or ""
        return Failed(
            job.source,
            f"已尝试 {job.attempts} 次未完成，不再自动重试。{said_zh}请检查来件或发布方后用 liangxin sync "
            f"{job.source} 重试。",
            f"begun {job.attempts} times and never ended; it is not tried again by itself. {said_en} "
            f"Look at what was sent, then: liangxin sync {job.source}.",
        )
