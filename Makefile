# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0

overlay = . install/setup.sh

# Tests start hundreds of programs, which would compile every module again.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help setup demo demo-survey demo-mavlink test matrix simulate endurance mutants bench scale lint clean

help:
	@echo 'make setup   ROS 2, Debian packages and the build; afterwards: . install/setup.sh'
	@echo 'make demo    a simulated rig, end to end through ROS 2; pictures in demo_output/'
	@echo 'make demo-survey   a simulated survey flight, to geotagged pictures and a map; likewise'
	@echo 'make demo-mavlink   simulated cameras and a ground station of few lines'
	@echo 'make test    all tests and linters'
	@echo 'make lint    the linters alone'
	@echo 'make matrix  every operation disturbed at every moment; writes docs/reliability.md'
	@echo 'make simulate SEEDS=1000 TYPE=sierra FIRST=0   random missions, see docs/reliability.md'
	@echo 'make endurance PARTS=kill COUNT=20 FIRST=0   faults, crashes, load; docs/reliability.md'
	@echo 'make mutants SEED=1 SAMPLE=100   change the code in places, list what no test notices'
	@echo 'make bench   measure, for docs/performance.md'
	@echo 'make scale   rigs of up to 64 cameras; writes docs/performance.md'
	@echo 'make clean   remove everything that the others made'
	@echo 'Each does the set-up that it needs. PYTHON=python3.12 chooses an interpreter.'

setup:
	@tools/setup.sh

demo: setup
	@$(overlay) && exec python3 examples/demo.py

demo-survey: setup
	@$(overlay) && exec python3 examples/demo_survey.py

demo-mavlink: setup
	@$(overlay) && exec python3 examples/demo_mavlink.py

test: setup
	@$(overlay) && CAMERA_DRIVER_REQUIRE_ROS=1 exec python3 -m pytest \
		-n $$(($$(nproc) > 4 ? 20 : 5 * $$(nproc))) --dist worksteal  # most tests wait most of the time

matrix: setup
	@$(overlay) && PYTHONPATH=test:examples/sixth_device:$$PYTHONPATH exec python3 -m matrix

bench: setup
	@$(overlay) && exec python3 benchmarks

scale: setup
	@$(overlay) && exec python3 benchmarks/scale.py

SEEDS = 1000
FIRST = 0
simulate: setup
	@$(overlay) && PYTHONPATH=test:$$PYTHONPATH exec python3 -m simulation --seeds $(SEEDS) \
		--first $(FIRST) $(if $(TYPE),--type $(TYPE))

endurance: setup
	@$(overlay) && PYTHONPATH=test:$$PYTHONPATH exec python3 -m endurance $(PARTS) \
		--seed $(FIRST) $(if $(COUNT),--count $(COUNT))

SEED = 1
SAMPLE = 100
mutants: setup
	@$(overlay) && exec python3 benchmarks/mutants.py --seed $(SEED) --sample $(SAMPLE)

lint: setup
	@$(overlay) && exec python3 -m pytest -q test/test_lint.py

clean:
	rm -rf .venv build install log demo_output .mypy_cache .pytest_cache .hypothesis
	rm -rf camera_driver.egg-info
	find . -name __pycache__ -type d -exec rm -rf {} +
