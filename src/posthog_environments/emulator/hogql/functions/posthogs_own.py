"""Functions that PostHog writes in other words of ClickHouse."""

from __future__ import annotations

from typing import Final

from posthog_environments.emulator.hogql.functions.registry import always, fixed
from posthog_environments.emulator.hogql.types import INT64, UINT8, array_of

_NUMBER: Final = "(?:0|[1-9][0-9]*)"
# Without backslashes, which the engines read in different ways.
_VERSION: Final = rf"^[[:space:]]*v?({_NUMBER}[.]{_NUMBER}[.]{_NUMBER})(?:[-+].*)?[[:space:]]*$"

TITLE: Final = "PostHog's own"
FUNCTIONS: Final = (
    fixed(
        1,
        "sortablesemver",
        always(array_of(INT64.null())),
        lambda args, call: (
            f"list_transform(string_split(regexp_extract(coalesce({args[0]}, ''), '{_VERSION}', 1), '.'),"
            " lambda part: TRY_CAST(part AS BIGINT))"
        ),
        "s",
        clickhouse=lambda args, call: (
            "arrayMap(part -> toInt64OrNull(part),"
            f" splitByChar('.', extract(ifNull({args[0]}, ''), '{_VERSION}')))"
        ),
        nulls=True,
    ),
    # It is there for what ClickHouse reads, and holds for every row that is read.
    fixed(1, "indexHint", always(UINT8), "CAST(1 AS UTINYINT)", nulls=True),
)
