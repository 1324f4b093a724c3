# One command from nothing:  make demo | make test | make check | make check-fast | make threads | make clean
#
# Everything is installed into .venv; a second run starts at once. Only the Arm tools come from the system (apt-get),
# and only when they are missing and that is permitted.

VENV   := .venv
PYTHON_BIN := $(VENV)/bin/python
export PATH := $(CURDIR)/$(VENV)/bin:$(PATH)
export TF_CPP_MIN_LOG_LEVEL := 3
JOBS   ?= 2
# Tests run in JOBS processes: threads of numpy's beside them would only wait for each other.
export OPENBLAS_NUM_THREADS := 1

CPP_FILES    = $(shell git ls-files --cached --others --exclude-standard '*.cc' '*.h' '*.c')
NATIVE_FILES = $(shell git ls-files 'interpreter/*' 'kernels_cpp/*' 'schema/*' 'cmake/*') CMakeLists.txt

.PHONY: help demo test check check-fast lint types format docs zoo native cpp threads board-tools clean boards mutations sweep damage-to-peers coverage qat fuzz fuzz-tools
.DELETE_ON_ERROR:

help:
	@sed -n '1s/^# //p' Makefile

# --- setting up -------------------------------------------------------------------------------------------------------
$(VENV)/made: .ci/setup
	@.ci/setup venv
	@touch $@

# The package itself, editable, with everything that development and the demo need.
$(VENV)/installed: $(VENV)/made pyproject.toml
	@echo "setup: installing the packages of arenite[dev] into $(VENV)"
	@$(PYTHON_BIN) -m pip install --quiet --upgrade pip
	@$(PYTHON_BIN) -m pip install --quiet 'scikit-build-core>=0.10' pybind11 cmake ninja
	@$(PYTHON_BIN) -m pip install --quiet --no-build-isolation --editable '.[dev]'
	@touch $@
	@touch $(VENV)/native

# The compiled module again after a change of C++; the rule above has just built it when its stamp is younger.
$(VENV)/native: $(VENV)/installed $(NATIVE_FILES)
	@if [ -n "$$(find $^ -newer $@ 2>&1)" ]; then \
	  echo "setup: building the compiled module" && \
	  $(PYTHON_BIN) -m pip install --quiet --no-build-isolation --no-deps --editable .; \
	fi
	@touch $@

native: $(VENV)/native

board-tools:
	@.ci/setup board

fuzz-tools:
	@.ci/setup fuzz

# The C++ tests; warnings are errors.
build/host/build.ninja: $(VENV)/installed CMakeLists.txt
	@cmake -S . -B build/host -G Ninja -DARENITE_WERROR=ON --log-level=WARNING

cpp: build/host/build.ninja
	cmake --build build/host -j $(JOBS)

# --- what a user runs -------------------------------------------------------------------------------------------------
demo: native board-tools
	@$(PYTHON_BIN) examples/digits --output demo

# A file's tests stay in one process: some count what others of the file have done.
test: native board-tools fuzz-tools cpp
	ctest --test-dir build/host --output-on-failure -j $(JOBS)
	$(PYTHON_BIN) -m pytest -q -n $(JOBS) --dist loadfile

# --- what a developer runs ----------------------------------------------------------------------------------------------
docs: $(VENV)/installed
	$(PYTHON_BIN) -m arenite.operator_docs > docs/operators.md

# Every model of tests/zoo through both converters, some 20 minutes; what docs/coverage.json has already is not measured again.
# make zoo ZOO='--fresh attention': of these only, anew.
zoo: native
	@PYTHONPATH=tests $(PYTHON_BIN) -m zoo $(ZOO)

# What quantization-aware training brings on scikit-learn's digits, three seeds, some three minutes (docs/qat.md).
qat: native
	@$(PYTHON_BIN) benchmarks/qat.py

check: lint types test

# Eight threads, an interpreter each, for a minute under ThreadSanitizer.
threads: native
	@cmake -S . -B build/threads -G Ninja -DCMAKE_BUILD_TYPE=RelWithDebInfo -DARENITE_SANITIZE=thread --log-level=WARNING
	@cmake --build build/threads -j $(JOBS) --target threads
	@$(PYTHON_BIN) -c 'import sys; sys.path.insert(0, "tests/python"); import tour; sys.stdout.buffer.write(tour.model())' > build/threads/tour.tflite
	build/threads/tests/cpp/threads build/threads/tour.tflite 8 60

# Firmware on all emulated boards.
boards: native board-tools
	$(PYTHON_BIN) -m pytest -q tests/python/board

# Damaged models under the sanitizers: FACTOR times as many as the tests make, from a seed of its own.
FACTOR ?= 20
mutations: native
	ARENITE_MUTATIONS=$(FACTOR) ARENITE_SEED=$$(date +%s) $(PYTHON_BIN) -m pytest -q tests/python/test_mutations.py

# Every bit, word and length of the zoo's models, one at a time, under the sanitizers; takes up where it was broken off.
# SWEEP='--largest 8000': of larger files too.
sweep: native fuzz-tools
	@PYTHONPATH=tests $(PYTHON_BIN) -m zoo.export build/sweep/models
	$(PYTHON_BIN) tests/python/sweep.py build/sweep/models $(SWEEP)

# The same damaged files for our interpreter, LiteRT and TFLite Micro: crashes, hangs, refusals of each, as a table.
damage-to-peers: native
	$(PYTHON_BIN) tests/python/damage_to_peers.py --cases 400

# libFuzzer, each program for so many seconds; needs clang. Then atheris, the same for the reader in Python.
FUZZ_SECONDS ?= 3600
fuzz: native fuzz-tools
	FUZZ_SECONDS=$(FUZZ_SECONDS) $(PYTHON_BIN) -m pytest -q -s tests/python/test_fuzz.py
	$(PYTHON_BIN) -m pip install --quiet 'atheris>=2.3'
	$(PYTHON_BIN) tests/python/fuzz_reader_guided.py -max_total_time=$(FUZZ_SECONDS)

# What the fuzzers' corpus and damaged models enter of the runtime: functions and regions, by part.
coverage: native
	@.ci/setup coverage
	$(PYTHON_BIN) tests/python/fuzz_coverage.py $(COVERAGE)

# Without what is marked slow: firmware, training, long generated cases.
check-fast: native cpp lint types
	ctest --test-dir build/host --output-on-failure -j $(JOBS)
	$(PYTHON_BIN) -m pytest -q -n $(JOBS) --dist loadfile -m 'not slow and not needs_tools'

lint: $(VENV)/installed
	ruff check .
	ruff format --check .
	@clang-format --dry-run --Werror $(CPP_FILES)

types: $(VENV)/installed
	mypy

format: $(VENV)/installed
	ruff check --fix .
	ruff format .
	clang-format -i $(CPP_FILES)

clean:
	rm -rf build build-* demo report.html
