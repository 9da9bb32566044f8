"""What can be known of a HogQL text without parsing it: its words, its placeholders, its limits.

The server parses; this only tells code from strings and comments, so that braces and keywords are seen where they
count. Where a text is not understood (template strings, an open quote), the answer is "unknown" and never a guess.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from attrs import define, field

from posthog_environments.errors import InvalidRequestError

_TOKEN = re.compile(
    r"""
    (?P<space>\s+)
  | (?P<comment>--[^\n]*|//[^\n]*|\#[^\n]*|/\*.*?\*/)
  | (?P<template>[fF]')
  | (?P<string>'(?:[^'\\]|\\.|'')*')
  | (?P<quoted>"(?:[^"\\]|\\.|"")*"|`(?:[^`\\]|\\.|``)*`)
  | (?P<word>\w[\w$]*|\$[\w$]*)
  | (?P<mark>.)
    """,
    re.VERBOSE | re.DOTALL,
)
_OPENING = {"(": ")", "[": "]", "{": "}"}
_SETS = frozenset({"UNION", "INTERSECT", "EXCEPT"})
_AFTER_LIMIT = frozenset({"BY", "OFFSET", "WITH", "SETTINGS", "LIMIT"})
RESERVED = frozenset({"filters", "variables"})
"""Names that the server fills by itself."""


@define(frozen=True)
class Token:
    """One piece of code: comments and white space are left out.

    Attributes:
        kind: `word`, `quoted` (an identifier), `string` or `mark`.
        text: As written.
        start: Where it begins, counted in characters.
        depth: How many brackets it is in; a bracket itself counts as outside.
    """

    kind: str
    text: str
    start: int
    depth: int

    @property
    def end(self) -> int:
        return self.start + len(self.text)

    @property
    def name(self) -> str:
        """The identifier, without its quotes."""
        if self.kind != "quoted":
            return self.text
        quote = self.text[0]
        return self.text[1:-1].replace(quote * 2, quote).replace("\\\\", "\\")

    def is_word(self, *words: str) -> bool:
        return self.kind == "word" and self.text.upper() in words


@define(frozen=True)
class Placeholder:
    """A pair of braces outside strings and comments.

    Attributes:
        start: Where the opening brace is.
        end: Behind the closing brace.
        name: The name, where the braces hold one name and nothing else.
        names: Every identifier in the braces.
    """

    start: int
    end: int
    name: str | None
    names: frozenset[str]


@define
class Script:
    """A HogQL text, cut into tokens.

    Attributes:
        text: The text.
        tokens: Its code.
        understood: Where the part ends that is understood; the length of the text when all of it is.
    """

    text: str
    tokens: list[Token] = field(factory=list[Token])
    understood: int = 0

    @property
    def whole(self) -> bool:
        return self.understood == len(self.text)

    def placeholders(self) -> list[Placeholder]:
        found: list[Placeholder] = []
        open_at: list[int] = []
        for index, token in enumerate(self.tokens):
            if token.kind != "mark":
                continue
            if token.text == "{":
                open_at.append(index)
            elif token.text == "}" and open_at:
                first = open_at.pop()
                if not open_at:
                    found.append(_placeholder(self.tokens[first : index + 1]))
        return found

    def has_tags(self) -> bool:
        """Whether there are HogQLX tags, whose attributes have braces of their own."""
        return any(
            (a.text, b.text) in {("/", ">"), ("<", "/")} and a.end == b.start
            for a, b in pairwise(self.tokens)
        )

    def names_beyond(self) -> frozenset[str]:
        """Every word in the part that is not understood."""
        return frozenset(re.findall(r"\w+", self.text[self.understood :]))

    def statement_end(self) -> int:
        """Where the statement ends: before its semicolon, if it has one.

        Raises:
            InvalidRequestError: There is no statement, or there is more than one.
        """
        code = list(self.tokens)
        while code and code[-1].text == ";":
            code.pop()
        if not code:
            raise InvalidRequestError("the SQL is empty")
        if any(token.text == ";" and token.depth == 0 for token in code):
            raise InvalidRequestError("the SQL holds more than one statement; send one at a time")
        if len(code) == len(self.tokens):
            return len(self.text)
        return self.tokens[len(code)].start

    def arms(self) -> list[list[Token]]:
        """The SELECTs that a UNION (or INTERSECT, or EXCEPT) puts together; one where there is none."""
        return _arms([token for token in self.tokens if token.text != ";"])


def scan(text: str) -> Script:
    script = Script(text)
    closing: list[str] = []
    for match in _TOKEN.finditer(text):
        kind, piece = match.lastgroup or "mark", match.group()
        if kind == "template" or (
            kind == "mark" and (piece in "'\"`" or text.startswith("/*", match.start()))
        ):
            script.understood = match.start()
            return script
        if kind in ("space", "comment"):
            continue
        if kind == "mark" and closing and piece == closing[-1]:
            closing.pop()
        script.tokens.append(Token(kind, piece, match.start(), len(closing)))
        if kind == "mark" and piece in _OPENING:
            closing.append(_OPENING[piece])
    script.understood = len(text)
    return script


def _placeholder(tokens: list[Token]) -> Placeholder:
    inner = tokens[1:-1]
    names = frozenset(token.name for token in inner if token.kind in ("word", "quoted"))
    name = inner[0].name if len(inner) == 1 and names and not inner[0].text[0].isdigit() else None
    return Placeholder(tokens[0].start, tokens[-1].end, name, names)


def _arms(tokens: list[Token]) -> list[list[Token]]:
    depth = min((token.depth for token in tokens), default=0)
    arms: list[list[Token]] = [[]]
    for token in tokens:
        if token.depth == depth and token.is_word(*_SETS):
            arms.append([])
        elif token.depth == depth and arms[-1] == [] and token.is_word("ALL", "DISTINCT") and len(arms) > 1:
            continue
        else:
            arms[-1].append(token)
    found: list[list[Token]] = []
    for arm in arms:
        if len(arm) > 2 and arm[0].text == "(" and arm[-1].text == ")" and _one_bracket(arm):
            found += _arms(arm[1:-1])
        else:
            found.append(arm)
    return found


def _one_bracket(arm: list[Token]) -> bool:
    """Whether the first bracket is closed by the last token."""
    return all(token.depth > arm[0].depth for token in arm[1:-1])


@define(frozen=True)
class Limit:
    """A LIMIT of one SELECT: its number, where it is written as one, or the name of its placeholder."""

    number: int | None = None
    name: str | None = None


def limit_of(arm: list[Token]) -> Limit | None:
    """The LIMIT of a SELECT, or None where it has none; LIMIT … BY is not one."""
    depth = min((token.depth for token in arm), default=0)
    found: Limit | None = None
    for index, token in enumerate(arm):
        if token.depth == depth and token.is_word("LIMIT"):
            rest = list(_until(arm[index + 1 :], depth))
            following = arm[index + 1 + len(rest) :]
            if following and following[0].is_word("BY"):
                continue
            found = _limit([t for t in rest if t.text.strip()])
    return found


def _until(tokens: list[Token], depth: int) -> Iterator[Token]:
    for token in tokens:
        if token.depth == depth and token.is_word(*_AFTER_LIMIT):
            return
        yield token


def _limit(tokens: list[Token]) -> Limit:
    commas = [index for index, token in enumerate(tokens) if token.text == ","]
    last = tokens[commas[-1] + 1 :] if commas else tokens  # LIMIT offset, number
    if len(last) == 1 and last[0].text.isdigit():
        return Limit(int(last[0].text))
    if len(last) == 3 and last[0].text == "{":
        return Limit(name=last[1].name)
    return Limit()


def identifier(name: str) -> str:
    """A name as HogQL reads it back, whatever it holds."""
    return "`" + name.replace("\\", "\\\\").replace("`", "``") + "`"


__all__ = ["RESERVED", "Limit", "Placeholder", "Script", "Token", "identifier", "limit_of", "scan"]
