"""Addresses are placed by two processes: the same answers in the same order, whoever gave them."""

import os
import signal
import subprocess
import threading
import time
from collections.abc import Generator, Iterable
from functools import cache

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from taught import HOME, ground, known

from ingest import locate_apart
from ingest.locate.locating import Ground
from ingest.locate_apart import Placing, Question

SECONDS = 120


@cache
def asked() -> pl.Series:
    """Addresses of a district without the sub-district's name, blanks and repeats among them."""
    bare = known()["address"].str.replace("沅.街道", "").head(300)
    strange = pl.Series(["", None, "武陵区芙蓉街道甲路1号", bare[0]], dtype=pl.String)
    return pl.concat([bare.rename("at"), strange.rename("at")])


@cache
def question() -> Question:
    return Question(ground(), None, HOME, 0.5)


@cache
def answers() -> pl.DataFrame:
    return question().answer(asked())


def cut(sizes: Iterable[int]) -> list[pl.DataFrame]:
    """The addresses in batches of these sizes, the rest in one more."""
    frame, batches, at = asked().to_frame(), [], 0
    for size in sizes:
        batches.append(frame.slice(at, size))
        at += size
    return [*(each for each in batches if each.height), frame.slice(min(at, frame.height))]


def placed(placing: Placing, batches: list[pl.DataFrame]) -> pl.DataFrame:
    both = list(placing.each(batches, "at"))
    assert pl.concat([batch for batch, _ in both])["at"].equals(asked())
    assert all(batch.height == found.height for batch, found in both)
    return pl.concat([found for _, found in both])


def until_ready(placing: Placing) -> int:
    """Have the other process started; its number."""
    list(placing.each([asked().head(1).to_frame()], "at"))
    ends = time.monotonic() + SECONDS
    while placing.beside is None:
        assert time.monotonic() < ends, "the other process does not start"
        time.sleep(0.02)
    return placing.beside


@pytest.fixture(scope="module")
def two() -> Generator[Placing]:
    with Placing(question(), cores=2, worth=1) as placing:
        until_ready(placing)
        yield placing


@given(st.lists(st.integers(1, 120), max_size=12))
@settings(deadline=None)
def test_any_split_over_two_processes_gives_the_same_frame(two: Placing, sizes: list[int]) -> None:
    assert placed(two, cut(sizes)).equals(answers(), null_equal=True)
    assert two.beside is not None  # nobody fell back


def test_what_both_find_has_the_same_columns_and_types(two: Placing) -> None:
    frames = [found for _, found in two.each(cut([20] * 15), "at")]
    assert {str(frame.schema) for frame in frames} == {str(answers().schema)}


def test_the_other_process_is_given_work(two: Placing, monkeypatch: pytest.MonkeyPatch) -> None:
    here: list[int] = []
    monkeypatch.setattr(
        Question, "answer", lambda self, rows: here.append(rows.len()) or _answer(self, rows)
    )
    assert placed(two, cut([20] * 15)).equals(answers(), null_equal=True)
    assert sum(here) < asked().len()


_answer = Question.answer


def test_a_process_that_is_killed_in_the_middle_loses_no_row() -> None:
    with Placing(question(), cores=2, worth=1) as placing:
        number = until_ready(placing)
        os.kill(number, signal.SIGSTOP)  # it has rows, and no answer yet
        killing = threading.Timer(0.5, os.kill, (number, signal.SIGKILL))
        killing.start()
        assert placed(placing, cut([20] * 15)).equals(answers(), null_equal=True)
        killing.join()
        assert placing.beside is None
        assert placed(placing, cut([50] * 5)).equals(answers(), null_equal=True)


def test_a_process_that_is_killed_while_it_waits_loses_no_row() -> None:
    with Placing(question(), cores=2, worth=1) as placing:
        os.kill(until_ready(placing), signal.SIGKILL)
        assert placed(placing, cut([20] * 15)).equals(answers(), null_equal=True)


def test_where_no_process_can_be_started_all_is_placed_here(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refused(*_: object, **__: object) -> None:
        raise OSError(12, "Cannot allocate memory")

    monkeypatch.setattr(subprocess, "Popen", refused)
    with Placing(question(), cores=2, worth=1) as placing:
        for _ in range(3):
            assert placed(placing, cut([60] * 5)).equals(answers(), null_equal=True)
        assert placing.beside is None


@pytest.mark.parametrize(
    ("cores", "worth"), [pytest.param(1, 1, id="one core"), pytest.param(2, 10_000, id="few rows")]
)
def test_one_core_or_few_rows_start_no_process(
    monkeypatch: pytest.MonkeyPatch, cores: int, worth: int
) -> None:
    monkeypatch.setattr(subprocess, "Popen", lambda *_, **__: pytest.fail("a process was started"))
    with Placing(question(), cores=cores, worth=worth) as placing:
        assert placed(placing, cut([60] * 5)).equals(answers(), null_equal=True)


@pytest.mark.parametrize("is_ready", [True, False])
def test_a_run_that_is_broken_off_leaves_no_process(*, is_ready: bool) -> None:
    numbers: list[int] = []

    def broken_off() -> None:
        with Placing(question(), cores=2, worth=1) as placing:
            if is_ready:
                numbers.append(until_ready(placing))
            for _ in placing.each(cut([20] * 15), "at"):
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        broken_off()
    for number in numbers:
        with pytest.raises(ProcessLookupError):
            os.kill(number, 0)


def test_what_fails_here_fails_though_the_other_process_was_asked(two: Placing) -> None:
    with pytest.raises(pl.exceptions.ColumnNotFoundError):
        list(two.each([pl.DataFrame({"other": ["a"]})], "at"))


def test_the_other_process_has_one_thread_and_no_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    asked_for: dict[str, str] = {}

    def seen(*_: object, env: dict[str, str], **__: object) -> None:
        asked_for.update(env)
        raise OSError(12, "no")

    monkeypatch.setenv("LIANGXIN_KEYS", "invented")
    monkeypatch.setattr(subprocess, "Popen", seen)
    locate_apart._Other(Question(Ground(*[pl.DataFrame()] * 2))).start()  # type: ignore[arg-type]
    assert asked_for["POLARS_MAX_THREADS"] == "1"
    assert "LIANGXIN_KEYS" not in asked_for
