"""The search grammar of the project tree.

    report               in path or type            path:"Q3 plans"    in a folder above
    -draft  !draft       not that                   name:signups       in the last segment
    user:me  author:ada  who created it             type:folder        type:hog_function/  (prefix)
    ref:aBcD1234         what it refers to

All words must match. Source: PostHog file_system.py, October 2025.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from typing import Final

from posthog_environments.emulator.data.file_system import Entry, split_path
from posthog_environments.emulator.data.users import User, UserTable

Test = Callable[[Entry], bool]

_FUNCTION_TYPES: Final = frozenset(
    {
        *("broadcast", "campaign", "destination", "site_destination", "internal_destination"),
        *("source", "source_webhook", "site_app", "transformation"),
    }
)
_SLASH: Final = re.compile(r"\\?/")


def compile_search(text: str, me: User, users: UserTable) -> Test:
    """Whether an entry fits a search."""
    tests = [_token(token, me, users) for token in _tokens(text)]
    return lambda entry: all(test(entry) for test in tests)


def _tokens(text: str) -> list[str]:
    """Words; quotes keep some together. A quote that is never closed is an ordinary character."""
    for quotes in ("\"'", '"'):
        lexer = shlex.shlex(text, posix=True)
        lexer.whitespace_split = True
        lexer.commenters = ""
        lexer.quotes = quotes
        try:
            return list(lexer)
        except ValueError:
            continue
    return text.split()


def _token(raw: str, me: User, users: UserTable) -> Test:
    if raw[:1] not in ("-", "!"):
        return _word(raw, me, users)
    if len(raw) == 1:
        return lambda entry: True
    test = _word(raw[1:], me, users)
    return lambda entry: not test(entry)


def _word(word: str, me: User, users: UserTable) -> Test:
    name, colon, value = word.partition(":")
    value = value.strip()
    lowered = value.lower()
    if not colon:
        return _anywhere(word)
    match name.lower():
        case "path":
            return lambda entry: any(lowered in part.lower() for part in split_path(entry.path)[:-1])
        case "name":
            return lambda entry: lowered in (split_path(entry.path) or [""])[-1].lower()
        case "user" | "author":
            return _creator(lowered, me, users)
        case "type":
            return _type(value)
        case "ref":
            return lambda entry: entry.ref == value
        case _:
            return _anywhere(word)


def _anywhere(word: str) -> Test:
    """A slash in the word also finds an escaped one in the path."""
    wanted = _SLASH.sub("/", word.lower())
    return lambda entry: any(
        wanted in _SLASH.sub("/", text.lower()) or word.lower() in text.lower()
        for text in (entry.path, entry.type)
    )


def _type(value: str) -> Test:
    if value.endswith("/"):
        return lambda entry: entry.type.startswith(value)
    wanted = f"hog_function/{value}" if value in _FUNCTION_TYPES else value
    return lambda entry: entry.type == wanted


def _creator(text: str, me: User, users: UserTable) -> Test:
    if text == "me":
        return lambda entry: entry.created_by == me.id

    def test(entry: Entry) -> bool:
        user = users.find(entry.created_by)
        return user is not None and text in f"{user.first_name} {user.last_name} {user.email}".lower()

    return test
