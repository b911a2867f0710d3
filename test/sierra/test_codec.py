# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""Frames against the vectors of docs/protocols/sierra.md, section 7, both ways."""

from hashlib import sha256

from helpers import check_decoder, feed, pattern
from hypothesis import given, strategies as st
import pytest

from camera_driver.devices.sierra.codec import (
    Code, command, Control, Decoder, encode, MAX_DATA, pack_int, Packet, SUB_FIRST, Type,
    unpack_int)
from camera_driver.link.framing import Damaged

NOISE = bytes.fromhex('41 7f 80 aa 01 04')  # begins nothing


def last(sequence, data):
    return Packet(Type.LAST, sequence, data)


SUMMARY = b''.join(pack_int(n) for n in (5000, 900, 0, 2, 1, 1000000000, 0, 0))

VECTORS = {
    'S01': ('00', Control.NUL),
    'S02': ('1b 53 06 00 00 11 05 00 00 00 16 00',
            command(Code.SET_INT, 17, value=pack_int(5), sub=SUB_FIRST)),
    'S03': ('1b 53 06 00 00 11 02 00 00 00 13 00',
            command(Code.SET_INT, 17, value=pack_int(2), sub=SUB_FIRST)),
    'S04': ('1b 53 06 00 00 11 00 00 00 00 11 00',
            command(Code.SET_INT, 17, value=pack_int(0), sub=SUB_FIRST)),
    'S05': ('1b 43 02 00 01 01 02 00', command(Code.GET_INT, 1)),
    'S06': ('1b 43 02 00 01 ff 00 01', command(Code.GET_INT, 255)),
    'S07': ('03 00 04 00 02 00 00 00 02 00', last(0, pack_int(2))),
    'S08': ('03 00 04 00 ff ff ff ff fc 03', last(0, pack_int(-1))),
    'S09': ('03 00 04 00 78 ec ff ff 62 03', last(0, pack_int(-5000))),
    'S10': ('1b 43 06 00 00 04 01 00 00 00 05 00', command(Code.SET_INT, 4, value=pack_int(1))),
    'S11': ('1b 43 06 00 00 04 01 00 00 ff 04 01',
            command(Code.SET_INT, 4, value=pack_int(-16777215))),
    'S12': ('1b 43 02 00 00 53 53 00', command(Code.SET_INT, 83)),
    'S13': ('1b 43 06 00 00 20 0e 00 ec 0f 29 01',
            command(Code.SET_INT, 32, value=pack_int(0x0FEC000E))),
    'S14': ('1b 43 06 00 00 02 00 ca 9a 3b a1 01',
            command(Code.SET_INT, 2, value=pack_int(1000000000))),
    'S15': ('1b 43 03 00 03 54 5c b3 00', command(Code.SET_VDATA, 84, value=b'\\')),
    'S16': ('1b 43 07 00 03 16 48 45 4c 4c 4f 8d 01',
            command(Code.SET_VDATA, 22, value=b'HELLO')),
    'S17': ('1b 43 03 00 02 02 00 04 00', command(Code.ACTION, 2, 0)),
    'S18': ('1b 43 03 00 02 04 00 06 00', command(Code.ACTION, 4, 0)),
    'S19': ('1b 43 03 00 02 09 01 0c 00', command(Code.ACTION, 9, 1)),
    'S20': ('1b 43 02 00 04 0e 12 00', command(Code.GET_VDATA, 14)),
    'S21': ('03 00 00 00 00 00', last(0, b'')),
    'S22': ('03 00 0d 00 50 31 30 31 30 30 30 31 2e 4a 50 47 00 b2 02',
            last(0, b'P1010001.JPG\0')),
    'S23': ('03 00 20 00 88 13 00 00 84 03 00 00 00 00 00 00 02 00 00 00 01 00 00 00 '
            '00 ca 9a 3b 00 00 00 00 00 00 00 00 c4 02', last(0, SUMMARY)),
    'S24': ('03 00 08 00 1b 43 06 15 11 ff 00 05 8e 01',
            last(0, bytes.fromhex('1b 43 06 15 11 ff 00 05'))),
}

# The long ones: head, tail, length, SHA-256 (first 16 digits), frame.
LONG_VECTORS = {
    'S25': ('02 00 00 08 ff ff ff ff ff ff ff ff', 'ff ff ff ff 00 f8', 2054,
            '4ebc4afcda05d173', Packet(Type.DATA, 0, b'\xff' * 2048)),
    'S26': ('02 ff 00 08 00 01 02 03 04 05 06 07', 'fc fd fe ff 00 fc', 2054,
            '03ae60785380792f', Packet(Type.DATA, 255, bytes(range(256)) * 8)),
    'S27': ('03 00 00 08 00 00 00 00 00 00 00 00', '00 00 00 00 00 00', 2054,
            'cc383490f70406e8', last(0, bytes(2048))),
    'S28': ('03 07 02 01 ff ff ff ff ff ff ff ff', 'ff ff ff 01 00 00', 264,
            '95174a9140bffc15', last(7, b'\xff' * 257 + b'\x01')),
    'S29': ('03 07 01 01 ff ff ff ff ff ff ff ff', 'ff ff ff ff ff ff', 263,
            'b3ad316141367fc7', last(7, b'\xff' * 257)),
    'S30': ('1b 43 00 08 03 1d 03 0a 11 18 1f 26', '34 3b 42 49 79 fb', 2054,
            'a3aed79476f77b77', command(Code.SET_VDATA, 29, value=pattern(2046))),
    'S31': ('03 02 88 03 03 0a 11 18 1f 26 2d 34', 'c6 cd d4 db d4 c2', 910,
            'b6e355d0e8671d66', last(2, pattern(904))),
}

controls = st.sampled_from(Control)
packets = st.builds(Packet, st.sampled_from(Type), st.integers(0, 255), st.binary(max_size=300))


@pytest.mark.parametrize('name', VECTORS)
def test_vector(name):
    text, frame = VECTORS[name]
    assert encode(frame) == bytes.fromhex(text)
    check_decoder(Decoder, bytes.fromhex(text), [frame], NOISE)


@pytest.mark.parametrize('name', LONG_VECTORS)
def test_long_vector(name):
    head, tail, size, digest, frame = LONG_VECTORS[name]
    data = encode(frame)
    assert data.startswith(bytes.fromhex(head)) and data.endswith(bytes.fromhex(tail))
    assert (len(data), sha256(data).hexdigest()[:16]) == (size, digest)
    check_decoder(Decoder, data, [frame], NOISE)


def test_all_vectors_in_one_stream():
    frames = [v[-1] for v in (*VECTORS.values(), *LONG_VECTORS.values())]
    check_decoder(Decoder, b''.join(map(encode, frames)), frames, NOISE)


@pytest.mark.parametrize('name, text', [
    ('SN1', '03 00 04 00 02 00 00 00 03 00'),
    ('SN5', '1b 43 06 00 00 04 02 00 00 00 05 00'),
])
def test_wrong_checksum(name, text):
    data = bytes.fromhex(text)
    check_decoder(Decoder, data, [Damaged('checksum', data)])


def test_sn2_truncated():
    data = bytes.fromhex('03 00 04 00 02 00 00 00 02')
    decoder = Decoder()
    assert decoder.feed(data) == []
    assert decoder.pending
    assert decoder.flush() == [Damaged('truncated', data)]
    assert not decoder.pending
    assert decoder.flush() == []
    assert decoder.feed(b'\x06') == [Control.ACK]


def test_sn3_longer_than_allowed():
    data = bytes.fromhex('03 00 01 08')
    check_decoder(Decoder, data, [Damaged('too long', data)])


def test_sn4_sequence_numbers_are_the_sessions_business():
    data = bytes.fromhex('03 01 04 00 02 00 00 00 02 00')
    check_decoder(Decoder, data, [last(1, pack_int(2))])


@pytest.mark.parametrize('text, value', [
    ('00 ca 9a 3b', 1000000000), ('ff ff ff ff', -1), ('01 00 00 ff', -16777215),
    ('78 ec ff ff', -5000), ('0e 00 ec 0f', 0x0FEC000E), ('00 00 00 80', -2 ** 31),
])
def test_int32(text, value):
    assert unpack_int(bytes.fromhex(text)) == value
    assert pack_int(value) == bytes.fromhex(text)


@pytest.mark.parametrize('value', [2 ** 31, -2 ** 31 - 1])
def test_int32_out_of_range(value):
    with pytest.raises(ValueError, match=str(value)):
        pack_int(value)


@pytest.mark.parametrize('control', Control)
def test_control_bytes(control):
    check_decoder(Decoder, encode(control), [control], NOISE)
    assert str(control) == control.name


def test_noise_is_reported_byte_by_byte():
    assert Decoder().feed(NOISE) == [Damaged('noise', bytes([byte])) for byte in NOISE]


@pytest.mark.parametrize('checksum', ['ff ff', '00 00'])
def test_lenient_checksum(checksum):
    data = bytes.fromhex('03 00 02 00 61 62' + checksum)
    check_decoder(Decoder, data, [Damaged('checksum', data)])
    check_decoder(lambda: Decoder(lenient=True), data, [last(0, b'ab')])
    wrong = data[:-2] + b'\x12\x34'
    check_decoder(lambda: Decoder(lenient=True), wrong, [Damaged('checksum', wrong)])


def test_a_packet_too_long_is_not_encoded():
    with pytest.raises(ValueError, match='2049 bytes'):
        encode(last(0, bytes(MAX_DATA + 1)))


def test_words_for_the_log():
    assert str(VECTORS['S05'][1]) == 'COMMAND 43 01 01'
    assert str(LONG_VECTORS['S27'][4]).endswith('[2048 bytes]')


@given(st.lists(controls | packets))
def test_round_trip(frames):
    assert Decoder().feed(b''.join(map(encode, frames))) == frames


@given(st.lists(st.binary(max_size=40) | (controls | packets).map(encode)).map(b''.join),
       st.data())
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
    # Every byte is accounted for, once; what waits for its end is shorter than a packet.
    parts = [f.data if isinstance(f, Damaged) else encode(f) for f in frames]
    left = b''.join(damage.data for damage in rest)
    assert b''.join(parts) + left == stream
    assert len(left) < MAX_DATA + 6


@given(st.binary(max_size=5000))
def test_lenient_never_raises(stream):
    decoder = Decoder(lenient=True)
    decoder.feed(stream)
    decoder.flush()
