"""Settings, read once at an edge and passed down; nothing is read at import.

Order: arguments, then environment ``LIANGXIN_*``, then the TOML file named by
``LIANGXIN_CONFIG`` (or ``liangxin.toml`` in the home folder), then the defaults here.
"""

import os
from pathlib import Path
from typing import Literal

import platformdirs
from pydantic import Field, SecretStr, field_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from liangxin.errors import UnreadableFile


class Settings(BaseSettings):
    """Where things are, and the few numbers an operator may turn."""

    model_config = SettingsConfigDict(
        env_prefix="LIANGXIN_", env_ignore_empty=True, frozen=True, extra="ignore"
    )

    home: Path = Field(default_factory=lambda: platformdirs.user_data_path("liangxin"))
    """Landing, keys, logs and the embedded register."""
    database_url: str = ""
    """SQLAlchemy address; empty means ``register.db`` in the home folder."""
    sources: str = ""
    """Further folders of source files, separated as in PATH; they win over the shipped ones."""
    district: str = ""
    """The 6-digit district this register is for; empty: found from each address."""
    locate_confidence: float = Field(default=0.97, ge=0, le=1)
    """How sure an answer must be before an address that names no sub-district is placed."""
    rule_set: str = ""
    """Name of the rule set that figures use; empty: the newest one shipped."""
    committee: str = ""
    """Commands work as the committee of this sub-district, or of ``all``; else the district office."""
    language: Literal["zh", "en"] = "zh"
    busy_timeout: float = Field(default=5.0, ge=0)
    """Seconds to wait for another process's write to finish."""
    batch_rows: int = Field(default=50_000, ge=1)
    """Rows held in memory at a time while loading."""
    max_file_bytes: int = Field(default=4 * 2**30, ge=1)
    """Largest file read, counted after decompression."""
    max_upload_bytes: int = Field(default=256 * 2**20, ge=1)
    """Largest file that `check` takes while somebody waits for it, unpacked."""
    keys: SecretStr | None = None
    """The district's keys to people's data themselves; else those of the command or the file."""
    keys_command: str = ""
    """A command that prints the district's keys, run without a shell."""
    keys_file: Path | None = None
    """Where the district's keys lie; default ``keys/district.json`` in the home folder."""
    secret_key: SecretStr | None = None
    """Seals second factors of accounts, URL-safe base64 of 32 bytes; else ``keys/web.key``."""
    declare_url: str = ""
    """Address of the declaration pages as phones reach them; empty: that of the page that is asked."""
    contact: str = "liangxin operator (set LIANGXIN_CONTACT)"
    """Whom a publisher may write to about the crawler; part of its user agent."""

    @field_validator("district")
    @classmethod
    def district_is_six_digits(cls, value: str) -> str:
        """Refuse anything but a 6-digit code or nothing."""
        if value and not (len(value) == 6 and value.isascii() and value.isdigit()):
            raise ValueError("a district code has 6 digits, like 430702")
        return value

    @field_validator("committee")
    @classmethod
    def committee_is_nine_digits_or_all(cls, value: str) -> str:
        """Refuse anything but a 9-digit code, the word all, or nothing."""
        if value not in {"", "all"} and not (
            len(value) == 9 and value.isascii() and value.isdigit()
        ):
            raise ValueError("a sub-district code has 9 digits, like 430702001; or write all")
        return value

    @property
    def url(self) -> str:
        """Address of the register's database."""
        return self.database_url or f"sqlite:///{self.home / 'register.db'}"

    @property
    def landing(self) -> Path:
        """Folder of landed bytes."""
        return self.home / "landing"

    @property
    def rules(self) -> Path:
        """Folder of an office's own rule sets."""
        return self.home / "rules"

    @property
    def source_folders(self) -> list[Path]:
        """Folders to look for source files in, besides the shipped ones."""
        return [Path(part) for part in self.sources.split(os.pathsep) if part]

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - no .env: one place less to leak
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments, environment, TOML file; nothing else."""
        named = os.environ.get("LIANGXIN_CONFIG")
        home = (
            init_settings().get("home")
            or os.environ.get("LIANGXIN_HOME")
            or platformdirs.user_data_path("liangxin")
        )
        file = Path(named or Path(home) / "liangxin.toml")
        try:
            if named:
                file.stat()  # one that is named and not there is a mistake, not a default
            toml = TomlConfigSettingsSource(settings_cls, file)
        except (OSError, ValueError) as error:
            raise UnreadableFile(
                f"无法读取设置文件 {file}（{error}）。请检查 LIANGXIN_CONFIG 和 TOML 语法。",
                f"the settings file {file} cannot be read ({error}); check LIANGXIN_CONFIG "
                "and the TOML syntax.",
            ) from error
        return init_settings, env_settings, toml
