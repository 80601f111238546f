# Nexa CRM. `make help` lists the targets.
.DEFAULT_GOAL := help
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SERVICES := marketing scoring sales success support notifier
PACKAGES := contracts chassis $(addprefix services/,$(SERVICES)) deploy/local
LOCKS := deploy/local/requirements.lock tests/requirements.lock
STAMP := $(VENV)/.installed
export UV_NO_PROGRESS := 1
export UV_COMPILE_BYTECODE := 1

.PHONY: help setup up down status reset demo test lint format bench lock generate

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

setup: $(STAMP) ## install everything into .venv, from hashed locks

$(STAMP): $(LOCKS) $(addsuffix /pyproject.toml,$(PACKAGES))
	@test -x $(BIN)/python || $(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Nexa CRM needs Python 3.11 or later; say which with PYTHON=…"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@test -x $(BIN)/uv || $(BIN)/python -m pip --quiet --disable-pip-version-check install --require-hashes -r deploy/local/uv.lock.txt
	@echo "Installing"
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes $(addprefix -r ,$(LOCKS))
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation $(addprefix -e ,$(PACKAGES))
	@$(BIN)/python -m compileall -q $(addsuffix /src,$(PACKAGES))
	@touch $@

up: setup ## start PostgreSQL, Kafka, mail sink and all services
	@$(BIN)/nexa up

down: setup ## stop them; data stays
	@$(BIN)/nexa down

status: setup ## what runs, where, how far behind each consumer is
	@$(BIN)/nexa status

reset: setup ## stop and remove all data
	@$(BIN)/nexa reset --yes

demo: setup ## the whole story, from 500 registrants over a bug and its fix to a renewed contract; the stack stays up
	@$(BIN)/python -m nexa_local.demo

lint: setup ## format check, lint, types, import rules
	@$(BIN)/ruff format --check --quiet . && $(BIN)/ruff check --quiet .
	@$(BIN)/mypy $(addsuffix /src,$(PACKAGES))
	@$(BIN)/lint-imports --no-cache

format: setup ## format and mend what can be mended
	@$(BIN)/ruff format --quiet . && $(BIN)/ruff check --fix --quiet .

ifdef SERVICE
test: ## all checks and tests; SERVICE=sales: that service alone, as it is deployed
	@deploy/local/test_alone.sh $(SERVICE)
else
test: lint
	@$(BIN)/python contracts/tools/generate.py --check
	@$(BIN)/pytest
endif

bench: setup ## the figures of docs/benchmarks.md, each beside its floor
	@$(BIN)/python tests/bench/run.py

generate: setup ## schemas, AsyncAPI and catalogue from the event models
	@$(BIN)/python contracts/tools/generate.py

lock: ## resolve all dependencies anew
	@deploy/local/lock.sh $(SERVICES)
