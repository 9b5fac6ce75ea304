# Python 3.11 and make are all that must be there; everything else is installed by hash from requirements.lock.
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
SUPERSET := .venv-superset
READY := $(VENV)/.ready
DEMO := demo
# Without compiled modules each start costs seconds.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: run test test-bi test-spark pictures dashboards lint dev bench lock format clean

## run: set up, write the demo company and run it end to end
run: $(READY)
	@test -f $(DEMO)/kehu.yaml || $(BIN)/kehu demo $(DEMO)
	@$(BIN)/kehu run --settings $(DEMO)/kehu.yaml
	@echo "look at the runs and tables in the Dagster UI: make dev"

## test: set up, then formatter, linter, types and all tests
test: $(READY)
	@if git rev-parse --git-dir >/dev/null 2>&1; then $(BIN)/pre-commit run --all-files; else $(MAKE) lint; fi
	$(BIN)/pytest

## test-bi: install Superset beside, import the dashboards over a real PostgreSQL, compare every chart
test-bi: $(READY) $(SUPERSET)/.ready
	$(BIN)/pytest tests/bi -n 0

## pictures: the same, and the README's pictures of the dashboards are taken anew
pictures: export KEHU_PICTURES := $(CURDIR)/docs/images
pictures: test-bi

## test-spark: start a Spark cluster on loopback, and compare every table that it computes with Polars'
test-spark: $(READY)
	$(BIN)/pytest tests/cluster -n 0

## dashboards: import the dashboards into a Superset that runs; dashboards/superset/README.md says how to name it
dashboards: $(READY)
	@$(BIN)/python -m dashboards.superset.load

## lint: what pre-commit runs
lint: $(READY)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

## dev: open the Dagster UI on the demo company (or on KEHU_SETTINGS)
dev: export KEHU_SETTINGS ?= $(CURDIR)/$(DEMO)/kehu.yaml
dev: $(READY)
	@test -f $(KEHU_SETTINGS) || $(BIN)/kehu demo $(DEMO)
	$(BIN)/python -m pipelines.dev

## bench: time generated companies beside DuckDB, pandas and Spark; one table each, kept in benchmarks/results
bench: $(READY)
	$(BIN)/python -m benchmarks

## lock: resolve the dependencies anew, with hashes
lock: $(READY)
	$(BIN)/uv pip compile --quiet --python-version 3.11 --upgrade --generate-hashes --no-emit-index-url --group dev pyproject.toml -o requirements.lock
	$(BIN)/uv pip compile --quiet --python-version 3.11 --upgrade --generate-hashes --no-emit-index-url dashboards/superset/requirements.in -o dashboards/superset/requirements.lock

## format: format and mend what can be mended
format: $(READY)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

clean:
	rm -rf $(VENV) $(SUPERSET) $(DEMO)

$(SUPERSET)/.ready: dashboards/superset/requirements.lock $(READY)
	@test -x $(SUPERSET)/bin/python || $(PYTHON) -m venv $(SUPERSET)
	@$(BIN)/uv pip sync --quiet --compile-bytecode --python $(SUPERSET)/bin/python --require-hashes dashboards/superset/requirements.lock
	@touch $@

$(READY): requirements.lock pyproject.toml
	@command -v $(PYTHON) >/dev/null || { echo "Kehu needs Python 3.11; name it: make PYTHON=/path/to/python3.11 $(MAKECMDGOALS)"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	@$(BIN)/uv pip sync --quiet --compile-bytecode --require-hashes requirements.lock
	@$(BIN)/uv pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $(READY)
