# `make help` lists the commands. Everything they need is set up by themselves.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PORT ?= 8000
# As pyproject.toml's classifiers say.
NEWEST_TRIED := 3, 15

.PHONY: demo test chaos mutants mutation fuzz bench docs lint lock newest sbom audit format clean help

help:
	@echo "make demo            everything at work against the built-in sandbox, portal on port $(PORT)"
	@echo "make demo ONCE=1     the same, prints a result table and stops"
	@echo "make test            all tests (TEST_DATABASE_URL, TEST_REDIS_URL: on that PostgreSQL, Redis)"
	@echo "make chaos           every call fails in every way, bursts with workers killed, and nemeses that befall a whole hub, on SQLite and on"
	@echo "                     a PostgreSQL and Redis of its own (elsewhere CHAOS_DATABASE_URL, CHAOS_REDIS_URL; ARGS=--help)"
	@echo "make mutants         each line that carries the guarantee is taken away, and a test has to notice (ARGS=--help)"
	@echo "make mutation        chance changes of money, dates, names, plans, retries, leases, Pace transactions: which does no test"
	@echo "                     notice (ARGS=\"money --sample 0\": all changes of one module; ARGS=--help)"
	@echo "make model           the protocol that makes exactly one job, in every state that it can reach; without each of its rules"
	@echo "                     a second job must be found (ARGS=--write-docs: docs/model.md)"
	@echo "make simulate HOURS=1 random histories of workers, faults and staff on a pretended clock, for an hour (MINUTES=, SEED=)"
	@echo "make docs            the documents as a site, served by the portal under /docs/"
	@echo "make fuzz MINUTES=10 hostile inputs for everything that reads what others wrote"
	@echo "make bench           speed, measured side by side, in 15 minutes; writes docs/performance.md (BENCH_DATABASE_URL, BENCH_REDIS_URL)"
	@echo "make lock            pins all packages with hashes (requirements*.lock) after those in pyproject.toml have changed;"
	@echo "                     ARGS=--upgrade: in their newest versions that fit"
	@echo "make newest          packages that are newer than locked, and the tests with them (ARGS=\"tests/api\")"
	@echo "make sbom            what a production install consists of, with licenses: var/sbom.json (CycloneDX)"
	@echo "make audit           installed = locked; known weaknesses of the packages, where the advisories can be reached"
	@echo "make lint            ruff, mypy, import directions, migrations, OpenAPI description"

$(VENV)/.made:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or later is needed; choose one with PYTHON=python3.13.")'
	@$(PYTHON) -c 'import sys; n = sys.version_info[:2]; n > ($(NEWEST_TRIED)) and print("Warning: Python %d.%d is newer than the newest one tried, %d.%d." % (*n, $(NEWEST_TRIED)))'
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || { echo "Python's venv is not complete here; on Debian: apt install python3-venv"; exit 1; }
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear $(VENV)
	@touch $@

$(VENV)/.runtime: requirements.lock | $(VENV)/.made
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@touch $@

$(VENV)/.development: requirements-dev.lock $(VENV)/.runtime
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@

demo: $(VENV)/.runtime
	DEBUG=true $(BIN)/python manage.py demo $(if $(ONCE),--once,--port $(PORT))

# Whole files, the slowest first, in more processes than cores (tests/parallel.py); with ARGS as they say. What Python compiles is
# kept, or each of the many processes that the tests start would compile the hub anew.
test: $(VENV)/.development
	@tests/browser/install.sh
	PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest $(or $(ARGS),--numprocesses auto --dist loadfile)

chaos: $(VENV)/.runtime
	DEBUG=true $(BIN)/python manage.py chaos $(ARGS)

model: $(VENV)/.development
	$(BIN)/python -m tests.model.run $(ARGS)
	$(BIN)/python -m pytest -q tests/model/test_replay.py

simulate: $(VENV)/.development
	$(BIN)/python -m tests.histories.simulate $(if $(HOURS),--hours $(HOURS)) $(if $(MINUTES),--minutes $(MINUTES)) \
	  $(if $(SEED),--seed $(SEED)) $(ARGS)

fuzz: $(VENV)/.development
	$(BIN)/python -m tests.fuzz.run --minutes $(or $(MINUTES),10) $(if $(SEED),--seed $(SEED))

mutants: $(VENV)/.development
	$(BIN)/python -m tests.mutants.run $(ARGS)

# Whatever mutmut changes in the modules that a wrong result would come from: ARGS="money --sample 0" all changes of one.
MUTMUT := var/mutmut
$(MUTMUT)/.installed: | $(VENV)/.development
	$(PYTHON) -m venv $(MUTMUT) && $(MUTMUT)/bin/python -m pip install --quiet --disable-pip-version-check mutmut==3.8.1
	@touch $@
mutation: $(VENV)/.development $(MUTMUT)/.installed
	$(BIN)/python -m tests.mutants.general --python $(MUTMUT)/bin/python $(ARGS)

# An environment of its own: openpyxl loads numpy when it is there, and the hub that is measured has none.
var/bench/drawing/.installed: requirements-bench.lock
	$(PYTHON) -m venv var/bench/drawing
	var/bench/drawing/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-bench.lock
	@touch $@

bench: $(VENV)/.development var/bench/drawing/.installed
	$(BIN)/python -m benchmarks $(ARGS)

lint: $(VENV)/.development
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	DEBUG=true $(BIN)/mypy automationhub integrations mappings
	DEBUG=true $(BIN)/python manage.py makemigrations --check --dry-run
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet --site-dir var/lint-docs
	DEBUG=true $(BIN)/python manage.py spectacular --validate --fail-on-warn --file /dev/null

# The packages in pyproject.toml have changed: pin everything below them with hashes for every Python and machine, check
# that each has its files there, list the licences (also of the packages that this Python does without). Needs the package index.
TOOLS := var/lock-tools
UV_PIP = UV_CUSTOM_COMPILE_COMMAND="make lock" $(TOOLS)/bin/uv --quiet pip
COMPILE = $(UV_PIP) compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links $(ARGS)
lock: $(VENV)/.development
	$(PYTHON) -m venv $(TOOLS) && $(TOOLS)/bin/python -m pip install --quiet --disable-pip-version-check uv==0.13.9
	$(COMPILE) pyproject.toml --output-file requirements.lock
	$(COMPILE) pyproject.toml --group dev --constraints requirements.lock --output-file requirements-dev.lock
	$(COMPILE) --group pyproject.toml:bench --output-file requirements-bench.lock
	for lock in requirements.lock requirements-dev.lock; do \
	  for python in 3.11.0 3.11.9 3.12 3.13 3.14 3.15; do for machine in x86_64 aarch64; do \
	    $(UV_PIP) install --dry-run --only-binary :all: --require-hashes --target $(TOOLS)/tried -r $$lock \
	      --python-version $$python --python-platform $$machine-manylinux_2_28 || exit 1; \
	  done; done; done
	sed 's/ ; .*/ \\/' requirements.lock > $(TOOLS)/every.txt
	$(UV_PIP) install --no-deps --require-hashes --python $(BIN)/python --target $(TOOLS)/every -r $(TOOLS)/every.txt
	DEBUG=true PYTHONPATH=$(TOOLS)/every $(BIN)/python manage.py licenses > var/licences.md && mv var/licences.md docs/licences.md

# What is newer than the pins, and what breaks with it.
newest:
	PYTHON=$(PYTHON) deploy/newest-packages.sh $(ARGS)

# What a production install consists of, with licenses: var/sbom.json (CycloneDX 1.6), by cyclonedx-bom from an install of
# nothing but the locked packages.
PRODUCTION := var/production
sbom: $(VENV)/.development
	$(PYTHON) -m venv $(PRODUCTION) && $(PRODUCTION)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(PRODUCTION)/bin/python -m pip uninstall --quiet --yes --disable-pip-version-check setuptools pip
	$(PYTHON) -m venv $(TOOLS) && $(TOOLS)/bin/python -m pip install --quiet --disable-pip-version-check cyclonedx-bom==7.5.0
	$(TOOLS)/bin/cyclonedx-py environment --pyproject pyproject.toml --sv 1.6 --output-reproducible --output-file var/sbom.json $(PRODUCTION)/bin/python
	rm -r $(PRODUCTION)
	HUB_SBOM=var/sbom.json $(BIN)/python -m pytest --quiet tests/lib/test_dependencies.py -k sbom

# Known weaknesses of the locked packages. A package that could not be looked up is a failure too: nothing is known of it.
audit: $(VENV)/.development
	$(BIN)/python -m pytest --quiet tests/lib/test_dependencies.py
	$(PYTHON) -m venv $(TOOLS) && $(TOOLS)/bin/python -m pip install --quiet --disable-pip-version-check pip-audit==2.10.1
	$(TOOLS)/bin/pip-audit --strict --require-hashes --disable-pip --requirement requirements.lock --timeout 15 || \
	  { echo "pip-audit found something, or could not look all packages up: see above."; exit 1; }

docs: $(VENV)/.development
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet

format: $(VENV)/.development
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:
	rm -rf var/demo var/chaos var/test-*
