# What people and CI run. Needs GNU make and Python 3.11 or later; everything else goes into $(VENV).

PYTHON ?= python3
VENV ?= .venv
GROUP ?= dev

PY = $(VENV)/bin/python
PIP = $(PY) -m pip --disable-pip-version-check -qq
# Not `python -m pytest`, which would put the checkout on the path, before the wheel. What takes long lies together, so a
# worker without work takes half of what another has left.
PYTEST = $(VENV)/bin/pytest -n auto --dist worksteal
# It looks for packages where the first Python on PATH has them.
PYRIGHT = PATH="$(abspath $(VENV))/bin:$$PATH" pyright

# The Pythons of `make test-all`; looked for on PATH and among those of pyenv.
VERSIONS = 3.11 3.12 3.13

# The engines: the tests of their packages take every line and every branch of them.
COVERED = payloads/binding payloads/statements payloads/texts payloads/twins jsonrpc/codec jsonrpc/kinds jsonrpc/quick soap/codec soap/pieces soap/quick soap/texts dispatch/connection dispatch/gate dispatch/hooks dispatch/outcomes dispatch/peer dispatch/router
# Only these tests run traced, which takes half as long again.
ENGINES = $(addprefix tests/,$(sort $(dir $(COVERED))))
comma := ,
space := $(subst ,, )

# What the wheel is made of. Directories are listed too: a deleted file changes its directory.
SOURCES = pyproject.toml README.md LICENSE \
  $(shell find ocpp_core schemas wsdl -name __pycache__ -prune -o -print 2>/dev/null)

# pyright brings its own Node (pyright[nodejs]); it shall not depend on what is on PATH.
export PYRIGHT_PYTHON_GLOBAL_NODE = 0
export PYRIGHT_PYTHON_IGNORE_WARNINGS = 1

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.NOTPARALLEL:
.PHONY: help test lint types check-model pytest test-deep test-all test-lowest coverage mutants fuzz demo generate format \
  bench clean

help: ## Lists these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' Makefile

test: lint types check-model pytest ## Runs everything that CI runs: lint, types, generated code, tests of the wheel

lint: $(VENV)/.deps ## Checks style and format
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .

types: $(VENV)/.wheel ## Checks types with mypy and pyright, and that no public name of the wheel lacks one
	$(PY) -m mypy
	$(PYRIGHT)
	@log=$$($(PYRIGHT) --verifytypes ocpp_core --ignoreexternal) || { echo "$$log"; exit 1; }

check-model: $(VENV)/.wheel ## Checks that the generated modules and pages are what the generators write
	$(PY) tools/generate_model.py --check
	$(PY) tools/generate_docs.py --check

pytest: $(VENV)/.wheel ## Runs the tests against the installed wheel; the engines need every line and branch covered
	$(PYTEST) $(ENGINES:%=--ignore=%)
	$(PYTEST) --cov --cov-report= $(ENGINES)
	$(PY) -m coverage report --fail-under=100 --include='$(subst $(space),$(comma),$(COVERED:%=*/ocpp_core/%.py))'

test-deep: $(VENV)/.wheel ## Runs the long property tests
	OCPP_DEEP=1 $(PYTEST) -m deep

test-all: ## Runs the tests on every supported Python found on this machine
	@set -e; \
	found=; missing=; \
	for version in $(VERSIONS); do \
	  python=; \
	  for candidate in python$$version "$${PYENV_ROOT:-$$HOME/.pyenv}"/versions/$$version.*/bin/python; do \
	    python=$$("$$candidate" -c 'import sys; print(sys.executable)' 2>/dev/null) && break; \
	  done; \
	  if [ -n "$$python" ]; then found="$$found $$version=$$python"; else missing="$$missing $$version"; fi; \
	done; \
	echo "found:$${found:- none}"; \
	echo "missing:$${missing:- none}"; \
	[ -n "$$found" ]; \
	for python in $$found; do \
	  version=$${python%%=*}; \
	  echo "Python $$version"; \
	  $(MAKE) --no-print-directory pytest VENV=.venv-$$version PYTHON=$${python#*=} GROUP=test; \
	done

test-lowest: .venv-lowest/lowest.txt ## Runs the tests on exactly the lowest versions that pyproject.toml declares
	@PIP_CONSTRAINT=$< $(MAKE) --no-print-directory .venv-lowest/.wheel VENV=.venv-lowest GROUP=test
	@.venv-lowest/bin/python tools/lowest.py --installed
	@$(MAKE) --no-print-directory pytest VENV=.venv-lowest GROUP=test

coverage: $(VENV)/.wheel ## Runs the tests and lists lines and branches that none of them takes
	$(PYTEST) --cov --cov-report=term-missing:skip-covered

# How many mutants; which (the same seed and the same text give the same ones); of what; asked of which tests.
MUTANTS ?= 300
SEED ?=
MODULES ?=
TESTS ?=
AT_LEAST ?= 95
mutants: $(VENV)/.deps ## Changes the engines in small ways and looks whether a test notices (MUTANTS= SEED= MODULES= TESTS=)
	$(PY) tools/mutants.py --number $(MUTANTS) $(if $(SEED),--seed $(SEED)) $(if $(MODULES),--modules '$(MODULES)') \
	  $(if $(TESTS),--tests '$(TESTS)') --at-least $(AT_LEAST)

# How many messages for each wire, and how many runs of each target of the guided fuzzer, if that can be installed here.
MESSAGES ?= 300000
RUNS ?= 20000
TARGETS ?= frames envelopes connection logs
fuzz: $(VENV)/.wheel ## Throws spoilt messages at every wire and tells what leaves the receive path (MESSAGES= RUNS= SEED= WIRES=)
	$(PY) tests/fuzz.py --number $(MESSAGES) $(if $(SEED),--seed $(SEED)) $(WIRES)
	@if $(PIP) install --only-binary :all: 'atheris>=3.0' 2>/dev/null; then \
	  for target in $(TARGETS); do \
	    $(PY) tests/guided_fuzz.py $$target --runs $(RUNS) $(if $(SEED),--seed $(SEED)) || exit 1; \
	  done; \
	else echo 'No Atheris for this Python and machine: the guided fuzzer is left out.'; fi

demo: .venv-demo/.ready ## Shows the `ocpp-core` command: judges example traffic, then a CSMS process and ten stations talk
	@echo '$$ ocpp-core validate --quiet examples/traffic'
	@.venv-demo/bin/ocpp-core validate --quiet examples/traffic || test $$? -eq 1  # some of it is there to be refused
	@echo; echo '$$ head -n 2 examples/traffic/everest.txt | ocpp-core decode --version 2.0.1'
	@head -n 2 examples/traffic/everest.txt | .venv-demo/bin/ocpp-core decode --version 2.0.1
	@echo; echo '$$ ocpp-core demo'
	@.venv-demo/bin/ocpp-core demo

generate: $(VENV)/.wheel ## Writes ocpp_core/v*/ from schemas/, wsdl/ and tools/tables/
	$(PY) tools/generate_model.py
	$(PY) tools/generate_docs.py

format: $(VENV)/.deps ## Formats the code and mends what can be mended mechanically
	$(PY) -m ruff check --fix-only .
	$(PY) -m ruff format .

bench: $(VENV)/.wheel ## Measures speed beside other libraries; writes results.json, the tables and the picture of the pages
	$(PY) benchmarks/run.py --update

clean: ## Removes what these targets have made
	rm -rf .venv .venv-* .mutants build dist .coverage* htmlcov .benchmarks .hypothesis .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# --- virtual environments: a stamp file says that the steps above it are done ------------------------------------

define make_venv
	@$(PYTHON) -c 'import sys; sys.exit("ocpp_core needs Python 3.11 or later; $(PYTHON) is %d.%d. Try: make PYTHON=python3.12 ..." % sys.version_info[:2] if sys.version_info < (3, 11) else 0)'
	@$(PYTHON) -m venv $(@D)
endef

# Runs a command in silence, with a dot each second; what it has said is shown if it fails.
define with_dots
log=$$(mktemp); $(1) >"$$log" 2>&1 & pid=$$!; \
while kill -0 $$pid 2>/dev/null; do printf .; sleep 1; done; \
if wait $$pid; then echo ' done'; rm -f "$$log"; else echo ' failed'; cat "$$log"; rm -f "$$log"; exit 1; fi
endef

# The package comes along only for its dependencies here; .wheel replaces it.
$(VENV)/.deps: pyproject.toml
	$(make_venv)
	@$(PIP) install --upgrade 'pip>=25.1'
	@$(PIP) install --group $(GROUP) '.[all]'
	@touch $@

# The wheel is built from the sdist, which proves that the sdist is complete.
$(VENV)/.wheel: $(VENV)/.deps $(SOURCES)
	@rm -rf dist
	@log=$$($(PY) -m build --no-isolation 2>&1) || { echo "$$log"; exit 1; }
	@$(PIP) install --force-reinstall --no-deps dist/*.whl
	@touch $@

.venv-lowest/lowest.txt: pyproject.toml tools/lowest.py
	$(make_venv)
	@.venv-lowest/bin/python tools/lowest.py > $@

INSTALL_DEMO = .venv-demo/bin/python -m pip --disable-pip-version-check -q install '.[cli,websockets,server,soap]'
.venv-demo/.ready: $(SOURCES)
	@echo 'Once, about a minute: the demo gets a virtual environment of its own, .venv-demo.'
	@printf 'Making it ... '
	$(make_venv)
	@printf 'done\nInstalling ocpp_core and what its command needs .'
	@$(call with_dots,$(INSTALL_DEMO))
	@touch $@
