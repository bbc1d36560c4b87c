# `make demo` and `make test` make .venv first.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DEMO_OUT ?= runs/demo-$(shell date +%Y%m%d-%H%M%S)
DEMO_OPTIONS ?=

# What `make gpu` runs by, without installing anything: the environment if there is one.
GPU_PYTHON ?= $(if $(wildcard $(BIN)/python),$(BIN)/python,$(PYTHON))
DEVICE ?= cuda
GPU_OPTIONS = --device $(DEVICE) --parts "$(PARTS)" $(if $(OUT),--out $(OUT)) \
  $(if $(COMMIT),--commit $(COMMIT)) $(if $(BUDGET),--budget $(BUDGET)) $(if $(CONTINUE),--continue)

.PHONY: demo test slow lint docs long gpu gpu-table clean help

help:
	@echo "make demo   train a small spiking network on embedded digits, draw figure 4 (a minute)"
	@echo "make test   lint, type-check and test (ten minutes)"
	@echo "make slow   the tests that take seconds each, which CI runs besides (twenty minutes)"
	@echo "make lint   lint and type-check alone"
	@echo "make docs   build the site into docs/_build/html (a minute)"
	@echo "make long   the tests that take minutes"
	@echo "make gpu    every claim about a GPU, on one (9 minutes); PARTS=\"tests fig4\", CONTINUE=1"

$(VENV)/installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet $$(grep '^torch==' constraints.txt)
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[dev]'
	touch $@

# Apart from the above, since the demo needs none of them.
$(VENV)/readers: $(VENV)/installed
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[readers]'
	touch $@

$(VENV)/docs: $(VENV)/installed
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[docs]'
	touch $@

# Warnings are errors. The reference is made anew each time, since names may have gone.
docs: $(VENV)/docs
	rm -rf docs/_api docs/_build
	$(BIN)/python -m sphinx -W --keep-going -n -q -j auto -b html docs docs/_build/html
	$(BIN)/python docs/check_site.py docs/_build/html
	@echo "the site is in docs/_build/html/index.html"

demo: $(VENV)/installed
	$(BIN)/spikefa run lillicrap2016.fig4 --dataset digits --validation-images 200 \
	  --hidden 300 --outputs 200 --batch-size 20 --epochs 30 --learning-rate 1e-2 \
	  --input-rate-factor 3 --feedback-scale 0.3 --out $(DEMO_OUT) $(DEMO_OPTIONS)

lint: $(VENV)/installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# A process for each core, each on one thread (tests/__init__.py); whoever is done takes over tests.
PYTEST = $(BIN)/python -m pytest -n auto --maxprocesses 8 --dist worksteal --durations=5

test: lint $(VENV)/readers $(VENV)/docs
	$(PYTEST)

slow: $(VENV)/readers $(VENV)/docs
	$(PYTEST) -m "slow and not long and not gpu"

long: $(VENV)/readers
	$(BIN)/python -m pytest -m long

# Also where Python does not look into the working directory (PYTHONSAFEPATH).
gpu gpu-table: export PYTHONPATH := $(CURDIR)$(if $(PYTHONPATH),:$(PYTHONPATH))
gpu:
	$(GPU_PYTHON) -m spikefa.bench.gpu $(GPU_OPTIONS)

gpu-table:
	$(GPU_PYTHON) -m spikefa.bench.gpu --only-table $(if $(OUT),--out $(OUT))

clean:
	rm -rf $(VENV) build *.egg-info
