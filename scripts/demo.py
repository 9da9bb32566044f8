"""`make demo`: regenerate the client, show that nothing drifted, run the quickstart, sum up."""

from __future__ import annotations

import subprocess
import sys

from contract_document import ROOT

STEPS = (
    ("Regenerating the client from the contract", "scripts/check.py"),
    ("Running examples/quickstart.py", "examples/quickstart.py"),
)


def main() -> int:
    failed: list[str] = []
    for title, script in STEPS:
        print(f"\n>>> {title}", flush=True)
        try:
            done = subprocess.run([sys.executable, str(ROOT / script)], cwd=ROOT, check=False)
        except KeyboardInterrupt:
            print("\nStopped.")
            return 130
        if done.returncode != 0:
            failed.append(title)
    print("\nDemo finished: everything worked." if not failed else f"\nDemo failed: {', '.join(failed)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
