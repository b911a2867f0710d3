# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""A device type of another package has reports by its own three parts alone."""

from conform_reports import looked, verdicts
import pytest
from sky_facts import SKYCAM

from camera_driver.conform import report
from camera_driver.conform.facts import Level
from camera_driver.errors import NotSupported
from camera_driver.sim.personality import Personality


def test_a_report_of_the_sixth_device(tmp_path):
    made = looked(SKYCAM, tmp_path, level=Level.ALL)
    assert verdicts(made) == {'skycam-001': 'confirmed', 'skycam-002': 'not supported',
                              'skycam-003': 'not tried'}
    assert report.verify(SKYCAM, made) == (made.results, True)
    assert b'0042'.hex(' ').encode() not in made.files['trace.log']
    camera = SKYCAM.simulator_class()()
    camera.personality = Personality({b'GAIN': report.Said(b'9')}, SKYCAM.codec_module(),
                                     SKYCAM.listener_class()())
    assert verdicts(looked(SKYCAM, tmp_path, camera))['skycam-001'] == 'refuted'


def test_without_these_parts_there_are_none():
    import skycam
    assert skycam.SKYCAM.unproven() == ()
    with pytest.raises(NotSupported, match='there are no reports of it'):
        skycam.SKYCAM.listener_class()
