# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""Calibration files: numbers in every spelling, OpenCV's form, files that mean harm."""

import os
from pathlib import Path
import resource

from hypothesis import given
from hypothesis import strategies as st
import pytest
import yaml

from camera_driver.pictures.calibration import dump, MOST_BYTES, parse, read

CASES = Path(__file__).parent / 'cases' / 'calibration'

# As camera_calibration_parsers writes it.
YAML = """image_width: 640
image_height: 480
camera_name: front
camera_matrix:
  rows: 3
  cols: 3
  data: [600.5, 0., 320., 0., 601, 240., 0., 0., 1.]
distortion_model: plumb_bob
distortion_coefficients:
  rows: 1
  cols: 5
  data: [0.1, -0.2, 0.001, 0.002, 0.]
rectification_matrix:
  rows: 3
  cols: 3
  data: [1., 0., 0., 0., 1., 0., 0., 0., 1.]
projection_matrix:
  rows: 3
  cols: 4
  data: [600., 0., 320., 0., 0., 600., 240., 0., 0., 0., 1., 0.]
"""


def test_reads_what_camera_calibration_writes():
    info = parse(YAML)
    assert (info.width, info.height, info.distortion_model) == (640, 480, 'plumb_bob')
    assert list(info.k) == [600.5, 0, 320, 0, 601, 240, 0, 0, 1]
    assert list(info.d) == [0.1, -0.2, 0.001, 0.002, 0]
    assert info.p[5] == 600


def test_writes_what_it_reads():
    assert parse(dump(parse(YAML), 'front')) == parse(YAML)
    written = yaml.safe_load(dump(parse(YAML), 'front'))
    assert {key: (one['rows'], one['cols']) for key, one in written.items()
            if isinstance(one, dict) and 'rows' in one} == {
        'camera_matrix': (3, 3), 'distortion_coefficients': (1, 5),
        'rectification_matrix': (3, 3), 'projection_matrix': (3, 4)}


@pytest.mark.parametrize('change, why', [
    (('image_width: 640', 'image_width: wide'), 'image_width'),
    (('image_height: 480', 'image_height: -1'), 'image_height'),
    (('600.5, ', ''), 'camera_matrix has 8 numbers instead of 9'),
    (('600.5', 'nothing'), 'not a number'), (('600.5', '.nan'), 'not a number'),
    (('data: [0.1', 'date: [0.1'), 'distortion_coefficients has no data'),
    (('[0.1', '[' + 20 * '0.1, ' + '0.1'), 'at most 14'),
    (('cols: 3', 'cols: ]'), 'not YAML'), ((YAML, 'just words'), 'not a calibration')])
def test_bad_file_is_said(change, why):
    with pytest.raises(ValueError, match=why):
        parse(YAML.replace(*change))


@pytest.mark.parametrize('text, value', [
    ('5e-05', 5e-5), ('-2E-3', -2e-3), ('1e4', 1e4), ('+1.e+2', 100), ('.5', 0.5), ('7', 7),
    ('1e-400', 0), ('0.' + 400 * '3', 1 / 3), ('007', 7)])
def test_numbers_in_every_spelling(text, value):
    assert parse(YAML.replace('0.1', text)).d[0] == pytest.approx(value)


def test_exponent_without_dot():
    assert read(CASES / 'exponent_without_dot.yaml').d == [0.1, 0.00005, -0.002, 0.0001, 0]


@pytest.mark.parametrize('text', [
    400 * '9', 5000 * '9', '1e400', '-1e999', '.inf', '.NaN', 'nan', 'inf', '1_000', '1:30',
    '0x10', '2001-06-14', '2001-06-14 09:30:00', 'true', '~', '""', '[1]', '{a: 1}', '\u0663',
    '"\\ud800"'])
def test_what_is_not_a_number(text):
    for place in ('0.1', '600.5'):
        with pytest.raises(ValueError, match='not a number|not finite'):
            parse(YAML.replace(place, text))
    with pytest.raises(ValueError, match='image_width is .* and should be a number of pixels'):
        parse(YAML.replace('image_width: 640', f'image_width: {text}'))


def test_reads_what_opencv_writes():
    found = read(CASES / 'opencv.yaml')
    assert (found.width, found.height, found.distortion_model) == (640, 480, 'plumb_bob')
    assert found.d == [0.1, 0.00005, -0.002, 0.0001, 0]
    assert found.k == [500, 0, 320, 0, 500, 240, 0, 0, 1]
    assert found.r == [1, 0, 0, 0, 1, 0, 0, 0, 1]
    assert found.p == [500, 0, 320, 0, 0, 500, 240, 0, 0, 0, 1, 0]
    assert parse(dump(found, 'front')) == found


@pytest.mark.parametrize('old, new, model', [
    ('camera_matrix', 'Camera_Matrix', 'plumb_bob'),
    ('data: [ 0.1,', 'data: [ 0.1, 1., 1., 1.,', 'rational_polynomial'),
    ('image_width', 'fisheye_model: 1\nimage_width', 'equidistant')])
def test_variants_of_opencv(old, new, model):
    assert parse((CASES / 'opencv.yaml').read_text().replace(old, new)).distortion_model == model


NEST = 5000
HOSTILE = {
    'lists': 'a: ' + '[' * NEST + ']' * NEST, 'open lists': '[' * NEST,
    'mappings': '{a: ' * NEST, 'block': '- ' * NEST,
    'indented': ''.join(' ' * n + 'a:\n' for n in range(300)),
    'alias': YAML + 'a: &a [1]\nb: *a\n', 'loop': 'a: &a [*a]', 'merge': '<<: *x',
    'list as key': '? [1, 2]\n: 3\n' + YAML, 'mapping as key': '? {a: 1}\n: 3\n' + YAML,
    'many values': YAML + 'a: [' + '1,' * 5000 + ']',
    'many keys': ''.join(f'k{n}: 1\n' for n in range(5000)), 'escape': '"\\UFFFFFFFF"',
    'version': '%YAML 1.' + '9' * 5000 + '\n--- a', 'documents': '--- a\n--- b\n', 'nul': '\0',
    'nothing': '', 'list': '[1]', 'surrogate': '\udcff',
    'model': YAML.replace('plumb_bob', '"\\ud800"'), 'long': YAML.replace('plumb_bob', 'x' * 99),
    'no name': YAML.replace('plumb_bob', '[1]')}


@pytest.mark.parametrize('text', HOSTILE.values(), ids=HOSTILE)
def test_hostile_files_are_refused(text):
    with pytest.raises(ValueError) as caught:
        parse(text)
    str(caught.value).encode()
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize('name', ['nested_deeply', 'alias_bomb', 'unhashable_key'])
def test_hostile_files_that_were_met(name):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(ValueError, match='not a calibration|not YAML'):
        read(CASES / f'{name}.yaml')
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 4096   # KiB


@given(st.text(max_size=200) | st.builds(
    lambda at, new: YAML[:at] + new + YAML[at + 1:],
    st.integers(0, len(YAML)), st.text('[]{}:,&*!|>%@`"\'#-? \n\t0e.\\', max_size=8)))
def test_any_text_raises_nothing_but_value_errors(text):
    for head in ('', '%YAML:1.0\n---\n'):
        try:
            parse(head + text)
        except ValueError:
            pass


def test_what_is_not_a_file(tmp_path):
    os.mkfifo(tmp_path / 'pipe')
    for path in (tmp_path, tmp_path / 'pipe', Path('/dev/zero'), Path('/dev/tty')):
        with pytest.raises(ValueError, match='not a file'):
            read(path)
    with pytest.raises(FileNotFoundError):
        read(tmp_path / 'absent')


def test_large_files_are_not_read(tmp_path):
    path = tmp_path / 'large.yaml'
    path.write_text(YAML + '#' * (MOST_BYTES - len(YAML)))
    read(path)
    os.truncate(path, 1 << 40)
    with pytest.raises(ValueError, match=f'more than {MOST_BYTES} bytes'):
        read(path)
