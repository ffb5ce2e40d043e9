# make run    the example: a short-lived store on Pinduoduo against staying out
# make test   lint, types and all tests
# make bench  the benchmarks
# make docs   the documents as a site, docs/_build/html/index.html
# make describe  tables of the ODD page and of the outcomes, and pictures of the gallery, from the code as it is
#
# Each creates .venv when it is missing or older than what it is made from.

PYTHON ?= python3
PY := $(shell $(PYTHON) -c 'import sys; print("py%d%d" % sys.version_info[:2])')
CONSTRAINTS := constraints/$(or $(PY),python-not-found).txt
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check -qq

MADE := .venv/.made-$(PY)
CORE := .venv/.core-$(PY)
DEV := .venv/.dev-$(PY)

.PHONY: run test lint bench docs describe clean

run: $(CORE)
	$(BIN)/sim compare scenarios/popup_on_pinduoduo_2019.yaml --against scenarios/stay_out.yaml \
	    --replications 10 --out results/popup_2019

test: lint
	$(BIN)/python -m pytest -n 2 --dist loadfile

lint: $(DEV)
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

bench: $(CORE)
	$(BIN)/sim bench

docs: $(DEV)
	$(BIN)/python -m sphinx -W --keep-going -q -E -d docs/_build/trees -b html docs docs/_build/html
	@echo "built docs/_build/html/index.html"

describe: $(DEV)
	$(BIN)/python -m sim.describe docs/odd.md docs/outcomes.md --gallery docs/pictures

clean:
	rm -rf .venv build dist docs/_build *.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(MADE):
	$(PYTHON) -m venv --clear .venv
	touch $@

$(CORE): setup.cfg $(CONSTRAINTS) | $(MADE)
	$(PIP) install -c $(CONSTRAINTS) -e .
	touch $@

$(DEV): setup.cfg $(CONSTRAINTS) | $(MADE)
	$(PIP) install -c $(CONSTRAINTS) -e '.[dev]'
	touch $(CORE) $@

constraints/%.txt:
	@echo "$(PYTHON) ($*) is not supported: use Python 3.11, 3.12 or 3.13 (make PYTHON=python3.11 ...)" >&2
	@exit 1
