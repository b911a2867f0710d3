# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""Frames against the vectors of docs/protocols/ix_link.md, section 8, both ways."""

from functools import partial
from hashlib import sha256

from helpers import check_decoder, feed
from hypothesis import given, strategies as st
import pytest

from camera_driver.devices.ix_link.codec import (
    Decoder, encode, MAX_FRAME, Reply, Request, UNDEFINED_ID)
from camera_driver.link.framing import Damaged

NOISE = bytes.fromhex('00 41 7f 80 aa 01 04')  # begins nothing
F8 = '58 05 01 00 0b 12 03 1b'

REQUESTS = {
    1: ('58 02 01 0b 0a', Request(11)),
    4: ('58 04 01 12 f1 03 e1', Request(18, b'\xf1\x03')),
    5: ('58 04 01 12 80 03 90', Request(18, b'\x80\x03')),
    6: ('58 04 01 0e 7f ff 8f', Request(14, b'\x7f\xff')),
    9: ('58 04 01 15 ff 03 e8', Request(21, b'\xff\x03')),
    10: ('58 04 01 0a 58 08 5b', Request(10, b'\x58\x08')),
    11: ('58 03 01 6e 01 6e', Request(110, b'\x01')),
    12: ('58 03 01 6e 00 6f', Request(110, b'\x00')),
    19: ('58 05 01 74 01 ff 64 ef', Request(116, b'\x01\xff\x64')),
    20: ('58 03 01 19 01 19', Request(25, b'\x01')),
    34: ('58 03 01 0a 12 19', Request(10, b'\x12')),
}
REPLIES = {
    2: (F8, Reply(0, 11, b'\x12\x03')),
    3: ('58 03 01 ff 0b f5', Reply(-1, 11)),
    7: ('58 07 01 00 14 f1 22 01 03 c4', Reply(0, 20, b'\xf1\x22\x01\x03')),
    8: ('58 07 01 00 0c fd 1b ff 01 15', Reply(0, 12, b'\xfd\x1b\xff\x01')),
    13: ('58 04 01 00 6f 00 6e', Reply(0, 111, b'\x00')),
    14: ('58 04 01 00 6f 02 6c', Reply(0, 111, b'\x02')),
    15: ('58 03 01 fc ff 02', Reply(-4, UNDEFINED_ID)),
    16: ('58 03 01 fb ff 05', Reply(-5, UNDEFINED_ID)),
    17: ('58 03 01 fa 0a f1', Reply(-6, 10)),
    18: ('58 03 01 fe c8 37', Reply(-2, 200)),
}
LONG = {  # head, tail, SHA-256 (first 16 digits), frame
    21: ('58 ff 01 c8 00 01 02', 'fb fc 35', '3483f60128ee2606',
         Request(200, bytes(range(253)))),
    22: ('58 ff 01 00 c8 00 01', 'fa fb c9', '6b6f88eb8d6a130f', Reply(0, 200, bytes(range(252)))),
}
F8_REPLY = REPLIES[2][1]

requests = st.builds(Request, st.integers(0, 255), st.binary(max_size=253))
replies = st.builds(Reply, st.integers(-128, 127), st.integers(0, 255), st.binary(max_size=252))
KINDS = {Request: requests, Reply: replies}


@pytest.mark.parametrize('number', REQUESTS)
def test_request(number):
    text, frame = REQUESTS[number]
    assert encode(frame) == bytes.fromhex(text)
    check_decoder(partial(Decoder, Request), bytes.fromhex(text), [frame], NOISE)


@pytest.mark.parametrize('number', REPLIES)
def test_reply(number):
    text, frame = REPLIES[number]
    assert encode(frame) == bytes.fromhex(text)
    check_decoder(partial(Decoder, Reply), bytes.fromhex(text), [frame], NOISE)


@pytest.mark.parametrize('number', LONG)
def test_longest(number):
    head, tail, digest, frame = LONG[number]
    data = encode(frame)
    assert data.startswith(bytes.fromhex(head)) and data.endswith(bytes.fromhex(tail))
    assert (len(data), sha256(data).hexdigest()[:16]) == (MAX_FRAME, digest)
    check_decoder(partial(Decoder, type(frame)), data, [frame], NOISE)


@pytest.mark.parametrize('number', [*REQUESTS, *REPLIES, *LONG])
def test_a_trace_is_read_without_being_told_the_direction(number):
    frame = (REQUESTS | REPLIES | LONG)[number][-1]
    check_decoder(Decoder, encode(frame), [frame], NOISE)


@pytest.mark.parametrize('frame, limit', [
    (Reply(0, 200, bytes(253)), 252), (Request(200, bytes(254)), 253)])
def test_23_24_too_many_data_are_not_encoded(frame, limit):
    with pytest.raises(ValueError, match=f'{limit + 1} data bytes; at most {limit} fit'):
        encode(frame)


@pytest.mark.parametrize('name, text, reason', [
    ('25', '58 05 01 00 0b 12 03 1a', 'checksum'),
    ('26', '58 02 01 0b 0a', 'size'),
    ('27', '58 03 02 00 0b 09', 'version'),
    ('babble', '00 0a 0d ff', 'noise'),
])
def test_no_reply(name, text, reason):
    data = bytes.fromhex(text)
    for cuts in ([], range(1, len(data))):
        decoder = Decoder(Reply)
        assert feed(decoder, data, cuts) == []
        assert decoder.pending
        assert decoder.flush() == [Damaged(reason, data)]
        assert not decoder.pending
    check_decoder(partial(Decoder, Reply), data + bytes.fromhex(F8),
                  [Damaged(reason, data), F8_REPLY])


def test_28_a_stray_prefix():
    check_decoder(partial(Decoder, Reply), bytes.fromhex('00 58' + F8),
                  [Damaged('version', b'\x00\x58'), F8_REPLY])


def test_29_a_good_frame_behind_a_bad_one():
    bad = bytes.fromhex('58 05 01 00 0b 12 03 1a')
    check_decoder(partial(Decoder, Reply), bad + bytes.fromhex(F8),
                  [Damaged('checksum', bad), F8_REPLY])


def test_a_good_frame_inside_a_bad_one():
    bad = bytes.fromhex('58 0a 01')  # the two last bytes of a longer frame are missing
    decoder = Decoder(Reply)
    assert decoder.feed(bad + bytes.fromhex(F8)) == []
    assert decoder.flush() == [Damaged('truncated', bad), F8_REPLY]
    assert not decoder.pending


def test_31_two_replies():
    check_decoder(partial(Decoder, Reply), bytes.fromhex(F8 + '58 05 01 00 0f 0f 03 02'),
                  [F8_REPLY, Reply(0, 15, b'\x0f\x03')])


@pytest.mark.parametrize('text, reason', [
    ('58 00 00', 'size'), ('58 01 01 01', 'size'), ('58 02 02 0b 09', 'version')])
def test_32_33_what_a_camera_has_to_answer_all_the_same(text, reason):
    data = bytes.fromhex(text)
    check_decoder(partial(Decoder, Request), data, [Damaged(reason, data)])


def test_a_cut_off_frame_is_given_up_in_silence():
    decoder = Decoder(Reply)
    data = bytes.fromhex(F8)[:-1]
    assert decoder.feed(data) == []
    assert decoder.pending
    assert decoder.flush() == [Damaged('truncated', data)]
    assert decoder.flush() == [] and not decoder.pending
    assert decoder.feed(bytes.fromhex(F8)) == [F8_REPLY]


def test_noise_without_end_is_reported_in_pieces():
    decoder = Decoder(Reply)
    found = decoder.feed(b'\xaa' * 1000)
    assert found == [Damaged('noise', b'\xaa' * MAX_FRAME)] * 3
    assert len(decoder.flush()[0].data) == 1000 - 3 * MAX_FRAME


def test_words_for_the_log():
    assert str(REQUESTS[1][1]) == 'request 11'
    assert str(REPLIES[2][1]) == 'reply 0 to 11 12 03'
    assert str(LONG[22][-1]).endswith('[252 bytes]')


@pytest.mark.parametrize('kind', KINDS)
def test_round_trip(kind):
    @given(st.lists(KINDS[kind], max_size=6))
    def check(frames):
        assert Decoder(kind).feed(b''.join(map(encode, frames))) == frames
    check()


@pytest.mark.parametrize('kind', [None, *KINDS])
def test_any_bytes_in_any_cut(kind):
    likely = st.binary(max_size=40) | st.sampled_from([b'\x58', b'\x58\x03\x01', b'\x58\xff\x01'])

    @given(st.lists(likely | (requests | replies).map(encode), max_size=8).map(b''.join),
           st.data())
    def check(stream, data):
        whole = Decoder(kind)
        frames = whole.feed(stream)
        cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=8)))
        pieces = Decoder(kind)
        assert feed(pieces, stream, cuts) == frames
        assert pieces.pending == whole.pending
        rest = whole.flush()
        assert pieces.flush() == rest
        assert not whole.pending
        # Every byte is accounted for, once; what waits is shorter than two frames.
        parts = [f.data if isinstance(f, Damaged) else encode(f) for f in frames]
        left = b''.join(f.data if isinstance(f, Damaged) else encode(f) for f in rest)
        assert b''.join(parts) + left == stream
        assert len(left) < 2 * MAX_FRAME
    check()
