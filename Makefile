# The daily commands. Everything runs in .venv, which any target makes when it is missing.
PYTHON ?= python3
CONFIG ?= configs/default.yaml
BIN := .venv/bin
INSTALLED := .venv/.installed
ESTIMATOR := .venv/.installed-import
EXTRAS := .venv/.installed-all
LOCKS := $(wildcard locks/*.txt)
LOCKER := .venv-lock/.installed
PUBLISHED := configs/humanmatting-openimages.yaml
OMZ := .venv-omz/.installed
# How many processes run the tests: one for each processor, at most four. 0: none beside pytest itself.
WORKERS ?= logical
PYTEST := $(BIN)/python -m pytest --numprocesses $(WORKERS) --maxprocesses 4 --dist worksteal

.DEFAULT_GOAL := help
.PHONY: help install install-import install-all lock omz-env convert evaluate gate demo published published-recipe omz-parity test test-slow test-all check clean

help: ## List these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

install: $(INSTALLED) ## Create .venv and install the locked dependencies

$(INSTALLED): pyproject.toml constraints.txt $(LOCKS)
	@$(PYTHON) -c 'import sys; sys.exit("mattekit needs Python 3.11 or newer, found " + sys.version.split()[0] + "; set PYTHON=python3.11") if sys.version_info < (3, 11) else None'
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python tools/supply/install.py dev demo serve
	@touch $@

install-import: $(ESTIMATOR) ## Install also what estimates foreground colours of imported sets (210 MB)

$(ESTIMATOR): $(INSTALLED)
	@$(BIN)/python tools/supply/install.py dev demo serve import
	@touch $@

install-all: $(EXTRAS) ## Install every extra: the tests use them all, Ray and the stores of objects among them (600 MB)

$(EXTRAS): $(ESTIMATOR)
	@$(BIN)/python tools/supply/install.py dev demo serve import remote ray
	@touch $@

lock: $(EXTRAS) $(LOCKER) ## Resolve pyproject.toml and constraints.txt anew into locks/, and list the licences
	$(BIN)/python -m tools.supply.lock --uv .venv-lock/bin/uv
	@$(MAKE) --no-print-directory install-all
	$(BIN)/python -m tools.supply.licences

$(LOCKER): tools/supply/requirements.txt
	@test -x .venv-lock/bin/python || $(PYTHON) -m venv .venv-lock
	@.venv-lock/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement $<
	@touch $@

omz-env: $(OMZ) ## Create .venv-omz with openvino-dev 2024.6.0, the last release with Model Optimizer

$(OMZ): tools/published_recipe/requirements.txt
	@$(PYTHON) -c 'import sys; sys.exit("openvino 2024.6.0 is for Python 3.11 and 3.12, found " + sys.version.split()[0] + "; set PYTHON=python3.11") if not (3, 11) <= sys.version_info < (3, 13) else None'
	@test -x .venv-omz/bin/python || $(PYTHON) -m venv .venv-omz
	@echo "installing openvino-dev 2024.6.0 into .venv-omz (370 MB)"
	@.venv-omz/bin/python -m pip install --quiet --disable-pip-version-check --requirement $<
	@touch $@

convert: $(INSTALLED) ## Convert the checkpoint to ONNX and OpenVINO IR, each form proved
	$(BIN)/mattekit convert --config $(CONFIG)

evaluate: convert ## Run the original and every converted form, write reports/<run>/report.md
	$(BIN)/mattekit evaluate --config $(CONFIG)

gate: $(INSTALLED) ## Judge the newest run against its original and the baseline (evaluates first if there is none)
	@find reports -path reports/example -prune -o -name results.json -print | grep -q . || $(MAKE) --no-print-directory evaluate CONFIG=$(CONFIG)
	$(BIN)/mattekit gate --config $(CONFIG)

demo: convert ## Make footage, put the person somewhere else: reports/demo/demo.mp4, and demo.webp beside the original
	$(BIN)/mattekit dataset footage
	$(BIN)/mattekit demo --config $(CONFIG) -i data/footage/source.mp4 --background data/footage/plate.png --target-bgr data/footage/target.png -o reports/demo/demo.mp4
	$(BIN)/mattekit demo --config $(CONFIG) -i data/footage/source.mp4 --background data/footage/plate.png --target-bgr data/footage/target.png -o reports/demo/demo.webp --show-with-original-frame --output-resolution 800x225

published: ## Run the published experiment with FOREGROUNDS=<folder of AISegment's set>; see docs/real-sets.md
	@test -d "$(FOREGROUNDS)" || { echo "expected FOREGROUNDS=<folder of AISegment's set>, found '$(FOREGROUNDS)'; see docs/real-sets.md" >&2; exit 2; }
	@$(MAKE) --no-print-directory install-import
	@test -f pytorch_mobilenetv2.pth || $(BIN)/mattekit download background-matting-v2-mobilenetv2
	$(BIN)/mattekit dataset build --config $(PUBLISHED) --foregrounds "$(FOREGROUNDS)"
	$(BIN)/mattekit convert --config $(PUBLISHED)
	$(BIN)/mattekit evaluate --config $(PUBLISHED)

published-recipe: $(INSTALLED) $(OMZ) ## Make the IR as the Open Model Zoo does, to measure ours against (models/published-recipe)
	$(BIN)/python -m tools.published_recipe.convert --config $(CONFIG)

omz-parity: convert $(OMZ) ## Compare ours with the IRs of Open Model Zoo's own converter: reports/omz-parity/parity.md
	$(BIN)/python -m tools.omz_parity.run --config $(CONFIG)

test: $(INSTALLED) ## Run the fast tests
	$(PYTEST)

test-slow: $(INSTALLED) ## Run the slow end-to-end tests
	$(PYTEST) -m slow

test-all: $(INSTALLED) ## Run both, as CI does
	$(PYTEST) -m 'slow or not slow'

check: $(INSTALLED) ## Lint, check formatting and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

clean: ## Remove .venv, .venv-omz, .venv-lock, models, generated sets, runs and caches (the example report stays)
	rm -rf .venv .venv-omz .venv-lock models data build *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find reports -mindepth 1 -maxdepth 1 ! -name example -exec rm -rf {} +
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
