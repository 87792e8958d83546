# The verbs of the project. Each makes its own environment first (.venv), so a fresh clone needs Python 3.11, make and git.
#   make forecast   build on the bundled sample and print the latest forecast
#   make test       every test but the long proofs, in two processes
#   make lint       ruff and sqlfluff
#   make check      all that CI runs; needs a real market history in ../shared/landing
#   make proof      the long proofs, whole
#   make env-ray    Ray into the environment: fits of effort full on a cluster (RAY_ADDRESS)
#   make proof-ray  the proof that a cluster gives the same bytes, on two local nodes
#   make faults     plant every fault of the data and write what was caught into docs/quality_faults.md
#   make docs       documentation with lineage, one HTML file (target/static_index.html)
#   make bench      compare with other forecasters, into docs/benchmark.md; DB=FILE or LANDING=FOLDER (30 CPU minutes)
#   make readme     put the sample's current forecast into README.md
#   make clean      remove what can be made again (the environment, caches, builds; never zl.duckdb)

PYTHON ?= python3.11
BIN := .venv/bin
READY := .venv/.ready

# One thread per fit: under load two OpenMP threads are twenty times slower than one. No hub is asked for anything.
export OMP_NUM_THREADS := 1
export HF_HUB_OFFLINE := 1

.PHONY: forecast test lint check proof faults bench docs readme env env-ray proof-ray clean
.DEFAULT_GOAL := forecast

forecast: $(READY)
	$(BIN)/dbt build --select +zl_predictions
	@$(BIN)/zl show

# Two processes: builds wait for Python's lock more than for a core. A file's tests stay together and share its builds.
test: $(READY)
	$(BIN)/python -m pytest --numprocesses 2 --dist loadfile --no-loadscope-reorder

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	@mkdir -p target/lint
	ZL_DB=target/lint/zl.duckdb DBT_TARGET_PATH=target/lint $(BIN)/sqlfluff lint --processes 2 models tests

check:
	.ci/run

proof: $(READY)
	$(BIN)/python -m pytest -m 'proof and not ray'

proof-ray: env-ray
	$(BIN)/python -m pytest -m ray

faults: $(READY)
	ZL_FAULT_TABLE=docs/quality_faults.md $(BIN)/python -m pytest -m '' \
	  tests/e2e/test_planted_faults.py::test_a_planted_fault_is_found_by_its_check

# An environment of its own: what only the peers need never comes near the product's.
bench:
	@[ -n "$(DB)$(LANDING)" ] || { echo "Name what to compare: make bench DB=FILE, a database that dbt build --select \
	+zl_predictions made, or make bench LANDING=FOLDER to build one first." >&2; exit 1; }
	@[ -z "$(DB)" ] || [ -f "$(DB)" ] || { echo "There is no database $(DB)." >&2; exit 1; }
	@$(MAKE) --no-print-directory .venv-bench/.ready
	.venv-bench/bin/python -m benchmarks.skill $(DB) $(if $(LANDING),--landing $(LANDING)) --into docs/benchmark.md

.venv-bench/.ready: requirements.lock benchmarks/requirements.txt
	rm -rf .venv-bench
	$(PYTHON) -m venv .venv-bench
	.venv-bench/bin/python -m pip install --disable-pip-version-check --quiet \
	  --requirement requirements.lock --requirement benchmarks/requirements.txt
	.venv-bench/bin/python -m pip install --disable-pip-version-check --quiet --no-deps --no-build-isolation --editable .
	touch $@

docs: $(READY)
	$(BIN)/dbt docs generate --static

readme: $(READY)
	$(BIN)/dbt build --select +zl_predictions
	$(BIN)/zl show --into README.md

env: $(READY)

env-ray: $(READY)
	$(BIN)/python -m pip install --disable-pip-version-check --quiet --no-build-isolation \
	  --constraint requirements.lock --editable '.[ray]'

# A stamp is written last. Without it .venv may be half an installation, which pip cannot see: it starts from nothing.
# With an older stamp (the lock changed) pip only installs what differs. The lock file is also the lock against a second
# `make` at the same time.
$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null || { \
	  echo "zl needs Python 3.11 and '$(PYTHON)' is not one. Install it, or name it: make PYTHON=/path/to/python3.11 $(MAKECMDGOALS)" >&2; exit 1; }
	@set -e; exec 9<requirements.lock; \
	$(PYTHON) -c 'import fcntl; fcntl.flock(9, fcntl.LOCK_EX | fcntl.LOCK_NB)' 2>/dev/null || { \
	  echo "Another make is installing into .venv; waiting for it."; \
	  $(PYTHON) -c 'import fcntl; fcntl.flock(9, fcntl.LOCK_EX)'; }; \
	if [ -e $@ ] && [ $@ -nt requirements.lock ] && [ $@ -nt pyproject.toml ]; then exit 0; fi; \
	total=$$(grep -c '==' requirements.lock); \
	echo "Making the environment in .venv: $$total packages, about 3 GB, two to four minutes."; \
	[ -e $@ ] || rm -rf .venv; rm -f $@; \
	[ -x $(BIN)/pip ] || $(PYTHON) -m venv .venv; \
	( while sleep 5 && kill -0 $$$$ 2>/dev/null; do \
	    n=$$(ls -d .venv/lib/python3.11/site-packages/*.dist-info 2>/dev/null | wc -l); \
	    [ $$n -lt 5 ] || [ $$n -ge $$total ] || echo "  $$n of $$total packages in place"; \
	  done ) 9<&- & beat=$$!; trap 'kill $$beat 2>/dev/null' EXIT; \
	$(BIN)/python -m pip install --disable-pip-version-check --requirement requirements.lock; \
	$(BIN)/python -m pip install --disable-pip-version-check --quiet --no-deps --no-build-isolation --editable .; \
	touch $@; echo "The environment is ready."

clean:
	rm -rf .venv .venv-bench target logs .zl_cache .pytest_cache .ruff_cache .hypothesis *.egg-info *.duckdb.build* *.duckdb.replay *.duckdb.quality
