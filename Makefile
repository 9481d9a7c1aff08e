# Two commands: `make demo` and `make test`. Everything they need is set up by themselves.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PORT ?= 8000

.PHONY: demo test lint format worker clean help

help:
	@echo "make demo            everything at work against the built-in sandbox, portal on port $(PORT)"
	@echo "make demo ONCE=1     the same, prints a result table and stops"
	@echo "make test            all tests (TEST_DATABASE_URL, TEST_REDIS_URL: on that PostgreSQL, Redis)"
	@echo "make lint            ruff, mypy, import directions, migrations, OpenAPI description"

$(BIN)/python:
	$(PYTHON) -c 'import sys; sys.exit("Python 3.11, 3.12 or 3.13 is needed; choose it with PYTHON=python3.12") if not (3, 11) <= sys.version_info[:2] < (3, 14) else None'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.runtime: requirements.txt | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

$(VENV)/.development: requirements.txt requirements-dev.txt | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@ $(VENV)/.runtime

demo: $(VENV)/.runtime
	DEBUG=true $(BIN)/python manage.py demo $(if $(ONCE),--once,--port $(PORT))

test: $(VENV)/.development
	$(BIN)/python -m pytest $(ARGS)

lint: $(VENV)/.development
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	DEBUG=true $(BIN)/mypy integrations/pipeline integrations/planning integrations/clients mappings
	DEBUG=true $(BIN)/python manage.py makemigrations --check --dry-run
	DEBUG=true $(BIN)/python manage.py spectacular --validate --fail-on-warn --file /dev/null

format: $(VENV)/.development
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:
	rm -rf var/demo var/test-*
