"""The facts of the rule that age, from `facts.toml`."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache

from cifix.model.facts import sheet


@dataclass(frozen=True, slots=True)
class Label:
    """A hosted runner label that stops working on the day `retired`, as `source` says, and its successor."""

    retired: date
    successor: str
    source: str


@dataclass(frozen=True, slots=True)
class Facts:
    """The labels, in lower case, that stopped or will stop working, as known on the day `checked`."""

    checked: date
    labels: Mapping[str, Label]

    def at(self, today: date, *, announced: bool) -> Mapping[str, Label]:
        """The labels that do not work on the day `today`; with `announced` those that will stop as well."""
        return {name: label for name, label in self.labels.items() if announced or label.retired <= today}


@cache
def facts() -> Facts:
    """The sheet of the rule, in the shape that the rule needs."""
    found = sheet("cifix.rules.runner_labels").data
    labels = {
        name: Label(image["retired"], successor, image["source"])
        for image in found["image"]
        for name, successor in image["labels"].items()
    }
    return Facts(found["checked"], labels)
