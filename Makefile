# `make test` sets up everything it needs; nothing has to be installed before but Python and make.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
WORKERS ?= 2

.PHONY: setup run demo check test format docs lock clean

setup: $(STAMP)

$(STAMP): requirements.lock pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or later is needed; set PYTHON=python3.x" if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps -e .
	touch $(STAMP)

# The document pipeline on this machine, until Ctrl-C; the page's address signs its reader in.
run: setup
	$(BIN)/eventmill up pipeline --parameter SignInLink=shown

# The same on a free port, then the sample documents through it; nothing is kept.
demo: setup
	$(BIN)/python pipeline/samples/make.py .samples
	$(BIN)/eventmill run pipeline --port 0 --ephemeral --parameter SignInLink=shown -- \
		$(BIN)/python pipeline/samples/demo.py .samples

check: setup
	$(BIN)/ruff format --check src tests bench pipeline tools
	$(BIN)/ruff check src tests bench pipeline tools
	$(BIN)/mypy
	$(BIN)/lint-imports

test: setup
	$(BIN)/pytest -n $(WORKERS)

format: setup
	$(BIN)/ruff format src tests bench pipeline tools
	$(BIN)/ruff check --fix src tests bench pipeline tools

# What the engine covers, from its own tables; `make test` fails when the page says something else.
docs: setup
	$(BIN)/eventmill coverage > docs/reference/coverage.md

# Resolves the ranges of pyproject.toml anew. Needs uv.
lock:
	uv pip compile --quiet --universal --python-version 3.11 --extra dev --extra pipeline --no-header --no-annotate --no-emit-index-url pyproject.toml -o requirements.lock

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis

# The peers pin other versions of what we use, so they live apart.
PEERS := .venv-peers
.PHONY: bench
bench: setup $(PEERS)/.installed
	$(BIN)/python bench/run.py --peers $(PEERS)/bin

$(PEERS)/.installed: pyproject.toml
	$(PYTHON) -m venv $(PEERS)
	$(PEERS)/bin/python -m pip install --quiet --disable-pip-version-check 'moto[all,server]>=5.1,<6' 'ministack>=1.5,<2'
	touch $(PEERS)/.installed
