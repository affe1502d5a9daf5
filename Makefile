# make venv | serve | test | check      settings of serve: PORT, HOST, DATA

PORT ?= 8000
HOST ?= 127.0.0.1
DATA ?= .quoteline
PYTHON ?= python3
BIN := .venv/bin

.PHONY: venv serve test check format chromium
.DEFAULT_GOAL := serve

venv: .venv/.installed

.venv/.installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv || { apt-get update && apt-get install -y python3-venv && $(PYTHON) -m venv .venv; }
	$(BIN)/pip install --quiet --constraint constraints.txt --editable '.[dev,train]'
	touch $@

serve: venv
	$(BIN)/python -m api --host $(HOST) --port $(PORT) --data $(DATA) --ingest eval/corpus

chromium:
	command -v chromium >/dev/null || { apt-get update && apt-get install -y --no-install-recommends chromium; }

test: venv chromium
	$(BIN)/pytest

check: venv
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(MAKE) test

format: venv
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
