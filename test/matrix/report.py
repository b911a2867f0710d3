# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""The table of docs/reliability.md."""

from pathlib import Path
import re

from camera_driver.operations import Outcome

DOCUMENT = Path(__file__).parents[2] / 'docs' / 'reliability.md'
BEGIN = '<!-- Written by make matrix. -->'
END = '<!-- End of what make matrix writes. -->'
COLUMNS = ('cells', 'done', 'not done', 'unknown', 'of these settled later')


def heading():
    """Return the first two lines."""
    return f'| device type | operation | {" | ".join(COLUMNS)} |\n' + '|---|---|' + '--:|' * 5


def figures(tally):
    """Return the figures of the columns."""
    counts = tally.counts
    return (tally.cells, counts[Outcome.DONE], counts[Outcome.NOT_DONE], counts[Outcome.UNKNOWN],
            counts['settled'])


def row(kind, name, tally):
    """Return the line of an operation."""
    return f'| {kind} | {name} | ' + ' | '.join(map(str, figures(tally))) + ' |'


def rows(text):
    """Return the figures of a document: (device type, operation) -> figures."""
    found = re.findall(r'^\| (\w+) \| ([\w, ]+) \|((?: \d+ \|){5})$', text, re.MULTILINE)
    return {(kind, name): tuple(map(int, re.findall(r'\d+', rest))) for kind, name, rest in found}


def with_table(text, table, begin=BEGIN, end=END):
    """Return a document with another table between its markers."""
    before, after = text.partition(begin)[0], text.partition(end)[2]
    return f'{before}{begin}\n\n{table}\n\n{end}{after}'
