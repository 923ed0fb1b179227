# One command each. `make demo` sets everything up and solves a task; `make test` runs the tests.
PYTHON ?= python3
BIN := .venv/bin
TASK ?= Write a function is_leap_year(year: int) -> bool by the Gregorian rule. \
	is_leap_year(2024) == True, is_leap_year(2023) == False, is_leap_year(1900) == False, is_leap_year(2000) == True

.PHONY: demo setup test lint format types floors check requirements clean help

demo: setup  ## Set up, then solve a task with the embedded model
	$(BIN)/motet solve '$(TASK)'

setup: .venv/.done  ## Make the virtual environment

.venv/.done: pyproject.toml requirements/dev.txt
	@echo 'Setting up .venv, which takes about a minute ...'
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	$(BIN)/pip install -qq --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $@

test: setup  ## Run the tests; what this machine lacks is skipped with the reason, MOTET_REQUIRE=all forbids that
	$(BIN)/pytest

lint: setup  ## Find mistakes
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

format: setup  ## Lay the code out
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

types: setup  ## Check the types; the strict editable install shows `motet.*` to the checker
	$(BIN)/pip install -qq --disable-pip-version-check --no-deps --no-build-isolation \
		--config-settings editable_mode=strict -e .
	$(BIN)/ty check --python .venv
	$(BIN)/pip install -qq --disable-pip-version-check --no-deps --no-build-isolation -e .

floors: setup  ## Check that imports point down
	$(BIN)/lint-imports

check: lint types floors test  ## All of the above

requirements:  ## Pin what pyproject.toml allows, with hashes
	uv pip compile --quiet --universal --generate-hashes --python-version 3.11 --custom-compile-command 'make requirements' \
		pyproject.toml -o requirements/motet.txt
	uv pip compile --quiet --universal --generate-hashes --python-version 3.11 --custom-compile-command 'make requirements' \
		pyproject.toml --group dev -o requirements/dev.txt

clean:  ## Remove what was built here
	rm -rf .venv build dist *.egg-info .pytest_cache .ruff_cache .hypothesis

help:  ## Show this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16
