"""Plans a committee can defend: who goes where, and how far from the best it can be at most."""
