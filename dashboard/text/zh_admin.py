"""Chinese texts of the pages of sources, bulletins, accounts, jobs and the log."""

WORDS: dict[str, str] = {}
