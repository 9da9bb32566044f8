"""Times that are written as constants: `toDateTime('2025-06-01')`.

PostHog chooses ClickHouse's function by how the text is written, and a constant that is no time fails the query; what a
column holds is missing then.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Final

from posthog_environments.emulator.clock import EPOCH, parse_iso
from posthog_environments.emulator.hogql.errors import HogQLError, HogQLUnsupported
from posthog_environments.emulator.hogql.nodes import Literal
from posthog_environments.emulator.hogql.types import DATETIME, DATETIME6

_WHOLE: Final = re.compile(r"\d{4}-\d{2}-\d{2}(?: \d{2}:\d{2}:\d{2})?")
_SECONDS: Final = re.compile(r"\d{9,10}")
_DATE_LIKE: Final = re.compile(r"\d{4}-\d{2}-\d{2}.*", re.DOTALL)


def constant_moment(text: str) -> Literal:
    """The time that a constant text means, in UTC where it names no other zone.

    Raises:
        HogQLError: It is no time.
        HogQLUnsupported: ClickHouse may be able to read it, the emulator is not.
    """
    kind = DATETIME if _WHOLE.fullmatch(text) else DATETIME6
    if _SECONDS.fullmatch(text):
        moment: datetime | None = EPOCH + timedelta(seconds=int(text))
    else:
        moment = parse_iso(text)
    if moment is not None:
        return Literal(kind, moment.astimezone(UTC).replace(tzinfo=None))
    if not re.search(r"\d", text) or _DATE_LIKE.fullmatch(text):
        raise HogQLError(f"Cannot parse datetime: '{text}'", "cannot_parse_datetime")
    raise HogQLUnsupported(f"The emulator reads times as ISO 8601, not as '{text}'.")
