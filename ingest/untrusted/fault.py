"""Why a workbook is not read: a code, and what its sentence needs."""


class Fault(Exception):
    """The workbook cannot or must not be read; ``ingest.workbook`` knows the codes."""

    def __init__(self, code: str, **facts: int | str) -> None:
        super().__init__(code)
        self.code = code
        self.facts = facts


class Findings:
    """What a look at one sheet's bytes tells that the reader of cells does not."""

    __slots__ = ("columns", "empty_formulas", "errors", "formulas", "hidden", "rows")

    def __init__(self) -> None:
        self.rows = 0  # as a spreadsheet numbers them: the last one with a value
        self.columns = 0
        self.hidden: list[int] = []
        self.formulas = 0
        self.empty_formulas = 0  # without a stored value
        self.errors: dict[tuple[int, int], str] = {}  # row, column (from 0) -> "#N/A"

    def refuse_vast(self) -> None:
        """Raise ``Fault`` for a used area the memory could not hold."""
        if self.rows * self.columns > MOST_CELLS:
            raise Fault("vast", rows=self.rows, columns=self.columns)


#: Cells of a sheet's used area, blank ones included: the reader holds them all, 32 bytes each.
MOST_CELLS = 5_000_000
#: Error cells that are told apart from empty ones.
MOST_ERRORS = 100_000
