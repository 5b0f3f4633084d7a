# Two commands matter: `make run` and `make test`. The others are for the people who build.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PORT ?= 8000

.PHONY: run test bench soak pwa second-server lint types check-pwa python-tests browser chromium lock clean

run: $(VENV)/.run pwa
	$(BIN)/xunlu demo --port $(PORT)

test: $(VENV)/.dev pwa second-server chromium lint types check-pwa python-tests

bench: $(VENV)/.dev pwa second-server chromium
	$(BIN)/python -m tests.bench

soak: $(VENV)/.dev pwa second-server chromium
	XUNLU_SOAK=1 $(BIN)/python -m pytest tests -q -m "soak" --timeout 14400

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

python-tests: $(VENV)/.dev pwa second-server
	$(BIN)/python -m pytest -q -m "not soak"

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
	rm -rf $(VENV) pwa/node_modules tests/pouchdb_server/node_modules pwa/dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
