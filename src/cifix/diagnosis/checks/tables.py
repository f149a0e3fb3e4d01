"""Tables inside of TOML data."""

from collections.abc import Mapping
from typing import Any


def table(data: Mapping[str, Any], *keys: str) -> Mapping[str, Any]:
    """The table at these keys; empty where one of them is not there or leads to something else."""
    for key in keys:
        found = data.get(key)
        data = found if isinstance(found, dict) else {}
    return data
