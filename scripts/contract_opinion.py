"""Redocly's verdict beside ours on every seeded change: `python scripts/contract_opinion.py` (needs Node).

The cases of `tests/contract/diffs` hold the verdicts that ours must give. This shows what an established tool says of
the same pairs of documents, so that a disagreement is a decision and not an oversight.
"""

from __future__ import annotations

import importlib
import json
import sys
import tempfile
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from contract_document import ROOT
from contract_review.second_opinion import ask
from node_tools import NodeMissing, find_node, install


def main() -> int:
    sys.path.insert(0, str(ROOT))
    editing = importlib.import_module("tests.contract.diffs.editing")
    try:
        install(find_node())
    except NodeMissing as error:
        print(error, file=sys.stderr)
        return 2

    def judged(case: dict[str, Any]) -> tuple[str, bool, bool]:
        version = case.get("only", "3.1")
        with tempfile.TemporaryDirectory(prefix="contract-opinion-") as scratch:
            files = [Path(scratch) / name for name in ("old.json", "new.json")]
            for file, document in zip(
                files, (editing.base(version), editing.edited(version, case["edit"])), strict=True
            ):
                file.write_text(json.dumps(document), encoding="utf-8")
            theirs = any(opinion.impact == "major" for opinion in ask(*files))
        ours = any(text.startswith("breaking") for text in case.get("gives", []))
        return case["name"], ours, theirs

    with ThreadPoolExecutor(2) as workers:
        results = list(workers.map(judged, editing.cases()))
    counts = Counter((ours, theirs) for _, ours, theirs in results)
    print(f"{len(results)} changes: both breaking {counts[True, True]}, neither {counts[False, False]}")
    for title, wanted in (
        ("Breaking for us only", (True, False)),
        ("Breaking for Redocly only", (False, True)),
    ):
        print(f"\n{title} ({counts[wanted]}):")
        print("\n".join(f"  {name}" for name, *verdict in results if tuple(verdict) == wanted) or "  none")
    return 0


if __name__ == "__main__":
    sys.exit(main())
