"""What runs in the other interpreter: the standard library of Python 3.9 and nothing of cifix.

The folder is copied under a name of its own, so modules here name each other relatively.
"""
