"""Bytes → typed objects, next to the peers: part of `make bench`."""

from __future__ import annotations

import importlib
import json
import math
import subprocess
import sys
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import cattrs
import msgspec
import pydantic
from harness import compare
from openai import BaseModel
from openai._models import construct_type
from pages import KINDS, fields, page, plain_attrs, pydantic_model, replaced, struct, wire_names

ROOT = Path(__file__).resolve().parent.parent
ROUNDS = {100: 15, 1_000: 15}
CALLS = {100: 12, 1_000: 3}
OURS = "posthog_environments"
BASE = "msgspec Struct"


def stock_package(folder: Path) -> None:
    """What the generator makes of our contract without our templates."""
    command = [
        *(sys.executable, "-m", "openapi_python_client", "generate", "--meta", "none"),
        *("--path", str(ROOT / "openapi" / "openapi.yaml"), "--output-path", str(folder / "stock_client")),
    ]
    subprocess.run(command, check=True, capture_output=True, env={"PATH": str(Path(sys.executable).parent)})
    sys.path.insert(0, str(folder))


@cache
def openai_model(cls: type[Any]) -> Any:
    """The same fields as openai-python declares them: what is required is no union, because `construct` hands
    unions to pydantic's validation instead of constructing them."""
    made: dict[str, Any] = {
        attribute: (
            replaced(hint, openai_model) if required else replaced(hint, openai_model) | None,
            pydantic.Field(... if required else None, alias=name),
        )
        for attribute, name, hint, required in fields(cls)
    }
    return pydantic.create_model(cls.__name__, __base__=BaseModel, **made)


def variants(kind: str, data: bytes) -> dict[str, Callable[[], object]]:
    cls = KINDS[kind]
    decode = msgspec.json.Decoder(struct(cls)).decode
    validate = pydantic_model(cls).model_validate_json
    converter = cattrs.Converter()
    from datetime import datetime
    from uuid import UUID

    converter.register_structure_hook(datetime, lambda value, _: datetime.fromisoformat(value))
    converter.register_structure_hook(UUID, lambda value, _: UUID(value))
    peer = plain_attrs(cls)
    openai_peer = openai_model(cls)
    stock = getattr(importlib.import_module("stock_client.models"), cls.__name__)
    renamed = {name: attribute for attribute, name in wire_names(cls).items() if name != attribute}

    def by_cattrs() -> object:
        value = json.loads(data)
        return converter.structure({renamed.get(name, name): item for name, item in value.items()}, peer)

    return {
        BASE: lambda: decode(data),
        OURS: lambda: cls.from_json(data),
        "posthog_environments, tolerant path": lambda: cls.from_dict(json.loads(data)),
        "json.loads to dicts": lambda: json.loads(data),
        "stock openapi-python-client": lambda: stock.from_dict(json.loads(data)),
        "attrs and cattrs": by_cattrs,
        "pydantic v2": lambda: validate(data),
        "openai-python construct": lambda: construct_type(value=json.loads(data), type_=openai_peer),
    }


def measure(rows: int, *, drift: bool = False) -> dict[str, dict[str, tuple[float, float]]]:
    """By variant and kind: microseconds per object, ratio to msgspec."""
    found: dict[str, dict[str, tuple[float, float]]] = {}
    for kind in KINDS:
        data = page(kind, rows, drift=drift)
        for name, (micros, ratio) in compare(
            variants(kind, data), base=BASE, rounds=ROUNDS[rows], calls=CALLS[rows]
        ).items():
            found.setdefault(name, {})[kind] = (micros / rows, ratio)
    return found


def geometric_mean(values: list[float]) -> float:
    return math.exp(sum(math.log(value) for value in values) / len(values))


def run() -> dict[str, Any]:
    """Every table of this file, for `bench.py`."""
    with tempfile.TemporaryDirectory(prefix="posthog-environments-") as folder:
        stock_package(Path(folder))
        return {
            "page of 100": measure(100),
            "page of 100, an unknown key in every row": measure(100, drift=True),
            "page of 1,000": measure(1_000),
        }


if __name__ == "__main__":
    for title, table in run().items():
        sys.stdout.write(f"\n{title}: us per object (x msgspec)\n")
        for name, kinds in table.items():
            mean = geometric_mean([ratio for _, ratio in kinds.values()])
            cells = "  ".join(f"{micros:7.1f} ({ratio:5.2f})" for micros, ratio in kinds.values())
            sys.stdout.write(f"  {name:38} {cells}   geo {mean:5.2f}\n")
