# Short names for people. Each installs what it needs first: a report the least, tests and the lab more.
SHELL := /bin/bash
PYTHON ?=
NAME ?=
BIN := .venv/bin
STAMP := .venv/installed
TESTS := .venv/installed-test
QUICK := $(addprefix tests/,test_house.py test_brand.py test_disclosure.py test_dates.py test_readme.py measures sentences release)

.PHONY: report check test test-all coverage lint bench lab notebook synthetic nhp-model setup setup-test setup-lab browser spark doctor clean
.DEFAULT_GOAL := report

# What was given, to make or in its environment: also DATA= alone, which goes back to simulated inputs
given = $(if $(filter undefined default,$(origin $1)),,--$2 "$$$1")

report: $(STAMP) ## publish _site/; DATA=<folder>, PEOPLE=40000, AREA=<code>, CAPACITY=<n>, ENGINE=spark are remembered in report.toml; QUIET=1
	@$(BIN)/python -m website report $(call given,DATA,data) $(call given,PEOPLE,people) \
	  $(call given,AREA,area)$(if $(AREAS), $(if $(AREA),,--area) "$$AREAS") \
	  $(call given,CAPACITY,capacity) $(call given,ENGINE,engine) $(if $(QUIET),--quiet)

check: lint ## in under a minute: style, the rules of the house, measures, sentences and the gate
	@$(BIN)/python -m pytest -q -n 2 $(QUICK) --ignore-glob='*_attack.py'

test: $(TESTS) browser ## all but the slow tests and those that make whole reports; real files too where NHS_DATA names a folder of them
	@$(BIN)/python -m pytest -n 2 --dist loadgroup

test-all: $(TESTS) browser spark ## the slow ones as well, and those on Spark
	@RUN_SLOW=1 $(BIN)/python -m pytest -n 2 --dist loadgroup

coverage: $(TESTS) ## how often intervals hold the truth, over simulated worlds, for the page that says so: half an hour
	@$(BIN)/python -m tests.coverage

lint: $(TESTS)
	@$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/python -m website scan --sources

bench: $(TESTS) ## measure; results are written to benchmarks/README.md
	@$(BIN)/python -m benchmarks

lab: .venv/installed-lab ## open the notebooks
	@$(BIN)/python -m jupyterlab notebooks $(if $(filter 0,$(shell id -u)),--allow-root)

notebook: $(STAMP) ## begin a notebook of your own: NAME=my_question
	@$(BIN)/python -m website notebook "$(NAME)"

synthetic: $(STAMP) ## write data/synthetic_hospital, which the New Hospital Programme's model reads, with its card; HOSPITAL=<folder>, SEED=1, LEAF=20
	@$(BIN)/python -m analysis_lib synthesise $(if $(HOSPITAL),"$(HOSPITAL)") $(call given,SEED,seed) $(call given,LEAF,leaf)

nhp-model: ## run the real model on it, in an environment of its own: SOURCE=<folder of its source>, PYTHON=python3.13
	@PYTHON="$(PYTHON)" bash .ci/nhp "$(SOURCE)"

doctor: $(STAMP)
	@$(BIN)/python -m analysis_lib doctor

setup: $(STAMP) ## what a report needs; setup-test, setup-lab: what these add

setup-test setup-lab: setup-%: .venv/installed-%

.venv/installed-%: requirements-%.lock $(STAMP)
	@bash .ci/add $*

# Made anew when PYTHON names another interpreter, or when that of .venv is gone
ifneq ($(shell PYTHON="$(PYTHON)" bash .ci/setup --stale),)
.PHONY: $(STAMP)
endif
$(STAMP): requirements.lock pyproject.toml
	@PYTHON="$(PYTHON)" bash .ci/setup

browser:
	@bash .ci/browser

spark: $(STAMP)
	@bash .ci/spark

clean: ## remove everything that a run made, parsed inputs too, but neither the environment nor report.toml
	rm -rf _site .build .cache results data/simulated data/simulated_population data/simulated_hospital data/synthetic_hospital data/models report/notebooks report/takeaway _variables.yml _report.yml
