"""One runnable file an idea. ``python -m demos`` runs them all, in the lectures' order."""
