"""Do version, changelog, tag and what would be published fit together? `python scripts/release_check.py`

Always: the version of the package is not behind the changelog, releases are in order and dated, a version tag on this
commit is the version's. On a tag, or with --releasing, also: the newest release of the changelog is this version, and
nothing waits under "Unreleased" or in `changelog.d/`.
"""

from __future__ import annotations

import argparse
import datetime
import os
import sys

from contract_document import ROOT
from releasing.fragments import FOLDER, BadFragment, read_fragments
from releasing.versions import CHANGELOG, package_version, problems, tags_here


def main(given: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--releasing", action="store_true", help="ask for everything that a release needs")
    releasing = parser.parse_args(given).releasing
    version, tags = package_version(), tags_here()
    if os.environ.get("GITHUB_REF_TYPE") == "tag":
        tags = sorted({*tags, os.environ.get("GITHUB_REF_NAME", "")})
    try:
        fragments = [f"{FOLDER}/{fragment.path.name}" for fragment in read_fragments(ROOT)]
    except BadFragment as error:
        print(error, file=sys.stderr)
        return 1
    found = list(
        problems(
            version,
            (ROOT / CHANGELOG).read_text(encoding="utf-8"),
            tags,
            fragments,
            datetime.datetime.now(datetime.UTC).date(),
            releasing=releasing,
        )
    )
    for problem in found:
        print(problem, file=sys.stderr)
    if not found:
        print(f"Version {version}, the changelog and {', '.join(tags) or 'no tag'} fit together.")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
