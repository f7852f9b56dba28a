# `make` lists what there is.
PYTHON ?= python3
PORT ?= 8000
SIZE ?= 1000000
REQUESTS ?= 20000
SEED ?= 1
BIN = .venv/bin

.DEFAULT_GOAL = help
.PHONY: help demo serve test test-quick test-all fuzz soak lint bench lock clean

help: ## list what there is
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 20

# The stamp is newer than the lock file once everything in it is installed.
.venv/installed: requirements.lock pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

demo: .venv/installed ## install, make up a month that ends now and goes on, serve it on port 8000 (PORT=)
	@$(BIN)/sojourn demo --port $(PORT)

serve: .venv/installed ## install and serve the folder sojourn-data on port 8000 (PORT=)
	@$(BIN)/sojourn serve --port $(PORT)

test: lint ## every check: style, types, laws, golden cases, the real path
	$(BIN)/python -m pytest -n 2 --dist worksteal -m "not long"

test-quick: .venv/installed ## the tests without the slow ones
	$(BIN)/python -m pytest -n 2 --dist worksteal -m "not slow and not long"

test-all: lint ## also what takes longer: all laws on a cluster, four times the examples
	LAW_EXAMPLES=32 $(BIN)/python -m pytest -n 2 --dist worksteal

fuzz: .venv/installed ## what the OpenAPI document allows and forbids, 20,000 requests to a real server (REQUESTS=, SEED=)
	FUZZ_REQUESTS=$(REQUESTS) FUZZ_SEED=$(SEED) $(BIN)/python -m pytest tests/web/test_fuzz.py -s

soak: .venv/installed ## a server under load while all goes wrong (SOAK_SECONDS=600, SOAK_SEED=)
	@$(BIN)/python -m tests.soak.run

lint: .venv/installed ## style and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: .venv/installed ## ours and the peers in one run (SIZE=1000000 events)
	$(BIN)/python -m bench --size $(SIZE)

lock: ## pin every dependency anew (needs uv)
	uv pip compile pyproject.toml --group dev --python-version 3.11 --universal --generate-hashes --no-emit-index-url --no-header --upgrade -o requirements.lock

clean: ## remove what was installed and built
	rm -rf .venv build dist demo-data
