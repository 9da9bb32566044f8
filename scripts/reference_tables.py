"""What is put into pages: tables made from the contract, drawings, and cells of tables."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable, Mapping
from pathlib import Path

from posthog_environments import errors
from posthog_environments_api.operations import DEPRECATIONS, OPERATIONS, RATE_LIMITS, OperationInfo
from reference_source import names_of_models, places_of_models

ROOT = Path(__file__).resolve().parent.parent
_PERIODS = {60: "minute", 3600: "hour", 86400: "day"}


def scope_text(operation: OperationInfo) -> str:
    return ", ".join(f"`{scope}`" for scope in operation.scopes) or "none documented"


def scopes_table() -> str:
    lines = ["| operation | scope | endpoint |", "|---|---|---|"]
    for o in OPERATIONS.values():
        link = f"[`{o.tag}.{o.name}`](reference/resources/{o.tag}.md#{o.name})"
        lines.append(f"| {link} | {scope_text(o)} | {endpoint(o.method, short_path(o))} |")
    return "\n".join(lines)


def rate_limits_table() -> str:
    lines = ["| class | limit | resources |", "|---|---|---|"]
    for name in RATE_LIMITS:
        users = dict.fromkeys(f"`{o.tag}`" for o in OPERATIONS.values() if o.rate_limit == name)
        lines.append(f"| `{name}` | {rates(name)} | {', '.join(users)} |")
    return "\n".join(lines)


def deprecations_table() -> str:
    lines = ["| kind | operations | meaning |", "|---|---|---|"]
    for kind, text in DEPRECATIONS.items():
        names = [
            f"[`{o.tag}.{o.name}`](reference/resources/{o.tag}.md#{o.name})"
            for o in OPERATIONS.values()
            if o.deprecation == kind
        ]
        lines.append(f"| `{kind}` | {', '.join(names)} | {cell(text)} |")
    plain = [o for o in OPERATIONS.values() if o.deprecation is None]
    names = [f"[`{o.tag}.{o.name}`](reference/resources/{o.tag}.md#{o.name})" for o in plain]
    lines.append(f"| | {', '.join(names)} | Not deprecated. |" if names else "")
    return "\n".join(lines).rstrip()


def errors_tree() -> str:
    """The tree of errors as the module of errors draws it."""
    drawn = re.search(r"^ *PostHogError\n(?: +[├│└].*\n)+", errors.__doc__ or "", re.MULTILINE)
    if drawn is None:
        raise ValueError("the docstring of errors.py has no tree")
    return f"```text\n{textwrap.dedent(drawn[0])}```"


INSERTS: Mapping[str, Callable[[], str]] = {
    "scopes": scopes_table,
    "rate-limits": rate_limits_table,
    "deprecations": deprecations_table,
    "errors": errors_tree,
}
_INSERT = re.compile(r"^<!-- generated: ([a-z-]+) -->$", re.MULTILINE)
_DRAWING = re.compile(r"^<!-- drawing: ([a-z-]+\.svg) -->$", re.MULTILINE)


def with_inserts(markdown: str) -> str:
    """The page with its `<!-- generated: … -->` and `<!-- drawing: … -->` lines replaced.

    Drawings stand inside the page, because only there they take its colours, light or dark.

    Raises:
        KeyError: There is no such table.
        FileNotFoundError: There is no such drawing.
    """
    return _DRAWING.sub(_drawing, _INSERT.sub(lambda match: INSERTS[match[1]](), markdown))


_LINK = re.compile(r"\[([^\]\n]+)\]\((\.\./[^)\s#]+)(?:#[^)\s]*)?\)")


def without_outer_links(markdown: str, path: str) -> str:
    """The page without links that leave `docs/`: a reader of the site does not have those files. Their text stays.

    Args:
        markdown: The page.
        path: Its path inside `docs/`.

    Raises:
        FileNotFoundError: A link leads nowhere in the repository either.
    """
    docs = ROOT / "docs"

    def text_or_link(match: re.Match[str]) -> str:
        target = (docs / path).parent.joinpath(match[2]).resolve()
        if target.is_relative_to(docs):
            return match[0]
        if not target.exists():
            raise FileNotFoundError(f"docs/{path} links to {match[2]}, which does not exist")
        return match[1]

    return _LINK.sub(text_or_link, markdown)


def _drawing(match: re.Match[str]) -> str:
    text = (ROOT / "docs" / "pictures" / match[1]).read_text(encoding="utf-8")
    # An empty line would end the block of HTML.
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return '<div class="drawing-frame" markdown="0">\n' + "\n".join(lines) + "\n</div>"


def rates(name: str) -> str:
    """The limits of a class in words."""
    return ", ".join(
        f"{r.requests:,} per {_PERIODS.get(r.seconds, f'{r.seconds} s')}" for r in RATE_LIMITS[name]
    )


def short_path(operation: OperationInfo) -> str:
    """The path inside the project."""
    return operation.path.removeprefix("/api/environments/{project_id}")


def endpoint(method: str, path: str) -> str:
    """Method and path as code that may break before a slash."""
    return f"<code>{method} {path[0]}{path[1:-1].replace('/', '<wbr>/')}{path[-1]}</code>"


def type_html(annotation: str, models_folder: str) -> str:
    """A type as code in which every model is a link."""
    for mark, entity in (("&", "&amp;"), ("[", "&#91;"), ("]", "&#93;"), ("|", "&#124;"), ("*", "&#42;")):
        annotation = annotation.replace(mark, entity)
    for name in sorted(set(names_of_models(annotation))):
        place = places_of_models()[name]
        annotation = re.sub(rf"\b{name}\b", f"[{name}]({models_folder}{place}.md#{name.lower()})", annotation)
    return f"<code>{annotation}</code>"


def cell(text: str) -> str:
    """Text as one line that a table can hold."""
    return " ".join(text.split()).replace("|", "&#124;") if "`" not in text else _outside_code(text)


def _outside_code(text: str) -> str:
    """Bars inside code stay: the tables of the site know code, and an entity in it would be shown."""
    parts = " ".join(text.split()).split("`")
    return "`".join(part if number % 2 else part.replace("|", "&#124;") for number, part in enumerate(parts))
