# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""Sessions begin, change speed, are lost; and a line at its worst (fuji_mx.md 3, 5)."""

import random

from fuji_mx.conversations import ACK, connect, ENQ, EOT, example_frames, NAK, simulated
from helpers import pattern
import pytest

from camera_driver.devices.fuji_mx.codec import Block, encode, message
from camera_driver.devices.fuji_mx.commands import DS_7_COMMANDS
from camera_driver.devices.fuji_mx.exchange import T_ENQ
from camera_driver.devices.fuji_mx.session import AT_FIRST, FujiMxSession, Limit
from camera_driver.devices.fuji_mx.simulator.simulator import FujiMxSimulator, State
from camera_driver.errors import (
    DeviceError, OutcomeUnknown, PortError, ProtocolError, Refused, ReplyTimeout, SessionLost)
from camera_driver.link.port import LineSettings
from camera_driver.sim.faults import ByteFaults, Faults
from camera_driver.sim.loop import LoopPort, Transcript


def test_the_highest_speed_that_works():
    for options, baudrate, expected in (
            ({}, 115200, 115200), ({}, 38400, 38400), ({}, 9600, 9600), ({}, 28800, 28800),
            ({'max_speed': 57600}, 115200, 57600), ({'claims_above': 38400}, 115200, 38400),
            ({'max_speed': 9600}, 115200, 9600)):
        session, simulator = simulated(baudrate, **options)
        session.login()
        assert session.port.line == simulator.line == LineSettings(expected, 'E')
        assert session.picture(1, 1100) == pattern(1100)
        session.end()
        assert session.port.line == simulator.line == AT_FIRST
        assert simulator.state is State.CLOSED


def test_a_line_that_does_not_carry_a_speed():
    """What a session has learnt is known to the next one, and is said."""
    session, simulator = simulated(garbles_above=38400)
    known = session.limits
    for baudrate in (115200, 57600):
        with pytest.raises(ReplyTimeout, match=f'agreed to {baudrate} baud .*off and on. At'):
            session.login()
        simulator.power_cycle()
        session = FujiMxSession(LoopPort(simulator))
        session.limits = known
    session.login()
    assert session.port.line == LineSettings(38400, 'E')
    assert known == {'loop': Limit(38400, '01.00,MX-700')} and session.held_back == 38400


def test_a_limit_is_forgotten_with_another_camera():
    session, _ = simulated()
    session.limits['loop'] = Limit(19200, '01.00,MX-500')
    session.login()
    assert session.port.line == LineSettings(115200, 'E') and not session.limits
    session, _ = simulated(38400)
    session.limits['loop'] = Limit(57600)
    session.login()
    assert session.port.line == LineSettings(38400, 'E') and session.held_back is None


@pytest.mark.parametrize('reset', [False, True])
@pytest.mark.parametrize('same', [False, True])
@pytest.mark.parametrize('rest', [0.0, 0.5, 5.0])
def test_a_camera_that_was_there_is_soon_found_again(reset, same, rest):
    """Whether it is at 9600 or where it was, and whether the session noticed."""
    session, simulator = simulated()
    session.login()
    port, speeds = session.port, session.speeds
    session.ping()  # it hears ENQ within a session
    port.pause(rest)
    if reset:
        simulator.power_cycle()
    if not same:
        session = FujiMxSession(LoopPort(simulator))
        session.speeds, port = speeds, session.port
    begun = port.now()
    assert session.picture_count() == len(simulator.frames)
    noticed = rest or not (reset and same)
    assert port.now() - begun < (2.5 if noticed else 5.0)
    assert port.line == LineSettings(115200, 'E')


def test_a_camera_that_hears_enq_at_the_beginning_alone():
    session, simulator = simulated()
    session.login()
    hear = simulator.on_bytes
    simulator.on_bytes = lambda data: None if data == b'\5' else hear(data)
    times = []
    for _ in range(3):
        session.port.pause(1.0)
        begun = session.port.now()
        assert session.picture_count() == len(simulator.frames)
        times.append(session.port.now() - begun)
    assert session.logins == 1
    assert times[0] > 1.0 > times[1]  # once


class Adapter(LoopPort):
    """A port that can do 38400 baud at most, and not 14400."""

    def configure(self, line):
        if line.baudrate > 38400 or line.baudrate == 14400:
            raise PortError(f'loop: the port cannot do {line}')
        super().configure(line)


def test_an_adapter_that_cannot_do_a_speed():
    """The camera is not sent to where the port cannot follow."""
    simulator = FujiMxSimulator(frames=example_frames())
    session = FujiMxSession(Adapter(simulator))
    assert session.picture_count() == 3
    assert session.port.line == simulator.line == LineSettings(38400, 'E')
    assert session.port.now() < 1.0 and not session.limits
    simulator.line = LineSettings(19200, 'E')
    simulator.state = State.CLOSED
    assert FujiMxSession(Adapter(simulator)).picture_count() == 3


def test_a_speed_that_the_camera_claims():
    """It is tried again once, then no more."""
    session, simulator = simulated(claims_above=57600)
    for expected in (1, 2, 2):
        simulator.power_cycle()
        session.exchange.closed = True
        session.login()
        assert session.port.line == LineSettings(57600, 'E')
        assert session.limits['loop'].failures == expected
    assert simulator.log.count(b'\x07\x08') == 2


@pytest.mark.parametrize('maximum, speed', [(28800, 28800), (28800, 19200)])
def test_either_reading_of_code_5(maximum, speed):
    session, simulator = simulated(maximum, code_5=speed)
    session.login()
    assert session.port.line == simulator.line == LineSettings(speed, 'E')
    assert session.port.now() < 6.0 and not session.limits


@pytest.mark.parametrize('options', [
    {'plus_one': True}, {'echoes_prefix': True}, {'plus_one': True, 'echoes_prefix': True}],
    ids=str)
def test_numbers_and_prefixes_that_nobody_has_proven(options):
    session, _ = simulated(**options)
    session.learn_commands()
    assert session.port.line.baudrate == 115200 and not session.limits
    assert session.version() == '01.00,MX-700' and session.camera_type().startswith('DIGCAM')
    assert session.picture_name(2) == 'DSC00002.JPG' and session.picture_count() == 3
    assert session.picture(1, 1100) == pattern(1100)
    assert session.directory_name(1) == 'DCIM' and session.take_picture() == 4
    assert session.channel.counters.retries == session.channel.counters.damaged == 0


@pytest.mark.parametrize('counts_on', [False, True])
def test_refusals_are_borne(counts_on):
    """Two NAK in a row do not say that a camera does not know what it says it has."""
    session, simulator = simulated(counts_on=counts_on)
    session.learn_commands()
    simulator.misbehave('nak_command', 2 if counts_on else 7, command=b'\x0a')
    assert session.picture_name(2) == 'DSC00002.JPG'
    session, simulator = simulated(counts_on=counts_on, commands=DS_7_COMMANDS)
    session.learn_commands()
    assert session.assumed and session.picture_name(2) == 'DSC00002.JPG'


@pytest.mark.parametrize('baudrate', [115200, 57600, 38400, 19200, 28800, 14400, 9600])
@pytest.mark.parametrize('maximum', [115200, 9600])
def test_a_camera_that_was_left_at_another_speed(baudrate, maximum):
    session, simulator = simulated(maximum)
    simulator.line = LineSettings(baudrate, 'E')
    session.login()
    assert session.port.line == simulator.line == LineSettings(maximum, 'E')


def test_a_camera_in_mid_transfer():
    simulator, host = connect()
    host.send(encode(Block(0x02, b'\1\0')), 0.1)
    session = FujiMxSession(LoopPort(simulator))
    session.login()
    assert session.picture_name(1) == 'DSC00001.JPG'


def test_nobody_there():
    session, simulator = simulated()
    simulator.state = State.HUNG
    with pytest.raises(ReplyTimeout, match='no camera answers .*"PC"'):
        session.login()
    assert session.port.now() < 7 * (3 * T_ENQ + 0.3) + 0.1


def test_somebody_else_there():
    line = [(ENQ, b'\xff')] * 21
    session = FujiMxSession(Transcript(line, AT_FIRST))
    with pytest.raises(ProtocolError, match='something answers, but not as a fuji_mx camera'):
        session.login()


def test_wrong_parity_hears_nothing():
    port = LoopPort(FujiMxSimulator(frames=[]), LineSettings(9600))
    port.write(ENQ)
    assert port.read(2.0) == b''


@pytest.mark.parametrize('keeps', [False, True])
@pytest.mark.parametrize('how', ['power', 'idle', 'eot'])
def test_a_lost_session_is_begun_again(keeps, how):
    session, simulator = simulated(eot_keeps_speed=keeps,
                                   idle_timeout=20.0 if how == 'idle' else None)
    assert session.picture_count() == 3
    if how == 'power':
        simulator.power_cycle()
    elif how == 'idle':
        session.port.pause(30.0)
    else:
        simulator.misbehave('eot_command')
    assert session.picture(1, 1100) == pattern(1100)
    assert session.logins == 2


def test_lost_for_good():
    session, simulator = simulated()
    assert session.picture_count() == 3
    simulator.misbehave('eot_command', 100, command=b'\x0b')
    with pytest.raises(SessionLost):
        session.picture_count()
    assert session.logins == 4


def test_ping_keeps_alive_and_recovers():
    session, simulator = simulated(idle_timeout=20.0)
    for _ in range(10):
        session.ping()
        session.port.pause(15.0)
    assert session.logins == 1
    simulator.power_cycle()
    session.ping()
    assert session.logins == 2


def test_unplugged():
    session, _ = simulated()
    session.login()
    session.port.unplug()
    with pytest.raises(PortError):
        session.picture_count()
    session.end()


def test_a_ds_7():
    session, _ = simulated(commands=DS_7_COMMANDS.replace(b'\x17', b''))
    for call in (session.command_list, lambda: session.picture_size(1)):
        with pytest.raises(Refused):
            call()
    assert session.picture(1) == pattern(1100)


# The line at its worst: what comes is right, or an error; never wrong.

RATES = [{'lose': 0.03, 'cut': 0.03, 'drop': 0.03, 'flip': 0.03, 'insert': 0.03, 'delay': 0.05},
         {'repeat': 0.1, 'flip': 0.02}, {'insert': 0.1}, {'flip': 0.1}, {'lose': 0.1}]


def faulty(seed, rates=None, to_device=True, **options):
    rates = rates or RATES[seed % len(RATES)]
    faults = {'to_host': Faults(rates, seed)}
    if to_device:
        faults['to_device'] = Faults(rates, seed + 1000)
    return simulated(38400, **faults, **options)


@pytest.mark.parametrize('seed', range(100))
def test_downloads_over_a_bad_line(seed):
    frames = example_frames()
    frames[1].data = bytes(3000)  # equal blocks
    frames[2].data = pattern(5120)
    session, simulator = faulty(seed, frames=frames, paced=seed % 3 == 0)
    right = 0
    for index, frame in enumerate(frames, 1):
        for call, expected in (
                (lambda: session.picture_name(index), frame.name),
                (lambda: session.picture_size(index), len(frame.data)),
                (lambda: session.picture(index, len(frame.data)), frame.data),
                (lambda: session.thumbnail(index), frame.head)):
            try:
                assert call() == expected
                right += 1
            except DeviceError:
                pass
    assert right >= 3


@pytest.mark.parametrize('seed', range(60))
def test_shots_over_a_bad_line_are_counted(seed):
    """Each command makes one picture at most, and an answer means exactly one."""
    rates = {kind: rate for kind, rate in RATES[seed % len(RATES)].items() if kind != 'repeat'}
    session, simulator = faulty(seed, rates, width=160, height=120)
    for _ in range(8):
        before = len(simulator.shots)
        try:
            frame = session.take_picture()
            assert frame == len(simulator.frames)
            assert len(simulator.shots) == before + 1
        except OutcomeUnknown:
            assert len(simulator.shots) <= before + 1
        except DeviceError:
            assert len(simulator.shots) == before


@pytest.mark.parametrize('seed', range(10))
@pytest.mark.parametrize('kind, seconds', [('flip', 2.0), ('drop', 3.0), ('repeat', 3.0)])
def test_a_large_picture_over_a_line_that_damages_bytes(kind, seconds, seed):
    """One byte in 10,000; seconds are those that the faults cost, since nothing else takes any."""
    frames = example_frames()
    frames[0].data = random.Random(seed).randbytes(153_600)
    session, _ = simulated(frames=frames, to_host=ByteFaults(kind, 1e-4, seed),
                           to_device=ByteFaults(kind, 1e-4, seed + 1000))
    session.login()
    begun = session.port.now()
    assert session.picture(1, 153_600) == frames[0].data
    assert session.port.now() - begun < seconds


@pytest.mark.parametrize('block', range(1, 300, 33))
def test_a_camera_that_resets_within_a_large_picture(block):
    frames = example_frames()
    frames[0].data = random.Random(block).randbytes(153_600)
    session, simulator = simulated(frames=frames)
    session.login()
    simulator.misbehave('reset_in_transfer', skip=block - 1, command=b'\x02')
    begun = session.port.now()
    assert session.picture(1, 153_600) == frames[0].data
    assert session.logins == 2 and session.port.now() - begun < 5.0


@pytest.mark.parametrize('seed', range(10))
def test_one_nak_in_ten(seed):
    session, simulator = simulated()
    chance = random.Random(seed)
    session.learn_commands()
    for _ in range(40):
        naks = 0
        while chance.random() < 0.1:
            naks += 1
        if naks:
            simulator.misbehave('nak_command', naks)
        assert session.picture_count() == 3
        assert session.picture(1, 1100) == pattern(1100)
        simulator.faults.pending.clear()


def test_efficiency_of_a_paced_line():
    frames = example_frames()
    frames[0].data = pattern(100_000)
    session, simulator = simulated(paced=True, frames=frames)
    session.login()
    begun = session.port.now()
    session.picture(1, 100_000)
    seconds = session.port.now() - begun
    wire = sum(len(encode(block)) + 1 for block in message(0x03, frames[0].data))
    assert seconds < (wire + 20) * 11 / 115200 + 0.02


# A camera that means no good: everything ends, and no memory fills.

ENDLESS = {
    'bytes': lambda now: bytes(range(17, 49)), 'nothing': lambda now: b'', 'ack': lambda now: ACK,
    'nak': lambda now: NAK, 'eot': lambda now: EOT,
    'blocks': lambda now: encode(Block(0x06, b'\3\0')),
    'more': lambda now: encode(Block(0x03, pattern(512), last=False)),
    'empty': lambda now: encode(Block(0x03, b'', last=False)),
    'begun': lambda now: b'\x10\x02\0',
}


class Babbler(FujiMxSimulator):
    """A camera that says the same thing every 10 ms, whatever it is asked; polite at first."""

    what = None

    def babble(self, what):
        self.what = what
        self._babble()

    def _babble(self):
        self.send(ENDLESS[self.what](self.now))
        self.after(0.01, self._babble)

    def on_bytes(self, data):
        if not self.what:
            super().on_bytes(data)
        elif data == ENQ:
            self.send(ACK)


@pytest.mark.parametrize('what', ENDLESS)
@pytest.mark.parametrize('call', [
    lambda session: session.picture_count(), lambda session: session.picture(1, 1100),
    lambda session: session.picture(1), lambda session: session.take_picture(),
    lambda session: session.upload_data(pattern(3000), lambda _: None)])
def test_a_camera_that_never_ends(call, what):
    simulator = Babbler(frames=example_frames())
    session = FujiMxSession(LoopPort(simulator))
    session.login()
    simulator.babble(what)
    longest = 0

    def measured(timeout, read=session.port.read):
        nonlocal longest
        longest = max(longest, len(session.channel._inbox))
        return read(timeout)

    session.port.read = measured
    begun = session.port.now()
    try:
        call(session)
    except DeviceError:
        pass
    assert session.port.now() - begun < 40.0
    assert longest < 2000


@pytest.mark.parametrize('fault', ['empty_blocks', 'tiny_blocks', 'endless_data'])
@pytest.mark.parametrize('paced', [False, True])
@pytest.mark.parametrize('size', [1100, None])
def test_blocks_that_never_end(fault, paced, size):
    session, simulator = simulated(paced=paced)
    session.login()
    simulator.misbehave(fault, command=b'\x02' if size else b'\x00')
    begun = session.port.now()
    try:
        data = session.picture(1, size) if size else session.thumbnail(1)
        assert data == (pattern(1100) if size else pattern(600)) and fault == 'tiny_blocks'
    except ProtocolError as error:
        assert 'no progress' in str(error) or 'longer than' in str(error)
    assert session.port.now() - begun < 60.0
    assert session.picture_count() == 3
