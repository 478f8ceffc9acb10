"""What the documents say is what the program does."""

import importlib.util
from pathlib import Path

import pytest
from typer.testing import CliRunner

from dashboard.cli import app

ROOT = Path(__file__).resolve().parents[2]


def test_the_data_dictionary_is_that_of_the_schema() -> None:
    spec = importlib.util.spec_from_file_location("page", ROOT / "docs" / "data_dictionary.py")
    page = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(page)
    assert page.PAGE.read_text(encoding="utf-8") == page.text(), "run docs/data_dictionary.py"


@pytest.mark.parametrize(
    "command", ["load", "check", "sync", "worker", "coverage", "tasks", "divisions load", "serve"]
)
def test_the_readme_shows_commands_that_exist(command: str) -> None:
    assert f"liangxin {command}" in (ROOT / "README.md").read_text(encoding="utf-8")
    result = CliRunner().invoke(app, [*command.split(), "--help"])
    assert result.exit_code == 0
    assert "Example" in result.stdout


def test_every_setting_is_in_the_operators_page() -> None:
    from liangxin.settings import Settings

    page = (ROOT / "docs" / "operate.md").read_text(encoding="utf-8")
    assert [n for n in Settings.model_fields if f"`LIANGXIN_{n.upper()}`" not in page] == []


def test_decisions_are_numbered_without_gaps() -> None:
    numbers = sorted(int(p.name[:4]) for p in (ROOT / "docs" / "decisions").glob("*.md"))
    assert numbers == list(range(1, len(numbers) + 1))
