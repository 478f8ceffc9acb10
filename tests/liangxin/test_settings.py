"""Arguments, then environment, then the TOML file, then defaults."""

import os
from pathlib import Path

import platformdirs
import pytest
from pydantic import ValidationError

from liangxin.errors import UnreadableFile
from liangxin.settings import Settings


@pytest.fixture(autouse=True)
def a_home(monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    monkeypatch.setenv("LIANGXIN_HOME", str(home))


def write(file: Path, text: str) -> Path:
    file.write_text(text, encoding="utf-8")
    return file


def test_defaults_are_an_embedded_register_in_the_users_data_folder(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("LIANGXIN_HOME")
    settings = Settings()
    folder = platformdirs.user_data_path("liangxin")
    assert settings.home == folder
    assert settings.url == f"sqlite:///{folder / 'register.db'}"
    assert settings.landing == folder / "landing"
    assert (settings.district, settings.language, settings.source_folders) == ("", "zh", [])


def test_the_environment_is_read(monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    monkeypatch.setenv("LIANGXIN_DATABASE_URL", "postgresql://someone@host/register")
    monkeypatch.setenv("LIANGXIN_DISTRICT", "430702")
    monkeypatch.setenv("LIANGXIN_BUSY_TIMEOUT", "0.5")
    settings = Settings()
    assert settings.home == home
    assert settings.url == "postgresql://someone@host/register"
    assert (settings.district, settings.busy_timeout) == ("430702", 0.5)


def test_an_empty_variable_is_one_that_is_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HOME", "CONFIG", "DATABASE_URL", "BUSY_TIMEOUT", "LANGUAGE"):
        monkeypatch.setenv(f"LIANGXIN_{name}", "")
    assert Settings() == Settings(home=platformdirs.user_data_path("liangxin"))


def test_the_file_in_the_home_folder_is_read(home: Path) -> None:
    write(home / "liangxin.toml", 'district = "430702"\nlanguage = "en"\nbatch_rows = 10\n')
    settings = Settings()
    assert (settings.district, settings.language, settings.batch_rows) == ("430702", "en", 10)


def test_the_file_of_a_home_given_as_argument_is_read(home: Path, tmp_path: Path) -> None:
    write(home / "liangxin.toml", 'district = "430702"\n')
    other = tmp_path / "other"
    other.mkdir()
    assert Settings(home=other).district == ""
    write(other / "liangxin.toml", 'district = "999999"\n')
    assert Settings(home=other).district == "999999"


def test_the_file_named_by_the_environment_is_read_instead(
    monkeypatch: pytest.MonkeyPatch, home: Path
) -> None:
    write(home / "liangxin.toml", 'district = "430702"\n')
    named = write(home / "设置.toml", 'district = "999999"\n')
    monkeypatch.setenv("LIANGXIN_CONFIG", str(named))
    assert Settings().district == "999999"


def test_arguments_beat_the_environment_beats_the_file(
    monkeypatch: pytest.MonkeyPatch, home: Path
) -> None:
    write(home / "liangxin.toml", 'district = "000001"\nlanguage = "en"\nbusy_timeout = 1\n')
    monkeypatch.setenv("LIANGXIN_DISTRICT", "000002")
    monkeypatch.setenv("LIANGXIN_BUSY_TIMEOUT", "2")
    settings = Settings(busy_timeout=3)
    assert (settings.busy_timeout, settings.district, settings.language) == (3, "000002", "en")


def test_a_file_that_is_no_toml_is_explained(home: Path) -> None:
    write(home / "liangxin.toml", "district = 430702 武陵\n")
    with pytest.raises(UnreadableFile, match=r"settings file .*liangxin\.toml cannot be read"):
        Settings()


def test_a_named_file_that_is_not_there_is_explained(
    monkeypatch: pytest.MonkeyPatch, home: Path
) -> None:
    monkeypatch.setenv("LIANGXIN_CONFIG", str(home / "none.toml"))
    with pytest.raises(UnreadableFile, match=r"none\.toml cannot be read") as refused:
        Settings()
    assert "LIANGXIN_CONFIG" in refused.value.zh


@pytest.mark.parametrize("code", ["43070", "4307021", "43070X", "武陵武陵武陵", "４３０７０２"])
def test_a_district_that_is_not_six_digits_is_refused(code: str) -> None:
    with pytest.raises(ValidationError, match="a district code has 6 digits"):
        Settings(district=code)


@pytest.mark.parametrize(
    ("name", "value"),
    [("busy_timeout", -1), ("batch_rows", 0), ("max_file_bytes", 0), ("language", "fr")],
)
def test_a_number_or_language_that_makes_no_sense_is_refused(name: str, value: object) -> None:
    with pytest.raises(ValidationError, match=name):
        Settings(**{name: value})


def test_further_source_folders_are_separated_as_in_path(home: Path) -> None:
    folders = [home / "a", home / "b"]
    assert Settings(sources=os.pathsep.join(map(str, folders))).source_folders == folders


def test_settings_do_not_change(home: Path) -> None:
    with pytest.raises(ValidationError, match="frozen"):
        Settings().district = "430702"  # type: ignore[misc]
