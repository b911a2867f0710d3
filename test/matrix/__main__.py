# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""
Run the whole matrix of outcomes, and write its result into docs/reliability.md.

    make matrix
    PYTHONPATH=test:examples/sixth_device python3 -m matrix   # the same
    ... --bytes     # each byte of each frame is a moment; the document is left as it is
"""

import argparse
from concurrent.futures import ProcessPoolExecutor
import logging
import sys

from matrix.engine import matrix
from matrix.kinds import KINDS
from matrix.report import DOCUMENT, heading, row, with_table


def run(kind, name, every_byte):
    """Run one operation, in a process of its own."""
    logging.disable(logging.CRITICAL)
    return matrix(KINDS[kind], name, every_byte=every_byte)


def main(every_byte):
    """Run it; returns the exit code."""
    operations = [(kind, name) for kind in KINDS for name in KINDS[kind].recipes]
    lines, wrong, cells = [heading()], [], 0
    with ProcessPoolExecutor() as pool:
        running = [pool.submit(run, kind, name, every_byte) for kind, name in operations]
        for (kind, name), one in zip(operations, running):
            tally = one.result()
            lines.append(row(kind, name, tally))
            print(lines[-1], flush=True)
            cells += tally.cells
            wrong += [f'{kind}: {words}' for words in tally.wrong]
    print(f'{cells} cells, {len(wrong)} wrong', *wrong, sep='\n')
    if not wrong and not every_byte:
        DOCUMENT.write_text(with_table(DOCUMENT.read_text(), '\n'.join(lines)))
    return bool(wrong)


if __name__ == '__main__':
    parser = argparse.ArgumentParser(description=__doc__.strip().splitlines()[0])
    parser.add_argument('--bytes', action='store_true', help='each byte of each frame is a moment')
    sys.exit(main(parser.parse_args().bytes))
