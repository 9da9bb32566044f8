"""Reading a schema that PostHog published: a file or an https address, YAML or JSON, from anyone.

What comes from outside is bounded in size, time and nesting, and whatever is wrong with it is a `SchemaError`
that says what to do.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

import httpx
import yaml

MAX_BYTES = 64 * 1024 * 1024  # the schema of spring 2026 has 3.6 MB
MAX_NODES = 5_000_000
MAX_DEPTH = 200
MAX_SECONDS = 120.0
MAX_REDIRECTS = 5
_ACCEPT = "application/vnd.oai.openapi, application/yaml, application/json;q=0.9, */*;q=0.1"

_BASE_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class SchemaError(Exception):
    """The schema cannot be had, or is none."""


@dataclass(frozen=True)
class Published:
    """A schema as it was read."""

    source: str
    document: Mapping[str, Any]
    size: int

    @property
    def version(self) -> str:
        """`info.version`, which PostHog has left at 1.0.0 since 2025; empty where there is none."""
        found = self.document.get("info", {}).get("version")
        return "" if found is None else str(found)

    @property
    def title(self) -> str:
        return str(self.document.get("info", {}).get("title") or "untitled")

    @property
    def openapi(self) -> str:
        return str(self.document["openapi"])


class _Loader(_BASE_LOADER):  # type: ignore[misc]
    def flatten_mapping(self, node: Any) -> None:
        """Merge keys copy what they name each time they are read, which nests into a bomb."""
        if any(key.tag == "tag:yaml.org,2002:merge" for key, _ in node.value):
            raise yaml.constructor.ConstructorError(None, None, "has merge keys (<<)", node.start_mark)
        super().flatten_mapping(node)


def read_schema(
    source: str,
    *,
    transport: httpx.BaseTransport | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> Published:
    """The schema at `source`: a path, or an address that begins with https://.

    Raises `SchemaError` when it cannot be read, is too large, takes too long, or is no whole OpenAPI 3 document.
    """
    if urlsplit(source).scheme in ("http", "https", "ftp", "file") and "://" in source:
        data = _fetch(source, transport, clock)
    else:
        data = _file(source)
    return Published(source, parse_schema(data, source), len(data))


def parse_schema(data: bytes, source: str) -> Mapping[str, Any]:
    """The document in `data`, checked."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise SchemaError(f"{source}: is not UTF-8 text ({error.reason} at byte {error.start})") from None
    head = text[:500].lstrip().lower()
    if head.startswith(("<!doctype", "<html", "<?xml")):
        raise SchemaError(
            f"{source}: is a web page, not a schema; PostHog serves its schema at <host>/api/schema/"
        )
    try:
        document = (
            json.loads(text, parse_constant=_no_constant) if head.startswith(("{", "[")) else _yaml(text)
        )
    except (yaml.YAMLError, json.JSONDecodeError, ValueError) as error:
        reason = " ".join(str(error).split())
        raise SchemaError(f"{source}: is neither YAML nor JSON, or was cut off: {reason[:300]}") from None
    except RecursionError:
        raise SchemaError(f"{source}: is nested too deeply to be a schema") from None
    _check(document, source)
    return document  # type: ignore[no-any-return]


def _yaml(text: str) -> Any:
    """libyaml builds nodes by recursion in C, which ends the process when it goes too deep: look first."""
    depth = 0
    for event in yaml.parse(text, Loader=_Loader):
        if isinstance(event, (yaml.MappingStartEvent, yaml.SequenceStartEvent)):
            depth += 1
            if depth > MAX_DEPTH:
                raise RecursionError
        elif isinstance(event, (yaml.MappingEndEvent, yaml.SequenceEndEvent)):
            depth -= 1
    return yaml.load(text, Loader=_Loader)


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def _check(document: Any, source: str) -> None:
    if not isinstance(document, dict):
        raise SchemaError(f"{source}: is not an OpenAPI document: a mapping is needed, not {_kind(document)}")
    if "swagger" in document:
        raise SchemaError(f"{source}: is Swagger {document['swagger']}; OpenAPI 3.0 or 3.1 is needed")
    version = str(document.get("openapi", ""))
    if not version.startswith(("3.0", "3.1")):
        raise SchemaError(
            f"{source}: is not an OpenAPI 3.0 or 3.1 document (openapi: {version or 'missing'})"
        )
    paths = document.get("paths")
    if not isinstance(paths, dict) or not paths:
        raise SchemaError(f"{source}: has no paths; was it cut off?")
    if not isinstance(document.get("info", {}), dict):
        raise SchemaError(f"{source}: info must be a mapping")
    _bounded(document, source)
    lost = sorted({reference for reference in _references(document) if not _exists(document, reference)})
    if lost:
        raise SchemaError(
            f"{source}: {len(lost)} references lead nowhere, such as {lost[0]}; was the document cut off?"
        )


def _kind(value: object) -> str:
    return {list: "a list", str: "text", type(None): "nothing"}.get(type(value), type(value).__name__)


def _bounded(document: Any, source: str) -> None:
    """Aliases of YAML share nodes: written out, a small file may be endless. Each node is looked at once."""
    sizes: dict[int, int] = {}
    waiting: list[tuple[Any, bool]] = [(document, False)]
    open_nodes: set[int] = set()
    while waiting:
        node, done = waiting.pop()
        if not isinstance(node, (dict, list)):
            continue
        inner = list(node.values()) if isinstance(node, dict) else node
        if done:
            open_nodes.discard(id(node))
            total = 1 + sum(sizes.get(id(item), 1) for item in inner)
            if total > MAX_NODES:
                raise SchemaError(
                    f"{source}: has more than {MAX_NODES} nodes once its aliases are written out"
                )
            sizes[id(node)] = total
        elif id(node) in open_nodes:
            raise SchemaError(f"{source}: an alias holds itself")
        elif id(node) not in sizes:
            open_nodes.add(id(node))
            waiting.append((node, True))
            waiting.extend((item, False) for item in inner if isinstance(item, (dict, list)))


def _references(document: Any) -> Iterator[str]:
    seen: set[int] = set()
    waiting = [document]
    while waiting:
        node = waiting.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, dict):
            reference = node.get("$ref")
            if isinstance(reference, str):
                yield reference
            waiting.extend(
                item
                for key, item in node.items()
                if isinstance(item, (dict, list)) and key not in ("example", "examples", "default", "enum")
            )
        elif isinstance(node, list):
            waiting.extend(item for item in node if isinstance(item, (dict, list)))


def _exists(document: Mapping[str, Any], reference: str) -> bool:
    if not reference.startswith("#/"):
        return False
    target: Any = document
    for step in reference[2:].split("/"):
        step = step.replace("~1", "/").replace("~0", "~")
        if not isinstance(target, Mapping) or step not in target:
            return False
        target = target[step]
    return isinstance(target, Mapping)


def _file(source: str) -> bytes:
    path = Path(source)
    try:
        if path.stat().st_size > MAX_BYTES:
            raise SchemaError(f"{source}: is larger than {MAX_BYTES // 2**20} MiB")
        return path.read_bytes()
    except FileNotFoundError:
        raise SchemaError(f"{source}: there is no such file") from None
    except OSError as error:
        raise SchemaError(f"{source}: cannot be read: {error.strerror}") from None


# --- over the network ----------------------------------------------------------------------------------------


def _fetch(source: str, transport: httpx.BaseTransport | None, clock: Callable[[], float]) -> bytes:
    deadline = clock() + MAX_SECONDS
    url = source
    with httpx.Client(
        transport=transport, timeout=httpx.Timeout(30.0), headers={"Accept": _ACCEPT}, follow_redirects=False
    ) as client:
        for _ in range(MAX_REDIRECTS + 1):
            if urlsplit(url).scheme != "https" or not urlsplit(url).hostname:
                raise SchemaError(f"{url}: only https:// addresses are read, or a file")
            try:
                with client.stream("GET", url) as response:
                    if not response.is_redirect:
                        return _body(response, url, deadline, clock)
                    url = _next_url(url, response.headers["location"])
            except (httpx.HTTPError, httpx.InvalidURL) as error:
                raise SchemaError(f"{url}: {_transport_problem(error)}") from None
    raise SchemaError(f"{source}: more than {MAX_REDIRECTS} redirects")


def _transport_problem(error: Exception) -> str:
    if isinstance(error, httpx.TimeoutException):
        return "the server did not answer in time; try again"
    if isinstance(error, httpx.RemoteProtocolError):
        return f"the answer was cut off ({error}); try again"
    return f"cannot be reached ({error})"


def _next_url(url: str, location: str) -> str:
    target = urljoin(url, location)
    here, there = urlsplit(url), urlsplit(target)
    if (here.scheme, here.hostname, here.port) != (there.scheme, there.hostname, there.port):
        raise SchemaError(
            f"{url}: redirects to another origin ({there.scheme}://{there.hostname}); name that address yourself"
        )
    return target


def _body(response: httpx.Response, url: str, deadline: float, clock: Callable[[], float]) -> bytes:
    status = response.status_code
    if status == 404:
        raise SchemaError(f"{url}: 404, there is no schema at this address; PostHog's is <host>/api/schema/")
    if status != 200:
        raise SchemaError(f"{url}: the server answered {status}, not 200")
    if "html" in response.headers.get("content-type", ""):
        raise SchemaError(
            f"{url}: is a web page, not a schema; PostHog serves its schema at <host>/api/schema/"
        )
    received = bytearray()
    for chunk in response.iter_bytes():
        received += chunk
        if len(received) > MAX_BYTES:
            raise SchemaError(f"{url}: is larger than {MAX_BYTES // 2**20} MiB")
        if clock() > deadline:
            raise SchemaError(
                f"{url}: took longer than {MAX_SECONDS:.0f} s; try again, or save it to a file first"
            )
    return bytes(received)
