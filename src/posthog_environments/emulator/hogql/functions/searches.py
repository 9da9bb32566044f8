"""Searching texts: places, tokens, several texts at once. ClickHouse counts bytes where the name does not say UTF8."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from string import ascii_lowercase, ascii_uppercase
from typing import Final

from posthog_environments.emulator.hogql.errors import HogQLError, HogQLUnsupported
from posthog_environments.emulator.hogql.functions.pieces import TOKENS, constant
from posthog_environments.emulator.hogql.functions.registry import Function, Rule, always, fixed, to
from posthog_environments.emulator.hogql.nodes import Call, Expr
from posthog_environments.emulator.hogql.types import STRING, UINT8, UINT64, Type, array_of

_FLOAT32: Final = Type("Float32")
_TEXTS: Final = array_of(STRING)
_LOWER: Final = f"translate({{}}, '{ascii_uppercase}', '{ascii_lowercase}')"
# Three characters for each byte, so that none is found across two of them.
_BYTES: Final = "regexp_replace(hex({}), '(..)', '\\1 ', 'g')"


def _as_it_is(text: str) -> str:
    return text


_FOLDED: Final[dict[str, Callable[[str], str]]] = {
    "": _as_it_is,
    "CaseInsensitive": _LOWER.format,
    "UTF8": _as_it_is,
    "CaseInsensitiveUTF8": "lower({})".format,
}


def _unsigned(place: int) -> Callable[[Sequence[Expr]], None]:
    def refuse(args: Sequence[Expr]) -> None:
        if len(args) > place and args[place].type.signed:
            raise HogQLError(f"Illegal type {args[place].type} of argument", "illegal_type_of_argument")

    return refuse


def _place(ending: str, text: str, wanted: str, start: str = "") -> str:
    """Where a text is found, from 1; 0 where it is not."""
    fold, size = _FOLDED[ending], 1
    text, wanted = fold(text), fold(wanted)
    if not ending.endswith("UTF8"):
        if not start:
            place = f"instr({text}, {wanted})"
            return f"CASE WHEN {place} = 0 THEN 0 ELSE strlen(left({text}, {place} - 1)) + 1 END"
        text, wanted, size = _BYTES.format(text), _BYTES.format(wanted), 3
    if not start:
        return f"instr({text}, {wanted})"
    low = f"(greatest({start}, 1) - 1)"
    found = f"instr(substring({text}, {low} * {size} + 1), {wanted})"
    return (
        f"CASE WHEN {start} IS NULL THEN NULL WHEN {low} * {size} > length({text}) OR {found} = 0 THEN 0 "
        f"ELSE ({found} - 1) // {size} + 1 + {low} END"
    )


def _position(name: str, ending: str, *, swapped: bool = False) -> Function:
    def write(args: Sequence[str], call: Call) -> str:
        text, wanted = (args[1], args[0]) if swapped else args[:2]
        return _place(ending, text, wanted, *args[2:])

    return Function(name, 2, 3, to(UINT64), write, "ssw", refuse=_unsigned(2))


def _counted(ending: str) -> Function:
    fold, bytes_too = _FOLDED[ending], not ending.endswith("UTF8")

    def write(args: Sequence[str], call: Call) -> str:
        text, wanted = fold(args[0]), fold(args[1])
        if len(args) > 2:
            text, wanted = (_BYTES.format(text), _BYTES.format(wanted)) if bytes_too else (text, wanted)
            text = f"substring({text}, (greatest({args[2]}, 1) - 1) * {3 if bytes_too else 1} + 1)"
        return f"(strlen({text}) - strlen(replace({text}, {wanted}, ''))) // greatest(strlen({wanted}), 1)"

    return Function(f"countSubstrings{ending}", 2, 3, to(UINT64), write, "ssw", refuse=_unsigned(2))


# --- tokens ------------------------------------------------------------------------------------------------


def _is_token(text: str) -> bool:
    return all(letter.isalnum() or not letter.isascii() for letter in text)


def _token(name: str, *, folded: bool, or_null: bool) -> Function:
    def write(args: Sequence[str], call: Call) -> str:
        text, wanted = (_LOWER.format(arg) if folded else arg for arg in args)
        token = constant(call.args[1])
        if isinstance(token, str) and not _is_token(token):
            return "CAST(NULL AS UTINYINT)"
        return f"CAST(list_contains({TOKENS.format(text)}, {wanted}) AS UTINYINT)"

    def refuse(args: Sequence[Expr]) -> None:
        token = constant(args[1])
        if isinstance(token, str) and not or_null and not _is_token(token):
            raise HogQLError("Needle must not contain whitespace or separator characters", "bad_arguments")

    result: Rule = always(UINT8.null()) if or_null else to(UINT8)
    return fixed(2, name, result, write, "s", constant=(1,), refuse=refuse)


def _texts_wanted(args: Sequence[Expr]) -> None:
    kind = args[1].type
    if kind.base == "Array" and kind.item not in (STRING, Type("Nothing")):
        raise HogQLError(f"Illegal type {kind} of argument 'needles'", "illegal_type_of_argument")


def _tokens(name: str, duckdb: str) -> Function:
    def write(args: Sequence[str], call: Call) -> str:
        wanted = args[1] if call.args[1].type.base == "Array" else TOKENS.format(args[1])
        found = duckdb.format(TOKENS.format(args[0]), wanted)
        return f"CASE WHEN {args[0]} IS NOT NULL THEN CAST({found} AND len({wanted}) > 0 AS UTINYINT) END"

    return fixed(2, name, to(UINT8), write, "sl", constant=(1,), refuse=_texts_wanted)


def _subsequence(ending: str) -> Function:
    fold = _FOLDED[ending]

    def write(args: Sequence[str], call: Call) -> str:
        text, wanted = map(fold, args)
        if ending.endswith("UTF8"):
            letters = f"regexp_extract_all({wanted}, '(?s).')"
            pattern = f"array_to_string(list_transform({letters}, lambda item: regexp_escape(item)), '.*')"
        else:
            text, pattern = _BYTES.format(text), f"regexp_replace(hex({wanted}), '(..)', '\\1 .*', 'g')"
        return f"CAST(regexp_matches({text}, {pattern}, 's') AS UTINYINT)"

    return fixed(2, f"hasSubsequence{ending}", to(UINT8), write, "s")


# --- several texts at once ---------------------------------------------------------------------------------


def _only_texts(args: Sequence[Expr]) -> None:
    if args[-1].type.item != STRING:
        raise HogQLError(f"Illegal type {args[-1].type} of argument", "illegal_type_of_argument")


def _several(ending: str) -> tuple[Function, ...]:
    fold = _FOLDED[ending]

    def places(args: Sequence[str]) -> str:
        # Nothing is found in an empty text, not even another one.
        place = _place(ending, args[0], "item")
        return f"list_transform({args[1]}, lambda item: CASE WHEN {args[0]} = '' THEN 0 ELSE {place} END)"

    def found(args: Sequence[str]) -> str:
        text = fold(args[0])
        return f"list_transform({args[1]}, lambda item: {text} <> '' AND contains({text}, {fold('item')}))"

    def one_of(args: Sequence[str], call: Call) -> str:
        return (
            f"CASE WHEN {args[0]} IS NOT NULL THEN CAST(list_contains({found(args)}, TRUE) AS UTINYINT) END"
        )

    def first(args: Sequence[str], call: Call) -> str:
        index = f"coalesce(list_position({found(args)}, TRUE), 0)"
        return f"CASE WHEN {args[0]} IS NOT NULL THEN {index} END"

    def leftmost(args: Sequence[str], call: Call) -> str:
        place = f"coalesce(list_min(list_filter({places(args)}, lambda item: item > 0)), 0)"
        return f"CASE WHEN {args[0]} = '' THEN 0 WHEN {args[0]} IS NOT NULL THEN {place} END"

    def every(args: Sequence[str], call: Call) -> str:
        return places((f"coalesce({args[0]}, '')", args[1]))

    def made(name: str, result: Rule, write: Callable[[Sequence[str], Call], str]) -> Function:
        return fixed(2, f"multiSearch{name}{ending}", result, write, "sa", refuse=_only_texts)

    return (
        made("Any", to(UINT8), one_of),
        made("FirstIndex", to(UINT64), first),
        made("FirstPosition", to(UINT64), leftmost),
        made("AllPositions", always(array_of(UINT64)), every),
    )


def _match_any(args: Sequence[str], call: Call) -> str:
    patterns = call.args[1]
    if not isinstance(patterns, Call) or not all(isinstance(constant(node), str) for node in patterns.args):
        raise HogQLUnsupported("The emulator on DuckDB supports only constant patterns in multiMatchAny().")
    text = args[0]
    # The sign for the end holds before a last line break too, unlike in all other functions.
    shorter = f"regexp_replace({text}, '\\n$', '')"
    tests = [
        f"regexp_matches({shorter if '$' in str(constant(node)) and pass_ else text}, {pattern}, 's')"
        for node, pattern in zip(patterns.args, _members(args[1], len(patterns.args)), strict=True)
        for pass_ in ((False, True) if "$" in str(constant(node)) else (False,))
    ]
    return f"CAST({' OR '.join(tests)} AS UTINYINT)"


def _members(array: str, count: int) -> list[str]:
    return [f"({array})[{place}]" for place in range(1, count + 1)]


def _only(name: str, result: Rule, takes: str, count: int = 2) -> Function:
    return Function(name, count, count, result, "", takes)


_ENDINGS: Final = tuple(_FOLDED)

TITLE: Final = "Searching texts"
FUNCTIONS: Final = (
    *(_position(f"position{ending}", ending) for ending in _ENDINGS),
    _position("locate", "", swapped=True),
    *(_counted(ending) for ending in _ENDINGS if ending != "UTF8"),
    _token("hasToken", folded=False, or_null=False),
    _token("hasTokenOrNull", folded=False, or_null=True),
    _token("hasTokenCaseInsensitive", folded=True, or_null=False),
    _token("hasTokenCaseInsensitiveOrNull", folded=True, or_null=True),
    _tokens("hasAnyTokens", "list_has_any({0}, {1})"),
    _tokens("hasAllTokens", "list_has_all({0}, {1})"),
    *map(_subsequence, _ENDINGS),
    *(function for ending in _ENDINGS for function in _several(ending)),
    fixed(2, "multiMatchAny", to(UINT8), _match_any, "sa", refuse=_only_texts),
    _only("multiMatchAnyIndex", to(UINT64), "sa"),
    _only("multiMatchAllIndices", always(array_of(UINT64)), "sa"),
    _only("multiFuzzyMatchAny", to(UINT8), "swa", 3),
    _only("multiFuzzyMatchAnyIndex", to(UINT64), "swa", 3),
    _only("multiFuzzyMatchAllIndices", always(array_of(UINT64)), "swa", 3),
    *(
        _only(f"ngram{what}{ending}", to(_FLOAT32), "s")
        for what in ("Distance", "Search")
        for ending in _ENDINGS
    ),
)
