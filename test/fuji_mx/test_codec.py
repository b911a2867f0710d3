# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""Frames against the vectors of docs/protocols/fuji_mx.md, section 7, both ways."""

from hashlib import sha256

from helpers import check_decoder, feed, pattern
from hypothesis import given, strategies as st
import pytest

from camera_driver.devices.fuji_mx.codec import (
    Block, Control, Decoder, encode, LIMIT, LONGEST, MAX_NOISE, MAX_PAYLOAD, message)
from camera_driver.link.framing import Damaged

NOISE = bytes.fromhex('41 7f 80 06 aa 15 02')  # after the first byte control bytes are noise too

P1100 = message(0x03, pattern(1100))

VECTORS = {
    'F01': ('05', Control.ENQ),
    'F02': ('04', Control.EOT),
    'F03': ('10 02 00 0b 00 00 10 03 08', Block(0x0b)),
    'F04': ('10 02 00 06 02 00 03 00 10 03 04', Block(0x06, b'\3\0')),
    'F05': ('10 02 00 06 02 00 02 00 10 03 05', Block(0x06, b'\2\0')),
    'F06': ('10 02 00 4d 1b 00 00 02 07 09 0a 0b 0c 0e 0f 11 13 17 19 1b 29 4c 51 80 82 84 86 c0 '
            '20 22 2a 2b 2e 10 03 9b',
            Block(0x4d, bytes.fromhex('00 02 07 09 0a 0b 0c 0e 0f 11 13 17 19 1b 29 4c 51 80 82 '
                                      '84 86 c0 20 22 2a 2b 2e'))),
    'F07': ('10 02 01 07 01 00 07 10 03 03', Block(0x07, b'\7', prefix=1)),
    'F08': ('10 02 01 07 01 00 06 10 03 02', Block(0x07, b'\6', prefix=1)),
    'F09': ('10 02 01 07 01 00 04 10 03 00', Block(0x07, b'\4', prefix=1)),
    'F10': ('10 02 01 07 01 00 08 10 03 0c', Block(0x07, b'\x08', prefix=1)),
    'F11': ('10 02 00 0a 02 00 10 10 00 10 03 1b', Block(0x0a, b'\x10\0')),
    'F12': ('10 02 00 0a 02 00 1b 00 10 03 10', Block(0x0a, b'\x1b\0')),
    'F13': ('10 02 00 19 02 00 08 00 10 03 10', Block(0x19, b'\x08\0')),
    'F14': ('10 02 00 0a 02 00 10 10 0b 10 03 10', Block(0x0a, b'\x10\x0b')),
    'F15': ('10 02 00 10 10 01 00 00 10 03 12', Block(0x10, b'\0')),
    'F16': ('10 02 00 04 10 10 00 41 42 43 44 45 46 47 48 49 4a 4b 4c 2e 4a 50 47 10 03 68',
            Block(0x04, b'ABCDEFGHIJKL.JPG')),
    'F17': ('10 02 00 04 00 00 10 03 07', Block(0x04)),
    'F18': ('10 02 00 01 03 00 10 10 10 10 10 10 10 03 11', Block(0x01, b'\x10\x10\x10')),
    'F19': ('10 02 00 01 06 00 10 10 03 10 10 02 10 10 17 10 03 02',
            Block(0x01, bytes.fromhex('10 03 10 02 10 17'))),
    'F20': ('10 02 00 01 04 00 05 06 15 04 10 03 14', Block(0x01, bytes.fromhex('05 06 15 04'))),
    'F21': ('10 02 00 01 02 00 41 42 10 17 17', Block(0x01, b'AB', last=False)),
    'F22': ('10 02 00 01 02 00 41 42 10 03 03', Block(0x01, b'AB')),
    'F23': ('10 02 00 85 0e 00 31 39 39 39 30 36 30 36 31 32 33 34 35 36 10 03 87',
            Block(0x85, b'19990606123456')),
    'F24': ('10 02 00 28 04 00 04 00 00 00 10 03 2b', Block(0x28, b'\4\0\0\0')),
    'F25': ('10 02 00 86 0e 00 31 39 39 39 30 36 30 36 31 32 33 34 35 36 10 03 84',
            Block(0x86, b'19990606123456')),
    'F26': ('10 02 00 34 02 00 c8 00 10 03 fd', Block(0x34, b'\xc8\0')),
    'F33': ('10 02 00 0e 10 10 00 37 3e 45 4c 53 5a 61 68 6f 76 7d 84 8b 92 99 a0 10 03 dd',
            message(0x0e, pattern(1040))[2]),
}

# The long ones: head, tail, length, SHA-256 (first 16 digits), frame.
LONG_VECTORS = {
    'F27': ('10 02 00 03 00 01 00 01 02 03 04 05', 'fd fe ff 10 03 01', 266,
            '8b292740dc636259', Block(0x03, bytes(range(256)))),
    'F28': ('10 02 00 03 00 02 03 0a 11 18 1f 26', 'fb 02 09 10 17 16', 523,
            '4cc075ca07edb498', P1100[0]),
    'F29': ('10 02 00 03 00 02 1d 24 2b 32 39 40', '15 1c 23 10 17 16', 523,
            '401cbd4155f65f71', P1100[1]),
    'F30': ('10 02 00 03 4c 00 37 3e 45 4c 53 5a', '36 3d 44 10 03 ac', 86,
            '7ba44665e435df55', P1100[2]),
    'F31': ('10 02 00 03 00 02 10 10 10 10 10 10', '10 10 10 10 17 16', 1033,
            'a5a2f1959a00b29e', Block(0x03, b'\x10' * 512, last=False)),
    'F32': ('10 02 00 03 00 02 ff ff ff ff ff ff', 'ff ff ff 10 03 02', 521,
            '35a77c69b474647b', Block(0x03, b'\xff' * 512)),
}

byte = st.integers(0, 255)
# Many of the values that mean something outside blocks, or double inside.
payloads = st.lists(byte | st.sampled_from([0x10, 2, 3, 4, 5, 6, 0x15, 0x17]),
                    max_size=40).map(bytes)
controls = st.sampled_from(Control)
blocks = st.builds(Block, byte, payloads, st.booleans(), byte)


@pytest.mark.parametrize('name', VECTORS)
def test_vector(name):
    text, frame = VECTORS[name]
    assert encode(frame) == bytes.fromhex(text)
    noise = NOISE if isinstance(frame, Block) else b''
    check_decoder(Decoder, bytes.fromhex(text), [frame], noise)


@pytest.mark.parametrize('name', LONG_VECTORS)
def test_long_vector(name):
    head, tail, size, digest, frame = LONG_VECTORS[name]
    data = encode(frame)
    assert data.startswith(bytes.fromhex(head)) and data.endswith(bytes.fromhex(tail))
    assert (len(data), sha256(data).hexdigest()[:16]) == (size, digest)
    check_decoder(Decoder, data, [frame], NOISE)


def test_all_vectors_in_one_stream():
    frames = [v[-1] for v in (*VECTORS.values(), *LONG_VECTORS.values())]
    check_decoder(Decoder, b''.join(map(encode, frames)), frames)


@pytest.mark.parametrize('reason, text', [
    ('checksum', '10 02 00 06 02 00 03 00 10 03 05'),  # FN1
    ('length', '10 02 00 06 03 00 03 00 10 03 05'),  # FN2
    ('length', '10 02 00 06 02 10 03 07'),  # no whole header
    ('length', '10 02 00 03 01 02' + '00' * 513 + '10 03 03'),  # 513 bytes, and it says so
])
def test_broken_block(reason, text):
    data = bytes.fromhex(text)
    check_decoder(Decoder, data, [Damaged(reason, data)])


def test_fn3_bad_escape_makes_noise_of_the_rest():
    data = bytes.fromhex('10 02 00 06 10 41')
    decoder = Decoder()
    assert feed(decoder, data, range(1, 6)) == [Damaged('bad escape', data)]
    assert decoder.pending
    assert decoder.feed(b'\x06\x04') == []
    assert decoder.flush() == [Damaged('noise', b'\x06\x04')]
    assert decoder.feed(b'\x06') == [Control.ACK]
    assert decoder.feed(data) + decoder.feed(bytes.fromhex(VECTORS['F04'][0])) == [
        Damaged('bad escape', data), VECTORS['F04'][1]]
    assert not decoder.pending


def test_fn4_truncated():
    data = bytes.fromhex('10 02 00 06 02 00 03 00 10 03')
    decoder = Decoder()
    assert decoder.feed(data) == []
    assert decoder.pending
    assert decoder.flush() == [Damaged('truncated', data)]
    assert not decoder.pending
    assert decoder.flush() == []
    assert decoder.feed(b'\x06') == [Control.ACK]


def test_a_block_begins_anew():
    text, frame = VECTORS['F04']
    check_decoder(Decoder, bytes.fromhex('10 02 00 06 02' + text),
                  [Damaged('truncated', bytes.fromhex('10 02 00 06 02')), frame])


def test_a_block_that_is_too_long():
    data = b'\x10\x02' + bytes(LIMIT + 1)
    decoder = Decoder()
    assert decoder.feed(data) == [Damaged('too long', data)]
    assert decoder.feed(b'\x10\x03\x06') == []
    assert decoder.flush() == [Damaged('noise', b'\x10\x03\x06')]


@pytest.mark.parametrize('lure', ['00', '10 41', '10 10', '10 10 10'])
def test_noise_lasts_until_a_block_begins(lure):
    noise = bytes.fromhex(lure) * 3000
    decoder = Decoder()
    frames = decoder.feed(noise + b'A\x06' + encode(Block(0x0b)) + b'\x06')
    assert frames[-2:] == [Block(0x0b), Control.ACK]
    assert all(damage.reason == 'noise' for damage in frames[:-2])
    assert all(len(damage.data) <= MAX_NOISE + 2 for damage in frames[:-2])
    assert b''.join(damage.data for damage in frames[:-2]) == noise + b'A\x06'


@pytest.mark.parametrize('control', Control)
def test_control_bytes(control):
    check_decoder(Decoder, encode(control) * 3, [control] * 3)
    assert str(control) == control.name


@pytest.mark.parametrize('size, sizes', [
    (0, [0]), (1, [1]), (512, [512]), (513, [512, 1]), (1024, [512, 512])])
def test_messages(size, sizes):
    blocks = message(3, pattern(size))
    assert [len(block.payload) for block in blocks] == sizes
    assert [block.last for block in blocks] == [False] * (len(sizes) - 1) + [True]
    assert b''.join(block.payload for block in blocks) == pattern(size)


def test_longest_block():
    longest = Block(0x10, b'\x10' * MAX_PAYLOAD, prefix=0x10)
    assert len(encode(longest)) == LONGEST - 2  # its length is not 10 10
    check_decoder(Decoder, encode(longest), [longest])
    with pytest.raises(ValueError, match='513 bytes'):
        encode(Block(3, bytes(513)))


def test_words_for_the_log():
    assert str(Block(2, b'\1\0')) == '00 02 01 00'
    assert str(P1100[0]).endswith('[512 bytes] ..')


@given(st.lists(controls | blocks))
def test_round_trip(frames):
    assert Decoder().feed(b''.join(map(encode, frames))) == frames


@given(st.lists(payloads | (controls | blocks).map(encode)).map(b''.join), st.data())
def test_any_bytes_in_any_cut(stream, data):
    whole = Decoder()
    frames = whole.feed(stream)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=8)))
    pieces = Decoder()
    assert feed(pieces, stream, cuts) == frames
    assert pieces.pending == whole.pending
    rest = whole.flush()
    assert pieces.flush() == rest
    assert not whole.pending
    # Every byte is accounted for, once.
    parts = [f.data if isinstance(f, Damaged) else encode(f) for f in frames]
    assert b''.join(parts) + b''.join(damage.data for damage in rest) == stream


@given(st.binary(max_size=5000), st.integers(1, 700))
def test_memory_is_bounded(stream, times):
    decoder = Decoder()
    for _ in range(times // 50):
        decoder.feed(stream)
    assert sum(len(damage.data) for damage in decoder.flush()) <= max(
        2 + 2 * LIMIT + 3, MAX_NOISE + 2)
