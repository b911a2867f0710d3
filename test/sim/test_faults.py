# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st
import pytest

from camera_driver.link.port import LineSettings
from camera_driver.sim.faults import ByteFaults, DELAY, Faults, KINDS, misread

CHUNK = bytes(range(100, 150))


def always(kind, chunk=CHUNK):
    return Faults({kind: 1.0}, seed=1).apply(chunk)


def test_none():
    assert Faults({}).apply(CHUNK) == [(0.0, CHUNK)]
    assert Faults(dict.fromkeys(KINDS, 0.0)).apply(CHUNK) == [(0.0, CHUNK)]


def test_each_kind():
    assert always('lose') == []
    assert always('repeat') == [(0.0, CHUNK), (0.0, CHUNK)]
    assert always('delay') == [(DELAY, CHUNK)]
    [(_, cut)] = always('cut')
    assert CHUNK.startswith(cut) and len(cut) < len(CHUNK)
    [(_, dropped)] = always('drop')
    assert len(dropped) == len(CHUNK) - 1 and set(dropped) < set(CHUNK)
    [(_, inserted)] = always('insert')
    assert len(inserted) == len(CHUNK) + 1
    assert any(inserted[:i] + inserted[i + 1:] == CHUNK for i in range(len(inserted)))
    [(_, flipped)] = always('flip')
    differences = [a ^ b for a, b in zip(flipped, CHUNK) if a != b]
    assert len(flipped) == len(CHUNK)
    assert len(differences) == 1 and differences[0].bit_count() == 1


@pytest.mark.parametrize('kind', ['lose', 'cut', 'drop'])
def test_one_byte_can_vanish(kind):
    assert always(kind, b'\x06') == []


@given(st.dictionaries(st.sampled_from(list(KINDS)), st.floats(0, 1)), st.integers(),
       st.lists(st.binary(max_size=20)))
def test_reproducible_and_never_empty(rates, seed, chunks):
    runs = [[f.apply(chunk) for chunk in chunks] for f in (Faults(rates, seed),
                                                           Faults(rates, seed))]
    assert runs[0] == runs[1]
    assert all(piece for pieces in runs[0] for _, piece in pieces)


def test_rates_are_kept_and_counted():
    faults = Faults({'lose': 0.25}, seed=3)
    lost = sum(not faults.apply(CHUNK) for _ in range(2000))
    assert faults.counts == {'lose': lost}
    assert 400 < lost < 600


@pytest.mark.parametrize('kind', ['flip', 'drop', 'repeat'])
def test_single_bytes(kind):
    faults = ByteFaults(kind, 0.01, 1)
    data = bytes(range(256)) * 40
    (_, arrived), = faults.apply(data)
    assert 60 < faults.counts[kind] < 140
    assert len(arrived) - len(data) == {'flip': 0, 'drop': -1, 'repeat': 1}[kind] * (
        faults.counts[kind])
    if kind == 'flip':
        assert sum((a ^ b).bit_count() for a, b in zip(data, arrived)) == faults.counts[kind]
    with pytest.raises(ValueError, match='not of single bytes'):
        ByteFaults('cut', 0.1)


def test_parse():
    assert Faults.parse('flip=0.01, lose=1').rates == {'flip': 0.01, 'lose': 1.0}
    assert Faults.parse('').rates == {}


@pytest.mark.parametrize('text, message', [
    ('flap=0.1', 'no such fault: flap; there are: lose, cut,'), ('flip', 'write KIND=RATE'),
    ('flip=often', 'write KIND=RATE'), ('flip=1.5', 'probability from 0 to 1'),
    ('flip=nan', 'probability'), ('lose=-1', 'probability'),
])
def test_parse_says_what_is_wrong(text, message):
    with pytest.raises(ValueError, match=message):
        Faults.parse(text)


@pytest.mark.parametrize('receiver, seen', [
    (38400, 'fe'), (57600, 'fc'), (115200, 'e0'), (19200, 'ff'),
])
def test_an_ff_sent_at_19200(receiver, seen):  # sierra.md 3.6
    assert misread(b'\xff', LineSettings(19200), LineSettings(receiver)).hex() == seen


formats = st.builds(LineSettings, st.just(9600), st.sampled_from('NEO'), st.just(8),
                    st.sampled_from([1, 2]))


@given(st.binary(), formats, st.sampled_from([1, 2]))
def test_equal_speed_and_parity_change_nothing(data, line, stopbits):
    assert misread(data, line, replace(line, stopbits=stopbits)) == data


@pytest.mark.parametrize('sender, receiver, sent, seen', [
    ('8N1', '8E1', '05', ''),  # the stop bit is taken for parity: dropped
    ('8N1', '8E1', '07', '07'),  # and may happen to be right
    ('8O1', '8E1', '05 07 10', ''),
    ('8E1', '8N1', '05', '00'),  # the parity is taken for a stop bit, and is 0
    ('8E1', '8N1', '07', '07'),
    ('7E1', '7O1', '05', ''),
    ('8N1', '7E1', '05', '05'),
])
def test_another_format(sender, receiver, sent, seen):
    lines = [LineSettings(9600, text[1], int(text[0])) for text in (sender, receiver)]
    assert misread(bytes.fromhex(sent), *lines) == bytes.fromhex(seen)


def test_a_byte_of_wrong_parity_is_dropped_alone():
    sender, receiver = LineSettings(9600, 'O', 8, 2), LineSettings(9600, 'E')
    assert misread(b'\x05' * 100, sender, receiver) == b''


@given(st.binary(min_size=1), st.sampled_from([9600, 38400, 57600, 115200]))
def test_another_speed_garbles(data, speed):
    seen = misread(data, LineSettings(19200), LineSettings(speed))
    assert seen  # a start bit is always seen
    assert len(seen) <= max(len(data) * speed / 19200, len(data)) + 1
