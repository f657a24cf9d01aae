# Every target runs in a virtual environment that is made from the lock file. PYTHON is the interpreter that makes it.
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.DEFAULT_GOAL := help
.PHONY: help up test smoke bench bench-data faults lint format strings lock

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

up: $(STAMP) ## Run the embedded stack until Ctrl-C (ARGS="--fresh" deletes its state first)
	@exec $(BIN)/haas up $(ARGS)

# Three processes run the whole suite, each with its own servers: on two cores, a process often waits for its servers. For a
# selection, a second set of servers is not worth it.
# With servers from the environment there is one process: workers of several would take each other's jobs from one broker.
# Compiled modules are kept, even if the environment says otherwise: every process of the tests imports hundreds of them.
unexport PYTHONDONTWRITEBYTECODE
PROCESSES := $(if $(HAAS_TEST_DATABASE_URL)$(HAAS_TEST_REDIS_URL),,--numprocesses 3 --no-loadscope-reorder)
test: $(STAMP) ## Run the tests on real servers (ARGS="-k name" selects tests by name, and runs them in one process)
	@ops/install-browser
	$(BIN)/python -m pytest $(or $(ARGS),$(PROCESSES))

smoke: $(STAMP) ## Run the whole data sharing process at both demonstration brands, in a new stack
	$(BIN)/haas smoke $(ARGS)

bench: $(STAMP) ## Measure the most frequent requests through the proxy, with 2 and with 200 tenants
	$(BIN)/haas bench $(ARGS)

bench-data: $(STAMP) ## Measure every data operation with a large retailer's data (ARGS="--small" takes a few minutes)
	$(BIN)/haas bench-data $(ARGS)

faults: $(STAMP) ## Kill every part under load, and compare what is stored with what was acknowledged
	$(BIN)/python -m ops.bench.faults $(ARGS)

lint: $(STAMP) ## Check style, types, import layers and templates
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/djlint --quiet --lint --profile jinja --ignore J018 --extension html.jinja themes
	$(BIN)/djlint --quiet --lint --profile jinja --ignore J018 --extension html ops
	$(BIN)/python -m themes.lint

format: $(STAMP) ## Format the code
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

strings: $(STAMP) ## Write the catalogue of the texts that consumers read
	$(BIN)/python -m haas.language.extraction

lock: $(STAMP) ## Write requirements.lock with the newest versions that pyproject.toml allows
	$(BIN)/uv pip compile --universal --generate-hashes --no-header --no-annotate --all-extras --upgrade \
		--python-version 3.11 --output-file requirements.lock pyproject.toml

$(STAMP): requirements.lock pyproject.toml
	test -x $(BIN)/pip || $(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --require-hashes -r requirements.lock
	$(BIN)/pip install --quiet -e . --no-deps --no-build-isolation
	@touch $@
