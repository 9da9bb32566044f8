"""The base document, and the edits of `cases.yaml`."""

from __future__ import annotations

import copy
import functools
import json
from pathlib import Path
from typing import Any

import yaml

from contract_diffing.compare import compare
from contract_diffing.reading import Document

HERE = Path(__file__).resolve().parent
SHORT = {
    "LIST": "#/paths/~1things~1/get",
    "CREATE": "#/paths/~1things~1/post",
    "GET": "#/paths/~1things~1{id}~1/get",
    "DELETE": "#/paths/~1things~1{id}~1/delete",
    "SHAPE": "#/paths/~1things~1{id}~1shape~1/get",
    "PUT": "#/paths/~1things~1{id}~1shape~1/put",
    "SCHEMAS": "#/components/schemas",
}
GONE = "~gone"


@functools.cache
def _text(name: str) -> str:
    """As JSON: reading that is the quickest copy."""
    return json.dumps(yaml.safe_load((HERE / name).read_text(encoding="utf-8")))


def base(version: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(_text("base.yaml"))
    document["openapi"] = {"3.0": "3.0.3", "3.1": "3.1.0"}[version]
    return document


def cases() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(_text("cases.yaml"))
    return found


def edited(version: str, edit: dict[str, Any]) -> dict[str, Any]:
    document = base(version)
    for place, value in edit.items():
        head, _, rest = place.partition("/")
        put(document, f"{SHORT.get(head, head)}/{rest}" if rest else SHORT.get(head, head), value)
    return document


def put(document: Any, place: str, value: Any) -> None:
    """Set, add (`-` at the end of a list) or take away what a JSON pointer names."""
    *path, last = [step.replace("~1", "/").replace("~0", "~") for step in place.removeprefix("#/").split("/")]
    for step in path:
        document = document[int(step)] if isinstance(document, list) else document[step]
    if value == GONE:
        del document[last]
    elif isinstance(document, list) and last == "-":
        document.append(value)
    else:
        document[int(last) if isinstance(document, list) else last] = copy.deepcopy(value)


def verdicts(old: Any, new: Any) -> list[str]:
    """Every change that somebody sees, as `cases.yaml` writes it."""
    return sorted(
        f"{change.level} {', '.join(change.who)}: {change.rule}"
        for change in compare(Document(old, "old"), Document(new, "new"))
        if change.level != "invisible"
    )
