"""Is every generated file exactly what the contract gives? `python scripts/check.py`

Regenerates into a temporary folder, says what changed in the sources and the tools since the committed files were
made (`generated/manifest.json`), prints a unified diff of whatever differs, and exits with status 1 then. Anything else
under `generated/` differs too: nothing is written there by hand.
"""

from __future__ import annotations

import difflib
import json
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from contract_document import ROOT, ContractError
from generate import OUTPUTS, generate
from manifest import MANIFEST, explained

_MAX_DIFF_LINES = 200
# The whole folder, so that a file that nobody generates is seen wherever it lies.
PLACES = tuple(dict.fromkeys(Path("generated") if out.parts[0] == "generated" else out for out in OUTPUTS))


def files(base: Path) -> dict[Path, bytes]:
    """Every generated file under `base`, by its path from there."""
    found: dict[Path, bytes] = {}
    for place in PLACES:
        path = base / place
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


def reasons(committed: Path, fresh: Path) -> list[str]:
    """What changed in the sources and the tools since the committed files were made."""
    try:
        before = json.loads((committed / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return [f"{MANIFEST}: is missing or no JSON"]
    if not isinstance(before, dict):
        return [f"{MANIFEST}: is no manifest"]
    return list(explained(before, json.loads((fresh / MANIFEST).read_text(encoding="utf-8"))))


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="posthog-environments-") as scratch:
        try:
            generate(Path(scratch))
        except ContractError as error:
            print(f"The contract cannot be generated:\n{error}", file=sys.stderr)
            return 1
        lines = list(differences(ROOT, Path(scratch)))
        why = reasons(ROOT, Path(scratch)) if lines else []
    if not lines:
        print("No drift: every generated file is exactly what the contract gives.")
        return 0
    print("\n".join([*why, *lines[:_MAX_DIFF_LINES]]))
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
