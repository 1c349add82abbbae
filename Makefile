# Verihook's commands; `make` alone lists them.

PORT ?= 8787
DATA ?= .verihook
ARGS ?=
DIR ?= tests/vectors
NAME ?=
EXAMPLES ?= 200000
# Not SECONDS, which bash and zsh count up by themselves.
DURATION ?= 120

VENV := .venv
SAM_VENV := .venv-sam
LAMBDA_VENV := .venv-lambda
SIGNERS_VENV := .venv-signers
CHECKOV_VENV := .venv-checkov
NEWEST_VENV := .venv-newest
# npm's libraries that sign; git ignores .tools. Those of ALL=1 take minutes, and half a gigabyte.
SIGNERS_NODE := .tools/signers
SIGNERS_ALL := .tools/signers-all
ALL_INSTALLED := $(if $(ALL),$(SIGNERS_ALL)/.installed)
BIN := $(VENV)/bin
# RUNTIME and find_runtime. The recipe in handler/Makefile looks for the same interpreter; .venv-lambda has it.
include handler/runtime.mk
WITH_PYTHON := PATH="$(CURDIR)/$(LAMBDA_VENV)/bin:$$PATH"
SAM := $(WITH_PYTHON) SAM_CLI_TELEMETRY=0 $(SAM_VENV)/bin/sam
# The requirements files name everything, so pip resolves nothing (--no-deps). It would also refuse requirements with
# extras, such as boto3[crt], as not pinned.
PIP_INSTALL := -m pip install --quiet --quiet --disable-pip-version-check --no-deps
# Of check-long, the longest last.
LONG := matrices every-signer mutants coverage receive cold-start benchmark listing deliveries drawing redrive ingest soak fuzz
# The groups of pyproject.toml: what each kind of function is built with.
KINDS := receiver api background worker durable public-keys
LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --custom-compile-command "make lock"

# Installs the requirements file $(2) into the environment $(1): by uv, which takes a tenth of pip's time, if there is one
# and it reaches a registry (pip may be set up for one of which uv does not know), else by pip. Nothing is compiled: of
# most packages a small part is imported, and Python compiles that then.
define install_into
if ! { [ -x $(BIN)/uv ] && $(BIN)/uv pip install --quiet --no-deps --require-hashes --python $(1)/bin/python -r $(2) 2>/dev/null; }; then \
	$(1)/bin/python $(PIP_INSTALL) --no-compile --require-hashes -r $(2); \
fi
endef

# Defines $$python: the first interpreter that is new enough. Starts it, as the name alone may be a shim.
define find_python
for python in $(PYTHON) python3.11 python3 python3.12 python3.13 python3.14 none; do \
	"$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && break; \
done; \
if [ "$$python" = none ]; then echo "Verihook needs Python 3.11 or newer; none was found (PYTHON=/path/to/python3.11 names one)." >&2; exit 1; fi
endef

# Makes the environment $(1) unless it is there and works. Half of one would only mislead the next run.
define make_venv
if ! $(1)/bin/python -m pip --version >/dev/null 2>&1; then \
	rm -rf $(1); \
	"$$python" -m venv $(1) || { rm -rf $(1); echo "\"$$python -m venv\" failed: see above." >&2; exit 1; }; \
fi
endef

# Puts the command and the package into $(VENV) without building one, for which a tool more would be needed. The command
# is a shell's script and Python's in one, as pip's are: the path may be long, and have blanks.
define link_project
printf '#!/bin/sh\n\047\047\047exec\047 "%s" "$$0" "$$@"\n\047 \047\047\047\nimport sys\nfrom verihook.cli import main\nsys.exit(main())\n' \
	"$(CURDIR)/$(BIN)/python" >$(BIN)/verihook && chmod +x $(BIN)/verihook && \
site=$$($(BIN)/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))') && echo "$(CURDIR)/handler" >"$$site/verihook.pth"
endef

.PHONY: help run test matrices coverage check vectors new-sender senders-page engines-page fuzz mutants signers every-signer benchmark ingest listing deliveries drawing redrive receive cold-start soak check-long check-newest lint-template build sam-local lock install clean

help: ## list the commands
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 16

run: $(VENV)/.runs ## run the whole thing on this machine: PORT=8787 DATA=.verihook ARGS=--open
	@exec $(BIN)/verihook run --port "$(PORT)" --data "$(DATA)" $(ARGS)

# More processes than cores: most tests wait for servers and disks. A file's tests stay together.
test: install ## run the tests: ARGS="-k receive"
	@exec $(BIN)/python -m pytest -n 4 --dist loadfile $(ARGS)

matrices: ## the tests of which CI runs a share for each commit: crashes at every call of DynamoDB, and others that are long
	@$(MAKE) --no-print-directory test ARGS="-m in_turn"

# Each process leaves what it has seen. To trace takes as long again as the tests: a part of `make check-long`.
coverage: install ## the branches that the unit tests reach, by file; fails below the floor in pyproject.toml
	@mkdir -p .coverage && rm -f .coverage/*
	@$(BIN)/coverage run -m pytest -n 4 --dist loadfile tests/unit $(ARGS)
	@$(BIN)/coverage combine --quiet
	@$(BIN)/coverage report

check: install ## format, lint, types, layers; needs no network
	@$(BIN)/ruff format --check --quiet . || { echo "To mend it: $(BIN)/ruff format ." >&2; exit 1; }
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

vectors: install ## check signature cases in the format of tests/vectors: DIR=path
	@exec $(BIN)/python -m tests.vectors.run "$(DIR)"

new-sender: install ## write the files of a sender to fill in: NAME=acme
	@exec $(BIN)/python -m tests.vectors.new_sender "$(NAME)"

senders-page: install ## write the tables of docs/senders.md from the senders' files
	@exec $(BIN)/python -m tests.project.senders_page

engines-page: install ## write the differences from AWS of docs/engines.md from the evaluator's list
	@exec $(BIN)/python -m tests.project.engines_page

fuzz: install ## any headers, body and clock against every sender, for longer: EXAMPLES=200000
	@VERIHOOK_EXAMPLES=$(EXAMPLES) exec $(BIN)/python -m pytest -n 2 tests/unit/senders/schemes/test_any_delivery.py

mutants: install ## break each guard in turn: the tests must notice. ARGS="--shares 8" breaks an eighth, which one the commit tells
	@exec $(BIN)/python -m tests.mutants.run $(ARGS)

signers: $(SIGNERS_VENV)/.installed $(SIGNERS_NODE)/.installed $(ALL_INSTALLED) ## official libraries sign, Verihook verifies, and the other way round: ALL=1 ARGS="-k stripe"
	@VERIHOOK_ALL_SIGNERS=$(ALL) exec $(SIGNERS_VENV)/bin/python -m pytest -p no:cacheprovider -W default --confcutdir tests/signers tests/signers $(ARGS)

every-signer: ## make signers ALL=1
	@$(MAKE) --no-print-directory signers ALL=1

benchmark: $(SIGNERS_VENV)/.installed ## the CPU of verifying against official libraries
	@exec $(SIGNERS_VENV)/bin/python benchmarks/verify.py

ingest: install ## webhooks a second on this machine, against others; installs Restate and DBOS
	@exec $(BIN)/python benchmarks/ingest.py

listing: install ## the price of a page among 100,000 instances
	@exec $(BIN)/python benchmarks/listing.py

deliveries: install ## a page of deliveries and a lookup among 1,000,000 rows, against 10,000
	@exec $(BIN)/python benchmarks/deliveries.py

drawing: install ## the time until Chromium has drawn a list of the console among 100,000 rows, against 1,000
	@exec $(BIN)/python benchmarks/console.py

redrive: install ## a job on 50,000 instances, killed ten times
	@exec $(BIN)/python benchmarks/redrive.py

receive: install ## the CPU of a delivery, against a bare handler and FastAPI
	@exec $(BIN)/python benchmarks/receive.py

cold-start: $(SAM_VENV)/.installed $(LAMBDA_VENV)/.installed install ## INIT and the first request of what was built, against others
	@exec $(BIN)/python benchmarks/cold_start.py

soak: install ## two minutes of deliveries under kill -9: DURATION=120
	@exec $(BIN)/python -m tests.soak.run --seconds "$(DURATION)"

# Each by itself, as the limits of the benchmarks are for a machine that does nothing else. All run, whichever fails.
check-long: build ## what takes longer than .ci/run may: all mutants and matrices, coverage, soak, fuzz, every benchmark with its limits; about an hour
	@failed=; for each in $(LONG); do \
		printf '\n=== %s\n' "$$each"; \
		$(MAKE) --no-print-directory "$$each" || failed="$$failed $$each"; \
	done; \
	if [ "$$failed" ]; then echo "=== check-long: FAILED:$$failed" >&2; exit 1; fi; echo "=== check-long: all passed"

# Upper bounds are releases that were tried (pyproject.toml): here none counts. What is replaced in a library and has
# changed is printed; the server then refuses it, so that the tests of it fail.
check-newest: install ## the tests on the newest releases of all dependencies, installed beside the pinned ones
	@rm -rf $(NEWEST_VENV); $(find_python); $(call make_venv,$(NEWEST_VENV))
	@sed -E 's/,<=[0-9.]+"/"/' pyproject.toml >$(NEWEST_VENV)/pyproject.toml
	@$(BIN)/uv pip compile --quiet --upgrade --no-header --no-annotate --python $(NEWEST_VENV)/bin/python --all-extras \
		-o $(NEWEST_VENV)/newest.txt $(NEWEST_VENV)/pyproject.toml
	@echo "Newer than what is pinned:"; cut -d' ' -f1 requirements/dev.txt | grep -vxFf - $(NEWEST_VENV)/newest.txt || echo "nothing"
	@$(NEWEST_VENV)/bin/python $(PIP_INSTALL) -r $(NEWEST_VENV)/newest.txt
	@$(NEWEST_VENV)/bin/python $(PIP_INSTALL) --no-build-isolation --editable .
	@-$(NEWEST_VENV)/bin/python -m tests.project.foreign
	@exec $(NEWEST_VENV)/bin/python -m pytest -n 4 --dist loadfile $(ARGS)

lint-template: $(SAM_VENV)/.installed $(CHECKOV_VENV)/.installed install ## check template.yaml and infra: SAM, every rule of cfn-lint, checkov
	@$(SAM) validate --lint
	@$(BIN)/python -m tests.project.findings

build: $(SAM_VENV)/.installed $(LAMBDA_VENV)/.installed ## sam build, with the SAM and the Python that it installs: ARGS="--parameter-overrides Architecture=arm64"
	@$(SAM) build $(ARGS)

# Namespaces and the engine take root; tests/sam/run.py says what else.
sam-local: $(SAM_VENV)/.installed $(LAMBDA_VENV)/.installed install ## sam local on what was built, with Debian's docker.io: ARGS="-k invoke"
	@exec $(BIN)/python -m tests.sam.run $(ARGS)

# The other files are resolved under dev.txt's versions, so all agree. The SAM environment stands apart.
lock: install ## write the requirements files from pyproject.toml: ARGS=--upgrade
	@$(LOCK) $(ARGS) --all-extras -o requirements/dev.txt pyproject.toml
	@$(LOCK) $(ARGS) --constraint requirements/dev.txt --extra local -o requirements/local.txt pyproject.toml
	@for kind in $(KINDS); do \
		$(LOCK) $(ARGS) --constraint requirements/dev.txt --group $$kind -o handler/requirements/$$kind.txt || exit 1; \
	done
	@$(LOCK) $(ARGS) -o requirements/sam.txt requirements/sam.in
	@$(LOCK) $(ARGS) -o requirements/lambda.txt requirements/lambda.in
	@$(LOCK) $(ARGS) -o requirements/checkov.txt requirements/checkov.in
	@$(LOCK) $(ARGS) -o requirements/signers.txt requirements/signers.in pyproject.toml

# Both, or `make run` in a copy that shares the environment would link the command to the copy.
install: $(VENV)/.installed $(VENV)/.runs

# What running needs, and nothing else. Python compiles what is imported when it is imported: a small part of it.
$(VENV)/.runs: requirements/local.txt
	@$(find_python); $(call make_venv,$(VENV))
	@echo "Installing what running needs into $(VENV); the first time takes about half a minute ..."
	@$(BIN)/python $(PIP_INSTALL) --no-compile --require-hashes -r requirements/local.txt
	@$(link_project)
	@touch $@

$(VENV)/.installed: requirements/dev.txt pyproject.toml
	@$(find_python); $(call make_venv,$(VENV))
	@echo "Installing the pinned dependencies into $(VENV); the first time takes a minute at most ..."
	@sed -n '/^uv==/,/[^\\]$$/p' requirements/dev.txt >$(VENV)/uv.txt
	@$(BIN)/python $(PIP_INSTALL) --require-hashes -r $(VENV)/uv.txt
	@$(call install_into,$(VENV),requirements/dev.txt)
	@$(BIN)/python $(PIP_INSTALL) --no-build-isolation --editable .
	@touch $@ $(VENV)/.runs

$(SAM_VENV)/.installed: requirements/sam.txt
	@$(find_python); $(call make_venv,$(SAM_VENV))
	@echo "Installing the SAM command line into $(SAM_VENV); the first time takes a minute at most ..."
	@$(call install_into,$(SAM_VENV),requirements/sam.txt)
	@touch $@

# runtime.mk says which interpreter: an environment of a former one is replaced.
$(LAMBDA_VENV)/.installed: requirements/lambda.txt handler/runtime.mk
	@$(find_runtime); [ -x $(LAMBDA_VENV)/bin/$(RUNTIME) ] || rm -rf $(LAMBDA_VENV); $(call make_venv,$(LAMBDA_VENV))
	@$(call install_into,$(LAMBDA_VENV),requirements/lambda.txt)
	@$(LAMBDA_VENV)/bin/python -m compileall -q $(LAMBDA_VENV)/lib # as in the runtime, whose start is measured
	@touch $@

$(CHECKOV_VENV)/.installed: requirements/checkov.txt
	@$(find_python); $(call make_venv,$(CHECKOV_VENV))
	@echo "Installing checkov into $(CHECKOV_VENV); the first time takes a minute at most ..."
	@$(call install_into,$(CHECKOV_VENV),requirements/checkov.txt)
	@touch $@

$(SIGNERS_VENV)/.installed: requirements/signers.txt
	@$(find_python); $(call make_venv,$(SIGNERS_VENV))
	@echo "Installing the official libraries into $(SIGNERS_VENV); the first time takes a minute at most ..."
	@$(call install_into,$(SIGNERS_VENV),requirements/signers.txt)
	@touch $@

# The lock file pins by hash and names no host. Without npm the tests of its libraries are skipped; with CI set they fail.
$(SIGNERS_NODE)/.installed: tests/signers/node/package-lock.json
	@mkdir -p $(SIGNERS_NODE)
	@cp tests/signers/node/package.json tests/signers/node/package-lock.json $(SIGNERS_NODE)
	@if command -v npm >/dev/null; then \
		npm ci --prefix $(SIGNERS_NODE) --loglevel error --ignore-scripts --no-audit --no-fund && touch $@; \
	else echo "npm is absent: the libraries of Node will not be tried." >&2; fi

$(SIGNERS_ALL)/.installed: tests/signers/node/all/package-lock.json
	@echo "Installing the official libraries of Node into $(SIGNERS_ALL); the first time takes some minutes ..."
	@mkdir -p $(SIGNERS_ALL)
	@cp tests/signers/node/all/package.json tests/signers/node/all/package-lock.json $(SIGNERS_ALL)
	@npm ci --prefix $(SIGNERS_ALL) --loglevel error --ignore-scripts --no-audit --no-fund && touch $@

clean: ## remove what these commands made, except DATA
	@rm -rf $(VENV) $(SAM_VENV) $(LAMBDA_VENV) $(SIGNERS_VENV) $(CHECKOV_VENV) $(NEWEST_VENV) .tools .aws-sam .coverage *.egg-info .hypothesis .*_cache
	@find handler tests -name __pycache__ -type d -prune -exec rm -rf {} +
