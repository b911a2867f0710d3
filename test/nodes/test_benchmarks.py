# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""The benchmarks are measured by hand, seldom; here alone is seen that they still fit."""

import os
from pathlib import Path
import subprocess
import sys

ROOT = Path(__file__).resolve().parents[2]


def test_every_benchmark_can_be_imported():
    names = [path.stem for path in (ROOT / 'benchmarks').glob('[a-z]*.py')]
    assert 'ix_link' in names
    path = os.pathsep.join([str(ROOT / 'benchmarks'), str(ROOT / 'test'),
                            os.environ.get('PYTHONPATH', '')])
    done = subprocess.run([sys.executable, '-c', f'import {", ".join(sorted(names))}'],
                          env={**os.environ, 'PYTHONPATH': path}, capture_output=True, text=True,
                          timeout=60)
    assert not done.returncode, done.stderr
