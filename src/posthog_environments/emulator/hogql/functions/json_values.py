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
        if isinstance(node.value, int) and node.value == 0:
            raise HogQLUnsupported(f"The emulator counts only from 1 in {name}().")
        path.append(node.value)
    return path


def read(args: Sequence[str], call: Call) -> str:
    """The JSON at the path, NULL where there is none and where the text is no JSON."""
    path = _path(call.args[1:], call.name)
    plain = all(isinstance(part, str) and not part.isdecimal() for part in path)
    value = f"json_extract({args[0]}, {pointer(path) if path and plain else quoted('$')})"
    for part in () if plain else path:
        value = f"list_transform([{value}], lambda step: {_step(part)})[1]"
    return f"CASE WHEN json_valid({args[0]}) THEN {value} END"


def _step(part: str | int) -> str:
    """A member of `step`: numbers count the members of objects too, and no text counts."""
    if isinstance(part, int):
        return f"(CASE json_type(step) WHEN 'OBJECT' THEN json_extract(step, '$.*') ELSE json_extract(step, '$[*]') END)[{part}]"
    return f"CASE WHEN json_type(step) = 'OBJECT' THEN json_extract(step, {pointer([part])}) END"


def shown(value: str) -> str:
    """JSON as ClickHouse writes it: without the fraction of a whole number, which DuckDB keeps."""
    # Texts are passed over: they may look like numbers.
    pattern = '("(?:[^"\\\\]|\\\\.)*")|\\.0([,\\]}]|$)'
    text = f"regexp_replace(CAST({value} AS VARCHAR), '{pattern}', '\\1\\2', 'g')"
    return f"replace(replace({text}, chr(8232), '\\u2028'), chr(8233), '\\u2029')"


def _text(args: Sequence[str], call: Call) -> str:
    # What is no text is given as JSON, but for null.
    found = read(args, call)
    return f"coalesce(CASE WHEN json_type({found}) = 'VARCHAR' THEN ({found}) ->> '$' ELSE nullif({shown(found)}, 'null') END, '')"


def _raw(args: Sequence[str], call: Call) -> str:
    return f"coalesce({shown(read(args, call))}, '')"


def _number(kind: str) -> Function:
    def write(args: Sequence[str], call: Call) -> str:
        text = f"(({read(args, call)}) ->> '$')"
        number = READ_FLOAT.format(text)
        if kind == "Int":
            whole = f"TRY_CAST(trunc({number}) AS BIGINT)"
            # A float holds only 53 bits.
            exact = f"TRY_CAST({text} AS BIGINT)"
            number = f"CASE WHEN regexp_full_match({text}, '-?[0-9]+') THEN {exact} ELSE {whole} END"
        return f"coalesce({number}, 0)"

    return reader(f"JSONExtract{kind}", INT64 if kind == "Int" else FLOAT64, write)


def _flag(args: Sequence[str], call: Call) -> str:
    found = read(args, call)
    number = f"json_type({found}) IN ('BIGINT', 'UBIGINT') AND CAST({found} AS VARCHAR) <> '0'"
    return f"CAST(coalesce(CAST({found} AS VARCHAR) = 'true' OR ({number}), FALSE) AS UTINYINT)"


def _items(args: Sequence[str], call: Call) -> str:
    found = read(args, call)
    items = f"list_transform(CAST({found} AS JSON[]), lambda item: coalesce({shown('item')}, 'null'))"
    return f"CASE WHEN json_type({found}) = 'ARRAY' THEN {items} ELSE [] END"


def _keys(args: Sequence[str], call: Call) -> str:
    found = read(args, call)
    return f"CASE WHEN json_type({found}) = 'OBJECT' THEN json_keys({found}) ELSE [] END"


def _length(args: Sequence[str], call: Call) -> str:
    found = read(args, call)
    return (
        f"CASE json_type({found}) WHEN 'ARRAY' THEN json_array_length({found}) "
        f"WHEN 'OBJECT' THEN len(json_keys({found})) ELSE 0 END"
    )


def _has(args: Sequence[str], call: Call) -> str:
    return f"CAST(({read(args, call)}) IS NOT NULL AS UTINYINT)"


def reader(name: str, kind: Type, write: Write) -> Function:
    """A function of a text and a path; it gives nothing for a text that is not there."""

    def written(args: Sequence[str], call: Call) -> str:
        found = write(args, call)
        return f"CASE WHEN {args[0]} IS NOT NULL THEN {found} END" if call.type.nullable else found

    def result(types: Sequence[Type]) -> Type:
        return kind.null(types[0].nullable)

    refuse = refuse_missing if kind.base == "Array" else None
    return Function(name, 1, None, result, written, "s*", refuse=refuse)


def refuse_missing(args: Sequence[Expr]) -> None:
    if args[0].type.nullable and args[0].type.base == "String":
        raise HogQLError("No array can be nullable: ifNull(text, '') helps", "illegal_type_of_argument")


TITLE: Final = "JSON"
FUNCTIONS: Final = (
    reader("JSONExtractString", STRING, _text),
    reader("JSONExtractRaw", STRING, _raw),
    _number("Int"),
    _number("Float"),
    reader("JSONExtractBool", UINT8, _flag),
    reader("JSONExtractArrayRaw", array_of(STRING), _items),
    reader("JSONExtractKeys", array_of(STRING), _keys),
    reader("JSONLength", UINT64, _length),
    reader("JSONHas", UINT8, _has),
    Function("isValidJSON", 1, 1, to(UINT8), "CAST(json_valid({0}) AS UTINYINT)", "s"),
)
