"""What a first look at a file finds: its tables, how each is laid out, and what is worth telling."""

from dataclasses import dataclass, field

#: Column of the row number a spreadsheet shows; no real header can collide with it.
ROW = "\x00row"
#: Cells beyond the last header land here, so that a shifted row is seen instead of cut.
MORE = "\x00more"


@dataclass(frozen=True, slots=True)
class Notice:
    """Something about a file that its sender should know, though nothing is refused for it."""

    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Layout:
    """One table, a text file or one sheet of a workbook: how to read it, and its headers."""

    format: str  # "csv", "workbook" or "html"
    headers: tuple[str, ...]
    encoding: str = "utf-8"
    delimiter: str = ","
    sheet: str = ""  # a text file has none
    header_row: int = 1  # as a spreadsheet numbers it; titles lie above
    header_rows: int = 1
    fields: int = 0  # cells of the longest of the first records, if more than headers
    #: A workbook is read once: its cells as CSV, blank lines for empty rows.
    content: bytes | None = field(default=None, repr=False, compare=False)

    @property
    def data_row(self) -> int:
        """Number of the first row below the headers."""
        return self.header_row + self.header_rows


@dataclass(frozen=True, slots=True)
class Reading:
    """A file after its first look."""

    tables: tuple[Layout, ...]
    notices: tuple[Notice, ...] = ()
