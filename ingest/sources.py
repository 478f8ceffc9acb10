"""Sources as data: one TOML file a source says who publishes, how, and what its columns mean.

A wrong source file is an error of its own, naming file and key; nothing is guessed.
"""

import re
import tomllib
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)

from ingest import headers
from ingest.merging import LEADERS
from ingest.normalise import FIELDS
from liangxin.access import Role
from liangxin.errors import UnknownSource

if TYPE_CHECKING:
    from liangxin.settings import Settings


#: How often a publisher delivers; a calendar's days, weeks, … (``ingest.rhythm``).
Rhythm = Literal["daily", "weekly", "monthly", "quarterly", "half-yearly", "yearly", "ad hoc"]
#: What a delivery must be; ``xlsx`` is any workbook.
Format = Literal["any", "csv", "xlsx", "json", "html"]
#: What the pages of each kind of address are.
_FORMAT_OF = {"json_api": "json", "html_list": "html"}
#: Folder, in the data folder, of the files of sources that were given by their paths.
KEPT = "sources-given"
_KEY = re.compile(r"^(?:Value error, )?(\w+): ")


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


def _is_pattern(text: str) -> str:
    try:
        re.compile(text)
    except re.error as error:
        raise ValueError(
            f"不是有效的正则表达式（{error}）", f"no regular expression: {error}"
        ) from error
    return text


_Pattern = Annotated[str, AfterValidator(_is_pattern)]
#: Besides the list's own host; nothing is fetched from anywhere else.
_Hosts = Annotated[
    tuple[str, ...], Field(description="further hosts that files or details may be on")
]


class JsonApi(_Part):
    """A paged JSON API: where the rows are, and how to get the next page."""

    kind: Literal["json_api"]
    start: str = Field(min_length=1, description="address of the first page")
    items: str = Field(default="", description="dotted path to the list of rows; empty: the root")
    total: str = Field(default="", description="dotted path to the publisher's stated total")
    next: str = Field(default="", description="dotted path to the address of the next page")
    page_parameter: str = Field(default="", description="query parameter that counts pages")
    first_page: int = 1
    hosts: _Hosts = ()
    max_pages: int = Field(default=10_000, ge=1)

    @model_validator(mode="after")
    def one_way_to_the_next_page(self) -> "JsonApi":
        """A next link or a page number, not both."""
        if self.next and self.page_parameter:
            raise ValueError(
                "next 和 page_parameter 只能写一个", "give next or page_parameter, not both"
            )
        return self


class HtmlList(_Part):
    """A portal's HTML list: a table whose header row names the columns, and a next link.

    Where a row links to a page of its own, what that page says is added to the row.
    """

    kind: Literal["html_list"]
    start: str = Field(min_length=1)
    table: str = Field(default="table", description="CSS selector of the table")
    next: str = Field(default="", description="CSS selector of the link to the next page")
    total: str = Field(default="", description="CSS selector whose text holds the stated total")
    detail: str = Field(default="", description="CSS selector, in a row, of the link to its page")
    detail_table: str = Field(
        default="table, dl", description="CSS selector of the labels and values on such a page"
    )
    encoding: str = Field(default="", description="the portal's real encoding, e.g. gb18030")
    hosts: _Hosts = ()
    max_pages: int = Field(default=10_000, ge=1)


class FileIndex(_Part):
    """A page, HTML or a JSON list, that links to files: CSV, workbooks, archives of them."""

    kind: Literal["file_index"]
    start: str = Field(min_length=1)
    format: Literal["html", "json"] = "html"
    links: str = Field(default="", description="CSS selector, or dotted path to the list of files")
    link: str = Field(default="url", description="JSON: dotted path, in an entry, to its address")
    pattern: _Pattern = Field(default="", description="found in a file's address or name")
    members: _Pattern = Field(default="", description="found in the name of a table in an archive")
    next: str = Field(default="", description="CSS selector of, or path to, the next page")
    total: str = Field(default="", description="selector of, or path to, how many files there are")
    encoding: str = Field(default="", description="the pages' real encoding, e.g. gb18030")
    hosts: _Hosts = ()
    max_pages: int = Field(default=10_000, ge=1, description="pages and files together")

    @model_validator(mode="after")
    def links_are_named(self) -> "FileIndex":
        """Not every link of a web page is a file; a JSON list may be the whole answer."""
        if self.format == "html" and not self.links:
            raise ValueError(
                "网页须写明 links（附件链接的 CSS 选择器）",
                "a web page needs links, the CSS selector of the links to files",
            )
        return self


class Ckan(_Part):
    """A CKAN portal: the files of a data set, or the rows of a resource in its data store."""

    kind: Literal["ckan"]
    start: str = Field(min_length=1, description="address of the portal")
    package: str = Field(default="", description="name of a data set, whose files are wanted")
    resource: str = Field(default="", description="id of a resource, whose rows are wanted")
    limit: int = Field(default=500, ge=1, description="rows of a resource asked for at a time")
    formats: tuple[str, ...] = ("csv", "xlsx", "xls", "zip")
    pattern: _Pattern = Field(default="", description="found in a file's address or name")
    members: _Pattern = Field(default="", description="found in the name of a table in an archive")
    hosts: _Hosts = ()
    max_pages: int = Field(default=10_000, ge=1)

    @model_validator(mode="after")
    def files_or_rows(self) -> "Ckan":
        """A data set or a resource, not both."""
        if bool(self.package) == bool(self.resource):
            raise ValueError(
                "package 和 resource 须写且只写一个", "give either package or resource"
            )
        return self

    @property
    def total(self) -> str:
        """Where the portal states how many rows there are; of files there is no count."""
        return "" if self.package else "result.total"


Address = Annotated[JsonApi | HtmlList | FileIndex | Ckan, Field(discriminator="kind")]


class Expected(_Part):
    """Bounds on one delivery, as numbers and against the source's last runs.

    Too few rows stop it before load; everything else warns. Shares are 0 to 1.
    """

    minimum: int = Field(default=0, ge=0)
    maximum: int | None = Field(default=None, ge=1)
    share_of_last: float = Field(
        default=0.9, ge=0, le=1, description="fewer of the last runs' median stop a snapshot"
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


class Repair(_Part):
    """One cell value that is known to be wrong at the publisher's, and what is meant."""

    column: str = Field(min_length=1, description="the publisher's header, or our field")
    wrong: str = Field(alias="from", description="the whole cell as sent")
    right: str = Field(alias="to")
    reason: str = Field(description="who found out what, for whoever asks later")

    @field_validator("reason")
    @classmethod
    def there_is_a_reason(cls, value: str) -> str:
        """A repair without a reason is a forgery."""
        if not value.strip():
            raise ValueError("say why, in words")
        return value


class Source(_Part):
    """One publisher's feed."""

    name: str = Field(default="", description="the file's name; not written in the file")
    title: str = Field(min_length=1)
    publisher: str = Field(min_length=1)
    kind: Literal[
        "registrations", "social", "ledger", "ledger_social", "screening", "member_keys"
    ] = "registrations"
    counts_as: Literal["ledger", "annual_report", "social_insurance"] = Field(
        default="ledger", description="of a ledger: who says how many people there are"
    )
    rhythm: Rhythm
    owns_codes: tuple[str, ...] = Field(
        default=(), description="it owns them of organisations whose code begins so; none: of all"
    )
    snapshot: bool = Field(default=True, description="a delivery is the whole list, not a change")
    address: Address | None = Field(default=None, description="none: files are dropped by hand")
    format: Format = Field(default="any", description="a delivery of another format is stopped")
    drop: str = Field(
        default="",
        description="folder or glob where deliveries appear; relative to the data folder",
    )
    as_of_in_name: _Pattern = Field(
        default="",
        description="found in a file's name, where its day stands; none: a file is of the day it is loaded",
    )
    owns: tuple[str, ...] | None = Field(
        default=None, description="our fields whose values this source sets; none given: all"
    )
    office: Role = Field(default=Role.DISTRICT_OFFICE, description="who answers for its values")
    repairs: tuple[Repair, ...] = ()
    expected: Expected = Expected()
    columns: dict[str, list[str]] = Field(
        default_factory=dict, description="our field -> this publisher's headers, best first"
    )
    code_books: CodeBooks = CodeBooks()

    @field_validator("as_of_in_name")
    @classmethod
    def what_is_crawled_has_no_name(cls, value: str, info: ValidationInfo) -> str:
        """The pages of a crawl are of the day of the crawl."""
        if value and info.data.get("address") is not None:
            raise ValueError(
                "有采集地址的数据源没有来件，无法从文件名取日期",
                "a source that has an address is crawled; it has no files whose names could bear a day",
            )
        return value

    @field_validator("owns")
    @classmethod
    def owned_fields_are_known(cls, value: tuple[str, ...] | None) -> tuple[str, ...] | None:
        """Every owned field is one that a registration can change."""
        unknown = sorted(set(value or ()) - set(LEADERS))
        if unknown:
            # What is read out of another field goes with it: ownership with the type.
            raise ValueError(f"unknown field {', '.join(unknown)}; known are {', '.join(LEADERS)}")
        return value

    @model_validator(mode="after")
    def columns_are_known(self) -> "Source":
        """Every key under ``columns`` is one of ours."""
        unknown = sorted(set(self.columns) - {*FIELDS, *headers.vocabulary(self.kind)})
        if unknown:
            raise ValueError(
                f"columns 中没有字段 {'、'.join(unknown)}",
                f"columns: unknown field {', '.join(unknown)}",
            )
        return self

    @model_validator(mode="after")
    def it_comes_one_way(self) -> "Source":
        """Crawled or dropped, in a format that this way can bring."""
        if self.address is not None and self.drop:
            raise ValueError("drop: a source that has an address is crawled, not dropped")
        brings = _FORMAT_OF.get(self.address.kind) if self.address is not None else None
        if self.format not in {"any", brings or self.format}:
            raise ValueError(f"format: the pages of this address are {brings}")
        if self.address is None and self.format == "json":
            raise ValueError("format: a dropped file is csv, xlsx or html; json is crawled")
        if self.kind not in {"registrations", "social"} and self.address is not None:
            raise ValueError("address: only registrations and social organisations are crawled")
        if self.kind == "member_keys" and self.repairs:
            raise ValueError("repairs: keys are neither shown nor repaired")
        return self


def load(name: str, settings: "Settings", *, kept: bool = True) -> Source:
    """Return the source of a name, or of a path to a ``.toml`` file.

    ``kept``: also one that was once given by its path (``ingest.given_sources``).

    Raises:
        UnknownSource: there is none, or its file is wrong (file and key are named).
    """
    if name.endswith(".toml"):
        path = Path(name)
        if path.is_file():
            return read(path.stem, _text(path, str(path)), str(path))
    else:
        for folder in settings.source_folders:
            path = folder / f"{name}.toml"
            if path.is_file():
                return read(name, _text(path, str(path)), str(path))
        shipped = files("ingest").joinpath("sources", f"{name}.toml")
        if name.isidentifier() and shipped.is_file():
            return read(name, _text(shipped, f"{name}.toml"), f"{name}.toml")
        path = settings.home / KEPT / f"{name}.toml"
        if kept and Path(name).name == name and path.is_file():
            return read(name, _text(path, str(path)), str(path))
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
    return sorted(found | added(settings))


def added(settings: "Settings") -> set[str]:
    """Return the names of sources in the operator's own folders."""
    return {path.stem for folder in settings.source_folders for path in folder.glob("*.toml")}


def everything(settings: "Settings") -> dict[str, Source | UnknownSource]:
    """Return every source by its name, or what is wrong with its file."""
    found: dict[str, Source | UnknownSource] = {}
    for name in names(settings):
        try:
            found[name] = load(name, settings)
        except UnknownSource as error:
            found[name] = error
    return found


def comes_by_itself(source: Source, own: set[str]) -> bool:
    """Whether sync can get its deliveries; the shipped addresses are examples of nowhere."""
    return bool(source.drop) or (source.address is not None and source.name in own)


def _text(file: Traversable, where: str) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "not UTF-8"
        raise UnknownSource(
            f"数据源文件 {where} 无法读取（{reason}）。请存为 UTF-8 并检查权限。",
            f"the source file {where} cannot be read ({reason}); save it as UTF-8 and check its "
            "permissions.",
        ) from error


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
        key, zh, en = _fault(error)
        raise UnknownSource(
            f"数据源文件 {where} 的“{key}”有误：{zh}。",
            f"the source file {where} is wrong at {key!r}: {en}.",
        ) from error


#: Kinds of fault -> the sentence in Chinese; the library says the rest in English.
_FAULTS = {
    "missing": "缺少此键",
    "extra_forbidden": "没有这个键，请检查拼写",
    "literal_error": "只能是 {expected}",
    "union_tag_invalid": "没有这种平台，可用：{expected_tags}",
    "union_tag_not_found": "须写明 kind（平台）",
    "string_too_short": "不能为空",
    "string_type": "应为文字",
    "bool_type": "应为 true 或 false",
    "int_type": "应为整数",
    "int_parsing": "应为整数",
    "greater_than_equal": "不能小于 {ge}",
    "less_than_equal": "不能大于 {le}",
    "greater_than": "应大于 {gt}",
}


def _fault(error: ValidationError) -> tuple[str, str, str]:
    """Return the key that is wrong, as the file writes it, and what is wrong with it."""
    first = error.errors()[0]
    # The second of two repairs is repairs.2 to people.
    place = [str(part + 1) if isinstance(part, int) else str(part) for part in first["loc"]]
    if place[:1] == ["address"]:
        del place[1:2]  # the platform, which is no key
    named = _KEY.match(first["msg"])
    key = ".".join(place) or (named[1] if named else "columns")
    context: dict[str, Any] = first.get("ctx", {})
    if isinstance(context.get("error"), ValueError) and len(context["error"].args) == 2:
        zh, en = context["error"].args
        return key, zh, en
    en = first["msg"]
    known = _FAULTS.get(first["type"])
    return key, known.format_map(context) if known else en, en
