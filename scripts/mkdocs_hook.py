"""Puts the generated pages into the site: the `hooks` entry of mkdocs.yml.

The info strings of Python blocks say how a test runs them (tests/test_docs.py); readers see the language alone, and the
name of the file where there is one.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

from reference_pages import generated_pages, present
from reference_tables import with_inserts, without_outer_links

_BLOCK = re.compile(r"^( *)```python[ \t]+(\S[^\n]*?)[ \t]*$", re.MULTILINE)


def on_config(config: Any) -> Any:
    docs = Path(config.docs_dir)
    absent = {page for page in config.extra["expected_pages"] if not (docs / page).exists()}
    config.nav = present(config.nav, absent)
    return config


def on_files(files: Any, config: Any) -> Any:
    from mkdocs.structure.files import File

    for path, content in generated_pages().items():
        files.append(File.generated(config, path, content=content))
    return files


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    whole = with_inserts(without_outer_links(markdown, page.file.src_uri))
    return _BLOCK.sub(_shown, whole)


def _shown(match: re.Match[str]) -> str:
    indent, kind = match.groups()
    title = f' title="{kind.removeprefix("file=")}"' if kind.startswith("file=") else ""
    return f"{indent}```python{title}"
