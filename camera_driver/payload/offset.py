# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""
The constant offset between the clock of the shots and that of a trigger log.

The two are compared by their intervals. Shots or triggers may be missing; where that makes two
offsets possible, as at a regular interval, none is given.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

TOLERANCE = 0.1  # s between a shot and its trigger, once the offset is right
CLEARLY = 3  # shots by which the best offset has to beat every other
MOST = 4_000_000  # pairs of a shot and a trigger


class Offset(NamedTuple):
    """What has to be added to the times of the shots, and how well it fits."""

    offset: float  # s
    residual: float  # s, root mean square
    worst: float  # s, of one shot
    matched: int  # shots that have a trigger
    shots: int
    triggers: int


def find_offset(shots: Sequence[float], triggers: Sequence[float]) -> Offset:
    """
    Return the offset that fits most shots.

    :param shots: times of exposures [s]; `triggers` by the other clock.
    :raises ValueError: there is none, or more than one is possible; with the numbers.
    """
    if min(len(shots), len(triggers)) <= CLEARLY:
        raise ValueError(f'{len(shots)} shots and {len(triggers)} triggers: at least '
                         f'{CLEARLY + 1} of both are needed')
    if len(shots) * len(triggers) > MOST:
        raise ValueError(f'{len(shots)} shots and {len(triggers)} triggers are too many to '
                         'compare; give a log of one flight, and --camera')
    ours, theirs = np.sort(np.array(shots)), np.sort(np.array(triggers))
    # Two halves of a bin may share the right offset: bins are counted with their neighbour.
    bins, counts = np.unique(
        np.floor((theirs[:, None] - ours).ravel() / TOLERANCE).astype(np.int64),
        return_counts=True)
    together = counts + np.where(np.append(np.diff(bins), 0) == 1, np.append(counts[1:], 0), 0)
    likely = bins[np.argsort(-together, kind='stable')[:50]]
    found = sorted((_refined((one + 1) * TOLERANCE, ours, theirs) for one in likely),
                   key=lambda one: (-one.matched, one.residual))
    best = found[0]
    others = [one for one in found if abs(one.offset - best.offset) > TOLERANCE]
    if best.matched < max(CLEARLY, len(shots) / 2):
        raise ValueError(f'no offset fits: the best, {best.offset:+.3f} s, has a trigger within '
                         f'{TOLERANCE} s of {best.matched} of {len(shots)} shots')
    if others and best.matched - others[0].matched < CLEARLY:
        raise ValueError(
            f'two offsets are possible: {best.offset:+.3f} s fits {best.matched} of {len(shots)} '
            f'shots and {others[0].offset:+.3f} s fits {others[0].matched}; the intervals are too '
            'regular to tell them apart')
    return best


def _refined(offset: float, ours: NDArray[np.float64], theirs: NDArray[np.float64]) -> Offset:
    """Return the mean offset of the shots that have a trigger near the offset given."""
    differences = np.array([offset])
    for tolerance in (2 * TOLERANCE, TOLERANCE):
        wanted = ours + differences.mean()
        after = np.clip(np.searchsorted(theirs, wanted), 1, len(theirs) - 1)
        nearest = after - (wanted - theirs[after - 1] < theirs[after] - wanted)
        off = np.abs(theirs[nearest] - wanted)
        # A trigger is of one shot: of two that claim it, the nearer.
        order = np.argsort(off, kind='stable')
        _, first = np.unique(nearest[order], return_index=True)
        own = order[first]
        own = own[off[own] <= tolerance]
        if not own.size:
            return Offset(offset, 0.0, 0.0, 0, len(ours), len(theirs))
        differences = theirs[nearest[own]] - ours[own]
    mean = float(differences.mean())
    rest = differences - mean
    return Offset(mean, float(np.sqrt((rest ** 2).mean())), float(np.abs(rest).max()),
                  len(rest), len(ours), len(theirs))
