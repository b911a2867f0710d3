# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""
Measure what docs/performance.md states: `python3 benchmarks [NAME ...] [--json FILE]`.

Nothing is asserted here: a figure is as good as the machine is quiet. `make bench` runs all.
"""

from argparse import ArgumentParser, RawDescriptionHelpFormatter
from importlib import import_module
import json
import os
from pathlib import Path
import platform
import sys
import time

ROOT = Path(__file__).resolve().parent.parent
FIGURES = {
    'line': 'a picture over a paced line: efficiency, beside gphoto2 and photopc',
    'fuji_line': 'the same at 8E1, of a fuji_mx camera',
    'throughput': 'the same without a line speed: MB/s and CPU time for a MB',
    'noise': 'a picture over lines with faults: exact or not, and what they cost, beside the same',
    'capture': 'from the capture call to the first byte of the trigger on the line',
    'ix_link': 'iX Link: round trip of a request on paced lines, pictures a minute',
    'events': 'exposure events with lost and false ones: how many go to a wrong shot',
    'images': 'a 12-megapixel JPEG from the node to a subscriber in another process',
    'registers': 'all settings of a KP-FD30 over a paced line, beside the least possible',
    'reports': 'reports of devices: the time of each level, and a noisy line',
    'video': '1080p at 30 Hz: rate, latency, CPU, drops',
    'mavlink_camera': 'MAVLink: to the ACK, to the trigger, and load at rest',
    'startup': 'node start to READY, and memory at rest',
    'geotags': 'stamps on the host, positions at speed, fixes that drop out',
    'survey': 'triggers by time and by distance: how even they are at the camera',
    'scale': 'rigs of up to 64 cameras: READY, load, memory, downloads of all at the same time',
}


def main() -> None:
    """Measure and print tables; write them as JSON too when asked to."""
    parser = ArgumentParser(
        'benchmarks', description='Measure; with no name, everything.',
        epilog='\n'.join(f'{name:16}{text}' for name, text in FIGURES.items()),
        formatter_class=RawDescriptionHelpFormatter)
    parser.add_argument('name', nargs='*', help='what to measure (see below)')
    parser.add_argument('--json', metavar='FILE', type=Path, help='write the tables here as well')
    args = parser.parse_args()
    if unknown := set(args.name) - set(FIGURES):
        parser.error(f'no such figure: {", ".join(unknown)}; there are: {", ".join(FIGURES)}')
    sys.path.append(str(ROOT / 'test'))  # where the real clients' harness is
    # Nodes of anybody else take no part; before rclpy starts, here and in other processes.
    os.environ['ROS_DOMAIN_ID'] = str(1 + os.getpid() % 100)
    os.environ.setdefault('ROS_AUTOMATIC_DISCOVERY_RANGE', 'LOCALHOST')
    machine = (f'{os.cpu_count()} cores, {platform.machine()}, {platform.system()}, '
               f'Python {platform.python_version()}')
    print(f'{machine}; load at the start {os.getloadavg()[0]:.1f}\n')
    results = {}
    start = time.perf_counter()
    for name in args.name or FIGURES:
        results[name] = []
        for table in import_module(name).measure():
            print(f'{table}\n', flush=True)
            results[name].append(table.as_dict())
    print(f'Measured in {time.perf_counter() - start:.0f} s.')
    if args.json:
        args.json.write_text(json.dumps({'machine': machine, 'figures': results}, indent=1) + '\n')


if __name__ == '__main__':
    main()
