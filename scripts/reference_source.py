"""What the reference pages say, read from the code: docstrings, signatures, and which models a resource uses."""

from __future__ import annotations

import enum
import inspect
import re
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from typing import Any

import attrs
from attrs import define, field

import posthog_environments.models as models
import posthog_environments_api.models as generated_models
from posthog_environments import OPERATIONS
from posthog_environments.emulator import Emulator
from posthog_environments_api.operations import OperationInfo

_SECTION = re.compile(r"^([A-Z][\w ]+):$")
_ENTRY = re.compile(r"^(\*{0,2}\w+): ?(.*)$")
_NAME = re.compile(r"[A-Za-z_]\w*")
SHARED = "shared"


@define(frozen=True)
class Docstring:
    """A docstring in its parts.

    Attributes:
        summary: The first paragraph.
        description: What follows up to the first section, without the line that repeats endpoint and scope.
        entries: Text by name, of `Args` and `Attributes`.
        raises: Text by name of the error.
        sections: Text of every other section, by its title.
    """

    summary: str
    description: str
    entries: dict[str, str] = field(factory=dict)
    raises: dict[str, str] = field(factory=dict)
    sections: dict[str, str] = field(factory=dict)


def docstring_of(subject: Any) -> Docstring:
    """The docstring of a class or method; an empty one where it has none."""
    blocks: dict[str, list[str]] = {"": []}
    current = ""
    for line in (inspect.getdoc(subject) or "").splitlines():
        title = _SECTION.match(line)
        if title:
            current = title[1]
            blocks[current] = []
        else:
            blocks[current].append(line)
    paragraphs = re.split(r"\n\s*\n", "\n".join(blocks.pop("")).strip())
    description = [p for p in paragraphs[1:] if not re.match(r"`[A-Z]+ /api/", p)]
    entries = _entries(blocks.pop("Args", [])) | _entries(blocks.pop("Attributes", []))
    raises = _entries(blocks.pop("Raises", []))
    sections = {title: " ".join(" ".join(lines).split()) for title, lines in blocks.items()}
    return Docstring(" ".join(paragraphs[0].split()), "\n\n".join(description), entries, raises, sections)


def _entries(lines: Iterable[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    name = ""
    for line in lines:
        entry = _ENTRY.match(line[4:]) if line.startswith("    ") and not line.startswith("     ") else None
        if entry:
            name = entry[1]
            found[name] = entry[2]
        elif name:
            found[name] = f"{found[name]} {line.strip()}".strip()
    return found


@cache
def resource_classes() -> dict[str, type[Any]]:
    """The synchronous class behind `client.<tag>`, by tag, in the order of the contract."""
    with Emulator(persons=0, events=0).client() as client:
        return {tag: type(getattr(client, tag)) for tag in dict.fromkeys(o.tag for o in OPERATIONS.values())}


def operations_of(tag: str) -> list[OperationInfo]:
    return [operation for operation in OPERATIONS.values() if operation.tag == tag]


def helpers_of(tag: str) -> list[str]:
    """Names of the public methods that are written by hand on top of the operations."""
    known = {operation.name for operation in operations_of(tag)}
    cls = resource_classes()[tag]
    return [
        name
        for name, _ in inspect.getmembers(cls, inspect.isfunction)
        if name[0] != "_" and name not in known
    ]


def method_of(operation: OperationInfo) -> Callable[..., Any]:
    method: Callable[..., Any] = getattr(resource_classes()[operation.tag], operation.name)
    return method


def vendor_page(operation: OperationInfo) -> str | None:
    """Address of PostHog's page. A method written by hand on top of a generated one need not repeat it."""
    for cls in resource_classes()[operation.tag].__mro__:
        found = docstring_of(vars(cls).get(operation.name)).sections.get("See Also")
        if found:
            return found
    return None


def annotation_text(annotation: Any) -> str:
    """An annotation as a reader wants it: an argument that may be left out says so by its default alone."""
    text = annotation if isinstance(annotation, str) else getattr(annotation, "__name__", str(annotation))
    text = (
        text.replace("builtins.", "")
        .replace("datetime.datetime", "datetime")
        .replace("datetime.date", "date")
    )
    text = re.sub(r" \| Unset\b|\bUnset \| ", "", " ".join(text.split()))
    # None comes last, as people write it.
    return re.sub(r"^None \| (.+)$", r"\1 | None", text)


def signature_text(name: str, function: Callable[..., Any]) -> str:
    """The signature as one parameter per line, or one line where it fits; without `self`."""
    signature = inspect.signature(function)
    parts: list[str] = []
    starred = False
    for parameter in list(signature.parameters.values())[1:]:
        if parameter.kind is parameter.KEYWORD_ONLY and not starred:
            parts.append("*")
            starred = True
        stars = "*" if parameter.kind is parameter.VAR_POSITIONAL else ""
        stars = "**" if parameter.kind is parameter.VAR_KEYWORD else stars
        starred = starred or stars == "*"
        text = f"{stars}{parameter.name}: {annotation_text(parameter.annotation)}"
        if parameter.default is not parameter.empty:
            text += f" = {parameter.default!r}"
        parts.append(text)
    returned = annotation_text(signature.return_annotation)
    line = f"{name}({', '.join(parts)}) -> {returned}"
    if len(line) <= 88:
        return line
    body = "".join(f"    {part},\n" for part in parts)
    return f"{name}(\n{body}) -> {returned}"


@cache
def model_classes() -> dict[str, type[Any]]:
    """Every model and enum, by name."""
    return {name: getattr(models, name) for name in sorted(generated_models.__all__)}


def names_of_models(text: str) -> Iterator[str]:
    for name in _NAME.findall(text):
        if name in model_classes():
            yield name


def is_enum(model: type[Any]) -> bool:
    return issubclass(model, enum.Enum)


def _mentioned(model: type[Any]) -> set[str]:
    if is_enum(model):
        return set()
    return {name for f in attrs.fields(model) for name in names_of_models(annotation_text(f.type))}


@cache
def places_of_models() -> dict[str, str]:
    """The page of each model: its resource, or `shared` where more than one resource, or none, uses it."""
    users: dict[str, set[str]] = {name: set() for name in model_classes()}
    for tag, cls in resource_classes().items():
        methods = (m for name, m in inspect.getmembers(cls, inspect.isfunction) if name[0] != "_")
        todo = {name for method in methods for name in names_of_models(str(inspect.signature(method)))}
        done: set[str] = set()
        while todo:
            name = todo.pop()
            done.add(name)
            users[name].add(tag)
            todo |= _mentioned(model_classes()[name]) - done
    return {name: next(iter(tags)) if len(tags) == 1 else SHARED for name, tags in users.items()}
