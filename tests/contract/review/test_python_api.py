"""griffe sees what changes for importers, through the lazy exports too."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from contract_document import ROOT
from contract_review.old_typing import errors
from contract_review.python_api import PACKAGES, compare_packages, load, surface

LAZY = """
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .thing import Thing, make
_ORIGINS = {"Thing": ".thing", "make": ".thing"}
def __getattr__(name: str) -> Any:
    return getattr(import_module(_ORIGINS[name], __name__), name)
__all__ = ["Thing", "make"]
"""
THING = '''
class Thing:
    """A thing."""
    size: int
    def grow(self, by: int, *, fast: bool = False) -> int: ...
    def _hidden(self) -> None: ...
def make(size: int = 1) -> Thing: ...
def inner() -> None: ...
'''


@pytest.fixture
def trees(tmp_path: Path) -> tuple[Path, Path]:
    """The same small package twice, its names exported lazily."""
    for name in ("old", "new"):
        folder = tmp_path / name / "src" / "things"
        folder.mkdir(parents=True)
        (folder / "__init__.py").write_text(LAZY, encoding="utf-8")
        (folder / "thing.py").write_text(THING, encoding="utf-8")
    return tmp_path / "old", tmp_path / "new"


def verdicts(trees: tuple[Path, Path], before: str, after: str) -> list[str]:
    file = trees[1] / "src" / "things" / "thing.py"
    assert before in THING
    file.write_text(THING.replace(before, after), encoding="utf-8")
    found = compare_packages(*trees, {"things": "src"})
    return [f"{one.level} {', '.join(one.who)}: {one.rule} {one.place}" for one in found]


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("by: int, *, fast: bool = False", "by: int", ["breaking callers: parameter-removed things.thing.Thing.grow"]),
        ("by: int,", "by: int, way: str,", ["breaking callers: parameter-added-required things.thing.Thing.grow"]),
        ("by: int,", "by: str,", ["breaking type checkers: parameter-type-changed things.Thing.grow"]),
        ("by: int,", "by: int | str,", ["additive type checkers: parameter-type-changed things.Thing.grow"]),
        ("= False", "= True", ["breaking callers: parameter-changed-default things.thing.Thing.grow"]),
        ("fast: bool = False", "fast: bool = False, more: int = 0", ["additive callers: parameter-added things.Thing.grow"]),
        ("    size: int\n", "", ["breaking callers: name-removed things.Thing.size"]),
        ("    size: int\n", "    size: int\n    colour: str\n", ["additive callers: name-added things.Thing.colour"]),
        ("size: int\n", "size: str\n", ["breaking type checkers: attribute-type-changed things.Thing.size"]),
        ("_hidden", "_other", []),
        ("def inner() -> None", "def inner(a: int) -> None", []),
        ('"""A thing."""', '"""Another text."""', []),
    ],
)  # fmt: skip
def test_a_change_behind_a_lazy_export_is_seen(
    trees: tuple[Path, Path], before: str, after: str, expected: list[str]
) -> None:
    assert verdicts(trees, before, after) == expected


def test_an_export_that_goes_is_seen(trees: tuple[Path, Path]) -> None:
    file = trees[1] / "src" / "things" / "__init__.py"
    file.write_text(LAZY.replace('["Thing", "make"]', '["Thing"]'), encoding="utf-8")
    (change,) = compare_packages(*trees, {"things": "src"})
    assert (change.level, change.rule, change.place) == ("breaking", "name-removed", "things.make")


def test_the_lazy_names_of_both_packages_are_seen() -> None:
    """Models, resource classes, operations and the facade: all are imported when they are first used."""
    packages = load(ROOT, PACKAGES)
    generated = surface(packages["posthog_environments_api"])
    facade = surface(packages["posthog_environments"])
    assert {
        "posthog_environments_api.models.Person.name",
        "posthog_environments_api.api.persons.persons_list.sync",
        "posthog_environments_api.resources.persons.PersonsResource.list",
        "posthog_environments_api.resources.SyncResources.persons",
    } <= set(generated)
    assert {
        "posthog_environments.Client.request",
        "posthog_environments.AsyncClient.persons",
        "posthog_environments.RateLimitError",
    } <= set(facade)


def test_the_hand_written_methods_of_a_client_and_what_users_hold_are_public() -> None:
    facade = surface(load(ROOT, PACKAGES)["posthog_environments"])
    assert {
        "posthog_environments.resources.exports.ExportsResource.create_and_wait",
        "posthog_environments.resources.events.AsyncEventsResource.iterate",
        "posthog_environments.files.write",
        "posthog_environments.pagination.SyncPages.concurrent",
        "posthog_environments.emulator.Emulator.client",
        "posthog_environments.emulator.server.Server",
    } <= set(facade)


def test_inner_modules_are_not_public_even_where_they_export_names() -> None:
    """A new field of the emulator's function registry is nobody's addition."""
    facade = surface(load(ROOT, PACKAGES)["posthog_environments"])
    inner = ("exchange", "errors", "queries", "cli", "emulator.hogql", "emulator.insights", "emulator.faults")
    assert not [
        name for name in facade if name.startswith(tuple(f"posthog_environments.{part}" for part in inner))
    ]


def change_of(tmp_path: Path, file: str, before: str, after: str) -> list[str]:
    """Verdicts on one replaced text in the sources of this project."""
    for tree in ("old", "new"):
        for folder in ("src", "generated"):
            shutil.copytree(
                ROOT / folder, tmp_path / tree / folder, ignore=shutil.ignore_patterns("__pycache__")
            )
    changed = tmp_path / "new" / "src" / "posthog_environments" / file
    text = changed.read_text(encoding="utf-8")
    assert before in text
    changed.write_text(text.replace(before, after), encoding="utf-8")
    return [f"{one.level}: {one.place}" for one in compare_packages(tmp_path / "old", tmp_path / "new")]


def test_a_new_attribute_inside_the_emulator_asks_for_nothing(tmp_path: Path) -> None:
    """It once failed the gate: `Function` is exported by a module that only the emulator itself imports."""
    where = "emulator/hogql/functions/registry.py"
    assert change_of(tmp_path, where, "class Function:\n", "class Function:\n    further: int = 0\n") == []


def test_a_hand_written_method_of_a_resource_that_goes_is_breaking(tmp_path: Path) -> None:
    found = change_of(tmp_path, "resources/events.py", "def iterate(", "def walk(")
    place = "posthog_environments.resources.events.EventsResource"
    assert {f"breaking: {place}.iterate", f"additive: {place}.walk"} <= set(found)


def test_the_errors_of_the_old_typing_tests_are_changes() -> None:
    out = 'typing_tests/user_program.py:12: error: "Person" has no attribute "name"  [attr-defined]\n'
    (change,) = errors(out, 1)
    assert (change.level, change.who, change.place) == (
        "breaking",
        ("type checkers",),
        "typing_tests/user_program.py:12",
    )
    assert errors("", 0) == []
    assert "could not check" in errors("", 2, "crash")[0].message
