"""Accept what the public API and the distributions are now: `python scripts/accept.py`, or `make accept`.

Writes `release/public-api.txt` and `release/contents.txt`; with --check it compares instead, and fails on a
difference. Read the diff before committing: it is what a user of the next release will see.
"""

from __future__ import annotations

import argparse
import difflib
import sys
import tempfile
from pathlib import Path

from contract_document import ROOT
from releasing import contents, public_api
from releasing.distributions import build
from releasing.versions import package_version


def fresh() -> dict[Path, str]:
    """The texts as they should be, by the file that holds them."""
    version = package_version()
    with tempfile.TemporaryDirectory(prefix="posthog-environments-") as folder:
        made = build(Path(folder))
        listing = contents.listing(
            contents.wheel_names(made.wheel), contents.sdist_names(made.sdist), version
        )
    return {contents.PINNED: listing, public_api.PINNED: public_api.snapshot()}


def difference(path: Path, text: str) -> str:
    """A unified diff from the committed text to the fresh one; empty where they are the same."""
    old = path.read_text(encoding="utf-8") if path.exists() else ""
    name = path.relative_to(ROOT).as_posix()
    lines = difflib.unified_diff(
        old.splitlines(keepends=True), text.splitlines(keepends=True), f"{name} (committed)", f"{name} (now)"
    )
    return "".join(lines)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--check", action="store_true", help="compare, and write nothing")
    check = parser.parse_args(arguments).check
    changed = {path: text for path, text in fresh().items() if difference(path, text)}
    for path, text in changed.items():
        if check:
            print(difference(path, text))
        else:
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="\n")
            print(f"{path.relative_to(ROOT)} is written; read its diff.")
    if not changed:
        print("The public API and what is shipped are as they were accepted.")
    elif check:
        print("If this is meant, run `make accept` and commit what it writes.", file=sys.stderr)
    return 1 if check and changed else 0


if __name__ == "__main__":
    sys.exit(main())
