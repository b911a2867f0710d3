# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""The serial port through real pyserial, on real pseudo-terminals and sockets."""

from array import array
from contextlib import contextmanager
import fcntl
import os
from pathlib import Path
import select
import socket
import termios
import threading
import tty

from helpers import wait_until
import pytest

from camera_driver.errors import Cancelled, PortError
from camera_driver.link.port import candidates, check_parity, LineSettings, SerialPort

TIOCGEXCL = 0x80045440  # Linux: is it claimed?
LINE = LineSettings(19200)
LONG = 60.0  # s; what waits so long here is woken up
CALLS = pytest.mark.parametrize('call', [
    lambda port: port.write(b'x'), lambda port: port.read(LONG), lambda port: port.flush(),
    lambda port: port.pause(LONG), lambda port: port.configure(LineSettings(9600)),
])


class Far:
    """The far end of a pseudo-terminal."""

    def __init__(self):
        self.fd, near = os.openpty()
        tty.setraw(near)
        self.path = os.ttyname(near)
        os.close(near)

    def write(self, data):
        os.write(self.fd, data)

    def read(self, size):
        data = b''
        while len(data) < size:
            assert select.select([self.fd], [], [], 10.0)[0], 'nothing came'
            data += os.read(self.fd, size - len(data))
        return data

    def unplug(self):
        if self.fd is not None:
            os.close(self.fd)
            self.fd = None


@pytest.fixture
def far():
    far = Far()
    yield far
    far.unplug()


@pytest.fixture
def port(far):
    port = SerialPort(far.path, LINE)
    yield port
    port.close()


@contextmanager
def during(function, *arguments):
    """
    Block in a call in another thread.

    Yields, once it sleeps, a list that will hold what it returned or raised.
    """
    outcome = []

    def run():
        try:
            outcome.append(function(*arguments))
        except Exception as error:
            outcome.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    state = Path(f'/proc/self/task/{thread.native_id}/stat')
    wait_until(lambda: state.read_text().rpartition(')')[2].split()[0] == 'S')
    yield outcome
    thread.join(20.0)
    assert not thread.is_alive()


def test_line_settings():
    assert str(LineSettings(9600, 'E')) == '9600 8E1'
    assert LineSettings(9600).byte_time == 10 / 9600
    assert LineSettings(9600, 'E', 7, 2).byte_time == 11 / 9600


def test_bytes_both_ways(far, port):
    everything = bytes(range(256))
    port.write(everything)
    assert far.read(256) == everything
    far.write(everything)
    assert port.read(10.0) == everything
    assert port.name == far.path


def test_read_gives_what_is_there(far, port):
    far.write(b'abc')
    assert port.read(LONG) == b'abc'
    assert port.read(0.0) == b''
    assert port.read(-1.0) == b''
    assert port.read(0.01) == b''


def test_time_is_monotonic(port):
    before = port.now()
    port.pause(0.001)
    assert before <= port.flush() <= port.now()


def attributes(far):
    """Return (speed, control flags) as the far end sees them."""
    state = termios.tcgetattr(far.fd)
    return state[5], state[2]


def test_line_settings_reach_the_line(far):
    port = SerialPort(far.path, LineSettings(38400, stopbits=2))
    assert attributes(far)[0] == termios.B38400
    assert attributes(far)[1] & termios.CSTOPB
    port.configure(LineSettings(115200))
    assert attributes(far)[0] == termios.B115200
    assert not attributes(far)[1] & termios.CSTOPB
    assert port.line == LineSettings(115200)
    port.close()


def test_bytes_pass_unchanged_whatever_the_terminal_was(far):
    near = os.open(far.path, os.O_RDWR | os.O_NOCTTY)
    state = termios.tcgetattr(near)
    state[0] |= termios.ICRNL | termios.IXON | termios.ISTRIP | termios.INPCK | termios.PARMRK
    state[1] |= termios.OPOST | termios.ONLCR
    state[3] |= termios.ECHO | termios.ICANON | termios.ISIG
    termios.tcsetattr(near, termios.TCSANOW, state)
    os.close(near)
    port = SerialPort(far.path, LINE)
    test_bytes_both_ways(far, port)
    port.close()


def test_parity_on_a_pseudo_terminal(far):
    for _ in range(3):  # from the second time on, nothing but the parity differs from what is set
        port = SerialPort(far.path, LineSettings(9600, 'E'))
        port.configure(LineSettings(38400, 'E'))
        port.configure(LineSettings(9600, 'O'))
        assert port.line == LineSettings(9600, 'O')
        port.write(b'\xff\x00')
        assert far.read(2) == b'\xff\x00'
        far.write(b'\xff\x00')
        assert port.read(10.0) == b'\xff\x00'
        port.close()


def test_bytes_of_wrong_parity_are_dropped_and_ff_is_not_doubled(far, port):
    def checks():
        return termios.tcgetattr(far.fd)[0] & (
            termios.INPCK | termios.IGNPAR | termios.PARMRK)

    with open(os.open(far.path, os.O_RDWR | os.O_NOCTTY)) as near:  # not this session's terminal
        assert not check_parity(near.fileno(), LineSettings(9600, 'E'))  # it has none to give
        assert checks() == termios.INPCK | termios.IGNPAR
        test_bytes_both_ways(far, port)
        assert check_parity(near.fileno(), LineSettings(9600))
        assert not checks()


def test_a_speed_that_does_not_exist(port):
    with pytest.raises(PortError, match='cannot do -1 8N1'):
        port.configure(LineSettings(-1))
    assert port.line == LINE


def test_absent_port_names_those_there_are(tmp_path):
    path = str(tmp_path / 'ttyUSB7')
    with pytest.raises(PortError) as caught:
        SerialPort(path, LINE)
    message = str(caught.value)
    assert message.startswith(f'{path}: no such port. Ports here: ')
    assert message.endswith(', '.join(candidates()) or 'is the adapter plugged in?')


def test_no_permission(far):
    os.chmod(far.path, 0)
    if user := os.geteuid():
        nobody = user
    else:
        nobody = 65534  # root may do everything
    os.seteuid(nobody)
    try:
        with pytest.raises(PortError, match='no permission to open it. .*dialout'):
            SerialPort(far.path, LINE)
    finally:
        os.seteuid(user)


def test_a_file(tmp_path):
    path = tmp_path / 'notes.txt'
    path.write_text('keep this')
    with pytest.raises(PortError, match='not a serial port'):
        SerialPort(str(path), LINE)
    assert path.read_text() == 'keep this'


def test_a_port_without_hardware(far):
    near = os.open(far.path, os.O_RDWR | os.O_NOCTTY)  # keeps the path alive
    far.unplug()
    with pytest.raises(PortError, match='no such port'):
        SerialPort(far.path, LINE)
    os.close(near)


def test_a_directory(tmp_path):
    with pytest.raises(PortError, match='not a serial port'):
        SerialPort(str(tmp_path), LINE)


def test_in_use_names_the_holder(far, port):
    program = Path('/proc/self/comm').read_text().strip()
    with pytest.raises(PortError) as caught:
        SerialPort(far.path, LINE)
    assert str(caught.value) == (f'{far.path}: in use by {program} (pid {os.getpid()}). Stop '
                                 'that, or give this device another port')
    port.write(b'x')  # the holder is not disturbed
    assert far.read(1) == b'x'


@pytest.mark.parametrize('name, claimed', [('/dev/ttyUSB0', 1), ('/dev/pts/7', 0)])
def test_a_line_is_claimed_from_those_who_do_not_ask(far, monkeypatch, name, claimed):
    monkeypatch.setattr(os, 'ttyname', lambda fd: name)  # a pseudo-terminal is all there is
    other = os.open(far.path, os.O_RDWR | os.O_NOCTTY)
    try:
        port = SerialPort(far.path, LINE)
        exclusive = array('i', [-1])
        fcntl.ioctl(other, TIOCGEXCL, exclusive)
        assert exclusive[0] == claimed
        fcntl.ioctl(other, termios.TIOCNXCL)
        port.close()
    finally:
        os.close(other)


def test_in_use_through_a_link(far, port, tmp_path):
    link = tmp_path / 'camera'
    link.symlink_to(far.path)
    with pytest.raises(PortError, match=rf'camera: in use by .* \(pid {os.getpid()}\)'):
        SerialPort(str(link), LINE)


def test_free_after_close(far, port):
    port.close()
    again = SerialPort(far.path, LINE)
    again.write(b'x')
    assert far.read(1) == b'x'
    again.close()


def test_old_input_is_gone_after_open(far):
    near = os.open(far.path, os.O_RDWR | os.O_NOCTTY)
    far.write(b'stale')
    assert select.select([near], [], [], 10.0)[0]
    os.close(near)
    port = SerialPort(far.path, LINE)
    assert port.read(0.0) == b''
    port.close()


def test_unplugged_while_reading(far, port):
    with during(port.read, LONG) as outcome:
        far.unplug()
    assert isinstance(outcome[0], PortError)
    assert str(outcome[0]).startswith(f'{far.path}: the line is gone')
    assert 'unplugged?' in str(outcome[0])


@pytest.mark.parametrize('call', [
    lambda port: port.write(b'x'), lambda port: port.read(LONG), lambda port: port.flush(),
    lambda port: port.configure(LineSettings(9600)),
])
def test_unplugged_before(far, port, call):
    far.unplug()
    with pytest.raises(PortError, match='the line is gone'):
        call(port)
    port.close()


def test_unplugged_while_writing(far, port):
    with during(port.write, bytes(1 << 20)) as outcome:  # more than the terminal buffers
        far.read(1000)
        far.unplug()
    assert isinstance(outcome[0], PortError)
    assert 'the line is gone' in str(outcome[0])


@pytest.mark.parametrize('method', ['read', 'pause'])
def test_cancel_wakes(port, method):
    with during(getattr(port, method), LONG) as outcome:
        port.cancel()
    assert isinstance(outcome[0], Cancelled)


def test_cancel_wakes_a_write(port):
    with during(port.write, bytes(1 << 20)) as outcome:  # more than the terminal buffers
        port.cancel()
    assert isinstance(outcome[0], Cancelled)


def test_a_long_write_arrives_whole(far, port):
    data = bytes(range(256)) * 1000
    with during(port.write, data) as outcome:
        assert far.read(len(data)) == data
    assert outcome == [None]


@CALLS
def test_cancelled_for_good(far, port, call):
    far.write(b'unread')
    port.cancel()
    port.cancel()
    for _ in range(2):
        with pytest.raises(Cancelled, match='cancelled'):
            call(port)


def left_for(far):
    data = b''
    try:
        while True:
            data += os.read(far.fd, 65536)
    except OSError:  # nothing left, and nobody there
        return data


def test_close_after_cancel_waits_for_no_unsent_byte(far, port):
    # A dead line would hold close for 30 s; a terminal shows that the bytes were dropped.
    sent = 0
    while select.select([], [port._fd], [], 0.2)[1]:
        sent += os.write(port._fd, bytes(1000))
    port.cancel()
    port.close()
    assert len(left_for(far)) < sent / 2  # what the far end has already, it has


def test_close_sends_what_was_written(far, port):
    port.write(b'farewell')
    port.close()
    assert left_for(far) == b'farewell'


def test_close_is_idempotent(far, port):
    port.close()
    port.close()
    port.cancel()
    port.close()


@CALLS
def test_closed(port, call):
    port.close()
    with pytest.raises(PortError, match='closed'):
        call(port)


def test_cancel_after_close_touches_no_other_file(port):
    port.close()
    read, write = os.pipe()
    copies = [os.dup(write) for _ in range(10)]  # they take the numbers that became free
    port.cancel()
    assert not select.select([read], [], [], 0.0)[0]
    for file in (read, write, *copies):
        os.close(file)


def test_close_after_unplug(far, port):
    far.unplug()
    with pytest.raises(PortError):
        port.read(LONG)
    port.close()
    port.close()


def test_nothing_is_left_open(far):
    before = os.listdir('/proc/self/fd')
    SerialPort(far.path, LINE).close()
    assert os.listdir('/proc/self/fd') == before


def test_socket_url():
    with socket.create_server(('127.0.0.1', 0)) as server:
        url = f'socket://127.0.0.1:{server.getsockname()[1]}'
        port = SerialPort(url, LINE)
        remote = server.accept()[0]
        port.write(b'\x00\xff')
        assert remote.recv(10) == b'\x00\xff'
        remote.sendall(b'\x15')
        assert port.read(10.0) == b'\x15'
        port.configure(LineSettings(9600))  # nothing to set there
        port.flush()
        remote.close()
        with pytest.raises(PortError, match='the line is gone'):
            port.read(10.0)
        port.close()


@pytest.mark.parametrize('url', ['socket://127.0.0.1:1', 'socket://nowhere', 'magic://x'])
def test_wrong_url(url):
    with pytest.raises(PortError, match=f'{url}: cannot open it: '):
        SerialPort(url, LINE)


def test_candidates_exist():
    assert all(os.path.exists(path) for path in candidates())
