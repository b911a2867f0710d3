# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""Links as they are named: udpin:HOST:PORT, udpout:HOST:PORT, tcp:HOST:PORT, DEVICE[:BAUD]."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
import os
import re
import select
import socket
import time

from camera_driver.errors import PortError
from camera_driver.link.port import LineSettings, SerialPort

BAUDRATE = 57600  # of telemetry radios and of TELEM1 of PX4 and ArduPilot
FORGOTTEN = 60.0  # s without a word after which a station at udpin gets no more
LARGEST = 65536  # bytes of a datagram
HOST = re.compile(r'(udpin|udpout|tcp):(?://)?([^:/]+):(\d{1,5})')
SERIAL = re.compile(r'(?:serial:)?(/[^:]+)(?::(\d+))?')


class UdpPort:
    """A UDP socket, read and written as a serial port is."""

    def __init__(self, name: str, host: str, port: int, listens: bool) -> None:
        """
        Open it; `listens`: at this address, and all that write to it are answered.

        Raises PortError.
        """
        self._name = name
        self._listens = listens
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._wake_read, self._wake_write = os.pipe()
        self._heard: dict[tuple[str, int], float] = {}  # who, and when [monotonic s]
        try:
            address = socket.gethostbyname(host), port
            if listens:
                self._socket.bind(address)
            else:
                self._to = address
            self._socket.setblocking(False)
        except (OSError, OverflowError) as error:
            self.close()
            raise PortError(f'{name}: {error}') from error

    def read(self, timeout: float) -> bytes:
        """Return a datagram, or nothing when `timeout` [s] is over."""
        fd = self._socket.fileno()
        ready = select.select([fd, self._wake_read], [], [], timeout)[0]
        if fd not in ready:
            return b''
        try:
            data, sender = self._socket.recvfrom(LARGEST)
        except OSError:  # nobody there, said by an earlier datagram
            return b''
        self._heard[sender] = time.monotonic()
        return data

    def write(self, data: bytes) -> None:
        """Send a datagram, at udpin to all that have been heard of late."""
        to = [self._to] if not self._listens else [
            one for one, at in list(self._heard.items()) if time.monotonic() < at + FORGOTTEN]
        for address in to:
            try:
                self._socket.sendto(data, address)
            except OSError:  # no way there at present, or the buffer is full: it is lost
                pass

    def cancel(self) -> None:
        """Wake `read`; from any thread."""
        try:
            os.write(self._wake_write, b'.')
        except OSError:  # closed meanwhile
            pass

    def close(self) -> None:
        """Close it."""
        self._socket.close()
        os.close(self._wake_read)
        os.close(self._wake_write)


def opener(name: str) -> Callable[[], UdpPort | SerialPort]:
    """Return what opens a link. Raises ValueError for a name that is none; it PortError."""
    found = HOST.fullmatch(name)
    if found and int(found[3]) <= 65535:
        kind, host, port = found[1], found[2], int(found[3])
        if kind == 'tcp':
            return partial(SerialPort, f'socket://{host}:{port}', LineSettings(BAUDRATE))
        return partial(UdpPort, name, host, port, kind == 'udpin')
    found = SERIAL.fullmatch(name)
    if found:
        return partial(SerialPort, found[1], LineSettings(int(found[2] or BAUDRATE)))
    raise ValueError(f'{name!r} is no MAVLink link: write udpin:0.0.0.0:14550, '
                     'udpout:192.168.1.20:14550, tcp:127.0.0.1:5760 or /dev/ttyUSB0:57600')
