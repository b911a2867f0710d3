# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""Shots of one trigger are told by their stamps, or not at all."""

import random

from payload.flights import shot, START

from camera_driver.payload.rig import group

RIG = ('nadir', 'left', 'right')


def shots(*taken):
    """Return shots: camera, seconds."""
    return [shot(START + at, shot_id=f'{camera}-{number}', camera=camera)
            for number, (camera, at) in enumerate(taken)]


def captures(found):
    """Return the captures, each as the indices of its cameras."""
    groups = {}
    for place in found.places.values():
        groups.setdefault(place.capture, []).append(place.index)
    return sorted(map(sorted, groups.values()))


def test_each_trigger_is_one_capture():
    found = group(shots(('left', 0.1), ('nadir', 0.0), ('right', 0.2), ('right', 5.1),
                        ('left', 5.0), ('nadir', 5.2)), RIG, 0.25)
    assert captures(found) == [[0, 1, 2], [0, 1, 2]] and not found.unclear
    assert {(place.rig, place.index) for place in found.places.values()} == {
        ('nadir+left+right', 0), ('nadir+left+right', 1), ('nadir+left+right', 2)}
    assert found.places['left-0'].capture == 'nadir-1'


def test_a_camera_that_was_away_leaves_the_others_one_capture():
    found = group(shots(('nadir', 0.0), ('left', 0.1), ('left', 5.0), ('nadir', 10.0),
                        ('right', 10.1)), RIG, 0.25)
    assert captures(found) == [[0, 1], [0, 2], [1]]


def test_what_is_not_clear_has_no_place():
    twice = group(shots(('nadir', 0.0), ('left', 0.1), ('nadir', 0.2), ('left', 9.0)), RIG, 0.25)
    assert captures(twice) == [[1]]
    assert [one.shot_id for one in twice.unclear] == ['nadir-0', 'left-1', 'nadir-2']
    chain = group(shots(('nadir', 0.0), ('left', 0.2), ('right', 0.4)), RIG, 0.25)
    assert not chain.places and len(chain.unclear) == 3


def test_what_has_no_picture_or_is_not_of_the_rig():
    failed = shot(START, shot_id='failed', camera='nadir', state='failed')
    unknown = shot(None, shot_id='when', camera='nadir')
    other = shot(START, shot_id='other', camera='cockpit')
    assert group([failed, unknown, other], RIG, 0.25) == ({}, [])


def test_no_shots_of_two_triggers_are_one_capture():
    dice = random.Random(1)
    for _ in range(200):
        taken = [(camera, 0.6 * trigger + dice.uniform(0, 0.2)) for trigger in range(20)
                 for camera in RIG if dice.random() > 0.3]
        of = {one.shot_id: int(at // 0.6) for one, (_, at) in zip(shots(*taken), taken)}
        found = group(shots(*taken), RIG, 0.25)
        triggers = {}
        for shot_id, place in found.places.items():
            triggers.setdefault(place.capture, set()).add(of[shot_id])
        assert all(len(one) == 1 for one in triggers.values()) and not found.unclear
        assert len(triggers) == len(set(of.values()))
