"""Trials of a branch: its own commands, run in a clean clone of it; only ever on request, for that runs its code."""
