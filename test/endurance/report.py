# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""The tables of docs/reliability.md that `make endurance` writes, each between its markers."""

from dataclasses import dataclass, field
from datetime import date
import math
import os
import platform

from matrix.report import DOCUMENT, with_table

BEGIN = '<!-- Written by make endurance PARTS={}. -->'
END = '<!-- End of {}. -->'


@dataclass
class Report:
    """A table, what there is to say below it, and what went wrong."""

    columns: tuple
    rows: list = field(default_factory=list)
    notes: list = field(default_factory=list)
    problems: list = field(default_factory=list)

    def __str__(self):
        head = '| ' + ' | '.join(self.columns) + ' |'
        rule = '|---' + '|--:' * (len(self.columns) - 1) + '|'
        return '\n'.join([head, rule, *('| ' + ' | '.join(map(text, row)) + ' |'
                                        for row in self.rows), '', *self.notes])


def text(value):
    """Return a value as it stands in a table."""
    return f'{value:.3g}' if isinstance(value, float) else str(value)


def percentile(values, share):
    """Return what so large a share of the values does not exceed; NaN of none."""
    ordered = sorted(values)
    return ordered[math.ceil(share * len(ordered)) - 1] if ordered else math.nan


def machine():
    """Say on what this was measured, and when."""
    return (f'{os.cpu_count()} cores, {platform.machine()}, {platform.system()}, Python '
            f'{platform.python_version()}, {date.today()}; load {os.getloadavg()[0]:.1f}.')


def write(name, report, document=DOCUMENT):
    """Put a table into the document."""
    document.write_text(with_table(document.read_text(), str(report), BEGIN.format(name),
                                   END.format(name)))
