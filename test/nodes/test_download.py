# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""Downloads, lists, deletion, previews: a sierra camera's memory behind its node, over DDS."""

from datetime import timezone
import threading

from helpers import wait_until
from node_rig import rig, sierra
import numpy as np
import pytest
from rcl_interfaces.msg import Log
from sensor_msgs.msg import CompressedImage, Image
from std_srvs.srv import Trigger

from camera_driver.action import DownloadImages
from camera_driver.nodes.sierra_node import SierraNode
from camera_driver.pictures.image import decode
from camera_driver.srv import Capture, Command, DeleteImages, ListImages, ProtectImage

GET_DATA = b'\x04\x0e'  # frame_data
SLOW = 9600  # baud: a picture of 10 KB takes 10 s, unless it is cancelled


def make(tmp_path, simulator=None, **parameters):
    simulator = simulator or sierra()
    return rig(SierraNode, simulator, tmp_path, **parameters)


@pytest.fixture
def camera(tmp_path):
    with make(tmp_path, allow_delete=True) as one:
        yield one


def files(one):
    return {str(path.relative_to(one.folder / 'pictures')): path.read_bytes()
            for path in (one.folder / 'pictures').rglob('*') if path.is_file()}


def stored(one):
    return {frame.name: frame.data for frame in one.simulator.frames}


def misbehave(one, what, **how):
    one.terminal.do(lambda: one.simulator.misbehave(what, **how))


def test_all_then_only_what_is_new(camera):
    feedback = []
    result = camera.act(DownloadImages, 'download_images', feedback.append)
    assert result.success, result.message
    assert files(camera) == stored(camera)
    assert sorted(result.files) == sorted(
        str(camera.folder / 'pictures' / name) for name in stored(camera))
    total = sum(map(len, stored(camera).values()))
    wait_until(lambda: feedback and feedback[-1].number == 3)
    assert (feedback[-1].bytes_done, feedback[-1].bytes_total) == (total, total)
    assert feedback[-1].rate > 0 and feedback[-1].count == 3
    again = camera.act(DownloadImages, 'download_images')
    assert again.success and not again.files
    camera.terminal.do(camera.simulator.press_shutter)
    new = camera.act(DownloadImages, 'download_images')
    assert len(new.files) == 1 and files(camera) == stored(camera)


def test_known_after_restart(tmp_path):
    simulator = sierra()
    with make(tmp_path, simulator) as one:
        assert len(one.act(DownloadImages, 'download_images', indices=[1, 3]).files) == 2
    with make(tmp_path, simulator) as one:
        result = one.act(DownloadImages, 'download_images')
        assert [path.rsplit('/')[-1] for path in result.files] == [simulator.frames[1].name]


def test_shots_of_an_earlier_run_keep_their_stamps(tmp_path):
    simulator = sierra()
    with make(tmp_path, simulator) as one:
        shot = one.call(Capture, 'capture', wait=True)
        assert shot.image_index == 4
    with make(tmp_path, simulator) as one:
        one.terminal.do(lambda: simulator.frames.pop(0))  # by hand, after it was looked up
        compressed = one.listen(CompressedImage, 'image_raw/compressed')
        one.act(DownloadImages, 'download_images', indices=[3], publish=True)
        wait_until(lambda: compressed)
        assert compressed[0].header.stamp == shot.stamp


def test_published_on_demand_with_an_unknown_time(camera):
    raw = camera.listen(Image, 'untimed/image_raw')
    compressed = camera.listen(CompressedImage, 'untimed/image_raw/compressed')
    camera.act(DownloadImages, 'download_images', indices=[1], publish=False)
    camera.act(DownloadImages, 'download_images', indices=[2], publish=True)
    wait_until(lambda: raw and compressed)
    assert len(raw) == len(compressed) == 1
    data = camera.simulator.frames[1].data
    assert bytes(compressed[0].data) == data
    pixels = np.frombuffer(raw[0].data, np.uint8).reshape(raw[0].height, raw[0].width, 3)
    assert np.array_equal(pixels, decode(data))
    assert raw[0].header.stamp.sec == 0  # not commanded here: nobody knows in ROS time
    assert raw[0].header.frame_id == ''  # nothing to look up a transform for


def test_thumbnails(camera):
    thumbnails = camera.listen(CompressedImage, 'thumbnail/compressed')
    result = camera.act(DownloadImages, 'download_images', thumbnails_only=True, publish=True)
    assert result.success and len(result.files) == 3, result.message
    wait_until(lambda: len(thumbnails) == 3)
    assert {decode(bytes(one.data)).shape for one in thumbnails} == {(120, 160, 3)}
    assert sorted(files(camera))[0] == 'P1010001_thumbnail.jpg'
    listed = camera.call(ListImages, 'list_images').images
    assert not any(one.downloaded for one in listed)


def test_folder_below_the_directory_and_never_outside(camera):
    result = camera.act(DownloadImages, 'download_images', indices=[1], directory='flight/7')
    assert result.success and list(files(camera)) == ['flight/7/P1010001.JPG']
    result = camera.act(DownloadImages, 'download_images', indices=[2], directory='../out')
    assert not result.success and 'leads out' in result.message
    assert list(result.failed) == [2]


def test_absent_index_is_named_and_nothing_downloaded(camera):
    result = camera.act(DownloadImages, 'download_images', indices=[1, 17])
    assert not result.success and 'image 17' in result.message
    assert not files(camera)
    assert not camera.send_goal(DownloadImages, 'download_images', indices=[0]).accepted


def test_hostile_name_stays_in_the_directory(camera):
    misbehave(camera, 'hostile_name', times=4)  # three are listed, one is downloaded
    result = camera.act(DownloadImages, 'download_images', indices=[1])
    assert list(files(camera)) == ['passwd'], result.message


@pytest.mark.parametrize('keep_odd', [False, True])
def test_a_picture_that_is_odd_in_the_camera_is_saved_as_such(tmp_path, keep_odd):
    simulator = sierra()
    data = simulator.frames[1].data
    odd = data[:len(data) // 2] + data[len(data) // 2 + 512:]
    simulator.frames[1].data = odd
    with make(tmp_path, simulator, keep_odd=keep_odd) as one:
        compressed = one.listen(CompressedImage, 'untimed/image_raw/compressed')
        result = one.act(DownloadImages, 'download_images', publish=True)
        assert result.success is keep_odd and not result.failed
        assert 'image 2 is odd in the camera' in result.message
        wait_until(lambda: len(compressed) == 2)
        assert {bytes(message.data) for message in compressed} == {
            simulator.frames[0].data, simulator.frames[2].data}
        assert files(one) == {'P1010001.JPG': simulator.frames[0].data, 'P1010002_odd.JPG': odd,
                              'P1010003.JPG': simulator.frames[2].data}


def test_cancel_ends_the_action_in_mid_picture_and_leaves_nothing(tmp_path):
    with make(tmp_path, sierra(max_speed=SLOW), baudrate=SLOW) as one:
        one.terminal.paced = True
        begun = threading.Event()
        goal = one.send_goal(DownloadImages, 'download_images', lambda _: begun.set(),
                             indices=[2])
        assert begun.wait(60)
        one.result(goal.cancel_goal_async())
        result = one.result(goal.get_result_async()).result
        assert not result.success and 'cancelled' in result.message
        assert one.node.worker.busy  # until the line is clean
        assert not files(one)
        one.terminal.paced = False
        wait_until(lambda: not one.node.worker.busy)
        assert one.call(ListImages, 'list_images').success


def test_cable_pulled_in_mid_picture(tmp_path):
    with make(tmp_path, sierra(max_speed=SLOW), baudrate=SLOW) as one:
        one.terminal.paced = True
        begun = threading.Event()
        goal = one.send_goal(DownloadImages, 'download_images', lambda _: begun.set())
        assert begun.wait(60)
        one.terminal.unplug()
        result = one.result(goal.get_result_async()).result
        assert not result.success and 'unplugged' in result.message, result.message
        assert not files(one)
        one.terminal.paced = False
        one.terminal.replug()
        wait_until(lambda: one.node.supervisor.reconnects and one.node.connected)
        result = one.act(DownloadImages, 'download_images')
        assert result.success, result.message
        assert files(one) == stored(one)


@pytest.mark.parametrize('policy', ['wait', 'abort', 'refuse'])
def test_capture_during_download(tmp_path, policy):
    simulator = sierra()
    with make(tmp_path, simulator, capture_during_download=policy) as one:
        one.terminal.paced = True
        begun = threading.Event()
        goal = one.send_goal(DownloadImages, 'download_images', lambda _: begun.set(),
                             indices=[2, 1])
        assert begun.wait(60)
        response = one.call(Capture, 'capture', wait=True)
        assert response.success == (policy != 'refuse'), response.message
        assert len(simulator.shots) == (policy != 'refuse')
        if policy == 'refuse':
            assert 'capture_during_download' in response.message
        if policy == 'abort':
            assert not files(one)  # the picture that was under way begins again
        one.terminal.paced = False
        result = one.result(goal.get_result_async()).result
        assert result.success and len(result.files) == 2, result.message
        assert all(data in stored(one).values() for data in files(one).values())


def test_second_download_and_deletion_are_refused_meanwhile(tmp_path):
    with make(tmp_path, allow_delete=True) as one:
        one.terminal.paced = True
        begun = threading.Event()
        goal = one.send_goal(DownloadImages, 'download_images', lambda _: begun.set(),
                             indices=[1, 2])
        assert begun.wait(60)
        log = one.listen(Log, '/rosout')
        assert not one.send_goal(DownloadImages, 'download_images').accepted
        wait_until(lambda: any('goal rejected: another download' in line.msg for line in log))
        deletion = one.begin(DeleteImages, 'delete_images', indices=[1], without_copy=True)
        # Its turn comes behind the first image, before the second.
        wait_until(lambda: 'deleting images' in [job.label for job in one.node.worker._waiting])
        one.terminal.paced = False
        deletion = one.result(deletion)
        assert one.result(goal.get_result_async()).result.success
        assert not deletion.success and 'a download is under way' in deletion.message
        assert deletion.deleted == 0 and len(one.simulator.frames) == 3


def test_images_that_changed_meanwhile_are_noticed(camera):
    camera.act(DownloadImages, 'download_images', indices=[1])
    simulator = camera.simulator

    def deleted_on_the_camera(_):
        # Between the list and the transfer of the first image.
        if simulator.frames[0].name == 'P1010001.JPG':
            camera.terminal.do(lambda: simulator.frames.pop(0))

    result = camera.result(camera.send_goal(
        DownloadImages, 'download_images', deleted_on_the_camera,
        indices=[2, 3]).get_result_async()).result
    assert not result.success and 'have changed' in result.message


@pytest.mark.parametrize('verify, times', [('none', 1), ('reread', 2)])
def test_reread_compares_two_downloads(tmp_path, verify, times):
    with make(tmp_path, verify=verify) as one:
        assert one.act(DownloadImages, 'download_images', indices=[1]).success
        assert one.simulator.log.count(GET_DATA) == times
        assert files(one) == {'P1010001.JPG': one.simulator.frames[0].data}


@pytest.mark.parametrize('directory, why', [('/proc/none', 'cannot be used'),
                                            ('/dev/null/pictures', 'is a file')])
def test_directory_that_cannot_be_written(tmp_path, directory, why):
    with make(tmp_path, download_directory=directory) as one:
        result = one.act(DownloadImages, 'download_images')
        assert not result.success and why in result.message
        assert list(result.failed) == [1, 2, 3]
        assert GET_DATA not in one.simulator.log  # found out before the transfer
        assert one.call(ListImages, 'list_images').success


def test_a_download_ends_when_the_node_is_deactivated(tmp_path):
    with make(tmp_path) as one:
        one.terminal.paced = True
        begun = threading.Event()
        goal = one.send_goal(DownloadImages, 'download_images', lambda _: begun.set())
        assert begun.wait(60)
        one.node.trigger_deactivate()
        one.terminal.paced = False
        result = one.result(goal.get_result_async()).result
        assert not result.success and 'deactivated' in result.message
        assert len(result.files) < 3


def test_list(camera):
    camera.act(DownloadImages, 'download_images', indices=[2])
    response = camera.call(ListImages, 'list_images')
    assert response.success
    assert [one.name for one in response.images] == list(stored(camera))
    assert [one.size for one in response.images] == [len(d) for d in stored(camera).values()]
    assert [one.downloaded for one in response.images] == [False, True, False]
    assert all(one.stamp.sec > 0 and one.thumbnail_size > 0 for one in response.images)


def test_protect_and_delete(camera):
    camera.act(DownloadImages, 'download_images', indices=[1])
    assert camera.call(ProtectImage, 'protect_image', index=3, write_protected=True).success
    response = camera.call(DeleteImages, 'delete_images', indices=[1, 2])
    assert not response.success and 'no copy of P1010002.JPG' in response.message
    assert len(stored(camera)) == 3
    response = camera.call(DeleteImages, 'delete_images', indices=[1, 2], without_copy=True)
    assert response.success and response.deleted == 2 and list(response.gone) == [1, 2]
    assert 'P1010002.JPG' in response.message and 'P1010001.JPG' not in response.message
    assert list(stored(camera)) == ['P1010003.JPG']
    response = camera.call(DeleteImages, 'delete_images', indices=[1], without_copy=True)
    assert not response.success and response.deleted == 0, response.message
    assert not response.outcome_unknown and list(response.kept) == [1]
    assert camera.call(DeleteImages, 'delete_images', all=True, without_copy=True).success
    assert list(stored(camera)) == ['P1010003.JPG']
    assert camera.call(ProtectImage, 'protect_image', index=1).success
    assert camera.call(DeleteImages, 'delete_images', all=True, without_copy=True).deleted == 1
    assert not stored(camera)


def test_all_but_the_protected_ones_are_deleted_and_counted(camera):
    camera.simulator.frames[1].protected = True
    done = camera.call(DeleteImages, 'delete_images', all=True, without_copy=True)
    assert done.success and done.deleted == 2 and list(done.gone) == [1, 3], done.message
    assert list(stored(camera)) == ['P1010002.JPG']


def test_a_deletion_may_say_what_it_expects(camera):
    wrong = ({'names': ['P1010001.JPG']}, {'sizes': [1]}, {'names': ['a', 'b']})
    for expected in wrong:
        response = camera.call(DeleteImages, 'delete_images', indices=[2], without_copy=True,
                               **expected)
        assert not response.success and not response.outcome_unknown, expected
    assert len(stored(camera)) == 3
    size = len(camera.simulator.frames[1].data)
    assert camera.call(DeleteImages, 'delete_images', indices=[2], names=['P1010002.JPG'],
                       sizes=[size], without_copy=True).success
    assert list(stored(camera)) == ['P1010001.JPG', 'P1010003.JPG']


def test_numbers_from_before_a_doubtful_deletion_are_refused(tmp_path):
    with make(tmp_path, allow_delete=True) as one:
        card, erased = one.simulator.camera.card, threading.Event()
        erase = card.erase

        def watched(frame):
            erase(frame)
            erased.set()

        one.terminal.do(lambda: setattr(card, 'erase', watched))
        one.terminal.do(lambda: one.simulator.misbehave('lose_ack_of_action', command=b'\x02\x07'))
        request = {'indices': [1, 2], 'without_copy': True}
        running = one.begin(DeleteImages, 'delete_images', **request)
        assert erased.wait(60)
        one.terminal.unplug()
        response = one.result(running)
        assert not response.success and response.outcome_unknown, response.message
        assert list(response.unknown) == [1, 2] and 'list the images' in response.message
        one.terminal.replug()
        wait_until(lambda: one.node.supervisor.reconnects and one.node.connected)
        again = one.call(DeleteImages, 'delete_images', **request)
        assert not again.success and 'list the images again' in again.message
        assert list(stored(one)) == ['P1010001.JPG', 'P1010003.JPG']
        assert one.call(ListImages, 'list_images').success
        assert one.call(DeleteImages, 'delete_images', **{**request, 'indices': [1]}).success
        assert list(stored(one)) == ['P1010003.JPG']


@pytest.mark.parametrize('request_, why', [
    ({}, 'nothing to delete'), ({'all': True, 'indices': [1]}, 'not both'),
    ({'indices': [9]}, 'no image 9'), ({'indices': [-1]}, 'no image -1')])
def test_bad_deletion_deletes_nothing(camera, request_, why):
    response = camera.call(DeleteImages, 'delete_images', **request_)
    assert not response.success and why in response.message
    assert len(stored(camera)) == 3


def test_deletion_is_locked_by_default(tmp_path):
    with make(tmp_path) as one:
        response = one.call(DeleteImages, 'delete_images', all=True)
        assert not response.success and 'allow_delete' in response.message
        assert len(stored(one)) == 3


def test_preview(camera):
    raw = camera.listen(Image, 'preview/image_raw')
    compressed = camera.listen(CompressedImage, 'preview/image_raw/compressed')
    response = camera.call(Trigger, 'take_preview')
    assert response.success, response.message
    wait_until(lambda: raw and compressed)
    assert bytes(compressed[0].data) == camera.simulator.preview
    assert len(stored(camera)) == 3


def test_stamps_say_what_the_clock_is_taken_for(camera, tmp_path):
    response = camera.call(ListImages, 'list_images')
    assert response.message == ("3 images, 0 of them downloaded; stamps: the camera's clock, "
                                'taken for UTC')
    taken = camera.simulator.frames[0].taken
    assert response.images[0].stamp.sec == taken.replace(tzinfo=timezone.utc).timestamp()
    with make(tmp_path / 'local', name='other', camera_clock='local') as other:
        response = other.call(ListImages, 'list_images')
        assert response.message.endswith('taken for local time')
        assert response.images[0].stamp.sec == taken.timestamp()


def test_clock(camera):
    response = camera.call(Command, 'sync_clock')
    assert response.success, response.message
    first = abs(int(response.message.split()[-3]))
    response = camera.call(Command, 'sync_clock')
    assert abs(int(response.message.split()[-3])) < 60 < first  # it was set to 2001
