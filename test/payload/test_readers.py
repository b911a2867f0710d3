# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""Tracks and trigger logs from files; what is unclear is refused, with the line."""

from math import isnan

from payload.flights import START
import pytest

from camera_driver.errors import StorageError
from camera_driver.payload.geometry import to_angles
from camera_driver.payload.readers import read_track, read_triggers
from camera_driver.payload.track import ELLIPSOID, Fix, MEAN_SEA_LEVEL

HEADER = 'time,latitude,longitude,height_msl'
GPX = """<?xml version="1.0" encoding="UTF-8"?>
<gpx version="1.1" creator="x" xmlns="http://www.topografix.com/GPX/1/1">
<wpt lat="1" lon="1"><time>2027-01-15T08:00:00Z</time></wpt>
<trk><trkseg>
<trkpt lat="47.5" lon="-8.25"><ele>512.5</ele><time>2027-01-15T08:00:00Z</time></trkpt>
<trkpt lat="47.6" lon="-8.25"><ele>513</ele><time> 2027-01-15T09:00:00.25+01:00
 </time><extensions><speed>2</speed><time>nonsense</time></extensions></trkpt>
</trkseg></trk></gpx>
"""


def read(tmp_path, text, reader=read_track):
    path = tmp_path / 'track'
    path.write_text(text, encoding='utf-8')
    return reader(path)


@pytest.mark.parametrize('time', [
    '1800000000', '1800000000.0', '1.8e9', '2027-01-15T08:00:00Z', '2027-01-15 08:00:00.000Z',
    '2027-01-15T09:30:00,0+01:30', '2027-01-15T03:00:00-0500'])
def test_times_of_csv(tmp_path, time):
    found = read(tmp_path, f'{HEADER}\n"{time}",47.5,8.25,500\n')
    assert found.fixes == [Fix(START, 47.5, 8.25, 500)]
    assert (found.attitudes, found.height_kind) == ([], MEAN_SEA_LEVEL)


def test_csv_with_everything(tmp_path):
    found = read(tmp_path, '\ufeffTime, latitude,longitude,height_ellipsoid,yaw,pitch,roll,'
                 'horizontal_accuracy,vertical_accuracy\r\n'
                 '1800000000.5,47.5,8.25,500,350,-5,10,0.02,0.04\r\n\r\n'
                 '1800000000.6,,,,351,-5,10,,\n1800000000.7,47.5,8.25,nan,,,,,\n')
    assert found.height_kind == ELLIPSOID
    assert found.fixes[0] == Fix(START + 0.5, 47.5, 8.25, 500, 0.02, 0.04)
    assert [one.time - START for one in found.fixes] == pytest.approx([0.5, 0.7])
    assert isnan(found.fixes[1].height) and found.fixes[1].horizontal is None
    assert [one.time - START for one in found.attitudes] == pytest.approx([0.5, 0.6])
    assert to_angles(found.attitudes[0].rotation) == pytest.approx((350, -5, 10))


def test_plain_height_says_nothing_of_what_it_is_over(tmp_path):
    assert read(tmp_path, 'time,latitude,longitude,height\n').height_kind is None
    assert read(tmp_path, 'time,latitude,longitude,height\n1800000000,1,2,3').height_kind is None


def test_gpx(tmp_path):
    found = read(tmp_path, GPX)
    assert found.fixes == [Fix(START, 47.5, -8.25, 512.5), Fix(START + 0.25, 47.6, -8.25, 513)]
    assert (found.attitudes, found.height_kind) == ([], None)


def test_parts_of_a_gpx_in_any_order(tmp_path):
    point = '<trkpt lat="{}" lon="2"><ele>3</ele><time>2027-01-15T0{}:00:00Z</time></trkpt>'
    text = ''.join(f'<trkseg>{"".join(point.format(hour, hour) for hour in hours)}</trkseg>'
                   for hours in ((8, 9), (), (5, 6)))
    found = read(tmp_path, f'<gpx><trk>{text}</trk></gpx>')
    assert [fix.latitude for fix in found.fixes] == [5, 6, 8, 9]


@pytest.mark.parametrize(('text', 'words'), [
    ('', 'line 1: no column time, latitude, longitude; the first line has to name'),
    ('lat,lon\n', 'line 1: no column time'),
    ('time;latitude;longitude;height\n', 'line 1: no column time'),
    ('time,latitude,longitude\n', 'line 1: one of height, height_ellipsoid, height_msl'),
    (f'{HEADER},height\n', 'line 1: one of height'),
    (f'{HEADER},time\n', 'line 1: two columns of the same name'),
    (f'{HEADER},hdop\n', 'line 1: hdop is none of time'),
    (f'{HEADER},yaw,pitch\n', 'line 1: yaw, pitch, roll belong together'),
    (f'{HEADER},horizontal_accuracy\n', 'belong together'),
    (f'{HEADER}\n1800000000,1,2\n', 'line 2: 3 cells under 4 names'),
    (f'{HEADER}\n1800000000,1,2,3\n1800000001,1,,3\n', 'line 3: .* all of them or none'),
    (f'{HEADER}\n1800000000,1,x,3\n', "line 2: longitude 'x' is not a number"),
    (f'{HEADER},yaw,pitch,roll\n1800000000,1,2,3,4,91,5\n', 'pitch 91 is not from -90 to 90'),
    (f'{HEADER},yaw,pitch,roll\n1800000000,1,2,3,360.5,0,5\n', 'yaw 360.5 is not from'),
    (f'{HEADER}\n2027-01-15T08:00:00,1,2,3\n', 'line 2: .* has no zone; write .*Z'),
    (f'{HEADER}\n2027-13-15T08:00:00Z,1,2,3\n', 'neither Unix seconds nor ISO 8601'),
    (f'{HEADER}\n08:00:00,1,2,3\n', 'neither Unix seconds nor ISO 8601'),
    (f'{HEADER}\n345600.5,1,2,3\n', 'line 2: time 345600.5 is not Unix seconds'),
    (f'{HEADER}\n1800000000000,1,2,3\n', 'is not Unix seconds'),
    (f'{HEADER}\nnan,1,2,3\n', 'is not Unix seconds'),
    (GPX.replace('<ele>513</ele>', ''), 'line 7: a trkpt without ele'),
    (GPX.replace(' lat="47.6"', ''), 'line 7: a trkpt without lat'),
    (GPX.replace('513', 'high'), "line 7: ele 'high' is not a number"),
    (GPX.replace('00:00Z</time></trkpt>', '00:00</time></trkpt>'), 'line 5: .* has no zone'),
    (GPX.replace('</trkseg>', ''), 'line 8: mismatched tag'),
    ('<kml/>', 'line 1: a GPX begins with gpx, not with kml'),
    ('<gpx></gpx>', 'no trkpt in a trkseg'),
    ('<!DOCTYPE x [\n<!ENTITY a "b">]>\n<gpx/>', 'line 2: entities are not read')])
def test_unclear_files_are_refused(tmp_path, text, words):
    with pytest.raises(ValueError, match=f'^{tmp_path}/track.*{words}'):
        read(tmp_path, text)


def test_files_that_cannot_be_read(tmp_path):
    with pytest.raises(StorageError, match='cannot be read: No such file'):
        read_track(tmp_path / 'none')
    (tmp_path / 'latin').write_bytes(b'time,l\xe4nge\n')
    with pytest.raises(ValueError, match='not UTF-8 text at byte 6'):
        read_track(tmp_path / 'latin')


def test_trigger_log(tmp_path):
    assert read(tmp_path, 'event,time\nCAM,2027-01-15T08:00:00Z\nCAM,1800000001.5\n',
                read_triggers) == [START, START + 1.5]
    with pytest.raises(ValueError, match='line 1: no column time'):
        read(tmp_path, 'event\nCAM\n', read_triggers)
    with pytest.raises(ValueError, match="line 2: time '' is neither"):
        read(tmp_path, 'event,time\nCAM,\n', read_triggers)
