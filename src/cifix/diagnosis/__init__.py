"""From the facts of a log to their causes: each one checked in the checkout before anything is said about it."""
