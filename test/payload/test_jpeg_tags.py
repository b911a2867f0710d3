# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""Geotags in JPEGs: what readers that are not ours find, and that nothing else changes."""

import io
import json
import re
import shutil
import subprocess
from xml.etree import ElementTree

from hypothesis import given, settings, strategies as st
from payload.flights import START, tag
from payload.pictures import (
    assortment, MAKER_NOTE, PACKET, plain, segment, simulated, with_maker_note, with_segment,
    with_xmp, XMP)
from PIL import Image
import pytest

from camera_driver.errors import DamagedPicture, NotSupported
from camera_driver.payload.jpeg_tags import capture_uuid, tagged
from camera_driver.payload.rig import Place
from camera_driver.payload.track import MEAN_SEA_LEVEL
from camera_driver.pictures import jpeg

CAMERA = '{http://pix4d.com/camera/1.0/}'
SHOT = 'nadir-20270115T080000Z-0001'
CARRY = 59.9999999999 / 3600
PLACES = [
    (47.5, 8.25), (47.5, -8.25), (-47.5, 8.25), (-47.5, -8.25), (0.0, 180.0), (-0.0, -180.0),
    (90.0, 0.0), (-90.0, 1e-9), (47 + 59 / 60 + CARRY, 8 + 59 / 60 + CARRY), (1e-8, -1e-8),
    (12.123456789, -123.123456789), (47 + 59.9999999 / 3600, -(8 + 59.9999999 / 3600))]
HEIGHTS = [512.3456, -12.3456, 0.0, 8848.0001]


def parts(data):
    """Return all segments of a JPEG but Exif and XMP, with their scans."""
    return [(one.marker, one.payload, one.scan) for one in jpeg.segments(data)
            if not (one.marker == jpeg.APP1 and one.payload.startswith((b'Exif\0\0', XMP)))]


def xmp_of(data):
    """Return the XMP packet of a JPEG."""
    packet, = (one.payload[len(XMP):] for one in jpeg.segments(data)
               if one.marker == jpeg.APP1 and one.payload.startswith(XMP))
    return packet.decode()


def attributes(data):
    """Return the attributes in Pix4D's namespace, of the one description that has any."""
    text = xmp_of(data).replace('\ufeff', '')
    found = [one.attrib for one in ElementTree.fromstring(text).iter()
             if any(name.startswith(CAMERA) for name in one.attrib)]
    assert len(found) == 1
    return {name.removeprefix(CAMERA): value for name, value in found[0].items()
            if name.startswith(CAMERA)}


def test_nothing_else_changes():
    seen = set()
    for old in assortment(200):
        new = tagged(old, tag(), SHOT)
        assert parts(new) == parts(old)
        assert new[jpeg.structure(new).end:] == old[jpeg.structure(old).end:]
        before, after = jpeg.exif_in(old), jpeg.exif_in(new)
        # The old block is there, apart from the pointer to its first directory.
        assert after[8:len(before)] == before[8:]
        assert after[:4] == (before[:4] or b'MM\0*')
        note = before.find(MAKER_NOTE)
        assert after.find(MAKER_NOTE) == note
        seen.add((bool(before), note > 0, XMP in old, b'\xff\xd0' in old, before[:2]))
        again = tagged(new, tag(latitude=1.0), SHOT)
        assert parts(again) == parts(old)
        assert attributes(again) == attributes(new)
        exif = Image.open(io.BytesIO(again)).getexif()
        assert exif.get_ifd(0x8825)[2] == (1, 0, 0)
        assert (exif.get_ifd(0x8769).get(0x927c) or b'')[:264] == (MAKER_NOTE if note > 0 else b'')
    assert len(seen) > 12


@pytest.mark.parametrize('order', '<>')
def test_thumbnail_and_older_tags_are_kept(order):
    new = tagged(with_maker_note(plain(), order), tag(), SHOT)
    assert jpeg.jpeg_in(jpeg.exif_in(new)) == plain(1, quality=20)
    exif = Image.open(io.BytesIO(new)).getexif()
    assert (exif[0x010f], exif[0x0112]) == ('Oly', 1)
    assert exif.get_ifd(0x8769)[0x9000] == b'0231'


def check(found, place, height):
    latitude, longitude, altitude = found
    assert abs(latitude - place[0]) <= 1e-8 and abs(longitude - place[1]) <= 1e-8
    assert altitude is None or abs(altitude - height) <= 1e-3


def written(folder):
    """Write a tagged picture for each place; return path, place and height."""
    for number, place in enumerate(PLACES):
        height = HEIGHTS[number % len(HEIGHTS)]
        path = folder / f'{number:02}.jpg'
        base = (plain(), simulated(), with_maker_note(plain(), '>'))[number % 3]
        path.write_bytes(tagged(base, tag(latitude=place[0], longitude=place[1], height=height),
                                SHOT))
        yield path, place, height


def signed(values, ref):
    degrees, minutes, seconds = map(float, values)
    assert minutes < 60 and seconds < 60
    return (degrees + minutes / 60 + seconds / 3600) * (-1 if ref in ('S', 'W') else 1)


def test_pillow_reads_it(tmp_path):
    for path, place, height in written(tmp_path):
        with Image.open(path) as picture:
            exif = picture.getexif()
        gps, inner = exif.get_ifd(0x8825), exif.get_ifd(0x8769)
        assert bytes(gps[0]) == b'\2\3\0\0'
        below = gps[5] in (1, b'\1')
        assert below == (height < 0)
        check((signed(gps[2], gps[1]), signed(gps[4], gps[3]), float(gps[6]) * (1 - 2 * below)),
              place, height)
        assert tuple(map(float, gps[7])) == (8, 0, 37.25) and gps[0x1d] == '2027:01:15'
        assert (gps[9], gps[0x12], gps[0x10], float(gps[0x11])) == ('A', 'WGS-84', 'T', 45.5)
        assert (gps[0x0c], float(gps[0x0d]), float(gps[0x1f])) == ('K', 75.6, 0.0213)
        assert (gps[0x0e], float(gps[0x0f])) == ('T', 12)
        assert (inner[0x9003], inner[0x9011]) == ('2027:01:15 08:00:37', '+00:00')
        assert inner[0x9290] == inner[0x9291] == '250000'


def test_exifread_reads_it(tmp_path):
    exifread = pytest.importorskip('exifread')
    for path, place, height in written(tmp_path):
        with open(path, 'rb') as file:
            found = exifread.process_file(file)
        if path.stem != '00' and int(path.stem) % 3:
            assert jpeg.structure(found['JPEGThumbnail'])
        values = [[one.num / one.den for one in found[f'GPS GPS{name}'].values]
                  for name in ('Latitude', 'Longitude', 'Altitude')]
        below = found['GPS GPSAltitudeRef'].values[0]
        check((signed(values[0], found['GPS GPSLatitudeRef'].printable),
               signed(values[1], found['GPS GPSLongitudeRef'].printable),
               values[2][0] * (1 - 2 * below)), place, height)


@pytest.mark.skipif(not shutil.which('exiftool'), reason='exiftool is not installed')
def test_exiftool_reads_it(tmp_path):
    expected = {str(path): rest for path, *rest in written(tmp_path)}
    result = subprocess.run(['exiftool', '-n', '-json', '-all', *expected],
                            capture_output=True, text=True, check=True)
    for found in json.loads(result.stdout):
        place, height = expected[found['SourceFile']]
        check((found['GPSLatitude'], found['GPSLongitude'], found['GPSAltitude']), place, height)
        assert (found['Yaw'], found['Pitch'], found['Roll']) == (45.5, 0.5, -1.25)
        assert (found['GPSXYAccuracy'], found['GPSZAccuracy']) == (0.0213, 0.05)
        assert found['GPSHPositioningError'] == 0.0213


@pytest.mark.skipif(not shutil.which('exiftool'), reason='exiftool is not installed')
def test_exiftool_finds_no_fault_that_was_not_there(tmp_path):
    old = [plain(), simulated(), with_maker_note(plain(), '>'), with_xmp(plain())]
    warnings = []
    for name, pictures in (('old', old), ('new', [tagged(one, tag(), SHOT) for one in old])):
        paths = [tmp_path / f'{name}{number}.jpg' for number in range(len(pictures))]
        for path, data in zip(paths, pictures):
            path.write_bytes(data)
        result = subprocess.run(['exiftool', '-json', '-a', '-validate', '-warning', *paths],
                                capture_output=True, text=True, check=True)
        warnings.append([set(re.findall(r'"([^"]+)"', json.dumps(found.get('Warning', []))))
                         for found in json.loads(result.stdout)])
    assert all(after <= before for before, after in zip(*warnings)), warnings
    assert not warnings[1][0] and not warnings[1][3]


@pytest.mark.skipif(not shutil.which('exiv2'), reason='exiv2 is not installed')
def test_exiv2_reads_it(tmp_path):
    for path, place, height in written(tmp_path):
        keys = ('Exif.GPSInfo.GPSLatitude', 'Exif.GPSInfo.GPSLongitude', 'Xmp.Camera.Yaw')
        words = [word for key in keys for word in ('-K', key)]
        lines = subprocess.run(['exiv2', *words, '-Pv', path], capture_output=True,
                               text=True).stdout.splitlines()
        latitude, longitude = ([int(a) / int(b) for a, b in re.findall(r'(\d+)/(\d+)', line)]
                               for line in lines[:2])
        check((signed(latitude, 'S' * (place[0] < 0)), signed(longitude, 'W' * (place[1] < 0)),
               None), place, height)
        assert lines[2] == '45.5000'


def test_xmp_is_pix4ds_set():
    found = attributes(tagged(plain(), tag(), SHOT))
    assert re.fullmatch('[0-9A-F]{32}', found.pop('CaptureUUID'))
    assert found == {
        'HorizCS': 'EPSG:4326', 'VertCS': 'ellipsoidal', 'Yaw': '45.5000', 'Pitch': '0.5000',
        'Roll': '-1.2500', 'GPSXYAccuracy': '0.0213', 'GPSZAccuracy': '0.0500'}
    text = xmp_of(tagged(plain(), tag(), SHOT))
    for literal in ('<x:xmpmeta', '<rdf:Description', ' Camera:Yaw='):
        assert literal in text


def test_what_is_not_known_is_not_written():
    data = tagged(plain(), tag(yaw=None, pitch=None, roll=None, horizontal=None, vertical=None,
                               height_kind=MEAN_SEA_LEVEL), SHOT)
    assert attributes(data).keys() == {'HorizCS', 'VertCS', 'CaptureUUID'}
    assert attributes(data)['VertCS'] == 'EPSG:5714'
    gps = Image.open(io.BytesIO(data)).getexif().get_ifd(0x8825)
    assert not gps.keys() & {0x10, 0x11, 0x1f}


def test_one_capture_has_one_identifier():
    one, same, other = (attributes(tagged(plain(), tag(time=time), shot))['CaptureUUID']
                        for time, shot in ((START, 'a'), (START + 1, 'a'), (START, 'b')))
    assert one == same != other


def test_cameras_of_one_trigger_have_one_identifier():
    places = [Place('nadir+left', index, 'a') for index in range(2)]
    nadir, left = (attributes(tagged(plain(), tag(), shot, place))
                   for shot, place in zip('ab', places))
    assert nadir['CaptureUUID'] == left['CaptureUUID'] == capture_uuid('a')
    assert [one['RigCameraIndex'] for one in (nadir, left)] == ['0', '1']
    assert nadir['RigName'] == left['RigName'] == 'nadir+left'


def test_huge_uncertainty_is_written():
    data = tagged(plain(), tag(horizontal=1e6), SHOT)
    assert Image.open(io.BytesIO(data)).getexif().get_ifd(0x8825)[0x1f] == 1e6


def test_xmp_is_merged():
    text = xmp_of(tagged(with_xmp(plain()), tag(), SHOT))
    assert "xmp:Rating='3'" in text and "x:xmptk='a camera'" in text
    # All descriptions are about the same.
    assert re.findall('rdf:about=["\'](.*?)["\']', text) == ['uuid:1', 'uuid:1']
    assert text.startswith(PACKET[:40]) and text.endswith(PACKET[-20:])


OTHERS = "<rdf:Description xmlns:Camera='http://pix4d.com/camera/1.0'{}</rdf:RDF>"


@pytest.mark.parametrize(('packet', 'words'), [
    (PACKET.replace('</rdf:RDF>', OTHERS.format(" Camera:Yaw='1'/>")), 'from another program'),
    (PACKET.replace('</rdf:RDF>', OTHERS.format('><Camera:Pitch>1</Camera:Pitch>'
                                                '</rdf:Description>')), 'from another program'),
    (PACKET.replace('rdf:', 'r:').replace('xmlns:rdf', 'xmlns:r'), '0 times </rdf:RDF>'),
    ('<x:xmpmeta', 'cannot be read'), ('\0<\0x', 'cannot be read')])
def test_xmp_that_cannot_be_merged_is_refused(packet, words):
    with pytest.raises(NotSupported, match=words):
        tagged(with_xmp(plain(), packet), tag(), SHOT)


def test_what_does_not_fit_is_refused():
    with pytest.raises(NotSupported, match=r'the Exif data would be \d+ bytes and a segment'):
        tagged(with_maker_note(plain(), '<', 63_500), tag(), SHOT)
    with pytest.raises(NotSupported, match='the XMP data would be'):
        tagged(with_xmp(plain(), PACKET + ' ' * 64_900), tag(), SHOT)
    assert tagged(with_maker_note(plain(), '<', 60_000), tag(), SHOT)


@given(block=st.binary(max_size=80) | st.tuples(
    st.sampled_from([b'II*\0', b'MM\0*']), st.binary(max_size=80)).map(b''.join),
    packet=st.binary(max_size=40) | st.text('<>x:rdfRDF/ "=', max_size=40).map(str.encode))
@settings(max_examples=200, deadline=None)
def test_whatever_stands_in_a_picture(block, packet):
    data = b'\xff\xd8' + segment(b'Exif\0\0' + block) + plain()[2:]
    for one in (data, with_segment(plain(), XMP + packet)):
        try:
            assert parts(tagged(one, tag(), SHOT)) == parts(one)
        except (DamagedPicture, NotSupported):
            pass


def test_doubtful_pictures_are_refused():
    twice = with_segment(with_maker_note(plain()), b'Exif\0\0II*\0\x08\0\0\0' + bytes(6))
    with pytest.raises(NotSupported, match='2 segments of Exif data'):
        tagged(twice, tag(), SHOT)
    with pytest.raises(NotSupported, match='only a JPEG'):
        tagged(b'\x89PNG', tag(), SHOT)
    with pytest.raises(DamagedPicture, match='ends inside its image data'):
        tagged(plain()[:-40], tag(), SHOT)
    without = b''.join(segment(payload, marker) for marker, payload, scan in parts(plain())
                       if marker not in (*jpeg.FRAMES, jpeg.SOS, jpeg.EOI))
    with pytest.raises(DamagedPicture, match='before any image data'):
        tagged(b'\xff\xd8' + without + b'\xff\xd9', tag(), SHOT)
    for block, words in ((b'XX*\0\x08\0\0\0', 'no TIFF block'), (b'II*\0', 'no TIFF block'),
                         (b'II*\0\x08\0\0\0\x05\0abc', 'end inside of the directory at byte 8'),
                         (b'II*\0\xff\xff\xff\xff', 'end inside of the directory')):
        data = b'\xff\xd8' + segment(b'Exif\0\0' + block) + plain()[2:]
        with pytest.raises(DamagedPicture, match=words):
            tagged(data, tag(), SHOT)
