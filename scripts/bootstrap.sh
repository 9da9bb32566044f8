#!/usr/bin/env bash
# Make the virtual environment given as the first argument. Needs Python 3.11 or newer and nothing else.
set -euo pipefail
venv=$1
requirements=${REQUIREMENTS:-requirements/dev.txt}

python=""
for candidate in "${PYTHON:-}" python3 python3.14 python3.13 python3.12 python3.11 python; do
  [ -n "$candidate" ] || continue
  command -v "$candidate" >/dev/null 2>&1 || continue
  if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
    python=$candidate
    break
  fi
done
if [ -z "$python" ]; then
  echo "Python 3.11 or newer is needed and was not found. Install it, or name it: make PYTHON=/path/to/python3" >&2
  exit 1
fi

log=$(mktemp)
trap 'rm -f "$log"' EXIT
quietly() {
  if ! "$@" >"$log" 2>&1; then
    echo "failed: $*" >&2
    tail -n 30 "$log" >&2
    exit 1
  fi
}

echo "Setting up $venv with $("$python" --version) (once; takes about a minute) ..."
if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
  echo "This Python lacks the venv module; on Debian and Ubuntu: apt-get install python3-venv" >&2
  exit 1
fi
quietly "$python" -m venv --clear "$venv"
if command -v uv >/dev/null 2>&1; then
  quietly uv pip install --python "$venv/bin/python" --require-hashes -r "$requirements"
  quietly uv pip install --python "$venv/bin/python" --no-deps --no-build-isolation -e .
else
  quietly "$venv/bin/python" -m pip install --disable-pip-version-check --require-hashes -r "$requirements"
  quietly "$venv/bin/python" -m pip install --disable-pip-version-check --no-deps --no-build-isolation -e .
fi
touch "$venv/.ready"
