# Panorama: `make` lists what can be made. Nothing but Python 3.11, make and git is needed beforehand.
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
LOCKED := requirements/runtime.txt requirements/dev.txt
COMPILE := $(BIN)/uv pip compile --quiet --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links \
	--custom-compile-command "make lock"

# Programs of the system's packages, as COMMAND or COMMAND=PACKAGE.
TEST_PROGRAMS := git
BENCH_PROGRAMS := wrk restic
IMAGE_PROGRAMS := buildah podman mmdebstrap runc
MACHINE_PROGRAMS := nginx=nginx-light openssl strace systemd-analyze=systemd

SUITES := $(wildcard tests/unit tests/contract tests/e2e tests/faults)
# Tests that cut lines and kill processes wait a lot, so that there is one process more than cores. Each starts the
# servers that its files need, so that more than a few cost more memory than they save time.
WORKERS := $(shell echo $$(($$(nproc) + 1)))
SIDE_BY_SIDE := --numprocesses $(WORKERS) --maxprocesses 4 --dist loadfile --no-loadscope-reorder
NOT_PROVEN := .reports/not-proven.jsonl
TEST_CPU := .reports/test-cpu.jsonl
DEPLOY_NOT_PROVEN := .reports/deploy-not-proven.jsonl
DEPLOY_CPU := .reports/deploy-cpu.jsonl
CORE := src/domain/*,src/application/*
# More options for pytest: make unit ARGS="-k sealing -x"
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help setup run test check unit contract e2e faults soak mutants bench sizing recording lock clean image deploy-check

help:  ## list the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "  %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(VENV)/project.stamp  ## make .venv from the locked requirements; does nothing when nothing changed

run: setup  ## start the service on the embedded default and show a panorama being shaped
	$(BIN)/panorama demo --serve

test: setup  ## run every suite, hold coverage to its gates, and say what was not proven
	tools/system-packages $(TEST_PROGRAMS)
	rm -rf $(NOT_PROVEN) $(TEST_CPU) .coverage .coverage.*
	PANORAMA_NOT_PROVEN=$(NOT_PROVEN) PANORAMA_TEST_CPU=$(TEST_CPU) $(BIN)/coverage run -m pytest $(SIDE_BY_SIDE) $(SUITES) $(ARGS)
	$(BIN)/coverage combine --quiet
	@rm -f .coverage.*  # What a process that a test killed had not finished writing.
	@gates=0; \
	$(BIN)/coverage report --include='$(CORE)' --fail-under=100 || gates=1; \
	$(BIN)/coverage report --omit='$(CORE)' --fail-under=90 || gates=1; \
	PANORAMA_TEST_CPU=$(TEST_CPU) $(BIN)/python -m tests.cpu; \
	PANORAMA_NOT_PROVEN=$(NOT_PROVEN) $(BIN)/python -m tests.report; \
	exit $$gates

check: setup  ## look for what is wrong without running it: style, format, types, imports
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

unit contract e2e faults: setup
	$(BIN)/pytest tests/$@ $(ARGS)
unit:  ## run the tests that do no input or output
contract:  ## run each port's suite against each of its adapters
e2e:  ## run the tests that go through HTTP and the command line
faults:  ## run the tests that crash or cut between any two steps

soak: setup  ## run every suite with ten times the rounds, at random, and make ten times as many mistakes
	PANORAMA_SOAK=10 $(BIN)/pytest $(SIDE_BY_SIDE) $(SUITES) --timeout=1200 $(ARGS)
	PANORAMA_SOAK=10 $(BIN)/python -m tests.mutants

mutants: setup  ## make small mistakes where data could be lost, and name those that no unit test finds
	$(BIN)/python -m tests.mutants $(ARGS)

image: setup $(VENV)/deploy.stamp  ## build the container image, on a base made from this machine's own Debian mirror
	tools/system-packages $(IMAGE_PROGRAMS)
	deploy/image/build

deploy-check: setup $(VENV)/deploy.stamp  ## check what is deployed, without any cloud: the image, a single machine, the roots
	tools/system-packages $(IMAGE_PROGRAMS) $(MACHINE_PROGRAMS)
	rm -rf $(DEPLOY_NOT_PROVEN) $(DEPLOY_CPU)
	@tests=0; \
	PANORAMA_NOT_PROVEN=$(DEPLOY_NOT_PROVEN) PANORAMA_TEST_CPU=$(DEPLOY_CPU) \
		$(BIN)/pytest $(SIDE_BY_SIDE) --maxprocesses 2 tests/deploy $(ARGS) || tests=$$?; \
	PANORAMA_TEST_CPU=$(DEPLOY_CPU) $(BIN)/python -m tests.cpu; \
	PANORAMA_NOT_PROVEN=$(DEPLOY_NOT_PROVEN) $(BIN)/python -m tests.report; \
	exit $$tests

bench: setup  ## measure, print the tables and a line for each figure; ARGS=quick takes small sizes
	tools/system-packages $(BENCH_PROGRAMS)
	$(BIN)/python -m bench $(ARGS)

sizing: setup  ## say what a thousand tenants need and cost, from what was measured and from the prices in bench/prices.toml
	@$(BIN)/python -m bench.sizing $(ARGS)

recording: setup  ## record as plain text how a cloud is switched off and another takes over
	$(BIN)/python -m tests.e2e.recording > docs/recording.txt

lock: $(BIN)/python  ## resolve the newest allowed versions into requirements/, with hashes and without hosts
	$(BIN)/python -m pip install --quiet uv
	$(COMPILE) --upgrade pyproject.toml --output-file requirements/runtime.txt
	$(COMPILE) --upgrade --group dev --constraint requirements/runtime.txt --output-file requirements/dev.txt
	$(COMPILE) --upgrade --group deploy --output-file requirements/deploy.txt
	$(COMPILE) --upgrade --group history --output-file requirements/history.txt
	$(COMPILE) --upgrade --group schemas --no-deps --output-file requirements/schemas.txt

clean:  ## remove everything that can be made again; data directories stay
	rm -rf $(VENV) build dist htmlcov .reports .coverage .coverage.* .mypy_cache .pytest_cache .ruff_cache \
		.import_linter_cache .hypothesis src/*.egg-info

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/requirements.stamp: $(LOCKED) | $(BIN)/python
	@# The locks are complete, and say where a pin was overridden: nothing is left for pip to resolve.
	$(BIN)/python -m pip install --quiet --require-hashes --no-deps $(LOCKED:%=-r %)
	@touch $@

$(VENV)/deploy.stamp: requirements/deploy.txt requirements/history.txt requirements/schemas.txt | $(BIN)/python
	@# Tools of their own, which need other releases of what the service needs.
	$(PYTHON) -m venv $(VENV)/deploy
	$(VENV)/deploy/bin/python -m pip install --quiet --require-hashes --no-deps -r $<
	$(VENV)/deploy/bin/python -m pip download --quiet --require-hashes --no-deps --dest $(VENV)/deploy/schemas \
		-r requirements/schemas.txt
	$(PYTHON) -m venv $(VENV)/history
	$(VENV)/history/bin/python -m pip install --quiet --require-hashes --no-deps -r requirements/history.txt
	@touch $@

$(VENV)/project.stamp: pyproject.toml $(VENV)/requirements.stamp
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@
