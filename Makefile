# One command each; `make` alone lists them. Everything is installed into .venv, nothing outside this folder changes.

PYTHON ?= python3
# Lessons to run or build, such as LESSON=02 or LESSON="02 05"; empty means all. LESSON=02f is what 02 leaves for later,
# in notebooks/further: built and tested with the others, but run only by its name.
LESSON ?=
# Anything here runs lessons whose result is current, too.
FORCE ?=
# Anything here runs lessons once, as a learner opens them, not solved, too.
ONCE ?=
# An extra index for the torch wheel, such as https://download.pytorch.org/whl/cpu (a far smaller download on Linux).
TORCH_INDEX ?=

# Seeds that `make seeds` runs a lesson with.
SEEDS ?= 0 1 2 3 4

VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
NOTEBOOKS := $(sort $(wildcard notebooks/[0-9][0-9]_*.ipynb)) $(sort $(wildcard notebooks/further/[0-9][0-9]f_*.ipynb))
SOLUTIONS := $(sort $(wildcard solutions/[0-9][0-9]_*.ipynb)) $(sort $(wildcard solutions/further/[0-9][0-9]f_*.ipynb))
# Numbers of the mutants that `make mutants` tries; empty means all.
ONLY ?=
# Anything here has nbmake run the notebooks in `make test`, should nbval, whose last release is of 2024, fail.
NBMAKE ?=
RUNNER := $(if $(NBMAKE),--nbmake --nbmake-timeout=300,--nbval-lax --nbval-current-env --nbval-cell-timeout=300)
# The folder with the notebooks that a class handed in, for `make grade`.
FOLDER ?=
# Two tests, or two notebooks, at once, on a thread each: faster than one on two, and two lessons fit into 4 GB.
PYTEST := OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2
PIP_INSTALL := $(BIN)/python -m pip install --disable-pip-version-check -c constraints.txt

# A .venv works in the folder that it was made in, with the Python that it was made with: said here, before it is used.
ifneq ($(filter-out help clean,$(or $(MAKECMDGOALS),help)),)
ifneq ($(wildcard $(READY)),)
MADE_IN := $(shell cat $(READY))
ifneq ($(MADE_IN),$(if $(MADE_IN),$(CURDIR)))
$(error This folder was moved: its $(VENV) was made in $(MADE_IN), and works only there. Do  rm -r $(VENV)  and then the same make again)
endif
ifneq ($(origin PYTHON),file)
RELEASE := -c 'import sys; print("%d.%d" % sys.version_info[:2])'
HAVE := $(shell $(BIN)/python $(RELEASE))
ifneq ($(shell "$(PYTHON)" $(RELEASE)),$(HAVE))
$(info PYTHON=$(PYTHON) is not used: $(VENV) has Python $(HAVE) already. To change that, do  rm -r $(VENV)  and then the same make again.)
endif
endif
endif
endif

.DEFAULT_GOAL := help
.PHONY: help setup run test browser lint lab notebooks table student grade site seeds mutants weights lane-colab clean
.DELETE_ON_ERROR:

help: ## list these targets
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1	\2/' | expand -t 20
	@echo
	@echo '  LESSON=02 picks a lesson (run, notebooks, lab, student); FORCE=1 runs it though its result is current;'
	@echo '  PYTHON=python3.12 picks the Python that .venv is made with (3.11 or newer).'

setup: $(READY) ## create .venv and install the tested set into it (the other targets do so by themselves)

$(READY): pyproject.toml constraints.txt
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "The course needs Python 3.11 or newer, and $(PYTHON) is older or missing. Install one, then: make PYTHON=python3.12 ..." >&2; exit 1; }
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || { \
	  echo "Creating $(VENV) and installing the course: a few minutes, about 2 GB with the CPU build of torch."; \
	  "$(PYTHON)" -m venv --clear $(VENV); } || { \
	  echo "Could not create $(VENV). On Debian and Ubuntu: apt install python3-venv; then the same make again." >&2; exit 1; }
	@$(PIP_INSTALL) $(if $(TORCH_INDEX),--extra-index-url $(TORCH_INDEX)) torch==2.13.0
	@$(PIP_INSTALL) --quiet -e '.[notebooks,archive,scale,test,site]'
	@echo '$(CURDIR)' > $@

run: $(READY) ## execute the course into _build/, lesson by lesson, those with exercises solved, too (not with ONCE=1)
	@$(BIN)/python tools/course.py run $(foreach n,$(LESSON),--lesson $(n)) $(if $(FORCE),--force) $(if $(ONCE),--once)

test: $(READY) ## run the unit tests, then every notebook cell by cell
	$(PYTEST) --dist worksteal
ifneq ($(strip $(NOTEBOOKS)),)
	$(if $(NBMAKE),$(PIP_INSTALL) --quiet nbmake)
	GALMORPH_STRICT=1 GALMORPH_QUIET=1 GALMORPH_RESULTS="$(CURDIR)/_build/nbval" \
	  PYTHONPATH="$(CURDIR)" $(PYTEST) --dist loadfile --no-loadscope-reorder \
	  $(RUNNER) --durations=10 $(NOTEBOOKS) $(SOLUTIONS)
else
	@echo 'There is no notebook to test yet: make notebooks builds them.'
endif

browser: $(READY) ## open lessons and pages of the site in Chromium (Debian: apt install chromium-driver) and try them
	$(BIN)/python -m pytest -m browser

lint: $(READY) ## check the style of the code and the order of the rooms
	$(BIN)/ruff check .
	$(BIN)/lint-imports

lab: $(READY) ## open JupyterLab on the first notebook, or on that of LESSON
	$(BIN)/jupyter lab --LabApp.default_url=/lab/tree/$(firstword $(foreach n,$(LESSON),$(wildcard notebooks/$(n)_*.ipynb notebooks/further/$(n)_*.ipynb)) $(NOTEBOOKS))

notebooks: $(READY) ## build and execute notebooks/ (to be solved) and solutions/ from notebooks/source/
	@$(BIN)/python tools/course.py build $(LESSON)

table: $(READY) ## write the README's table of lessons from the results of the last run
	@$(BIN)/python tools/course.py table

student: $(READY) ## pack what a class gets into _build/student/: notebooks without solutions, package, data
	@$(BIN)/python tools/course.py student $(LESSON)

grade: $(READY) ## say who solved what in the notebooks of a folder: make grade FOLDER=handed_in
	@$(BIN)/python tools/course.py grade "$(or $(FOLDER),$(error Name the folder with the notebooks: make grade FOLDER=handed_in))"

site: $(READY) ## build the course's site into _build/site, offline: lessons, solutions, guide and reference
	@$(BIN)/python tools/website.py

seeds: $(READY) ## run a lesson with several seeds and write benchmarks/seeds_NN.md (LESSON=02 SEEDS="0 1 2 3 4")
	@$(BIN)/python benchmarks/seeds.py $(or $(LESSON),00 02) --seeds $(SEEDS)

mutants: $(READY) ## put one error at a time into a copy of the package and see whether tests notice (ONLY="3 7")
	@$(BIN)/python tools/mutants.py $(if $(ONLY),--only $(ONLY))

weights: $(READY) ## train the weights that ship with the course again (some minutes each; first those that others start from)
	set -e; for tool in tools/weights_trunk.py $(filter-out tools/weights_trunk.py,$(sort $(wildcard tools/weights_*.py))); do $(BIN)/python $$tool; done

lane-colab: $(READY) ## run the lessons with the releases that Colab has (some GB; Python 3.13 if it is there)
	@$(BIN)/python tools/lane.py colab $(foreach n,$(LESSON),--lesson $(n))

clean: ## remove what was built and the caches; .venv and downloaded data stay
	rm -rf _build build .pytest_cache .ruff_cache .hypothesis *.egg-info
	find . -path ./$(VENV) -prune -o \( -name __pycache__ -o -name .ipynb_checkpoints \) -type d -prune -exec rm -rf {} +
