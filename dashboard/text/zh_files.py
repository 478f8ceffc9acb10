"""Chinese texts of the pages of files handed in, their rows and runs."""

WORDS: dict[str, str] = {}
