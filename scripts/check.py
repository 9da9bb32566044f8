"""Is every generated file exactly what the contract gives? `python scripts/check.py`

Regenerates into a temporary folder, prints a unified diff of whatever differs, and exits with status 1 then.
"""

from __future__ import annotations

import difflib
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from contract_document import ROOT, ContractError
from generate import OUTPUTS, generate

_MAX_DIFF_LINES = 200


def files(base: Path) -> dict[Path, bytes]:
    """Every generated file under `base`, by its path from there."""
    found: dict[Path, bytes] = {}
    for output in OUTPUTS:
        path = base / output
        members = sorted(path.rglob("*")) if path.is_dir() else [path]
        for member in members:
            if member.is_file() and "__pycache__" not in member.parts:
                found[member.relative_to(base)] = member.read_bytes()
    return found


def differences(committed: Path, fresh: Path) -> Iterator[str]:
    """Lines of a unified diff from what is committed to what the contract gives."""
    ours, theirs = files(committed), files(fresh)
    for path in sorted({*ours, *theirs}):
        if ours.get(path) == theirs.get(path):
            continue
        if path not in theirs:
            yield f"{path}: is committed, but the contract does not give it"
            continue
        if path not in ours:
            yield f"{path}: is missing"
            continue
        before = ours[path].decode(errors="replace").splitlines()
        after = theirs[path].decode(errors="replace").splitlines()
        lines = list(
            difflib.unified_diff(before, after, f"{path} (committed)", f"{path} (generated)", lineterm="")
        )
        yield from lines or [f"{path}: differs only in line ends or at its end"]


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="posthog-environments-") as scratch:
        try:
            generate(Path(scratch))
        except ContractError as error:
            print(f"The contract cannot be generated:\n{error}", file=sys.stderr)
            return 1
        lines = list(differences(ROOT, Path(scratch)))
    if not lines:
        print("No drift: every generated file is exactly what the contract gives.")
        return 0
    print("\n".join(lines[:_MAX_DIFF_LINES]))
    if len(lines) > _MAX_DIFF_LINES:
        print(f"... and {len(lines) - _MAX_DIFF_LINES} more lines")
    print(
        "\nDrift: the files above are not what the contract gives. Edit openapi/ (not generated files) and run"
        " `make generate`.",
        file=sys.stderr,
    )
    return 1


if __name__ == "__main__":
    sys.exit(main())
