"""Every behaviour that the documentation tells of the emulator has its test."""

from __future__ import annotations

import subprocess
import sys

import behaviours
from conformance_exclusions import EXCLUSIONS
from contract_document import ROOT
from posthog_environments_api.operations import OPERATIONS


def behaviour(operation_id: str, shown: str = "") -> behaviours.Behaviour:
    return behaviours.Behaviour(operation_id, "text", "source", ("observed",), "tests/x.py::test_x", shown)


def test_the_page_is_current_and_everything_in_it_is_proven() -> None:
    """In a process of its own: it collects tests."""
    done = subprocess.run(
        [sys.executable, "scripts/behaviours.py", "--check"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"behaviours of {len(OPERATIONS)} operations" in done.stdout


def test_an_operation_without_a_behaviour_is_told() -> None:
    shown = [behaviour(name) for name in OPERATIONS if name != "groups_find"]
    assert "groups_find has no behaviour that a test proves" in behaviours.unproven(shown)


def test_a_curated_place_that_no_test_names_is_told() -> None:
    found = list(behaviours.unproven([behaviour(name) for name in OPERATIONS]))
    assert any("`persons.delete`, parameter `delete_events` is curated" in problem for problem in found)
    found = list(behaviours.unproven([behaviour("persons_delete", "delete_events")]))
    assert not any("parameter `delete_events` is curated" in problem for problem in found)


def test_an_excuse_that_a_test_made_needless_is_told() -> None:
    found = list(behaviours.unproven([behaviour("persons_trends", "interval")]))
    assert (
        "`persons.trends`, parameter `interval` is shown by a test, or gone: it need not be excused" in found
    )


def test_the_page_shows_every_exclusion() -> None:
    page = behaviours.PAGE.read_text(encoding="utf-8")
    assert all(entry.reason in page for entry in EXCLUSIONS)
