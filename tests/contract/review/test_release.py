"""A breaking change needs a version and a changelog entry that names it; an additive one needs an entry."""

from __future__ import annotations

import pytest

from contract_diffing.changes import CALLERS, NOBODY, READERS, Change, Level
from contract_review.release import entries, judge, last_release, needed, parse_version

BREAK = Change(
    "breaking",
    "parameter-removed",
    "#/paths/~1x/get/parameters/1",
    CALLERS,
    "session_recordings_list: query parameter q removed",
    operations=("session_recordings_list",),
    subject="session_recordings_list",
)
FIELD = Change(
    "breaking",
    "property-removed",
    "#/components/schemas/Person/properties/name",
    READERS,
    "read Person: name removed",
    operations=("persons_retrieve",),
    subject="Person",
)
NAME = Change(
    "breaking",
    "parameter-removed",
    "posthog_environments_api.resources.persons.PersonsResource.list",
    CALLERS,
    "parameter was removed",
)
ADD = Change(
    "additive",
    "parameter-added",
    "#/paths/~1x/get",
    CALLERS,
    "persons_list: sort added",
    operations=("persons_list",),
)
HIDDEN = Change("invisible", "documentation-changed", "#/info", NOBODY, "info changed")
RELEASED = "# Changelog\n\n## [Unreleased]\n\n## [0.1.0] - 2026-11-21\n\n### Added\n\n- Everything, persons.list too.\n"


def changelog(*points: str, kind: str = "Changed") -> str:
    return RELEASED.replace(
        "## [Unreleased]\n", f"## [Unreleased]\n\n### {kind}\n\n" + "".join(f"- {p}\n" for p in points)
    )


@pytest.mark.parametrize(
    ("released", "level", "version"),
    [
        ((0, 1, 0), "breaking", (0, 2, 0)),
        ((0, 1, 3), "additive", (0, 1, 4)),
        ((0, 1, 3), "invisible", (0, 1, 3)),
        ((1, 4, 2), "breaking", (2, 0, 0)),
        ((1, 4, 2), "additive", (1, 5, 0)),
        ((1, 4, 2), "invisible", (1, 4, 2)),
    ],
)
def test_the_version_that_a_change_needs(
    released: tuple[int, int, int], level: Level, version: tuple[int, int, int]
) -> None:
    assert needed(released, level) == version


def test_a_breaking_change_without_version_and_entry_fails_for_both() -> None:
    verdict = judge([BREAK], RELEASED, RELEASED, "0.1.0")
    assert verdict.level == "breaking"
    assert len(verdict.problems) == 2
    assert "0.2.0" in verdict.problems[0]
    assert BREAK.message in verdict.problems[1]


@pytest.mark.parametrize(
    "name", ["session_recordings_list", "session_recordings.list", "`session_recordings.list`"]
)
def test_a_breaking_change_with_version_and_entry_passes(name: str) -> None:
    assert judge([BREAK], RELEASED, changelog(f"{name} takes no q."), "0.2.0").problems == ()


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (FIELD, "`Person.name` is gone."),
        (FIELD, "persons.retrieve gives no name."),
        (NAME, "`persons.list`: no q."),
    ],
)
def test_schemas_and_python_names_are_named_as_people_write_them(change: Change, text: str) -> None:
    assert judge([change], RELEASED, changelog(text), "0.2.0").problems == ()


def test_an_entry_that_names_something_else_does_not_do() -> None:
    (problem,) = judge([BREAK], RELEASED, changelog("persons.list takes no q."), "0.2.0").problems
    assert BREAK.message in problem


def test_an_entry_under_added_does_not_announce_a_break_unless_it_says_so() -> None:
    silent = changelog("session_recordings.list is better.", kind="Added")
    spoken = changelog("Breaking: session_recordings.list takes no q.", kind="Added")
    assert len(judge([BREAK], RELEASED, silent, "0.2.0").problems) == 1
    assert judge([BREAK], RELEASED, spoken, "0.2.0").problems == ()


def test_an_entry_of_the_last_release_does_not_do() -> None:
    old = RELEASED.replace("### Added", "### Changed")
    changed = NAME
    assert len(judge([changed], old, old, "0.2.0").problems) == 1


def test_several_breaking_changes_before_a_release_need_one_step() -> None:
    """The second one finds the version already raised."""
    before = changelog("session_recordings.list takes no q.")
    after = changelog("session_recordings.list takes no q.", "`Person.name` is gone.")
    assert judge([FIELD], before, after, "0.2.0").problems == ()


def test_an_additive_change_needs_an_entry_and_no_version() -> None:
    (problem,) = judge([ADD], RELEASED, RELEASED, "0.1.0").problems
    assert ADD.message in problem
    assert judge([ADD], RELEASED, changelog("Something is new.", kind="Added"), "0.1.0").problems == ()


def test_an_entry_written_before_does_for_the_additive_change_that_it_names() -> None:
    before = changelog("persons.list sorts.", kind="Added")
    assert judge([ADD], before, before, "0.1.0").problems == ()
    other = changelog("events.list sorts.", kind="Added")
    assert len(judge([ADD], other, other, "0.1.0").problems) == 1


def test_a_correction_of_the_contract_needs_an_entry_and_no_version() -> None:
    text = changelog("`Person` has no name, and never had.", kind="Contract corrections")
    verdict = judge([FIELD], RELEASED, text, "0.1.0")
    assert (verdict.level, verdict.problems, verdict.corrected) == ("additive", (), (FIELD,))


def test_a_correction_excuses_neither_other_changes_nor_python_names() -> None:
    text = changelog("`Person` and persons.list.", kind="Contract corrections")
    verdict = judge([FIELD, BREAK, NAME], RELEASED, text, "0.1.0")
    assert (verdict.level, verdict.corrected) == ("breaking", (FIELD,))
    assert len(verdict.problems) == 2


def test_what_nobody_sees_needs_nothing() -> None:
    verdict = judge([HIDDEN], RELEASED, RELEASED, "0.1.0")
    assert (verdict.level, verdict.problems) == ("invisible", ())


def test_before_the_first_release_no_version_is_asked_for() -> None:
    text = "# Changelog\n\n## [Unreleased]\n\n### Changed\n\n- `session_recordings_list` takes no q.\n"
    verdict = judge([BREAK], "# Changelog\n", text, "0.1.0")
    assert (verdict.needs, verdict.problems) == (None, ())


def test_a_version_that_is_none_is_said() -> None:
    assert "of the form 1.2.3" in judge([], RELEASED, RELEASED, "next").problems[0]
    assert parse_version("v1.2.3rc1") == (1, 2, 3)


def test_the_last_release_is_the_newest_with_a_date() -> None:
    text = "## [Unreleased]\n## [0.3.0]\n## [0.2.0] - 2026-01-01\n## [0.10.0] - 2026-02-01\n"
    assert last_release(text) == (0, 10, 0)
    assert last_release("") is None


def test_points_over_several_lines_are_one_entry() -> None:
    (entry,) = entries("## [Unreleased]\n### Removed\n- one\n  two\n\n## [0.1.0] - 2026-01-01\n")
    assert (entry.section, entry.kind, entry.text) == ("Unreleased", "Removed", "one two")
