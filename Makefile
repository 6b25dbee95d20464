# Every target sets itself up. PYTHON=/path/to/python3.13 uses another interpreter, in a virtual environment of its own.
PYTHON ?= python3
VENV ?= .venv$(if $(filter-out python3,$(PYTHON)),-$(notdir $(PYTHON)))
BIN := $(VENV)/bin
TESTS ?= tests
WORKERS ?= 3
# In the order of the folders, where slow files come first: by default xdist keeps files with few tests for the end, and
# those of whole stacks are the slowest.
PARALLEL = --numprocesses $(WORKERS) --dist loadfile --no-loadscope-reorder

.DEFAULT_GOAL := help
.PHONY: help setup start demo package infra test test-host test-airflow test-clients check format clean prove mutants chaos soak bench-arm bench-burst bench-fabric bench-first bench-folder bench-history bench-http bench-latency bench-memory bench-routes bench-start bench-throttle

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

setup: $(BIN)/.installed $(BIN)/.command node_modules/.installed ## make the virtual environment, install everything

$(BIN)/.installed: requirements.txt requirements-dev.txt requirements-worker.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --ignore-requires-python -r requirements-worker.txt
	touch $@

# The command `dag-relay`, from this checkout: its dependencies are among those above. No editable install, which puts
# the checkout on the path of every Python: its `shared` would hide one of the worker's in Microsoft's host.
$(BIN)/.command: Makefile $(BIN)/.installed
	$(BIN)/pip uninstall --quiet --disable-pip-version-check --yes dag-relay
	printf '%s\n' '#!$(abspath $(BIN))/python' 'import sys' 'sys.path.insert(0, "$(CURDIR)")' \
		'from cli.main import main' 'sys.exit(main())' > $(BIN)/dag-relay
	chmod +x $(BIN)/dag-relay
	touch $@

node_modules/.installed: package.json package-lock.json $(BIN)/.installed
	scripts/npm-ci $(VENV)
	touch $@

start: setup ## the local stack on the usual ports; HOST=func: Core Tools' host, EVENTS=eventgrid: no polling, SHAPE=deployed
	$(BIN)/python -m local start --host $(or $(HOST),standin) $(if $(EVENTS),--events $(EVENTS)) $(if $(SHAPE),--shape $(SHAPE)) $(if $(AIRFLOW),--airflow real)

demo: setup ## the main job on real parts, without Azure; HOST=func on Microsoft's own host, AIRFLOW=1 with a real Airflow, FABRIC=1
	$(BIN)/python -m local demo --host $(or $(HOST),standin) $(if $(AIRFLOW),--airflow real) $(if $(FABRIC),--fabric)

package: setup ## what is deployed, as dist/dag-relay.zip; with PYTHON=python3.13 its byte code is for that one
	$(BIN)/python -m local package

infra: setup ## the template by Microsoft's Bicep compiler, alerts and dashboard by Prometheus; SNAPSHOTS=write after a change
	$(BIN)/python -m pytest $(PARALLEL) tests/infra tests/e2e/test_prometheus.py

test: setup ## all tests; TESTS=tests/unit for one layer, WORKERS=0 for one after the other
	-@scripts/find-chromium --install >/dev/null
	$(BIN)/python -m pytest $(PARALLEL) $(TESTS)

test-airflow: setup ## the same imports into the emulated Airflow, a real 3.x and a real 2.10.5 (some 5 minutes)
	AIRFLOW_CONTRACT=1 $(BIN)/python -m pytest --numprocesses 0 --timeout 900 tests/contract

test-clients: setup ## the Azure CLI on the local stack; installs it once, 730 MB (two minutes)
	AZURE_CLI=1 $(BIN)/python -m pytest --numprocesses 0 --timeout 900 tests/clients

# What depends on the host, on Microsoft's; where it is not on the PATH, every test is skipped with that reason.
# The longest first, so that none is left for one worker at the end.
ON_HOST := deployed_shape outages upload_to_sync events check_events routes environments webhooks cli misconfigured notifications canary log clock fabric
test-host: setup ## on Microsoft's Functions host: the conformance table, end-to-end tests, a round of chaos
	$(BIN)/python -m pytest --host func $(PARALLEL) \
		tests/chaos/test_chaos.py tests/conformance $(ON_HOST:%=tests/e2e/test_%.py)

prove: setup ## the promises under 100,000 schedules of crashes, storms and outages (an hour)
	SCHEDULES=13000 $(BIN)/python -m pytest tests/model --timeout 7200 --capture no

mutants: setup ## deliberate faults, one by one: each has to be caught by a test or the model; FAULTS="name ..." for some
	$(BIN)/python -m tests.mutants $(FAULTS)

chaos: setup ## three app processes, killed at random, on the real stack; SEED=n, SECONDS=n, ROUNDS=n, HOST=func, FABRIC=1
	$(BIN)/python -m tests.chaos $(if $(FABRIC),--fabric) --host $(or $(HOST),standin) --seed $(or $(SEED),1) --seconds $(or $(SECONDS),60) --rounds $(or $(ROUNDS),5)

soak: setup ## 2,000 ARM calls under random faults
	ARM_SOAK_CALLS=2000 $(BIN)/python -m pytest tests/integration/test_arm_soak.py --timeout 600

bench-burst: setup ## sync calls and seconds per burst, against the policies people have today (simulated clock)
	$(BIN)/python -m benchmarks.burst

bench-fabric: setup ## a Fabric job of 2,500 files: loads, changes, a crash, a peer that reads all back (virtual time)
	$(BIN)/python -m benchmarks.fabric

bench-start: bench-first ## bench-first by its old name

bench-first: setup ## the index, the first sync and the first PUT, with requirements.txt alone, against its packages
	$(BIN)/python -m benchmarks.first

bench-folder: setup ## a folder of 10,000 files: time and memory of a look at it
	$(BIN)/python -m benchmarks.folder

bench-latency: setup ## from the last upload to the POST and to Airflow's verdict, on the real stack (some ten minutes)
	$(BIN)/python -m benchmarks.latency

bench-memory: setup ## the worker's memory over 20 bursts of 500 files (some ten minutes); HOST=func: a worker of its own
	$(BIN)/python -m benchmarks.memory --host $(or $(HOST),standin)

bench-routes: setup ## 1,000 idle routes: a sweep, /api/ready and /api/metrics, against asking route by route
	$(BIN)/python -m benchmarks.routes

bench-throttle: setup ## 1,000 routes that change at once, on 1 to 40 instances, against ARM's own limit (virtual time)
	$(BIN)/python -m benchmarks.throttle

bench-history: setup ## a page of 1,000 syncs, against reading their records
	$(BIN)/python -m benchmarks.history

bench-arm: setup ## our PUT against azure-mgmt-datafactory and bare requests
	$(BIN)/python -m benchmarks.arm

bench-http: setup ## validated PUTs per second, through the handler and the stack, against PUTs without the relay
	$(BIN)/python -m benchmarks.http

check: setup ## lint, format, types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: setup ## put the code into shape
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean: ## forget everything that was installed or built
	rm -rf .venv .venv-* dist node_modules .cache .mypy_cache .ruff_cache .pytest_cache .hypothesis
