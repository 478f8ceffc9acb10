"""English texts of the pages of screening, sightings and what is due."""

WORDS: dict[str, str] = {}
