# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""What is found of clock, disk, ROS 2 and shared memory."""

import math
from types import SimpleNamespace

import pytest

from camera_driver.doctor import computer
from camera_driver.doctor.findings import Level

NOW = 1_800_000_000.0


@pytest.mark.parametrize('now, wrong, level, words', [
    (NOW, 0.002, Level.OK, '2027-01-15 08:00:00 UTC, synchronised, within 2 ms'),
    (NOW, None, Level.OK, '2027-01-15 08:00:00 UTC'),
    (NOW, math.inf, Level.WARN, 'not synchronised'),
    (86400.0, 0.002, Level.ERROR, 'it stands at 1970-01-02')])
def test_clock(now, wrong, level, words):
    found = computer.clock(now, wrong)
    assert found.level is level and words in found.words


@pytest.mark.parametrize('left, level', [
    (5e9, Level.OK), (1e9, Level.WARN), (1e6, Level.ERROR)])
def test_disk(tmp_path, monkeypatch, left, level):
    monkeypatch.setattr('shutil.disk_usage', lambda path: SimpleNamespace(free=left))
    found = computer.disk(tmp_path / 'not' / 'yet', 'pictures')
    assert found.level is level and str(tmp_path) in found.words
    if level is not Level.OK:
        assert found.advice.startswith('make room')


def test_a_folder_that_is_a_file_or_cannot_be_written(tmp_path, monkeypatch):
    file = tmp_path / 'file'
    file.touch()
    assert computer.disk(file / 'pictures', 'pictures').words.endswith('is not a directory')
    monkeypatch.setattr('os.access', lambda *_: False)
    assert 'cannot be written' in computer.disk(tmp_path / 'pictures', 'pictures').words


def ros(**environment):
    return [(one.level, one.subject, one.words) for one in computer.ros(environment)
            if one.subject != 'ROS']


def test_variables_of_ros(monkeypatch, tmp_path):
    monkeypatch.setattr(computer, 'find_spec', lambda name: True)
    assert ros() == [(Level.OK, 'network', 'ROS_DOMAIN_ID=0')]
    assert ros(ROS_DOMAIN_ID='7') == [(Level.OK, 'network', 'ROS_DOMAIN_ID=7')]
    assert ros(ROS_DOMAIN_ID='120')[0][0] is Level.WARN
    for wrong in ('233', '-1', 'seven'):
        assert ros(ROS_DOMAIN_ID=wrong)[0][0] is Level.ERROR
    assert ros(RMW_IMPLEMENTATION='rmw_zenoh_cpp')[1][1] == 'middleware'
    assert ros(ROS_LOCALHOST_ONLY='1')[1][1] == 'network'
    assert ros(ROS_AUTOMATIC_DISCOVERY_RANGE='LOCALHOST')[1][1] == 'network'
    missing = ros(FASTRTPS_DEFAULT_PROFILES_FILE=str(tmp_path / 'none.xml'))
    assert missing[1][:2] == (Level.ERROR, 'large images')
    (tmp_path / 'mine.xml').touch()
    assert ros(FASTRTPS_DEFAULT_PROFILES_FILE=str(tmp_path / 'mine.xml'))[1][0] is Level.NOTE
    assert ros(FASTDDS_DEFAULT_PROFILES_FILE='x')[1][0] is Level.NOTE


@pytest.mark.parametrize('there, level', [
    ((), Level.NOTE), (('rclpy',), Level.ERROR), (('rclpy', 'camera_driver.msg'), Level.OK)])
def test_whether_ros_is_there(monkeypatch, there, level):
    monkeypatch.setattr(computer, 'find_spec', lambda name: name in there or None)
    assert next(computer.ros({'ROS_DISTRO': 'jazzy'})).level is level


@pytest.mark.parametrize('left, level', [
    (1 << 30, Level.OK), (64 << 20, Level.WARN), (1 << 20, Level.ERROR)])
def test_shared_memory(monkeypatch, left, level):
    monkeypatch.setattr('shutil.disk_usage', lambda path: SimpleNamespace(free=left))
    assert [one.level for one in computer.shared_memory()] == [level]


def test_no_shared_memory(tmp_path):
    assert [*computer.shared_memory(tmp_path / 'none')] == []
