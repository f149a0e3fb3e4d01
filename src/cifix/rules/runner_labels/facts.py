"""The facts of the rule that age, from `facts.toml`."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

from cifix.model.facts import sheet


@dataclass(frozen=True, slots=True)
class Label:
    """A hosted runner label that stops working on the day `retired`, as `source` says, and its successor."""

    retired: date
    successor: str
    source: str

    def told(self, name: str, day: date) -> str:
        """What is the matter with the label, as it is written, on a day."""
        if self.retired > day:
            return f"{name} stops working on {self.retired}: {self.source}"
        return f"{name} has not worked since {self.retired}: jobs fail, or wait for a runner that never comes"


@dataclass(frozen=True, slots=True)
class Facts:
    """The labels, in lower case, that stopped or will stop working, as known on the day `checked`.

    `labels` are those of GitHub, `azure` and `circleci` the images of the other systems. The image `older` works too,
    and has the `pythons` that newer ones lack.
    """

    checked: date
    older: str
    pythons: tuple[str, ...]
    labels: Mapping[str, Label]
    azure: Mapping[str, Label]
    circleci: Mapping[str, Label]


def at(labels: Mapping[str, Label], today: date, *, announced: bool) -> Mapping[str, Label]:
    """The labels that do not work on the day `today`; with `announced` those that will stop as well."""
    return {name: label for name, label in labels.items() if announced or label.retired <= today}


@cache
def facts() -> Facts:
    """The sheet of the rule, in the shape that the rule needs."""
    found = sheet("cifix.rules.runner_labels").data
    older = found["older"]["label"], tuple(found["older"]["pythons"])
    return Facts(found["checked"], *older, *(_labels(found[part]) for part in ("image", "azure", "circleci")))


def _labels(images: Iterable[Mapping[str, Any]]) -> Mapping[str, Label]:
    return {
        name: Label(image["retired"], successor, image["source"])
        for image in images
        for name, successor in image["labels"].items()
    }
