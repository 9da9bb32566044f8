"""JSON with types: reading it as the type that is named, telling what it is, and writing it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from attrs import evolve

from posthog_environments.emulator.hogql.errors import HogQLError, HogQLUnsupported
from posthog_environments.emulator.hogql.functions.arrays import default_of
from posthog_environments.emulator.hogql.functions.casts import READ_FLOAT, text_of
from posthog_environments.emulator.hogql.functions.json_values import (
    pointer,
    read,
    reader,
    refuse_missing,
    shown,
)
from posthog_environments.emulator.hogql.functions.registry import Function, to
from posthog_environments.emulator.hogql.nodes import Call, Expr, Literal
from posthog_environments.emulator.hogql.types import (
    STRING,
    UINT64,
    Type,
    array_of,
    parse_type,
    tuple_of,
)

_INTEGERS: Final = {
    **{
        f"Int{bits}": name
        for bits, name in ((8, "TINYINT"), (16, "SMALLINT"), (32, "INTEGER"), (64, "BIGINT"))
    },
    **{
        f"UInt{bits}": name
        for bits, name in ((8, "UTINYINT"), (16, "USMALLINT"), (32, "UINTEGER"), (64, "UBIGINT"))
    },
}
_PLAIN: Final = frozenset({*_INTEGERS, "String", "Float64", "Bool"})
_NO_TYPE: Final = re.compile(r"Nullable\((?:Array|Tuple|Map|Nullable)\(")
# As ClickHouse numbers them, which is their order.
_KINDS: Final = {
    "NULL": "Null",
    "VARCHAR": "String",
    "ARRAY": "Array",
    "BOOLEAN": "Bool",
    "DOUBLE": "Double",
    "BIGINT": "Int64",
    "UBIGINT": "UInt64",
    "OBJECT": "Object",
}
_NUMBERS: Final = (0, 34, 91, 98, 100, 105, 117, 123)
_KIND: Final = Type(
    "Enum8",
    detail=", ".join(f"'{name}' = {number}" for name, number in zip(_KINDS.values(), _NUMBERS, strict=True)),
)


def _name_of(node: Expr, function: str) -> str:
    if not isinstance(node, Literal) or not isinstance(node.value, str):
        raise HogQLError(f"The last argument of {function}() must be the name of a type", "illegal_column")
    if _NO_TYPE.search(node.value):
        raise HogQLError("Arrays and maps cannot be inside Nullable type", "illegal_type_of_argument")
    return node.value


def _named(args: Sequence[Expr]) -> Type:
    """The type whose name is the last argument."""
    kind = parse_type(_name_of(args[-1], "JSONExtract"))
    if kind.base in ("Array", "Map"):
        refuse_missing(args)
    return kind.null(kind.nullable or args[0].type.nullable)


def _pairs_named(args: Sequence[Expr]) -> Type:
    refuse_missing(args)
    return array_of(tuple_of((STRING, parse_type(_name_of(args[-1], "JSONExtractKeysAndValues")))))


def _readable(kind: Type, name: str) -> bool:
    inner = kind
    while inner.base == "Array":
        inner = inner.item
    return inner.base in _PLAIN and "LowCardinality" not in name


def _found(args: Sequence[str], call: Call) -> str:
    """The JSON at the path before the name of a type."""
    return read(args[:-1], evolve(call, args=call.args[:-1]))


def _wanted(call: Call) -> Type:
    name = _name_of(call.args[-1], call.name)
    kind = parse_type(name)
    if not _readable(kind, name):
        raise HogQLUnsupported(f"The emulator on DuckDB does not support {call.name}() of the type {name}.")
    return kind


def _integer(found: str, kind: str, *, truth: bool = True) -> str:
    text, sql = f"({found} ->> '$')", _INTEGERS[kind]

    def cut(number: str) -> str:
        # Nothing negative is cut to 0 where there is no sign.
        whole = f"TRY_CAST(trunc({number}) AS {sql})"
        return f"CASE WHEN {number} >= 0 THEN {whole} END" if kind.startswith("U") else whole

    exact = f"CASE WHEN regexp_full_match({text}, '[+-]?[0-9]+') THEN TRY_CAST({text} AS {sql}) END"
    return (
        f"CASE json_type({found}) WHEN 'BOOLEAN' THEN CAST({text} = '{'true' if truth else ''}' AS {sql}) "
        f"WHEN 'DOUBLE' THEN {cut(f'TRY_CAST({text} AS DOUBLE)')} "
        f"WHEN 'VARCHAR' THEN coalesce({exact}, {cut(f'({READ_FLOAT.format(text)})')}) "
        f"WHEN 'BIGINT' THEN {exact} WHEN 'UBIGINT' THEN {exact} END"
    )


def _float(found: str) -> str:
    text = f"({found} ->> '$')"
    return (
        f"CASE json_type({found}) WHEN 'BOOLEAN' THEN CAST({text} = 'true' AS DOUBLE) "
        f"WHEN 'VARCHAR' THEN {READ_FLOAT.format(text)} WHEN 'DOUBLE' THEN TRY_CAST({text} AS DOUBLE) "
        f"WHEN 'BIGINT' THEN TRY_CAST({text} AS DOUBLE) WHEN 'UBIGINT' THEN TRY_CAST({text} AS DOUBLE) END"
    )


def _string(found: str) -> str:
    return f"CASE json_type({found}) WHEN 'NULL' THEN NULL WHEN 'VARCHAR' THEN {found} ->> '$' ELSE {shown(found)} END"


def _array(found: str, kind: Type, depth: int) -> str:
    """An array, in which what cannot be read is the default; none where nothing can be read."""
    name, item = f"item{depth}", kind.item
    inner, items = _typed(name, item, depth + 1), f"json_extract({found}, '$[*]')"
    default = default_of(item)
    members = f"list_transform({items}, lambda {name}: {inner if default == 'NULL' else f'coalesce({inner}, {default})'})"
    some = f"len(list_filter({items}, lambda {name}: {_valid(name, item, depth)})) > 0"
    return f"CASE WHEN json_type({found}) = 'ARRAY' AND (json_array_length({found}) = 0 OR {some}) THEN {members} END"


def _valid(name: str, kind: Type, depth: int) -> str:
    null = f" OR json_type({name}) = 'NULL'" if kind.nullable else ""
    return f"({_typed(name, kind, depth + 1)}) IS NOT NULL{null}"


def _typed(found: str, kind: Type, depth: int = 0) -> str:
    """JSON as a type; NULL where it cannot be read."""
    if kind.base == "Array":
        return _array(found, kind, depth)
    if kind.base == "Bool":
        return f"({_integer(found, 'UInt8')}) <> 0"
    if kind.base == "String":
        return _string(found)
    return _float(found) if kind.base == "Float64" else _integer(found, kind.base)


def _bound(found: str, body: str) -> str:
    """An expression of `json`, which is computed once."""
    return f"list_transform([{found}], lambda json: {body})[1]"


def _extract(args: Sequence[str], call: Call) -> str:
    kind = _wanted(call)
    value, default = _bound(_found(args, call), _typed("json", kind)), default_of(kind)
    value = value if default == "NULL" else f"coalesce({value}, {default})"
    return f"CASE WHEN {args[0]} IS NOT NULL THEN {value} END" if call.args[0].type.nullable else value


def _unsigned(args: Sequence[str], call: Call) -> str:
    # Other than with a type that is named, truth is no number.
    return f"coalesce({_bound(read(args, call), _integer('json', 'UInt64', truth=False))}, 0)"


_PAIRS: Final = "list_zip(json_keys(json), json_extract(json, '$.*'))"


def _pairs(args: Sequence[str], call: Call) -> str:
    kind = _wanted(call)
    kept = f"list_filter({_PAIRS}, lambda pair: {_valid('pair[2]', kind, 0)})"
    made = f"list_transform({kept}, lambda pair: row(pair[1], {_typed('pair[2]', kind)}))"
    return _bound(_found(args, call), f"CASE WHEN json_type(json) = 'OBJECT' THEN {made} ELSE [] END")


def _raw_pairs(args: Sequence[str], call: Call) -> str:
    made = f"list_transform({_PAIRS}, lambda pair: row(pair[1], coalesce({shown('pair[2]')}, 'null')))"
    return _bound(read(args, call), f"CASE WHEN json_type(json) = 'OBJECT' THEN {made} ELSE [] END")


def _kind(args: Sequence[str], call: Call) -> str:
    whens = " ".join(f"WHEN '{kind}' THEN '{name}'" for kind, name in _KINDS.items())
    # ClickHouse reads a whole number as one with a sign as long as it fits.
    small = "TRY_CAST(CAST(json AS VARCHAR) AS BIGINT) IS NOT NULL"
    body = f"CASE WHEN json_type(json) = 'UBIGINT' AND {small} THEN 'Int64' ELSE CASE json_type(json) {whens} ELSE 'Null' END END"
    return _bound(read(args, call), body)


def _array_length(args: Sequence[str], call: Call) -> str:
    body = "CASE WHEN json_type(json) = 'ARRAY' THEN json_array_length(json) END"
    return _bound(read(args, call), body)


# --- paths of SQL ------------------------------------------------------------------------------------------

_STEP: Final = re.compile(r"""\.(\w+|\$\w+)|\[(\d+)\]|(?:\.?"([^"\\]+)"|\["([^"\\]+)"\])""", re.ASCII)


def _value(args: Sequence[str], call: Call) -> str:
    node = call.args[1]
    path = node.value if isinstance(node, Literal) else None
    if not isinstance(path, str):
        raise HogQLUnsupported("The emulator supports only constant paths in JSON_VALUE().")
    if not path.startswith("$"):
        raise HogQLError("Unable to parse JSONPath", "bad_arguments")
    steps, place = list[str | int](), 1
    while place < len(path):
        found = _STEP.match(path, place)
        if found is None or path[place] == '"':
            raise HogQLUnsupported(f"The emulator on DuckDB does not support the JSON path {path}.")
        steps.append(int(found[2]) + 1 if found[2] else found[1] or found[3] or found[4])
        place = found.end()
    value = f"json_extract({args[0]}, {pointer(steps)})" if steps else f"json_extract({args[0]}, '$')"
    # Alone of all functions this one writes them in the shorter of two ways.
    odd = "regexp_matches(CAST(json AS VARCHAR), 'e|[0-9]{6}[.]0$|^-?0[.]000')"
    body = (
        "CASE json_type(json) WHEN 'OBJECT' THEN '' WHEN 'ARRAY' THEN '' WHEN 'VARCHAR' THEN json ->> '$' "
        f"WHEN 'DOUBLE' THEN CASE WHEN {odd} THEN error('the emulator on DuckDB does not write this number') "
        f"ELSE {shown('json')} END ELSE coalesce({shown('json')}, '') END"
    )
    text = _bound(f"CASE WHEN json_valid({args[0]}) THEN {value} END", body)
    return f"CASE WHEN {args[0]} IS NOT NULL THEN {text} END"


# --- writing -----------------------------------------------------------------------------------------------

# What ClickHouse escapes, and DuckDB does not.
_ESCAPED: Final = (("'/'", "'\\/'"), ("chr(8232)", "'\\u2028'"), ("chr(8233)", "'\\u2029'"))


def _written(value: str, kind: Type, depth: int = 0) -> str:
    """A value as JSON."""
    if kind.base == "Array":
        name = f"item{depth}"
        members = f"list_transform({value}, lambda {name}: {_member(name, kind.item, depth + 1)})"
        return f"concat('[', array_to_string({members}, ','), ']')"
    if kind.base == "Tuple":
        parts = [_member(f"({value})[{place}]", item, depth + 1) for place, item in enumerate(kind.args, 1)]
        return f"concat('[', concat_ws(',', {', '.join(parts)}), ']')"
    if kind.family == "string":
        text = f"CAST(to_json({value}) AS VARCHAR)"
        for plain, escaped in _ESCAPED:
            text = f"replace({text}, {plain}, {escaped})"
        return text
    if kind.family == "uuid" or kind.base == "Date":
        return f"'\"' || {text_of(value, kind)} || '\"'"
    if kind.base.startswith("Float"):
        return f"CASE WHEN isfinite({value}) THEN {text_of(value, kind)} WHEN {value} IS NOT NULL THEN 'null' END"
    if kind.numeric:
        return f"CAST({value} AS VARCHAR)"
    if kind.family == "null":
        return "'null'"
    raise HogQLUnsupported(f"The emulator on DuckDB does not support toJSONString() of {kind}.")


def _member(value: str, kind: Type, depth: int) -> str:
    return f"coalesce({_written(value, kind, depth)}, 'null')"


def _to_json(args: Sequence[str], call: Call) -> str:
    return _written(args[0], call.args[0].type)


TITLE: Final = "JSON and types"
FUNCTIONS: Final = (
    Function("JSONExtract", 2, None, to(STRING), _extract, "s*", typed=_named),
    reader("JSONExtractUInt", UINT64, _unsigned),
    reader("JSONType", _KIND, _kind),
    Function("JSONArrayLength", 1, 1, lambda types: UINT64.null(), _array_length, "s"),
    Function("JSONExtractKeysAndValues", 2, None, to(STRING), _pairs, "s*", typed=_pairs_named),
    reader("JSONExtractKeysAndValuesRaw", array_of(tuple_of((STRING, STRING))), _raw_pairs),
    Function("JSON_VALUE", 2, 2, to(STRING), _value, "s", constant=(1,)),
    Function("toJSONString", 1, 1, to(STRING), _to_json),
)
