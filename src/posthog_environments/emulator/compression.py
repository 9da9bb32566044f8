"""Which answers are sent compressed. Sources: PostHog gzip_middleware.py and settings/web.py, October 2025, and Django's
GZipMiddleware, on which it stands.

Only over a socket: in process nothing is sent, and packing would cost more than the answer.
"""

from __future__ import annotations

import gzip
import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

_PROJECT: Final = r"/api/(environments|projects)/\d+"
_PATHS: Final = {
    "GET": re.compile(
        rf"{_PROJECT}/(persons|groups/property_definitions|exports/\d+/content|session_recordings(/.*)?)/?"
    ),
    "POST": re.compile(rf"{_PROJECT}/query/?"),
}
_ACCEPTED: Final = re.compile(r"\bgzip\b")
_SHORTEST: Final = 200
_LEVEL: Final = 6


def compressed(
    method: str, url: str, accepted: str, headers: Mapping[str, str], content: bytes
) -> tuple[dict[str, str], bytes]:
    """Headers and body as they are sent: packed where the server does it, for a path with a number of a project, and
    the caller accepts it. `@current` is no number.

    Args:
        method: HTTP method of the request.
        url: What was asked for.
        accepted: The request's Accept-Encoding.
        headers: Headers of the answer.
        content: Its body.
    """
    allowed = _PATHS.get(method)
    if len(content) < _SHORTEST or allowed is None or not allowed.fullmatch(urlsplit(url).path):
        return dict(headers), content
    varying = {**headers, "Vary": "Accept-Encoding"}
    if not _ACCEPTED.search(accepted):
        return varying, content
    packed = gzip.compress(content, _LEVEL, mtime=0)
    if len(packed) >= len(content):
        return varying, content
    return {**varying, "Content-Encoding": "gzip", "Content-Length": str(len(packed))}, packed
