"""Benchmarks: run by hand, never part of the tests; they print ratios within one run, since machines are noisy."""
