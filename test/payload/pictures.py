# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""JPEGs of all kinds: with and without Exif data, maker notes, thumbnails, XMP, restarts."""

from datetime import datetime, timezone
from functools import cache
import io
import random
import struct

from PIL import Image

from camera_driver.pictures.image import Exif
from camera_driver.sim import scene

XMP = b'http://ns.adobe.com/xap/1.0/\0'
PACKET = """<?xpacket begin='\ufeff' id='W5M0MpCehiHzreSzNTczkc9d'?>
<x:xmpmeta xmlns:x='adobe:ns:meta/' x:xmptk='a camera'>
<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'>
 <rdf:Description rdf:about='uuid:1' xmlns:xmp='http://ns.adobe.com/xap/1.0/' xmp:Rating='3'/>
</rdf:RDF>
</x:xmpmeta>
<?xpacket end='w'?>"""
MAKER_NOTE = b'OLYMP\0\1\0' + bytes(range(256))


@cache
def plain(number=0, **options):
    """Return a JPEG of Pillow's, which is JFIF."""
    pixels = Image.frombytes('RGB', (64, 48), random.Random(number).randbytes(64 * 48 * 3))
    data = io.BytesIO()
    pixels.save(data, 'JPEG', **options)
    return data.getvalue()


def dated(time):
    """Return a JPEG with the time that a camera wrote, in whole seconds."""
    exif = Image.Exif()
    exif.get_ifd(0x8769)[0x9003] = datetime.fromtimestamp(time, timezone.utc).strftime(
        '%Y:%m:%d %H:%M:%S')
    return plain(int(time), exif=exif.tobytes())


def segment(payload, marker=0xe1):
    """Return a marker segment."""
    return struct.pack('>BBH', 0xff, marker, len(payload) + 2) + payload


def with_segment(data, payload):
    """Return a JPEG with an APP1 segment behind its first one."""
    at = 4 + int.from_bytes(data[4:6], 'big')
    return data[:at] + segment(payload) + data[at:]


def with_xmp(data, packet=PACKET):
    """Return a JPEG with XMP."""
    return with_segment(data, XMP + packet.encode())


def with_maker_note(data, order='<', room=0):
    """Return a JPEG with Exif data in this byte order, with a maker note and a thumbnail."""
    thumbnail = plain(1, quality=20)
    note = MAKER_NOTE + bytes(room)
    mark = {'<': b'II*\0', '>': b'MM\0*'}[order]
    exif_at = 8 + 2 + 12 * 3 + 4
    note_at = exif_at + 2 + 12 * 2 + 4
    second_at = note_at + len(note)
    block = mark + struct.pack(order + 'I', 8)
    block += struct.pack(order + 'H', 3) + b''.join(
        struct.pack(order + 'HHI', tag, kind, count) + value for tag, kind, count, value in (
            (0x010f, 2, 4, b'Oly\0'), (0x0112, 3, 1, struct.pack(order + 'HH', 1, 0)),
            (0x8769, 4, 1, struct.pack(order + 'I', exif_at)))) + struct.pack(
                order + 'I', second_at)
    block += struct.pack(order + 'H', 2) + b''.join(
        struct.pack(order + 'HHI', tag, kind, count) + value for tag, kind, count, value in (
            (0x9000, 7, 4, b'0220'),
            (0x927c, 7, len(note), struct.pack(order + 'I', note_at)))) + bytes(4)
    assert len(block) == note_at
    block += note
    block += struct.pack(order + 'H', 3) + b''.join(
        struct.pack(order + 'HHI', tag, kind, count) + value for tag, kind, count, value in (
            (0x0103, 3, 1, struct.pack(order + 'HH', 6, 0)),
            (0x0201, 4, 1, struct.pack(order + 'I', second_at + 42)),
            (0x0202, 4, 1, struct.pack(order + 'I', len(thumbnail))))) + bytes(4)
    return scene.with_exif(data, b'Exif\0\0' + block + thumbnail)


def simulated(number=1):
    """Return what the simulated cameras have in their memory: Exif data with a thumbnail."""
    return scene.with_exif(plain(number), scene.exif_block(
        Exif(datetime(2001, 6, 14, 9, 30), 'camera_driver', 'SIM-1', 0.01, 4.0, 100, 1),
        plain(2, quality=20)))


def assortment(count):
    """Yield pictures of all kinds, in an order made by chance and always the same."""
    chance = random.Random(15)
    for number in range(count):
        options = {'quality': chance.randrange(5, 99), 'progressive': chance.random() < 0.2,
                   'subsampling': chance.randrange(3)}
        if chance.random() < 0.3:
            options['restart_marker_blocks'] = chance.randrange(1, 9)
        data = plain(number, **options)
        if chance.random() < 0.2:
            data += bytes(chance.randrange(1, 99))  # a card's block filled up
        kind = chance.randrange(4)
        if kind == 1:
            data = simulated(number)
        elif kind > 1:
            data = with_maker_note(data, '<>'[kind - 2])
        if chance.random() < 0.4:
            data = with_xmp(data)
        yield data
