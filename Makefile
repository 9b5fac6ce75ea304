# Python 3.11 and make are all that must be there; everything else is installed by hash from requirements.lock.
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
DEMO := demo
export PYTHONDONTWRITEBYTECODE := 1

.PHONY: run test lint dev bench lock format clean

## run: set up, write the demo company and run it end to end
run: $(READY)
	@test -f $(DEMO)/kehu.yaml || $(BIN)/kehu demo $(DEMO)
	@$(BIN)/kehu run --settings $(DEMO)/kehu.yaml
	@echo "look at the runs and tables in the Dagster UI: make dev"

## test: set up, then formatter, linter, types and all tests
test: $(READY)
	@if git rev-parse --git-dir >/dev/null 2>&1; then $(BIN)/pre-commit run --all-files; else $(MAKE) lint; fi
	$(BIN)/pytest

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

## bench: time the examples and generated companies beside hand-written DuckDB scripts
bench: $(READY)
	$(BIN)/python -m benchmarks.bench
	$(BIN)/python -m benchmarks.service

## lock: resolve the dependencies anew, with hashes
lock: $(READY)
	$(BIN)/uv pip compile --quiet --upgrade --generate-hashes --no-emit-index-url --group dev pyproject.toml -o requirements.lock

## format: format and mend what can be mended
format: $(READY)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

clean:
	rm -rf $(VENV) $(DEMO)

$(READY): requirements.lock pyproject.toml
	@command -v $(PYTHON) >/dev/null || { echo "Kehu needs Python 3.11; name it: make PYTHON=/path/to/python3.11 $(MAKECMDGOALS)"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	@$(BIN)/uv pip sync --quiet --require-hashes requirements.lock
	@$(BIN)/uv pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $(READY)
