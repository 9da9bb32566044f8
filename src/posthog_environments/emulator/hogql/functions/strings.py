"""Texts."""

from __future__ import annotations

import re
from collections.abc import Sequence
from string import ascii_lowercase, ascii_uppercase
from typing import Final

from attrs import evolve

from posthog_environments.emulator.hogql.errors import HogQLError, HogQLUnsupported
from posthog_environments.emulator.hogql.functions.arrays import part
from posthog_environments.emulator.hogql.functions.casts import text_of
from posthog_environments.emulator.hogql.functions.pieces import limited
from posthog_environments.emulator.hogql.functions.registry import Function, always, fixed, to, whole
from posthog_environments.emulator.hogql.functions.shapes import translated
from posthog_environments.emulator.hogql.nodes import Call, Expr, Literal
from posthog_environments.emulator.hogql.types import STRING, UINT8, UINT64, array_of

_TEXTS: Final = array_of(STRING)
# ClickHouse changes the letters of ASCII alone.
_LOWER: Final = f"translate({{}}, '{ascii_uppercase}', '{ascii_lowercase}')"
_UPPER: Final = f"translate({{}}, '{ascii_lowercase}', '{ascii_uppercase}')"


def _concat(args: Sequence[str], call: Call) -> str:
    return f"concat({', '.join(text_of(arg, node.type) for arg, node in zip(args, call.args, strict=True))})"


def _concat_all(args: Sequence[str], call: Call) -> str:
    # PostHog turns what is missing into an empty text.
    parts = (
        "''"
        if node.type.family == "null"
        else f"ifNull(toString({arg}), '')"
        if node.type.nullable
        else f"toString({arg})"
        for arg, node in zip(args, call.args, strict=True)
    )
    return f"concat({', '.join(parts)})"


def _text(count: int, name: str, duckdb: str) -> Function:
    return fixed(count, name, to(STRING), duckdb, "s")


def _test(count: int, name: str, duckdb: str, takes: str = "s") -> Function:
    return fixed(count, name, to(UINT8), f"CAST({duckdb} AS UTINYINT)", takes)


def _length(args: Sequence[str], call: Call) -> str:
    # ClickHouse counts bytes.
    return f"len({args[0]})" if call.args[0].type.base == "Array" else f"strlen({args[0]})"


def _empty(args: Sequence[str], call: Call) -> str:
    return f"len({args[0]}) = 0" if call.args[0].type.base == "Array" else f"{args[0]} = ''"


def _constant(node: Expr) -> object:
    return node.value if isinstance(node, Literal) else None


# Characters that are whole, as digits.
_WHOLE: Final = "(?:[0-7].|[CD].[89AB].|E.(?:[89AB].){2}|F.(?:[89AB].){3})*"


def _substring(args: Sequence[str], call: Call) -> str:
    bounds = [whole(arg, node.type) for arg, node in zip(args[1:], call.args[1:], strict=True)]
    if call.name == "substringUTF8":
        text = _letters_of(args[0], bounds, call)
    elif all(isinstance(node, Literal) for node in call.args[1:]):
        # It is long, and what is cut may be long too.
        text = f"list_transform([{args[0]}], lambda text: {_bytes_of('text', bounds, call)})[1]"
    else:
        text = _bytes_of(args[0], bounds, call)
    missing = " OR ".join(f"{bound} IS NULL" for bound in bounds)
    return f"CASE WHEN {missing} THEN NULL ELSE {text} END" if call.type.nullable else text


def _letters_of(text: str, bounds: Sequence[str], call: Call) -> str:
    values = [_constant(node) for node in call.args[1:]]
    if all(isinstance(value, int) and value > 0 for value in values):
        return f"substring({text}, {', '.join(bounds)})"
    return part(text, f"length({text})", bounds[0], bounds[1] if len(bounds) > 1 else None)


def _bytes_of(text: str, bounds: Sequence[str], call: Call) -> str:
    """ClickHouse counts bytes; DuckDB has no text for a part of a character, and keeps to characters there."""
    letters, count = _letters_of(text, bounds, call), bounds[1] if len(bounds) > 1 else None
    cut = _cut(part(f"regexp_extract_all(hex({text}), '..')", f"strlen({text})", bounds[0], count), letters)
    return f"CASE WHEN strlen({text}) = length({text}) THEN {letters} ELSE {cut} END"


def _cut(digits: str, otherwise: str) -> str:
    joined = f"array_to_string({digits}, '')"
    return (
        f"CASE WHEN regexp_full_match({joined}, '{_WHOLE}') THEN decode(unhex({joined})) ELSE {otherwise} END"
    )


def _end(name: str) -> Function:
    def write(args: Sequence[str], call: Call) -> str:
        return f"{name}({args[0]}, {whole(args[1], call.args[1].type)})"

    # PostHog has them count characters.
    return fixed(2, name, to(STRING), write, "sn", clickhouse=f"{name}UTF8({{*}})")


def _trim(name: str, duckdb: str) -> Function:
    def write(args: Sequence[str], call: Call) -> str:
        return f"{duckdb}({', '.join(args)})"

    return Function(name, 1, 2, to(STRING), write, "s", constant=(1,))


def _not_negative(args: Sequence[Expr]) -> None:
    length = _constant(args[1])
    if isinstance(length, int) and length < 0:
        raise HogQLError(
            "Texts are not padded to negative lengths", "index_of_positional_argument_is_out_of_range"
        )


def _pad(name: str, duckdb: str) -> Function:
    def write(args: Sequence[str], call: Call) -> str:
        filler = args[2] if len(args) > 2 and _constant(call.args[2]) != "" else "' '"
        text, size = args[0], f"CAST({args[1]} AS INTEGER)"
        # Of more bytes than characters, so many less are filled up.
        longer = f"CAST({size} - strlen({text}) + length({text}) AS INTEGER)"
        shorter = _cut(
            f"list_slice(regexp_extract_all(hex({text}), '..'), 1, {size})", f"left({text}, {size})"
        )
        return (
            f"CASE WHEN {size} >= strlen({text}) THEN {duckdb}({text}, {longer}, {filler}) ELSE {shorter} END"
        )

    return Function(name, 2, 3, to(STRING), write, "sws", constant=(2,), refuse=_not_negative)


def _one_byte(args: Sequence[Expr]) -> None:
    separator = _constant(args[0])
    if isinstance(separator, str) and len(separator.encode()) != 1:
        raise HogQLError("The separator of splitByChar() must be one byte", "bad_arguments")


def _split(name: str, duckdb: str) -> Function:
    def write(args: Sequence[str], call: Call) -> str:
        text = f"coalesce({args[1]}, '')" if call.args[1].type.nullable else args[1]
        parts = duckdb.format(text, args[0])
        # Without a separator there are as many parts as letters: none in an empty text.
        return f"CASE WHEN {text} = '' THEN [] ELSE {parts} END" if _constant(call.args[0]) == "" else parts

    function = limited(name, write, "ssw", 2, (0, 2))
    return evolve(function, refuse=_one_byte) if name == "splitByChar" else function


def _letters(args: Sequence[Expr]) -> None:
    before, after = _constant(args[1]), _constant(args[2])
    if not isinstance(before, str) or not isinstance(after, str):
        return
    if not (before + after).isascii() or len(before) < len(after):
        raise HogQLError("translate() takes letters of ASCII, and no more for fewer", "bad_arguments")


def _unless_empty(duckdb: str) -> str:
    """A replacement; ClickHouse finds no empty text."""
    return f"CASE WHEN {{1}} = '' THEN {{0}} || left({{2}}, 0) ELSE {duckdb} END"


def _extract(duckdb: str, args: Sequence[str], call: Call) -> str:
    """The first group of the pattern, or all that it finds when it has no group."""
    pattern = call.args[1]
    if not isinstance(pattern, Literal) or not isinstance(pattern.value, str):
        raise HogQLUnsupported(f"The emulator supports only a constant pattern in {call.name}().")
    try:
        groups = re.compile(pattern.value).groups
    except re.error as error:
        detail = f"OptimizedRegularExpression: cannot compile re2: {pattern.value}, error: {error}"
        raise HogQLError(detail, "cannot_compile_regexp") from None
    return f"{duckdb}({args[0]}, {args[1]}, {min(groups, 1)}, 's')"


def _extract_all(args: Sequence[str], call: Call) -> str:
    found = _extract("regexp_extract_all", args, call)
    if found.endswith(", 0, 's')"):
        # ClickHouse stops where the pattern finds nothing but an empty text.
        found = f"list_slice({found}, 1, coalesce(nullif(list_position({found}, ''), 0) - 1, len({found})))"
    return f"coalesce({found}, [])"


TITLE: Final = "Texts"
FUNCTIONS: Final = (
    _text(1, "lower", _LOWER.format("{0}")),
    _text(1, "upper", _UPPER.format("{0}")),
    _text(1, "lowerUTF8", "lower({0})"),
    _text(1, "upperUTF8", "upper({0})"),
    _text(1, "reverse", "reverse({0})"),
    fixed(1, "length", to(UINT64), _length, "l"),
    fixed(1, "lengthUTF8", to(UINT64), "length({0})", "s"),
    fixed(1, "empty", to(UINT8), lambda args, call: f"CAST({_empty(args, call)} AS UTINYINT)", "l"),
    fixed(1, "notEmpty", to(UINT8), lambda args, call: f"CAST(NOT ({_empty(args, call)}) AS UTINYINT)", "l"),
    Function("concat", 1, None, always(STRING), _concat, clickhouse=_concat_all, nulls=True),
    Function("substring", 2, 3, to(STRING), _substring, "sn"),
    Function("substringUTF8", 2, 3, to(STRING), _substring, "sn"),
    _end("left"),
    _end("right"),
    fixed(2, "repeat", to(STRING), "repeat({0}, {1})", "sw"),
    _pad("leftPad", "lpad"),
    _pad("rightPad", "rpad"),
    _trim("trim", "trim"),
    _trim("trimLeft", "ltrim"),
    _trim("trimRight", "rtrim"),
    _trim("ltrim", "ltrim"),
    _trim("rtrim", "rtrim"),
    _text(3, "replace", "replace({0}, {1}, {2})"),
    _text(3, "replaceAll", "replace({0}, {1}, {2})"),
    _text(
        3,
        "replaceOne",
        _unless_empty("regexp_replace({0}, regexp_escape({1}), replace({2}, '\\', '\\\\'))"),
    ),
    _text(3, "replaceRegexpAll", _unless_empty("regexp_replace({0}, {1}, {2}, 'gs')")),
    _text(3, "replaceRegexpOne", _unless_empty("regexp_replace({0}, {1}, {2}, 's')")),
    fixed(3, "translate", to(STRING), translated, "s", constant=(1, 2), refuse=_letters),
    fixed(2, "extract", to(STRING), lambda args, call: _extract("regexp_extract", args, call), "s"),
    fixed(2, "extractAll", always(_TEXTS), _extract_all, "s"),
    _split("splitByChar", "string_split({0}, {1})"),
    _split("splitByString", "string_split({0}, {1})"),
    _split("splitByRegexp", "string_split_regex({0}, {1})"),
    _test(2, "startsWith", "starts_with({0}, {1})"),
    _test(2, "endsWith", "suffix({0}, {1})"),
    _text(1, "base64Encode", "to_base64(encode({0}))"),
    _text(1, "base64Decode", "decode(from_base64({0}))"),
    _text(
        1,
        "tryBase64Decode",
        "CASE WHEN {0} IS NOT NULL THEN coalesce(TRY(decode(from_base64({0}))), '') END",
    ),
)
