# `make` lists the targets. Variables: PYTHON (3.11 or newer, makes the environment), CORES, CONFIG
# (another config file for `run` and `report`), ARGS (more arguments for snakemake: what to make
# first, as in ARGS="figure1 -n", for --config takes all that follows it).
PYTHON ?= python3
CORES ?= all
CONFIG ?=
ARGS ?=

READY := .venv/.ready
SNAKEMAKE := snakemake --cores $(CORES)
export PATH := $(CURDIR)/.venv/bin:$(PATH)
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.DEFAULT_GOAL := help
# The explorer's scripts: needs Node, and the network the first time.
ESLINT = npx --yes eslint@10.15.0
LINT_JS = $(ESLINT) --version >/dev/null 2>&1 || \
	{ echo "no Node, or no network for ESLint: the explorer's scripts are not checked"; exit 0; }; \
	$(ESLINT) --config .ci/eslint.config.mjs workflow/charlens/report/explorer/page

.PHONY: help run paper report test test-slurm peers lint format schema docs clean-venv

help:  ## list the targets
	@awk -F' *## ' '/^[a-z-]+:.* ## / { sub(/:.*/, "", $$1); printf "  make %-12s %s\n", $$1, $$2 }' \
		$(firstword $(MAKEFILE_LIST))

run: $(READY)  ## the default study (config.yaml): corpora, models, figures, results/quick/report.html
	$(SNAKEMAKE) $(ARGS) $(if $(CONFIG),--configfile "$(CONFIG)")

paper: $(READY)  ## the paper's 72 models (config.paper.yaml): many days' work without a GPU
	profiles/gpu/share.sh $(SNAKEMAKE) $(ARGS) --workflow-profile profiles/gpu \
		--configfile config.paper.yaml

# Of a run that is not finished Snakemake says file by file what is missing: a line is enough.
report: $(READY)  ## results/report.html, Snakemake's report of a finished run: its rules and runtimes too
	@mkdir -p .snakemake/log && said=.snakemake/log/report.log && \
	if $(SNAKEMAKE) $(ARGS) --report results/report.html --report-stylesheet \
		workflow/report/report.css $(if $(CONFIG),--configfile "$(CONFIG)") >$$said 2>&1; then \
		cat $$said; \
	elif grep -q "marked for report but does not exist" $$said; then \
		echo "charlens: a report needs a finished run of the same config: make run first" >&2; exit 1; \
	else cat $$said >&2; exit 1; fi

test: $(READY)  ## the tests
	pytest --numprocesses auto --dist loadfile --no-loadscope-reorder $(ARGS)

test-slurm: $(READY)  ## the workflow on a Slurm brought up here (slurmctld slurmd slurm-client munge)
	pytest -m slurm tests/slurm -rs --durations 0 $(ARGS)

peers: $(READY)  ## what some tests need besides (DuckDB, polars, Triton, kenlm; the last needs a C++ compiler)
	@.venv/bin/python -m pip install --quiet -r envs/requirements-peers.txt
	@CMAKE_POLICY_VERSION_MINIMUM=3.5 .venv/bin/python -m pip install --quiet -r envs/requirements-kenlm.txt

lint: $(READY)  ## what the pre-commit hooks check, and Snakemake's own lint
	ruff check .
	ruff format --check .
	mypy
	snakefmt --check Snakefile workflow
	snakemake --lint
	@$(LINT_JS)

format: $(READY)  ## bring the code into its form
	ruff check --fix .
	ruff format .
	snakefmt Snakefile workflow

schema: $(READY)  ## export workflow/schemas/config.schema.json for editors, and its page in docs/
	python -m charlens.study.config
	python tests/study/test_reference_page.py

docs: .venv/docs/.ready  ## the docs site, from docs/ and docstrings: build/site/index.html
	NO_MKDOCS_2_WARNING=1 .venv/docs/bin/mkdocs build --quiet
	.venv/bin/python .ci/site.py

clean-venv:  ## remove the environment; the next target makes it anew
	rm -rf .venv

# The stamp is written last, so an installation that was cut off is taken up again.
$(READY): envs/requirements.txt pyproject.toml
	@$(PYTHON) -c 'import sys; v = sys.version_info; v >= (3, 11) or sys.exit("charlens needs Python 3.11 or newer, found %d.%d: make PYTHON=python3.12" % v[:2])'
	@test -x .venv/bin/python || $(PYTHON) -m venv .venv
	@echo "installing envs/requirements.txt into .venv (once; some minutes)"
	@.venv/bin/python -m pip install --quiet -r envs/requirements.txt
	@.venv/bin/python -m pip install --quiet --no-deps --no-build-isolation -e .
	@touch $@

# An environment of its own: the site's packages need not agree with the workflow's.
.venv/docs/.ready: envs/requirements-docs.txt | $(READY)
	@.venv/bin/python -m venv .venv/docs
	@.venv/docs/bin/python -m pip install --quiet -r envs/requirements-docs.txt
	@touch $@
