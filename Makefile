# Needs Python 3.11 or newer, and make. Everything else is installed into .venv by the targets themselves.
PYTHON ?= python3
PORT ?= 6543
BIN := .venv/bin
# Where the text is English; rooms with pages hold German in their code.
ENGLISH := README.md CHANGELOG.md Makefile docs policies bench $(addprefix senfcall_avv/,audit bbb endpoints gateway jobs \
	ledger operations policy security settings simulator db.py edge.py logs.py root.py sealing.py typing.py)

PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check

.DEFAULT_GOAL := help
.PHONY: help setup serve test lint types format bench lock

help:  ## List these words
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' Makefile

setup: .venv/.complete  ## Build the environment with everything for development

serve: .venv/.runtime  ## Start portal, gateway, worker and a simulated backend with demo data (PORT=6543)
	@$(BIN)/avv --config development.ini demo serve --port $(PORT)

test: .venv/.complete  ## Run the whole suite; what .ci/run calls (ARGS for pytest)
	@$(BIN)/python tests/services.py $(BIN)/python -m pytest --numprocesses=auto --dist=worksteal --durations=20 $(ARGS)

lint: .venv/.complete  ## Check style, spelling and directions of imports
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/codespell $(ENGLISH)
	$(BIN)/lint-imports --no-cache

types: .venv/.complete  ## Check types
	$(BIN)/mypy

format: .venv/.complete  ## Put the code into form
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: .venv/.complete  ## Measure the gateway by kind of call, and print a table
	$(BIN)/python bench/gateway.py $(ARGS)

lock:  ## Resolve dependencies anew into requirements*.txt (needs uv on the path)
	uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header --python-version 3.11 \
		--extra postgresql --extra curl setup.cfg --output-file requirements.txt
	uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header --python-version 3.11 \
		--extra postgresql --extra curl --extra test --extra lint --extra bench --constraint requirements.txt \
		setup.cfg --output-file requirements-dev.txt

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; name one: make PYTHON=python3.11")'
	@echo "Building the environment in .venv (once, about a minute) ..."
	@$(PYTHON) -m venv .venv

.venv/.runtime: requirements.txt setup.cfg pyproject.toml | .venv/bin/python
	@$(PIP) --require-hashes --requirement requirements.txt
	@$(PIP) --no-deps --no-build-isolation --editable .
	@touch $@

.venv/.complete: requirements-dev.txt setup.cfg pyproject.toml | .venv/bin/python
	@$(PIP) --require-hashes --requirement requirements-dev.txt
	@$(PIP) --no-deps --no-build-isolation --editable .
	@touch $@ .venv/.runtime
