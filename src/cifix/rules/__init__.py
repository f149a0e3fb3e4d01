"""One rule per file; its name is its id, its docstring is its page."""
