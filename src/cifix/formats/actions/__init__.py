"""GitHub Actions: workflows, expressions, matrices, and the artifacts that flow between jobs."""
