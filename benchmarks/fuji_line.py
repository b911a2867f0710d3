# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""Line efficiency of a fuji_mx camera: 150 KB over a pseudo-terminal paced to 115200 baud 8E1."""

from __future__ import annotations

from collections.abc import Iterator
from statistics import median
from time import perf_counter

from line import TimedPort
from simulated import camera, picture
from table import cpu_time, Table

from camera_driver.devices.fuji_mx.session import AT_FIRST, FujiMxSession


def measure() -> Iterator[Table]:
    """Measure the transfer alone."""
    size = len(picture())
    with camera('--fuji-mx', '--paced') as simulated:
        port = TimedPort(simulated.port, AT_FIRST)
        session = FujiMxSession(port)
        session.login()
        counters = session.channel.counters
        bytes_before = counters.bytes_sent + counters.bytes_received
        frames_before = counters.frames_received
        port.turns.clear()
        port.leads.clear()
        cpu_before = cpu_time()
        start = perf_counter()
        data = session.picture(2, size)
        port.flush()
        elapsed = perf_counter() - start
        cpu = cpu_time() - cpu_before
        line = port.line
        carried = line.byte_time * (
            counters.bytes_sent + counters.bytes_received - bytes_before)
        frames = counters.frames_received - frames_before
        session.end()
        port.close()
    if data != picture():
        raise RuntimeError('the picture arrived with other bytes')
    ideal = size * line.byte_time
    yield Table(
        f'A picture of {size} bytes from a fuji_mx camera over a line paced to {line}',
        ('', 'value'), (
            ('efficiency [%]', 100 * ideal / elapsed),
            ('limit of the format [%]', 100 * ideal / carried),
            ("limit, with the simulated camera's turn-arounds [%]",
             100 * ideal / (elapsed - sum(port.turns))),
            ('time, request to last acknowledgement [s]', elapsed),
            ('payload alone on the line [s]', ideal),
            ('all bytes on the line [s]', carried),
            ('line idle, for each block [ms]', 1e3 * (elapsed - carried) / frames),
            ('host, from the end of a block to its ACK, median [ms]', 1e3 * median(port.turns)),
            ('... maximum [ms]', 1e3 * max(port.turns)),
            ('least delay of bytes against an ideal line [ms]', -1e3 * max(port.leads)),
            ('CPU time of the host [s]', cpu),
        ),
        'Efficiency: payload x 11 bits / (time x baud). Limit of the format: what escapes, the 11 '
        'bytes around each block of 512 and its ACK leave, with no pause anywhere. Turn-arounds: '
        'from an ACK to the next block the simulated camera and the pseudo-terminal take their '
        'time, too; what is left is the host.')
