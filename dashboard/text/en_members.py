"""English texts of the pages of declarations and members at the committee."""

WORDS: dict[str, str] = {}
