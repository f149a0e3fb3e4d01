"""GitHub's published description of its REST interface (OpenAPI 3.0), and what a call does against it."""

import json
import re
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator

from tests.forge.published import FILE
from tests.forge.server import Exchange

PREFIX = "/api/v3"


@cache
def published() -> "Contract":
    """The part of the description that is kept here."""
    return Contract(json.loads(FILE.read_text("utf-8")))


def broken(calls: Iterable[Exchange]) -> Iterator[tuple[str, str, list[str]]]:
    """The calls of GitHub's interface that are not as published, with what is wrong.

    If an operation is missing, add it to OPERATIONS in published.py and make the file again.
    """
    for call in calls:
        if call.path.startswith(PREFIX) and (wrong := published().violations(call)):
            yield call.method, call.path, wrong


class Contract:
    """A description; `violations` is what a call does against it."""

    def __init__(self, whole: dict[str, Any]) -> None:
        self._whole = whole
        self._components = {partial: _converted(whole["components"], partial=partial) for partial in (False, True)}
        self._paths = {re.compile(re.sub(r"\{\w+\}", "[^/]+", path)): path for path in self._whole["paths"]}

    def violations(self, call: Exchange) -> list[str]:
        path = call.path.removeprefix(PREFIX)
        found = [name for form, name in self._paths.items() if form.fullmatch(path)]
        operation = next((self._whole["paths"][name].get(call.method.lower()) for name in found), None)
        if operation is None:
            return [f"no operation {call.method} {path}"]
        return [*self._query(operation, call), *self._body(operation, call), *self._answer(operation, call)]

    def _query(self, operation: dict[str, Any], call: Exchange) -> list[str]:
        declared = {one["name"]: one for one in map(self._followed, operation.get("parameters", ()))}
        wrong = []
        for name, value in call.query.items():
            if name not in declared or declared[name]["in"] != "query":
                wrong.append(f"no parameter {name}")
                continue
            schema = self._followed(declared[name]["schema"])
            typed = int(value) if schema.get("type") == "integer" and value.isdecimal() else value
            wrong += self._errors(schema, typed)
        return wrong

    def _body(self, operation: dict[str, Any], call: Exchange) -> list[str]:
        described = operation.get("requestBody")
        if described is None:
            return ["no body is expected"] if call.asked else []
        schema = self._followed(self._followed(described)["content"]["application/json"]["schema"])
        known = schema.get("properties", {})
        unknown = [f"no field {name}" for name in call.asked if known and name not in known]
        return unknown + self._errors(schema, call.asked)

    def _answer(self, operation: dict[str, Any], call: Exchange) -> list[str]:
        """The fake gives only what is read, so nothing is required of it; what it gives must be as described."""
        described = operation["responses"].get(str(call.status))
        if described is None:
            return [f"no answer {call.status}"]
        schema = self._followed(described)["content"]["application/json"]["schema"]
        return self._errors(schema, call.given, partial=True)

    def _errors(self, schema: dict[str, Any], value: Any, *, partial: bool = False) -> list[str]:
        whole = {**_converted(schema, partial=partial), "components": self._components[partial]}
        return [f"{error.json_path}: {error.message[:200]}" for error in Draft202012Validator(whole).iter_errors(value)]

    def _followed(self, node: dict[str, Any]) -> dict[str, Any]:
        while "$ref" in node:
            target: Any = self._whole
            for part in node["$ref"].removeprefix("#/").split("/"):
                target = target[part]
            node = target
        return node


def _converted(node: Any, *, partial: bool) -> Any:
    """OpenAPI's dialect as JSON Schema: what may be null says so; with `partial` nothing is required."""
    if isinstance(node, list):
        return [_converted(one, partial=partial) for one in node]
    if not isinstance(node, dict):
        return node
    told = {
        key: _converted(value, partial=partial) for key, value in node.items() if key not in ("example", "examples")
    }
    if partial and isinstance(told.get("required"), list):
        del told["required"]
    if partial and "oneOf" in told:  # which one it is may be told by what is left out
        told["anyOf"] = told.pop("oneOf")
    if told.pop("nullable", False) is True:
        return {"anyOf": [told, {"type": "null"}]}
    return told
