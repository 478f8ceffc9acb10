"""The validator in a process of its own says what the one beside us says, and its death is told."""

import subprocess
from collections.abc import Iterator

import pytest

from expectations import apart, check
from expectations.check import Gate
from expectations.registrations import RULES
from liangxin.errors import ChecksFailed

COLUMNS = sorted({rule.column for rule in RULES})
#: A kind of row a fault, each alone, and one with the first fault of every column.
KINDS: list[dict[str, str]] = [
    *({rule.column: code} for rule in RULES for code in rule.codes),
    {rule.column: rule.codes[0] for rule in RULES},
]
ASKED = {column: [kind.get(column, "") for kind in KINDS] for column in COLUMNS}


@pytest.fixture(scope="module")
def apart_gate() -> Iterator[Gate]:
    with apart.gate("registrations") as gate:
        yield gate


def test_rules_are_judged_apart_as_they_are_here(apart_gate: Gate) -> None:
    said = apart_gate.judge(RULES, ASKED)
    assert said == check.here(RULES, ASKED)
    assert [len(broken) for broken in said[:-1]] == [1] * (len(KINDS) - 1)


def test_it_answers_again_and_again(apart_gate: Gate) -> None:
    one = {column: [""] for column in COLUMNS}
    assert [apart_gate.judge(RULES, one) for _ in range(3)] == [[[]]] * 3


def test_a_validator_that_dies_is_told_in_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apart, "_START", "raise SystemExit(1)")
    with apart.gate("registrations") as gate, pytest.raises(ChecksFailed, match="没有写入"):
        gate.judge(RULES, ASKED)


def test_the_process_is_gone_when_the_run_is(monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[subprocess.Popen[str]] = []
    real = subprocess.Popen

    def remembered(*args: object, **options: object) -> "subprocess.Popen[str]":
        begun.append(real(*args, **options))  # type: ignore[call-overload]
        return begun[-1]

    monkeypatch.setattr(apart.subprocess, "Popen", remembered)
    with apart.gate("registrations"):
        assert begun[0].poll() is None
    assert begun[0].poll() is not None
