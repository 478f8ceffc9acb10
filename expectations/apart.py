"""The validator in a process of its own, so that a run reads and writes while it is imported.

Its import is three seconds of computing; beside a run, in the same process, it takes them from
the run. Apart it has the other core, and its 260 MiB go when the run ends. A file in which
nothing is wrong asks it nothing and does not wait for it.
"""

import json
import subprocess
import sys
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Lock

from expectations.check import Gate
from expectations.rule import Rule
from liangxin import child
from liangxin.errors import ChecksFailed

_START = child.program("expectations.validator")


@contextmanager
def gate(kind: str, *, at_once: bool = True) -> Generator[Gate]:
    """The gate of a kind of file, judged apart; the process is gone when this ends.

    Args:
        kind: of the file.
        at_once: start the process now; else when it is woken or asked, for files that mostly have
            nothing wrong in them.
    """
    apart = _Apart()
    if at_once:
        apart.wake()
    try:
        yield Gate(kind, judge=apart)
    finally:
        apart.end()


class _Apart:
    """Judges by asking the process."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None
        self._starting = Lock()

    def wake(self) -> "subprocess.Popen[str]":
        """Start the process, if it is not there; its import goes on beside everything else."""
        with self._starting:
            if self._process is None:
                root = Path(__file__).resolve().parent.parent
                # The interpreter itself and a constant program; no shell.
                self._process = subprocess.Popen(  # noqa: S603
                    [sys.executable, "-c", _START, str(root), str(root / "coverage")],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.DEVNULL,
                    text=True,
                    encoding="utf-8",
                    env=child.environment() | {"PYTHONIOENCODING": "utf-8"},
                )
            return self._process

    def end(self) -> None:
        """End the process, if there is one."""
        if self._process is not None:
            self._process.kill()
            with self._process:
                pass

    def __call__(
        self, rules: Sequence[Rule], kinds: Mapping[str, Sequence[str | None]]
    ) -> list[list[str]]:
        """Return for each kind of row the names of the rules it breaks.

        Raises:
            ChecksFailed: the process is gone.
        """
        asked = [[rule.name, rule.why, rule.column, list(rule.codes)] for rule in rules]
        process = self.wake()
        to, back = process.stdin, process.stdout
        assert to is not None  # noqa: S101 - both pipes were asked for
        assert back is not None  # noqa: S101
        try:
            to.write(json.dumps({"rules": asked, "kinds": kinds}) + "\n")
            to.flush()
            answer = back.readline()
        except OSError:
            answer = ""
        if not answer:
            raise ChecksFailed(
                "校验程序中途退出，可能内存不足；没有写入任何内容。请关闭其他程序后重试。",
                "the checking process ended half way, perhaps for lack of memory; nothing was "
                "written. Close other programs and try again.",
            )
        broken: list[list[str]] = json.loads(answer)["broken"]
        return broken
