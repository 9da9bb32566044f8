"""What can be wrong with a HogQL query."""

from __future__ import annotations


class HogQLError(Exception):
    """The query is refused, in words that PostHog would use.

    Attributes:
        code: What the error envelope carries as `code`.
    """

    def __init__(self, message: str, code: str = "invalid_input") -> None:
        self.code = code
        super().__init__(message)


class HogQLUnsupported(HogQLError):
    """The emulator cannot run the query, whether or not PostHog could: never to be mistaken for an empty result."""

    def __init__(self, message: str) -> None:
        super().__init__(message, "emulator_unsupported")
