# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""Which shots of a rig's cameras belong to one trigger."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from camera_driver.ledger.shots import ShotRecord
from camera_driver.payload.geotag import NO_PICTURE


@dataclass(frozen=True)
class Place:
    """The place of a shot in its rig."""

    rig: str  # name
    index: int  # of its camera
    capture: str  # id of the shot that stands for all of one trigger


class Grouped(NamedTuple):
    """The places of shots by their ids, and the shots that could not be told apart."""

    places: Mapping[str, Place]
    unclear: Sequence[ShotRecord]


def group(shots: Sequence[ShotRecord], cameras: Sequence[str], tolerance: float) -> Grouped:
    """
    Return which shots of these cameras belong to one trigger: those with stamps close together.

    All shots that follow each other by no more than `tolerance` [s] are one trigger if they lie
    within it all together, and none of them is of the same camera as another. If not, the
    tolerance is too large for the interval of the triggers: these are `unclear` and have no place,
    as a wrong one would be worse. A shot without a picture or a stamp has none either.

    :param cameras: of the rig; the index of a camera is its place here.
    """
    taken = sorted(((shot.stamp, cameras.index(shot.camera), shot) for shot in shots
                    if shot.camera in cameras and shot.stamp is not None
                    and shot.state not in NO_PICTURE), key=lambda one: one[:2])
    groups: list[list[tuple[float, int, ShotRecord]]] = []
    for one in taken:
        if groups and one[0] - groups[-1][-1][0] <= tolerance:
            groups[-1].append(one)
        else:
            groups.append([one])
    places: dict[str, Place] = {}
    unclear: list[ShotRecord] = []
    for members in groups:
        if (len({index for _, index, _ in members}) < len(members)
                or members[-1][0] - members[0][0] > tolerance):
            unclear += [shot for _, _, shot in members]
            continue
        first = min(members, key=lambda one: one[1])[2]
        places |= {shot.shot_id: Place('+'.join(cameras), index, first.shot_id)
                   for _, index, shot in members}
    return Grouped(places, unclear)
