# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""`camera-driver survey check`: what a plan comes to; and what the command refuses."""

import json

import pytest

from camera_driver.cli.main import main
from camera_driver.cli.survey import _code

CALIBRATION = """\
image_width: 2048
image_height: 1536
camera_name: nadir
camera_matrix: {rows: 3, cols: 3, data: [2000, 0, 1024, 0, 2000, 768, 0, 0, 1]}
distortion_model: plumb_bob
distortion_coefficients: {rows: 1, cols: 5, data: [0, 0, 0, 0, 0]}
rectification_matrix: {rows: 3, cols: 3, data: [1, 0, 0, 0, 1, 0, 0, 0, 1]}
projection_matrix: {rows: 3, cols: 4, data: [2000, 0, 1024, 0, 0, 2000, 768, 0, 0, 0, 1, 0]}
"""
LENS = '--sensor 7.2x5.3 --focal-length 7.1 --pixels 2048x1536'


def check(capsys, words):
    code = main(['survey', 'check', '--json', *words.split()])
    return code, json.loads(capsys.readouterr().out)


def test_what_an_overlap_comes_to(capsys):
    code, told = check(capsys, f'--overlap 0.75 --height 120 --speed 12 --cycle-time 2.4 {LENS}')
    assert (code, told['achievable']) == (1, False)
    assert told['footprint_along'] == pytest.approx(120 * 5.3 / 7.1)
    assert told['footprint_across'] == pytest.approx(120 * 7.2 / 7.1)
    assert told['distance'] == pytest.approx(120 * 5.3 / 7.1 / 4)
    assert told['interval'] == pytest.approx(120 * 5.3 / 7.1 / 4 / 12)
    assert told['fastest'] == pytest.approx(120 * 5.3 / 7.1 / 4 / 2.4)
    assert told['pixel'] == pytest.approx(120 * 5.3 / 7.1 / 1536)
    assert 'it needs 2.4 s from trigger to trigger' in told['problem']
    code, told = check(capsys, f'--overlap 0.75 --height 120 --speed 9 --cycle-time 2.4 {LENS}')
    assert (code, told['achievable'], told['problem']) == (0, True, None)


def test_by_a_calibration(capsys, tmp_path):
    file = tmp_path / 'nadir.yaml'
    file.write_text(CALIBRATION)
    code, told = check(capsys, '--overlap 0.5 --height 100 --speed 10 --cycle-time 2 '
                       f'--calibration {file}')
    assert code == 0 and told['footprint_along'] == pytest.approx(76.8)
    assert told['footprint_across'] == pytest.approx(102.4)
    assert told['pixel'] == pytest.approx(0.05)


def test_the_overlap_of_an_interval(capsys):
    code, told = check(capsys, f'--interval 2 --height 120 --speed 12 --cycle-time 2 {LENS}')
    assert (code, told['distance']) == (0, 24.0)
    assert told['overlap'] == pytest.approx(1 - 24 / (120 * 5.3 / 7.1))
    assert main('survey check --interval 2 --cycle-time 2'.split()) == 0
    assert capsys.readouterr().out.splitlines() == [
        'interval    2 s', 'cycle time  2 s', 'verdict     the camera can do it']


@pytest.mark.parametrize('words, complaint', [
    ('check', 'one of the arguments --interval --distance --overlap is required'),
    ('check --interval 2', "needs the camera's cycle time: say --cycle-time"),
    ('check --distance 20', 'say --speed and --cycle-time'),
    ('check --overlap 0.7', 'height: 0 is not allowed'),
    ('check --overlap 0.7 --height 50', 'what does a picture see? Say --sensor and --focal'),
    ('check --overlap 70 --height 50', 'overlap: 70 is not allowed; 0 to 0.99'),
    ('check --overlap 0.7 --height 50 --sensor 5', 'sensor_size and focal_length: both'),
    ('check --interval 1 --sensor 5y3', "'5y3' is not a size"),
    ('check --interval 1 --calibration x --pixels 1x1', '--calibration says what --sensor'),
    ('check --interval nan', 'interval: nan is not allowed'),
    ('rig.yaml /nadir --interval 1', 'give one rig file, or the full names of nodes'),
    ('/nadir --interval 1 --pixels 1x1', '--calibration and --pixels are of check'),
    ('/nadir --interval 1 --count -1', '--count -1: give a number of places'),
])
def test_what_is_refused(capsys, words, complaint):
    assert main(['survey', *words.split()]) == 2
    assert complaint in capsys.readouterr().err


def result(taken=0, missed=0, failed=0, unknown=False):
    return {'taken': taken, 'missed': missed, 'failed': failed, 'outcome_unknown': unknown}


@pytest.mark.parametrize('code, results', [
    (0, [result(5), result(3)]), (1, [result(), result(missed=4)]), (7, [result(5), result()]),
    (7, [result(5), result(4, missed=1)]), (7, [result(5, failed=1)]),
    (8, [result(5), result(4, unknown=True)]),
])
def test_exit_codes(code, results):
    assert _code(dict(enumerate(results))) == code
    assert _code(dict(enumerate(results)), ended=True) == (8 if code == 8 else 130)
