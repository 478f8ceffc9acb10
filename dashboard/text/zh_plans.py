"""Chinese texts of the pages of plans, locks and visits."""

WORDS: dict[str, str] = {}
