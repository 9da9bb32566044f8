"""Links of the built site: `python scripts/check_links.py site`. Asks no network.

Links inside the site must lead to a file, and to an anchor in it where they name one. Links to other hosts must be
well-formed https. Scripts, styles, pictures and fonts must come from the site itself.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

_HOST = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}(?::\d+)?", re.IGNORECASE)
_LOADED = {("script", "src"), ("img", "src"), ("iframe", "src"), ("source", "src"), ("video", "src")}
_LOADED_LINKS = {"stylesheet", "icon", "preload", "preconnect", "dns-prefetch", "modulepreload"}
_IMPORT = re.compile(r"""(?:@import\s+|url\()\s*["']?((?:https?:)?//[^"')\s]+)""")


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.anchors: set[str] = set()
        self.links: list[tuple[str, bool]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.anchors |= {given[name] for name in ("id", "name") if given.get(name)}
        loaded = tag == "link" and bool(_LOADED_LINKS & set(given.get("rel", "").split()))
        if "href" in given and (tag != "link" or loaded):
            self.links.append((given["href"], loaded))
        if "src" in given:
            self.links.append((given["src"], (tag, "src") in _LOADED))


def problems(site: Path) -> Iterator[str]:
    """What is wrong, one line each."""
    pages = {path.resolve(): _read(path) for path in sorted(site.rglob("*.html"))}
    if not pages:
        yield f"{site}: there are no pages"
    for path, page in pages.items():
        # The page for what is not found is shown at any depth, so its links begin at the root.
        for link, loaded in page.links:
            problem = _problem(link, loaded, path, site.resolve(), pages)
            if problem:
                yield f"{path.relative_to(site.resolve())}: {link}: {problem}"
    for style in sorted(site.rglob("*.css")):
        for url in _IMPORT.findall(style.read_text(encoding="utf-8")):
            yield f"{style.relative_to(site)}: {url}: loaded from another host"


def _read(path: Path) -> _Page:
    page = _Page()
    page.feed(path.read_text(encoding="utf-8"))
    return page


def _problem(link: str, loaded: bool, path: Path, site: Path, pages: dict[Path, _Page]) -> str | None:
    if link != link.strip() or any(c in link for c in " \n\t\\"):
        return "holds spaces or backslashes"
    try:
        parts = urlsplit(link)
    except ValueError as error:
        return str(error)
    if parts.scheme in ("mailto", "data"):
        return None
    if parts.scheme or parts.netloc:
        if loaded:
            return "loaded from another host"
        return (
            None
            if parts.scheme == "https" and _HOST.fullmatch(parts.netloc)
            else "not a well-formed https URL"
        )
    target = path
    if parts.path.startswith("/"):
        target = site / unquote(parts.path).lstrip("/")
    elif parts.path:
        target = (path.parent / unquote(parts.path)).resolve()
    if target.is_dir():
        target /= "index.html"
    if not target.is_relative_to(site) or not target.is_file():
        return "there is no such file"
    if parts.fragment and target in pages and unquote(parts.fragment) not in pages[target].anchors:
        return "there is no such anchor"
    return None


def main() -> int:
    found = list(problems(Path(sys.argv[1])))
    for line in found:
        print(line, file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
