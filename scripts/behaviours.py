"""The tables of `docs/emulator.md`: what the emulator does, where that was seen, and which test proves it.

    python scripts/behaviours.py            write them
    python scripts/behaviours.py --check    say what is not current, or not proven

Everything comes from the tests: a test that proves a behaviour says so by
`@pytest.mark.behaviour("persons_delete", "answers 202 without a body", source="PostHog source person.py, October 2025")`;
several operations may be named before the text.
"""

from __future__ import annotations

import argparse
import contextlib
import inspect
import io
import os
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import pytest

from conformance_exclusions import ACCEPTED_WRONG, EXCLUSIONS, REFUSED_RIGHT
from contract_document import MERGED, ROOT, load_yaml
from curation import curation_notes
from posthog_environments_api.operations import OPERATIONS

PAGE = ROOT / "docs" / "emulator.md"
_PROFILE_OF = {"api": ("observed",), "documented": ("documented",), "either": ("observed", "documented")}
_CHECKS = {
    ACCEPTED_WRONG: "accepts what the contract forbids",
    REFUSED_RIGHT: "refuses what the contract allows",
    "not_a_server_error": "fails",
    "use_after_free": "answers after a deletion",
}

# Places of the contract's curation that no test shows, and why.
_LEGACY = "accepted; what it did to this legacy insight was not seen"
_TESTERS = "accepted; the emulator has no test accounts, and its events always count"
NOT_SHOWN: Mapping[str, str] = {
    "`exports.content`, status 302": "the emulator has no object storage to redirect to",
    "`persons.stickiness`, parameter `interval`": _LEGACY,
    "`persons.trends`, parameter `interval`": _LEGACY,
    "`session_recordings.list`, parameter `add_events_to_property_queries`": _TESTERS,
    "`session_recordings.list`, parameter `filter_test_accounts`": _TESTERS,
}


@dataclass(frozen=True)
class Behaviour:
    """One thing that the emulator does.

    Attributes:
        operation_id: The operation that does it.
        text: What it does.
        source: Where that was seen.
        profiles: Profiles that do it.
        test: `file::name` of the test that proves it.
        shown: Text of that test.
    """

    operation_id: str
    text: str
    source: str
    profiles: tuple[str, ...]
    test: str
    shown: str


class _Collector:
    """Takes the markers of all tests that pytest collects."""

    def __init__(self) -> None:
        self.behaviours: dict[tuple[str, str, str], Behaviour] = {}
        self.problems: list[str] = []

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        for item in items:
            for marker in item.iter_markers("behaviour"):
                self._take(item, marker)

    def _take(self, item: pytest.Item, marker: pytest.Mark) -> None:
        assert isinstance(item, pytest.Function)
        test = item.nodeid.split("[")[0]
        *operations, text = marker.args
        source = marker.kwargs.get("source", "")
        if not operations or not source or set(marker.kwargs) - {"source", "profiles"}:
            self.problems.append(f"{test}: the marker needs operations, a text and a source")
            return
        for name in operations:
            if name not in OPERATIONS:
                self.problems.append(f"{test}: there is no operation {name}")
                continue
            self.behaviours[name, text, test] = Behaviour(
                name, text, source, _profiles(item, marker), test, inspect.getsource(item.function)
            )


def _profiles(item: pytest.Function, marker: pytest.Mark) -> tuple[str, ...]:
    if "profiles" in marker.kwargs:
        return tuple(marker.kwargs["profiles"])
    found = {profile for name in item.fixturenames for profile in _PROFILE_OF.get(name, ())}
    return tuple(profile for profile in ("observed", "documented") if profile in (found or {"observed"}))


def collect() -> _Collector:
    """The behaviours that the tests of the emulator claim."""
    collector = _Collector()
    said = io.StringIO()
    here = os.getcwd()
    os.chdir(ROOT)
    try:
        with contextlib.redirect_stdout(said):
            status = pytest.main(
                ["--collect-only", "-q", "-p", "no:cacheprovider", "tests/emulator"], [collector]
            )
    finally:
        os.chdir(here)
    if status != 0:
        collector.problems.append(said.getvalue())
    return collector


def unproven(behaviours: Sequence[Behaviour]) -> Iterator[str]:
    """Operations without a behaviour, and curated places that no test of their operation shows."""
    of: dict[str, list[Behaviour]] = {name: [] for name in OPERATIONS}
    for behaviour in behaviours:
        of[behaviour.operation_id].append(behaviour)
    yield from (f"{name} has no behaviour that a test proves" for name, found in of.items() if not found)
    idle = set(NOT_SHOWN)
    for operation_id, place, words in curated():
        shown = any(words in f"{behaviour.text} {behaviour.shown}" for behaviour in of[operation_id])
        if not shown and place not in NOT_SHOWN:
            yield f"{place} is curated, and no test that is marked for {operation_id} names it"
        elif not shown:
            idle.discard(place)
    yield from (f"{place} is shown by a test, or gone: it need not be excused" for place in sorted(idle))


def curated() -> Iterator[tuple[str, str, str]]:
    """Operation, place and what a test of it must name: a parameter, or a status other than 200."""
    for operation_id, place, _ in curation_notes(load_yaml(MERGED)):
        if (found := re.search(r", parameter `(\w+)`$|, status (\d+)$", place)) is not None:
            words = found[1] or found[2]
            if words not in ("200", "id"):
                yield operation_id, place, words


# --- the page --------------------------------------------------------------------------------------------------


def tables(behaviours: Sequence[Behaviour]) -> dict[str, str]:
    return {"behaviours": _behaviours(behaviours), "exclusions": _exclusions()}


def _behaviours(behaviours: Sequence[Behaviour]) -> str:
    lines = ["| operation | profile | what it does | seen in | proven by |", "|---|---|---|---|---|"]
    order = list(OPERATIONS)
    for found in sorted(behaviours, key=lambda one: (order.index(one.operation_id), one.test, one.text)):
        operation = OPERATIONS[found.operation_id]
        profile = "both" if len(found.profiles) == 2 else found.profiles[0]
        file, _, test = found.test.rpartition("::")
        lines.append(
            f"| `{operation.tag}.{operation.name}` | {profile} | {_cell(found.text)} | {_cell(found.source)} | "
            f"[`{test}`](../{file}) |"
        )
    return "\n".join(lines)


def _exclusions() -> str:
    lines = ["| operations | where | the emulator | why that is right | seen in |", "|---|---|---|---|---|"]
    for entry in EXCLUSIONS:
        operations = (
            "all" if entry.operations == ("*",) else ", ".join(f"`{name}`" for name in entry.operations)
        )
        places = ", ".join(f"`{subject}`" for subject in entry.subjects if subject not in ("", ":"))
        lines.append(
            f"| {operations} | {places or 'anywhere'} | {_CHECKS[entry.check]} | {_cell(entry.reason)} | "
            f"{_cell(entry.source)} |"
        )
    return "\n".join(lines)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def filled(page: str, parts: Mapping[str, str]) -> str:
    """The page with its tables between `<!-- name: begin -->` and `<!-- name: end -->`."""
    for name, text in parts.items():
        begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
        before, _, rest = page.partition(begin)
        _, _, after = rest.partition(end)
        page = f"{before}{begin}\n\n{text}\n\n{end}{after}"
    return page


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Write or check the tables of docs/emulator.md.")
    parser.add_argument(
        "--check", action="store_true", help="write nothing; exit with 1 if something is not current"
    )
    options = parser.parse_args(arguments)
    collector = collect()
    behaviours = list(collector.behaviours.values())
    problems = [*collector.problems, *unproven(behaviours)]
    old = PAGE.read_text(encoding="utf-8")
    new = filled(old, tables(behaviours))
    if not options.check:
        PAGE.write_text(new, encoding="utf-8", newline="\n")
    elif old != new:
        problems.append("docs/emulator.md is not current: run `python scripts/behaviours.py`")
    print(
        "\n".join(
            problems or [f"{len(behaviours)} behaviours of {len(OPERATIONS)} operations, each with its test."]
        )
    )
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
