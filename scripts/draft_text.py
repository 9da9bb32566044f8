"""A drafted operation as text, and into the files of the contract without touching what stands there."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from contract_document import ContractError, merge

_WIDTH = 110
_FLOW_WIDTH = 96
_BLOCK = ("parameters", "responses", "properties", "schemas", "requestBody", "content", "paths", "components")


@dataclass(frozen=True)
class Draft:
    """One operation, and the component schemas that it needs."""

    tag: str
    path: str
    method: str
    operation: Mapping[str, Any]
    schemas: Mapping[str, Mapping[str, Any]]
    said: str  # what PostHog says about it
    new_tag: bool


class _Flow(dict[Any, Any]):
    """A mapping that is written on one line."""


class _FlowList(list[Any]):
    """A list that is written on one line."""


class _Dumper(yaml.SafeDumper):
    def ignore_aliases(self, data: Any) -> bool:
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)


_Dumper.add_representer(
    _Flow,
    lambda dumper, data: dumper.represent_mapping("tag:yaml.org,2002:map", data.items(), flow_style=True),
)
_Dumper.add_representer(
    _FlowList,
    lambda dumper, data: dumper.represent_sequence("tag:yaml.org,2002:seq", list(data), flow_style=True),
)
_Dumper.add_representer(
    list,
    lambda dumper, data: dumper.represent_sequence(
        "tag:yaml.org,2002:seq", data, flow_style=not any(isinstance(item, Mapping) for item in data) or None
    ),
)


def _styled(value: Any, key: str = "") -> Any:
    """Small mappings on one line, as in the files that are there."""
    if isinstance(value, list):
        if key == "security":
            return _FlowList(_Flow(item) for item in value)
        return (
            [item if set(item) == {"$ref"} else _styled(item) for item in value]
            if key == "parameters"
            else [_styled(item) for item in value]
        )
    if not isinstance(value, Mapping):
        return value
    inner = {name: _styled(item, str(name)) for name, item in value.items()}
    flat = yaml.dump(value, Dumper=yaml.SafeDumper, default_flow_style=True, width=10_000, sort_keys=False)
    leaf = not any(isinstance(item, dict) and not isinstance(item, _Flow) for item in inner.values())
    small = key not in _BLOCK and leaf and len(flat) <= _FLOW_WIDTH
    return _Flow(inner) if small else inner


def _dump(value: Any, indent: int) -> list[str]:
    text = yaml.dump(
        _styled(value),
        Dumper=_Dumper,
        sort_keys=False,
        width=_WIDTH,
        allow_unicode=True,
        default_flow_style=False,
    )
    return [" " * indent + line if line else line for line in text.splitlines()]


def text_of(draft: Draft) -> str:
    """The draft as a resource file would hold it."""
    lines = [f"# openapi/resources/{draft.tag}.yaml" + (" (a new file)" if draft.new_tag else "")]
    if draft.new_tag:
        lines.append(f"# and in root.yaml, under tags: {{name: {draft.tag}, description: TODO(curate)}}")
    if draft.said:
        lines.append("# PostHog says (write it in your own words):")
        lines += [f"#   {part}" for part in _wrapped(draft.said)]
    lines += ["paths:", *_path_lines(draft)]
    if draft.schemas:
        lines += ["components:", "  schemas:", *_schema_lines(draft)]
    return "\n".join(lines) + "\n"


def _wrapped(text: str) -> Iterator[str]:
    yield from textwrap.wrap("".join(char if char.isprintable() else " " for char in text), _WIDTH - 6)


def _path_lines(draft: Draft) -> list[str]:
    return [f"  {draft.path}:", *_method_lines(draft)]


def _method_lines(draft: Draft) -> list[str]:
    return [f"    {draft.method}:", *_dump(dict(draft.operation), 6)]


def _schema_lines(draft: Draft) -> list[str]:
    return _dump(dict(draft.schemas), 4)


# --- into the files ------------------------------------------------------------------------------------------


def insert(contract: Path, draft: Draft) -> list[Path]:
    """Write the draft into the contract and return the files that changed.

    Raises `ContractError` and changes nothing when the operation or a schema is there already, or when the files
    do not say afterwards what they said before and the draft.
    """
    before = merge(contract)
    if draft.method in before["paths"].get(draft.path, {}):
        raise ContractError(f"{draft.method.upper()} {draft.path} is in the contract; it is not overwritten")
    twice = sorted(set(draft.schemas) & set(before["components"].get("schemas", {})))
    if twice:
        raise ContractError(f"schemas {twice} are in the contract; they are not overwritten")
    resource, root = contract / "resources" / f"{draft.tag}.yaml", contract / "root.yaml"
    texts = {path: path.read_text(encoding="utf-8") if path.exists() else None for path in (resource, root)}
    try:
        resource.write_text(_with_draft(texts[resource], draft), encoding="utf-8")
        if draft.new_tag:
            root.write_text(_with_tag(texts[root] or "", draft.tag), encoding="utf-8")
        _check(before, merge(contract), draft)
    except ContractError:
        for path, text in texts.items():
            if text is None:
                path.unlink(missing_ok=True)
            else:
                path.write_text(text, encoding="utf-8")
        raise
    return [resource, *([root] if draft.new_tag else [])]


def _check(before: Mapping[str, Any], after: dict[str, Any], draft: Draft) -> None:
    item = after["paths"][draft.path]
    if item.pop(draft.method, None) is None:
        raise ContractError("the operation did not arrive in the contract")
    if not item:
        del after["paths"][draft.path]
    for name in draft.schemas:
        after["components"]["schemas"].pop(name, None)
    if draft.new_tag:
        after["tags"] = [tag for tag in after["tags"] if tag["name"] != draft.tag]
    if after != before:
        raise ContractError(
            f"{draft.tag}.yaml is laid out in a way that nothing can be added to; paste the draft"
        )


def _with_draft(text: str | None, draft: Draft) -> str:
    if text is None:
        body = ["paths:", *_path_lines(draft)]
        if draft.schemas:
            body += ["components:", "  schemas:", *_schema_lines(draft)]
        return "\n".join(body) + "\n"
    lines = text.rstrip("\n").split("\n")
    lines = _into(lines, ("paths:", f"  {draft.path}:"), _method_lines(_without_root(text, draft)))
    if draft.schemas:
        lines = _into(lines, ("components:", "  schemas:"), _schema_lines(draft))
    return "\n".join(lines) + "\n"


def _without_root(text: str, draft: Draft) -> Draft:
    """The path item may name the project's parameter for all its methods."""
    loaded = yaml.load(text, Loader=yaml.SafeLoader) or {}
    shared = (loaded.get("paths") or {}).get(draft.path, {}).get("parameters") or []
    own = [one for one in draft.operation["parameters"] if one not in shared]
    operation = {key: own if key == "parameters" else value for key, value in draft.operation.items()}
    if not own:
        del operation["parameters"]
    return Draft(**{**vars(draft), "operation": operation})


def _into(lines: list[str], heads: tuple[str, ...], new: list[str]) -> list[str]:
    """Put lines at the end of a block; the headings that are missing are put at the end of the one before."""
    start, end = 0, len(lines)
    for depth, head in enumerate(heads):
        found = next((index for index in range(start, end) if lines[index].rstrip() == head), None)
        if found is None:
            return [*lines[:end], *heads[depth:], *new, *lines[end:]]
        start = found + 1
        indent = len(head) - len(head.lstrip())
        end = next(
            (
                index
                for index in range(start, end)
                if lines[index].strip() and len(lines[index]) - len(lines[index].lstrip()) <= indent
            ),
            end,
        )
    return [*lines[:end], *new, *lines[end:]]


def _with_tag(text: str, tag: str) -> str:
    lines = text.rstrip("\n").split("\n")
    return "\n".join(_into(lines, ("tags:",), [f"  - name: {tag}", "    description: TODO(curate)"])) + "\n"
