# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""A table of measured values: for people, for docs/performance.md, and as data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
import math
import resource
from statistics import median
import textwrap

Value = str | float


@dataclass(frozen=True)
class Table:
    """Columns are named with their units."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Value]]
    note: str = ''

    def __str__(self) -> str:
        """Return Markdown that is legible as it is."""
        cells = [list(self.columns), *([_text(value) for value in row] for row in self.rows)]
        widths = [max(3, *map(len, column)) for column in zip(*cells)]
        lines = ['| ' + ' | '.join((cell.rjust if i else cell.ljust)(width)
                                   for i, (cell, width) in enumerate(zip(row, widths))) + ' |'
                 for row in cells]
        lines.insert(1, '|' + '|'.join('-' * (width + 1) + ('-:'[i > 0])
                                       for i, width in enumerate(widths)) + '|')
        return '\n'.join([*textwrap.wrap(self.title, 99), '', *lines, '',
                          *textwrap.wrap(self.note, 99)]).rstrip()

    def as_dict(self) -> dict[str, object]:
        """Return what JSON takes."""
        return {'title': self.title, 'note': self.note,
                'rows': [dict(zip(self.columns, row)) for row in self.rows]}


def spread(values: Sequence[float]) -> tuple[float, float, float]:
    """Return median, 99th percentile and maximum."""
    ordered = sorted(values)
    return median(ordered), ordered[math.ceil(0.99 * len(ordered)) - 1], ordered[-1]


def cpu_time() -> float:
    """Return the CPU time of this process [s]."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def _text(value: Value) -> str:
    if isinstance(value, str):
        return value
    return f'{value:.4g}' if abs(value) < 10000 else f'{value:.0f}'
