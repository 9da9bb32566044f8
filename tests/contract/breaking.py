"""Places of tests/data/small-contract.yaml, and a way to break it there."""

from __future__ import annotations

from typing import Any

GONE = object()
LIST = "#/paths/~1api~1environments~1{project_id}~1things~1/get"
CREATE = "#/paths/~1api~1environments~1{project_id}~1things~1/post"
PICTURE = "#/paths/~1api~1environments~1{project_id}~1things~1{id}~1picture~1/get"
SCHEMAS = "#/components/schemas"


def put(document: Any, place: str, value: Any) -> None:
    """Set, add or take away what a JSON pointer names."""
    *path, last = [step.replace("~1", "/").replace("~0", "~") for step in place.removeprefix("#/").split("/")]
    for step in path:
        document = document[int(step)] if isinstance(document, list) else document[step]
    key = int(last) if isinstance(document, list) else last
    if value is GONE:
        del document[key]
    else:
        document[key] = value
