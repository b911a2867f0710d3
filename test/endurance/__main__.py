# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""
Find out what breaks, and write docs/reliability.md: `make endurance PARTS='disk decoders'`.

With no part, all of them. The exit code is 1 when something is lost, wrong or late.
"""

from argparse import ArgumentParser, RawDescriptionHelpFormatter
import logging
import sys
from time import monotonic

from endurance.parts import PARTS
from endurance.report import machine, write


def main():
    """Run what the command line says; 1: there were problems."""
    parser = ArgumentParser(
        'endurance', description=__doc__, formatter_class=RawDescriptionHelpFormatter,
        epilog='\n'.join(f'{name:10}{part.words} ({part.count})'
                         for name, part in PARTS.items()))
    parser.add_argument('part', nargs='*', help='which (see below)')
    parser.add_argument('--count', type=int, help='how many, or how long [s], of each '
                        '(default: the number in brackets)')
    parser.add_argument('--seed', type=int, default=0, help='the first seed')
    parser.add_argument('--keep', action='store_true', help='leave the document as it is')
    args = parser.parse_args()
    if unknown := set(args.part) - set(PARTS):
        parser.error(f'no such part: {", ".join(unknown)}; there are: {", ".join(PARTS)}')
    logging.disable(logging.CRITICAL)
    failed = False
    for name in args.part or PARTS:
        on, begun = machine(), monotonic()
        report = PARTS[name].run(args.count or PARTS[name].count, args.seed)
        report.notes.append(f'{on} Seed {args.seed}; {monotonic() - begun:.0f} s.')
        print(report, *report.problems, sep='\n', flush=True)
        failed |= bool(report.problems)
        if not args.keep:
            write(name, report)
    return int(failed)


if __name__ == '__main__':
    sys.exit(main())
