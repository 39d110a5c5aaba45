# Needs Python 3.11 or later and make, nothing else: the rest goes into .venv, pinned and checked by hash.

STACK ?= dev
VENV := .venv
BIN := $(VENV)/bin
RUN := $(VENV)/.run
DEV := $(VENV)/.dev

UNKIND := tests/scenarios/test_whole_estate.py tests/provider tests/command/test_up.py tests/command/test_consents.py \
	tests/command/test_killed.py
SOAK := $(wildcard tests/scenarios/test_survival*.py) tests/emulator/test_bad_input.py tests/histories

# A suite starts hundreds of interpreters: what one has compiled, the others take.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help up deploy test tls unkind soak check bench lock docs clean

help: ## Show the targets.
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1	\2/p' $(MAKEFILE_LIST) | expand -t 16

up: $(RUN) ## Deploy the stack dev (or STACK=name) into a local Entra emulator, and verify it.
	@$(BIN)/lockstep up --stack $(STACK)

deploy: $(RUN) ## Deploy STACK=name with a real target: plain pulumi, with the policy pack. It shows a preview and asks.
	@case "$(origin STACK)" in file) echo "say which stack: make deploy STACK=name" >&2; exit 2;; esac
	@pulumi up -s $(STACK) --policy-pack policy

test: $(DEV) ## Run every test, on all processors. TESTS=path runs some, in one process, which starts sooner.
	@$(BIN)/python -m pytest $(or $(TESTS),-n auto --dist worksteal)

unkind: $(DEV) ## Run the tests of deployments over an Entra that throttles and replicates late.
	@LOCKSTEP_UNKIND=1 $(BIN)/python -m pytest -q -n auto $(UNKIND)

# In one process, which is what the check of the coverage page needs to see all that was asked.
tls: $(DEV) ## Run the emulator's tests once more, over TLS, and check that the coverage page is true.
	@LOCKSTEP_DOOR=tls $(BIN)/python -m pytest -q tests/emulator

soak: $(DEV) ## Try longer and more at random: faults, kills, bad input, and 10,000 histories (HISTORIES=number).
	@LOCKSTEP_SOAK=1 LOCKSTEP_SOAK_SEEDS=12 LOCKSTEP_HISTORIES=$(or $(HISTORIES),10000) \
		$(BIN)/python -m pytest -q -n auto -p randomly $(SOAK)

check: $(DEV) ## Check format, lint, types, import rules, and that generated files are up to date.
	@PATH="$(abspath $(BIN)):$$PATH" scripts/check

bench: $(DEV) ## Measure requests and time, beside the bare engine.
	@$(BIN)/python -m benchmarks

lock: $(DEV) ## Pin the newest versions that requirements/*.in allow, with hashes.
	@PATH="$(abspath $(BIN)):$$PATH" scripts/lock

docs: $(DEV) ## Write the generated files anew.
	@PATH="$(abspath $(BIN)):$$PATH" scripts/generate

clean: ## Remove .venv and caches. Emulators and states in .lockstep stay.
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis *.egg-info build
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# A stamp for each set of packages: made when all of it is in, older than the lock when the lock has changed.
$(RUN): requirements/run.txt pyproject.toml
	@scripts/install $(VENV) requirements/run.txt
	@touch $@

$(DEV): requirements/dev.txt pyproject.toml
	@scripts/install $(VENV) requirements/dev.txt
	@touch $@ $(RUN)
