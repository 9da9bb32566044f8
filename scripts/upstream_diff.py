"""Compare our contract with a schema that PostHog published.

    python scripts/upstream_diff.py https://us.posthog.com/api/schema/
    python scripts/upstream_diff.py schema.yaml --format json
    python scripts/upstream_diff.py schema.yaml --accept --reason "..." --source "..." [--id "persons_list:*"]

Exit status: 0 when nothing is new, 1 when something is, 2 when the comparison could not be made.
"""

from __future__ import annotations

import argparse
import sys
from datetime import date
from pathlib import Path

from contract_diffing.reading import Unreadable
from contract_document import ContractError, merge
from upstream_baseline import BASELINE, BaselineError, accept, judge, load_baseline
from upstream_compare import compare
from upstream_report import as_json, github, markdown
from upstream_source import SchemaError, read_schema


def main(arguments: list[str] | None = None, today: date | None = None) -> int:
    options = _options(arguments)
    try:
        return _run(options, today or date.today())
    except (SchemaError, BaselineError, ContractError, Unreadable) as error:
        print(f"upstream-diff: {error}", file=sys.stderr)
    except RecursionError:
        print(f"upstream-diff: {options.schema}: is nested too deeply to be a schema", file=sys.stderr)
    return 2


def _run(options: argparse.Namespace, today: date) -> int:
    baseline = load_baseline(options.baseline)
    published = read_schema(options.schema)
    result = compare(merge(), published.document)
    judged = judge(result.findings, baseline, version=published.version, era=result.era, today=today)
    if options.accept:
        taken = accept(
            options.baseline,
            judged.new,
            reason=options.reason,
            source=options.source,
            chosen=options.id or ["*"],
            schema=published.version or None,
            expires=options.expires,
            today=today,
        )
        left = len(judged.new) - len(taken)
        print(f"Accepted {len(taken)} findings in {options.baseline.name}; {left} are still new.")
        return 0
    if options.format == "json":
        text = as_json(published, result, judged)
    elif options.format == "github":
        text = github(published, result, judged)
    else:
        text = markdown(published, result, judged, options.limit)
    if options.output is not None:
        options.output.write_text(text, encoding="utf-8")
    else:
        sys.stdout.write(text)
    return 1 if judged.new else 0


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description="Compare our contract with a schema that PostHog published.",
        epilog="Exit status: 0 nothing new, 1 something new, 2 the comparison could not be made.",
    )
    parser.add_argument("schema", help="a file or an https:// address, YAML or JSON, OpenAPI 3.0 or 3.1")
    parser.add_argument("--format", choices=["markdown", "json", "github"], default="markdown")
    parser.add_argument("--baseline", type=Path, default=BASELINE, help="what is known and accepted")
    parser.add_argument("--output", type=Path, help="write the report there instead of printing it")
    parser.add_argument("--limit", type=int, help="cut the Markdown report to this many characters")
    adding = parser.add_argument_group("accepting new findings")
    adding.add_argument("--accept", action="store_true", help="add them to the baseline")
    adding.add_argument("--reason", default="", help="why they are no news to us")
    adding.add_argument("--source", default="", help="where that is known from")
    adding.add_argument("--id", action="append", help="only these findings; * stands for any text")
    adding.add_argument("--expires", type=date.fromisoformat, help="when to look again, such as 2027-06-30")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
