# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""The line in memory: its clock is exact, so everything is compared with ==."""

from helpers import Echo
import pytest

from camera_driver.errors import Cancelled, PortError
from camera_driver.link.port import LineSettings
from camera_driver.sim.faults import DELAY, Faults
from camera_driver.sim.loop import LoopPort, Transcript

FAST = LineSettings(115200)
CALLS = pytest.mark.parametrize('call', [
    lambda port: port.write(b'x'), lambda port: port.read(1.0), lambda port: port.flush(),
    lambda port: port.pause(1.0), lambda port: port.configure(FAST),
])


def test_the_clock_jumps_to_what_happens_next():
    port = LoopPort(Echo(0.25))
    port.write(b'hello')
    assert port.now() == 0.0
    assert port.read(10.0) == b'hello'
    assert port.now() == 0.25
    assert port.read(10.0) == b''
    assert port.now() == 10.25


def test_read_returns_at_once_what_is_there():
    port = LoopPort(Echo())
    port.write(b'a')
    port.write(b'b')
    assert port.read(0.0) == b'ab'
    assert port.read(0.0) == b''
    assert port.read(-1.0) == b''
    assert port.now() == 0.0


def test_an_answer_at_the_very_deadline_is_in_time():
    port = LoopPort(Echo(1.0))
    port.write(b'x')
    assert port.read(1.0) == b'x'


def test_pause_leaves_arrivals_to_be_read():
    port = LoopPort(Echo(0.25))
    port.write(b'x')
    port.pause(1.0)
    assert port.now() == 1.0
    assert port.read(5.0) == b'x'
    assert port.now() == 1.0


def test_the_device_lives_on_during_a_pause():
    echo = Echo()
    port, times = LoopPort(echo), []

    def tick():
        times.append(echo.now)
        echo.after(1.0, tick)

    tick()
    port.pause(2.5)
    assert times == [0.0, 1.0, 2.0]
    port.read(1.0)
    assert times[-1] == 3.0


def test_the_device_knows_the_time_after_a_silence():
    echo = Echo()
    port = LoopPort(echo)
    assert port.read(5.0) == b''
    assert echo.now == 5.0
    echo.after(1.0, lambda: echo.send(b'late'))  # as a button pressed by a test
    assert port.read(5.0) == b'late'
    assert port.now() == 6.0


def test_unpaced_bytes_take_no_time():
    port = LoopPort(Echo())
    port.write(bytes(10000))
    assert port.flush() == 0.0
    assert len(port.read(1.0)) == 10000
    assert port.now() == 0.0


def test_paced_both_ways():
    echo = Echo(0.5)
    port = LoopPort(echo, paced=True)
    byte = Echo.LINE.byte_time
    port.write(bytes(10))
    port.write(bytes(5))
    assert port.now() == 0.0
    assert port.flush() == pytest.approx(15 * byte)
    assert [time for time, _ in echo.received] == pytest.approx([10 * byte, 15 * byte])
    received = 0
    while received < 15:
        received += len(port.read(5.0))
    assert port.now() == pytest.approx(10 * byte + 0.5 + 15 * byte)


def test_paced_answers_queue_behind_each_other():
    echo = Echo()
    port = LoopPort(echo, paced=True)
    byte = Echo.LINE.byte_time
    for _ in range(3):
        echo.send(bytes(1000))
    data = b''
    while len(data) < 3000:
        data += port.read(1.0)
    assert port.now() == pytest.approx(3000 * byte)


def test_paced_bytes_come_without_gaps():
    class Slow(Echo):
        LINE = LineSettings(1200)

    port = LoopPort(Slow(), paced=True)
    port.simulator.send(bytes(600))
    last, gaps, data = 0.0, [], b''
    while len(data) < 600:
        data += port.read(10.0)
        gaps.append(port.now() - last)
        last = port.now()
    assert max(gaps) <= 0.011


def test_configure_waits_for_what_was_written():
    port = LoopPort(Echo(), paced=True)
    port.write(bytes(100))
    port.configure(FAST)
    assert port.now() == pytest.approx(100 * Echo.LINE.byte_time)
    assert port.line == FAST


def test_wrong_speed_garbles_what_the_host_hears():
    for speed, seen in ((19200, 'ff'), (38400, 'fe'), (57600, 'fc'), (115200, 'e0')):
        echo = Echo()
        port = LoopPort(echo, LineSettings(speed))
        echo.send(b'\xff')
        assert port.read(1.0).hex() == seen


def test_wrong_speed_garbles_packets_but_no_single_byte_to_the_device():
    echo = Echo()
    port = LoopPort(echo, FAST)
    port.write(b'\x06')
    assert echo.heard == b'\x06'
    port.write(bytes.fromhex('1b 43 02 00 01 01 02 00'))
    assert echo.heard[1:] != bytes.fromhex('1b 43 02 00 01 01 02 00')


def test_wrong_parity_garbles_both_ways_single_bytes_too():
    class Even(Echo):
        LINE = LineSettings(9600, 'E')

    echo = Even()
    port = LoopPort(echo, LineSettings(9600))
    port.write(b'\x05')
    assert echo.heard == b''
    echo.send(b'\x05\x07')
    assert port.read(1.0) == b'\x00\x07'
    port.configure(Even.LINE)
    port.write(b'\x05')
    assert port.read(1.0) == b'\x05'


def test_faults_to_the_host():
    port = LoopPort(Echo(), to_host=Faults({'lose': 1.0}))
    port.write(b'x')
    assert port.read(1.0) == b''
    assert port.simulator.heard == b'x'
    assert port.to_host.counts == {'lose': 1}


def test_faults_to_the_device():
    port = LoopPort(Echo(), to_device=Faults({'repeat': 1.0}))
    port.write(b'xy')
    assert port.read(1.0) == b'xyxy'


@pytest.mark.parametrize('paced', [False, True])
@pytest.mark.parametrize('way', ['to_host', 'to_device'])
def test_late_chunks(way, paced):
    port = LoopPort(Echo(), paced=paced, **{way: Faults({'delay': 1.0})})
    port.write(b'x')
    assert port.read(1.0) == b'x'
    assert port.now() == pytest.approx(DELAY + (2 * Echo.LINE.byte_time if paced else 0.0))


@pytest.mark.parametrize('paced', [False, True])
@pytest.mark.parametrize('way', ['to_host', 'to_device'])
def test_a_late_chunk_is_not_overtaken(way, paced):
    port = LoopPort(Echo(), paced=paced, **{way: Faults({'delay': 0.5}, seed=1)})
    for i in range(100):
        port.write(bytes([i]))
        port.pause(0.01)
    data = bytearray()
    while piece := port.read(1.0):
        data += piece
    assert data == bytes(range(100))


@CALLS
def test_unplugged(call):
    port = LoopPort(Echo())
    port.unplug()
    with pytest.raises(PortError, match='loop: the line is gone'):
        call(port)


@pytest.mark.parametrize('method', ['read', 'pause'])
def test_unplugged_meanwhile(method):
    echo = Echo()
    port = LoopPort(echo)
    echo.after(1.0, port.unplug)
    with pytest.raises(PortError, match='the line is gone'):
        getattr(port, method)(5.0)


def test_unplugged_while_bytes_leave():
    echo = Echo()
    port = LoopPort(echo, paced=True)
    echo.after(0.1, port.unplug)
    port.write(bytes(1000))
    with pytest.raises(PortError, match='the line is gone'):
        port.flush()


@CALLS
def test_closed(call):
    port = LoopPort(Echo())
    port.close()
    port.close()
    with pytest.raises(PortError, match='closed'):
        call(port)


@CALLS
def test_cancelled(call):
    port = LoopPort(Echo())
    port.cancel()
    with pytest.raises(Cancelled):
        call(port)


@pytest.mark.parametrize('method', ['read', 'pause'])
def test_cancelled_meanwhile(method):
    echo = Echo()
    port = LoopPort(echo)
    echo.after(1.0, port.cancel)
    with pytest.raises(Cancelled):
        getattr(port, method)(5.0)


def test_plugged_in_again():
    echo = Echo()
    first = LoopPort(echo)
    first.pause(3.0)
    first.unplug()
    second = LoopPort(echo)
    assert second.now() == 3.0
    second.write(b'x')
    assert second.read(1.0) == b'x'


def test_transcript():
    port = Transcript([(b'', b'!'), (b'ab', b'c'), (b'd', None), (b'', b'e'), (b'f', b'g')],
                      Echo.LINE)
    assert port.read(1.0) == b'!'
    port.write(b'a')
    assert port.read(1.0) == b''
    assert port.now() == 1.0
    port.write(b'b')
    assert port.read(1.0) == b'c'
    port.write(b'd')
    assert port.read(1.0) == b'e'
    assert not port.done
    port.write(b'f')
    assert not port.done
    assert port.read(1.0) == b'g'
    assert port.done
    port.pause(0.5)
    port.configure(FAST)
    assert (port.flush(), port.line) == (1.5, FAST)


def test_transcript_of_another_conversation():
    port = Transcript([(b'ab', None)], Echo.LINE)
    with pytest.raises(AssertionError, match='sent 61 63\nexpected 61 62'):
        port.write(b'ac')


def test_transcript_is_over():
    port = Transcript([], Echo.LINE)
    with pytest.raises(AssertionError, match='sent after the end: 61'):
        port.write(b'a')
