"""Addresses, read as ClickHouse reads them: a host has a dot in it, and nothing needs a protocol."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from posthog_environments.emulator.hogql.errors import HogQLError, HogQLUnsupported
from posthog_environments.emulator.hogql.functions.json_values import quoted
from posthog_environments.emulator.hogql.functions.registry import Function, always, fixed, to
from posthog_environments.emulator.hogql.nodes import Call, Expr, Literal
from posthog_environments.emulator.hogql.types import STRING, UINT16, array_of

_TEXTS: Final = array_of(STRING)
# What no host holds, and what ends one.
_NEVER: Final = r" \t<>%{}|\\^~\[\];=&"
_END: Final = ":/?#"
# ClickHouse looks for a protocol in the first 16 bytes alone.
_SCHEME: Final = r"(?s)^(?://|[\x00-\x7f][A-Za-z0-9.+\-]{0,12}://)?"
_ANY: Final = f"[^{_NEVER}{_END}]"
_HOST_PART: Final = f"[^{_NEVER}{_END}@]"
_LAST: Final = f"[^{_NEVER}{_END}@.]"
# The dot may stand before the `@`.
_NAMED: Final = rf"(?:{_ANY}*@)?({_HOST_PART}*\.{_HOST_PART}*{_LAST})"
_DOTLESS: Final = rf"{_ANY}*\.{_ANY}*@({_LAST}+)"
_HOST: Final = f"{_SCHEME}(?:(?:{_NAMED}|{_DOTLESS})(?:[{_END}].*)?|.*)$"
_PORT: Final = f"{_SCHEME}(?:(?:{_NAMED}|{_DOTLESS}):([0-9]+)(?:[/?#].*)?|.*)$"
_QUERY: Final = r"(?s)^(?:[^?]*\?(.*)|[^?#]*(#.*)|.*)$"
_PROTOCOL: Final = r"[A-Za-z][A-Za-z0-9+.\-]*"
_THREE_BYTES: Final = r"...|.[^\x00-\x7f]|[^\x00-\x7f].|[^\x00-\x{7ff}]"
_WWW: Final = rf"(?s)^((?:{_PROTOCOL}:)?//(?:[^:/?#]*@)?)www\.([^@:/?#]+(?:[:/?#].*)?|[:/?#].*)$"


def _replaced(pattern: str, parts: str, value: str = "{0}") -> str:
    """What a pattern that always matches finds, as a template."""
    doubled = pattern.replace("{", "{{").replace("}", "}}")
    return f"regexp_replace({value}, '{doubled}', '{parts}')"


_DOMAIN: Final = _replaced(_HOST, r"\1\2")


def _text(name: str, duckdb: str) -> Function:
    return fixed(1, name, to(STRING), duckdb, "s")


def _list(name: str, duckdb: str) -> Function:
    # No array can be nullable: a text that is missing counts as empty.
    return fixed(1, name, always(_TEXTS), duckdb.replace("{0}", "coalesce({0}, '')"), "s")


def _constant(node: Expr, name: str) -> str:
    if not isinstance(node, Literal) or not isinstance(node.value, str):
        raise HogQLUnsupported(f"The emulator supports only constant names in {name}().")
    return node.value


def _parameter(args: Sequence[str], call: Call) -> str:
    name = re.escape(_constant(call.args[1], call.name))
    pattern = quoted(f"(?s)^[^?#]*[?#](?:.*?[?#&])??{name}=([^&#]*)")
    return f"regexp_extract({args[0]}, {pattern}, 1)"


def _names(node: Expr, name: str) -> list[str]:
    if isinstance(node, Call) and node.name == "array":
        return [_constant(item, name) for item in node.args]
    return [_constant(node, name)]


def _without_parameters(args: Sequence[str], call: Call) -> str:
    """ClickHouse looks for all of them first, then cuts: of two neighbours it takes the sign between them alone."""
    text = args[0]
    cuts = [_cut(text, re.escape(name)) for name in _names(call.args[1], call.name)]
    if not cuts:
        return text
    kept = "len(list_filter(cuts, lambda cut: place > cut[1] AND place <= cut[2])) = 0"
    places = f"list_filter(range(1, length({text}) + 1), lambda place: {kept})"
    joined = f"array_to_string(list_transform({places}, lambda place: substring({text}, place, 1)), '')"
    return f"list_transform([[{', '.join(cuts)}]], lambda cuts: {joined})[1]"


def _cut(text: str, name: str) -> str:
    """From behind which character to which a parameter stands, with the sign behind it or else before it."""
    pattern = quoted(f"(?s)^([^?#]*[?#](?:.*?[?#&])??){name}=[^&#]*(&?)")
    before, after, whole = (f"regexp_extract({text}, {pattern}, {group})" for group in (1, 2, 0))
    sign = f"CASE WHEN {after} = '' AND suffix({before}, '&') THEN 1 ELSE 0 END"
    return f"[length({before}) - {sign}, length({whole})]"


def _texts_named(args: Sequence[Expr]) -> None:
    kind = args[1].type
    if kind.base == "Array" and kind.item.base not in ("String", "Nothing"):
        raise HogQLError(
            "Second argument of function cutURLParameter must be constant texts", "illegal_column"
        )


_PIECES: Final = "regexp_extract_all({}, '[/?#]*[^/?#]+[/?#]?')"
# No capitals, and none of the signs that protocols may have elsewhere.
_WITH_SCHEME: Final = "^[a-z0-9]+://"


def _grown(head: str, rest: str) -> str:
    """What begins with the first piece, the first two, and so on."""
    pieces = _PIECES.format(rest)
    joined = f"{head} || array_to_string(list_slice({pieces}, 1, place), '')"
    return f"list_transform(range(1, len({pieces}) + 1), lambda place: {joined})"


def _hierarchy(args: Sequence[str], call: Call) -> str:
    text = f"coalesce({args[0]}, '')"
    head = f"regexp_extract({text}, '(?s)({_WITH_SCHEME}(?:[^/?#]+[/?#]?|[/?#])).*$', 1)"
    rest = f"regexp_extract({text}, '(?s){_WITH_SCHEME}(?:[^/?#]+[/?#]?|[/?#])(.*)$', 1)"
    whole = f"CASE WHEN {text} = '' THEN [] ELSE [{text}] END"
    return f"CASE WHEN {head} = '' THEN {whole} ELSE list_prepend({head}, {_grown(head, rest)}) END"


def _path_hierarchy(args: Sequence[str], call: Call) -> str:
    rest = f"regexp_extract(coalesce({args[0]}, ''), '(?s){_WITH_SCHEME}[^/?#]*(.*)$', 1)"
    return _grown("''", rest)


def _port(args: Sequence[str], call: Call) -> str:
    default = args[1] if len(args) > 1 else "0"
    found = _replaced(_PORT, r"\3").format(args[0])
    return f"CASE WHEN {args[0]} IS NOT NULL THEN coalesce(TRY_CAST({found} AS USMALLINT), {default}) END"


def _two_bytes(args: Sequence[Expr]) -> None:
    if len(args) > 1 and args[1].type.base not in ("UInt16", "Nothing"):
        detail = f"Illegal type {args[1].type} of second argument of function port. Must be UInt16"
        raise HogQLError(detail, "illegal_type_of_argument")


_SEGMENTS: Final = "string_split_regex(regexp_extract({0}, '(?s)^[^?#]*[?#](.*)$', 1), '[&#]')"
# The last one counts only if it has a value.
_PARAMETERS: Final = (
    f"list_transform(list_filter({_SEGMENTS}, lambda item, place: place < len({_SEGMENTS}) OR contains(item, '=')), "
    "lambda item: regexp_replace(item, '(?s)^[^=]*\\?', ''))"
)


def _only(name: str, takes: str = "s") -> Function:
    return Function(name, 1, 1, to(STRING), "", takes)


_PROTOCOL_OF: Final = f"regexp_extract({{0}}, '(?s)^({_PROTOCOL}):(?:{_THREE_BYTES})', 1)".replace(
    "{7ff}", "{{7ff}}"
)


TITLE: Final = "Addresses"
FUNCTIONS: Final = (
    _text("protocol", _PROTOCOL_OF),
    _text("domain", _DOMAIN),
    _text("domainWithoutWWW", f"regexp_replace({_DOMAIN}, '(?s)^www\\.(.)', '\\1')"),
    # An address of numbers has none.
    _text("topLevelDomain", f"regexp_extract({_DOMAIN}, '\\.([^0-9.][^.]*)$', 1)"),
    Function("port", 1, 2, to(UINT16), _port, "s*", constant=(1,), refuse=_two_bytes),
    _text(
        "path", _replaced(r"(?s)^[^/]*(?://[^/]*(/[^?#]*).*|(/(?:[^/?#][^?#]*)?)(?:[?#].*)?$|.*$)", r"\1\2")
    ),
    _text("pathFull", _replaced(r"(?s)^[^/]*(?://[^/]*(/.*)|(/(?:[^/].*)?)$|.*$)", r"\1\2")),
    _text("queryString", r"regexp_extract({0}, '(?s)^[^?]*\?([^#]*)', 1)"),
    _text("fragment", "regexp_extract({0}, '(?s)#(.*)$', 1)"),
    _text("queryStringAndFragment", _replaced(_QUERY, r"\1\2")),
    _text("cutQueryString", r"regexp_replace({0}, '\?[^#]*', '')"),
    _text("cutFragment", "regexp_replace({0}, '(?s)#.*$', '')"),
    _text("cutQueryStringAndFragment", _replaced(r"(?s)^(?:([^?]*)\?.*|([^#]*)#.*|(.*))$", r"\1\2\3")),
    _text("cutWWW", f"regexp_replace({{0}}, '{_WWW}', '\\1\\2')"),
    fixed(2, "extractURLParameter", to(STRING), _parameter, "s", constant=(1,)),
    _list("extractURLParameters", _PARAMETERS),
    _list(
        "extractURLParameterNames",
        f"list_transform({_PARAMETERS}, lambda item: regexp_extract(item, '^[^=]*'))",
    ),
    fixed(2, "cutURLParameter", to(STRING), _without_parameters, "sl", constant=(1,), refuse=_texts_named),
    fixed(1, "URLHierarchy", always(_TEXTS), _hierarchy, "s"),
    fixed(1, "URLPathHierarchy", always(_TEXTS), _path_hierarchy, "s"),
    _text("encodeURLComponent", "url_encode({0})"),
    _text("decodeURLComponent", "url_decode({0})"),
    _text("encodeURLFormComponent", "replace(url_encode({0}), '%20', '+')"),
    _text("decodeURLFormComponent", "url_decode(replace({0}, '+', ' '))"),
    *(
        _only(name)
        for name in (
            "netloc",
            "firstSignificantSubdomain",
            "cutToFirstSignificantSubdomain",
            "cutToFirstSignificantSubdomainWithWWW",
        )
    ),
)
