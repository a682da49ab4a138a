# make run: the whole network on this machine. make test: everything CI checks. make bench: the figures.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.PHONY: install run test check bench lock overdue docs clean

install: $(STAMP)

$(STAMP): requirements.lock pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed") if sys.version_info < (3, 11) else None'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation -e .
	touch $@

run: install
	$(BIN)/egnatia demo

# What measures time or kills processes runs by itself: beside other tests it would fail for want of a processor.
# Each file runs in one process from its first test to its last: some are one story. (Groups of pytest-xdist 3.8 are not kept by
# pytest 9.2, whose names of tests cannot be written over: the tests of a file were dealt out one by one.)
# Many wait for another process half of their time: three share two processors well.
WORKERS ?= 3
ALONE := tests/exchange/peer tests/store/test_crash.py tests/demo/test_network.py tests/network

test: check
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile $(addprefix --ignore=,$(ALONE))
	$(BIN)/python -m pytest $(ALONE)

check: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

docs: install
	$(BIN)/python docs/generate.py
	$(BIN)/python -m docs.policy
	$(BIN)/python -m docs.components
	$(BIN)/python -m docs.permissions
	$(BIN)/python -m docs.casework

bench: install
	$(BIN)/python -m benchmarks

lock: install
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --python-version 3.11 --no-header \
	  --no-emit-index-url --group dev --extra engine pyproject.toml -o requirements.lock

overdue: install
	$(BIN)/python -m docs.overdue

clean:
	rm -rf $(VENV) .bench-venvs
