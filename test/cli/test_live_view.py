# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""The commands of a camera that is triggered and shows live view, and sends no pictures."""

import json
import signal

import pytest

from camera_driver.catalog import TYPES
from camera_driver.devices.ix_link.commands import Command
from camera_driver.model import LiveViewRegion
from camera_driver.sim.terminal import Terminal


@pytest.fixture
def terminal():
    """Run a simulated ix_link camera on a pseudo-terminal."""
    with Terminal(TYPES['ix_link'].simulator_class()(readout=0.05)) as terminal:
        yield terminal


@pytest.fixture
def camera(command, terminal):
    """Give a function that runs `camera-driver ix_link --port ...` in this process."""
    return lambda *words: command('ix_link', '--port', terminal.path, *words)


def test_live_view(camera, terminal):
    result = camera('live-view', 'on')
    assert (result.code, result.out) == (0, 'Live view is on.\n')
    assert terminal.simulator.live_view
    assert camera('live-view', 'off', '--json').document == {'live_view': False}
    assert not terminal.simulator.live_view
    assert camera('live-view', 'up').code == 2


def test_region_of_interest(camera, terminal):
    size = ('--sensor-width', 1000, '--sensor-height', 500)
    shown = camera(*size, 'roi', 100, 50, 300, 150, '--json').document['roi']
    assert shown['x_offset'] <= 100 and shown['x_offset'] + shown['width'] >= 400
    assert camera(*size, 'roi').out == 'Shown are 1000 x 500 pixels at (0, 0).\n'
    assert terminal.simulator.region == LiveViewRegion()
    assert 'X Y WIDTH HEIGHT' in camera(*size, 'roi', 1, 2).error
    result = camera(*size, 'roi', 900, 0, 200, 100)
    assert result.code == 2 and 'not within the sensor' in result.error
    result = camera('roi', 0, 0, 10, 10)
    assert result.code == 1 and '(--sensor-width, --sensor-height)' in result.error


def test_region(camera, terminal):
    assert camera('region', 1, 255, 50).out == 'Centre 1, 255, scale 50%.\n'
    assert terminal.simulator.region == LiveViewRegion(1, 255, 50)
    result = camera('region', 0, 255, 50)
    assert result.code == 2 and 'center_x: 0; allowed: 1 to 255' in result.error


def test_settings_that_the_camera_cannot_tell(camera, terminal):
    assert camera('get', 'black_calibration').out == 'unknown\n'
    assert camera('set', 'black_calibration', 'suppressed').out == 'suppressed\n'
    assert terminal.simulator.black_calibration.name == 'SUPPRESSED'


def test_exposure(camera):
    result = camera('exposure', '--f-number', 5.6)
    assert result.code == 0
    assert 'f/5.657  (2.828 to 22.63 in steps of 0.33 EV)' in result.out
    held = camera('step-exposure', 'iso', 1, '--json').document['exposure']
    assert held['iso'] == 200.0
    result = camera('step-exposure', 'iso', '0.5')
    assert result.code == 2 and 'not a whole number of the steps' in result.error


def test_status_and_capture(camera, terminal):
    assert 'status  ready' in camera('info').out
    result = camera('capture')
    assert result.code == 0 and result.out.startswith('Picture taken in ')
    document = camera('--reply-mode', 'sync', 'capture', '--json').document
    assert document['shot']['image_index'] is None and document['shot']['accepted']
    assert len(terminal.simulator.shots) == 2
    assert camera('capture', '--download').code == 2  # pictures do not come over this line


def test_a_doubt_that_was_settled(camera, terminal):
    trigger = bytes([Command.CAPTURE])
    terminal.do(lambda: terminal.simulator.misbehave('late_reply', command=trigger))
    result = camera('capture', '--json')
    assert result.code == 0 and 'late' in result.document['shot']['settled']
    terminal.do(lambda: terminal.simulator.misbehave('silence', command=trigger))
    result = camera('capture')
    assert result.code == 8 and 'it is unknown whether it did' in result.error
    assert len(terminal.simulator.shots) == 1


def test_line_faults_of_a_simulated_camera(started, command):
    process = started('simulate', 'ix_link', '--fault', 'to-host:lose=0.2', '--seed', 3, '--json')
    port = json.loads(process.stdout.readline())['port']
    assert command('ix_link', '--port', port, 'exposure').code == 0
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate()
    assert json.loads(out)['faults']['to-host']['lose'] > 0
