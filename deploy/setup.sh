#!/bin/sh
# Makes the environment: the pinned parts with their hashes, then this project in editable form.
set -eu
venv=$1
python=${PYTHON:-python3}
"$python" - <<'PY'
import sys
if sys.version_info < (3, 11):
    sys.exit(f"liangxin needs Python 3.11 or newer; this is {sys.version.split()[0]}. Say PYTHON=python3.11 make …")
PY
if command -v uv >/dev/null 2>&1; then
    [ -x "$venv/bin/python" ] || uv venv --quiet --python "$python" "$venv"
    uv pip sync --quiet --python "$venv/bin/python" --require-hashes deploy/requirements-dev.txt
    uv pip install --quiet --python "$venv/bin/python" --no-deps --no-build-isolation -e .
else
    [ -x "$venv/bin/python" ] || "$python" -m venv "$venv"
    # The list is complete, so nothing is left to resolve: asked to, pip looks beyond the pins as
    # soon as one of them, wanted with an extra, has a newer release.
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r deploy/requirements-dev.txt
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
fi
