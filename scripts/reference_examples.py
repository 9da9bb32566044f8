"""Example calls of every operation, made from the examples of the contract. A test runs each of them.

`client` stands for a client of the emulator that `example_emulator` makes: ids are those of its data.
"""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from posthog_environments.emulator import Emulator
from posthog_environments_api.operations import OperationInfo

_WIDTH = 88


def example_emulator() -> Emulator:
    """What the examples run against."""
    return Emulator(persons=120, events=250, seed=1)


@cache
def _sample(tag: str) -> str | int:
    emulator = example_emulator()
    # A folder for the tree, because only folders can be counted.
    return emulator.sample_folder_id() if tag == "file_system" else emulator.sample_id(tag)


def example_call(operation: OperationInfo) -> str:
    """A program of a few lines that calls the operation."""
    positional = [
        python_literal(_sample(operation.tag))
        for parameter in operation.parameters
        if parameter.location == "path" and parameter.name != "project_id"
    ]
    keywords: dict[str, Any] = {
        parameter.keyword: parameter.example
        for parameter in operation.parameters
        if parameter.location == "query" and parameter.example is not None
    }
    if operation.body_example:
        fields = {p.name: p.keyword for p in operation.parameters if p.location == "body"}
        if set(operation.body_example) <= set(fields):
            keywords |= {fields[name]: value for name, value in operation.body_example.items()}
        else:
            keywords["body"] = operation.body_example
    arguments = positional + [f"{name}={python_literal(value, 1)}" for name, value in keywords.items()]
    name = f"client.{operation.tag}.{operation.name}"
    if operation.paginated:
        return f"for item in {_call(name, arguments, 9)}:\n    print(item)\n"
    if not any(200 <= status < 300 for status in operation.statuses):
        refusal = "from posthog_environments import MethodNotAllowedError\n\n"
        return f"{refusal}try:\n    {_call(name, arguments, 4)}\nexcept MethodNotAllowedError as error:\n    print(error)\n"
    if operation.observed is None and operation.documented is None and not _gives_bytes(operation):
        return f"{_call(name, arguments, 0)}\n"
    return f"result = {_call(name, arguments, 9)}\n"


def _gives_bytes(operation: OperationInfo) -> bool:
    from reference_source import annotation_text, method_of

    return annotation_text(method_of(operation).__annotations__["return"]) == "bytes"


def _call(name: str, arguments: list[str], before: int) -> str:
    line = f"{name}({', '.join(arguments)})"
    if before + len(line) <= _WIDTH and "\n" not in line:
        return line
    return f"{name}(\n" + "".join(f"    {argument},\n" for argument in arguments) + ")"


def python_literal(value: Any, depth: int = 0) -> str:
    """A JSON value as Python writes it, broken over lines where it is long."""
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, dict):
        parts = [f"{python_literal(k)}: {python_literal(v, depth + 1)}" for k, v in value.items()]
        return _bracketed("{", parts, "}", depth)
    if isinstance(value, list):
        return _bracketed("[", [python_literal(item, depth + 1) for item in value], "]", depth)
    return repr(value)


def _bracketed(left: str, parts: list[str], right: str, depth: int) -> str:
    line = f"{left}{', '.join(parts)}{right}"
    if len(line) <= _WIDTH - 4 * depth - 12 and "\n" not in line:
        return line
    indent = "    " * (depth + 1)
    return f"{left}\n" + "".join(f"{indent}{part},\n" for part in parts) + "    " * depth + right
