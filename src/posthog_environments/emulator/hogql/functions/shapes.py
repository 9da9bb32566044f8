"""Texts made of others: words with capitals, formats, padding, other alphabets and codes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from string import ascii_lowercase, ascii_uppercase
from typing import Final

from posthog_environments.emulator.hogql.errors import HogQLError, HogQLUnsupported
from posthog_environments.emulator.hogql.functions.casts import text_of
from posthog_environments.emulator.hogql.functions.json_values import quoted
from posthog_environments.emulator.hogql.functions.pieces import constant
from posthog_environments.emulator.hogql.functions.registry import Function, fixed, to
from posthog_environments.emulator.hogql.nodes import Call, Expr
from posthog_environments.emulator.hogql.types import INT32, STRING, UINT8, Type

_LETTERS: Final = "regexp_extract_all({0}, '(?s).')"
# A word is of ASCII's letters and digits, and so is what begins it.
_WORDS: Final = "regexp_extract_all({0}, '[A-Za-z0-9]+|[^A-Za-z0-9]+')"
_CAPITAL: Final = (
    f"translate(left(item, 1), '{ascii_lowercase}', '{ascii_uppercase}') || "
    f"translate(substring(item, 2), '{ascii_uppercase}', '{ascii_lowercase}')"
)
_FIELD: Final = re.compile(r"\{\{|\}\}|\{(\d*)\}(?!\})|([^{}]+)")
_QUOTED: Final = r"replace(regexp_replace({0}, '([\\()^$.|\[\]?*+{{}}:\-])', '\\\1', 'g'), chr(0), '\0')"
_NO_TEXT: Final = ("Array", "Tuple", "Map")


def _text(name: str, duckdb: str, clickhouse: str = "") -> Function:
    return fixed(1, name, to(STRING), duckdb, "s", clickhouse=clickhouse)


def translated(args: Sequence[str], call: Call) -> str:
    before, after = constant(call.args[1]), constant(call.args[2])
    if not isinstance(before, str) or not isinstance(after, str):
        raise HogQLUnsupported(f"The emulator supports only constant letters in {call.name}().")
    # The last one of equal letters counts; those without a counterpart go.
    table = {letter: after[place : place + 1] for place, letter in enumerate(before)}
    ordered = sorted(table, key=lambda letter: not table[letter])
    return f"translate({args[0]}, {quoted(''.join(ordered))}, {quoted(''.join(map(table.__getitem__, ordered)))})"


def _no_more(args: Sequence[Expr]) -> None:
    before, after = constant(args[1]), constant(args[2])
    if isinstance(before, str) and isinstance(after, str) and len(before) < len(after):
        raise HogQLError("translateUTF8() takes no more letters for fewer", "bad_arguments")


def _joined(args: Sequence[str], call: Call) -> str:
    texts = [text_of(arg, node.type) for arg, node in zip(args[1:], call.args[1:], strict=True)]
    return f"({f' || {args[0]} || '.join(texts)})"


def _any_text(types: Sequence[Type]) -> Type:
    return STRING.null(any(kind.nullable for kind in types))


def _fields(pattern: str) -> list[str | int]:
    """The parts of a format: texts, and numbers of arguments.

    Raises:
        HogQLError: It is none.
    """
    parts, place, given = list[str | int](), 0, set[bool]()
    while place < len(pattern):
        found = _FIELD.match(pattern, place)
        if found is None:
            raise HogQLError("Curly braces of a format must be closed and hold a number", "bad_arguments")
        place = found.end()
        if found[1] is None:
            parts.append(found[2] or found[0][0])
            continue
        given.add(bool(found[1]))
        parts.append(int(found[1]) if found[1] else sum(isinstance(part, int) for part in parts))
    if len(given) > 1:
        raise HogQLError("Cannot switch from automatic field numbering to manual", "bad_arguments")
    return parts


def _filled(args: Sequence[str], call: Call) -> str:
    pattern = constant(call.args[0])
    if not isinstance(pattern, str):
        raise HogQLUnsupported("The emulator supports only a constant format in format().")
    texts: list[str] = []
    for part in _fields(pattern):
        if isinstance(part, str):
            texts.append(quoted(part))
        elif part + 1 < len(args):
            texts.append(text_of(args[part + 1], call.args[part + 1].type))
        else:
            raise HogQLError("Not enough arguments to fill the format", "bad_arguments")
    filled = f"({' || '.join(texts)})" if texts else "''"
    there = " AND ".join(
        f"{arg} IS NOT NULL" for arg, node in zip(args, call.args, strict=True) if node.type.nullable
    )
    return f"CASE WHEN {there} THEN {filled} END" if there else filled


def _pad(name: str, duckdb: str) -> Function:
    def write(args: Sequence[str], call: Call) -> str:
        filler = args[2] if len(args) > 2 and constant(call.args[2]) != "" else "' '"
        return f"{duckdb}({args[0]}, CAST({args[1]} AS INTEGER), {filler})"

    return Function(name, 2, 3, to(STRING), write, "sws", constant=(2,), refuse=_not_negative)


def _not_negative(args: Sequence[Expr]) -> None:
    length = constant(args[1])
    if isinstance(length, int) and length < 0:
        raise HogQLError(
            "Texts are not padded to negative lengths", "index_of_positional_argument_is_out_of_range"
        )


def _one_byte(args: Sequence[Expr]) -> None:
    end = constant(args[1])
    if isinstance(end, str) and len(end.encode()) != 1:
        raise HogQLError("The second argument must be a one-character string", "bad_arguments")


def _first_byte(args: Sequence[str], call: Call) -> str:
    code = f"unicode({args[0]})"
    return (
        f"CASE WHEN {args[0]} = '' THEN 0 WHEN {code} < 128 THEN {code} WHEN {code} < 2048 THEN 192 + ({code} >> 6) "
        f"WHEN {code} < 65536 THEN 224 + ({code} >> 12) ELSE 240 + ({code} >> 18) END"
    )


def _hex(args: Sequence[str], call: Call) -> str:
    kind, value = call.args[0].type, args[0]
    if kind.family == "string":
        return f"hex({value})"
    if kind.base == "UUID":
        return f"upper(replace({value}, '-', ''))"
    if not kind.integral or kind.bits > 64:
        raise HogQLUnsupported(f"The emulator on DuckDB does not support hex() of {kind}.")
    number = f"CAST({value} AS HUGEINT)"
    if kind.signed:
        # As the bits of a negative number stand in memory.
        number = f"CASE WHEN {value} < 0 THEN {number} + {1 << kind.bits}::HUGEINT ELSE {number} END"
    digits = f"hex({number})"
    return f"lpad({digits}, CAST((length({digits}) + 1) // 2 * 2 AS INTEGER), '0')"


def _hexed(args: Sequence[Expr]) -> None:
    if args[0].type.base in (*_NO_TEXT, "DateTime64"):
        raise HogQLError(
            f"Illegal type {args[0].type} of argument of function hex", "illegal_type_of_argument"
        )


def _unhex(args: Sequence[str], call: Call) -> str:
    text = args[0]
    even = f"CASE WHEN length({text}) % 2 = 1 THEN '0' || {text} ELSE {text} END"
    return (
        f"CASE WHEN regexp_full_match({text}, '[0-9A-Fa-f]*') THEN decode(unhex({even})) "
        f"WHEN {text} IS NOT NULL THEN error('the emulator on DuckDB reads no text that is not hexadecimal') END"
    )


_ENTITIES: Final = (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ('"', "&quot;"), ("''", "&apos;"))


def _encoded(value: str = "{0}") -> str:
    for plain, entity in _ENTITIES:
        value = f"replace({value}, '{plain}', '{entity}')"
    return value


def _only(name: str) -> Function:
    return Function(name, 1, 1, to(STRING), "", "s")


TITLE: Final = "Texts made of others"
FUNCTIONS: Final = (
    _text("initcap", f"array_to_string(list_transform({_WORDS}, lambda item: {_CAPITAL}), '')"),
    _text("reverseUTF8", f"array_to_string(list_reverse({_LETTERS}), '')"),
    _pad("leftPadUTF8", "lpad"),
    _pad("rightPadUTF8", "rpad"),
    fixed(3, "translateUTF8", to(STRING), translated, "s", constant=(1, 2), refuse=_no_more),
    Function("concatWithSeparator", 2, None, _any_text, _joined, "s*", constant=(0,)),
    Function("format", 2, None, _any_text, _filled, "s*", constant=(0,)),
    fixed(
        2,
        "appendTrailingCharIfAbsent",
        to(STRING),
        "CASE WHEN {0} = '' OR suffix({0}, {1}) THEN {0} ELSE {0} || {1} END",
        "s",
        constant=(1,),
        refuse=_one_byte,
    ),
    fixed(1, "ascii", to(INT32), _first_byte, "s"),
    # DuckDB holds no others.
    fixed(1, "isValidUTF8", to(UINT8), "CAST(strlen({0}) >= 0 AS UTINYINT)", "s"),
    _text("toValidUTF8", "{0}"),
    fixed(1, "hex", to(STRING), _hex, refuse=_hexed),
    fixed(1, "unhex", to(STRING), _unhex, "s"),
    _text("md5", "upper(md5({0}))", "hex(MD5({0}))"),
    _text("regexpQuoteMeta", _QUOTED),
    _text("encodeXMLComponent", _encoded()),
    *(_only(name) for name in ("decodeXMLComponent", "extractTextFromHTML")),
    *(_only(name) for name in ("base58Encode", "base58Decode", "tryBase58Decode")),
)
