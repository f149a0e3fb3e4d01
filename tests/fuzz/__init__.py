"""Mutated inputs: `python -m tests.fuzz TARGET --runs N [--seed S] [--corpus FOLDER]`."""
