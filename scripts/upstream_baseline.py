"""What is already known of the differences, and reviewed: `openapi/upstream-baseline.yaml`.

An entry says which findings it is about, why they are no news, where that is known from and when it was written.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date as Date
from pathlib import Path
from typing import Any

import yaml

from contract_document import CONTRACT, ContractError, load_yaml
from upstream_findings import Finding
from upstream_operations import ERAS

BASELINE = CONTRACT / "upstream-baseline.yaml"
_NEEDED = {"match", "reason", "source", "date"}
_OPTIONAL = {"schema", "era", "expires"}


class BaselineError(Exception):
    """The baseline is not well-formed, or what shall be added to it is not."""


@dataclass(frozen=True)
class Entry:
    """One reviewed decision. In `match`, `*` stands for any text; everything else for itself."""

    number: int
    match: tuple[str, ...]
    reason: str
    source: str
    date: Date
    schema: str = "*"  # the `info.version` of the schemas that it is about
    era: tuple[str, ...] = ERAS
    expires: Date | None = None

    def about(self, version: str, era: str) -> bool:
        return matches(self.schema, version) and era in self.era

    def live(self, today: Date) -> bool:
        return self.expires is None or today <= self.expires


@dataclass(frozen=True)
class Baseline:
    """The reviewed entries, and the version of the schema that they were reviewed for."""

    version: str
    entries: tuple[Entry, ...]


@dataclass(frozen=True)
class Judged:
    """Findings, sorted by what we knew of them."""

    new: tuple[Finding, ...]
    noted: tuple[Finding, ...]  # explained by a note of the contract
    accepted: tuple[tuple[Finding, Entry], ...]  # explained by the baseline
    stale: tuple[tuple[Entry, str], ...]  # entries and patterns that match nothing any more
    expired: tuple[
        tuple[Entry, int], ...
    ]  # entries past their date, and how many findings they would explain


def matches(pattern: str, text: str) -> bool:
    """Only `*` is special: places are full of brackets."""
    return (
        re.fullmatch(".*".join(re.escape(part) for part in pattern.split("*")), text, re.DOTALL) is not None
    )


def load_baseline(path: Path = BASELINE) -> Baseline:
    """Raises `BaselineError` that names the entry at fault."""
    try:
        found = load_yaml(path)
    except FileNotFoundError:
        raise BaselineError(f"{path}: there is no such file") from None
    except ContractError as error:
        raise BaselineError(str(error)) from None
    unknown = set(found) - {"schema", "entries"}
    if unknown or not isinstance(found.get("schema"), str):
        raise BaselineError(
            f"{path.name}: needs `schema` (a text) and `entries`, nothing else ({sorted(unknown)})"
        )
    entries = [] if found.get("entries") is None else found["entries"]
    if not isinstance(entries, list):
        raise BaselineError(f"{path.name}: entries must be a list")
    return Baseline(
        found["schema"], tuple(_entry(path.name, index, one) for index, one in enumerate(entries, 1))
    )


def _entry(name: str, number: int, found: Any) -> Entry:
    where = f"{name}, entry {number}"
    if not isinstance(found, Mapping) or not set(found) >= _NEEDED or set(found) - _NEEDED - _OPTIONAL:
        raise BaselineError(f"{where}: needs {sorted(_NEEDED)}, may have {sorted(_OPTIONAL)}")
    match = [found["match"]] if isinstance(found["match"], str) else found["match"]
    if (
        not isinstance(match, list)
        or not match
        or not all(isinstance(one, str) and one.strip("*: ") for one in match)
    ):
        raise BaselineError(f"{where}: match must be a pattern or a list of them, and not match everything")
    for key in ("reason", "source"):
        if not isinstance(found[key], str) or not found[key].strip():
            raise BaselineError(f"{where}: {key} must be a text that says something")
    for key in ("date", "expires"):
        if key in found and type(found[key]) is not Date:
            raise BaselineError(f"{where}: {key} must be a date such as 2026-11-21")
    schema = found.get("schema", "*")
    if not isinstance(schema, str):
        raise BaselineError(f"{where}: schema must be a text, the schema's info.version, in quotes")
    eras = found.get("era", list(ERAS))
    eras = [eras] if isinstance(eras, str) else eras
    if not isinstance(eras, list) or not eras or not set(eras) <= set(ERAS):
        raise BaselineError(f"{where}: era must be one of {', '.join(ERAS)}, or a list of them")
    return Entry(
        number,
        tuple(match),
        " ".join(found["reason"].split()),
        " ".join(found["source"].split()),
        found["date"],
        schema,
        tuple(eras),
        found.get("expires"),
    )


def judge(findings: Iterable[Finding], baseline: Baseline, *, version: str, era: str, today: Date) -> Judged:
    """What is news. Whether an entry is stale can only be said of a schema of the version it was reviewed for."""
    about = [entry for entry in baseline.entries if entry.about(version, era)]
    used: set[tuple[int, str]] = set()
    would: dict[int, int] = {}
    new, noted, accepted = [], [], []
    for finding in findings:
        reason = None
        for entry in about:
            for pattern in entry.match:
                if matches(pattern, finding.identity):
                    used.add((entry.number, pattern))
                    if not entry.live(today):
                        would[entry.number] = would.get(entry.number, 0) + (not finding.known)
                    elif reason is None:
                        reason = entry
        if reason is not None:
            accepted.append((finding, reason))
        elif finding.known:
            noted.append(finding)
        else:
            new.append(finding)
    same_version = version == baseline.version
    stale = [
        (entry, pattern)
        for entry in about
        for pattern in entry.match
        if (entry.number, pattern) not in used and same_version
    ]
    expired = [(entry, would.get(entry.number, 0)) for entry in about if not entry.live(today)]
    return Judged(tuple(new), tuple(noted), tuple(accepted), tuple(stale), tuple(expired))


# --- accepting -----------------------------------------------------------------------------------------------


def accept(
    path: Path,
    findings: Iterable[Finding],
    *,
    reason: str,
    source: str,
    today: Date,
    chosen: Iterable[str] = ("*",),
    schema: str | None = None,
    expires: Date | None = None,
) -> list[Finding]:
    """Add one entry for the chosen findings at the end of the file, and leave everything else as it is.

    Raises `BaselineError` when nothing is chosen, or when a reason or source is missing.
    """
    reason, source = " ".join(reason.split()), " ".join(source.split())
    for name, text in (("REASON", reason), ("SOURCE", source)):
        if not re.search(r"\w{2}", text):
            raise BaselineError(
                f"{name} is empty: say why this is no news to us, and where that is known from"
            )
    present = list(findings)
    patterns = list(chosen)
    for pattern in patterns:
        if not any(matches(pattern, finding.identity) for finding in present):
            shown = "\n".join(f"  {finding.identity}" for finding in present[:20]) or "  (none)"
            raise BaselineError(f"ID={pattern}: no new finding is called so. New findings are:\n{shown}")
    taken = [one for one in present if any(matches(pattern, one.identity) for pattern in patterns)]
    if not taken:
        raise BaselineError("there is nothing new to accept")
    entry: dict[str, Any] = {
        "match": [finding.identity for finding in taken],
        "reason": reason,
        "source": source,
    }
    entry["date"] = today
    if schema is not None:
        entry["schema"] = schema
    if expires is not None:
        if expires <= today:
            raise BaselineError(f"EXPIRES={expires} is not in the future")
        entry["expires"] = expires
    before = path.read_text(encoding="utf-8")
    lines = yaml.safe_dump([entry], sort_keys=False, width=105, allow_unicode=True).splitlines()
    added = "\n".join(f"  {line}" for line in lines)
    after = before.rstrip("\n") + "\n\n" + added + "\n"
    if re.search(r"^entries: *(\[\])? *$", before, re.MULTILINE):
        after = re.sub(r"^entries: *\[\] *$", "entries:", after, count=1, flags=re.MULTILINE)
    count = len(load_baseline(path).entries)
    path.write_text(after, encoding="utf-8")
    try:
        grown = len(load_baseline(path).entries) == count + 1
    except BaselineError:
        grown = False
    if not grown:
        path.write_text(before, encoding="utf-8")
        raise BaselineError(
            f"{path.name}: `entries` must be the last key, in block style, for entries to be added"
        )
    return taken
