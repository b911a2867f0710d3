# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""Simulated devices on a pseudo-terminal, with real pyserial and with bare clients."""

from contextlib import contextmanager
import os
import select
import termios
import threading

from helpers import Echo, wait_until
import pytest

from camera_driver.errors import PortError
from camera_driver.link.port import LineSettings, SerialPort
from camera_driver.sim.faults import Faults
from camera_driver.sim.terminal import Terminal

EVERYTHING = bytes(range(256))
LONG = 60.0  # s; nothing here takes so long


@pytest.fixture
def terminal():
    with Terminal(Echo()) as terminal:
        yield terminal


@contextmanager
def client(terminal, line=Echo.LINE):
    port = SerialPort(terminal.path, line)
    yield port
    port.close()


@contextmanager
def bare_client(terminal):
    """Open the port as a client that changes and flushes nothing; yields a file number."""
    fd = os.open(terminal.path, os.O_RDWR | os.O_NOCTTY)
    yield fd
    os.close(fd)


def read(port, size):
    data = b''
    while len(data) < size:
        piece = port.read(LONG)
        assert piece, f'only {data.hex(" ")}'
        data += piece
    return data


def say(terminal, data):
    terminal.do(lambda: terminal.simulator.send(data))


def wait_for_client(terminal, there=True):
    wait_until(lambda: terminal.do(lambda: terminal._connected) == there)


def test_raw_bytes(terminal):
    with client(terminal) as port:
        port.write(EVERYTHING)
        assert read(port, 256) == EVERYTHING


def test_a_bare_client_finds_a_raw_terminal_without_echo():
    with Terminal(Echo(0.01)) as terminal, bare_client(terminal) as fd:
        wait_for_client(terminal)
        os.write(fd, EVERYTHING)
        data = b''
        while len(data) < 256:
            assert select.select([fd], [], [], LONG)[0]
            data += os.read(fd, 1000)
        assert data == EVERYTHING
        assert terminal.simulator.heard == EVERYTHING
        assert termios.tcgetattr(fd)[4:6] == [termios.B19200] * 2


def test_what_nobody_listens_to_is_gone(terminal):
    say(terminal, b'before')
    with bare_client(terminal) as first:
        wait_for_client(terminal)
        say(terminal, b'unread')
        assert select.select([first], [], [], LONG)[0]
    wait_for_client(terminal, False)
    say(terminal, b'between')
    with bare_client(terminal) as second:
        wait_for_client(terminal)
        os.write(second, b'x')
        assert select.select([second], [], [], LONG)[0]
        assert os.read(second, 100) == b'x'


def test_clients_one_after_the_other(terminal):
    for i in range(20):
        with client(terminal) as port:
            port.write(bytes([i]))
            assert read(port, 1) == bytes([i])
    assert terminal.simulator.heard == bytes(range(20))


def test_unplug_and_replug(terminal):
    path = terminal.path
    with client(terminal) as port:
        port.write(b'a')
        assert read(port, 1) == b'a'
        terminal.unplug()
        with pytest.raises(PortError, match='the line is gone'):
            port.read(LONG)
    with pytest.raises(PortError, match='no such port'):
        SerialPort(path, Echo.LINE)
    terminal.unplug()
    terminal.replug()
    terminal.replug()
    assert terminal.path == path
    with client(terminal) as port:
        port.write(b'b')
        assert read(port, 1) == b'b'
    assert terminal.simulator.heard == b'ab'  # the device lived on


@pytest.mark.parametrize('speed, seen', [
    (19200, 'ff'), (38400, 'fe'), (57600, 'fc'), (115200, 'e0')])
def test_an_ff_read_at_another_speed(terminal, speed, seen):  # sierra.md 3.6
    with client(terminal, LineSettings(speed)) as port:
        wait_for_client(terminal)
        say(terminal, b'\xff')
        assert read(port, 1).hex() == seen


def test_wrong_speed_garbles_packets_but_no_single_byte_to_the_device(terminal):
    packet = bytes.fromhex('1b 43 02 00 01 01 02 00')
    with client(terminal, LineSettings(57600)) as port:
        port.write(b'\x06')
        wait_until(lambda: terminal.simulator.heard == b'\x06')
        port.write(packet)
        wait_until(lambda: len(terminal.simulator.heard) > 1)
        assert not terminal.simulator.heard.endswith(packet)


def test_device_and_client_change_speed_together(terminal):
    def change():
        terminal.simulator.line = LineSettings(115200)

    with client(terminal) as port:
        terminal.do(change)
        port.configure(LineSettings(115200))
        port.write(EVERYTHING)
        assert read(port, 256) == EVERYTHING


def test_paced_to_the_client():
    with Terminal(Echo(), paced=True) as terminal, client(terminal):
        wait_for_client(terminal)

        def schedule():
            """Return when each byte of two answers will have passed the line, and how many."""
            terminal.simulator.send(EVERYTHING)
            terminal.simulator.send(EVERYTHING)
            terminal._collect()
            return terminal.simulator.now, list(terminal._arriving)

        start, arriving = terminal.do(schedule)
        bits = 0
        for time, *_, data in arriving:
            assert len(data) * Echo.LINE.byte_time <= 0.01
            bits += 10 * len(data)
            assert time - start == pytest.approx(bits / 19200)
        assert b''.join(item[-1] for item in arriving) == EVERYTHING * 2


def test_paced_to_the_device():
    with Terminal(Echo(), paced=True) as terminal, client(terminal) as port:
        for _ in range(4):
            port.write(EVERYTHING)
        assert read(port, 1024) == EVERYTHING * 4
        received = terminal.simulator.received
        for (before, _), (after, data) in zip(received, received[1:]):
            assert after - before >= len(data) * Echo.LINE.byte_time - 1e-6


def test_a_client_that_reads_late_gets_all_in_order(terminal):
    with client(terminal) as port:
        wait_for_client(terminal)
        pieces = [i.to_bytes(2, 'big') * 500 for i in range(300)]  # more than a terminal buffers
        for piece in pieces:
            say(terminal, piece)
        assert read(port, 300_000) == b''.join(pieces)


def test_a_late_chunk_is_not_overtaken():
    data = bytes(range(50))
    with Terminal(Echo(), to_host=Faults({'delay': 0.3}, seed=1)) as terminal, \
            client(terminal) as port:
        wait_for_client(terminal)
        for byte in data:
            say(terminal, bytes([byte]))
        assert read(port, 50) == data


def test_what_a_client_wrote_before_it_left_still_arrives():
    with Terminal(Echo(), paced=True) as terminal:
        with client(terminal) as port:
            port.write(EVERYTHING)
            wait_until(lambda: terminal.do(lambda: bool(terminal._sending)))
        wait_until(lambda: terminal.simulator.heard == EVERYTHING)


def test_the_next_client_does_not_wait_for_what_the_last_one_did_not_read():
    with Terminal(Echo(), paced=True) as terminal:
        with client(terminal):
            wait_for_client(terminal)
            say(terminal, bytes(100_000))  # takes 52 s
        wait_for_client(terminal, False)
        with client(terminal) as port:
            port.write(b'x')
            assert read(port, 1) == b'x'


def test_faults():
    with Terminal(Echo(), to_host=Faults({'repeat': 1.0}),
                  to_device=Faults({'drop': 1.0})) as terminal, client(terminal) as port:
        port.write(b'aa')
        assert read(port, 2) == b'aa'
        assert terminal.simulator.heard == b'a'


def test_the_time_of_the_device_begins_with_the_terminal():
    echo = Echo()
    echo.after(60.0, lambda: echo.send(b'a minute later'))
    with Terminal(echo) as terminal:
        assert terminal.do(echo.next_due) == 60.0


def test_what_a_person_does_happens_now(terminal):
    before = terminal.do(lambda: terminal.simulator.now)
    select.select([], [], [], 0.05)  # let the device idle
    assert terminal.do(lambda: terminal.simulator.now) >= before + 0.05


def test_do_returns_or_raises(terminal):
    assert terminal.do(lambda: 42) == 42
    with pytest.raises(ZeroDivisionError):
        terminal.do(lambda: 1 / 0)
    assert terminal.do(threading.current_thread) is not threading.current_thread()


def test_a_fault_in_the_simulator_is_loud(monkeypatch):
    class Broken(Echo):
        def on_bytes(self, data):
            raise ZeroDivisionError('wrong here')

    caught = []
    monkeypatch.setattr(threading, 'excepthook', caught.append)
    terminal = Terminal(Broken())
    with client(terminal) as port:
        port.write(b'x')
        with pytest.raises(PortError, match='the line is gone'):
            port.read(LONG)
    with pytest.raises(RuntimeError, match='not running'):
        terminal.do(lambda: 42)
    terminal.close()
    assert [hook.exc_type for hook in caught] == [ZeroDivisionError]


def test_power_cycle(terminal):
    terminal.simulator.line = LineSettings(115200)
    with client(terminal) as port:
        terminal.power_cycle()
        assert terminal.simulator.power_ons == 1
        port.write(EVERYTHING)
        assert read(port, 256) == EVERYTHING


def test_link(tmp_path):
    link = tmp_path / 'camera'
    link.symlink_to('/dev/pts/left over')
    with Terminal(Echo(), link) as terminal:
        assert terminal.path == str(link)
        with client(terminal) as port:
            port.write(b'x')
            assert read(port, 1) == b'x'
    assert not link.is_symlink()


@pytest.mark.parametrize('name', ['file', 'absent/port', 'other link'])
def test_a_link_that_cannot_be_made(tmp_path, name):
    (tmp_path / 'file').write_text('keep this')
    (tmp_path / 'other link').symlink_to('file')
    with pytest.raises(PortError, match=f'cannot make the link .*{name}.* give another path'):
        Terminal(Echo(), tmp_path / name)
    assert (tmp_path / 'file').read_text() == 'keep this'


def test_close_takes_the_port_away():
    terminal = Terminal(Echo())
    path = terminal.path
    with client(terminal) as port:
        terminal.close()
        terminal.close()
        with pytest.raises(PortError):
            port.read(LONG)
    assert not os.path.lexists(path)
    assert not os.path.lexists(os.path.dirname(path))
