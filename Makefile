# Everything a fresh machine needs is installed by these targets, from exact versions with hashes.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
SOURCES := pyproject.toml src/agentgather/__init__.py
ARGS ?=
# Test files at once, in their own order: the journeys mostly wait, and would be left for the end, since they are few to a file.
WORKERS ?= 4
# They write bytecode whatever the environment says: each worker, and each program that is started, would compile it all anew.

.PHONY: room test lint bench fuzz prove conformance agents pictures lock wheel clean system

room: $(VENV)/.run
	@exec $(BIN)/agentgather up $(ARGS)

test: $(VENV)/.dev system
	PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder $(ARGS)

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(VENV)/.dev
	$(BIN)/python -m bench $(ARGS)

fuzz: $(VENV)/.dev
	$(BIN)/python -m fuzz $(ARGS)

# The long forms of what tests/proofs does in short: docs/proof.md tells what they saw.
prove: $(VENV)/.dev system
	$(BIN)/python -m proofs $(ARGS)

# The room's MCP server against the official conformance suite and inspector, which npm installs beside it: docs/agents/README.md.
conformance: $(VENV)/.dev conformance/node_modules/.installed
	$(BIN)/python -m conformance

conformance/node_modules/.installed: conformance/package.json conformance/package-lock.json
	npm ci --prefix conformance --ignore-scripts --no-audit --no-fund
	@touch $@

# Real agent programs in one room, with a scripted model behind them; npm installs them beside it: docs/agents/README.md.
agents: $(VENV)/.dev conformance/agents/node_modules/.installed
	$(BIN)/python -m conformance.agents

# Not ci: that refuses a lock without the builds for other machines, which a registry may not have.
conformance/agents/node_modules/.installed: conformance/agents/package.json conformance/agents/package-lock.json
	npm install --prefix conformance/agents --no-save --ignore-scripts --no-audit --no-fund
	cd conformance/agents/node_modules/@anthropic-ai/claude-code && node install.cjs
	cd conformance/agents/node_modules/opencode-ai && node postinstall.mjs
	@touch $@

# The browser room in its main states, from real rooms, into docs/images/. Set in Inter and JetBrains Mono where they are installed.
pictures: $(VENV)/.dev system
	$(BIN)/python -m tests.gallery $(ARGS)

wheel: $(VENV)/.dev
	$(BIN)/python -m build --no-isolation --outdir dist .

lock: $(VENV)/.dev
	$(BIN)/python requirements/lock.py

clean:
	rm -rf $(VENV) dist build .mypy_cache .ruff_cache .pytest_cache .hypothesis bench/out

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Agent Gather needs Python 3.11 or newer; name one with: make room PYTHON=/path/to/python3" >&2; exit 2; }
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); exit 1; } # half an environment would pass for a whole one

$(VENV)/.run: $(VENV)/bin/python requirements/run.lock $(SOURCES)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/run.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.dev: $(VENV)/bin/python requirements/dev.lock $(SOURCES)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $(VENV)/.run $@

# curl and bash drive the journeys of agents without an installation; chromium the journeys of people. No stamp: looking is
# quick, and what is missing is said at every run.
system:
	@sh requirements/system.sh
