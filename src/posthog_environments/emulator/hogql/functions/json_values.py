"""Reading JSON in texts. The path must be constant."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from posthog_environments.emulator.hogql.errors import HogQLError, HogQLUnsupported
from posthog_environments.emulator.hogql.functions.casts import READ_FLOAT
from posthog_environments.emulator.hogql.functions.registry import Function, Write, to
from posthog_environments.emulator.hogql.nodes import Call, Expr, Literal
from posthog_environments.emulator.hogql.types import FLOAT64, INT64, STRING, UINT8, UINT64, Type, array_of


def pointer(path: Sequence[str | int]) -> str:
    """A path as a quoted JSON pointer; numbers count from 1 in HogQL, from 0 in JSON."""
    parts = (
        str(part - 1) if isinstance(part, int) else part.replace("~", "~0").replace("/", "~1")
        for part in path
    )
    return quoted("".join(f"/{part}" for part in parts))


def quoted(text: str) -> str:
    # DuckDB before 2.0 takes the character 0 for the end of the statement.
    parts = ["'" + part.replace("'", "''") + "'" for part in text.split("\0")]
    return parts[0] if len(parts) == 1 else f"({' || chr(0) || '.join(parts)})"


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
    def write(args: Sequence[str], call: Call) -> str:
        text = f"(({_read(args, call)}) ->> '$')"
        number = READ_FLOAT.format(text)
        if kind == "Int":
            whole = f"TRY_CAST(trunc({number}) AS BIGINT)"
            # A float holds only 53 bits.
            exact = f"TRY_CAST({text} AS BIGINT)"
            number = f"CASE WHEN regexp_full_match({text}, '-?[0-9]+') THEN {exact} ELSE {whole} END"
        return f"coalesce({number}, 0)"

    return _reader(f"JSONExtract{kind}", INT64 if kind == "Int" else FLOAT64, write)


def _flag(args: Sequence[str], call: Call) -> str:
    found = _read(args, call)
    number = f"json_type({found}) IN ('BIGINT', 'UBIGINT') AND CAST({found} AS VARCHAR) <> '0'"
    return f"CAST(coalesce(CAST({found} AS VARCHAR) = 'true' OR ({number}), FALSE) AS UTINYINT)"


def _items(args: Sequence[str], call: Call) -> str:
    found = _read(args, call)
    items = f"list_transform(CAST({found} AS JSON[]), lambda item: coalesce(CAST(item AS VARCHAR), 'null'))"
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


def _reader(name: str, kind: Type, write: Write) -> Function:
    """A function of a text and a path; it gives nothing for a text that is not there."""

    def written(args: Sequence[str], call: Call) -> str:
        found = write(args, call)
        return f"CASE WHEN {args[0]} IS NOT NULL THEN {found} END" if call.type.nullable else found

    def result(types: Sequence[Type]) -> Type:
        return kind.null(types[0].nullable)

    refuse = _there if kind.base == "Array" else None
    return Function(name, 1, None, result, written, "s*", refuse=refuse)


def _there(args: Sequence[Expr]) -> None:
    if args[0].type.nullable and args[0].type.base == "String":
        raise HogQLError("No array can be nullable: ifNull(text, '') helps", "illegal_type_of_argument")


TITLE: Final = "JSON"
FUNCTIONS: Final = (
    _reader("JSONExtractString", STRING, _text),
    _reader("JSONExtractRaw", STRING, _raw),
    _number("Int"),
    _number("Float"),
    _reader("JSONExtractBool", UINT8, _flag),
    _reader("JSONExtractArrayRaw", array_of(STRING), _items),
    _reader("JSONExtractKeys", array_of(STRING), _keys),
    _reader("JSONLength", UINT64, _length),
    _reader("JSONHas", UINT8, _has),
    Function("isValidJSON", 1, 1, to(UINT8), "CAST(json_valid({0}) AS UTINYINT)", "s"),
)
