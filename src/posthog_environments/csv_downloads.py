"""Lists that the server renders as CSV, written to disk as they come."""

from __future__ import annotations

import datetime
import os
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict
from uuid import UUID

from attrs import define

from posthog_environments.downloads import FileSink, check_target, media_type, replaced
from posthog_environments.errors import DecodeError, InvalidRequestError

if TYPE_CHECKING:
    from posthog_environments_api.models import PropertyFilter, PropertyFilterGroup


class PersonFilters(TypedDict, total=False):
    """Which persons: the filters of `persons.list`, without those that the server ignores for CSV."""

    distinct_id: str
    email: str
    properties: Sequence[PropertyFilter | Mapping[str, Any]] | PropertyFilterGroup | Mapping[str, Any] | str
    search: str


class EventFilters(TypedDict, total=False):
    """Which events: the filters of `events.list`."""

    action_id: int
    after: datetime.datetime | str
    before: datetime.datetime | str
    distinct_id: str
    event: str
    limit: int
    offset: int
    orderBy: Sequence[str] | str
    person_id: int | UUID | str
    properties: Sequence[PropertyFilter | Mapping[str, Any]] | PropertyFilterGroup | Mapping[str, Any] | str
    select: Sequence[str] | str
    where: Sequence[str] | str


def check_names(filters: Mapping[str, Any], kind: type[Any]) -> None:
    """Refuse what is no filter, as Python does with an argument that a function does not have.

    Raises:
        TypeError: There is no such filter.
    """
    for name in filters:
        if name not in kind.__annotations__:
            raise TypeError(f"download_csv() got an unexpected keyword argument {name!r}")


@define
class CsvDownload:
    """A request whose body goes to a file.

    Attributes:
        path: The file.
        request: The request, with the sink that takes its body.
    """

    path: Path
    request: dict[str, Any]


@contextmanager
def csv_download(
    path: str | os.PathLike[str],
    request: Mapping[str, Any],
    on_progress: Callable[[int, int | None], None] | None,
    max_bytes: int,
) -> Generator[CsvDownload, None, None]:
    """Where the body goes. The file is there, complete, when the block has ended well."""
    target = check_target(path)
    if isinstance(max_bytes, bool) or not isinstance(max_bytes, int) or max_bytes < 1:
        raise InvalidRequestError(f"max_bytes must be a whole number above 0, got {max_bytes!r}")
    with replaced(target) as file:
        sink = FileSink(file, _check_content, on_progress)
        yield CsvDownload(target, {**request, "sink": sink, "max_bytes": max_bytes})


def _check_content(headers: Mapping[str, str]) -> None:
    found = media_type(headers)
    if found != "text/csv":
        raise DecodeError("CSV (content type text/csv)", found or "no content type")
