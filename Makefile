# What can be done here. Each target sets up what it needs.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes

.PHONY: run test test-long clients bench bench-living bench-polls bench-serving bench-search check format lock texts clean

run: $(VENV)/run  ## serve the entries at http://127.0.0.1:8000
	$(BIN)/python -m feedsvc serve

test: $(VENV)/dev  ## pass the tests, with the coverage they must have
	$(BIN)/python -m coverage erase
	$(BIN)/python -m coverage run -m pytest -m "not long"
	$(BIN)/python -m coverage combine --quiet
	$(BIN)/python -m coverage report

check: $(VENV)/dev  ## style, types, and the one direction of imports
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/dev  ## put the code into its form
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

test-long: $(VENV)/dev  ## pass the tests that need root, tools or minutes
	$(BIN)/python -m pytest -m long

clients: .venv-redbot/made tests/clients/node_modules/made tests/browser/node_modules/made  ## get the feed readers and checkers that tests use, beyond Debian's

bench: bench-living bench-polls bench-serving bench-search  ## measure all of it; OPTIONS=--quick for less, which only prints

bench-living: $(VENV)/dev  ## measure, beside Hugo, what a living folder costs
	$(BIN)/python -m bench.living $(OPTIONS)

bench-polls: $(VENV)/dev  ## count the bytes of one poll of each feed
	$(BIN)/python -m bench.polls

bench-serving: $(VENV)/bench  ## measure, beside nginx and others, what serving costs; with plots and a model
	$(BIN)/python -m bench.serving $(OPTIONS)
ifndef OPTIONS
	$(BIN)/python -m bench.report
	$(BIN)/python -m bench.capacity
endif

bench-search: $(VENV)/dev  ## measure what searching costs
	$(BIN)/python -m bench.searching $(OPTIONS)

lock: $(VENV)/dev  ## choose the newest versions and write their hashes to requirements/
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --upgrade \
		--no-emit-index-url --no-emit-find-links --no-header pyproject.toml -o requirements/run.txt
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --upgrade \
		--no-emit-index-url --no-emit-find-links --no-header pyproject.toml --group dev -o requirements/dev.txt
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --upgrade \
		--no-emit-index-url --no-emit-find-links --no-header pyproject.toml --group dev --group bench -o requirements/bench.txt
	echo 'redbot>=2.7,<3' | $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --upgrade \
		--no-emit-index-url --no-emit-find-links --no-header - -o requirements/redbot.txt

texts: $(VENV)/dev  ## bring the catalogues of texts up to date with the source
	$(BIN)/pybabel -q extract -F pyproject.toml -k N_ -k NN_:1,2 --no-location --omit-header -o $(VENV)/feedsvc.pot .
	$(BIN)/pybabel -q update -l ru -D feedsvc -d feedsvc/locale -i $(VENV)/feedsvc.pot \
		--no-fuzzy-matching --ignore-obsolete --ignore-pot-creation-date --width=98

clean:  ## remove everything that was made here
	rm -rf $(VENV) .venv-redbot tests/*/node_modules instance build dist .coverage* .hypothesis .mypy_cache .pytest_cache .ruff_cache .import_linter_cache

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

# The stamps are made last, so that an interrupted installation is begun again.
$(VENV)/run: requirements/run.txt | $(VENV)/bin/python
	$(PIP) -r requirements/run.txt
	touch $@

$(VENV)/dev: requirements/dev.txt $(VENV)/run
	$(PIP) -r requirements/dev.txt
	touch $@

$(VENV)/bench: requirements/bench.txt $(VENV)/dev
	$(PIP) -r requirements/bench.txt
	touch $@

# It wants other versions of what the service uses.
.venv-redbot/made: requirements/redbot.txt
	$(PYTHON) -m venv .venv-redbot
	.venv-redbot/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/redbot.txt
	touch $@

tests/%/node_modules/made: tests/%/package-lock.json
	npm ci --prefix tests/$* --no-audit --no-fund --ignore-scripts
	touch $@
