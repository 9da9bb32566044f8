"""The changelog and the entries that wait for it in `changelog.d/`.

python scripts/changelog.py show        the next release as it would read today
python scripts/changelog.py check       did the change since BASE bring an entry?
python scripts/changelog.py release     put the entries into CHANGELOG.md under the version of the package
"""

from __future__ import annotations

import argparse
import datetime
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from contract_document import ROOT
from releasing.fragments import FOLDER, BadFragment, changelog_of, read_fragments, released
from releasing.versions import newest_release, package_version

# Users meet what lies here; everything else is the repository's own business.
SHIPPED = ("src/", "generated/", "openapi/")


def git(root: Path, *arguments: str) -> str:
    """What git says; nothing where it fails."""
    done = subprocess.run(["git", *arguments], cwd=root, capture_output=True, text=True, check=False)
    return done.stdout.strip() if done.returncode == 0 else ""


def find_base(root: Path, wanted: str) -> str | None:
    """The wanted revision, else where the branch left main, else the last tag; None where there is none of them."""
    if wanted:
        if not git(root, "rev-parse", "--verify", "--quiet", f"{wanted}^{{commit}}"):
            raise BadFragment(f"git knows no revision {wanted!r} (in a shallow clone: git fetch --unshallow)")
        return git(root, "merge-base", "HEAD", wanted) or wanted
    head = git(root, "rev-parse", "--verify", "--quiet", "HEAD")
    for main in ("origin/main", "main"):
        fork = git(root, "merge-base", "HEAD", main)
        if fork and fork != head:
            return fork
    return git(root, "describe", "--tags", "--abbrev=0", "--match", "v*", "HEAD^") or None


def changed_since(root: Path, base: str) -> set[str]:
    """Files that differ from the base, in commits and in the working tree."""
    listed = git(root, "diff", "--name-only", base), git(root, "ls-files", "--others", "--exclude-standard")
    return {name for text in listed for name in text.splitlines()}


def missing_entry(changed: Iterable[str], before: str, after: str) -> str | None:
    """What to say where a change brings no entry. `before` and `after` are CHANGELOG.md at the base and now."""
    changed = sorted(changed)
    shipped = [name for name in changed if name.startswith(SHIPPED)]
    entries = [name for name in changed if name.startswith(f"{FOLDER}/") and not name.endswith("README.md")]
    if not shipped or entries or newest_release(before) != newest_release(after):
        return None
    more = f" and {len(shipped) - 3} more" if len(shipped) > 3 else ""
    return (
        f"{', '.join(shipped[:3])}{more} changed, and no file in {FOLDER}/ says what users see of it.\n"
        f"Add {FOLDER}/<what>.<kind>.md with one sentence ({FOLDER}/README.md has the kinds; `internal` if nothing)."
    )


def check(root: Path, wanted: str) -> int:
    fragments = read_fragments(root)
    base = find_base(root, wanted)
    if base is None:
        print(f"{len(fragments)} entries wait; there is no earlier revision to compare with.")
        return 0
    after = (root / "CHANGELOG.md").read_text(encoding="utf-8")
    problem = missing_entry(changed_since(root, base), git(root, "show", f"{base}:CHANGELOG.md"), after)
    if problem:
        print(problem, file=sys.stderr)
        return 1
    print(f"{len(fragments)} entries wait; the change since {base[:12]} needs no other.")
    return 0


def main(given: list[str] | None = None, root: Path = ROOT) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("what", choices=("show", "check", "release"))
    parser.add_argument(
        "--base", default="", help="compare with this revision; found by itself where left out"
    )
    arguments = parser.parse_args(given)
    try:
        if arguments.what == "check":
            return check(root, arguments.base)
        text = changelog_of(root)
        if arguments.what == "show":
            print(text.partition("## [Unreleased]\n")[2].partition("\n## ")[0].strip() or "Nothing waits.")
            return 0
        today = datetime.datetime.now(datetime.UTC).date()
        text = released(text, package_version(root), today)
        fragments = read_fragments(root)
    except BadFragment as error:
        print(error, file=sys.stderr)
        return 1
    (root / "CHANGELOG.md").write_text(text, encoding="utf-8", newline="\n")
    for fragment in fragments:
        fragment.path.unlink()
    print(
        f"CHANGELOG.md has {package_version(root)}; {len(fragments)} files of {FOLDER}/ are gone. Read the diff."
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
