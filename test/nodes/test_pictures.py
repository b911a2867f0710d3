# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""Pictures that captures ask for: fetched whatever comes between, and told on ~/pictures."""

import hashlib
from pathlib import Path

from helpers import wait_until
from node_rig import rig, sierra
import pytest
from rclpy.qos import DurabilityPolicy
from sensor_msgs.msg import CompressedImage

from camera_driver.action import CaptureSequence, DownloadImages
from camera_driver.msg import PictureReport
from camera_driver.nodes.abilities import download
from camera_driver.nodes.abilities.records import Records
from camera_driver.nodes.sierra_node import SierraNode
from camera_driver.srv import Capture, DeleteImages

GET_DATA = b'\x04\x0e'
ERASE_FRAME = b'\x02\x07'


def make(tmp_path, simulator, **parameters):
    return rig(SierraNode, simulator, tmp_path, **parameters)


def reports_of(one):
    """Listen as one who comes late."""
    return one.listen(PictureReport, 'pictures', durability=DurabilityPolicy.TRANSIENT_LOCAL)


def capture(one):
    """Take a picture that is to be fetched, and return its shot_id."""
    response = one.call(Capture, 'capture', wait=True, download=True)
    assert response.success, response.message
    return response.shot_id


def silence(one):
    """Let the camera not answer downloads, until it is calmed."""
    one.terminal.do(lambda: one.simulator.misbehave('silence', 1000, command=GET_DATA))


def calm(one):
    one.terminal.do(one.simulator.faults.pending.clear)


def lose_in_transfer(one, reports):
    """Take a picture and lose the line while it is fetched; return its shot_id."""
    silence(one)
    shot_id = capture(one)
    wait_until(lambda: GET_DATA in one.simulator.log)
    one.terminal.unplug()
    wait_until(lambda: reports)
    assert (reports[0].outcome, reports[0].shot_id) == ('waiting', shot_id)
    calm(one)
    return shot_id


def done(reports):
    return [(one.shot_id, one.outcome) for one in reports if one.outcome != 'waiting']


def test_a_late_listener_hears_what_became_of_each_picture(tmp_path):
    with make(tmp_path, sierra()) as one:
        compressed = one.listen(CompressedImage, 'image_raw/compressed')
        shot_id = capture(one)
        wait_until(lambda: compressed)
        one.act(DownloadImages, 'download_images', indices=[1])
        reports = reports_of(one)
        wait_until(lambda: len(reports) == 2)
        shot, old = reports
        data = one.simulator.frames[3].data
        assert (shot.outcome, shot.shot_id, shot.image_index) == ('downloaded', shot_id, 4)
        assert shot.name == one.simulator.frames[3].name and shot.published
        assert shot.size == len(data) and shot.sha256 == hashlib.sha256(data).hexdigest()
        assert Path(shot.path).read_bytes() == data
        assert shot.header == compressed[0].header and shot.stamp_source == 'trigger'
        assert (old.shot_id, old.stamp_source, old.header.frame_id) == ('', '', '')
        assert (old.header.stamp.sec, old.image_index, old.published) == (0, 1, False)


def test_a_line_that_is_lost_in_the_transfer(tmp_path):
    with make(tmp_path, sierra()) as one:
        reports = reports_of(one)
        compressed = one.listen(CompressedImage, 'image_raw/compressed')
        shot_id = lose_in_transfer(one, reports)
        assert shot_id in one.node.supervisor.last_error
        one.terminal.replug()
        wait_until(lambda: done(reports) and compressed)
        assert done(reports) == [(shot_id, 'downloaded')]
        assert bytes(compressed[0].data) == one.simulator.frames[3].data


def test_a_restart_and_numbers_that_have_moved(tmp_path):
    simulator = sierra()
    with make(tmp_path, simulator) as one:
        shot_id = lose_in_transfer(one, reports_of(one))
    simulator.frames.pop(0)  # by hand
    with make(tmp_path, simulator) as one:
        reports = reports_of(one)
        wait_until(lambda: reports)
        assert done(reports) == [(shot_id, 'downloaded')] and reports[0].image_index == 3
        assert Path(reports[0].path).read_bytes() == simulator.frames[2].data


def test_a_picture_that_is_gone(tmp_path):
    with make(tmp_path, sierra()) as one:
        reports = reports_of(one)
        shot_id = lose_in_transfer(one, reports)
        one.simulator.frames.pop(3)
        one.terminal.replug()
        wait_until(lambda: done(reports))
        assert done(reports) == [(shot_id, 'gone')]


def test_one_that_the_camera_refuses_does_not_hold_up_the_others(tmp_path, monkeypatch):
    monkeypatch.setattr(download, 'RETRY_DELAY', 0.01)
    with make(tmp_path, sierra()) as one:
        reports = reports_of(one)
        one.terminal.do(lambda: one.simulator.misbehave('refuse', 3, command=GET_DATA))
        first = capture(one)
        wait_until(lambda: done(reports))
        second = capture(one)
        wait_until(lambda: len(done(reports)) == 2)
        assert done(reports) == [(first, 'failed'), (second, 'downloaded')]
        assert one.act(DownloadImages, 'download_images', indices=[4]).success
        wait_until(lambda: len(done(reports)) == 3)
        assert done(reports)[2] == (first, 'downloaded')


def test_a_disk_that_is_no_use_for_a_while(tmp_path, monkeypatch):
    monkeypatch.setattr(download, 'RETRY_DELAY', 0.05)
    folder = tmp_path / 'pictures'
    folder.write_text('in the way')
    with make(tmp_path, sierra()) as one:
        reports = reports_of(one)
        shot_id = capture(one)
        wait_until(lambda: reports)
        assert reports[0].outcome == 'waiting' and 'is a file' in reports[0].message
        folder.unlink()
        wait_until(lambda: done(reports))
        assert done(reports) == [(shot_id, 'downloaded')] and len(reports) == 2


def test_a_sequence_and_a_node_that_is_not_active(tmp_path):
    with make(tmp_path, sierra()) as one:
        reports = reports_of(one)
        silence(one)
        shots = [*one.act(CaptureSequence, 'capture_sequence', count=2, download=True).shot_ids]
        one.node.trigger_deactivate()
        calm(one)
        one.terminal.unplug()
        one.terminal.replug()
        wait_until(lambda: one.node.supervisor.reconnects and one.node.connected)
        assert not done(reports)
        one.node.trigger_activate()
        wait_until(lambda: len(done(reports)) == 2)
        assert sorted(done(reports)) == [(shot, 'downloaded') for shot in sorted(shots)]


def test_a_doubtful_deletion_is_settled_after_the_reconnect(tmp_path):
    with make(tmp_path, sierra(), allow_delete=True) as one:
        one.terminal.do(lambda: one.simulator.misbehave('silence', 1000, command=ERASE_FRAME))
        running = one.begin(DeleteImages, 'delete_images', indices=[2], without_copy=True)
        wait_until(lambda: any(command.startswith(ERASE_FRAME)
                               for command in [*one.simulator.log]))
        one.terminal.unplug()
        assert one.result(running).outcome_unknown
        assert one.node.part(Records).counters.doubts == 1
        calm(one)
        one.terminal.replug()
        wait_until(lambda: one.node.supervisor.reconnects and one.node.connected)
        assert one.node.part(Records).counters.doubts == 0
        assert len(one.simulator.frames) == 3


@pytest.mark.parametrize('folder', ['', 'flight/7'])
def test_an_image_of_unknown_time_has_topics_of_its_own(tmp_path, folder):
    with make(tmp_path, sierra()) as one:
        timed = one.listen(CompressedImage, 'image_raw/compressed')
        untimed = one.listen(CompressedImage, 'untimed/image_raw/compressed')
        one.act(DownloadImages, 'download_images', indices=[1], publish=True, directory=folder)
        capture(one)
        wait_until(lambda: timed and untimed)
        assert len(timed) == len(untimed) == 1
        assert bytes(untimed[0].data) == one.simulator.frames[0].data
        assert untimed[0].header.frame_id == '' and untimed[0].header.stamp.sec == 0
        assert timed[0].header.frame_id and timed[0].header.stamp.sec > 0
