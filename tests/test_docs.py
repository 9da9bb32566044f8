"""Examples of the documentation are programs, and they run.

The info string of a fenced block says how, after the language:

    ```python runnable          a program of its own
    ```python pytest            a test module; all those of a page are run together
    ```python file=conftest.py  a file that lies next to the page's programs and test modules
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from attrs import define

DOCS = Path(__file__).resolve().parent.parent / "docs"
_BLOCK = re.compile(r"^```python[ \t]+(\S+)[ \t]*\n(.*?)^```[ \t]*$", re.MULTILINE | re.DOTALL)


@define(frozen=True)
class Block:
    """One fenced block.

    Attributes:
        page: Name of the file.
        line: Line of its first line of code.
        kind: `runnable`, `pytest` or `file=…`.
        code: What it says.
    """

    page: str
    line: int
    kind: str
    code: str

    @property
    def padded(self) -> str:
        """The code on the lines where the page has it, so that tracebacks point there."""
        return "\n" * (self.line - 1) + self.code


def blocks_of(page: Path) -> list[Block]:
    text = page.read_text(encoding="utf-8")
    return [
        Block(page.name, text.count("\n", 0, match.start(2)) + 1, match[1], match[2])
        for match in _BLOCK.finditer(text)
    ]


BLOCKS = [block for page in sorted(DOCS.glob("*.md")) for block in blocks_of(page)]
PROGRAMS = [block for block in BLOCKS if block.kind == "runnable"]
PAGES_WITH_TESTS = sorted({block.page for block in BLOCKS if block.kind == "pytest"})


def put_files(page: str, pytester: pytest.Pytester) -> None:
    for block in BLOCKS:
        if block.page == page and block.kind.startswith("file="):
            (pytester.path / block.kind.removeprefix("file=")).write_text(block.padded, encoding="utf-8")


def test_every_block_says_how_it_runs() -> None:
    for block in BLOCKS:
        known = block.kind in ("runnable", "pytest") or re.fullmatch(r"file=[a-z_]+\.py", block.kind)
        assert known, f"docs/{block.page}:{block.line} says {block.kind!r}"
    assert PAGES_WITH_TESTS, "the pages were found"


@pytest.mark.parametrize("block", PROGRAMS, ids=lambda block: f"{block.page}:{block.line}")
def test_a_program_of_the_documentation_runs(block: Block, pytester: pytest.Pytester) -> None:
    put_files(block.page, pytester)
    pytester.syspathinsert()
    code = compile(block.padded, str(DOCS / block.page), "exec")
    exec(code, {"__name__": "__main__"})


@pytest.mark.parametrize("page", PAGES_WITH_TESTS)
def test_the_tests_of_a_page_pass(
    page: str, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")  # other plugins are not what the page is about
    put_files(page, pytester)
    names: list[str] = []
    for block in BLOCKS:
        if block.page == page and block.kind == "pytest":
            names.append(f"test_line_{block.line}.py")
            (pytester.path / names[-1]).write_text(block.padded, encoding="utf-8")
    done = pytester.runpytest_subprocess(
        "-q", "-rA", "-W", "error", "--strict-markers", "-p", "posthog_environments.pytest_plugin", *names
    )
    outcomes = done.parseoutcomes()
    assert done.ret == 0, "\n".join(done.outlines + done.errlines)
    assert set(outcomes) <= {"passed"}, outcomes
    for name in names:
        assert f"PASSED {name}::" in done.stdout.str(), f"docs/{page} has no test in {name}"
