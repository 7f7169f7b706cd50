# Two commands matter: `make demo` and `make test`. `make help` lists the others.

PORT ?= 8000
ARGS ?=
MINUTES ?= 30
SEED ?=
JOBS ?= 2
VENV := $(shell tools/find-venv)
PYTHON := $(VENV)/bin/python
WITH_SERVICES := $(PYTHON) -m saas.embedded --
# Nothing is connected to: enough for tools that only import the settings.
IMPORT_ONLY := env DEBUG=1 DATABASE_URL=postgres://nobody@127.0.0.1/none \
	CELERY_BROKER_URL=redis://127.0.0.1/0

# Side by side, each part with services of its own: half of the time tests wait for processes. In the
# order of the files, for the longest comes early; `JOBS=1` is one pytest, to which -s and --pdb speak.
ifeq ($(JOBS),1)
PYTEST = $(WITH_SERVICES) $(PYTHON) -m pytest
else
PYTEST = $(IMPORT_ONLY) $(PYTHON) -m pytest --dist loadfile --no-loadscope-reorder \
	--tx "$(JOBS)*popen//python=$(WITH_SERVICES) $(PYTHON)"
endif

# In a checkout, or beside caches, that somebody else made (root, say) the tools keep none here.
ifneq (,$(shell for folder in . .pytest_cache .ruff_cache .mypy_cache .hypothesis; do \
	[ ! -e $$folder ] || [ -w $$folder ] || echo closed; done))
export PYTEST_ADDOPTS := $(PYTEST_ADDOPTS) -p no:cacheprovider
export RUFF_NO_CACHE := true
export MYPY_CACHE_DIR := /dev/null
export HYPOTHESIS_STORAGE_DIRECTORY := $(or $(TMPDIR),/tmp)/tenantbeat-hypothesis-$(shell id -u)
endif

.DEFAULT_GOAL := help
.PHONY: help setup demo demo-reset test test-services test-long chaos bench bench-full screenshots check lint deployable audit \
	messages

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile | expand -t 14

setup: ## the virtual environment with every package, at once when it is up to date
	@tools/setup $(VENV)

# `exec`, here and below, because make passes SIGTERM to the recipe's shell, which would not.
demo: setup ## the whole system with real orders on http://localhost:8000 (PORT= moves it)
	@exec $(PYTHON) -m demo --port $(PORT)

demo-reset: setup ## delete the demo's data; the next `make demo` starts over
	@exec $(PYTHON) -m demo reset

test: setup test-services ## every test but the long ones, on JOBS=2 (ARGS= are passed to pytest)
	@exec $(PYTEST) $(ARGS)

test-services:
	@tools/test-services

test-long: setup test-services ## the long tests
	@exec $(PYTEST) -m long $(ARGS)

chaos: setup ## kill, freeze and cut everything for MINUTES=30, then check the books (SEED= repeats a plan)
	@exec $(PYTHON) -m tests.chaos --minutes $(MINUTES) $(if $(SEED),--seed $(SEED)) $(ARGS)

bench: setup ## speed and cost beside other schedulers, into docs/benchmarks.md (ARGS=burst: that alone)
	@exec $(PYTHON) -m bench $(ARGS)

bench-full: setup ## the same with what takes long: 100,000 slots at once
	@exec $(PYTHON) -m bench --full $(ARGS)

screenshots: setup test-services ## the pictures of docs/tenant-guide.md, anew
	@exec $(WITH_SERVICES) $(PYTHON) -m tests.browser.screenshots

check: lint deployable ## what CI runs: style, types, migrations, production settings, all tests
	@exec $(MAKE) --no-print-directory test

lint: setup
	$(PYTHON) -m ruff check .
	$(PYTHON) -m ruff format --check .
	$(IMPORT_ONLY) $(PYTHON) -m mypy .

deployable: setup
	$(WITH_SERVICES) tools/check-deployable $(PYTHON)

messages: setup ## collect the texts that people see into locale/, and compile them (needs Debian's gettext)
	@$(IMPORT_ONLY) tools/messages $(PYTHON)

audit: setup ## look up the locked packages in the database of known vulnerabilities (needs the net)
	@tools/audit $(PYTHON)
