"""The pages of the documentation site that are made when it is built: resources, models, tables, changelog.

Needs no mkdocs: `scripts/mkdocs_hook.py` puts the result into the site, tests look at it as it is.
"""

from __future__ import annotations

import inspect
import json
import textwrap
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any

import attrs

import posthog_environments
from posthog_environments_api.operations import (
    DEPRECATIONS,
    OPERATIONS,
    OperationInfo,
    ParameterInfo,
)
from reference_examples import example_call
from reference_source import (
    SHARED,
    annotation_text,
    docstring_of,
    helpers_of,
    is_enum,
    method_of,
    model_classes,
    operations_of,
    places_of_models,
    resource_classes,
    signature_text,
    vendor_page,
)
from reference_tables import ROOT, cell, endpoint, rates, scope_text, short_path, type_html

_ALWAYS = "`InvalidRequestError`, `APIStatusError`, `APIConnectionError`, `DecodeError`"


def generated_pages() -> dict[str, str]:
    """Markdown by path inside `docs/`."""
    pages = {"reference/index.md": _index(), "reference/python.md": _python_names()}
    for tag in resource_classes():
        pages[f"reference/resources/{tag}.md"] = resource_page(tag)
    for place in sorted(set(places_of_models().values())):
        pages[f"reference/models/{place}.md"] = models_page(place)
    pages["changelog.md"] = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    return pages


def navigation() -> list[dict[str, Any]]:
    """The part of the navigation below "Reference"."""
    places = sorted(set(places_of_models().values()) - {SHARED})
    return [
        {"All operations": "reference/index.md"},
        {"Resources": [{tag: f"reference/resources/{tag}.md"} for tag in sorted(resource_classes())]},
        {"Models": [{place: f"reference/models/{place}.md"} for place in [*places, SHARED]]},
        {"Clients, errors, settings": "reference/python.md"},
    ]


def present(entries: list[Any], absent: Collection[str]) -> list[Any]:
    """The navigation with the generated part in its place and without the pages that are absent."""
    found: list[Any] = []
    for entry in entries:
        if not isinstance(entry, dict):
            found.append(entry)
            continue
        ((title, value),) = entry.items()
        if value == "generated":
            found.append({title: navigation()})
        elif isinstance(value, list):
            found.append({title: present(value, absent)})
        elif value not in absent:
            found.append(entry)
    return found


# --- resources ----------------------------------------------------------------------------------------------


def resource_page(tag: str) -> str:
    cls = resource_classes()[tag]
    return "\n".join(
        [
            f"# {tag}",
            "",
            docstring_of(cls).summary,
            "",
            f"`client.{tag}` has the methods below. On `AsyncClient` they have the same arguments and are awaited; "
            "lists are read with `async for`. An argument whose default is `UNSET` is not sent when it is left out; "
            "`None` is sent as null. Every example is run against the emulator by the tests.",
            "",
            *(f"- [`{o.name}`](#{o.name}) {o.summary}" for o in operations_of(tag)),
            *(
                f"- [`{name}`](#{name}) {docstring_of(getattr(cls, name)).summary}"
                for name in helpers_of(tag)
            ),
            "",
            *(line for operation in operations_of(tag) for line in _operation(operation)),
            *(line for name in helpers_of(tag) for line in _helper(tag, name)),
        ]
    )


def _operation(operation: OperationInfo) -> Iterator[str]:
    method = method_of(operation)
    doc = docstring_of(method)
    name = f"{operation.tag}.{operation.name}"
    returned = annotation_text(inspect.signature(method).return_annotation)
    yield from (f"## {name} {{ #{operation.name} }}", "", f"{operation.summary}.", "")
    if doc.description:
        yield from (doc.description, "")
    yield from ("```python signature", signature_text(f"client.{name}", method), "```", "")
    yield from ("| | |", "|---|---|", f"| endpoint | {endpoint(operation.method, operation.path)} |")
    yield f"| scope | {scope_text(operation)} |"
    yield f"| rate limit | [`{operation.rate_limit}`](../../retries-and-limits.md#rate-limits): {rates(operation.rate_limit)} |"
    if operation.entitlement:
        yield f"| paid feature | `{operation.entitlement}` |"
    if operation.paginated:
        yield "| pages | read lazily, see [pagination](../../pagination.md) |"
    yield f"| [tried again](../../retries-and-limits.md#what-is-tried-again) | {_repeated(operation)} |"
    gives = doc.sections.get("Returns", "")
    yield f"| returns | {type_html(returned, '../models/')}{': ' + cell(gives) if gives else ''} |"
    others = [f"`{error}`: {cell(text)}" for error, text in doc.raises.items() if f"`{error}`" not in _ALWAYS]
    yield f"| raises | {'; '.join([f'{_ALWAYS}, see [errors](../../errors.md)', *others])} |"
    if operation.deprecation:
        kind = operation.deprecation
        yield f"| deprecated | [`{kind}`](../../moving-to-projects.md#what-is-deprecated): {cell(DEPRECATIONS[kind])} |"
    page = vendor_page(operation)
    if page:
        yield f"| PostHog's page | <{page}> |"
    yield ""
    yield from _parameters(operation, method, doc.entries)
    yield from ("```python example", example_call(operation).rstrip(), "```", "")
    yield from _answer(operation)


def _repeated(operation: OperationInfo) -> str:
    if operation.read_only:
        return "after any failure that may pass"
    if operation.method == "DELETE":
        return "after any failure that may pass: deleting twice does no more than deleting once"
    return "only when it was throttled or not sent: a second one could act twice"


def _parameters(
    operation: OperationInfo, method: Callable[..., Any], texts: Mapping[str, str]
) -> Iterator[str]:
    infos: dict[str, ParameterInfo] = {p.keyword: p for p in operation.parameters}
    parameters = list(inspect.signature(method).parameters.values())[1:]
    if not parameters:
        return
    yield from ("| argument | |", "|---|---|")
    for parameter in parameters:
        info = infos.get(parameter.name)
        facts = [type_html(annotation_text(parameter.annotation), "../models/")]
        if info:
            facts.append(
                f"in the {info.location}" + (f" as `{info.name}`" if info.name != parameter.name else "")
            )
        if parameter.default is parameter.empty:
            facts.append("**required**")
        elif info and info.required:
            facts.append("**required**, here or in `body`")
        text = cell(texts.get(parameter.name) or (info.description if info else ""))
        yield f"| `{parameter.name}` | {' · '.join(facts)}<br>{text} |"
    yield ""


def _answer(operation: OperationInfo) -> Iterator[str]:
    kinds = [
        ("as the server sends it", operation.observed),
        ("as PostHog documents it", operation.documented),
    ]
    kinds = [(kind, value) for kind, value in kinds if value is not None]
    if len(kinds) == 2 and kinds[0][1] == kinds[1][1]:
        kinds = [("as the server sends it, and as PostHog documents it", kinds[0][1])]
    for kind, value in kinds:
        language, text = ("text", value) if isinstance(value, str) else ("json", json.dumps(value, indent=2))
        block = f"```{language}\n{text}\n```"
        yield from (f'??? example "The answer {kind}"', "", textwrap.indent(block, "    "), "")


def _helper(tag: str, name: str) -> Iterator[str]:
    function = getattr(resource_classes()[tag], name)
    doc = docstring_of(function)
    yield from (f"## {tag}.{name} {{ #{name} }}", "", doc.summary, "")
    if doc.description:
        yield from (doc.description, "")
    yield from ("```python signature", signature_text(f"client.{tag}.{name}", function), "```", "")
    if doc.entries:
        parameters = inspect.signature(function).parameters
        yield from ("| argument | |", "|---|---|")
        for argument, text in doc.entries.items():
            known = parameters.get(argument.lstrip("*"))
            typed = type_html(annotation_text(known.annotation), "../models/") + "<br>" if known else ""
            yield f"| `{argument}` | {typed}{cell(text)} |"
        yield ""
    for title in ("Returns", "Yields"):
        if title in doc.sections:
            yield from (f"**{title}** {doc.sections[title]}", "")
    yield from (f"**Raises** `{error}`: {text}\n" for error, text in doc.raises.items())


# --- models -------------------------------------------------------------------------------------------------


def models_page(place: str) -> str:
    names = [name for name, where in places_of_models().items() if where == place]
    title = "Shared models" if place == SHARED else f"Models of {place}"
    lines = [f"# {title}", ""]
    if place != SHARED:
        lines += [f"What [`client.{place}`](../resources/{place}.md) takes and gives.", ""]
    lines += [
        "All are in `posthog_environments.models`. A field that the server did not send is `UNSET`, which is false; "
        "what a model does not know is kept in `additional_properties`. `from_dict` and `to_dict` read and "
        "write the JSON form.",
        "",
    ]
    for name in names:
        lines += _enum(name) if is_enum(model_classes()[name]) else _model(name)
    return "\n".join(lines)


def _model(name: str) -> Iterator[str]:
    model = model_classes()[name]
    doc = docstring_of(model)
    yield from (f"## {name} {{ #{name.lower()} }}", "", doc.summary, "")
    if doc.description:
        yield from (doc.description, "")
    yield from ("| field | |", "|---|---|")
    for field in attrs.fields(model):
        typed = type_html(annotation_text(field.type), "")
        text = cell(doc.entries.get(field.name, ""))
        if field.name == "additional_properties":
            text = text or "Whatever else there is, by its name."
        always = " · **always there**" if field.init and field.default is attrs.NOTHING else ""
        yield f"| `{field.name}` | {typed}{always}<br>{text} |"
    yield ""


def _enum(name: str) -> Iterator[str]:
    model = model_classes()[name]
    doc = docstring_of(model)
    yield from (f"## {name} {{ #{name.lower()} }}", "", doc.summary, "", "| member | value |", "|---|---|")
    yield from (f"| `{member.name}` | `{member.value!r}` |" for member in model)
    yield ""


# --- tables and lists ---------------------------------------------------------------------------------------


def _index() -> str:
    lines = [
        "# All operations",
        "",
        f"The {len(OPERATIONS)} operations of the contract. Each is a method of `Client` and of `AsyncClient`.",
        "",
    ]
    for tag, cls in resource_classes().items():
        lines += [f"## {tag}", "", docstring_of(cls).summary, "", "| method | endpoint | |", "|---|---|---|"]
        lines += [
            f"| [`{tag}.{o.name}`](resources/{tag}.md#{o.name}) | {endpoint(o.method, short_path(o))} | {o.summary} |"
            for o in operations_of(tag)
        ]
        lines += [
            f"| [`{tag}.{name}`](resources/{tag}.md#{name}) | | {docstring_of(getattr(cls, name)).summary} |"
            for name in helpers_of(tag)
        ]
        lines.append("")
    return "\n".join(lines)


_GROUPS = (
    ("Clients", ("Client", "AsyncClient")),
    ("Settings and limits", ("RequestOptions", "Timeout", "RateLimiter", "RetryEvent")),
    ("Values and data", ("UNSET", "Unset", "OPERATIONS", "models", "__version__")),
)


def python_names() -> dict[str, str]:
    """Where each public name is defined, by name."""
    found: dict[str, str] = {}
    for name in posthog_environments.__all__:
        value = getattr(posthog_environments, name)
        module = getattr(value, "__module__", None) if inspect.isclass(value) else None
        found[name] = f"{module}.{name}" if module else f"posthog_environments.{name}"
    return found


def _python_names() -> str:
    places = python_names()
    lines = [
        "# Clients, errors, settings",
        "",
        "Import every name on this page from `posthog_environments`. Resources and models have "
        "[pages of their own](index.md).",
        "",
    ]
    grouped = {name for _, names in _GROUPS for name in names}
    errors = [n for n in places if n not in grouped and _is_error(n)]
    others = [n for n in places if n not in grouped and n not in errors]
    sections = [*_GROUPS, ("Errors", tuple(errors)), ("Other names", tuple(others))]
    for title, names in sections:
        if names:
            lines += [f"## {title}", ""]
        for name in names:
            lines += _python_name(name, places[name])
    return "\n".join(lines)


def _is_error(name: str) -> bool:
    value = getattr(posthog_environments, name)
    return inspect.isclass(value) and issubclass(value, BaseException)


_DATA = {
    "UNSET": "The one value of `Unset`: an argument that was left out, or a field that the server did not send. False.",
    "OPERATIONS": "Every operation of the contract as data (`OperationInfo`), by operation id.",
    "models": "The module with every [model and enum](index.md).",
    "__version__": "The version of this package.",
}


def _python_name(name: str, place: str) -> list[str]:
    if inspect.isclass(getattr(posthog_environments, name)):
        return [f"::: {place}", ""]
    text = _DATA.get(name) or docstring_of(getattr(posthog_environments, name)).summary
    return [f"### `{name}` {{ #{name.strip('_')} }}", "", text, ""]
