"""Git: snapshots from it, commits into it."""
