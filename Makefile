# `make help` lists the commands. Everything they need is set up by themselves.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PORT ?= 8000

.PHONY: demo test chaos fuzz bench docs lint lock audit format clean help messages

help:
	@echo "make demo            everything at work against the built-in sandbox, portal on port $(PORT)"
	@echo "make demo ONCE=1     the same, prints a result table and stops"
	@echo "make test            all tests (TEST_DATABASE_URL, TEST_REDIS_URL: on that PostgreSQL, Redis)"
	@echo "make chaos           every call fails in every way, then bursts with workers killed; prints the fault matrix"
	@echo "                     (CHAOS_DATABASE_URL, CHAOS_REDIS_URL or the TEST_ ones: bursts on them, too; ARGS=--help)"
	@echo "make docs            the documents as a site, served by the portal under /docs/"
	@echo "make fuzz MINUTES=10 hostile inputs for everything that reads what others wrote"
	@echo "make bench           speed, measured side by side, in 15 minutes; writes docs/performance.md (BENCH_DATABASE_URL, BENCH_REDIS_URL)"
	@echo "make lock            pins all packages with hashes (requirements.lock) after requirements.txt has changed"
	@echo "make audit           installed = locked; known weaknesses of the packages, where the advisories can be reached"
	@echo "make messages        the texts of the portal for its translators, and their work compiled (needs GNU gettext)"
	@echo "make lint            ruff, mypy, import directions, migrations, OpenAPI description"

$(BIN)/python:
	$(PYTHON) -c 'import sys; sys.exit("Python 3.11, 3.12 or 3.13 is needed; choose it with PYTHON=python3.12") if not (3, 11) <= sys.version_info[:2] < (3, 14) else None'
	$(PYTHON) -m venv $(VENV)

# The locked versions first, whatever newer ones the index has: pip leaves alone what is there and fits.
$(VENV)/.runtime: requirements.lock | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@touch $@

$(VENV)/.development: requirements.txt requirements-dev.txt $(VENV)/.runtime
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@

demo: $(VENV)/.runtime
	DEBUG=true $(BIN)/python manage.py demo $(if $(ONCE),--once,--port $(PORT))

# A process per core, whole files each; with ARGS as they say.
test: $(VENV)/.development
	$(BIN)/python -m pytest $(or $(ARGS),--numprocesses auto --dist loadfile)

chaos: $(VENV)/.runtime
	DEBUG=true $(BIN)/python manage.py chaos $(ARGS)

MINUTES ?= 10
fuzz: $(VENV)/.development
	$(BIN)/python -m tests.fuzz.run --minutes $(MINUTES) $(if $(SEED),--seed $(SEED))

# An environment of its own: openpyxl loads numpy when it is there, and the hub that is measured has none.
var/bench/drawing/.installed: requirements-bench.txt
	$(PYTHON) -m venv var/bench/drawing
	var/bench/drawing/bin/python -m pip install --quiet --disable-pip-version-check -r requirements-bench.txt
	@touch $@

bench: $(VENV)/.development var/bench/drawing/.installed
	$(BIN)/python -m benchmarks $(ARGS)

lint: $(VENV)/.development
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	DEBUG=true $(BIN)/mypy integrations/pipeline integrations/planning integrations/clients mappings
	DEBUG=true $(BIN)/python manage.py makemigrations --check --dry-run
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet --site-dir var/lint-docs
	DEBUG=true $(BIN)/python manage.py spectacular --validate --fail-on-warn --file /dev/null

# requirements.txt has changed: pin everything below it with hashes, list the licences. Needs the package index.
lock: $(VENV)/.development
	$(PYTHON) -m venv var/lock-tools && var/lock-tools/bin/pip install --quiet pip-tools==7.6.2
	(head -2 requirements.lock; var/lock-tools/bin/pip-compile --quiet --generate-hashes --strip-extras --no-header \
	  --no-emit-index-url --no-emit-trusted-host --no-emit-find-links --output-file - requirements.txt) > var/requirements.lock
	mv var/requirements.lock requirements.lock
	DEBUG=true $(BIN)/python manage.py sbom --licences > docs/licences.md

# Known weaknesses of the locked packages, as far as the advisories can be reached.
audit: $(VENV)/.development
	$(BIN)/python -m pytest --quiet tests/lib/test_dependencies.py
	$(PYTHON) -m venv var/lock-tools && var/lock-tools/bin/pip install --quiet pip-audit==2.10.1
	var/lock-tools/bin/pip-audit --require-hashes --disable-pip --requirement requirements.lock --timeout 15 || \
	  { echo "pip-audit found something, or could not reach the advisories: see above."; exit 1; }

docs: $(VENV)/.development
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet

# Translations (docs/desk.md, "Language"). The compiled files are kept in the repository: nothing else needs gettext.
messages: $(VENV)/.development
	DEBUG=true $(BIN)/python manage.py makemessages --all --no-obsolete --no-wrap --add-location file \
	  --ignore 'var/*' --ignore 'tests/*' --ignore 'benchmarks/*' --ignore 'docs/*'
	DEBUG=true $(BIN)/python manage.py compilemessages --ignore .venv --ignore var

format: $(VENV)/.development
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:
	rm -rf var/demo var/chaos var/test-*
