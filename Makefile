# Two commands matter: `make run` and `make test`. The others are for the people who build.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PORT ?= 8000

# Tests start some hundred processes of ours: none is to compile again what another has compiled.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: run test bench soak pwa second-server lint types check-pwa demo-data story-tests server-tests process-tests sync-tests other-tests chromium lock clean

run: $(VENV)/.run pwa
	$(BIN)/xunlu demo --port $(PORT)

# Several at a time: what waits for a page, a disk or a process leaves room for the others. The longest first.
test:
	$(MAKE) --no-print-directory -j3 lint pwa second-server chromium
	$(MAKE) --no-print-directory -j4 --output-sync=target process-tests story-tests server-tests sync-tests other-tests check-pwa types

bench: $(VENV)/.dev pwa second-server chromium
	$(BIN)/python -m tests.bench

soak: $(VENV)/.dev pwa second-server chromium
	XUNLU_SOAK=1 $(BIN)/python -m pytest tests -q -m "soak or grows" --timeout 14400
	cd pwa && XUNLU_SOAK=1 npx vitest run tests/store/dead-handles.test.ts

$(VENV)/.python:
	$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Xunlu needs Python 3.11 or newer; this is " + sys.version.split()[0] + ". Try: make PYTHON=python3.12 run")'
	$(PYTHON) -m venv $(VENV)
	touch $@

$(VENV)/.run: $(VENV)/.python requirements.lock pyproject.toml
	test -f $(VENV)/.dev || $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $@

$(VENV)/.dev: $(VENV)/.python requirements-dev.lock pyproject.toml
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $@ $(VENV)/.run

pwa/node_modules/.ready: pwa/package-lock.json
	cd pwa && npm ci --no-audit --no-fund --loglevel=error
	touch $@

pwa: pwa/dist/index.html

pwa/dist/index.html: pwa/node_modules/.ready pwa/index.html pwa/vite.config.ts $(shell find pwa/src pwa/public -type f 2>/dev/null)
	cd pwa && npm run --silent build
	touch $@

# pouchdb-server, which tests compare with; what it is built of comes ready in its packages.
second-server: tests/pouchdb_server/node_modules/.ready

tests/pouchdb_server/node_modules/.ready: tests/pouchdb_server/package-lock.json
	cd tests/pouchdb_server && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
	touch $@

lint: $(VENV)/.dev
	$(BIN)/ruff check server sync media tests
	$(BIN)/ruff format --check server sync media tests

types: $(VENV)/.dev
	$(BIN)/mypy

check-pwa: pwa/node_modules/.ready
	cd pwa && npm run --silent check && npm run --silent test

# The demo project as of now, which all test processes copy.
demo-data: $(VENV)/.dev
	rm -rf .demo
	$(BIN)/xunlu --log-level error demo --build-only --data .demo/data

story-tests server-tests process-tests sync-tests other-tests: export TEST_DEMO := $(CURDIR)/.demo/data

# The stories on a CouchDB share what is slow to make, the demo in one, with the other tests of it.
ON_COUCHDB := tests/e2e/test_spine_on_couchdb.py

# Playwright wants a process of its own.
story-tests: $(VENV)/.dev pwa second-server demo-data
	$(BIN)/python -m pytest -q -m "not soak" tests/e2e --ignore=$(ON_COUCHDB)

# Parts of the server that are tested as processes, and wait for them most of the time.
PROCESSES := $(addprefix tests/server/, copying couchdb jobs notify simulation test_cli.py test_disk_error.py test_full_disk.py)

server-tests: $(VENV)/.dev pwa second-server demo-data
	$(BIN)/python -m pytest -q -m "not soak" tests/server $(PROCESSES:%=--ignore=%)

process-tests: $(VENV)/.dev pwa second-server demo-data
	$(BIN)/python -m pytest -q -m "not soak" $(PROCESSES) $(ON_COUCHDB)

sync-tests: $(VENV)/.dev pwa second-server demo-data
	$(BIN)/python -m pytest -q -m "not soak" tests/sync

other-tests: $(VENV)/.dev pwa second-server demo-data
	$(BIN)/python -m pytest -q -m "not soak" --ignore=tests/e2e --ignore=tests/server --ignore=tests/sync

# Browser tests drive the system's Chromium. Where there is none and we may install it, do; else they are skipped and say so.
chromium:
	@if command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null; then :; \
	elif command -v apt-get >/dev/null && [ "$$(id -u)" = 0 ]; then \
	  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium fonts-noto-cjk >/dev/null; \
	else echo "No Chromium here and no right to install one: the browser tests will be SKIPPED. Install the package 'chromium' to run them."; fi

# Needs uv (`pip install uv`). Lock files hold versions and hashes, no registry address.
lock:
	uv pip compile --universal --generate-hashes --no-emit-index-url --python-version 3.11 -q --custom-compile-command "make lock" --extra build pyproject.toml -o requirements.lock
	uv pip compile --universal --generate-hashes --no-emit-index-url --python-version 3.11 -q --custom-compile-command "make lock" --extra dev --extra build pyproject.toml -o requirements-dev.lock

clean:
	rm -rf $(VENV) pwa/node_modules tests/pouchdb_server/node_modules pwa/dist .demo .mypy_cache .ruff_cache .pytest_cache .hypothesis
