# Two commands: `make run` (the demo district in a browser) and `make test` (everything).
# Needs Python 3.11+ and make; uv is used where it is there, because it is ten times faster.
SHELL := /bin/sh
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.ready

.PHONY: setup run test soak check fmt bench clean requirements

setup: $(STAMP)

$(STAMP): deploy/requirements-dev.txt pyproject.toml deploy/setup.sh
	PYTHON="$(PYTHON)" sh deploy/setup.sh "$(VENV)"
	@touch $(STAMP)

# The demo lives in its own folder, so that it never meets a real register.
run: setup
	LIANGXIN_HOME="$${LIANGXIN_HOME:-$(CURDIR)/.demo}" $(BIN)/liangxin demo --port $${PORT:-8050}

check: setup
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

# Much of a test is waiting, for a browser or a child: two of them share a core. What is compiled is
# kept, whatever the machine says: every process would compile it anew. Frames are tiny, and threads
# of their own would only take turns with the other workers.
test: check
	sh deploy/test_tools.sh
	PYTHONDONTWRITEBYTECODE= POLARS_MAX_THREADS=1 \
	PYTEST_XDIST_AUTO_NUM_WORKERS="$${WORKERS:-$$($(BIN)/python -c 'import os; print(2 * os.cpu_count())')}" \
	$(BIN)/python -m pytest -n auto --dist loadfile --no-loadscope-reorder

# What `test` samples, told at length: a thousand orders of one feed, files cut at a thousand places,
# two hundred kills, a thousand small plans held against all there are. Takes long; every one of
# these may be set otherwise (`make soak KILLS=50`).
ORDERS ?= 1000
CUTS ?= 1000
KILLS ?= 200
PLANS ?= 1000
STORIES ?= 200
TWINS ?= 2000
REGISTERS ?= 10000
EXAMPLES ?= 200
soak: setup
	PYTHONDONTWRITEBYTECODE= POLARS_MAX_THREADS=1 ORDERS=$(ORDERS) CUTS=$(CUTS) KILLS=$(KILLS) \
	PLANS=$(PLANS) REGISTERS=$(REGISTERS) EXAMPLES=$(EXAMPLES) LIANGXIN_TEST_KILLS=$(KILLS) \
	LIANGXIN_TEST_STORIES=$(STORIES) LIANGXIN_TEST_TWINS=$(TWINS) \
	$(BIN)/python -m pytest -n auto --dist loadfile \
		tests/flows/test_kills.py tests/ingest/test_exchange_kill.py tests/ingest/test_late.py \
		tests/ingest/test_cut_off.py tests/ingest/test_exchange_converges.py \
		tests/ingest/test_exchange_late.py tests/liangxin/test_plan_instructors.py \
		tests/liangxin/test_plan_instructors_stages.py \
		tests/liangxin/test_joint_plan_by_trying.py tests/liangxin/test_plan_hours.py \
		tests/liangxin/test_suppression_holds.py tests/liangxin/test_coverage_model.py \
		tests/liangxin/test_spells.py

fmt: setup
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

# Ratios against named peers; takes minutes, prints a table. Not part of `test`.
bench: setup
	$(BIN)/python benchmarks/identity.py
	$(BIN)/python benchmarks/checks.py
	$(BIN)/python benchmarks/load.py
	$(BIN)/python benchmarks/sync.py
	$(BIN)/python benchmarks/crawl.py
	$(BIN)/python benchmarks/roster.py
	$(BIN)/python benchmarks/plan.py
	$(BIN)/python benchmarks/pages.py
	$(BIN)/python benchmarks/drop.py

# Re-pin. The result carries hashes and no index address.
requirements:
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-header --no-annotate --upgrade -q pyproject.toml --group dev -o deploy/requirements-dev.txt
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-header --no-annotate -q pyproject.toml -c deploy/requirements-dev.txt -o deploy/requirements.txt

clean:
	rm -rf $(VENV) .demo .mypy_cache .ruff_cache .pytest_cache .hypothesis
