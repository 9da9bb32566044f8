"""An insight as a picture on disk: `python examples/export_insight.py`.

Runs against the emulator; with `Client()` instead it runs against your project.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from posthog_environments import Client, ExportError, ExportProgress
from posthog_environments.emulator import Emulator


def main(client: Client, insight: int, folder: Path) -> None:
    def shown(progress: ExportProgress) -> None:
        print(f"   {progress.elapsed:3.0f} s: {'ready' if progress.done else 'not yet'}")

    try:
        export = client.exports.create_and_wait(insight=insight, export_format="image/png", on_progress=shown)
    except ExportError as error:
        print(f"the server could not make it: {error}")
        return
    path = export.download(folder / "insight.png")
    print(f"{path.name}: {path.stat().st_size:,} bytes; the server calls it {export.filename}")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name, Emulator().client() as client:
        main(client, 1, Path(name))
