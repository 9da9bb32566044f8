"""Where each place of the merged contract is written by hand: `#/paths/~1api…/get` -> `openapi/resources/persons.yaml`, 4.

Linters and comparisons speak of the merged document in JSON pointers; a person wants the file and the line to edit.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from contract_document import CONTRACT

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True)
class Line:
    """A line of a hand-written file; the file relative to the folder above the contract, as people name it."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


class ContractLines:
    """The source map of the merged document, as `contract_document.merge` puts it together."""

    def __init__(self, folder: Path = CONTRACT) -> None:
        self._lines: dict[str, Line] = {}
        for file in [folder / "root.yaml", *sorted((folder / "resources").glob("*.yaml"))]:
            name = file.relative_to(folder.parent).as_posix()
            root = yaml.compose(file.read_text(encoding="utf-8"), Loader=_LOADER)
            for place, line in _places(root, "#", 1, ()):
                # `paths` and `components` are in every file: the first stands for all, what they hold is unique.
                self._lines.setdefault(place, Line(name, line))

    def find(self, pointer: str) -> Line:
        """The line of a place, or of the nearest place around it that is written down."""
        place = pointer if pointer.startswith("#") else "#"
        while place not in self._lines:
            place = place.rpartition("/")[0]
        return self._lines[place]


def _places(node: Any, place: str, line: int, above: tuple[int, ...]) -> Iterator[tuple[str, int]]:
    yield place, line
    if id(node) in above:  # an alias that holds itself; the merge refuses it
        return
    above = (*above, id(node))
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            step = str(key.value).replace("~", "~0").replace("/", "~1")
            yield from _places(value, f"{place}/{step}", key.start_mark.line + 1, above)
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            yield from _places(value, f"{place}/{index}", value.start_mark.line + 1, above)
