"""Entries wait as files, come into the changelog at a release, and none is forgotten."""

from __future__ import annotations

import datetime
import subprocess
from pathlib import Path

import pytest

import changelog
from contract_document import ROOT
from releasing.fragments import (
    HEADINGS,
    BadFragment,
    changelog_of,
    read_fragments,
    released,
    with_fragments,
)

EMPTY = "# Changelog\n\n## [Unreleased]\n\n## [0.1.0] - 2026-11-21\n\n### Added\n\n- All.\n"
DAY = datetime.date(2026, 12, 24)


def tree(folder: Path, text: str = EMPTY, **fragments: str) -> Path:
    (folder / "changelog.d").mkdir()
    (folder / "changelog.d" / "README.md").write_text("how")
    (folder / "CHANGELOG.md").write_text(text)
    (folder / "src" / "posthog_environments").mkdir(parents=True)
    (folder / "src" / "posthog_environments" / "_version.py").write_text('__version__ = "0.2.0"\n')
    for name, entry in fragments.items():
        (folder / "changelog.d" / f"{name.replace('_', '.')}.md").write_text(entry)
    return folder


def test_entries_come_under_the_heading_of_their_kind(tmp_path: Path) -> None:
    root = tree(
        tmp_path, b_added="New one.\n", a_fixed="Repaired\nover two lines.\n", c_internal="Nobody sees it."
    )
    assert changelog_of(root) == EMPTY.replace(
        "## [Unreleased]\n",
        "## [Unreleased]\n\n### Added\n\n- New one.\n\n### Fixed\n\n- Repaired over two lines.\n",
    )


def test_what_stands_under_unreleased_already_stays(tmp_path: Path) -> None:
    text = EMPTY.replace(
        "## [Unreleased]\n", "## [Unreleased]\n\n### Fixed\n\n- Old\n  one.\n\n### Known\n\n- Odd.\n"
    )
    found = changelog_of(tree(tmp_path, text, a_fixed="New one.", b_breaking="Gone."))
    section = found.partition("## [Unreleased]\n")[2].partition("## [0.1.0]")[0]
    assert section == (
        "\n### Breaking\n\n- Gone.\n\n### Fixed\n\n- Old\n  one.\n- New one.\n\n### Known\n\n- Odd.\n\n"
    )


def test_without_entries_the_changelog_is_untouched(tmp_path: Path) -> None:
    assert changelog_of(tree(tmp_path)) == EMPTY
    assert changelog_of(tmp_path / "changelog.d") == ""


def test_every_kind_has_a_line_in_the_readme() -> None:
    text = (ROOT / "changelog.d" / "README.md").read_text(encoding="utf-8")
    assert [kind for kind in (*HEADINGS, "internal") if f"| `{kind}` |" not in text] == []


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("x.news", "Text.", "kind is one of breaking, added"),
        ("X.added", "Text.", "the name must be"),
        ("x", "Text.", "the name must be"),
        ("x.added", " \n", "is empty"),
        ("x.added", "- Text.", "without a leading dash"),
    ],
)
def test_a_file_that_can_be_no_entry_is_refused(tmp_path: Path, name: str, text: str, said: str) -> None:
    root = tree(tmp_path)
    (root / "changelog.d" / f"{name}.md").write_text(text)
    with pytest.raises(BadFragment, match=said):
        read_fragments(root)


def test_a_release_dates_the_section_and_leaves_an_empty_one(tmp_path: Path) -> None:
    text = changelog_of(tree(tmp_path, a_added="New one."))
    assert released(text, "0.2.0", DAY).startswith(
        "# Changelog\n\n## [Unreleased]\n\n## [0.2.0] - 2026-12-24\n\n### Added\n\n- New one.\n\n## [0.1.0]"
    )


@pytest.mark.parametrize(
    ("text", "said"), [(EMPTY, "nothing to release"), (EMPTY.replace("]\n", "]\n\n- x\n", 1), "raise")]
)
def test_a_release_of_nothing_or_of_an_old_version_is_refused(text: str, said: str) -> None:
    with pytest.raises(BadFragment, match=said):
        released(text, "0.1.0", DAY)


def test_entries_without_a_place_for_them_are_refused(tmp_path: Path) -> None:
    fragments = read_fragments(tree(tmp_path, a_added="New one."))
    with pytest.raises(BadFragment, match="no heading"):
        with_fragments("# Changelog\n", fragments)


def test_the_command_releases_and_removes_the_files(tmp_path: Path) -> None:
    root = tree(tmp_path, a_added="New one.", b_internal="Nothing.")
    assert changelog.main(["release"], root) == 0
    assert "## [0.2.0] - " in (root / "CHANGELOG.md").read_text()
    assert [path.name for path in (root / "changelog.d").iterdir()] == ["README.md"]


@pytest.mark.parametrize("place", ["src/x.py", "generated/x.py", "openapi/resources/persons.yaml"])
def test_a_change_of_what_is_shipped_needs_an_entry(place: str) -> None:
    told = changelog.missing_entry({place, "tests/x.py"}, EMPTY, EMPTY)
    assert told is not None
    assert place in told
    assert changelog.missing_entry({place, "changelog.d/x.added.md"}, EMPTY, EMPTY) is None


def test_the_readme_of_the_entries_is_none() -> None:
    assert changelog.missing_entry({"src/x.py", "changelog.d/README.md"}, EMPTY, EMPTY) is not None


def test_other_changes_and_releases_need_none() -> None:
    assert changelog.missing_entry({"tests/x.py", "docs/x.md"}, EMPTY, EMPTY) is None
    now = EMPTY.replace("## [0.1.0]", "## [0.2.0] - 2026-12-24\n\n- x\n\n## [0.1.0]")
    assert changelog.missing_entry({"src/x.py", "CHANGELOG.md"}, EMPTY, now) is None


def git(root: Path, *arguments: str) -> None:
    identity = ("-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false")
    subprocess.run(["git", *identity, *arguments], cwd=root, check=True, capture_output=True)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A branch `work` that changed the packages, uncommitted, since it left main."""
    root = tree(tmp_path)
    git(root, "init", "--initial-branch=main")
    git(root, "add", ".")
    git(root, "commit", "-m", "one")
    git(root, "checkout", "-b", "work")
    git(root, "commit", "--allow-empty", "-m", "two")
    (root / "src" / "new.py").write_text("")
    return root


def test_the_check_compares_with_where_the_branch_left_main(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert changelog.main(["check"], repository) == 1
    assert "src/new.py changed" in capsys.readouterr().err
    (repository / "changelog.d" / "new.added.md").write_text("New one.")
    assert changelog.main(["check"], repository) == 0


def test_a_base_that_git_does_not_know_is_said(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert changelog.main(["check", "--base", "nowhere"], repository) == 1
    assert "no revision 'nowhere'" in capsys.readouterr().err


def test_without_an_earlier_revision_nothing_is_asked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert changelog.main(["check"], tree(tmp_path)) == 0
    assert "no earlier revision" in capsys.readouterr().out
