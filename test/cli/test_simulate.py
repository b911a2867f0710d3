# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
import json
import os
import signal
from urllib.error import HTTPError
from urllib.request import urlopen

from helpers import wait_until
import pytest

from camera_driver.devices.ix_link.simulator.simulator import IxLinkSimulator
from camera_driver.devices.kp_fd30.simulator.simulator import KpFd30Simulator
from camera_driver.sim.mjpeg import MOST_CLIENTS, serving
from camera_driver.video.reader import State, VideoReader
from camera_driver.video.sources import Capture


@pytest.mark.parametrize('number', [signal.SIGINT, signal.SIGTERM])
def test_runs_until_it_is_told_to_end(started, command, tmp_path, number):
    link = tmp_path / 'camera'
    process = started('simulate', 'sierra', '--link', link)
    assert process.stdout.readline() == (
        f'A simulated sierra device is at {link} (19200 8N1). Ctrl-C ends it.\n')
    assert process.stdout.readline() == (
        f'In another terminal:  camera-driver sierra --port {link} info\n')
    assert command('sierra', '--port', link, 'info').code == 0
    process.send_signal(number)
    assert process.communicate() == ('', '')
    assert process.returncode == 0
    assert not os.path.lexists(link)


def test_json_and_faults(started, command):
    process = started('simulate', 'sierra', '--fault', 'to-host:flip=0.2', '--seed', 3,
                      '--json')
    port = json.loads(process.stdout.readline())['port']
    assert command('sierra', '--port', port, 'list').code == 0
    process.send_signal(signal.SIGINT)
    out, err = process.communicate()
    faults = json.loads(out)['faults']
    assert set(faults) == {'to-host'} and faults['to-host']['flip'] > 0
    assert err == ''


def test_a_model_and_other_options(started, command, tmp_path):
    link = tmp_path / 'camera'
    process = started('simulate', 'sierra', '--link', link, '--model', 'agfa-307', '--battery', 12)
    process.stdout.readline()
    document = command('sierra', '--port', link, '--json', 'info').document
    assert (document['identity']['model'], document['status']['battery']) == ('ePhoto 307', 0.12)
    process.send_signal(signal.SIGINT)
    assert process.communicate()[1] == ''


def test_each_type_has_the_options_of_its_simulator(command):
    assert '--model' in command('simulate', 'sierra', '--help').out
    assert '--model' not in command('simulate', 'kp_fd30', '--help').out
    assert '--front-panel' in command('simulate', 'intelix', '--help').out


@pytest.mark.parametrize('words, message', [
    (['toaster'], "invalid choice: 'toaster'"),
    ([], 'the following arguments are required: TYPE'),
    (['sierra', '--model', 'leica'], "--model: model: 'leica' is not allowed; allowed: generic"),
    (['sierra', '--battery', '101'], '--battery: battery: 101 is not allowed; allowed: 0 to 100'),
    (['sierra', '--fault', 'sideways:flip=0.1'],
     "'sideways' is not a direction; there are: to-host"),
    (['sierra', '--fault', 'flip=2'], 'flip=2.0: a rate is a probability from 0 to 1'),
    (['sierra', '--fault', 'melt=0.1'], 'no such fault: melt; there are: lose, cut'),
    (['sierra', '--fault', 'flip'], "'flip': write KIND=RATE, such as flip=0.01"),
    (['sierra', '--seed', 'x'], "invalid int value: 'x'"),
])
def test_wrong_arguments(command, words, message):
    result = command('simulate', *words)
    assert result.code == 2
    assert message in result.error


def test_a_link_that_cannot_be_made(command, tmp_path):
    result = command('simulate', 'sierra', '--link', tmp_path / 'absent' / 'camera')
    assert result.code == 3
    assert 'No such file or directory; give another path' in result.error


def test_video(started, command):
    process = started('simulate', 'kp_fd30', '--video', 0, '--json')
    camera = json.loads(process.stdout.readline())
    frames = []
    reader = VideoReader(Capture(camera['video']).make, frames.append, retry_delay=0.1)
    reader.start()
    wait_until(lambda: frames)
    assert frames[0].pixels.shape == (480, 640, 3)
    before = frames[0].pixels[120:400].mean()
    assert command('kp_fd30', '--port', camera['port'], 'exposure', '--time', 0.002,
                   '--nearest').code == 0
    wait_until(lambda: frames[-1].pixels[120:400].mean() < 0.7 * before)
    process.send_signal(signal.SIGINT)
    assert process.communicate() == ('', '') and process.returncode == 0
    wait_until(lambda: reader.state is State.LOST)
    reader.stop()


def test_video_for_more_than_there_are_places_for():
    def watched():
        try:
            urlopen(url, timeout=60.0).close()
        except HTTPError as error:
            assert f'{MOST_CLIENTS} clients are watching' in str(error)
            return False
        return True

    with serving(KpFd30Simulator(), 0) as url:
        streams = [urlopen(url, timeout=60.0) for _ in range(MOST_CLIENTS)]  # nobody reads them
        assert not watched()
        streams.pop().close()
        wait_until(watched)


def test_video_of_live_view_that_is_off():
    simulator = IxLinkSimulator()
    with serving(simulator, 0) as url:
        with pytest.raises(HTTPError, match='is live view on'):
            urlopen(url, timeout=60.0)
        simulator.live_view = True
        with urlopen(url, timeout=60.0) as stream:
            assert stream.readline() == b'--frame\r\n'
            simulator.live_view = False
            stream.read()  # it ends


def test_video_that_cannot_be(command):
    result = command('simulate', 'sierra', '--video', 0)
    assert result.code == 2 and 'this device has no video output' in result.error
    with serving(IxLinkSimulator(), 0) as url:
        result = command('simulate', 'kp_fd30', '--video', url.rstrip('/').rpartition(':')[2])
    assert result.code == 3 and 'Address already in use; give another one' in result.error
    result = command('simulate', 'kp_fd30', '--video', 70000)
    assert result.code == 3 and 'give another one' in result.error
