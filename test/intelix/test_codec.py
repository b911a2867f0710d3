# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""Frames against the golden bytes of docs/protocols/intelix.md, section 7."""

from functools import partial
from hashlib import sha256

from helpers import check_decoder, feed
from hypothesis import given, strategies as st
from intelix.vectors import (
    CHECKSUMS as CHECKSUM_ROWS, FAULTY, LENGTHS, LONGEST_SHA256, MORE_CHECKSUMS, ORDINARY)
import pytest

from camera_driver.devices.intelix.codec import (
    CHECKSUMS, Concealer, Control, Decoder, encode, MAX_DATA, Message)
from camera_driver.link.framing import Damaged

NOISE = bytes.fromhex('41 7f 00 ef 0f 20')  # begins nothing
RESERVED = range(0xF0, 0x100)


def message(text):
    """Return a message of hex pairs."""
    return Message(bytes.fromhex(text))


def words(frames):
    """Return what came out, as section 7.5 writes it."""
    return [frame.data.hex(' ').upper() if isinstance(frame, Message) else
            frame.reason if isinstance(frame, Damaged) else str(frame) for frame in frames]


@pytest.mark.parametrize('number', ORDINARY)
def test_ordinary(number):
    wire, data = ORDINARY[number]
    assert encode(message(data)) == bytes.fromhex(wire)
    check_decoder(Decoder, bytes.fromhex(wire), [message(data)], NOISE)


def test_longest():
    wire = encode(message(ORDINARY[18][1]))
    assert len(wire) == 511 and sha256(wire).hexdigest().startswith(LONGEST_SHA256)


@pytest.mark.parametrize('length', LENGTHS)
def test_reserved_value_as_length(length):
    frame = Message(bytes(length))
    wire = encode(frame)
    assert wire[:3] == bytes([0xF1, 0xF0, length - 0xF0]) and len(wire) == length + 3
    assert sha256(wire).hexdigest().startswith(LENGTHS[length])
    check_decoder(Decoder, wire, [frame], NOISE)


@pytest.mark.parametrize('size', [0, 255, 256])
def test_lengths_that_there_are_not(size):
    with pytest.raises(ValueError, match=f'{size} bytes of data; a message has 1 to 254'):
        encode(Message(bytes(size)))


@pytest.mark.parametrize('value', RESERVED)
def test_reserved_value_as_data(value):
    tail = bytes([0xF0, value - 0xF0])
    for head, data in ((b'\xf1\x01', b''), (b'\xf1\x05\x02\x03\x03\x02', b'\x02\x03\x03\x02')):
        frame = Message(data + bytes([value]))
        assert encode(frame) == head + tail
        check_decoder(Decoder, head + tail, [frame], NOISE)
    # Class and id.
    frame = Message(bytes([value, value]))
    assert encode(frame) == b'\xf1\x02' + tail * 2
    check_decoder(Decoder, b'\xf1\x02' + tail * 2, [frame], NOISE)


@pytest.mark.parametrize('value', RESERVED)
def test_reserved_value_as_checksum(value):
    wire = bytes.fromhex(CHECKSUM_ROWS[value])
    frame = Message(bytes([value - 1]))
    assert encode(frame, 'sum8') == wire
    check_decoder(partial(Decoder, 'sum8'), wire, [frame], NOISE)


@pytest.mark.parametrize('name, data, wire', MORE_CHECKSUMS)
def test_checksums(name, data, wire):
    assert encode(message(data), name) == bytes.fromhex(wire)
    check_decoder(partial(Decoder, name), bytes.fromhex(wire), [message(data)], NOISE)


@pytest.mark.parametrize('name', [name for name in CHECKSUMS if name != 'none'])
def test_a_wrong_checksum_is_damage(name):
    wire = bytearray(encode(message('00 00'), name))
    wire[3] ^= 1
    assert words(feed(Decoder(name), bytes(wire))) == ['bad checksum']


@pytest.mark.parametrize('number', FAULTY)
def test_faulty(number):
    wire, expected = FAULTY[number]
    frames = feed(Decoder(), bytes.fromhex(wire))
    assert words(frames) == expected
    check_decoder(Decoder, bytes.fromhex(wire), frames)


@pytest.mark.parametrize('value', RESERVED)
def test_reserved_value_where_it_must_not_be(value):
    """After an escape, inside a frame, and between frames, in each position."""
    good = 'F1 02 00 01'
    control = {0xFC: ['ACK_0'], 0xFD: ['ACK_1'], 0xFE: ['ERROR']}.get(value, ['stray'])
    for head in ('F1', 'F1 03', 'F1 03 00', 'F1 03 00 04'):
        for escape in ('', ' F0'):
            wire = bytes.fromhex(f'{head}{escape} {value:02X} {good}')
            found = words(feed(Decoder(), wire))
            if value == 0xF1:
                reason = 'bad escape' if escape else 'restart'
                assert found == [reason, 'restart', '00 01']
            elif value == 0xF0:
                assert found == ['bad escape', '00 01']  # by the F1 behind it, or by itself
            else:
                reason = 'bad escape' if escape else 'reserved byte in frame'
                assert found == [reason, *control, '00 01']
    if value == 0xF1:
        control = ['restart']
    assert words(feed(Decoder(), bytes([value]) + bytes.fromhex(good))) == [*control, '00 01']


@pytest.mark.parametrize('control', Control)
def test_control_bytes(control):
    check_decoder(Decoder, encode(control), [control], NOISE)


def test_silence_ends_a_frame():
    decoder = Decoder()
    assert decoder.feed(bytes.fromhex('F1 02 00')) == [] and decoder.pending
    assert decoder.flush() == [Damaged('gap', bytes.fromhex('F1 02 00'))]
    assert not decoder.pending
    assert words(decoder.feed(b'\x01')) == ['noise']


@given(st.binary(min_size=1, max_size=MAX_DATA), st.sampled_from(sorted(CHECKSUMS)))
def test_round_trip(data, name):
    wire = encode(Message(data), name)
    assert wire.count(0xF1) == 1 and len(wire) <= 2 * len(data) + 5
    assert Decoder(name).feed(wire) == [Message(data)]


@given(st.lists(st.binary(max_size=40)), st.sampled_from(sorted(CHECKSUMS)))
def test_any_bytes(chunks, name):
    """Nothing raises, every byte is accounted for, and the next frame is found."""
    decoder = Decoder(name)
    found = [frame for chunk in chunks for frame in decoder.feed(chunk)] + decoder.flush()
    lost = sum(len(frame.data) for frame in found if isinstance(frame, Damaged))
    taken = sum(len(encode(frame, name)) for frame in found if not isinstance(frame, Damaged))
    # A peer may escape what needs none; such a byte takes two.
    assert lost + taken <= sum(map(len, chunks)) <= lost + 2 * taken
    assert decoder.feed(encode(Message(b'\x00\x01'), name)) == [Message(b'\x00\x01')]


def test_passwords_are_not_shown():
    for data in ('00 02 31 32 33 34', '00 05 31 32 33 34', '00 08 31 32 33 34',
                 '00 0A 31 32 33 34'):
        for text in (str(message(data)), repr(message(data)), f'{[message(data)]}'):
            assert '31' not in text and '1234' not in text and '****' in text


@pytest.mark.parametrize('name', CHECKSUMS)
def test_passwords_are_concealed_in_any_cut(name):
    ping = encode(message('00 00'), name)
    data = ping + encode(message('00 02 31 32 33 34'), name) + ping
    expected = len(ping), data.index(b'1234')
    for size in (1, 2, 3, 5, len(data)):
        conceal = Concealer()
        shown = b''.join(conceal(data[i:i + size]) for i in range(0, len(data), size))
        assert len(shown) == len(data) and shown[expected[1]:].startswith(b'****')
        assert shown.startswith(data[:expected[1]]) and shown.endswith(ping)
        assert set(shown[expected[1]:-len(ping)]) == {ord('*')}


def test_nothing_else_is_concealed():
    for wire, _ in ORDINARY.values():
        data = bytes.fromhex(wire)
        if data[2:4] != b'\x00\x02':
            assert Concealer()(data + b'\xfc' + data) == data + b'\xfc' + data
