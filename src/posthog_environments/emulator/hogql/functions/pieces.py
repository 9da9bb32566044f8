"""Taking texts apart: words, tokens, groups of a pattern."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from posthog_environments.emulator.hogql.errors import HogQLError, HogQLUnsupported
from posthog_environments.emulator.hogql.functions.registry import Function, Write, always, fixed, to
from posthog_environments.emulator.hogql.nodes import Call, Expr, Literal
from posthog_environments.emulator.hogql.types import STRING, UINT64, array_of

_TEXTS: Final = array_of(STRING)
_GROUPS: Final = array_of(_TEXTS)
# What a token is made of; ClickHouse looks at bytes, so whatever is beyond ASCII belongs to it.
TOKENS: Final = r"regexp_extract_all({}, '[^\x00-/:-@\[-`\{{-\x7f]+')"
_SPACES: Final = r"[^ \t\n\r\f\v]+"
_NO_PUNCTUATION: Final = r"[^ \t\n\r\f\v!-/:-@\[-`{-~]+"
# Where a pattern may find an empty text, ClickHouse and DuckDB go on from different places.
_SAMPLES: Final = ("", "a", " a ", "a1-_")


def constant(node: Expr) -> object:
    """The value of a constant."""
    return node.value if isinstance(node, Literal) else None


def groups_of(call: Call, place: int = 1) -> tuple[str, int]:
    """A constant pattern and how many groups it has.

    Raises:
        HogQLError: It is no pattern.
        HogQLUnsupported: It is not constant, or may find an empty text.
    """
    pattern = constant(call.args[place])
    if not isinstance(pattern, str):
        raise HogQLUnsupported(f"The emulator supports only a constant pattern in {call.name}().")
    try:
        compiled = re.compile(pattern)
    except re.error as error:
        detail = f"OptimizedRegularExpression: cannot compile re2: {pattern}, error: {error}"
        raise HogQLError(detail, "cannot_compile_regexp") from None
    return pattern, compiled.groups


def _finds_nothing(pattern: str) -> bool:
    return any(not found[0] for sample in _SAMPLES for found in re.finditer(pattern, sample))


def _there(arg: str) -> str:
    # No array can be nullable: a text that is missing counts as empty.
    return f"coalesce({arg}, '')"


def limited(name: str, duckdb: Write, takes: str, place: int, constants: tuple[int, ...]) -> Function:
    """A function that gives the parts of a text, at most so many as its last argument tells."""

    def write(args: Sequence[str], call: Call) -> str:
        parts, most = duckdb(args, call), constant(call.args[place]) if len(args) > place else 0
        if not isinstance(most, int):
            raise HogQLUnsupported(f"The emulator supports only a constant number of parts in {name}().")
        return f"list_slice({parts}, 1, {int(most)})" if most > 0 else parts

    return Function(name, place, place + 1, always(_TEXTS), write, takes, constant=constants)


def _words(name: str, pattern: str) -> Function:
    def write(args: Sequence[str], call: Call) -> str:
        return f"regexp_extract_all({_there(args[0])}, '{pattern}')"

    return limited(name, write, "sw", 1, (1,))


def _part(args: Sequence[str], call: Call) -> str:
    if constant(call.args[1]) == "":
        raise HogQLUnsupported("The emulator on DuckDB needs a separator in split_part().")
    return f"coalesce(list_extract(string_split({_there(args[0])}, {args[1]}), {args[2]}), '')"


def _from_one(args: Sequence[Expr]) -> None:
    place = constant(args[2])
    if isinstance(place, int) and place < 1:
        raise HogQLUnsupported("The emulator counts only from the start in split_part().")


def _ngrams(args: Sequence[str], call: Call) -> str:
    text, size = _there(args[0]), constant(call.args[1])
    # By code points: `substring` and `length` of DuckDB count them.
    places = f"range(1, length({text}) - {size} + 2)"
    return f"list_transform({places}, lambda place: substring({text}, place, {size}))"


def _some(args: Sequence[Expr]) -> None:
    size = constant(args[1])
    if isinstance(size, int) and (size < 1 or isinstance(size, bool)):
        raise HogQLError("The length of n-grams must be at least 1", "bad_arguments")


def _found(text: str, pattern: str, group: int) -> str:
    found = f"regexp_extract_all({_there(text)}, {pattern}, {group}, 's')"
    return f"list_transform({found}, lambda item: coalesce(item, ''))"


def _all_groups(args: Sequence[str], call: Call) -> list[str]:
    pattern, count = groups_of(call)
    if not count:
        raise HogQLError(f"There are no groups in regexp: {pattern}", "bad_arguments")
    if _finds_nothing(pattern):
        raise HogQLUnsupported(
            f"The emulator on DuckDB supports no pattern in {call.name}() that finds an empty text."
        )
    return [_found(args[0], args[1], group) for group in range(1, count + 1)]


def _vertical(args: Sequence[str], call: Call) -> str:
    columns = _all_groups(args, call)
    members = ", ".join(f"row[{place}]" for place in range(1, len(columns) + 1))
    return f"list_transform(list_zip({', '.join(columns)}), lambda row: [{members}])"


def _horizontal(args: Sequence[str], call: Call) -> str:
    return f"[{', '.join(_all_groups(args, call))}]"


def _first_groups(args: Sequence[str], call: Call) -> str:
    pattern, count = groups_of(call)
    if not count:
        raise HogQLError(f"There are no groups in regexp: {pattern}", "bad_arguments")
    text = _there(args[0])
    found = ", ".join(
        f"coalesce(regexp_extract({text}, {args[1]}, {group}, 's'), '')" for group in range(1, count + 1)
    )
    return f"CASE WHEN regexp_matches({text}, {args[1]}, 's') THEN [{found}] ELSE [] END"


def _one_group(args: Sequence[str], call: Call) -> str:
    pattern, count = groups_of(call)
    group = constant(call.args[2]) if len(args) > 2 else min(count, 1)
    if not isinstance(group, int):
        raise HogQLUnsupported("The emulator on DuckDB supports only a constant index in regexpExtract().")
    if not 0 <= group <= count:
        detail = (
            f"Index value {group} for regexp pattern `{pattern}` in function regexpExtract is out-of-range"
        )
        raise HogQLError(detail, "index_of_positional_argument_is_out_of_range")
    return f"regexp_extract({args[0]}, {args[1]}, {int(group)}, 's')"


def _matches(name: str, flags: str) -> Function:
    def write(args: Sequence[str], call: Call) -> str:
        groups_of(call)
        # Where nothing is found, ClickHouse goes on and does not count it.
        found = f"regexp_extract_all({args[0]}, {args[1]}, 0, '{flags}')"
        return f"len(list_filter({found}, lambda item: item <> ''))"

    return fixed(2, name, to(UINT64), write, "s", constant=(1,))


TITLE: Final = "Parts of texts"
FUNCTIONS: Final = (
    _words("splitByWhitespace", _SPACES),
    _words("splitByNonAlpha", _NO_PUNCTUATION),
    _words("alphaTokens", "[A-Za-z]+"),
    fixed(1, "tokens", always(_TEXTS), lambda args, call: TOKENS.format(_there(args[0])), "s"),
    fixed(
        3,
        "split_part",
        always(STRING),
        _part,
        "ssw",
        clickhouse="arrayElement(splitByString({1}, {0}), {2})",
        constant=(1, 2),
        refuse=_from_one,
    ),
    fixed(2, "ngrams", always(_TEXTS), _ngrams, "sw", constant=(1,), refuse=_some),
    fixed(2, "extractGroups", always(_TEXTS), _first_groups, "s", constant=(1,)),
    fixed(2, "extractAllGroups", always(_GROUPS), _vertical, "s", constant=(1,)),
    fixed(2, "extractAllGroupsVertical", always(_GROUPS), _vertical, "s", constant=(1,)),
    fixed(2, "extractAllGroupsHorizontal", always(_GROUPS), _horizontal, "s", constant=(1,)),
    Function("regexpExtract", 2, 3, to(STRING), _one_group, "ssw", constant=(1,)),
    _matches("countMatches", "s"),
    _matches("countMatchesCaseInsensitive", "si"),
)
