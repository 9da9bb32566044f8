"""The public Python API as text: names, signatures, fields, and who inherits from whom.

It is what a user can import and call, seen by importing it, so a lazy export that fails fails here too. The text is
committed as `release/public-api.txt`: whoever changes a signature sees it in the diff, and a reviewer sees nothing
else. Annotations are shown as they are written, so the text is the same on every Python.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator
from enum import Enum
from functools import cached_property
from importlib import import_module
from types import FunctionType, ModuleType
from typing import Any, ForwardRef

import attrs

from contract_document import ROOT
from public_modules import EXPORTING, HELD, MODELS

PINNED = ROOT / "release" / "public-api.txt"
_HEAD = "# The public Python API. Written by `make accept`; read its diff.\n"
_OURS = ("posthog_environments", "posthog_environments_api")
_PROTOCOLS = {
    "__iter__", "__next__", "__enter__", "__exit__", "__aiter__", "__anext__", "__aenter__", "__aexit__",
    "__len__", "__getitem__", "__contains__",
}  # fmt: skip
_WIDTH = 110


def snapshot() -> str:
    """The text of `release/public-api.txt`."""
    package = import_module("posthog_environments")
    lines = [_HEAD]
    for name in EXPORTING:
        lines += [
            f"module {name}",
            *_indented(_module(import_module(name), _exports(import_module(name)))),
            "",
        ]
    for name, held in HELD.items():
        lines += [f"objects of {name}", *_indented(_module(import_module(name), held)), ""]
    lines += ["pytest fixtures", *_indented(_fixtures()), ""]
    for kind in (package.Client, package.AsyncClient):
        client = kind(1, api_key="phx_none", host="us")
        lines += [f"resources of {kind.__name__}", *_indented(_resources(client)), ""]
    lines += ["errors", *_indented(_hierarchy(package.PostHogError)), ""]
    lines += ["models", *_indented(_models(import_module(MODELS)))]
    return "\n".join(lines) + "\n"


def _exports(module: ModuleType) -> list[str]:
    return sorted(name for name in module.__all__ if name not in ("__version__", "models"))


def _fixtures() -> Iterator[str]:
    """Names alone: pytest calls them, and how it wraps them differs between its versions."""
    return (
        name
        for name in sorted(vars(import_module("posthog_environments.pytest_plugin")))
        if name[:8] == "posthog_"
    )


def _public() -> frozenset[Any]:
    """Classes that have a place of their own in the text, so that what inherits from them need not repeat it."""
    modules = [(import_module(name), _exports(import_module(name))) for name in EXPORTING]
    values = [getattr(module, name) for module, names in modules for name in names]
    return frozenset(value for value in values if isinstance(value, type))


def _module(module: ModuleType, names: Iterable[str]) -> Iterator[str]:
    for name in names:
        value = getattr(module, name)
        if isinstance(value, type):
            yield from _class(name, value)
        elif isinstance(value, FunctionType):
            yield from _function(name, value)
        else:
            yield f"{name}: {type(value).__name__}"


def _class(name: str, value: type) -> Iterator[str]:
    bases = [base for base in value.__bases__ if base is not object and not base.__name__.startswith("_")]
    yield f"class {name}({', '.join(base.__name__ for base in bases)})" if bases else f"class {name}"
    yield from _indented(_members(value))


def _members(value: type) -> Iterator[str]:
    """What a class adds to its public bases; a base that is not public counts as a part of the class."""
    members: dict[str, Any] = {}
    for base in reversed([value, *(one for one in value.__mro__[1:] if one not in _public())]):
        if base.__module__.partition(".")[0] in _OURS:
            members.update(vars(base))
    if issubclass(value, Enum):
        yield from (repr(member.value) for member in value)
        return
    if attrs.has(value):
        fields = {field.name: field.type for field in attrs.fields(value)}
    else:
        fields = inspect.get_annotations(value)
    yield from (f"{name}: {_shown(kind)}" for name, kind in fields.items() if not name.startswith("_"))
    if isinstance(members.get("__init__"), FunctionType):
        yield from _function("__init__", members["__init__"])
    for name, member in sorted(members.items()):
        if not name.startswith("_") or name in _PROTOCOLS:
            yield from _member(name, member)


def _member(name: str, member: Any) -> Iterator[str]:
    if isinstance(member, property | cached_property):
        read = member.fget if isinstance(member, property) else member.func
        kind = inspect.signature(read).return_annotation if read else ""
        yield f"{name} -> {_shown(kind)}"
    elif isinstance(member, classmethod | staticmethod):
        yield f"@{type(member).__name__}"
        yield from _function(name, member.__func__)
    elif isinstance(member, FunctionType):
        yield from _function(name, member)


def _function(name: str, function: Callable[..., Any]) -> Iterator[str]:
    """On one line, or with a line for each parameter where that would be too long to read."""
    parameters, result = signature(function)
    start = f"{'async ' if inspect.iscoroutinefunction(function) else ''}def {name}("
    line = f"{start}{', '.join(parameters)}){result}"
    if len(line) <= _WIDTH:
        yield line
        return
    yield start
    yield from _indented(f"{parameter}," for parameter in parameters)
    yield f"){result}"


def _models(models: ModuleType) -> Iterator[str]:
    """Fields and values alone: every model has the same methods, and its `__init__` takes its fields."""
    for name in sorted(name for name in dir(models) if name[:1].isupper()):
        value = getattr(models, name)
        if attrs.has(value):
            yield f"class {name}"
            yield from _indented(f"{field.name}: {_shown(field.type)}" for field in attrs.fields(value))
        else:
            yield from _class(name, value)


def _resources(client: Any) -> Iterator[str]:
    """The methods of every resource that a client has, whichever class it is of."""
    for name in sorted(name for name in dir(type(client)) if not name.startswith("_")):
        if isinstance(inspect.getattr_static(type(client), name), cached_property):
            kind = type(getattr(client, name))
            yield f"{name} -> {kind.__name__}"
            yield from _indented(
                line for line in _members(kind) if not line.startswith("def __init__(self, caller")
            )


def _hierarchy(error: type) -> Iterator[str]:
    others = [base.__name__ for base in error.__bases__ if base.__module__.partition(".")[0] not in _OURS]
    yield error.__name__ + (f" (also {', '.join(others)})" if others else "")
    kinds: list[type] = error.__subclasses__()
    below = {one for one in kinds if one.__module__.partition(".")[0] in _OURS}
    for one in sorted(below, key=lambda each: each.__name__):
        yield from _indented(_hierarchy(one))


def signature(function: Callable[..., Any]) -> tuple[list[str], str]:
    """Parameters and result as they are written, with defaults that do not depend on the run."""
    found = inspect.signature(function)
    parts: list[str] = []
    starred = False
    for parameter in found.parameters.values():
        if parameter.kind is parameter.KEYWORD_ONLY and not starred:
            parts.append("*")
        starred |= parameter.kind in (parameter.KEYWORD_ONLY, parameter.VAR_POSITIONAL)
        text = str(parameter).partition(":")[0].partition("=")[0].strip()  # with its stars
        if parameter.annotation is not parameter.empty:
            text += f": {_shown(parameter.annotation)}"
        if parameter.default is not parameter.empty:
            text += f" = {_default(parameter.default)}"
        parts.append(text)
    returned = found.return_annotation
    return parts, "" if returned is found.empty else f" -> {_shown(returned)}"


def _default(value: Any) -> str:
    if isinstance(value, str):  # an enum's member is a string too, and its repr differs between Pythons
        return repr(str(value))
    if value is None or isinstance(value, bool | int | float | bytes | tuple):
        return repr(value)
    return "UNSET" if type(value).__name__ == "Unset" else "<made at each call>"


def _shown(annotation: Any) -> str:
    if isinstance(annotation, ForwardRef):
        return annotation.__forward_arg__
    return annotation if isinstance(annotation, str) else inspect.formatannotation(annotation)


def _indented(lines: Iterable[str]) -> Iterator[str]:
    return (f"    {line}" for line in lines)
