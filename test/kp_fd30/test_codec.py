# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""Frames against the golden bytes of docs/protocols/kp_fd30.md, both ways."""

from helpers import check_decoder, feed
from hypothesis import given, settings, strategies as st
from kp_fd30.vectors import command, PRESET_SUMS, reply, ROWS, VECTORS, wire
import pytest

from camera_driver.devices.kp_fd30.codec import Command, Control, Decoder, encode, MAX_NOISE, Reply
from camera_driver.link.framing import Damaged

NOISE = bytes.fromhex('41 7f 80 03 aa 30 31')  # begins nothing
AREA = bytes.fromhex(VECTORS[2][0])
AREA_FRAME = VECTORS[2][1]

octets = st.integers(0, 255)
three = st.binary(min_size=3, max_size=3)
frames = (st.sampled_from(Control) | st.builds(Reply, three)
          | st.builds(Command, octets, octets, octets, octets, three))


@pytest.mark.parametrize('number', VECTORS)
def test_vector(number):
    text, frame = VECTORS[number]
    assert encode(frame) == bytes.fromhex(text)
    check_decoder(Decoder, bytes.fromhex(text), [frame], NOISE)


@pytest.mark.parametrize('row', ROWS)
def test_row_of_the_manual(row):
    frame = command(' '.join(row.split()[1:8]))
    assert encode(frame) == wire(row)
    check_decoder(Decoder, wire(row), [frame], NOISE)


def test_there_are_as_many_rows_as_in_the_manual():
    assert len(ROWS) == 40


@pytest.mark.parametrize('status', PRESET_SUMS)
def test_sums_of_the_preset_shutter(status):
    sums = PRESET_SUMS[status].split()
    assert len(sums) == 0x25
    for code, characters in enumerate(sums):
        data = bytes([code, 0, 0])
        assert encode(Command(status, 0xFF, 1, 8, data))[-2:] == characters.encode()


@pytest.mark.parametrize('fields, characters', [  # by the rule of 2.4, as 4.2, 4.5 and 4.6 give
    ('01ff8117000000', '1C'), ('01ff8108000000', '1C'), ('01ff8109000000', '1B'),
    ('01ff8136000000', '1B'), ('01ff8137000000', '1A'), ('01ff0137ff0000', 'F6'),
    ('01ff829d000000', '06'), ('01ff829e000000', '05'), ('01ff829f000000', '04'),
    ('01ff82a0000000', '12'), ('00ff02a0ff0100', 'EE'), ('01ff0109000100', '22'),
    ('01ff010900ff00', 'F7'), ('01ff0109010000', '22'), ('01ff010901ec00', 'FA'),
])
def test_sums_of_commands_without_a_row(fields, characters):
    assert encode(command(fields))[-2:] == characters.encode()


@pytest.mark.parametrize('control', Control)
def test_control_bytes(control):
    check_decoder(Decoder, encode(control), [control], NOISE)
    assert str(control) == control.name


@pytest.mark.parametrize('reason, text', [
    ('checksum', '02 30 31 46 46 30 31 33 41 30 31 30 30 30 30 03 31 38'),  # 7, vector 23
    ('checksum', '02 30 31 30 30 30 30 03 44 38'),  # 7, vector 27
    ('not hexadecimal', '02 30 31 66 66 30 31 33 61 30 31 30 30 30 30 03 42 37'),  # 24
    ('length', '02 30 31 46 46 30 31 33 41 30 31 30 30 30 03 31 37'),  # 25
    ('length', '02 30 31 46 46 30 31 33 41 30 31 30 30 30 30 30 30 03 31 37'),
    ('length', '02 03 30 30'),
    ('length', '02 30 31 30 30 30 30 03 44 03 39'),
    ('not hexadecimal', '02 30 31 30 30 30 30 03 44 67'),
    ('not hexadecimal', '02 30 31 06 46 30 31 33 41 30 31 30 30 30 30 03 31 37'),  # 46 -> 06
    ('truncated', '02 30 31 30 30 30 30 03 44'),
    ('truncated', '02'),
    ('noise', '30 30 03 31'),
])
def test_damage(reason, text):
    data = bytes.fromhex(text)
    decoder = Decoder()
    whole = decoder.feed(data) + decoder.flush()
    assert whole == [Damaged(reason, data)]
    assert not decoder.pending
    # What follows is not lost: a frame at once, a control byte unless it broke the frame.
    after = [Damaged(reason, data), AREA_FRAME, Control.ENQ]
    check_decoder(Decoder, data + AREA + b'\5', after)
    if reason != 'truncated':
        check_decoder(Decoder, data + b'\x15' + AREA, [after[0], Control.NAK, AREA_FRAME])


def test_vector_26_stx_begins_again():
    data = bytes.fromhex('30 30 02 30 31') + AREA
    check_decoder(Decoder, data, [
        Damaged('noise', data[:2]), Damaged('truncated', data[2:5]), AREA_FRAME])


def test_vector_28_sum_does_not_see_swapped_characters():
    assert VECTORS[28][0][-5:] == VECTORS[1][0][-5:]


def test_long_noise_is_reported_in_pieces():
    frames = Decoder().feed(b'\xaa' * (3 * MAX_NOISE) + b'\6')
    assert frames == [Damaged('noise', b'\xaa' * MAX_NOISE)] * 3 + [Control.ACK]


@pytest.mark.parametrize('frame', [
    Reply(b'\0\0'), Command(0, 0xFF, 1, 8, b'\0\0\0\0'), Command(0, 256, 1, 8)])
def test_what_does_not_fit(frame):
    with pytest.raises(ValueError):
        encode(frame)


def test_words_for_the_log():
    assert str(command('01ff813a000000')) == 'command 01 ff 81 3a 00 00 00'
    assert str(reply('010203')) == 'reply 01 02 03'


@settings(deadline=None)
@given(st.lists(frames))
def test_round_trip(sent):
    assert Decoder().feed(b''.join(map(encode, sent))) == sent


@settings(deadline=None)
@given(st.lists(st.binary(max_size=20) | frames.map(encode)).map(b''.join), st.data())
def test_any_bytes_in_any_cut(stream, data):
    whole = Decoder()
    found = whole.feed(stream)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=8)))
    pieces = Decoder()
    assert feed(pieces, stream, cuts) == found
    assert pieces.pending == whole.pending
    rest = whole.flush()
    assert pieces.flush() == rest
    assert not whole.pending
    # Every byte is accounted for, once; what waits for its end is bounded.
    parts = [f.data if isinstance(f, Damaged) else encode(f) for f in found]
    left = b''.join(damage.data for damage in rest)
    assert b''.join(parts) + left == stream
    assert len(left) < MAX_NOISE


@settings(deadline=None)
@given(frames.filter(lambda f: not isinstance(f, Control)), st.data())
def test_one_wrong_bit_never_passes(frame, data):
    raw = bytearray(encode(frame))
    bit = data.draw(st.integers(0, 8 * len(raw) - 1))
    raw[bit // 8] ^= 1 << bit % 8
    decoder = Decoder()
    found = decoder.feed(bytes(raw)) + decoder.flush()
    assert not [f for f in found if isinstance(f, (Command, Reply))]
