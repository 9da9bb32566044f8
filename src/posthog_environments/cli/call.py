"""`call <tag> <method>`: every operation of the contract, made of `OPERATIONS`; a new one appears by itself."""

from __future__ import annotations

import inspect
import json
from collections.abc import Mapping
from typing import Any, Final

import click

from posthog_environments.cli.options import AnyType, Command, confirm
from posthog_environments.cli.output import MOST_SHOWN, show_rows, show_value
from posthog_environments.cli.session import Session, pass_session
from posthog_environments_api.operations import OPERATIONS, OperationInfo, ParameterInfo

_OURS: Final = frozenset({"project_id"})


class _Json(AnyType):
    """JSON; `@FILE` reads it from a file, `@-` from standard input."""

    name = "json"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if not isinstance(value, str):
            return value
        if value.startswith("@"):
            session = (ctx.find_object(Session) if ctx else None) or Session()
            value = session.text_of(value[1:])
        try:
            return json.loads(value)
        except ValueError as error:
            self.fail(f"not JSON: {error}", param, ctx)


class _Tags(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted({operation.tag for operation in OPERATIONS.values()})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        operations = [operation for operation in OPERATIONS.values() if operation.tag == cmd_name]
        if not operations:
            return None
        group = click.Group(cmd_name, help=f"Operations of {cmd_name}.", no_args_is_help=True)
        for operation in operations:
            group.add_command(_command(operation))
        return group


def _command(operation: OperationInfo) -> click.Command:
    parameters: list[click.Parameter] = []
    body = False
    for parameter in operation.parameters:
        if parameter.keyword in _OURS and parameter.location == "path":
            continue
        parameters.append(_option(parameter))
        body = body or parameter.location == "body"
    if body:
        parameters.append(
            click.Option(
                ["--body", "body"], type=_Json(), help="The whole body as JSON, instead of its fields."
            )
        )
    if operation.paginated:
        parameters.append(
            click.Option(
                ["-n", "--max-items", "max_items"],
                type=click.IntRange(min=0),
                help="Stop after this many items, over all pages; by default never, and in a table after "
                f"{MOST_SHOWN}.",
            )
        )
    if destroys(operation):
        parameters.append(click.Option(["-y", "--yes"], is_flag=True, help="Do not ask."))
    return Command(
        operation.name.replace("_", "-"),
        callback=_callback(operation),
        params=parameters,
        help=_help(operation),
        short_help=operation.summary,
    )


def destroys(operation: OperationInfo) -> bool:
    """Whether something is gone afterwards: it is asked about first."""
    return not operation.read_only and (operation.method == "DELETE" or "delete" in operation.name.split("_"))


def _help(operation: OperationInfo) -> str:
    scopes = ", ".join(operation.scopes) or "none documented: personal API keys may be refused"
    return f"{operation.summary}.\n\n{operation.description}\n\n{operation.method} {operation.path}\n\nScope: {scopes}"


def _option(parameter: ParameterInfo) -> click.Parameter:
    if parameter.location == "path":
        return click.Argument(
            [parameter.keyword], type=_type(parameter.schema), metavar=parameter.keyword.upper()
        )
    name = _dashed(parameter.keyword)
    kind = _type(parameter.schema)
    several = _main_type(parameter.schema) == "array" and not parameter.json and _is_plain(parameter.schema)
    return click.Option(
        [f"--{name}", f"param_{parameter.keyword}"],
        type=_type(parameter.schema["items"]) if several else kind,
        multiple=several,
        help=parameter.description + (" Required." if parameter.required else ""),
    )


def _dashed(keyword: str) -> str:
    return keyword.rstrip("_").replace("_", "-")


def _is_plain(schema: Mapping[str, Any]) -> bool:
    return _main_type(schema.get("items", {})) in ("string", "integer", "number", "boolean")


def _main_type(schema: Mapping[str, Any]) -> str | None:
    kinds: Any = schema.get("type")
    if isinstance(kinds, str):
        return kinds
    found = [kind for kind in kinds or () if kind != "null"]
    return found[0] if len(found) == 1 else None


def _type(schema: Mapping[str, Any]) -> AnyType:
    kind = _main_type(schema)
    if kind == "integer":
        return click.INT
    if kind == "number":
        return click.FLOAT
    if kind == "boolean":
        return click.BOOL
    # Open enums: the server may take more than the contract knows, so they are not choices.
    return click.STRING if kind == "string" or _may_be_text(schema) else _Json()


def _may_be_text(schema: Mapping[str, Any]) -> bool:
    options: Any = schema.get("anyOf") or schema.get("oneOf") or ()
    return any(_main_type(option) == "string" for option in options)


def _callback(operation: OperationInfo) -> Any:
    @pass_session
    def call(session: Session, /, **given: Any) -> None:
        _call(session, operation, given)

    return call


def _call(session: Session, operation: OperationInfo, given: dict[str, Any]) -> None:
    positional: list[Any] = []
    named: dict[str, Any] = {}
    for parameter in operation.parameters:
        if parameter.location == "path":
            if parameter.keyword not in _OURS:
                positional.append(given[parameter.keyword])
            continue
        value = given[f"param_{parameter.keyword}"]
        if value is not None and value != ():
            several: Any = value
            named[parameter.keyword] = list(several) if isinstance(value, tuple) else value
    for name in ("body", "max_items"):
        if given.get(name) is not None:
            named[name] = given[name]
    fields = [one for one in operation.parameters if one.location == "body" and one.keyword in named]
    if "body" in named and fields:
        raise click.UsageError(f"--body is the whole body: leave it out, or --{_dashed(fields[0].keyword)}")
    method = getattr(getattr(session.client, operation.tag), operation.name)
    try:
        inspect.signature(method).bind(*positional, **named)
    except TypeError as error:
        raise click.UsageError(str(error)) from None
    if destroys(operation):
        what = " ".join([operation.tag, operation.name.replace("_", "-"), *map(str, positional)])
        confirm(f"{operation.summary}: {what}?", yes=given["yes"])
    try:
        result = method(*positional, **named)
    except TypeError as error:
        raise click.UsageError(str(error).split(") ")[-1]) from None
    _show(session, operation, result, given.get("max_items"))


def _show(session: Session, operation: OperationInfo, result: Any, max_items: int | None) -> None:
    if isinstance(result, bytes):
        session.write_bytes(result)
    elif isinstance(result, str):
        session.write(result)
    elif operation.paginated:
        show_rows(session, result, counted="items", most=MOST_SHOWN if max_items is None else None)
    elif result is None:
        session.say(f"{operation.tag} {operation.name}: done")
    else:
        show_value(session, result)


command = _Tags(
    "call", help="Call any operation of the API: call TAG METHOD, see --help of each.", no_args_is_help=True
)
