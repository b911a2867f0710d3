# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""Pictures: what counts as damage, and what goes in and out as arrays, Exif and text."""

from datetime import datetime
from io import BytesIO
import random

from hypothesis import example, given
from hypothesis import strategies as st
import numpy as np
from PIL import Image
from PIL.TiffImagePlugin import IFDRational, ImageFileDirectory_v2
import pytest

from camera_driver.errors import DamagedPicture
from camera_driver.pictures import image
from camera_driver.pictures.exif import Exif, exif_block, read_exif
from camera_driver.pictures.jpeg import check_scans, jpeg_in
from camera_driver.sim import scene

SHOT = Exif(datetime(2001, 6, 14, 9, 30, 59), 'Maker', 'Model 1', 1 / 250, 2.8, 100, 6)
PIXELS = scene.scene(3, 200, 150)
SMALL = image.encode_jpeg(scene.scene(4, 64, 48))
JPEG = image.encode_jpeg(PIXELS, 80, exif_block(SHOT, SMALL))
SCAN = JPEG.rindex(b'\xff\xda') + 14


def encoded(format, pixels=PIXELS, **options):  # noqa: A002
    out = BytesIO()
    Image.fromarray(pixels).save(out, format, **options)
    return out.getvalue()


@pytest.mark.parametrize('options', [
    {}, {'subsampling': '4:4:4'}, {'subsampling': '4:2:0'}, {'optimize': True}, {'quality': 5},
    {'restart_marker_blocks': 3}, {'restart_marker_rows': 1}, {'progressive': True}])
@pytest.mark.parametrize('size', [(200, 150), (33, 17), (8, 8), (1, 1)])
@pytest.mark.parametrize('mono', [False, True])
def test_sound_jpegs_of_all_kinds_pass(options, size, mono):
    pixels = image.resized(PIXELS, *size)
    data = encoded('JPEG', pixels[..., 0] if mono else pixels, **options)
    assert check_scans(data) is not options.get('progressive', False)
    assert image.check(data, 'jpeg') == image.Checked('jpeg', *size, 'L' if mono else 'RGB', 0)
    assert image.decode(data).shape == (size[1], size[0]) + (() if mono else (3,))


@pytest.mark.parametrize('format', ['TIFF', 'PNG', 'BMP', 'PPM', 'GIF'])    # noqa: A002
def test_other_formats(format):     # noqa: A002
    data = encoded(format)
    for name in (format.lower(), 'unknown'):
        checked = image.check(data, name)
        assert (checked.format, checked.width, checked.height) == (format.lower(), 200, 150)
    if format != 'GIF':
        assert np.array_equal(image.decode(data), PIXELS)
    with pytest.raises(DamagedPicture):
        image.check(data[:len(data) // 2], format.lower())
    with pytest.raises(DamagedPicture, match='not a JPEG'):
        image.check(data, 'jpeg')


@pytest.mark.parametrize('tail', [bytes(300), b'data of the maker'])
def test_what_follows_a_complete_picture_is_told(tail):
    assert image.check(JPEG + tail, 'jpeg').padding == len(tail)
    assert image.check(JPEG, 'unknown').format == 'jpeg'


def test_what_follows_a_picture_that_cannot_be_proven_complete():
    progressive = encoded('JPEG', progressive=True)
    assert image.check(progressive + bytes(3), 'jpeg').padding == 3
    with pytest.raises(DamagedPicture, match=f'byte {len(progressive)}: 4 bytes that are not'):
        image.check(progressive + b'junk', 'jpeg')


@pytest.mark.parametrize('data', [b'RIFF\x10\0\0\0AVI LIST', b'hello', bytes(100)])
def test_data_that_begin_like_no_picture_are_no_damage(data):
    assert image.check(data, 'unknown') == image.Checked('unknown', 0, 0, '', 0)
    with pytest.raises(DamagedPicture):
        image.decode(data)


@pytest.mark.parametrize(('data', 'reason'), [
    (b'', 'begins with nothing'),
    (b'hello', 'begins with 68 65 6c 6c'),
    (JPEG[:-1], f'byte {len(JPEG) - 1}: the picture ends inside its image data'),
    (JPEG[:-2], f'byte {len(JPEG) - 2}: the picture ends inside its image data'),
    (JPEG[:SCAN // 2], r'byte 2: segment ff e1 of \d+ bytes in a picture with'),
    (JPEG[:SCAN + 500] + b'\xff\xd9', f'byte {SCAN + 500}: image data end early'),
    (JPEG[:SCAN + 500] + JPEG[SCAN + 1012:], r'image data end early|left over|without meaning'),
    (JPEG[:SCAN + 1012] + JPEG[SCAN + 500:], r'byte \d+: \d+ bytes of image data left over'),
    (JPEG[:SCAN + 500] + b'\xff\xd3' + JPEG[SCAN + 500:], '1 restart markers where 0 belong'),
    (JPEG[:SCAN + 500] + b'\xff\x01' + JPEG[SCAN + 500:], 'marker ff 01 has no place here'),
    (JPEG[:2] + b'\x00' + JPEG[2:], 'byte 2: 00 where a marker'),
    (b'\xff\xd8\xff\xd9', 'byte 2: the end marker .* before any image data'),
])
def test_damage_is_named_with_its_place(data, reason):
    with pytest.raises(DamagedPicture, match=reason):
        image.check(data, 'jpeg')


def test_lost_and_exchanged_restart_intervals():
    data = encoded('JPEG', restart_marker_rows=1)
    first, second = data.index(b'\xff\xd1'), data.index(b'\xff\xd2')
    with pytest.raises(DamagedPicture, match='restart markers where'):
        image.check(data[:first] + data[second:], 'jpeg')
    with pytest.raises(DamagedPicture, match=f'byte {first}: restart marker out of order'):
        image.check(data[:first] + b'\xff\xd2' + data[first + 2:], 'jpeg')


def test_every_lost_or_doubled_packet_is_found_although_the_decoder_is_content():
    data = scene.jpeg(1, 320, 240, SHOT.taken)
    start = data.rindex(b'\xff\xda') + 14
    chance = random.Random(5)
    for _ in range(20):
        at = chance.randrange(start, len(data) - 600)
        for damaged in (data[:at] + data[at + 512:], data[:at + 512] + data[at:]):
            with pytest.raises(DamagedPicture):
                image.check(damaged, 'jpeg')


def test_raw_pictures_are_not_for_this_check():
    with pytest.raises(ValueError, match='ycbcr422'):
        image.check(b'', 'ycbcr422')


def test_a_bomb_is_refused():
    data = bytearray(encoded('PNG'))
    data[16:24] = bytes.fromhex('00 00 7f ff 00 00 7f ff')      # width, height of IHDR
    with pytest.raises(DamagedPicture):
        image.decode(bytes(data))
    at = JPEG.rindex(b'\xff\xc0')
    huge = JPEG[:at + 5] + b'\x40\x00\x2a\x00' + JPEG[at + 9:]
    with pytest.raises(DamagedPicture, match='image data end early'):
        image.check(huge, 'jpeg')
    huge = JPEG[:at + 5] + b'\x40\x00\x40\x00' + JPEG[at + 9:]
    with pytest.raises(DamagedPicture, match='16384 x 16384 pixels are more than'), \
            pytest.warns(Image.DecompressionBombWarning):
        image.decode(huge)


@given(st.binary(max_size=200) | st.builds(
    lambda at, new, cut: JPEG[:at] + new + JPEG[at + cut:],
    st.integers(0, len(JPEG)), st.binary(max_size=40), st.integers(0, 60)))
@example(b'\xff\xd8' + b'\xff' * 100_000)
@example(JPEG[:SCAN] + b'\xff' * 100_000 + b'\x00' + JPEG[SCAN:])
@example(b'MM\0*' + b'\xff' * 100)
def test_hostile_bytes_raise_nothing_else(data):
    for kind in ('jpeg', 'tiff', 'unknown'):
        try:
            checked = image.check(data, kind)
            assert checked.width or checked.format == kind == 'unknown'
            image.decode(data)
        except DamagedPicture as error:
            assert len(str(error)) > 20
    read_exif(data)
    read_exif(b'Exif\0\0II*\0' + data)
    jpeg_in(data)


def test_16_bit_and_mono_pictures():
    levels = np.arange(12, dtype=np.uint16).reshape(3, 4) * 5000
    assert np.array_equal(image.decode(encoded('TIFF', levels)), levels >> 8)
    with pytest.raises(DamagedPicture, match='no 8 bit form'):
        image.decode(encoded('TIFF', levels.astype(np.float32)))


def test_exif_there_and_back():
    assert read_exif(JPEG) == SHOT
    assert read_exif(exif_block(SHOT)) == SHOT
    assert read_exif(SMALL) == read_exif(b'') == Exif()
    with Image.open(BytesIO(JPEG)) as picture:      # somebody else reads the same
        exif = picture.getexif()
        assert (exif[0x0110], exif[0x0112]) == ('Model 1', 6)
        assert exif.get_ifd(0x8769)[0x829a] == 1 / 250
        assert exif.get_ifd(0x8769)[0x9003] == '2001:06:14 09:30:59'
        second = ImageFileDirectory_v2(exif_block(SHOT)[6:14])
        stream = BytesIO(picture.info['exif'][6:])
        stream.seek(exif._info.next)
        second.load(stream)
        assert picture.info['exif'][6 + second[0x0201]:] == SMALL
        assert second[0x0202] == len(SMALL)


def test_exif_of_others():
    theirs = Image.Exif()
    theirs[0x0110] = 'DX-10'
    theirs[0x0132] = '1999:01:02 03:04:05'
    theirs.get_ifd(0x8769).update({
        0x9201: IFDRational(7), 0x9202: IFDRational(4), 0x9003: '0000:00:00 00:00:00'})
    found = read_exif(encoded('JPEG', exif=theirs))
    assert found == Exif(datetime(1999, 1, 2, 3, 4, 5), None, 'DX-10', 1 / 128, 4.0)


@pytest.mark.parametrize('reply', [
    SMALL, SMALL + bytes(10), JPEG[:SCAN - 20], exif_block(SHOT, SMALL),
    exif_block(SHOT, SMALL)[6:]])
def test_finds_the_thumbnail_in_a_reply(reply):
    assert jpeg_in(reply) == SMALL


def test_finds_no_thumbnail():
    assert jpeg_in(b'') is jpeg_in(SMALL[:-2]) is jpeg_in(b'\xff\xd8\xff' * 1000) is None


def test_exif_comes_first_and_must_fit():
    assert JPEG[:4] == b'\xff\xd8\xff\xe1' and JPEG.count(b'JFIF') == SMALL.count(b'JFIF')
    with pytest.raises(ValueError, match='does not fit'):
        image.encode_jpeg(PIXELS, exif=bytes(65534))


def test_png_keeps_every_pixel():
    assert np.array_equal(image.decode(image.encode_png(PIXELS)), PIXELS)


def test_contact_sheet():
    pictures = [(PIXELS, 'P1.JPG\n1 KB'), (PIXELS[..., 0], 'long name ' * 20)]
    sheet = image.contact_sheet(pictures * 3, 'Title', width=640)
    assert sheet.shape[1:] == (640, 3) and sheet.dtype == np.uint8
    assert np.array_equal(sheet[0, 0], sheet[-1, -1]) and sheet[0, 0].max() < 40
    assert sheet.max() > 200
    assert image.contact_sheet([]).shape[1:] == (1280, 3)


@pytest.mark.parametrize('raw, colours', [
    ('80 80 80 80', [(128, 128, 128)] * 2),
    ('00 ff 80 80', [(0, 0, 0), (255, 255, 255)]),
    ('4c 4c 55 ff', [(254, 0, 0)] * 2),  # red, as JPEG's colours have it
    ('1d 1d ff 6b', [(0, 0, 254)] * 2),
    ('ff 00 ff ff', [(255, 121, 255), (178, 0, 225)]),  # outside: clipped
])
def test_raw_colour(raw, colours):
    assert image.ycbcr422_to_rgb(bytes.fromhex(raw), 2, 1).tolist() == [list(map(list, colours))]


@pytest.mark.parametrize('size, width, height', [(7, 2, 2), (0, 1, 1), (2, 1, 1), (8, 3, 2)])
def test_raw_colour_of_another_size(size, width, height):
    with pytest.raises(DamagedPicture, match=f'{size} bytes .* {width} x {height}'):
        image.ycbcr422_to_rgb(bytes(size), width, height)
