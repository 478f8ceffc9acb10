"""What became of a delivery, in numbers and sentences: what a run returns."""

from dataclasses import dataclass, field


@dataclass(slots=True)
class RunReport:
    """What became of every row; ``rows = accepted + refused + skipped``."""

    run: int | None
    source: str
    rows: int = 0
    accepted: int = 0
    refused: int = 0
    skipped: int = 0
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    missing: int = 0
    located: int = 0
    seconds: float = 0.0
    rules: dict[str, int] = field(default_factory=dict)
    warnings: dict[str, int] = field(default_factory=dict)
    warned_at: dict[str, list[int]] = field(default_factory=dict)  # rule -> the first rows
    asked: int = 0  # questions asked of ledgers' counts, and those that settled by themselves
    settled: int = 0
    batch: list[dict[str, str]] = field(default_factory=list)  # rules on the whole, with figures
    page: str = ""  # where its page lies
    notices: list[dict[str, str]] = field(default_factory=list)
