"""Code tables as data, each with its source and year in its first lines or in README.md."""
