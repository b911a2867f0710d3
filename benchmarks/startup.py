# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""From the start of the node's process to READY, and memory at rest."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from statistics import median
import subprocess
from time import monotonic

from ros import client, scratch, sierra_node
from simulated import camera
from table import Table

TIMES = 5


def measure() -> Iterator[Table]:
    """Start a node some times; look at the memory of the last one, and of its camera."""
    own, seen = [], []
    with client() as node, scratch() as folder:
        for _ in range(TIMES):
            with camera() as simulated:
                node.forget()
                start = monotonic()
                with sierra_node(simulated.port, folder, subprocess.PIPE) as process:
                    assert process.stderr
                    while 'connected to' not in process.stderr.readline():
                        if process.poll() is not None:
                            raise RuntimeError('the node has ended')
                    own.append(monotonic() - start)
                    node.wait_until_ready()
                    seen.append(monotonic() - start)
                    memory = [(name, *_memory(pid)) for name, pid in (
                        ('sierra_node', process.pid), ('simulated camera', simulated.pid))]
    yield Table(f'From the start of the process to READY, {TIMES} starts',
                ('', 'minimum [s]', 'median [s]', 'maximum [s]'), (
                    ('the node, by its log', min(own), median(own), max(own)),
                    ('a subscriber of its status', min(seen), median(seen), max(seen))),
                'Log-in at 115200 baud, identification and first reading of all settings '
                'included. The subscriber was there before; where it is much later than the log, '
                'the middleware found the node late.')
    yield Table('Memory at rest', ('process', 'RSS [MB]', 'PSS [MB]', 'private [MB]'), memory,
                'PSS: pages that are shared with other processes count in parts.')


def _memory(pid: int) -> tuple[float, float, float]:
    kilobytes = {}
    for line in Path(f'/proc/{pid}/smaps_rollup').read_text().splitlines()[1:]:
        name, value = line.split(':')
        kilobytes[name] = int(value.split()[0])
    private = kilobytes['Private_Clean'] + kilobytes['Private_Dirty']
    return kilobytes['Rss'] / 1024, kilobytes['Pss'] / 1024, private / 1024
