"""Merge the contract and generate the client: `python scripts/generate.py [--output FOLDER]`.

Writes `openapi/openapi.yaml`, `generated/posthog_environments_api/`, `docs/curation.md` and `generated/manifest.json`,
byte for byte the same on every machine. Anything that the generator drops or warns about is an error, and nothing is written then.
"""

from __future__ import annotations

import argparse
import gc
import io
import os
import shutil
import sys
import tempfile
from collections.abc import Mapping
from contextlib import redirect_stdout
from importlib.metadata import version
from pathlib import Path
from typing import Any

from openapi_python_client import Project
from openapi_python_client.config import Config, ConfigFile, MetaType
from openapi_python_client.parser import GeneratorData
from openapi_python_client.parser.errors import GeneratorError
from openapi_python_client.schema.untrusted_string import UntrustedString

from contract_document import ROOT, ContractError, dump, merge
from contract_view import ContractView, shielded
from curation import curation_page
from manifest import MANIFEST, as_text, manifest

GENERATOR = "0.29.1"
PACKAGE = "posthog_environments_api"
TEMPLATES = ROOT / "generator-templates"
_MADE = (Path("openapi/openapi.yaml"), Path("generated") / PACKAGE, Path("docs/curation.md"))
OUTPUTS = (*_MADE, MANIFEST)


class ClientProject(Project):
    """openapi-python-client's project, with our files beside its own."""

    contract: ContractView

    def _create_package(self) -> None:
        super()._create_package()
        (self.package_dir / "py.typed").write_text("", encoding="utf-8")
        for name in ("codec", "operation", "operations", "runtime", "showing", "wire"):
            self._render(f"{name}.py.jinja", self.package_dir / f"{name}.py")

    def _build_api(self) -> None:
        super()._build_api()
        folder = self.package_dir / "resources"
        folder.mkdir()
        self._render("resources_init.py.jinja", folder / "__init__.py")
        for name in ("callers", "lazy"):
            self._render(f"{name}.py.jinja", folder / f"{name}.py")
        for tag in self.contract.by_tag:
            self._render(
                "resource.py.jinja",
                folder / f"{tag}.py",
                tag=tag,
                resource_imports=self.contract.resource_imports(tag),
            )

    def _render(self, template: str, target: Path, **context: object) -> None:
        target.write_text(self.env.get_template(template).render(**context), encoding="utf-8")


def generate(output: Path) -> None:
    """Write everything that is generated under `output`."""
    installed = version("openapi-python-client")
    if installed != GENERATOR:
        raise ContractError(f"openapi-python-client {GENERATOR} is needed, {installed} is installed")
    document = merge()
    write(output / OUTPUTS[0], dump(document))
    package = output / OUTPUTS[1]
    if package.exists():
        shutil.rmtree(package)
    package.parent.mkdir(parents=True, exist_ok=True)
    build_package(document, package)
    write(output / OUTPUTS[2], curation_page(document))
    write(output / MANIFEST, as_text(manifest(output, _MADE)))


def build_package(document: Mapping[str, Any], folder: Path) -> None:
    """Run the generator on a merged document."""
    # The post hooks call `ruff` by name; it stands beside the interpreter that runs us.
    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    config = Config.from_sources(
        ConfigFile.load_from_path(ROOT / "generator-config.yaml"),
        meta_type=MetaType.NONE,
        document_source=Path("openapi.yaml"),
        file_encoding="utf-8",
        overwrite=False,
        output_path=folder,
    )
    parsed = GeneratorData.from_dict(dict(document), config=config)
    if isinstance(parsed, GeneratorError):
        raise ContractError(_described(parsed))
    complaints = [
        *(error for tag in parsed.endpoint_collections_by_tag.values() for error in tag.parse_errors),
        *parsed.errors,
    ]
    if complaints:
        raise ContractError("\n".join(_described(error) for error in complaints))
    project = ClientProject(openapi=parsed, config=config, custom_template_path=TEMPLATES)
    project.contract = ContractView(document, parsed)
    project.env.globals["contract"] = project.contract
    project.env.filters.update(pyrepr=repr, shielded=shielded)
    with redirect_stdout(io.StringIO()):  # it prints the temporary folder
        errors = project.build()
    if errors:
        raise ContractError("\n".join(_described(error) for error in errors))


def _described(error: GeneratorError) -> str:
    parts = [error.header, error.detail, getattr(error, "data", None)]
    return ": ".join(
        part.get_untrusted_value() if isinstance(part, UntrustedString) else str(part)
        for part in parts
        if part
    )


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument(
        "--output", type=Path, default=ROOT, help="folder to write under (default: this repository)"
    )
    output = parser.parse_args().output.resolve()
    # A short life full of small objects: collecting garbage would take a fifth of it.
    gc.disable()
    # Into a folder beside the target first: a failure must not leave half a package behind.
    output.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=output, prefix=".generate-") as scratch:
        try:
            generate(Path(scratch))
        except ContractError as error:
            print(f"The contract cannot be generated:\n{error}", file=sys.stderr)
            return 1
        for relative in OUTPUTS:
            target = output / relative
            if target.is_dir():
                shutil.rmtree(target)
            target.parent.mkdir(parents=True, exist_ok=True)
            (Path(scratch) / relative).replace(target)
    print("Generated " + ", ".join(str(path) for path in OUTPUTS))
    return 0


if __name__ == "__main__":
    sys.exit(main())
