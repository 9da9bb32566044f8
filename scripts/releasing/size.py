"""What an installation takes on disk."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from attrs import define

# Of the package with its dependencies, without extras. Bytecode is left out: it depends on the installer and the
# Python, and uv writes none.
LIMIT = 8_000_000
_INSTALLERS = ("pip", "setuptools", "pkg_resources", "_virtualenv", "_distutils_hack", "distutils-precedence")


@define(frozen=True)
class Size:
    """Bytes of an environment, by what lies at the top of its site-packages; bytecode is counted apart."""

    parts: dict[str, int]
    bytecode: int

    @property
    def total(self) -> int:
        return sum(self.parts.values())

    def lines(self) -> list[str]:
        """The total and its largest parts, for people."""
        largest = sorted(self.parts.items(), key=lambda part: -part[1])[:6]
        shown = ", ".join(f"{name} {size / 1e6:.2f}" for name, size in largest)
        return [
            f"installed: {self.total / 1e6:.2f} MB of at most {LIMIT / 1e6:.0f} MB ({shown}); with the bytecode that pip writes"
            f" {(self.total + self.bytecode) / 1e6:.2f} MB"
        ]


def measure(environment: Path) -> Size:
    """Size of what a virtual environment has installed, without the installers that came with it."""
    (packages,) = environment.glob("lib/python*/site-packages")
    parts: Counter[str] = Counter()
    bytecode = 0
    for path in packages.rglob("*"):
        top = path.relative_to(packages).parts[0]
        if not path.is_file() or top.startswith(_INSTALLERS):
            continue
        if path.suffix == ".pyc":
            bytecode += path.stat().st_size
        else:
            parts[top.removesuffix(".dist-info").partition("-")[0]] += path.stat().st_size
    return Size(dict(parts), bytecode)
