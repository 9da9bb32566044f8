"""Reading JSON in texts. The path must be constant."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from posthog_environments.emulator.hogql.errors import HogQLUnsupported
from posthog_environments.emulator.hogql.functions.registry import Function, always
from posthog_environments.emulator.hogql.nodes import Call, Expr, Literal
from posthog_environments.emulator.hogql.types import FLOAT64, INT64, STRING, UINT8, UINT64, array_of


def pointer(path: Sequence[str | int]) -> str:
    """A path as a quoted JSON pointer; numbers count from 1 in HogQL, from 0 in JSON."""
    parts = (
        str(part - 1) if isinstance(part, int) else part.replace("~", "~0").replace("/", "~1")
        for part in path
    )
    return quoted("".join(f"/{part}" for part in parts))


def quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _path(nodes: Sequence[Expr], name: str) -> list[str | int]:
    path: list[str | int] = []
    for node in nodes:
        if not isinstance(node, Literal) or not isinstance(node.value, (str, int)):
            raise HogQLUnsupported(f"The emulator supports only constant paths in {name}().")
        if isinstance(node.value, int) and node.value < 1:
            raise HogQLUnsupported(f"The emulator counts only from the start in {name}().")
        path.append(node.value)
    return path


def _read(args: Sequence[str], call: Call) -> str:
    """The JSON at the path, NULL where there is none and where the text is no JSON."""
    path = _path(call.args[1:], call.name)
    value = f"json_extract({args[0]}, {pointer(path)})" if path else f"CAST({args[0]} AS JSON)"
    return f"CASE WHEN json_valid({args[0]}) THEN {value} END"


def _text(args: Sequence[str], call: Call) -> str:
    # What is no text is given as JSON, but for null.
    return f"coalesce(({_read(args, call)}) ->> '$', '')"


def _raw(args: Sequence[str], call: Call) -> str:
    return f"coalesce(CAST({_read(args, call)} AS VARCHAR), '')"


def _number(kind: str) -> Function:
    sql = "BIGINT" if kind == "Int" else "DOUBLE"

    def write(args: Sequence[str], call: Call) -> str:
        return f"coalesce(TRY_CAST(({_read(args, call)}) ->> '$' AS {sql}), 0)"

    return Function(f"JSONExtract{kind}", 1, None, always(INT64 if kind == "Int" else FLOAT64), write, "s*")


def _flag(args: Sequence[str], call: Call) -> str:
    return f"CAST(coalesce(CAST({_read(args, call)} AS VARCHAR) = 'true', FALSE) AS UTINYINT)"


def _items(args: Sequence[str], call: Call) -> str:
    found = _read(args, call)
    items = f"list_transform(CAST({found} AS JSON[]), lambda item: CAST(item AS VARCHAR))"
    return f"CASE WHEN json_type({found}) = 'ARRAY' THEN {items} ELSE [] END"


def _keys(args: Sequence[str], call: Call) -> str:
    found = _read(args, call)
    return f"CASE WHEN json_type({found}) = 'OBJECT' THEN json_keys({found}) ELSE [] END"


def _length(args: Sequence[str], call: Call) -> str:
    found = _read(args, call)
    return (
        f"CASE json_type({found}) WHEN 'ARRAY' THEN json_array_length({found}) "
        f"WHEN 'OBJECT' THEN len(json_keys({found})) ELSE 0 END"
    )


def _has(args: Sequence[str], call: Call) -> str:
    return f"CAST(({_read(args, call)}) IS NOT NULL AS UTINYINT)"


FUNCTIONS: Final = (
    Function("JSONExtractString", 1, None, always(STRING), _text, "s*"),
    Function("JSONExtractRaw", 1, None, always(STRING), _raw, "s*"),
    _number("Int"),
    _number("Float"),
    Function("JSONExtractBool", 1, None, always(UINT8), _flag, "s*"),
    Function("JSONExtractArrayRaw", 1, None, always(array_of(STRING)), _items, "s*"),
    Function("JSONExtractKeys", 1, None, always(array_of(STRING)), _keys, "s*"),
    Function("JSONLength", 1, None, always(UINT64), _length, "s*"),
    Function("JSONHas", 1, None, always(UINT8), _has, "s*"),
    Function("isValidJSON", 1, 1, always(UINT8), "CAST(json_valid({0}) AS UTINYINT)", "s"),
)
