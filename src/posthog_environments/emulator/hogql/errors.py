"""What can be wrong with a HogQL query."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from posthog_environments.emulator.query_engine import INSTALL, EngineName


class HogQLError(Exception):
    """The query is refused, in words that PostHog would use.

    Attributes:
        code: ClickHouse's name of the error, or a kind of mistake: `syntax_error` (it cannot be read), `query_error`
            (it can be read and has no meaning). See `envelope_code`.
        start: Where in the query the mistake begins: characters from 0, or None where no place is known.
        end: Where it ends.
    """

    def __init__(
        self, message: str, code: str = "query_error", start: int | None = None, end: int | None = None
    ) -> None:
        self.code = code
        self.start = start
        self.end = end
        super().__init__(message)

    def at(self, node: Mapping[str, Any]) -> HogQLError:
        """The same error, at the place of a node of the syntax tree unless it has a place already."""
        if self.start is None and "start" in node:
            self.start, self.end = node["start"]["offset"], node["end"]["offset"]
        return self

    @property
    def shown(self) -> str:
        """The message as the HogQLMetadata query words it."""
        return "Unexpected end of query" if "mismatched input '<EOF>' expecting" in str(self) else str(self)

    def envelope_code(self, era: int = 2025) -> str:
        """What the error envelope carries as `code`: mistakes of both kinds had one code until 2026."""
        if self.code in ("syntax_error", "query_error"):
            return "invalid_input" if era < 2026 else f"hogql_{self.code}"
        return self.code

    def metadata(self) -> dict[str, Any] | None:
        """The error with its place, as `extra.hogql_metadata` carries it; None where no place is known."""
        if self.start is None:
            return None
        error = {"message": str(self), "start": self.start, "end": self.end}
        return {"hogql_metadata": {"errors": [error]}}


class HogQLUnsupported(HogQLError):
    """The emulator cannot run the query, whether or not PostHog could: never to be mistaken for an empty result."""

    def __init__(self, message: str, start: int | None = None, end: int | None = None) -> None:
        super().__init__(message, "emulator_unsupported", start, end)


class EngineMissing(HogQLUnsupported):
    """The packages that read and run HogQL are not installed."""

    def __init__(self, engine: EngineName = "duckdb") -> None:
        super().__init__(f"HogQL needs packages that are not installed; run: {INSTALL[engine]}")
