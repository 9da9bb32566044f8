"""The committed text of the public API is what users can import and call."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from functools import cached_property
from typing import Any

import attrs
import pytest

import posthog_environments
from posthog_environments.emulator import __all__ as emulator_names
from posthog_environments_api.operations import OPERATIONS
from posthog_environments_api.types import UNSET, Unset
from releasing import public_api
from releasing.public_api import signature

COMMITTED = public_api.PINNED.read_text(encoding="utf-8")


def test_the_committed_text_is_current() -> None:
    """In a fresh interpreter: tests may have subclasses of the errors."""
    code = "import sys; from releasing.public_api import snapshot; sys.stdout.write(snapshot())"
    paths = [str(public_api.ROOT / "scripts")]
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", f"import sys; sys.path[:0] = {paths!r}; {code}"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == COMMITTED, "run `make accept`, read its diff"


@pytest.mark.parametrize(
    "name", sorted({*posthog_environments.__all__, *emulator_names} - {"__version__", "models"})
)
def test_every_exported_name_is_in_it(name: str) -> None:
    assert any(
        line.strip().startswith((f"class {name}", f"def {name}", f"{name}: "))
        for line in COMMITTED.splitlines()
    )


@pytest.mark.parametrize("title", ["Client", "AsyncClient"])
def test_every_operation_is_in_it(title: str) -> None:
    section = COMMITTED.partition(f"\nresources of {title}\n")[2].partition("\n\n")[0]
    found, resource = set(), ""
    for line in section.splitlines():
        if line[4:5] != " ":
            resource = line.split()[0]
        elif line[8:9] != " " and "def " in line:
            found.add((resource, line.partition("def ")[2].partition("(")[0]))
    assert {(one.tag, one.name) for one in OPERATIONS.values()} <= found


def test_it_holds_nothing_that_depends_on_the_run() -> None:
    assert " at 0x" not in COMMITTED
    assert str(public_api.ROOT) not in COMMITTED


def plain(a: int, b: str = "x", *rest: int, c: bool | Unset = UNSET, d: Any = attrs.NOTHING) -> None: ...


def keyword(self: object, *, a: int) -> str: ...


@pytest.mark.parametrize(
    ("function", "text"),
    [
        (
            plain,
            "a: int, b: str = 'x', *rest: int, c: bool | Unset = UNSET, d: Any = <made at each call> -> None",
        ),
        (keyword, "self: object, *, a: int -> str"),
    ],
)
def test_signatures_are_shown_as_they_are_written(function: Callable[..., Any], text: str) -> None:
    parameters, result = signature(function)
    assert ", ".join(parameters) + result == text


class Base:
    def inherited(self) -> int: ...


class _Part:
    def part(self) -> int: ...


class Sample(_Part, Base):
    field: int

    @cached_property
    def lazy(self) -> str: ...

    @classmethod
    def make(cls, value: int) -> None: ...

    async def wait(self) -> None: ...

    def __iter__(self) -> None: ...

    def _hidden(self) -> None: ...


def test_a_class_shows_what_users_call_and_what_its_private_bases_give(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(public_api, "_OURS", ("tests",))
    monkeypatch.setattr(public_api, "_public", lambda: frozenset({Base}))
    assert list(public_api._class("Sample", Sample)) == [
        "class Sample(Base)",
        "    field: int",
        "    def __iter__(self) -> None",
        "    lazy -> str",
        "    @classmethod",
        "    def make(cls, value: int) -> None",
        "    def part(self) -> int",
        "    async def wait(self) -> None",
    ]
