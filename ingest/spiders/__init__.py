"""One spider a platform; they land bytes and say where the next page is, nothing else."""
