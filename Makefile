# The same few commands for people and for CI. `make` lists them.

# The first Python that is new enough; uv makes .venv from it.
PYTHON ?= $(shell for name in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$name -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$name && break; done)
LOCAL := .venv/bin/python -m identity.local
# What follows is handed on: make test ARGS="-k outbox"
ARGS ?=

# Every text we print is UTF-8, whatever the machine's locale.
export PYTHONUTF8 := 1

.DEFAULT_GOAL := help
.PHONY: help setup run test coverage lint types check messages bench shell clean

help: ## List these commands
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## Install what the project needs into .venv (every command below does it by itself)
	@test -n "$(PYTHON)" || { echo "The project needs Python 3.11 or newer, and there is none on PATH." >&2; exit 1; }
	@$(PYTHON) identity/local/install.py

run: setup ## Start the whole site with demo people (PORT=8001 for another port)
	@$(LOCAL).runner

test: setup ## Run every check and test; ARGS="-k outbox" goes to pytest
	@$(LOCAL).suite -- $(ARGS)

coverage: setup ## Run the tests once more, and say which lines and branches they leave out
	@$(LOCAL).suite browser node saml coverage -- $(ARGS)

lint: setup ## Check style and layout of the code
	@$(LOCAL).suite lint

types: setup ## Check types
	@$(LOCAL).suite types

check: setup ## Check settings as in production, and that no migration is missing
	@$(LOCAL).suite migrations deploy

messages: setup ## Bring the translated texts in locale/ up to date with the code, and compile them
	@DEBUG=true $(LOCAL).messages

bench: setup ## Measure what requests cost, as ratios; ARGS=--growth with a million people, ARGS=--desk for the lists of the desk
	@$(LOCAL).bench $(ARGS)

shell: setup ## Open a Python shell with the site loaded
	@DEBUG=true .venv/bin/python manage.py shell $(ARGS)

clean: ## Delete the local database, logs and caches; the next run starts afresh
	@$(PYTHON) identity/local/clean.py
