"""What a comparison finds, and how it is classed.

- **breaking**: something that worked against the old document can fail, or mean something else, against the new one.
- **additive**: something new can be used, a demand was dropped, or a promise became firmer in a way that types show.
- **invisible**: no request, no answer and no Python name of an operation changes its meaning.

`who` says whom a change reaches: `callers` (what is sent, and the names of operations), `readers` (what comes
back), `type checkers` (nothing at run time, but annotations differ).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal

Level = Literal["breaking", "additive", "invisible"]
Flow = Literal["request", "response"]

CALLERS = ("callers",)
READERS = ("readers",)
TYPES = ("type checkers",)
NOBODY: tuple[str, ...] = ()
LEVELS: tuple[Level, ...] = ("breaking", "additive", "invisible")


@dataclass(frozen=True)
class Change:
    """One difference. `place` is a JSON pointer into the document named by `side`."""

    level: Level
    rule: str
    place: str
    who: tuple[str, ...]
    message: str
    before: Any = None
    after: Any = None
    side: Literal["old", "new"] = "new"
    operations: tuple[str, ...] = ()
    subject: str = ""  # what a person calls it: `persons_list`, `Person.name`

    def reaching(self, operations: tuple[str, ...]) -> Change:
        return replace(self, operations=operations)

    def as_json(self) -> dict[str, Any]:
        return {
            "level": self.level,
            "rule": self.rule,
            "place": self.place,
            "side": self.side,
            "who": list(self.who),
            "message": self.message,
            "before": self.before,
            "after": self.after,
            "subject": self.subject,
            "operations": list(self.operations),
        }


def narrowed(flow: Flow, *, typed: bool = False) -> tuple[Level, tuple[str, ...]]:
    """Fewer values are allowed: refused when sent; when read, a firmer promise."""
    if flow == "request":
        return "breaking", CALLERS
    return ("additive", TYPES) if typed else ("invisible", NOBODY)


def widened(flow: Flow) -> tuple[Level, tuple[str, ...]]:
    """More values are allowed: a new possibility for those who send, a surprise for those who read."""
    return ("additive", CALLERS) if flow == "request" else ("breaking", READERS)


def altered(flow: Flow) -> tuple[Level, tuple[str, ...]]:
    """Neither can be seen to hold the other."""
    return "breaking", CALLERS if flow == "request" else READERS
