# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""Pictures: what counts as damage, and what goes in and out as arrays, Exif and text."""

from datetime import datetime
from functools import partial
from io import BytesIO
from pathlib import Path
import random
import resource
import struct

from hypothesis import example, given
from hypothesis import strategies as st
import numpy as np
from PIL import Image
from PIL.TiffImagePlugin import IFDRational, ImageFileDirectory_v2
import pytest

from camera_driver.errors import DamagedPicture
from camera_driver.pictures import image
from camera_driver.pictures.image import Exif, read_exif
from camera_driver.pictures.jpeg import check_scans, jpeg_in, structure
from camera_driver.sim import scene
from camera_driver.sim.scene import exif_block

SHOT = Exif(datetime(2001, 6, 14, 9, 30, 59), 'Maker', 'Model 1', 1 / 250, 2.8, 100, 6)
PIXELS = scene.scene(3, 200, 150)
SMALL = image.encode_jpeg(scene.scene(4, 64, 48))
JPEG = scene.with_exif(image.encode_jpeg(PIXELS, 80), exif_block(SHOT, SMALL))
SCAN = JPEG.rindex(b'\xff\xda') + 14
CASES = Path(__file__).parent / 'cases'


def encoded(format, pixels=PIXELS, **options):  # noqa: A002
    out = BytesIO()
    Image.fromarray(pixels).save(out, format, **options)
    return out.getvalue()


@pytest.fixture(params=['library', 'walk'])
def with_and_without(request, monkeypatch):
    """Check with simplejpeg, then as where it is not installed."""
    if request.param == 'walk':
        monkeypatch.setattr(image, 'simplejpeg', None)
    elif image.simplejpeg is None:
        pytest.skip('simplejpeg is not installed')


@pytest.mark.parametrize('options', [
    {}, {'subsampling': '4:4:4'}, {'subsampling': '4:2:0'}, {'optimize': True}, {'quality': 5},
    {'restart_marker_blocks': 3}, {'restart_marker_rows': 1}, {'progressive': True}])
@pytest.mark.parametrize('size', [(200, 150), (33, 17), (8, 8), (1, 1)])
@pytest.mark.parametrize('mono', [False, True])
def test_sound_jpegs_of_all_kinds_pass(with_and_without, options, size, mono):
    pixels = image.resized(PIXELS, *size)
    data = encoded('JPEG', pixels[..., 0] if mono else pixels, **options)
    assert check_scans(data) is not options.get('progressive', False)
    assert image.check(data, 'jpeg') == image.Checked('jpeg', *size, 'L' if mono else 'RGB', 0)
    assert np.array_equal(image.check(data, 'jpeg').pixels, image.decode(data))
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
def test_what_follows_a_complete_picture_is_told(with_and_without, tail):
    assert image.check(JPEG + tail, 'jpeg').padding == len(tail)
    assert image.check(JPEG, 'unknown').format == 'jpeg'


def test_what_follows_a_picture_that_cannot_be_proven_complete(with_and_without):
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
def test_damage_is_named_with_its_place(with_and_without, data, reason):
    with pytest.raises(DamagedPicture, match=reason):
        image.check(data, 'jpeg')


@pytest.mark.parametrize('factors', [0x00, 0x10, 0x01, 0x51, 0x15, 0xFF])
def test_sampling_factors_that_there_are_none_of(factors):
    data = bytearray(encoded('JPEG'))
    frame = data.index(b'\xff\xc0')
    data[frame + 11] = factors
    with pytest.raises(DamagedPicture, match='frame header of .* makes no sense'):
        structure(bytes(data))
    for good in (0x11, 0x14, 0x41):
        data[frame + 11] = good
        assert structure(bytes(data))


def test_lost_and_exchanged_restart_intervals(with_and_without):
    data = encoded('JPEG', restart_marker_rows=1)
    first, second = data.index(b'\xff\xd1'), data.index(b'\xff\xd2')
    with pytest.raises(DamagedPicture, match='restart markers where'):
        image.check(data[:first] + data[second:], 'jpeg')
    with pytest.raises(DamagedPicture, match=f'byte {first}: restart marker out of order'):
        image.check(data[:first] + b'\xff\xd2' + data[first + 2:], 'jpeg')


def test_every_lost_or_doubled_packet_is_found_although_the_decoder_is_content(with_and_without):
    data = scene.jpeg(1, 320, 240, SHOT.taken)
    start = data.rindex(b'\xff\xda') + 14
    chance = random.Random(5)
    for _ in range(20):
        at = chance.randrange(start, len(data) - 600)
        for damaged in (data[:at] + data[at + 512:], data[:at + 512] + data[at:]):
            with pytest.raises(DamagedPicture):
                image.check(damaged, 'jpeg')


def test_blocks_with_too_many_coefficients_are_found_although_the_library_is_content():
    simplejpeg = pytest.importorskip('simplejpeg')
    data = encoded('JPEG', quality=80, subsampling='4:2:0')
    start = data.rindex(b'\xff\xda') + 14
    chance = random.Random(7)
    alone = 0
    for _ in range(300):
        at = chance.randrange(start, len(data) - 2)
        damaged = data[:at] + data[at + 1:]
        try:
            simplejpeg.decode_jpeg(damaged, strict=True)
            image.check(damaged, 'jpeg')
        except ValueError:
            continue
        except DamagedPicture:
            alone += 1
    assert alone


def test_raw_pictures_are_not_for_this_check():
    with pytest.raises(ValueError, match='ycbcr422'):
        image.check(b'', 'ycbcr422')


def test_a_bomb_is_refused():
    data = bytearray(encoded('PNG'))
    data[16:24] = bytes.fromhex('00 00 7f ff 00 00 7f ff')      # width, height of IHDR
    with pytest.raises(DamagedPicture):
        image.decode(bytes(data))
    at = JPEG.rindex(b'\xff\xc0')
    for marker in b'\xc0\xc1\xc2\xc9':
        huge = JPEG[:at + 1] + bytes([marker]) + JPEG[at + 2:at + 5] + b'\x20\0\x10\0' + JPEG[
            at + 9:]
        with pytest.raises(DamagedPicture, match='4096 x 8192 pixels cannot be in'):
            image.check(huge, 'jpeg')
        with pytest.raises(DamagedPicture, match='4096 x 8192 pixels cannot be in'):
            image.decode(huge)


def test_memory_is_bounded_before_a_picture_is_decoded():
    """539 bytes of a progressive JPEG, and a file long enough for as many blocks."""
    scan = bytes.fromhex('ff da 00 0c 03 01 00 02 00 03 00 00 00 00')
    for marker, size, padding, reason in (
            (0xc2, 14142, 0, 'cannot be in'), (0xc2, 14142, 2_000_000, 'need more than'),
            (0xc0, 14142, 2_000_000, 'need more than'),
            (0xc2, 6000, 2_000_000, 'need more than')):
        data = (b'\xff\xd8\xff' + bytes([marker]) + bytes.fromhex('00 11 08')
                + size.to_bytes(2, 'big') * 2 + bytes.fromhex('03 01 11 00 02 11 00 03 11 00')
                + scan + bytes(490) + b'\xff\xd9' + bytes(padding))
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        for work in (image.decode, partial(image.check, format='jpeg')):
            with pytest.raises(DamagedPicture, match=f'{reason}|exceeds limit'):
                work(data)
        assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 16384     # KiB


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
        scene.with_exif(SMALL, bytes(65534))


def test_png_keeps_every_pixel():
    assert np.array_equal(image.decode(image.encode_png(PIXELS)), PIXELS)


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


def raw_thumbnail(order, width, height, data, kind=6, sampling=(2, 1), planes=1, lines=None):
    """Return a picture's head with an uncompressed thumbnail in its second directory."""
    lines = lines or height
    samples = 1 if kind < 2 else 3
    rows = [min(lines, height - top) for top in range(0, height, lines)] * (
        3 if planes == 2 else 1)
    unit = (-(-width // sampling[0]) * (sampling[0] * sampling[1] + 2) if kind == 6 else
            width * (1 if planes == 2 else samples))
    sizes = [-(-n // (sampling[1] if kind == 6 else 1)) * unit for n in rows]
    bits = struct.pack(order + '3H', 8, 8, 8)
    start = 300 + 8 * len(sizes)
    offsets = [start + sum(sizes[:n]) for n in range(len(sizes))]
    values = {0x0100: (3, [width]), 0x0101: (3, [height]), 0x0102: (3, [8] * samples),
              0x0103: (3, [1]), 0x0106: (3, [kind]), 0x0111: (4, offsets), 0x0115: (3, [samples]),
              0x0116: (3, [lines]), 0x0117: (4, sizes), 0x011c: (3, [planes]),
              0x0212: (3, [*sampling])}
    tiff = (b'II*\0' if order == '<' else b'MM\0*') + struct.pack(
        order + 'IHHHIII', 8, 1, 0x0112, 3, 1, 1 if order == '<' else 1 << 16, 26)
    tail_at = 26 + 2 + 12 * len(values) + 4
    head, tail = struct.pack(order + 'H', len(values)), b''
    for tag, (form, numbers) in values.items():
        value = struct.pack(f'{order}{len(numbers)}{"H" if form == 3 else "I"}', *numbers)
        if len(value) > 4:
            value, tail = struct.pack(order + 'I', tail_at + len(tail)), tail + value
        head += struct.pack(order + 'HHI', tag, form, len(numbers)) + value.ljust(4, b'\0')
    tiff += head + bytes(4) + tail
    block = b'Exif\0\0' + tiff.ljust(start, bits[:1]) + data
    return b'\xff\xd8\xff\xe1' + struct.pack('>H', len(block) + 2) + block


def ycbcr(width, height, across, down):
    """Return the units of a picture, and its Y, Cb and Cr at each pixel."""
    units, planes = b'', np.zeros((3, height, width))
    for top in range(0, height, down):
        for left in range(0, width, across):
            blue, red = 100 + top % 40, 150 - left % 40
            for row in range(top, top + down):
                for column in range(left, left + across):
                    units += bytes([(2 * row + column) % 256])
                    if row < height and column < width:
                        planes[:, row, column] = (2 * row + column) % 256, blue, red
            units += bytes([blue, red])
    return units, planes


def rgb_of(planes):
    y, blue, red = planes[0], planes[1] - 128, planes[2] - 128
    return np.stack((y + 1.402 * red, y - 0.344136 * blue - 0.714136 * red, y + 1.772 * blue),
                    axis=-1).clip(0, 255)


@pytest.mark.parametrize('order', ['II', 'MM'])
def test_raw_thumbnails_that_were_met(order):
    head = (CASES / 'thumbnails' / f'ycbcr422_80x60_{order}.bin').read_bytes()
    start = head.index(b'Exif')
    for data in (head, head[start:], head[start + 6:]):
        checked = image.check_thumbnail(data)
        assert (checked.format, checked.width, checked.height) == ('png', 80, 60)
        assert np.abs(checked.pixels - rgb_of(ycbcr(80, 60, 2, 1)[1])).max() <= 1
        assert np.array_equal(image.decode(checked.data), checked.pixels)
    with pytest.raises(DamagedPicture, match='80 x 60 pixels is not complete'):
        image.check_thumbnail(head[start + 6:-1])


@pytest.mark.parametrize('order', '<>')
@pytest.mark.parametrize('sampling', [(1, 1), (2, 1), (1, 2), (2, 2), (4, 1), (4, 2), (4, 4)])
@pytest.mark.parametrize('size', [(80, 60), (64, 48), (33, 17), (1, 1)])
@pytest.mark.parametrize('lines', [None, 8])
def test_raw_colour_thumbnails(order, sampling, size, lines):
    data, planes = ycbcr(*size, *sampling)
    checked = image.check_thumbnail(raw_thumbnail(order, *size, data, 6, sampling, lines=lines))
    assert np.abs(checked.pixels - rgb_of(planes)).max() <= 1


@pytest.mark.parametrize('order', '<>')
@pytest.mark.parametrize('lines', [None, 1, 7])
def test_raw_rgb_and_grey_thumbnails(order, lines):
    pixels = scene.scene(3, 33, 17)
    planes = np.moveaxis(pixels, -1, 0)
    for kind, plane, sent, right in (
            (2, 1, pixels, pixels), (2, 2, planes, pixels), (1, 1, planes[0], planes[0]),
            (0, 1, 255 - planes[0], planes[0])):
        head = raw_thumbnail(order, 33, 17, sent.tobytes(), kind, planes=plane, lines=lines)
        assert np.array_equal(image.check_thumbnail(head).pixels, right)


@given(st.integers(0, 400), st.binary(min_size=1, max_size=4))
def test_damaged_raw_thumbnails_raise_nothing_else(at, new):
    head = raw_thumbnail('<', 8, 6, ycbcr(8, 6, 2, 1)[0])
    for data in (head[:at] + new + head[at + len(new):], head[:at]):
        try:
            image.check_thumbnail(data)
        except DamagedPicture:
            pass


def test_a_jpeg_thumbnail_goes_through_untouched():
    assert image.check_thumbnail(exif_block(SHOT, SMALL)).data == SMALL
    with pytest.raises(DamagedPicture, match='no thumbnail'):
        image.check_thumbnail(b'nothing')
