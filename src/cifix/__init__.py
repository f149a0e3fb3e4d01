"""cifix turns a red pipeline into a reviewed branch."""

__version__ = "0.1.0"
