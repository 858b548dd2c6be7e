# One command per chore. `make` lists them. Needs python3 (3.11+) with its venv module, and make.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
EDITABLE := $(BIN)/pip install --quiet --no-deps --no-build-isolation --editable .
RELEASE := models/pressmark/released/2026.1
TRAIN_ON := models/corpus --definitions models/corpus/categories.json

.DEFAULT_GOAL := help
.PHONY: $(shell sed -n 's/^\([a-z-]*\):.*\#\# .*/\1/p' $(firstword $(MAKEFILE_LIST)))

help: ## list the targets
	@awk -F':.*## ' '/^[a-z-]+:.*## / { printf "  make %-15s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

serve: $(VENV)/serve.installed ## install what serving needs and serve on 127.0.0.1:8000
	$(BIN)/pressmark serve

test: $(VENV)/dev.installed ## install the workshop and run the tests
	$(BIN)/pytest

engines: $(VENV)-engines/installed ## run the tests on a real Ray cluster and on Spark (needs Java 17 or later)
	$(VENV)-engines/bin/pytest -m engines tests/engines

label-studio: $(VENV)/dev.installed $(VENV)-label-studio/installed ## run the tests with the real Label Studio (850 MB)
	$(BIN)/pytest -m label_studio tests/label_studio

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

learning-curve: $(VENV)/dev.installed ## macro-F1 against corpus size, into benchmarks/results: make learning-curve EVAL=FILE.jsonl
	$(BIN)/python benchmarks/accuracy/learning_curve.py $(EVAL)

openapi: $(VENV)/dev.installed ## write openapi/v1.json, its examples answered by the bundled model
	$(BIN)/python scripts/examples
	$(BIN)/pressmark openapi --output openapi/v1.json

faults: $(VENV)/dev.installed ## stops, kills, swaps and bad releases in full: make faults RUNS=200
	FAULT_RUNS=$(or $(RUNS),50) FAULT_BITS=2000 FAULT_CUTS=64 $(BIN)/pytest --timeout 7200 tests/faults

fuzz: $(VENV)/dev.installed ## inputs made up to break the judge and the reading of requests: make fuzz INPUTS=1000000
	$(BIN)/python tests/fuzz/campaign.py --inputs $(or $(INPUTS),1000000)

fuzz-api: $(VENV)/dev.installed ## schemathesis over the whole OpenAPI document, against a server: make fuzz-api EXAMPLES=500
	PYTHONPATH=tests/support $(BIN)/python tests/contract/schema_fuzz.py --examples $(or $(EXAMPLES),500)

soak: $(VENV)/dev.installed ## seven tenths of what the service can do, for long; nothing may fail or pile up: make soak SECONDS=900
	PYTHONPATH=benchmarks $(BIN)/python -m load.soak --seconds $(or $(SECONDS),900)

overload: $(VENV)/dev.installed ## four times what the service can do: make overload SECONDS=60 REQUESTS=2
	PYTHONPATH=benchmarks $(BIN)/python -m load.overload --seconds $(or $(SECONDS),60) --requests $(or $(REQUESTS),2)

bench-accuracy: $(VENV)/dev.installed ## measure beside other classifiers: make bench-accuracy EVAL=FILE.jsonl
	@test -n "$(EVAL)" || { echo 'make bench-accuracy EVAL=FILE.jsonl: name the labelled paragraphs' >&2; exit 2; }
	PYTHONPATH=benchmarks $(BIN)/python -m accuracy $(EVAL)

bench-batch: $(VENV)-engines/installed ## measure an archive on one and two processes and Ray nodes
	$(VENV)-engines/bin/python benchmarks/batch/scaling.py > benchmarks/results/scaling.md.new
	mv benchmarks/results/scaling.md.new benchmarks/results/scaling.md

# What `docker build` can be told besides; ENGINE=podman builds with podman, which keeps health checks in
# docker's format only.
ENGINE ?= docker
IMAGE ?= pressmark
IMAGE_FLAGS ?=
VERSION = $(shell sed -n 's/^__version__ = "\(.*\)"/\1/p' models/pressmark/version.py)
REVISION ?= $(shell git describe --always --dirty --abbrev=40)
CREATED ?= $(shell date -u +%Y-%m-%dT%H:%M:%SZ)
SOURCE ?=

image: ## build the container image: make image [ENGINE=podman] [IMAGE=NAME] [SOURCE=URL]
	BUILDAH_FORMAT=docker $(ENGINE) build --tag $(IMAGE) $(IMAGE_FLAGS) --build-arg VERSION=$(VERSION) \
	  --build-arg REVISION=$(REVISION) --build-arg CREATED=$(CREATED) --build-arg SOURCE=$(SOURCE) .

bench-scoring: $(BIN)/python ## time scoring beside peers: table and chart in benchmarks/results (ARGS=--quick)
	PYTHONPATH=benchmarks $(BIN)/python -m speed.scoring $(ARGS)

bench-http: $(BIN)/python ## time the service beside peers over HTTP: the same, with wrk (ARGS=--quick)
	PYTHONPATH=benchmarks $(BIN)/python -m speed.serving $(ARGS)

images: $(VENV)/dev.installed ## renew the screenshots in docs/images (needs Chromium, or root on Debian)
	$(BIN)/python scripts/images

lock: ## renew the locks from pyproject.toml (needs uv)
	scripts/lock

clean: ## remove the virtual environment and what tools left
	rm -rf $(VENV) $(VENV)-engines $(VENV)-label-studio dist build .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

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

$(VENV)-label-studio/installed: locks/label-studio.txt
	$(PYTHON) -m venv $(VENV)-label-studio
	$(VENV)-label-studio/bin/pip install --quiet --require-hashes -r locks/label-studio.txt
	@touch $@
