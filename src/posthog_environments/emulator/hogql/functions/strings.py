"""Texts and addresses."""

from __future__ import annotations

import re
from collections.abc import Sequence
from string import ascii_lowercase, ascii_uppercase
from typing import Final

from posthog_environments.emulator.hogql.errors import HogQLError, HogQLUnsupported
from posthog_environments.emulator.hogql.functions.casts import text_of
from posthog_environments.emulator.hogql.functions.registry import Function, always, fixed, to
from posthog_environments.emulator.hogql.nodes import Call, Literal
from posthog_environments.emulator.hogql.types import STRING, UINT8, UINT64, array_of

_TEXTS: Final = array_of(STRING)
_HOST: Final = r"^(?:[A-Za-z][A-Za-z0-9+.\-]*:)?//(?:[^/?#@]*@)?([^/?#:]*)"


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


def _text(count: int, name: str, duckdb: str, takes: str = "s") -> Function:
    return fixed(count, name, to(STRING), duckdb, takes)


def _test(count: int, name: str, duckdb: str, takes: str = "s") -> Function:
    return fixed(count, name, to(UINT8), f"CAST({duckdb} AS UTINYINT)", takes)


def _length(args: Sequence[str], call: Call) -> str:
    # ClickHouse counts bytes.
    return f"len({args[0]})" if call.args[0].type.base == "Array" else f"strlen({args[0]})"


def _empty(args: Sequence[str], call: Call) -> str:
    return f"len({args[0]}) = 0" if call.args[0].type.base == "Array" else f"{args[0]} = ''"


def _substring(args: Sequence[str], call: Call) -> str:
    return f"substring({', '.join(args)})"


def _trim(name: str, duckdb: str) -> Function:
    return Function(name, 1, 2, to(STRING), lambda args, call: f"{duckdb}({', '.join(args)})", "s")


def _pad(name: str, duckdb: str) -> Function:
    def write(args: Sequence[str], call: Call) -> str:
        filler = args[2] if len(args) > 2 else "' '"
        return f"{duckdb}({args[0]}, CAST({args[1]} AS INTEGER), {filler})"

    return Function(name, 2, 3, to(STRING), write, "sns")


def _split(name: str, duckdb: str) -> Function:
    def write(args: Sequence[str], call: Call) -> str:
        return f"coalesce({duckdb.format(args[1], args[0])}, [])"

    return fixed(2, name, always(_TEXTS), write, "s")


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
    return f"{duckdb}({args[0]}, {args[1]}, {min(groups, 1)})"


def _extract_all(args: Sequence[str], call: Call) -> str:
    return f"coalesce({_extract('regexp_extract_all', args, call)}, [])"


def _url_parameter(args: Sequence[str], call: Call) -> str:
    name = f"regexp_escape({args[1]})"
    return f"regexp_extract({args[0]}, concat('[?&]', {name}, '=([^&#]*)'), 1)"


FUNCTIONS: Final = (
    # ClickHouse changes the letters of ASCII alone.
    _text(1, "lower", f"translate({{0}}, '{ascii_uppercase}', '{ascii_lowercase}')"),
    _text(1, "upper", f"translate({{0}}, '{ascii_lowercase}', '{ascii_uppercase}')"),
    _text(1, "lowerUTF8", "lower({0})"),
    _text(1, "upperUTF8", "upper({0})"),
    _text(1, "reverse", "reverse({0})"),
    fixed(1, "length", to(UINT64), _length, "l"),
    fixed(1, "lengthUTF8", to(UINT64), "length({0})", "s"),
    fixed(1, "empty", to(UINT8), lambda args, call: f"CAST({_empty(args, call)} AS UTINYINT)", "l"),
    fixed(1, "notEmpty", to(UINT8), lambda args, call: f"CAST(NOT ({_empty(args, call)}) AS UTINYINT)", "l"),
    Function("concat", 1, None, always(STRING), _concat, clickhouse=_concat_all),
    Function("substring", 2, 3, to(STRING), _substring, "sn"),
    Function("substringUTF8", 2, 3, to(STRING), _substring, "sn"),
    _text(2, "left", "left({0}, {1})", "sn"),
    _text(2, "right", "right({0}, {1})", "sn"),
    _text(2, "repeat", "repeat({0}, {1})", "sn"),
    _pad("leftPad", "lpad"),
    _pad("rightPad", "rpad"),
    _trim("trim", "trim"),
    _trim("trimBoth", "trim"),
    _trim("trimLeft", "ltrim"),
    _trim("trimRight", "rtrim"),
    _trim("ltrim", "ltrim"),
    _trim("rtrim", "rtrim"),
    _text(3, "replace", "replace({0}, {1}, {2})"),
    _text(3, "replaceAll", "replace({0}, {1}, {2})"),
    _text(3, "replaceOne", "regexp_replace({0}, regexp_escape({1}), replace({2}, '\\', '\\\\'))"),
    _text(3, "replaceRegexpAll", "regexp_replace({0}, {1}, {2}, 'gs')"),
    _text(3, "replaceRegexpOne", "regexp_replace({0}, {1}, {2}, 's')"),
    _text(3, "translate", "translate({0}, {1}, {2})"),
    fixed(2, "extract", to(STRING), lambda args, call: _extract("regexp_extract", args, call), "s"),
    fixed(2, "extractAll", always(_TEXTS), _extract_all, "s"),
    _split("splitByChar", "string_split({0}, {1})"),
    _split("splitByString", "string_split({0}, {1})"),
    _split("splitByRegexp", "string_split_regex({0}, {1})"),
    fixed(2, "position", to(UINT64), "instr({0}, {1})", "s"),
    fixed(2, "positionCaseInsensitive", to(UINT64), "instr(lower({0}), lower({1}))", "s"),
    fixed(2, "countSubstrings", to(UINT64), "len(string_split({0}, {1})) - 1", "s"),
    _test(2, "startsWith", "starts_with({0}, {1})"),
    _test(2, "endsWith", "suffix({0}, {1})"),
    fixed(2, "levenshteinDistance", to(UINT64), "levenshtein({0}, {1})", "s"),
    _text(1, "base64Encode", "to_base64(encode({0}))"),
    _text(1, "base64Decode", "decode(from_base64({0}))"),
    _text(1, "tryBase64Decode", "coalesce(TRY(decode(from_base64({0}))), '')"),
    _text(1, "encodeURLComponent", "url_encode({0})"),
    _text(1, "decodeURLComponent", "url_decode({0})"),
    _text(1, "protocol", r"regexp_extract({0}, '^([A-Za-z][A-Za-z0-9+.\-]*):', 1)"),
    _text(1, "domain", f"regexp_extract({{0}}, '{_HOST}', 1)"),
    _text(1, "domainWithoutWWW", f"regexp_replace(regexp_extract({{0}}, '{_HOST}', 1), '^www\\.', '')"),
    _text(1, "topLevelDomain", f"regexp_extract(regexp_extract({{0}}, '{_HOST}', 1), '\\.([^.]+)$', 1)"),
    _text(1, "path", r"regexp_extract({0}, '^(?:[A-Za-z][A-Za-z0-9+.\-]*:)?//[^/?#]*([^?#]*)', 1)"),
    _text(1, "pathFull", r"regexp_extract({0}, '^(?:[A-Za-z][A-Za-z0-9+.\-]*:)?//[^/?#]*(.*)$', 1)"),
    _text(1, "queryString", r"regexp_extract({0}, '^[^?#]*\?([^#]*)', 1)"),
    _text(1, "fragment", "regexp_extract({0}, '#(.*)$', 1)"),
    _text(1, "cutQueryString", r"regexp_replace({0}, '\?[^#]*', '')"),
    _text(1, "cutFragment", "regexp_replace({0}, '#.*$', '')"),
    _text(1, "cutQueryStringAndFragment", "regexp_replace({0}, '[?#].*$', '')"),
    _text(1, "cutWWW", r"regexp_replace({0}, '//www\.', '//')"),
    fixed(2, "extractURLParameter", to(STRING), _url_parameter, "s"),
)
