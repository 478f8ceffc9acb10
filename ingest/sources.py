"""Sources as data: one TOML file a source says who publishes, how, and what its columns mean.

A wrong source file is an error of its own, naming file and key; nothing is guessed.
"""

import tomllib
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from ingest import headers
from ingest.normalise import FIELDS
from liangxin.access import Role
from liangxin.errors import UnknownSource

if TYPE_CHECKING:
    from liangxin.settings import Settings


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class JsonApi(_Part):
    """A paged JSON API: where the rows are, and how to get the next page."""

    kind: Literal["json_api"]
    start: str = Field(min_length=1, description="address of the first page")
    items: str = Field(default="", description="dotted path to the list of rows; empty: the root")
    total: str = Field(default="", description="dotted path to the publisher's stated total")
    next: str = Field(default="", description="dotted path to the address of the next page")
    page_parameter: str = Field(default="", description="query parameter that counts pages")
    first_page: int = 1
    max_pages: int = Field(default=10_000, ge=1)

    @model_validator(mode="after")
    def one_way_to_the_next_page(self) -> "JsonApi":
        """A next link or a page number, not both."""
        if self.next and self.page_parameter:
            raise ValueError("give next or page_parameter, not both")
        return self


class HtmlList(_Part):
    """A portal's HTML list: a table whose header row names the columns, and a next link."""

    kind: Literal["html_list"]
    start: str = Field(min_length=1)
    table: str = Field(default="table", description="CSS selector of the table")
    next: str = Field(default="", description="CSS selector of the link to the next page")
    total: str = Field(default="", description="CSS selector whose text holds the stated total")
    encoding: str = Field(default="", description="the portal's real encoding, e.g. gb18030")
    max_pages: int = Field(default=10_000, ge=1)


Address = Annotated[JsonApi | HtmlList, Field(discriminator="kind")]


class Expected(_Part):
    """Bounds on one delivery, as numbers and against the source's last runs.

    Too few rows stop it before load; everything else warns. Shares are 0 to 1.
    """

    minimum: int = Field(default=0, ge=0)
    maximum: int | None = Field(default=None, ge=1)
    share_of_last: float = Field(
        default=0.5, ge=0, le=1, description="fewer of the last runs' median stop a snapshot"
    )
    times_last: float = Field(default=2.0, gt=1, description="more of the median warn")
    jump: float = Field(
        default=0.2, gt=0, le=1, description="a share may move by less than this from run to run"
    )
    drift: float = Field(
        default=0.3, gt=0, le=1, description="total variation distance of types and statuses"
    )
    rows_compared_from: int = Field(
        default=1000, ge=1, description="a smaller median of rows stops nothing"
    )
    shares_compared_from: int = Field(
        default=100, ge=1, description="shares of fewer rows, now or then, tell nothing"
    )


class CodeBooks(_Part):
    """Whose numbering bare digits in a column are; undeclared digits are refused."""

    enterprise_type: Literal["gb"] | None = None
    status: Literal["exchange", "credit_bureau"] | None = None
    form: Literal["annual_report"] | None = None
    level: Literal["annual_report"] | None = None


class Source(_Part):
    """One publisher's feed."""

    name: str = Field(default="", description="the file's name; not written in the file")
    title: str = Field(min_length=1)
    publisher: str = Field(min_length=1)
    kind: Literal["registrations", "social", "ledger", "ledger_social"] = "registrations"
    counts_as: Literal["ledger", "annual_report", "social_insurance"] = Field(
        default="ledger", description="of a ledger: who says how many people there are"
    )
    rhythm: Literal["daily", "weekly", "monthly", "quarterly", "half-yearly", "yearly", "ad hoc"]
    owns: list[str] | None = Field(
        default=None, description="our fields whose values are this source's to say; none: all"
    )
    owns_codes: list[str] = Field(
        default_factory=list, description="of organisations whose code begins so; none: of all"
    )
    office: Role = Field(
        default=Role.DISTRICT_OFFICE, description="who answers for what the source owns"
    )
    snapshot: bool = Field(default=True, description="a delivery is the whole list, not a change")
    address: Address | None = Field(default=None, description="none: files are dropped by hand")
    expected: Expected = Expected()
    columns: dict[str, list[str]] = Field(
        default_factory=dict, description="our field -> this publisher's headers, best first"
    )
    code_books: CodeBooks = CodeBooks()

    @model_validator(mode="after")
    def columns_are_known(self) -> "Source":
        """Every key under ``columns`` is one of ours."""
        unknown = sorted(set(self.columns) - {*FIELDS, *headers.vocabulary(self.kind)})
        if unknown:
            raise ValueError(f"columns: unknown field {', '.join(unknown)}")
        return self


def load(name: str, settings: "Settings") -> Source:
    """Return the source of a name, or of a path to a ``.toml`` file.

    Raises:
        UnknownSource: there is none, or its file is wrong (file and key are named).
    """
    if name.endswith(".toml"):
        path = Path(name)
        if path.is_file():
            return read(path.stem, path.read_text(encoding="utf-8"), str(path))
    else:
        for folder in settings.source_folders:
            path = folder / f"{name}.toml"
            if path.is_file():
                return read(name, path.read_text(encoding="utf-8"), str(path))
        shipped = files("ingest").joinpath("sources", f"{name}.toml")
        if name.isidentifier() and shipped.is_file():
            return read(name, shipped.read_text(encoding="utf-8"), f"{name}.toml")
    known = "、".join(names(settings))
    raise UnknownSource(
        f"没有名为“{name}”的数据源。现有数据源：{known}。",
        f"there is no source {name!r}; known are: {', '.join(names(settings))}.",
    )


def names(settings: "Settings") -> list[str]:
    """Return the names of all sources, shipped and added, sorted."""
    found = {
        entry.name.removesuffix(".toml")
        for entry in files("ingest").joinpath("sources").iterdir()
        if entry.name.endswith(".toml")
    }
    for folder in settings.source_folders:
        found |= {path.stem for path in folder.glob("*.toml")}
    return sorted(found)


def crawlable(settings: "Settings") -> list[str]:
    """Return the names of sources in the operator's own folders that have an address."""
    found = {path.stem for folder in settings.source_folders for path in folder.glob("*.toml")}
    return [name for name in sorted(found) if load(name, settings).address is not None]


def read(name: str, content: str, where: str) -> Source:
    """Parse one source file.

    Raises:
        UnknownSource: the file is wrong; the message names file and key.
    """
    try:
        raw: dict[str, Any] = tomllib.loads(content)
        return Source(**{**raw, "name": name})
    except tomllib.TOMLDecodeError as error:
        raise UnknownSource(
            f"数据源文件 {where} 不是有效的 TOML：{error}",
            f"the source file {where} is not valid TOML: {error}",
        ) from error
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"]) or "columns"
        raise UnknownSource(
            f"数据源文件 {where} 的“{key}”有误：{first['msg']}",
            f"the source file {where} is wrong at {key!r}: {first['msg']}",
        ) from error
