"""What a comparison finds, and how each finding is named."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any


class Severity(Enum):
    """What a finding means for our users."""

    BREAKS = "breaks us"
    MORE = "lets us do more"
    INFORMATION = "information"


@dataclass(frozen=True)
class Finding:
    """One difference. `identity` stays the same as long as the difference does: the baseline names it."""

    kind: str
    operation: str  # our operation id; for operations that we lack, the resource
    place: str
    ours: str
    theirs: str
    severity: Severity
    detail: str = ""  # what makes a second difference of this kind at this place another one
    known: str = ""  # why it is no news: a note of the contract

    @property
    def identity(self) -> str:
        return identity(
            f"{self.operation}:{self.kind}:{self.place}" + (f"={self.detail}" if self.detail else "")
        )

    def as_json(self) -> Mapping[str, Any]:
        return {
            "id": self.identity,
            "kind": self.kind,
            "operation": self.operation,
            "place": self.place,
            "ours": self.ours,
            "theirs": self.theirs,
            "severity": self.severity.value,
            **({"known": self.known} if self.known else {}),
        }


def identity(text: str) -> str:
    """Names come from outside: whatever would break a line, or be a pattern of the baseline, is spelled out."""
    safe = re.sub(
        r"[^\x20-\x7e]|[*%`|<>\\]", lambda found: "".join(f"%{byte:02X}" for byte in found[0].encode()), text
    )
    return safe if len(safe) <= 300 else safe[:280] + f"...{len(safe)}"
