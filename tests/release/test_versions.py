"""The package, the changelog and the tag say the same version."""

from __future__ import annotations

import datetime
from pathlib import Path

import pytest

from releasing.versions import newest_release, package_version, problems

TODAY = datetime.date(2026, 12, 24)
GOOD = "## [Unreleased]\n\n## [0.2.0] - 2026-12-24\n\n- x\n\n## [0.1.0] - 2026-11-21\n\n- y\n"


def found(
    version: str = "0.2.0", changelog: str = GOOD, tags: tuple[str, ...] = (), waiting: tuple[str, ...] = (), *,
    releasing: bool = False,
) -> list[str]:  # fmt: skip
    return list(problems(version, changelog, list(tags), list(waiting), TODAY, releasing=releasing))


def test_a_release_in_order_passes() -> None:
    assert found(tags=("v0.2.0",), releasing=True) == []


def test_between_releases_the_version_may_be_ahead_and_entries_may_wait() -> None:
    text = GOOD.replace("## [Unreleased]\n", "## [Unreleased]\n\n- z\n")
    assert found("0.3.0", text, waiting=("changelog.d/a.added.md",)) == []


@pytest.mark.parametrize("releasing", [False, True])
def test_a_tag_of_another_version_is_seen(releasing: bool) -> None:
    assert "the tag v0.3.0 is on this commit" in found(tags=("v0.3.0",), releasing=releasing)[0]


def test_a_version_behind_the_changelog_is_seen() -> None:
    assert "has already released 0.2.0" in found("0.1.0")[0]


def test_a_release_needs_its_section() -> None:
    assert "the newest release in CHANGELOG.md is 0.2.0" in found("0.3.0", releasing=True)[0]
    assert "the newest release in CHANGELOG.md is 0.2.0" in found("0.3.0", tags=("v0.3.0",))[0]


def test_a_release_leaves_nothing_unreleased() -> None:
    text = GOOD.replace("## [Unreleased]\n", "## [Unreleased]\n\n- z\n")
    (problem,) = found(changelog=text, tags=("v0.2.0",))
    assert "still has entries" in problem
    (problem,) = found(waiting=("changelog.d/a.added.md",), releasing=True)
    assert problem.startswith("changelog.d/a.added.md is not in CHANGELOG.md yet")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (GOOD.replace("2026-12-24", "2026-12-25"), "in the future"),
        (GOOD.replace("2026-12-24", "24.12.2026"), "not of the form"),
        (GOOD.replace("0.1.0", "0.3.0"), "do not go down"),
        (GOOD.replace("0.1.0", "0.2.0"), "do not go down"),
        (GOOD.replace("## [Unreleased]", ""), "no heading"),
        ("## [Unreleased]\n", "no released version"),
    ],
)
def test_a_changelog_in_disorder_is_seen(text: str, said: str) -> None:
    assert any(said in problem for problem in found(changelog=text))


def test_the_version_is_read_from_its_one_line(tmp_path: Path) -> None:
    place = tmp_path / "src" / "posthog_environments" / "_version.py"
    place.parent.mkdir(parents=True)
    place.write_text('__version__ = "1.2.3"\n')
    assert package_version(tmp_path) == "1.2.3"
    place.write_text("__version__ = compute()\n")
    with pytest.raises(SystemExit, match="must be the one line"):
        package_version(tmp_path)


def test_the_newest_release_is_the_first_with_a_date() -> None:
    assert newest_release(GOOD) == "0.2.0"
    assert newest_release("## [Unreleased]\n") is None
