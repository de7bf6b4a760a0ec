# Two commands for newcomers: `make demo` and `make test`. Each sets itself up in .venv first;
# the stamps .venv/*.stamp remember what is installed, so that a second run starts at once.

PYTHON ?= python3
PIP := .venv/bin/python -m pip --disable-pip-version-check --quiet

.PHONY: help demo test test-deep lint clean
.DEFAULT_GOAL := help

help:
	@echo "make demo    gradients and pictures of the lectures' examples, into out/"
	@echo "make test    ruff, mypy and all the tests"
	@echo "make test-deep   the property tests over 10,000 random graphs (a quarter of an hour)"
	@echo "make lint    ruff and mypy alone"
	@echo "make clean   remove .venv, out/ and caches"
	@echo "PYTHON=python3.12 picks another interpreter for .venv (3.10 or later)"

demo: .venv/demos.stamp
	.venv/bin/python -m demos

test: lint
	.venv/bin/python -m pytest -n auto

test-deep: .venv/dev.stamp
	HYPOTHESIS_PROFILE=deep .venv/bin/python -m pytest tests/checking/test_properties.py

lint: .venv/dev.stamp
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy

clean:
	rm -rf .venv out build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.venv/%.stamp: pyproject.toml | .venv/bin/python
	@echo "installing gatewise[$*] into .venv (once)"
	$(PIP) install -e '.[$*]'
	@touch $@

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit("gatewise needs Python 3.10 or later, and %s is %s: try make PYTHON=python3.12" % (sys.executable, sys.version.split()[0]) if sys.version_info < (3, 10) else 0)'
	$(PYTHON) -m venv .venv
