"""The facts of the rule that age, from `facts.toml`."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True, slots=True)
class Label:
    """A hosted runner label that stops working on the day `retired` (ISO), as `source` says, and its successor."""

    retired: str
    successor: str
    source: str


@dataclass(frozen=True, slots=True)
class Facts:
    """The labels, in lower case, that stopped or will stop working, as known on the day `checked` (ISO)."""

    checked: str
    labels: Mapping[str, Label]

    def at(self, today: str, *, announced: bool) -> Mapping[str, Label]:
        """The labels that do not work on the day `today`; with `announced` those that will stop as well."""
        return {name: label for name, label in self.labels.items() if announced or label.retired <= today}


@cache
def facts() -> Facts:
    """Read `facts.toml` beside this module, once."""
    found = tomllib.loads(files("cifix.rules.runner_labels").joinpath("facts.toml").read_text("utf-8"))
    labels = {
        name: Label(str(image["retired"]), successor, image["source"])
        for image in found["image"]
        for name, successor in image["labels"].items()
    }
    return Facts(str(found["checked"]), labels)
