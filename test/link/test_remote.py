# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""Lines at another computer: pyserial's server of RFC 2217 between the driver and simulators."""

from contextlib import contextmanager
import select
import socket
import threading
import time

import pytest
import serial
from serial.rfc2217 import PortManager

from camera_driver.abilities import StoresImages
from camera_driver.catalog import BUILT_IN
from camera_driver.errors import Cancelled, PortError
from camera_driver.link.port import LineSettings
from camera_driver.link.ports import open_port
from camera_driver.sim.simulator import Simulator
from camera_driver.sim.terminal import Terminal

pytestmark = pytest.mark.filterwarnings(
    r'ignore:set\w+\(\) is deprecated:DeprecationWarning')  # pyserial's

LINE = LineSettings(19200)
LONG = 60.0  # s; what waits so long here is woken up


class Echo(Simulator):
    """Says what it hears."""

    LINE = LINE

    def on_power(self):
        pass

    def on_bytes(self, data):
        self.send(data)


class Line(serial.Serial):
    """A pseudo-terminal has no modem lines, and no parity."""

    cts = dsr = ri = cd = False

    @property
    def parity(self):
        return self.told

    @parity.setter
    def parity(self, parity):
        self.told, self._parity = parity, 'N'

    def _update_dtr_state(self):
        pass

    def _update_rts_state(self):
        pass


class Server:
    """Serves one client after the other; what goes through it is late by `delay` [s]."""

    def __init__(self, path, delay):
        self.delay = delay
        self.line = Line(path, timeout=0)
        self._listener = socket.create_server(('127.0.0.1', 0))
        self.url = f'rfc2217://127.0.0.1:{self._listener.getsockname()[1]}'
        self.connection = None
        self._ended = False
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def close(self):
        self._ended = True
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(LONG)
        self.line.close()

    def write(self, data):  # PortManager's way to the client
        self.connection.sendall(data)

    def _serve(self):
        while not self._ended:
            try:
                self.connection, _ = self._listener.accept()
            except OSError:
                return
            with self.connection:
                manager = PortManager(self.line, self)
                try:
                    while not self._ended:
                        self._pass_on(manager)
                except OSError:
                    pass  # the client has gone

    def _pass_on(self, manager):
        ready = select.select([self.connection, self.line], [], [], 0.05)[0]
        if ready:
            time.sleep(self.delay)  # the network
        if self.connection in ready:
            data = self.connection.recv(1024)
            if not data:
                raise OSError
            self.line.write(b''.join(manager.filter(data)))
        if self.line in ready:
            self.connection.sendall(b''.join(manager.escape(
                self.line.read(self.line.in_waiting))))


@contextmanager
def far(simulator, delay=0.0):
    with Terminal(simulator) as terminal:
        server = Server(terminal.path, delay)
        try:
            yield server
        finally:
            server.close()


def test_bytes_and_settings_of_the_far_line():
    with far(Echo()) as server:
        port = open_port(server.url, LINE)
        assert (port.name, port.line) == (server.url, LINE)
        everything = bytes(range(256)) * 4
        port.write(everything)
        assert port.flush() - port.now() <= 0
        heard = b''
        while len(heard) < len(everything):
            heard += port.read(LONG)
        assert heard == everything
        assert port.read(0.0) == b''
        port.configure(LineSettings(115200))
        assert server.line.baudrate == 115200 and port.line.baudrate == 115200
        port.close()
        port.close()
        with pytest.raises(PortError, match='closed; open it again'):
            port.read(0.0)


def test_cancel_from_another_thread():
    with far(Echo()) as server:
        port = open_port(server.url, LINE)
        threading.Timer(0.1, port.cancel).start()
        with pytest.raises(Cancelled):
            port.read(LONG)
        with pytest.raises(Cancelled):
            port.pause(LONG)
        port.close()


def test_a_connection_that_breaks():
    with far(Echo()) as server:
        port = open_port(server.url, LINE)
        port.write(b'x')
        assert port.read(LONG) == b'x'
        server.connection.shutdown(socket.SHUT_RDWR)
        with pytest.raises(PortError, match='the connection is gone'):
            port.read(LONG)
        port.close()
    with pytest.raises(PortError, match='cannot open it: .*does a server of RFC 2217 run there'):
        open_port(server.url, LINE)


@pytest.mark.parametrize('name', BUILT_IN)
def test_every_device_type_over_a_network(name):
    """Whatever goes through is 10 ms late, and in pieces."""
    kind = BUILT_IN[name]
    cls = kind.device_class()
    options = {option.name: option.default for option in cls.OPTIONS}
    with far(kind.simulator_class()(), delay=0.01) as server:
        device = cls(open_port(server.url, cls.LINE), options)
        assert device.open()
        device.poll()
        if issubclass(cls, StoresImages):
            image = min(device.list_images(), key=lambda one: one.size)
            assert len(device.download(image.index).data) == image.size
        if 'baudrate' in options and issubclass(cls, StoresImages):
            assert server.line.baudrate == 115200
        device.close()
