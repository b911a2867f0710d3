# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""Exports: columns and order as each program has them, and no shot that disappears."""

import csv
from dataclasses import asdict
import json
import shutil
import subprocess
import sys
from xml.etree import ElementTree

import numpy as np
from payload.flights import earth, ground, matrix, shot, START, tag
import pytest

from camera_driver.cli.shots import FORMATS as OFFERED
from camera_driver.errors import NotSupported
from camera_driver.payload.exports import export, FORMATS, why_untagged
from camera_driver.payload.jpeg_tags import capture_uuid
from camera_driver.payload.rig import Place
from camera_driver.payload.track import MEAN_SEA_LEVEL

KML = '{http://www.opengis.net/kml/2.2}'


def tagged(name, folder='/pictures', **fields):
    """Return a shot with a picture and a position."""
    return shot(shot_id=name, state='verified', path=f'{folder}/{name}.JPG',
                geotag={'tag': asdict(tag(**fields))})


SHOTS = [
    tagged('P1'),
    shot(shot_id='lost', state='failed', message='no film'),
    tagged('P2', latitude=-47.5, longitude=-8.25, height=-3.25),
    shot(shot_id='doubt', state='unknown', geotag={'untagged': 'cable <pulled> & gone'}),
    shot(shot_id='gap', path='/pictures/P3.JPG', geotag={'untagged': 'in a gap'}),
    shot(shot_id='there', name='P4.JPG', geotag={'tag': asdict(tag(longitude=9.0))}),
    shot(shot_id='nameless', geotag={'tag': asdict(tag())})]


def test_every_format_is_offered():
    assert OFFERED == FORMATS


def test_geojson_has_every_shot_longitude_first():
    text, left_out = export('geojson', SHOTS)
    features = json.loads(text)['features']
    assert [one['id'] for one in features] == [one.shot_id for one in SHOTS] and not left_out
    assert features[0]['geometry'] == {'type': 'Point', 'coordinates': [8.25, 47.5, 512.3456]}
    assert features[0]['properties'] == {
        'shot_id': 'P1', 'camera': 'nadir', 'state': 'verified', 'file': 'P1.JPG',
        'time': '2027-01-15T08:00:37.250000Z', 'height': 512.3456, 'height_over': 'ellipsoid',
        'yaw': 45.5, 'pitch': 0.5, 'roll': -1.25, 'horizontal_accuracy': 0.0213,
        'vertical_accuracy': 0.05, 'speed': 21.0, 'stamp_uncertainty': 0.001}
    assert [one['geometry'] is None for one in features] == [
        False, True, False, True, True, False, False]
    assert features[1]['properties']['untagged'] == 'no picture was taken'
    assert features[4]['properties'] == {
        'shot_id': 'gap', 'camera': 'nadir', 'state': 'stored', 'file': 'P3.JPG',
        'untagged': 'in a gap'}
    # RFC 7946: a third coordinate is over the ellipsoid.
    over_sea = json.loads(export('geojson', [tagged('P1', height_kind=MEAN_SEA_LEVEL)]).text)
    assert over_sea['features'][0]['geometry']['coordinates'] == [8.25, 47.5]


def test_kml_has_every_shot():
    root = ElementTree.fromstring(export('kml', SHOTS).text.encode())
    places = root.findall(f'.//{KML}Placemark')
    assert len(places) == len(SHOTS)
    assert [place.findtext(f'{KML}name') for place in places[:4]] == [
        'P1.JPG', 'lost', 'P2.JPG', 'doubt']
    points = [place.findtext(f'.//{KML}coordinates') for place in places]
    assert points[:3] == ['8.2500000000,47.5000000000', None, '-8.2500000000,-47.5000000000']
    assert places[3].find(f".//{KML}Data[@name='untagged']/{KML}value").text == (
        'cable <pulled> & gone')
    # An altitude of KML is over the sea.
    over_sea = export('kml', [tagged('P1', height_kind=MEAN_SEA_LEVEL)]).text
    assert 'absolute</altitudeMode><coordinates>8.2500000000,47.5000000000,512.3456<' in over_sea


def test_pix4d_has_latitude_first_and_no_header_but_a_comment():
    text, left_out = export('csv-pix4d', SHOTS)
    lines = text.splitlines()
    assert lines[0].startswith('# ') and len(lines) == 4
    assert lines[1] == (
        'P1.JPG,47.5000000000,8.2500000000,512.3456,45.5000,0.5000,-1.2500,0.0213,0.0500')
    assert lines[2].startswith('P2.JPG,-47.5000000000,-8.2500000000,-3.2500,')
    assert lines[3].startswith('P4.JPG,')  # in the camera still
    assert [one.shot_id for one in left_out] == ['lost', 'doubt', 'gap', 'nameless']


@pytest.mark.parametrize(('fields', 'columns'), [
    ({}, 9), ({'vertical': None}, 7), ({'yaw': None, 'pitch': None, 'roll': None}, 4),
    ({'height': 0.0, 'yaw': 0.0, 'pitch': 0.0}, 9)])
def test_pix4d_has_the_columns_that_all_pictures_have(fields, columns):
    text = export('csv-pix4d', [tagged('P1'), tagged('P2', **fields)]).text
    assert {len(row) for row in csv.reader(text.splitlines())} == {columns}


def test_metashape_has_named_columns_and_the_convention():
    shots = [tagged('P1'), tagged('P, 2', yaw=None, pitch=None, roll=None, horizontal=None)]
    rows = list(csv.reader(export('csv-metashape', shots).text.splitlines()))
    assert rows[0][:8] == ['label', 'longitude', 'latitude', 'altitude', 'accuracy_xy',
                           'accuracy_z', 'yaw', 'pitch']
    assert 'looks down' in rows[0][8]
    assert rows[1] == ['P1.JPG', '8.2500000000', '47.5000000000', '512.3456', '0.0213', '0.0500',
                       '45.5000', '0.5000', '-1.2500']
    assert rows[2] == ['P, 2.JPG', '8.2500000000', '47.5000000000', '512.3456', '', '0.0500',
                       '', '', '']


def test_odm_has_its_projection_and_longitude_first():
    bare = {'yaw': None, 'pitch': None, 'roll': None}
    text = export('odm-geo', [
        tagged('P1'), tagged('P2', horizontal=None), tagged('P3', **bare),
        tagged('P4', **bare, horizontal=None)]).text
    assert text == (
        'EPSG:4326\n'
        'P1.JPG 8.2500000000 47.5000000000 512.3456 45.5000 0.5000 -1.2500 0.0213 0.0500\n'
        'P2.JPG 8.2500000000 47.5000000000 512.3456 45.5000 0.5000 -1.2500\n'
        'P3.JPG 8.2500000000 47.5000000000 512.3456 nan nan nan 0.0213 0.0500\n'
        'P4.JPG 8.2500000000 47.5000000000 512.3456\n')


def test_what_a_format_cannot_tell_apart_is_refused():
    with pytest.raises(ValueError, match="'P 1.JPG' has a blank in its name"):
        export('odm-geo', [tagged('P 1')])
    same = [tagged('P1'), tagged('P1', '/other')]
    with pytest.raises(ValueError, match='P1.JPG is the name of several pictures'):
        export('csv-pix4d', same)
    assert json.loads(export('geojson', same).text)['features']
    with pytest.raises(ValueError, match='over ellipsoid and mean sea level'):
        export('kml', [tagged('P1'), tagged('P2', height_kind=MEAN_SEA_LEVEL)])


def test_why_a_shot_has_no_position():
    assert [why_untagged(one) for one in SHOTS[:5]] == [
        '', 'no picture was taken', '', 'cable <pulled> & gone', 'in a gap']
    assert why_untagged(shot()) == 'no track was looked at'


def test_opensfm_overrides_exif():
    text = export('opensfm', [tagged('P1'), tagged('P2', horizontal=None)]).text
    place = {'latitude': 47.5, 'longitude': 8.25, 'altitude': 512.3456}
    assert json.loads(text) == {
        'P1.JPG': {'gps': place | {'dop': 0.0213}, 'capture_time': START + 37.25},
        'P2.JPG': {'gps': place, 'capture_time': START + 37.25}}


CORNERS = {'P1': [(47.6, 8.2), (47.6, 8.3), (47.4, 8.3), (47.4, 8.2)]}


def test_footprints():
    features = json.loads(export('geojson', SHOTS, CORNERS).text)['features']
    assert len(features) == len(SHOTS) + 1
    # Closed, and its inside to the left (RFC 7946, 3.1.6).
    assert features[1]['geometry'] == {'type': 'Polygon', 'coordinates': [
        [[8.2, 47.6], [8.2, 47.4], [8.3, 47.4], [8.3, 47.6], [8.2, 47.6]]]}
    assert features[1]['properties']['footprint_of'] == features[0]['id'] == 'P1'
    root = ElementTree.fromstring(export('kml', SHOTS, CORNERS).text.encode())
    rings = root.findall(f'.//{KML}Placemark/{KML}MultiGeometry/{KML}Polygon/'
                         f'{KML}outerBoundaryIs/{KML}LinearRing/{KML}coordinates')
    assert [ring.text.split()[::4] for ring in rings] == [['8.2000000000,47.6000000000'] * 2]


def test_a_place_in_a_rig():
    one = tagged('P1')
    one.geotag['rig'] = asdict(Place('nadir+left', 1, 'shot'))
    properties = json.loads(export('geojson', [one]).text)['features'][0]['properties']
    assert properties['rig_camera_index'] == 1
    assert properties['capture_uuid'] == capture_uuid('shot')


@pytest.mark.skipif(not shutil.which('ogrinfo'), reason='GDAL is not installed')
@pytest.mark.parametrize('footprints', [{}, CORNERS])
@pytest.mark.parametrize('form', ['geojson', 'kml'])
def test_gdal_reads_every_shot(tmp_path, form, footprints):
    path = tmp_path / f'shots.{form}'
    path.write_text(export(form, SHOTS, footprints).text)
    found = subprocess.run(['ogrinfo', '-al', path], capture_output=True, text=True,
                           check=True).stdout
    count = len(SHOTS) + (len(footprints) if form == 'geojson' else 0)
    assert f'Feature Count: {count}' in found
    assert found.count('POLYGON ((8.2 47.6') == len(footprints)
    assert found.count('POINT') == 4 and '(-8.25 -47.5' in found


@pytest.mark.parametrize('place', [(47.5, 8.25), (-33.9, 18.4), (0.02, -9.1), (69.6, 20.99)])
@pytest.mark.parametrize('angles', [(0, 0, 0), (45.5, 0.5, -1.25), (350, 40, 170), (200, -80, 5),
                                    (30, 0, 90), (30, 0, -90)])
def test_omega_phi_kappa_see_on_the_map_what_the_camera_saw(place, angles):
    """A point that a pixel shows, by matrices and earth-fixed, and by the map alone."""
    pyproj = pytest.importorskip('pyproj')
    place = *place, 512.0
    text, left_out = export('csv-opk', [tagged('P1', **dict(zip(
        ('latitude', 'longitude', 'height', 'yaw', 'pitch', 'roll'), (*place, *angles))))])
    header, row = csv.reader(text.splitlines())
    assert header[1:] == ['easting', 'northing', 'altitude', 'omega', 'phi', 'kappa',
                          'horizontal accuracy', 'vertical accuracy'] and not left_out
    crs = header[0].removeprefix('# name (').removesuffix(')')
    assert row[0] == 'P1.JPG' and row[7:] == ['0.0213', '0.0500']
    e, n, h, omega, phi, kappa = map(float, row[1:7])
    (co, cp, ck), (so, sp, sk) = (f(np.radians([omega, phi, kappa])) for f in (np.cos, np.sin))
    turn = (np.array([[1, 0, 0], [0, co, -so], [0, so, co]])
            @ np.array([[cp, 0, sp], [0, 1, 0], [-sp, 0, cp]])
            @ np.array([[ck, -sk, 0], [sk, ck, 0], [0, 0, 1]]))
    on_map = pyproj.Transformer.from_crs('EPSG:4978', 'EPSG:4979', always_xy=True)
    plane = pyproj.Transformer.from_crs('EPSG:4326', crs, always_xy=True)
    scale = pyproj.Proj(crs).get_factors(place[1], place[0]).meridional_scale
    for right, top in ((0, 0), (0.4, 0.3), (-0.4, 0.1)):
        seen = earth(*place) + 5.0 * matrix(*angles) @ [top, right, 1.0] @ ground(*place[:2])
        longitude, latitude, height = on_map.transform(*seen)
        east, north = plane.transform(longitude, latitude)
        np.testing.assert_allclose(
            [(east - e) / scale, (north - n) / scale, height - h],
            5.0 * turn @ [right, top, -1.0], atol=2e-3)


@pytest.mark.parametrize('fields, words', [
    ({'latitude': 85.0}, 'UTM ends at -80 and 84 degrees of latitude, and a position is at 85.00'),
    ({'yaw': None, 'pitch': None, 'roll': None}, 'how the camera of P1.JPG looked is not known')])
def test_what_has_no_omega_phi_kappa(fields, words):
    pytest.importorskip('pyproj')
    with pytest.raises(ValueError, match=words):
        export('csv-opk', [tagged('P1', **fields)])
    assert export('csv-opk', []) == ('', [])


def test_without_pyproj(monkeypatch):
    monkeypatch.setitem(sys.modules, 'pyproj', None)
    with pytest.raises(NotSupported, match='needs pyproj: pip install pyproj'):
        export('csv-opk', SHOTS[:1])
