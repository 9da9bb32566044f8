"""HogQL text to PostHog's own syntax tree, by PostHog's own parser.

The parser (`hogql-parser` on PyPI) imports its error classes from `posthog.hogql.errors`, which PyPI does not ship:
stand-ins are put into `sys.modules` while it is imported, and whatever was there before comes back, since PostHog's
SDK has the same top-level name.

The tree is plain JSON: objects with `node`, and `start` and `end` with an `offset` in characters.
"""

from __future__ import annotations

import importlib
import json
import re
import sys
import threading
from collections.abc import Callable
from functools import lru_cache
from types import ModuleType
from typing import Any, Final

from posthog_environments.emulator.hogql.errors import EngineMissing, HogQLError, HogQLUnsupported
from posthog_environments.emulator.json_types import is_object

Tree = dict[str, Any]

_ERRORS: Final = (
    *("BaseHogQLError", "ExposedHogQLError", "InternalHogQLError", "SyntaxError", "QueryError"),
    *("NotImplementedError", "ParsingError", "ImpossibleASTError", "ResolutionError"),
)
_MODULES: Final = ("posthog", "posthog.hogql", "posthog.hogql.errors")
_LOCK: Final = threading.Lock()
_KEPT: Final = 512
# The parser's time grows fourfold with each call within a call: seven levels take seconds.
_DEEPEST_CALLS: Final = 7
_DEEPEST: Final = 20
_LONGEST: Final = 100_000
_LEXEMES: Final = re.compile(
    r"'(?:[^'\\]|\\.|'')*'|`(?:[^`\\]|\\.)*`|\"(?:[^\"\\]|\\.)*\"|--[^\n]*|//[^\n]*|/\*.*?\*/"
    r"|(?P<word>[A-Za-z_$][\w$]*)|(?P<bracket>[()\[\]{}])|(?P<other>\S)",
    re.DOTALL,
)
_NOT_CALLED: Final = frozenset(
    [
        "and",
        "or",
        "not",
        "in",
        "as",
        "on",
        "by",
        "from",
        "join",
        "where",
        "having",
        "when",
        "then",
        "else",
        "select",
        "union",
        "all",
        "between",
        "like",
        "ilike",
        "using",
        "over",
        "limit",
        "with",
        "values",
        "distinct",
    ]
)


def parse(text: str) -> Tree:
    """The tree of a query. It is shared: whoever changes it copies it first.

    Raises:
        EngineMissing: The parser is not installed.
        HogQLError: The text is no HogQL.
        HogQLUnsupported: The parser would need too long.
    """
    _check_size(text)
    parser = _parser()
    try:
        tree = json.loads(_parsed(parser, text))
    except Exception as error:
        # Mostly mistakes come as an answer; those of the lexer's modes, such as a lone `}`, are raised.
        raise HogQLError(str(error), "syntax_error", 0, len(text)) from None
    if not is_object(tree):
        raise HogQLUnsupported("The parser gave no tree.")
    if tree.get("error"):
        start = tree.get("start", {}).get("offset")
        end = tree.get("end", {}).get("offset")
        message = str(tree["message"])
        if start is not None:
            start, end = sorted((min(start, len(text)), min(end, len(text))))
        if tree.get("type") == "NotImplementedError":
            # Grammar that PostHog's own parser reads and refuses.
            raise HogQLError(message, "query_error", start, end)
        raise HogQLError(message, "syntax_error", start, end)
    if tree.get("node") not in ("SelectQuery", "SelectSetQuery"):
        raise HogQLUnsupported("The emulator does not support HogQLX tags.").at(tree)
    return tree


@lru_cache(_KEPT)
def _parsed(parser: Callable[[str], str], text: str) -> str:
    return parser(text)


@lru_cache(1)
def _parser() -> Callable[[str], str]:
    with _LOCK:
        before = {name: sys.modules.pop(name, None) for name in _MODULES}
        try:
            for name in _MODULES:
                module = ModuleType(name)
                module.__path__ = []
                sys.modules[name] = module
            for name in _ERRORS:
                setattr(sys.modules[_MODULES[-1]], name, type(name, (Exception,), {}))
            parser: Any = importlib.import_module("hogql_parser")
        except ImportError:
            raise EngineMissing from None
        finally:
            for name, module_before in before.items():
                if module_before is None:
                    sys.modules.pop(name, None)
                else:
                    sys.modules[name] = module_before
    found: Callable[[str], str] = parser.parse_select_json
    return found


def items_of(tree: Tree, name: str) -> list[Tree]:
    """The nodes of a list, which the parser leaves out or writes as null when there are none."""
    found: list[Tree] | None = tree.get(name)
    return found or []


def _check_size(text: str) -> None:
    """Refuse what would keep the parser busy for minutes, and what it cannot be given at all."""
    if len(text) > _LONGEST:
        raise HogQLUnsupported(f"The emulator does not read queries of more than {_LONGEST} characters.")
    for place, character in enumerate(text):
        if "\ud800" <= character <= "\udfff":
            raise HogQLError(
                "The query holds half a character (a surrogate)", "syntax_error", place, place + 1
            )
    opened: list[bool] = []
    called = False
    for found in _LEXEMES.finditer(text):
        bracket = found["bracket"]
        if bracket and bracket in "([{":
            opened.append(called and bracket == "(")
            if sum(opened) > _DEEPEST_CALLS or len(opened) > _DEEPEST:
                raise HogQLUnsupported(
                    f"The emulator does not read more than {_DEEPEST_CALLS} calls within calls, nor more than "
                    f"{_DEEPEST} brackets within brackets.",
                    found.start(),
                    found.end(),
                )
        elif bracket and opened:
            opened.pop()
        word = found["word"]
        called = (word is not None and word.lower() not in _NOT_CALLED) or bracket == ")"
