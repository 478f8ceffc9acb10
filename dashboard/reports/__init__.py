"""Files that people take away: ledgers."""
