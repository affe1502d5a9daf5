# make venv | serve | test | check | widget | peers      settings of serve: PORT, HOST, DATA, ARTICLES

PORT ?= 8000
HOST ?= 127.0.0.1
DATA ?= .quoteline
ARTICLES ?= eval/corpus
PYTHON ?= python3
BIN := .venv/bin

.PHONY: venv serve test check format chromium node widget peers
.DEFAULT_GOAL := serve

venv: .venv/.installed

.venv/.installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv || { apt-get update && apt-get install -y python3-venv && $(PYTHON) -m venv .venv; }
	$(BIN)/pip install --quiet --constraint constraints.txt --editable '.[dev,train]'
	touch $@

serve: venv
	$(BIN)/python -m api --host $(HOST) --port $(PORT) --data $(DATA) --ingest $(ARTICLES)

chromium:
	command -v chromium >/dev/null || { apt-get update && apt-get install -y --no-install-recommends chromium; }

node: api/widget/node_modules/.package-lock.json

api/widget/node_modules/.package-lock.json: api/widget/package.json api/widget/package-lock.json
	command -v npm >/dev/null || { apt-get update && apt-get install -y --no-install-recommends nodejs npm; }
	npm ci --prefix api/widget --ignore-scripts --no-audit --no-fund
	touch $@

widget: node
	npm run --prefix api/widget build

test: venv chromium node
	$(BIN)/pytest

check: venv
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(MAKE) node
	npm run --prefix api/widget check
	$(MAKE) test

format: venv
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

peers: .peers/haystack/.installed .peers/txtai/.installed .peers/plain/.installed

.peers/%/.installed: eval/bench/contestants/requirements-%.txt
	$(PYTHON) -m venv .peers/$*
	.peers/$*/bin/pip install --quiet --requirement $<
	touch $@
