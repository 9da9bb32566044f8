# The front door. `make demo` and `make test` set everything up by themselves.

.DEFAULT_GOAL := help
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c

VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
export PYTHONDONTWRITEBYTECODE ?= 1
BASE ?=
CALLS ?=
DEPENDENCIES ?=
FORMAT ?=
JSON ?=
PYTHONS ?=
REPORT ?=
VERSION ?=
WITHOUT_NODE ?=

.PHONY: help setup demo test check contract contract-lint contract-opinion upstream-diff upstream-accept draft generate \
	upgrade-generator lint types unit conformance parity format bench build accept sbom changelog changelog-check \
	release-check docs docs-serve requirements clean

help: ## Show what there is
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

$(READY): requirements/dev.txt pyproject.toml scripts/bootstrap.sh
	@bash scripts/bootstrap.sh $(VENV)

setup: $(READY) ## Make .venv with everything that is needed

demo: $(READY) ## Regenerate, show that nothing drifted, run the quickstart (against the emulator, or PostHog with a key)
	@$(BIN)/python scripts/demo.py

test: $(READY) ## Lint, types, tests and drift
	@$(BIN)/python scripts/run_checks.py

check: $(READY) ## Regenerate into a temporary folder and compare byte by byte
	@$(BIN)/python scripts/check.py

generate: $(READY) ## Merge the contract and generate the client
	@$(BIN)/python scripts/generate.py
	@$(BIN)/python scripts/behaviours.py

contract: contract-lint ## Lint the contract, compare it and the packages with BASE=<revision> (found by itself where left out)
	@$(BIN)/python scripts/contract_gate.py $(if $(BASE),--base $(BASE)) $(if $(FORMAT),--format $(FORMAT)) \
		$(if $(JSON),--json $(JSON)) $(if $(REPORT),--markdown $(REPORT))

contract-lint: $(READY) ## Every rule that the contract must keep, messages with file and line (FORMAT=github, WITHOUT_NODE=warn)
	@$(BIN)/python scripts/lint_contract.py $(if $(FORMAT),--format $(FORMAT)) \
		$(if $(WITHOUT_NODE),--without-node $(WITHOUT_NODE))

contract-opinion: $(READY) ## Redocly's verdict beside ours on every seeded change of tests/contract/diffs (two minutes)
	@$(BIN)/python scripts/contract_opinion.py

upgrade-generator: $(READY) ## Move to another release of the generator: VERSION=0.30.0 (docs/generator-upgrade.md)
	@$(BIN)/python scripts/upgrade_generator.py $(VERSION)

lint: $(READY) ## Style of the hand-written code
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

types: $(READY) ## mypy --strict and pyright strict
	@$(BIN)/mypy
	@$(BIN)/pyright

unit: $(READY) ## The tests alone
	@$(BIN)/pytest

conformance: $(READY) ## Schemathesis drives the emulator by the contract (MINUTES=10 SEED=1)
	@$(BIN)/python scripts/conformance.py $(if $(MINUTES),--minutes $(MINUTES)) $(if $(SEED),--seed $(SEED))

parity: .venv-parity/.ready ## HogQL on DuckDB and on chDB, which is ClickHouse: the tests on both, every difference (SEED=1 CALLS=20)
	@.venv-parity/bin/python -m pytest -q tests/emulator/hogql tests/emulator/chdb --query-engine chdb -p no:cacheprovider
	@.venv-parity/bin/python scripts/parity.py $(if $(SEED),--seed $(SEED)) $(if $(CALLS),--calls $(CALLS))

.venv-parity/.ready: requirements/parity.txt pyproject.toml scripts/bootstrap.sh
	@REQUIREMENTS=requirements/parity.txt bash scripts/bootstrap.sh .venv-parity

format: $(READY) ## Put the hand-written code into shape
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

# Through the environment: what stands in these variables is never read by the shell.
export SCHEMA FORMAT REASON SOURCE ID EXPIRES OP

upstream-diff: $(READY) ## Compare the contract with PostHog's schema: SCHEMA=<file or https URL> [FORMAT=json|github]
	@: "$${SCHEMA:?make upstream-diff SCHEMA=<file or https URL>}"
	@$(BIN)/python scripts/upstream_diff.py "$$SCHEMA" --format "$${FORMAT:-markdown}"

upstream-accept: $(READY) ## Accept what is new as known: SCHEMA= REASON= SOURCE= [ID=<finding, * allowed>] [EXPIRES=<date>]
	@: "$${SCHEMA:?make upstream-accept SCHEMA=<file or https URL> REASON=... SOURCE=...}"
	@$(BIN)/python scripts/upstream_diff.py "$$SCHEMA" --accept --reason "$$REASON" --source "$$SOURCE" \
		$${ID:+--id "$$ID"} $${EXPIRES:+--expires "$$EXPIRES"}

draft: $(READY) ## Draft an operation for the contract: OP="GET groups/" SCHEMA=<file or https URL> [WRITE=1]
	@: "$${SCHEMA:?make draft OP=\"GET groups/\" SCHEMA=<file or https URL>}" "$${OP:?OP=\"GET groups/\" is needed}"
	@$(BIN)/python scripts/draft_operation.py "$$OP" "$$SCHEMA" $(if $(WRITE),--write)

build: $(READY) ## Wheel and source distribution in dist/; the same bytes for the same commit
	@$(BIN)/python scripts/build.py dist

docs: .venv-docs/.ready ## The documentation site, in site/; every warning and dead link is an error
	@NO_MKDOCS_2_WARNING=1 .venv-docs/bin/mkdocs build --strict --quiet
	@.venv-docs/bin/python scripts/check_links.py site

docs-serve: .venv-docs/.ready ## The same on http://127.0.0.1:8000, built again when a page changes
	@NO_MKDOCS_2_WARNING=1 .venv-docs/bin/mkdocs serve

.venv-docs/.ready: docs/requirements.txt pyproject.toml scripts/bootstrap.sh
	@REQUIREMENTS=docs/requirements.txt bash scripts/bootstrap.sh .venv-docs

accept: $(READY) ## Write release/public-api.txt and release/contents.txt as they are now; read the diff
	@$(BIN)/python scripts/accept.py

sbom: build ## CycloneDX bill of materials of the wheel, in dist/
	@$(BIN)/python scripts/sbom.py

changelog-check: $(READY) ## Did the change since BASE=<revision> bring an entry in changelog.d/?
	@$(BIN)/python scripts/changelog.py check $(if $(BASE),--base $(BASE))

changelog: $(READY) ## Put the entries of changelog.d/ into CHANGELOG.md under the version of the package
	@$(BIN)/python scripts/changelog.py release

release-check: $(READY) ## Version, changelog, tag; the tests against the wheel, lowest and latest dependencies, every Python (PYTHONS=)
	@$(BIN)/python scripts/release_check.py
	@$(BIN)/python scripts/check_wheel.py
	@PYTHONS="$(PYTHONS)" $(BIN)/python scripts/test_installed.py $(foreach one,$(DEPENDENCIES),--dependencies $(one))

COMPILE := pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate

# All but emulator-chdb, which `make parity` tests.
EXTRAS := arrow cli emulator limits pandas polars redis

requirements: ## Compile the pinned requirements (needs uv)
	@command -v uv >/dev/null || { echo "Compiling requirements needs uv, and nothing else here does: https://docs.astral.sh/uv/" >&2; exit 1; }
	@uv $(COMPILE) -o requirements/dev.txt requirements/dev.in
	@uv $(COMPILE) -c requirements/dev.txt -o benchmarks/requirements.txt benchmarks/requirements.in
	@uv $(COMPILE) -c requirements/dev.txt -o docs/requirements.txt docs/requirements.in
	@uv $(COMPILE) -c requirements/dev.txt -o requirements/parity.txt requirements/parity.in
	@uv $(COMPILE) $(EXTRAS:%=--extra %) --resolution lowest-direct -o requirements/lowest.txt pyproject.toml requirements/tests.in
	@uv $(COMPILE) $(EXTRAS:%=--extra %) -o requirements/latest.txt pyproject.toml requirements/tests.in
	@uv $(COMPILE) -o requirements/sbom.txt requirements/sbom.in

clean: ## Remove what the commands above made
	@rm -rf $(VENV) .venv-bench .venv-docs .venv-parity site dist .mypy_cache .ruff_cache .pytest_cache

bench: .venv-bench/.ready ## Every figure of docs/performance.md, next to the peers (takes some minutes)
	@PYTHONDONTWRITEBYTECODE= .venv-bench/bin/python benchmarks/bench.py $(if $(JSON),--json $(JSON))

.venv-bench/.ready: benchmarks/requirements.txt pyproject.toml scripts/bootstrap.sh
	@REQUIREMENTS=benchmarks/requirements.txt bash scripts/bootstrap.sh .venv-bench
