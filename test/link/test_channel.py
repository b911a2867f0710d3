# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""The channel over a simulated line, on the virtual clock."""

import pytest

from camera_driver.devices.sierra.codec import Code, command, Control, Decoder, encode
from camera_driver.errors import ReplyTimeout
from camera_driver.link.channel import Channel, Counters
from camera_driver.link.framing import Damaged
from camera_driver.link.port import LineSettings
from camera_driver.sim.loop import LoopPort
from camera_driver.sim.simulator import Simulator

REPLY = bytes.fromhex('03 00 04 00 02 00 00 00 02 00')
GAP = 0.5


class Speaker(Simulator):
    """Says pieces at given times [s], whatever it hears."""

    LINE = LineSettings(19200)

    def __init__(self, *speech):
        super().__init__()
        self.heard = b''
        for when, data in speech:
            self.after(when, lambda data=data: self.send(data))

    def on_bytes(self, data):
        self.heard += data

    def on_power(self):
        pass


def channel_to(*speech):
    """Return a channel to a device that says (time, bytes) pairs."""
    return Channel(LoopPort(Speaker(*speech)), encode, Decoder(), GAP)


def test_sends_and_counts():
    channel = channel_to()
    channel.send(Control.NUL)
    channel.send(command(Code.GET_INT, 1))
    assert channel.port.simulator.heard == bytes.fromhex('00 1b 43 02 00 01 01 02 00')
    assert (channel.counters.bytes_sent, channel.counters.frames_sent) == (9, 2)


def test_sends_through_a_writer_of_the_session():
    channel, written = channel_to(), []
    channel.send(Control.ACK, written.append)
    assert written == [b'\x06']
    assert channel.port.simulator.heard == b''
    assert channel.counters.bytes_sent == 1


def test_receives_at_the_time_it_came():
    channel = channel_to((1.5, b'\x06'))
    assert channel.receive(2.0) is Control.ACK
    assert channel.port.now() == 1.5
    assert (channel.counters.bytes_received, channel.counters.frames_received) == (1, 1)


def test_silence():
    channel = channel_to((2.5, b'\x06'))
    with pytest.raises(ReplyTimeout, match='loop: no answer within 2 s'):
        channel.receive(2.0)
    assert channel.port.now() == 2.0
    assert channel.counters.timeouts == 1
    assert channel.receive(2.0) is Control.ACK  # late: the session's business


@pytest.mark.parametrize('timeout', [0.0, -1.0])
def test_what_has_arrived_is_received_however_late(timeout):
    channel = channel_to((1.0, b'\x06'), (1.0, REPLY[:4]), (1.2, REPLY[4:]))
    channel.port.pause(1.0)
    assert channel.receive(timeout) is Control.ACK
    assert channel.receive(timeout).data == bytes.fromhex('02 00 00 00')
    with pytest.raises(ReplyTimeout):
        channel.receive(timeout)


def test_a_decoder_that_swallows_bytes_does_not_prolong_the_wait():
    class Deaf(Decoder):
        def feed(self, data):
            return []

    speaker = Speaker(*((0.1 * i, b'U') for i in range(100)))
    channel = Channel(LoopPort(speaker), encode, Deaf(), GAP)
    with pytest.raises(ReplyTimeout):
        channel.receive(2.0)
    assert channel.port.now() == pytest.approx(2.0)


def test_several_frames_in_one_piece():
    channel = channel_to((0.1, b'\x06' + REPLY + b'\x05'))
    received = [channel.receive(1.0) for _ in range(3)]
    assert received[0] is Control.ACK and received[2] is Control.ENQ
    assert received[1].data == bytes.fromhex('02 00 00 00')
    assert channel.port.now() == 0.1


def test_timeout_is_for_the_first_byte_only():
    channel = channel_to(*((0.9 + 0.4 * i, REPLY[i:i + 1]) for i in range(len(REPLY))))
    assert channel.receive(1.0).data == bytes.fromhex('02 00 00 00')
    assert channel.port.now() == pytest.approx(0.9 + 0.4 * 9)


def test_gap_gives_an_incomplete_frame_up():
    channel = channel_to((0.2, REPLY[:7]), (0.6, REPLY[7:9]), (1.2, REPLY[9:]))
    assert channel.receive(1.0) == Damaged('truncated', REPLY[:9])
    assert channel.port.now() == pytest.approx(0.6 + GAP)
    assert channel.counters.damaged == 1


def test_whole_bounds_a_frame_that_trickles():
    channel = channel_to(*((0.4 * i, REPLY[i:i + 1]) for i in range(len(REPLY))))
    assert channel.receive(1.0, whole=2.0) == Damaged('truncated', REPLY[:6])
    assert channel.port.now() == pytest.approx(2.0)


def test_whole_does_not_shorten_the_wait_for_the_first_byte():
    channel = channel_to((3.0, REPLY))
    assert channel.receive(5.0, whole=0.1).data == bytes.fromhex('02 00 00 00')


def test_noise_is_counted_as_damage():
    channel = channel_to((0.1, b'A\x06'))
    assert channel.receive(1.0) == Damaged('noise', b'A')
    assert channel.receive(1.0) is Control.ACK
    assert (channel.counters.damaged, channel.counters.frames_received) == (1, 1)


def test_heard_does_not_wait():
    channel = channel_to((1.0, b'\xff'), (2.0, REPLY[:3]), (2.2, REPLY[3:]))
    assert not channel.heard()
    assert channel.port.now() == 0.0
    channel.port.pause(1.0)
    assert channel.heard()
    assert channel.heard()  # still: nobody has received it
    assert channel.receive(1.0) is Control.SESSION_END
    channel.port.pause(1.0)
    assert channel.heard()  # the beginning of a frame counts
    assert channel.receive(0.1).data == bytes.fromhex('02 00 00 00')


def test_drain_until_quiet():
    channel = channel_to((0.0, b'\x06' + REPLY[:3]), (0.2, b'xyz'), (0.6, b'\x05'))
    assert channel.heard()
    assert channel.drain(quiet=0.3, limit=5.0) == 3
    assert channel.port.now() == pytest.approx(0.5)
    assert channel.counters.stale == 2  # the ACK, and what came meanwhile
    assert channel.receive(1.0) is Control.ENQ  # the half packet is forgotten


def test_drain_of_a_line_that_never_falls_silent():
    channel = channel_to(*((0.1 * i, b'U') for i in range(100)))
    assert channel.drain(quiet=0.3, limit=2.0) == 21
    assert channel.port.now() == pytest.approx(2.0)


def test_statistics():
    counters = Counters(bytes_sent=1, bytes_received=2, frames_sent=3, frames_received=4,
                        requests=5, retries=6, timeouts=7, damaged=8, stale=9, unexpected=10)
    counters.round_trips.extend([0.1, 0.2, 0.6])
    values = counters.snapshot()
    assert (values.bytes_sent, values.bytes_received, values.frames_sent, values.frames_received,
            values.requests, values.retries, values.timeouts, values.damaged_frames,
            values.stale_frames, values.unexpected_frames) == tuple(range(1, 11))
    assert (values.last_round_trip, values.median_round_trip) == (0.6, 0.2)
    assert Counters().snapshot().last_round_trip is None


def test_frames_are_logged(caplog):
    caplog.set_level('DEBUG', 'camera_driver.link.channel')
    channel = channel_to((0.0, b'\x06'), (1.0, b'zz'))
    channel.send(Control.NUL)
    channel.receive(1.0)
    channel.drain(quiet=2.0, limit=5.0)
    assert caplog.messages == ['loop > NUL', 'loop < ACK', 'loop ! 2 bytes discarded']
