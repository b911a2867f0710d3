# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""Line efficiency: a picture of 150 KB over a pseudo-terminal paced to 115200 baud."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter

from programs import BAUDRATE, programs
from simulated import camera, large_picture, picture
from table import cpu_time, Table

from camera_driver.devices.sierra.registers import NUMBER
from camera_driver.devices.sierra.session import SierraSession
from camera_driver.devices.sierra.wakeup import WAKE_UP
from camera_driver.link.port import LineSettings, SerialPort

BITS = 10  # of a byte on the line
ACK = b'\6'  # in the sierra and in the fuji_mx protocol


class TimedPort(SerialPort):
    """Remembers when bytes came and went."""

    def __init__(self, name: str, line: LineSettings) -> None:
        super().__init__(name, line)
        self.turns: list[float] = []  # s from the last byte of a packet to its ACK on the line
        self.leads: list[float] = []  # s by which bytes came before the line could carry them
        self._asked = self._heard = 0.0  # when the last ACK left, when something came last
        self._since = 0  # bytes since that ACK

    def read(self, timeout: float) -> bytes:
        """Read, and compare with what a line could have carried by then."""
        data = super().read(timeout)
        self._heard = perf_counter()
        if data and self._asked:
            self._since += len(data)
            self.leads.append((1 + self._since) * self.line.byte_time
                              - (self._heard - self._asked))
        return data

    def write(self, data: bytes) -> None:
        """Write, and take the time of an ACK."""
        asked = perf_counter()
        super().write(data)
        if data == ACK:
            self.turns.append(perf_counter() - self._heard)
            self._asked, self._since = asked, 0


def measure() -> Iterator[Table]:
    """Measure the transfer alone, then whole commands one after the other."""
    size = len(picture())
    with camera('--paced') as simulated:
        yield _transfer(simulated.port, size, size * BITS / BAUDRATE)
        yield _commands(simulated.port, 2, size)
    with camera('--paced', '--large') as simulated:
        yield _commands(simulated.port, 3, len(large_picture()))


def _commands(port: str, index: int, size: int) -> Table:
    ideal = size * BITS / BAUDRATE
    with TemporaryDirectory() as directory:
        rows = []
        for name, download in programs(port, Path(directory) / 'run').items():
            run = download(index)
            rows.append((name, run.wall, 100 * ideal / run.wall, run.cpu))
    return Table(
        f'The whole command, {size} bytes at {BAUDRATE} baud, the same camera',
        ('command', 'time [s]', 'efficiency [%]', 'CPU [s]'), rows,
        f'Start of the program, log-in and all that it asks included; ideal: {ideal:.3f} s.')


def _transfer(name: str, size: int, ideal: float) -> Table:
    port = TimedPort(name, WAKE_UP)
    session = SierraSession(port, BAUDRATE)
    session.login()
    session.read_int(NUMBER['frames_taken'])
    counters = session.channel.counters
    bytes_before = counters.bytes_sent + counters.bytes_received
    frames_before = counters.frames_received
    port.turns.clear()
    port.leads.clear()
    cpu_before = cpu_time()
    start = perf_counter()
    data = session.read_frame_data(2, NUMBER['frame_data'], limit=size, expected=size)
    port.flush()
    elapsed = perf_counter() - start
    cpu = cpu_time() - cpu_before
    session.end()
    port.close()
    if data != picture():
        raise RuntimeError('the picture arrived with other bytes')
    carried = (counters.bytes_sent + counters.bytes_received - bytes_before) * BITS / BAUDRATE
    frames = counters.frames_received - frames_before
    return Table(
        f'A picture of {size} bytes over a line paced to {BAUDRATE} baud', ('', 'value'), (
            ('efficiency [%]', 100 * ideal / elapsed),
            ('limit of the format [%]', 100 * ideal / carried),
            ('time, request to last acknowledgement [s]', elapsed),
            ('payload alone on the line [s]', ideal),
            ('all bytes on the line [s]', carried),
            ('line idle, for each packet [ms]', 1e3 * (elapsed - carried) / frames),
            ('host, from the end of a packet to its ACK, median [ms]', 1e3 * median(port.turns)),
            ('... maximum [ms]', 1e3 * max(port.turns)),
            ('least delay of bytes against an ideal line [ms]', -1e3 * max(port.leads)),
            ('CPU time of the host [s]', cpu),
        ),
        'Efficiency: payload x 10 bits / (time x baud). The request begins with the selection of '
        'the picture. Line idle: host and simulated camera together, of which the pauses in '
        'front of and within the two commands (sierra.md 5.8) are 8 ms in all. A negative delay '
        'would mean that the simulated line is too fast.')
