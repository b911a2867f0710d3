# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""The threads of a system: links of each kind at once, and what must not silence them."""

from contextlib import closing, ExitStack
import logging
import os
import pty
import select
import socket
import sqlite3
import time
import tty

from mavlink.udp_station import TIMEOUT, UdpStation
from pymavlink.dialects.v20 import common as mavlink
import pytest

from camera_driver.mavlink import images
from camera_driver.mavlink.camera import Shot, State
from camera_driver.mavlink.images import Store
from camera_driver.mavlink.service import Service


class Present:
    """A camera that is there, and is asked for nothing."""

    state = State(connected=True, manufacturer='Maker', model='Model')


def heartbeats(read, number):
    """Return the component ids of heartbeats that bytes bring."""
    codec = mavlink.MAVLink(None)
    codec.robust_parsing = True
    found = []
    end = time.monotonic() + TIMEOUT
    while len(found) < number:
        assert time.monotonic() < end
        found += [one.get_srcComponent() for one in codec.parse_buffer(read()) or ()
                  if one.get_type() == 'HEARTBEAT']
    return found


def test_links_of_each_kind_at_once(tmp_path):
    with ExitStack() as stack:
        out, first, second = (stack.enter_context(closing(UdpStation())) for _ in range(3))
        server = stack.enter_context(closing(socket.create_server(('127.0.0.1', 0))))
        server.settimeout(TIMEOUT)
        free = stack.enter_context(closing(UdpStation()))
        address = free.socket.getsockname()
        free.close()
        lines = stack.enter_context(ExitStack())  # closed when the service is
        near, far = pty.openpty()
        stack.callback(os.close, near)
        stack.callback(os.close, far)
        tty.setraw(near)
        stack.enter_context(closing(Service(
            1, lambda service: {'/a': Present(), '/b': Present()},
            [out.name, 'udpin:{}:{}'.format(*address), 'tcp:127.0.0.1:{}'.format(
                server.getsockname()[1]), f'{os.ttyname(far)}:57600', '/dev/none'],
            Store(tmp_path / 'store'))))

        line = lines.enter_context(closing(server.accept()[0]))
        line.settimeout(TIMEOUT)
        assert {*heartbeats(lambda: line.recv(4096), 2)} == {100, 101}

        def serial():
            assert select.select([near], [], [], TIMEOUT)[0]
            return os.read(near, 4096)
        assert {*heartbeats(serial, 2)} == {100, 101}

        # Who asks is answered by the way that it came, what is for all goes to all.
        for station in (first, second):
            station.vehicle = address
            station.send(mavlink.MAVLink_heartbeat_message(6, 8, 0, 0, 4, 3))
        for station in (out, first, second):
            station.wait('HEARTBEAT')
        out.command(mavlink.MAV_CMD_REQUEST_MESSAGE, 259, component=101)
        assert out.wait('CAMERA_INFORMATION').get_srcComponent() == 101
        first.wait('HEARTBEAT', number=4)
        assert first.all('CAMERA_INFORMATION') == []


def test_a_defect_does_not_end_the_heartbeats(tmp_path, caplog):
    with closing(UdpStation()) as station, closing(Service(
            1, lambda service: {'/a': Present()}, [station.name],
            Store(tmp_path / 'store'))) as service:
        with caplog.at_level(logging.ERROR):
            service.post(lambda: 1 / 0)
            station.wait('HEARTBEAT', number=2)
    assert 'ZeroDivisionError' in caplog.text


class Ready(Present):
    """A camera that takes a picture at once."""

    state = State(connected=True, manufacturer='Maker', model='Model')

    def __init__(self, post):
        self._post = post

    def capture(self, done):
        self._post(lambda: done(Shot('shot', True, 1.8e9)))


def test_a_disk_that_is_stuck_keeps_nobody_waiting(tmp_path, monkeypatch):
    monkeypatch.setattr(images, 'LOCK_TIMEOUT', 10 * TIMEOUT)
    with closing(UdpStation()) as station, ExitStack() as stack:
        stack.enter_context(closing(Service(
            1, lambda service: {'/a': Ready(service.post)}, [station.name],
            Store(tmp_path / 'store'))))
        station.wait('HEARTBEAT')
        # As a disk that does not end a write: the file belongs to somebody else.
        other = stack.enter_context(closing(sqlite3.connect(tmp_path / 'store')))
        other.execute('BEGIN IMMEDIATE')
        assert station.take() == mavlink.MAV_RESULT_ACCEPTED
        station.command(mavlink.MAV_CMD_REQUEST_MESSAGE, 261)
        station.wait('STORAGE_INFORMATION')
        station.wait('HEARTBEAT', number=len(station.all('HEARTBEAT')) + 2)
        assert station.all('CAMERA_IMAGE_CAPTURED') == []  # its number is not sure yet
        other.rollback()
        assert station.wait('CAMERA_IMAGE_CAPTURED').image_index == 0
    with closing(Store(tmp_path / 'store')) as store:
        assert images.Images(store, '/a').count == 1


def test_a_link_that_is_none_is_refused_before_anything_begins(tmp_path):
    with closing(Store(tmp_path / 'store')) as store, pytest.raises(ValueError, match='no MAVL'):
        Service(1, lambda service: {}, ['nowhere'], store)
