"""What the emulator was asked, for tests to look at: `Emulator.requests` and what goes with it."""

from __future__ import annotations

from difflib import get_close_matches
from typing import Final

from posthog_environments.emulator.messages import RecordedRequest, Request, record

_MOST_REQUESTS: Final = 10_000
_MOST_BYTES: Final = 16 * 1024 * 1024


class RequestLog:
    """Keeps the latest requests, in bounded memory.

    Attributes:
        requests: The latest requests, in order: at most 10,000, with at most 16 MiB of bodies between them, but the
            last one in any case. Responses are not kept.
    """

    requests: list[RecordedRequest]

    def __init__(self) -> None:
        self.requests = []
        self._recorded_bytes = 0

    def requests_for(self, operation: str) -> list[RecordedRequest]:
        """The recorded requests to one operation, in order, refused ones too.

            assert [request.status for request in emulator.requests_for("persons.delete")] == [202]

        Args:
            operation: As the client calls it (`persons.delete`) or its operation id (`persons_delete`).

        Raises:
            ValueError: There is no such operation; a test for something that never happens would pass for ever.
        """
        from posthog_environments_api.operations import OPERATIONS

        operation_id = operation.replace(".", "_", 1)
        if operation_id not in OPERATIONS:
            close = get_close_matches(operation_id, OPERATIONS, 1, 0)
            raise ValueError(f"there is no operation {operation!r}; did you mean {close[0]!r}?")
        return [request for request in list(self.requests) if request.operation_id == operation_id]

    def reset_requests(self) -> None:
        """Forget the requests so far."""
        self.requests.clear()
        self._recorded_bytes = 0

    def _record(self, request: Request, status: int, operation_id: str | None) -> None:
        """Note a request; the caller holds the lock."""
        if not self.requests:
            self._recorded_bytes = 0
        self.requests.append(record(request, status, operation_id))
        self._recorded_bytes += len(request.content)
        if len(self.requests) > _MOST_REQUESTS:
            self._forget(_MOST_REQUESTS // 2)
        while self._recorded_bytes > _MOST_BYTES and len(self.requests) > 1:
            self._forget((len(self.requests) + 1) // 2)

    def _forget(self, count: int) -> None:
        self._recorded_bytes -= sum(request.size for request in self.requests[:count])
        del self.requests[:count]
