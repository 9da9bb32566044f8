"""What changed between two OpenAPI documents, and whom it hits: `python scripts/contract_diff.py OLD NEW`.

Any two documents of OpenAPI 3.0 or 3.1, YAML or JSON. Exit status 1 when a change is breaking, 0 when none is, 2 when
a document cannot be read. `docs/contract-diff.md` says how changes are classed.
"""

from __future__ import annotations

import argparse
import gc
import sys
from pathlib import Path

from contract_diffing.compare import compare
from contract_diffing.reading import Unreadable, read
from contract_diffing.report import FORMATS, render


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("old", type=Path, help="the document that callers know")
    parser.add_argument("new", type=Path, help="the document that is to replace it")
    parser.add_argument("--format", choices=FORMATS, default="markdown")
    parser.add_argument("--output", type=Path, help="write there, not to standard output")
    given = parser.parse_args(arguments)
    gc.disable()  # a short life full of small objects that live to the end
    try:
        changes = compare(read(given.old), read(given.new))
    except Unreadable as error:
        print(f"cannot compare: {error}", file=sys.stderr)
        return 2
    text = render(changes, given.format)
    if given.output:
        given.output.write_text(text + "\n", encoding="utf-8")
    elif text:
        print(text)
    return 1 if any(change.level == "breaking" for change in changes) else 0


if __name__ == "__main__":
    sys.exit(main())
