# One command per chore. `make` lists them. Needs python3 (3.11+) with its venv module, and make.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
EDITABLE := $(BIN)/pip install --quiet --no-deps --no-build-isolation --editable .
RELEASE := models/pressmark/released/2026.1
TRAIN_ON := models/corpus --definitions models/corpus/categories.json

.DEFAULT_GOAL := help
.PHONY: help serve test engines check format train calibrate openapi lock clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1|\2/' | column -t -s '|'

serve: $(VENV)/serve.installed ## install what serving needs and serve on 127.0.0.1:8000
	$(BIN)/pressmark serve

test: $(VENV)/dev.installed ## install the workshop and run the tests
	$(BIN)/pytest

engines: $(VENV)-engines/installed ## run the tests on a real Ray cluster and on Spark (needs Java 17 or later)
	$(VENV)-engines/bin/pytest -m engines tests/engines

check: $(VENV)/dev.installed ## types, lint, layers, corpus
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pressmark corpus check models/corpus

format: $(VENV)/dev.installed ## let ruff format and mend what it can
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

train: $(VENV)/dev.installed ## train on the corpus and replace the bundled release
	$(BIN)/pressmark train $(TRAIN_ON) --calibration models/calibration.json --out $(RELEASE)
	@$(MAKE) --no-print-directory openapi

calibrate: $(VENV)/dev.installed ## fit models/calibration.json to real paragraphs: make calibrate ON=FILE.jsonl SOURCE="what they are"
	$(BIN)/pressmark calibrate $(TRAIN_ON) --on $(ON) --source "$(SOURCE)" --out models/calibration.json

openapi: $(VENV)/dev.installed ## write openapi/v1.json, its examples answered by the bundled model
	$(BIN)/python scripts/examples
	$(BIN)/pressmark openapi --output openapi/v1.json

lock: ## renew the locks from pyproject.toml (needs uv)
	scripts/lock

clean: ## remove the virtual environment and what tools left
	rm -rf $(VENV) $(VENV)-engines dist build .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/serve.installed: $(BIN)/python locks/build.txt locks/serve.txt pyproject.toml
	$(BIN)/pip install --quiet --require-hashes -r locks/build.txt -r locks/serve.txt
	$(EDITABLE)
	@touch $@

$(VENV)/dev.installed: $(BIN)/python locks/dev.txt pyproject.toml
	$(BIN)/pip install --quiet --require-hashes -r locks/dev.txt
	$(EDITABLE)
	@touch $@ $(VENV)/serve.installed

$(VENV)-engines/installed: locks/engines.txt pyproject.toml
	$(PYTHON) -m venv $(VENV)-engines
	$(VENV)-engines/bin/pip install --quiet --require-hashes -r locks/engines.txt
	$(VENV)-engines/bin/pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@
