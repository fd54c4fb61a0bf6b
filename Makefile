# Short names for people. `make report` and `make test` install what they need first.
SHELL := /bin/bash
PYTHON ?= python3
DATA ?= $(REPORT_DATA)
PEOPLE ?= $(REPORT_PEOPLE)
AREA ?=
AREAS ?=
NAME ?=
BIN := .venv/bin
STAMP := .venv/installed

.PHONY: report test test-all lint bench lab notebook setup browser spark doctor clean
.DEFAULT_GOAL := report

report: $(STAMP) ## publish _site/ from simulated inputs (PEOPLE=880000: more people), or from DATA=<folder>; AREA=<code>, AREAS=all or sub-icb: area reports too
	@REPORT_DATA="$(DATA)" REPORT_PEOPLE="$(PEOPLE)" $(BIN)/python -m doit -n 2
ifneq ($(strip $(AREA)$(AREAS)),)
	@REPORT_DATA="$(DATA)" $(BIN)/python -m analysis_lib areas $(foreach word,$(AREA) $(AREAS),'$(word)')
endif

test: $(STAMP) browser ## all tests; real files too where NHS_DATA names a folder of them
	@$(BIN)/python -m pytest -n 2 --dist loadgroup

test-all: $(STAMP) browser spark ## the slow ones as well, and those on Spark
	@RUN_SLOW=1 $(BIN)/python -m pytest -n 2 --dist loadgroup

lint: $(STAMP)
	@$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/python -m analysis_lib scan --sources

bench: $(STAMP) ## measure; results are written to benchmarks/README.md
	@$(BIN)/python -m benchmarks

lab: $(STAMP) ## open the notebooks
	@$(BIN)/jupyter lab notebooks

notebook: $(STAMP) ## begin a notebook of your own: NAME=my_question
	@$(BIN)/python -m analysis_lib notebook "$(NAME)"

doctor: $(STAMP)
	@$(BIN)/python -m analysis_lib doctor

setup: $(STAMP)

$(STAMP): requirements.lock pyproject.toml
	@PYTHON="$(PYTHON)" bash .ci/setup

browser:
	@bash .ci/browser

spark: $(STAMP)
	@bash .ci/spark

clean: ## remove everything that a run made, but not the environment
	rm -rf _site .build results data/simulated data/simulated_population data/models report/notebooks report/takeaway _variables.yml _report.yml
