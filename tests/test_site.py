"""The documentation site as far as it can be checked without building it: navigation, links, drawings, its own checks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from xml.etree import ElementTree

import pytest
import yaml

from check_links import problems
from reference_pages import generated_pages, present
from reference_tables import with_inserts, without_outer_links

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
SETTINGS = yaml.safe_load((ROOT / "mkdocs.yml").read_text(encoding="utf-8"))
_FENCE = re.compile(r"^[ \t]*```.*?^[ \t]*```[ \t]*$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"(?<!!)\[(?:[^\]\[]|\[[^\]]*\])*\]\(([^)\s]+)\)|<(https?://[^>\s]+)>")


def named(entries: list[Any]) -> Iterator[str]:
    for entry in entries:
        for value in entry.values() if isinstance(entry, dict) else [entry]:
            yield from named(value) if isinstance(value, list) else [value]


def written_pages() -> dict[str, str]:
    return {
        page.relative_to(DOCS).as_posix(): without_outer_links(
            page.read_text(encoding="utf-8"), page.relative_to(DOCS).as_posix()
        )
        for page in sorted(DOCS.rglob("*.md"))
    }


PAGES = generated_pages() | {path: with_inserts(text) for path, text in written_pages().items()}


def anchors_of(text: str) -> set[str]:
    found: set[str] = set()
    for line in re.findall(r"^#{1,6} (.+)$", _FENCE.sub("", text), re.MULTILINE):
        given = re.search(r"\{ #([\w-]+) \}$", line)
        words = re.sub(r"[^\w\s-]", "", re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", line)).strip().lower()
        found.add(given[1] if given else re.sub(r"[-\s]+", "-", words))
    return found


def links_of(text: str) -> list[str]:
    return [one or other for one, other in _LINK.findall(_FENCE.sub("", text))]


def test_the_navigation_names_every_page_and_no_other() -> None:
    absent = {page for page in SETTINGS["extra"]["expected_pages"] if not (DOCS / page).exists()}
    entries = list(named(present(SETTINGS["nav"], absent)))
    assert len(entries) == len(set(entries))
    unnamed, missing = set(PAGES) - set(entries), set(entries) - set(PAGES)
    assert not unnamed, f"add to nav in mkdocs.yml: {sorted(unnamed)}"
    assert not missing, f"nav in mkdocs.yml names what does not exist: {sorted(missing)}"


def test_a_page_that_is_expected_has_its_place_before_it_exists() -> None:
    assert set(SETTINGS["extra"]["expected_pages"]) <= set(named(SETTINGS["nav"]))
    nav = [{"Home": "index.md"}, {"More": ["a.md", {"B": "b.md"}]}]
    assert present(nav, {"b.md"}) == [{"Home": "index.md"}, {"More": ["a.md"]}]
    assert present(nav, set()) == nav


def test_every_link_inside_the_site_leads_somewhere() -> None:
    for path, text in PAGES.items():
        for link in links_of(text):
            parts = urlsplit(link)
            if parts.scheme:
                continue
            target = path
            if parts.path:
                target = (DOCS / path).parent.joinpath(parts.path).resolve().relative_to(DOCS).as_posix()
            assert target in PAGES, f"{path}: {link}"
            assert not parts.fragment or parts.fragment in anchors_of(PAGES[target]), f"{path}: {link}"


def test_every_link_to_other_hosts_is_well_formed() -> None:
    for path, text in PAGES.items():
        for link in links_of(text):
            parts = urlsplit(link)
            if parts.scheme:
                assert parts.scheme == "https", f"{path}: {link}"
                assert re.fullmatch(r"([a-z0-9-]+\.)+[a-z]{2,}", parts.netloc), f"{path}: {link}"


def test_the_site_asks_no_other_host() -> None:
    assert SETTINGS["theme"]["font"] is False
    own = [*SETTINGS.get("extra_css", []), *SETTINGS.get("extra_javascript", [])]
    assert own
    assert all((DOCS / path).is_file() for path in own)
    for style in DOCS.rglob("*.css"):
        assert "//" not in style.read_text(encoding="utf-8")


@pytest.mark.parametrize("drawing", sorted(DOCS.rglob("*.svg")), ids=lambda path: path.name)
def test_a_drawing_has_words_for_those_who_cannot_see_it_and_takes_its_colours_from_the_page(
    drawing: Path,
) -> None:
    root = ElementTree.fromstring(drawing.read_text(encoding="utf-8"))
    name = "{http://www.w3.org/2000/svg}"
    assert root.findtext(f"{name}title")
    assert root.findtext(f"{name}desc")
    assert root.get("role") == "img"
    for element in root.iter():
        assert not {"fill", "stroke", "style"} & set(element.attrib), element.tag


GOOD = (
    '<h2 id="two">2</h2><a href="sub/#one">x</a><a href="#two">y</a><a href="https://posthog.com/docs">z</a>'
)


def site(folder: Path, page: str, style: str = "") -> list[str]:
    (folder / "sub").mkdir()
    (folder / "index.html").write_text(page, encoding="utf-8")
    (folder / "sub" / "index.html").write_text('<h1 id="one">1</h1><a href="..">up</a>', encoding="utf-8")
    (folder / "site.css").write_text(style, encoding="utf-8")
    return list(problems(folder))


def test_a_site_whose_links_are_right_passes(tmp_path: Path) -> None:
    assert site(tmp_path, GOOD, 'p { background: url("picture.svg") }') == []


@pytest.mark.parametrize(
    ("page", "problem"),
    [
        ('<a href="gone/">x</a>', "there is no such file"),
        ('<a href="sub/#gone">x</a>', "there is no such anchor"),
        ('<a href="#gone">x</a>', "there is no such anchor"),
        ('<a href="../../outside">x</a>', "there is no such file"),
        ('<a href="http://posthog.com">x</a>', "not a well-formed https URL"),
        ('<a href="https://posthog">x</a>', "not a well-formed https URL"),
        ('<a href="https://post hog.com">x</a>', "holds spaces or backslashes"),
        ('<script src="https://cdn.example.com/a.js"></script>', "loaded from another host"),
        ('<link rel="stylesheet" href="https://fonts.example.com/a.css">', "loaded from another host"),
        ('<link rel="preconnect" href="https://fonts.example.com">', "loaded from another host"),
        ('<img src="//cdn.example.com/a.png">', "loaded from another host"),
    ],
)
def test_a_link_that_is_wrong_is_reported(page: str, problem: str, tmp_path: Path) -> None:
    (found,) = site(tmp_path, page)
    assert found.startswith("index.html: ")
    assert found.endswith(problem)


def test_a_style_that_loads_from_another_host_is_reported(tmp_path: Path) -> None:
    (found,) = site(tmp_path, GOOD, "@import url(https://fonts.example.com/a.css);")
    assert found == "site.css: https://fonts.example.com/a.css: loaded from another host"


def test_a_folder_without_pages_is_reported(tmp_path: Path) -> None:
    (found,) = problems(tmp_path)
    assert "there are no pages" in found
