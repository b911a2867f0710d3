# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""
Run seeds: seeds per second, and the first that fails, with its trace.

    make simulate SEEDS=1000 TYPE=sierra FIRST=0
"""

import argparse
import sys
import time

from simulation.run import quick, run
from simulation.truth import TRUTHS


def main():
    """Run what the command line says; 1: a seed failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--seeds', type=int, default=1000, help='how many, of each type')
    parser.add_argument('--first', type=int, default=0, help='the first seed')
    parser.add_argument('--type', choices=TRUTHS, help='one device type alone')
    parser.add_argument('--all', action='store_true', help='go on after a seed that failed')
    values = parser.parse_args()
    failed = False
    with quick():
        for name in [values.type] if values.type else TRUTHS:
            begun = time.monotonic()
            count = bad = 0
            for seed in range(values.first, values.first + values.seeds):
                result = run(name, seed)
                count += 1
                if result.problem:
                    failed = True
                    bad += 1
                    last = result.problem.strip().splitlines()[-1]
                    print(f'{name} seed {seed} (the {count}th): {last}', flush=True)
                    if not values.all:
                        again = run(name, seed, talkative=True)
                        print('\n'.join(again.trace))
                        print(again.problem)
                        break
            seconds = time.monotonic() - begun
            print(f'{name}: {count} seeds, {bad} failed, {count / seconds:.1f} per second',
                  flush=True)
            if failed and not values.all:
                break
    return int(failed)


if __name__ == '__main__':
    sys.exit(main())
