# Every task of the project. `make help` lists them; CI runs `make test`, nothing else.
#
# PYTHON is used once, to create .venv; everything after that runs inside it.
.POSIX:
.NOTPARALLEL:

PYTHON = python3
VENV = .venv
BIN = $(VENV)/bin
PIP_INSTALL = $(BIN)/python -m pip install --quiet --disable-pip-version-check
SAMPLES = sample-profiles

help: ## list these tasks
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' Makefile

# -- the environment: a stamp a step, so that a second run installs nothing --------------------------

$(VENV)/.created:
	@command -v $(PYTHON) >/dev/null || { echo >&2 "make: no $(PYTHON) here; hotspot needs Python 3.11 or newer: make PYTHON=..."; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo >&2 \
	  "make: $(PYTHON) is $$($(PYTHON) --version 2>&1); hotspot needs Python 3.11 or newer: make PYTHON=python3.12 ..."; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo >&2 \
	  "make: $(PYTHON) cannot create environments; on Debian and Ubuntu: apt-get install python3-venv"; exit 1; }
	@echo "creating $(VENV) with $(PYTHON)"
	@$(PYTHON) -m venv --clear $(VENV)
	@touch $@

NATIVE = hatch_build.py hotspot/native/*.c hotspot/native/*.h

$(VENV)/.installed: $(VENV)/.created pyproject.toml $(NATIVE)
	@echo "installing hotspot into $(VENV)"
	@$(PIP_INSTALL) -e .
	@touch $@

$(VENV)/.tools: $(VENV)/.installed
	@echo "installing what the tests need into $(VENV)"
	@$(PIP_INSTALL) -e '.[dev]'
	@touch $@

install: $(VENV)/.installed ## hotspot in .venv
dev: $(VENV)/.tools ## the same with everything the tests need

# -- trying it ----------------------------------------------------------------------------------------

DEMO = demo-output

# loglens.py and its profile in a folder of their own, which hotspot.toml makes a project: locations are found in it,
# and issue files are written to it instead of to this checkout.
demo: $(VENV)/.installed ## compare two sample profiles, draft issues from one, show the first
	@rm -rf $(DEMO) && mkdir $(DEMO)
	@cp $(SAMPLES)/programs/loglens/before/loglens.py $(SAMPLES)/py-spy/before.svg $(SAMPLES)/py-spy/after.svg $(DEMO)
	@echo 'profile = "before.svg"' > $(DEMO)/hotspot.toml
	@echo '$$ hotspot diff $(SAMPLES)/py-spy/before.svg $(SAMPLES)/py-spy/after.svg'
	@$(BIN)/hotspot diff $(SAMPLES)/py-spy/before.svg $(SAMPLES)/py-spy/after.svg
	@echo
	@echo '$$ cd $(DEMO) && hotspot issues --top 3 before.svg'
	@bin=$$PWD/$(BIN) && cd $(DEMO) && "$$bin/hotspot" issues --top 3 before.svg
	@echo
	@first=$$(grep -lx 'Hotspot Rank: 1' $(DEMO)/perf-issues/*.txt) && echo "$$ cat $$first" && cat "$$first"
	@echo
	@echo 'To go on, with $(BIN) on PATH (. $(BIN)/activate) and in $(DEMO):'
	@echo '  hotspot top --in-app          where the time goes, in code this project owns'
	@echo '  hotspot list tokenise         its source, with the weight of each line'
	@echo '  hotspot issues list           the issues just drafted'
	@echo 'Your own profiles: whatever `hotspot formats` lists.'

# -- checking it --------------------------------------------------------------------------------------

test: lint types layers tests ## everything CI runs

lint: $(VENV)/.tools ## ruff: format and rules
	$(BIN)/ruff format --check --quiet .
	$(BIN)/ruff check --quiet .

types: $(VENV)/.tools ## mypy --strict
	$(BIN)/mypy

layers: $(VENV)/.tools ## who may import whom (.importlinter)
	$(BIN)/lint-imports --no-logo

tests: $(VENV)/.tools ## all tests
	$(BIN)/python -m pytest -q

bless: $(VENV)/.tools ## rewrite the golden files from what hotspot does now; review the change
	$(BIN)/python -m pytest -q --bless

clean: ## remove what these tasks made
	rm -rf $(VENV) demo-output build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.PHONY: help install dev demo test lint types layers tests bless clean
