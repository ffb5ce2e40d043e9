# make run    the example: a short-lived store on Pinduoduo against staying out
# make test   lint, types and all tests
# make bench  the benchmarks
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

.PHONY: run test lint bench clean

run: $(CORE)
	$(BIN)/sim compare scenarios/popup_on_pinduoduo_2019.yaml --against scenarios/stay_out.yaml \
	    --replications 10 --out results/popup_2019

test: lint
	$(BIN)/python -m pytest -n 2

lint: $(DEV)
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

bench: $(CORE)
	$(BIN)/sim bench

clean:
	rm -rf .venv build dist *.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis
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
