# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""Several cameras, several links, signatures, the file, and links by their names."""

import logging

from mavlink.station import Rig, Station
from pymavlink.dialects.v20 import common as mavlink
import pytest

from camera_driver.errors import StorageError
from camera_driver.mavlink.camera import Shot
from camera_driver.mavlink.images import Images, Store
from camera_driver.mavlink.links import opener
from camera_driver.mavlink.system import read_key

KEY = bytes(range(32))


def test_each_camera_is_a_component_of_its_own(tmp_path):
    rig = Rig(tmp_path, ['/nadir', '/left', '/right'])
    station = Station(rig)
    rig.run(0.1)
    assert sorted(one.get_srcComponent() for one in station.all('HEARTBEAT')) == [100, 101, 102]
    station.command(mavlink.MAV_CMD_IMAGE_START_CAPTURE, 0, 0, 1, 1, component=101)
    station.command(mavlink.MAV_CMD_IMAGE_START_CAPTURE, 0, 0, 1, 2, component=0)
    rig.run(1)
    # The second is for all; the one that was at work says so.
    assert [len(one.taken) for one in rig.cameras.values()] == [1, 1, 1]
    assert {one.get_srcComponent() for one in station.all('CAMERA_IMAGE_CAPTURED')} == {
        100, 101, 102}
    rig.store.close()


def test_a_camera_keeps_its_id_when_others_come_and_go(tmp_path):
    store = Store(tmp_path / 'file')
    assert store.components(['b', 'a']) == {'b': 100, 'a': 101}
    assert store.components(['c', 'a']) == {'c': 102, 'a': 101}
    assert store.components(['d', 'e', 'f']) == {'d': 103, 'e': 104, 'f': 105}
    assert store.components(['g', 'c']) == {'g': 101, 'c': 102}  # the first by name that is gone
    with pytest.raises(ValueError, match='7 cameras: MAVLink has ids for 6'):
        store.components([*'abcdefg'])
    store.close()


def test_a_file_that_fails_does_not_end_the_flight(tmp_path, caplog):
    with pytest.raises(StorageError, match='name another one'):
        Store(tmp_path)
    rig = Rig(tmp_path)
    station = Station(rig)
    rig.component.shot(Shot('a', True, 1.8e9))
    rig.store.close()
    with caplog.at_level(logging.ERROR):
        rig.component.shot(Shot('b', True, 1.8e9))
    assert 'make room' in caplog.text
    station.command(2002, 1)
    assert [one.image_index for one in station.all('CAMERA_IMAGE_CAPTURED')] == [0, 1, 1]


def test_orders_of_long_ago_are_forgotten(tmp_path):
    store = Store(tmp_path / 'file')
    images = Images(store, 'nadir')
    images.order('a', 10.0)
    images.order('b', 20.0)
    assert images.orders(15.0) == ['b']
    assert Images(store, 'left').orders(0.0) == []
    store.close()


def test_with_a_key_only_what_is_signed_is_heard(tmp_path):
    rig = Rig(tmp_path)
    signed, unsigned, wrong, plain = (
        Station(rig, 255, key=KEY, link_key=KEY), Station(rig, 254, link_key=KEY),
        Station(rig, 253, key=KEY[::-1], link_key=KEY), Station(rig, 252))
    rig.run(0.1)
    for station in (signed, unsigned, wrong, plain):
        station.command(mavlink.MAV_CMD_REQUEST_MESSAGE, 259)
    assert signed.all('CAMERA_INFORMATION')[0]._signed
    assert unsigned.all('COMMAND_ACK') == wrong.all('COMMAND_ACK') == []
    assert plain.results(mavlink.MAV_CMD_REQUEST_MESSAGE) == [0]
    # The same frame once more, as somebody who has recorded it might send it.
    command = mavlink.MAVLink_command_long_message(
        1, 100, mavlink.MAV_CMD_IMAGE_START_CAPTURE, 0, 0, 0, 1, 0, 0, 0, 0)
    frame = signed.frame(command)
    for _ in range(2):
        signed.transmit(frame)
        rig.run(6)
    assert len(rig.camera.taken) == 1
    rig.store.close()


def test_a_key_is_read_from_a_file(tmp_path):
    file = tmp_path / 'key'
    with pytest.raises(StorageError, match='signing key'):
        read_key(file)
    file.write_text('secret')
    with pytest.raises(ValueError, match='64 hexadecimal digits'):
        read_key(file)
    file.write_text(KEY.hex() + '\n')
    assert read_key(file) == KEY


@pytest.mark.parametrize('name', ['', 'udpin:14550', 'udp:1.2.3.4:5', 'tcp:host:70000', 'ttyUSB0'])
def test_a_link_that_is_none_is_named(name):
    with pytest.raises(ValueError, match='is no MAVLink link: write udpin:'):
        opener(name)
