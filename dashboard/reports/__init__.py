"""Documents and workbooks that offices send each other: text in, files out."""
