# `make demo` and `make test` do everything on a bare machine that has Python 3.12, 3.13 or 3.14.

# The first of these that runs and is new enough; say `make demo PYTHON=/path/to/python` to choose another.
CANDIDATES = python3.13 python3 $(wildcard $(HOME)/.pyenv/versions/3.13*/bin/python3) python3.12 python3.14 \
             /usr/bin/python3 /usr/local/bin/python3 $(wildcard $(HOME)/.pyenv/versions/3.1[24]*/bin/python3)
NEW_ENOUGH = import sys; sys.exit(not (3, 12) <= sys.version_info < (3, 15))
PYTHON ?= $(shell for python in $(CANDIDATES); do \
            "$$python" -c '$(NEW_ENOUGH)' >/dev/null 2>&1 && { echo "$$python"; break; }; done)

BIN = .venv/bin
PIP = $(BIN)/python -m pip --disable-pip-version-check --quiet
WORKERS ?= 2
POLICIES = 'arms=[status_quo,non_refoulement_only,letter_package]'

# Compiled rules are kept per state of their source: numba does not see that a function in another file has changed.
COMPILED_SOURCES = src/trafficsim/engine src/trafficsim/processes src/trafficsim/model.py
SOURCE_STATE := $(shell find $(COMPILED_SOURCES) -name '*.py' 2>/dev/null | LC_ALL=C sort | xargs cat | cksum | tr -d ' ')
export NUMBA_CACHE_DIR ?= $(CURDIR)/.cache/numba/$(SOURCE_STATE)
# Each run is a process of its own; libraries that start threads inside it would only get in each other's way.
export OMP_NUM_THREADS ?= 1
export OPENBLAS_NUM_THREADS ?= 1
export NUMBA_NUM_THREADS ?= 1

.PHONY: demo test mutants units fuzz audit soak golden stability release-check bench bench-peers lint format docs generated figure experiments notebooks requirements clean
.DEFAULT_GOAL := demo

demo: .venv/runtime  ## Three policies, the same lives, a table and figures
	$(BIN)/trafficsim compare $(POLICIES)

test: .venv/development
	$(BIN)/python -m pytest -n $(WORKERS)

mutants: .venv/development  ## Every rule with one slip in it, tried against its table of cases
	NUMBA_DISABLE_JIT=1 PYTHONPATH=tests $(BIN)/python -m mutation

units: .venv/development  ## Every rule walked with units in the place of numbers, and every wrong unit tried
	PYTHONPATH=tests $(BIN)/python -m dimensions

fuzz: .venv/development  ## 135,000 files, settings, names and addresses as nobody would write them; the tests try 4,500
	TRAFFICSIM_FUZZ=12000 $(BIN)/python -m pytest -n $(WORKERS) tests/test_fuzz*.py

soak: .venv/development  ## A day in the life of a large study: every hour a kill, a full disk, a cut file ...; the tests live through three hours
	TRAFFICSIM_HOURS=24 $(BIN)/python -m pytest --capture=no tests/test_soak.py

golden: .venv/development  ## Write the hashes of the fixed study anew, after a change that is meant; note it in CHANGELOG.md
	$(BIN)/python -m benchmarks.golden --write

stability: .venv/development  ## The fixed study with several Pythons, versions of numba and NumPy, and an older processor
	$(BIN)/python -m benchmarks.stability

release-check: .venv/development  ## Wheel and source archive, each in a clean environment: the README's commands and the guide to Python, in an empty folder
	$(BIN)/python -m benchmarks.clean_install

bench: .venv/development
	$(BIN)/python -m benchmarks.run

bench-peers: .venv/development .venv-peers/installed  ## The same small process in Mesa, AgentPy, Starsim, NumPy and this engine
	$(BIN)/python -m benchmarks.peers.run .venv-peers/bin/python

lint: .venv/development
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: .venv/development
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

docs: generated  ## The documents as a site, built offline; a link that leads nowhere fails
	$(BIN)/sphinx-build --quiet --fail-on-warning --keep-going docs docs/_build/html
	@echo "Open docs/_build/html/index.html in a browser."

generated: .venv/development  ## The parts of the documents that come from the code and the catalogue
	$(BIN)/python docs/generate.py

notebooks: .venv/notebooks  ## The lessons, in JupyterLab, which is told to ask nobody for news
	$(BIN)/jupyter lab --LabApp.news_url=None --LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate experiments/notebooks

FIGURES = .cache/figures/study-*/figures
figure: .venv/runtime  ## Make the figures that README.md and the documents show again
	rm -rf .cache/figures
	$(BIN)/trafficsim compare $(POLICIES) output.folder=.cache/figures
	mkdir -p docs/figures
	cp $(FIGURES)/differences.png docs/figures/comparison.png
	cp $(FIGURES)/statuses.png $(FIGURES)/where_lives_parted.png $(FIGURES)/children.png docs/figures

EXPERIMENTS = non_refoulement package_lever_by_lever permits
experiments: .venv/runtime  ## Live through the published experiments, as far as that is not done, and write their pages
	for name in $(EXPERIMENTS); do \
	  $(BIN)/trafficsim sweep --config-dir experiments/$$name --config-name study || exit 1; done
	$(BIN)/python experiments/publish.py $(EXPERIMENTS)

# Pins again, from what pyproject.toml allows; uv writes neither address nor machine into them.
PIN = uv pip compile --quiet --upgrade --universal --python-version 3.12 --generate-hashes \
      --no-emit-index-url --no-header --no-annotate
COMPILE = $(PIN) pyproject.toml --group build --extra analysis --extra app --extra browse --extra report
requirements:
	$(COMPILE) --output-file requirements/runtime.txt
	$(COMPILE) --extra test --extra lint --extra docs --constraint requirements/runtime.txt --output-file requirements/development.txt
	$(COMPILE) --extra notebooks --constraint requirements/development.txt --output-file requirements/notebooks.txt
	$(PIN) requirements/peers.in --constraint requirements/runtime.txt --output-file requirements/peers.txt
	$(PIN) requirements/audit.in --output-file requirements/audit.txt
	$(PIN) pyproject.toml --constraint requirements/runtime.txt --output-file requirements/stability/locked.txt
	$(PIN) pyproject.toml --constraint requirements/stability/numba-0.68.0.in --output-file requirements/stability/numba-0.68.0.txt

audit: .venv/development  ## Pins, hashes, what is installed, and where a service can be reached, known vulnerabilities
	@$(MAKE) --silent .cache/audit/installed || echo "pip-audit could not be installed."
	$(BIN)/python requirements/audit.py --pip-audit .cache/audit/bin/pip-audit

clean:
	rm -rf .venv .venv-peers .cache .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache build dist docs/_build
	find src tests benchmarks -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || true

# Stamps: made last, so that an installation which was broken off is begun again. The second `make` finds them and is instant.
.venv/environment:
	@test -n "$(PYTHON)" || { echo "trafficsim needs Python 3.12, 3.13 or 3.14 and found none:" \
	  "install it, or name it with 'make PYTHON=/path/to/python'." >&2; exit 1; }
	@echo "Making .venv with $$($(PYTHON) --version) (once; a minute or two) ..."
	@$(PYTHON) -m venv --clear .venv
	@touch $@

.venv/runtime: requirements/runtime.txt pyproject.toml | .venv/environment
	@$(PIP) install --require-hashes -r requirements/runtime.txt
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

.venv/development: requirements/development.txt .venv/runtime
	@$(PIP) install --require-hashes -r requirements/development.txt
	@touch $@

# It asks about the other locks, so it has an environment of its own.
.cache/audit/installed: requirements/audit.txt | .venv/environment
	@$(BIN)/python -m venv --clear .cache/audit
	@.cache/audit/bin/python -m pip --disable-pip-version-check --quiet install --require-hashes -r requirements/audit.txt
	@touch $@

.venv/notebooks: requirements/notebooks.txt .venv/runtime
	@$(PIP) install --require-hashes -r requirements/notebooks.txt
	@touch $@

.venv-peers/installed: requirements/peers.txt
	@$(PYTHON) -m venv --clear .venv-peers
	@.venv-peers/bin/python -m pip --disable-pip-version-check --quiet install --require-hashes -r requirements/peers.txt
	@touch $@
