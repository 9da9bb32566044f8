"""The base is the named revision, the fork from main, the last tag or the commit before; else it is said why not."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from contract_review.base import Base, NoBase, find_base, unpack

Git = Callable[..., str]
SETTINGS = ("-c", "user.name=x", "-c", "user.email=x@example.com", "-c", "commit.gpgsign=false")


@pytest.fixture
def git(tmp_path: Path) -> Git:
    """Runs git in a new repository."""

    def run(*arguments: str) -> str:
        done = subprocess.run(
            ["git", *SETTINGS, *arguments], cwd=tmp_path, check=True, capture_output=True, text=True
        )
        return done.stdout.strip()

    run("init", "--quiet", "--initial-branch=main")
    return run


@pytest.fixture
def commit(git: Git, tmp_path: Path) -> Git:
    def make(text: str) -> str:
        for name in ("openapi/openapi.yaml", "generated/a.py", "README.md"):
            (tmp_path / name).parent.mkdir(exist_ok=True)
            (tmp_path / name).write_text(text, encoding="utf-8")
        git("add", ".")
        git("commit", "--quiet", "-m", text)
        return git("rev-parse", "HEAD")

    return make


def refusal(folder: Path, wanted: str = "") -> str:
    with pytest.raises(NoBase) as caught:
        find_base(folder, wanted)
    return str(caught.value)


def test_the_commit_before_where_there_is_nothing_better(tmp_path: Path, commit: Git) -> None:
    first, _ = commit("1"), commit("2")
    assert find_base(tmp_path) == Base(first, "the commit before")


def test_the_last_tag_before_the_commit_before(tmp_path: Path, commit: Git, git: Git) -> None:
    first = commit("1")
    git("tag", "v0.1.0")
    commit("2")
    commit("3")
    assert find_base(tmp_path) == Base(first, "the last tag, v0.1.0")


def test_a_tag_on_the_commit_itself_is_not_its_base(tmp_path: Path, commit: Git, git: Git) -> None:
    first, _ = commit("1"), commit("2")
    git("tag", "v0.2.0")
    assert find_base(tmp_path) == Base(first, "the commit before")


def test_a_branch_is_compared_with_where_it_left_main(tmp_path: Path, commit: Git, git: Git) -> None:
    fork = commit("1")
    git("update-ref", "refs/remotes/origin/main", fork)
    commit("2")
    commit("3")
    assert find_base(tmp_path) == Base(fork, "where this branch left origin/main")


def test_a_named_revision_is_taken(tmp_path: Path, commit: Git) -> None:
    first = commit("1")
    commit("2")
    commit("3")
    assert find_base(tmp_path, "HEAD~2") == Base(first, "HEAD~2")


def test_an_unknown_revision_is_refused_by_name(tmp_path: Path, commit: Git) -> None:
    commit("1")
    assert "'v9'" in refusal(tmp_path, "v9")


def test_a_first_commit_has_no_base(tmp_path: Path, commit: Git) -> None:
    commit("1")
    assert "first commit" in refusal(tmp_path)


def test_a_folder_without_git_has_no_base(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert "not a git repository" in refusal(tmp_path)


def test_a_shallow_clone_says_how_to_get_the_history(tmp_path: Path, commit: Git, git: Git) -> None:
    commit("1")
    commit("2")
    git("clone", "--quiet", "--depth=1", f"file://{tmp_path}", str(tmp_path / "shallow"))
    assert "fetch-depth: 0" in refusal(tmp_path / "shallow")


def test_the_files_of_the_base_are_unpacked(tmp_path: Path, commit: Git) -> None:
    commit("old")
    commit("new")
    unpack(tmp_path, find_base(tmp_path), tmp_path / "base")
    assert (tmp_path / "base" / "openapi" / "openapi.yaml").read_text(encoding="utf-8") == "old"
    assert not (tmp_path / "base" / "README.md").exists()


def test_a_base_without_a_contract_is_said(tmp_path: Path, commit: Git, git: Git) -> None:
    (tmp_path / "README.md").write_text("x", encoding="utf-8")
    git("add", ".")
    git("commit", "--quiet", "-m", "before")
    commit("1")
    with pytest.raises(NoBase, match="no contract yet"):
        unpack(tmp_path, find_base(tmp_path), tmp_path / "base")
