# Panorama: `make` lists what can be made. Nothing but Python 3.11, make and git is needed beforehand.
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
LOCKED := requirements/runtime.txt requirements/dev.txt
COMPILE := $(BIN)/uv pip compile --quiet --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links \
	--custom-compile-command "make lock"

.DEFAULT_GOAL := help
.PHONY: help setup lock clean

help:  ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(VENV)/project.stamp  ## make .venv from the locked requirements; does nothing when nothing changed

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/requirements.stamp: $(LOCKED) | $(BIN)/python
	$(BIN)/python -m pip install --quiet --require-hashes $(LOCKED:%=-r %)
	@touch $@

$(VENV)/project.stamp: pyproject.toml $(VENV)/requirements.stamp
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

lock: $(BIN)/python  ## resolve the newest allowed versions into requirements/, with hashes and without hosts
	$(BIN)/python -m pip install --quiet uv
	$(COMPILE) --upgrade pyproject.toml --output-file requirements/runtime.txt
	$(COMPILE) --upgrade --group dev --constraint requirements/runtime.txt --output-file requirements/dev.txt

clean:  ## remove everything that can be made again; data directories stay
	rm -rf $(VENV) build dist htmlcov .reports .coverage .coverage.* .mypy_cache .pytest_cache .ruff_cache \
		.import_linter_cache .hypothesis src/*.egg-info
