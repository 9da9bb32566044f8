"""Build wheel and source distribution into a folder, with their hashes: `python scripts/build.py dist`."""

from __future__ import annotations

import hashlib
import shutil
import sys
from pathlib import Path

from releasing.distributions import build


def main(arguments: list[str]) -> int:
    folder = Path(arguments[0] if arguments else "dist")
    shutil.rmtree(folder, ignore_errors=True)
    made = build(folder)
    for path in (made.wheel, made.sdist):
        print(f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
