"""Documents that offices send each other: text in, bytes of a file out."""
