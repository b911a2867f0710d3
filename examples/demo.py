# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""
The main job, end to end, with no hardware: what `make demo` runs.

Three processes: a rig of all five device types, simulated, the line of one camera paced to its
real speed; a subscriber that knows nothing of the driver; and this client, which knows the rig by
its ROS interface alone. The pictures are in demo_output/ afterwards.

    python3 examples/demo.py
"""

import argparse
from contextlib import contextmanager
import math
import os
from pathlib import Path
import shutil
import subprocess
import sys
import tempfile
import threading
import time

from contact_sheet import contact_sheet
import numpy as np
import rclpy
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from rclpy.parameter import Parameter
from rclpy.parameter_client import AsyncParameterClient
from rclpy.qos import DurabilityPolicy, QoSProfile
from sensor_msgs.msg import Image
from std_srvs.srv import Trigger
from tqdm import tqdm
import yaml

from camera_driver.action import DownloadImages
from camera_driver.host.process import environment
from camera_driver.msg import CameraStatus, CaptureEvent, Exposure
from camera_driver.nodes.rclpy_private import ThreadedActionClient
from camera_driver.nodes.spinning import Spinner
from camera_driver.pictures import image
from camera_driver.srv import Capture, ListImages, SelectCamera, SetExposure, Switch

ROOT = Path(__file__).resolve().parents[1]
OUTPUT = Path.cwd() / 'demo_output'
RIG = ROOT / 'config' / 'rig_all.yaml'
STILL, FUJI, AERIAL, VIDEO, MATRIX = DEVICES = ('nadir', 'oblique', 'survey', 'cockpit', 'matrix')
PATIENCE = 30.0  # s
KNOWN = 0.5  # s for a node to find a new client, too: what it answers before is lost
TRIES = 3  # for a subscriber to get a picture


def say(number, text):
    """Print a step."""
    print(f'\n\033[1m{number}. {text}\033[0m' if sys.stdout.isatty() else f'\n{number}. {text}',
          flush=True)


def tell(text):
    """Print what came of it."""
    print(f'   {text}', flush=True)


def seconds(stamp):
    """Return a ROS stamp as seconds."""
    return stamp.sec + stamp.nanosec / 1e9


class Client(Node):
    """Everything the demo asks of the rig's nodes."""

    def __init__(self):
        """Subscribe to what the nodes publish."""
        super().__init__('demo_client')
        self.statuses = {}
        self.events = {}  # shot_id -> event
        self.frames = {}  # camera -> newest image
        self.watched = set()
        self.services_used = {}  # name -> client
        self.changed = threading.Condition()
        latched = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)
        for name in DEVICES:
            self.hear(CameraStatus, f'{name}/status', self.statuses, lambda _, name=name: name,
                      latched)
        for name in (STILL, FUJI, AERIAL):
            self.hear(CaptureEvent, f'{name}/capture_event', self.events, lambda e: e.shot_id, 10)

    def hear(self, kind, topic, into, key, qos):
        """Subscribe and keep the newest message under its key."""
        def keep(message):
            with self.changed:
                into[key(message)] = message
                self.changed.notify_all()

        return self.create_subscription(kind, topic, keep, qos)

    def wait_for(self, what, condition):
        """Wait until something has been heard and return it."""
        with self.changed:
            if not self.changed.wait_for(condition, PATIENCE):
                raise SystemExit(f'demo: {what} did not come within {PATIENCE:g} s')
            return condition()

    def call(self, kind, name, **fields):
        """Call a service and return its answer."""
        client = self.services_used.get(name)
        if client is None:
            self.services_used[name] = client = self.create_client(kind, name)
            if not client.wait_for_service(PATIENCE):
                raise SystemExit(f'demo: the service {name} is not there')
            time.sleep(KNOWN)
        answer = client.call(kind.Request(**fields), timeout_sec=PATIENCE)
        if answer is None or not answer.success:
            raise SystemExit(f'demo: {name}: {answer.message if answer else "no answer"}')
        return answer

    def set(self, camera, name, value):
        """Set a parameter and say what the node answered."""
        parameters = AsyncParameterClient(self, camera)
        if not parameters.wait_for_services(PATIENCE):
            raise SystemExit(f'demo: {camera} has no parameters')
        time.sleep(KNOWN)
        future = parameters.set_parameters([Parameter(name, value=value)])
        result = wait(future).results[0]
        return 'accepted' if result.successful else f'refused: {result.reason}'

    def shoot(self, camera):
        """Take a picture and say what its event tells."""
        before = time.time()
        shot = self.call(Capture, f'{camera}/capture', wait=True)
        answered = time.time() - before
        event = self.wait_for('the event of the shot', lambda: self.events.get(shot.shot_id))
        stored = f'image {shot.image_index}' if shot.image_index > 0 else (
            'stored in the camera, which does not say as what')
        tell(f'{shot.shot_id}: {stored}')
        tell(f'exposed {seconds(event.header.stamp) - before:.3f} s after the call '
             f'(+/- {event.stamp_uncertainty * 1000:.1f} ms), answered after {answered:.3f} s: '
             'the stamp is of the exposure')
        return shot

    def set_exposure(self, camera, exposure_time, f_number=math.nan, iso=math.nan):
        """Set the exposure to what is nearest to this and say what the camera holds."""
        held = self.call(SetExposure, f'{camera}/set_exposure', nearest=True, exposure=Exposure(
            exposure_time=exposure_time, f_number=f_number, iso=iso)).exposure
        words = [f'1/{1 / held.exposure_time:.0f} s']
        words += [f'f/{held.f_number:.1f}'] * (not math.isnan(held.f_number))
        words += [f'ISO {held.iso:.0f}'] * (not math.isnan(held.iso))
        return ', '.join(words)

    def download(self, camera, text, **fields):
        """Run the download action under a progress bar and return its result."""
        client = ThreadedActionClient(self, DownloadImages, f'{camera}/download_images')
        bar = tqdm(desc=f'   {text}', unit='B', unit_scale=True, leave=True, file=sys.stdout,
                   ascii=True, ncols=78, mininterval=0.5 if sys.stdout.isatty() else 600.0)

        def feedback(message):
            done = message.feedback
            bar.total = done.bytes_total or None
            bar.update(done.bytes_done - bar.n)

        if not client.wait_for_server(PATIENCE):
            raise SystemExit(f'demo: {camera} has no action download_images')
        time.sleep(KNOWN)
        goal = wait(client.send_goal_async(DownloadImages.Goal(**fields), feedback))
        if not goal.accepted:
            raise SystemExit(f'demo: {camera} rejected the download; its log says why')
        result = wait(goal.get_result_async(), 120.0).result
        if bar.total:
            bar.update(bar.total - bar.n)
        bar.close()
        if not result.success:
            raise SystemExit(f'demo: download: {result.message}')
        return result

    def see(self, camera, differs_from=None):
        """Return the next picture of a camera's video, (height, width, 3) RGB."""
        if camera not in self.watched:
            self.watched.add(camera)  # for good: another thread spins with what this one has
            self.hear(Image, f'{camera}/image_raw', self.frames, lambda _: camera, 1)
        with self.changed:
            self.frames.pop(camera, None)

        def picture():
            message = self.frames.get(camera)
            if message is None:
                return None
            pixels = np.frombuffer(message.data, np.uint8).reshape(
                message.height, message.width, 3)[..., ::-1]
            if differs_from is not None and abs(pixels.mean() - differs_from.mean()) < 5:
                return None
            return message, pixels

        message, pixels = self.wait_for(f'a picture of {camera}', picture)
        tell(f'/{camera}/image_raw: {message.width} x {message.height} {message.encoding} in '
             f'{message.header.frame_id}, mean brightness {pixels.mean():.0f}')
        return pixels


def wait(future, timeout=PATIENCE):
    """Wait for a future that another thread spins."""
    done = threading.Event()
    future.add_done_callback(lambda _: done.set())
    if not done.wait(timeout):
        raise SystemExit('demo: no answer from the node')
    return future.result()


@contextmanager
def running(name, *command):
    """Run a process; what it writes goes to a log file."""
    with (OUTPUT / f'{name}.log').open('w') as log:
        process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT,
                                   env=environment(0))  # it ends with this process
        try:
            yield process
        finally:
            process.terminate()
            process.wait(PATIENCE)


@contextmanager
def client():
    """Spin a client in a thread."""
    rclpy.init()
    node = Client()
    executor = SingleThreadedExecutor()
    executor.add_node(node)

    spinner = Spinner(executor, 'client')
    try:
        yield node
    finally:
        spinner.end()
        rclpy.try_shutdown()


def demo(ros, fast):
    """Run the steps."""
    start = time.monotonic()
    cells = []  # what is on the last sheet

    say(1, 'A rig of five devices, simulated, started by one command')
    tell(f'camera-driver up {RIG.relative_to(ROOT)} --simulate')
    for name in DEVICES:
        status = ros.wait_for(f'{name} READY', lambda name=name: (
            name in ros.statuses and ros.statuses[name].state == CameraStatus.READY
            and ros.statuses[name]))
        device = ' '.join(filter(None, (status.manufacturer, status.model,
                                        status.serial_number))) or 'does not say who it is'
        tell(f'/{name:8} {status.camera_type:8} READY: {device}')
    tell(f'all of them after {time.monotonic() - start:.1f} s')

    say(2, 'Settings are parameters, checked by the camera itself')
    for word in ('off', 'disco'):
        tell(f'/{STILL} flash_mode := {word:6} {ros.set(STILL, "flash_mode", word)}')

    say(3, 'A still camera: a picture by a service call')
    topic = f'/{STILL}/image_raw'
    with running('subscriber', sys.executable, str(ROOT / 'examples' / 'save_images.py'), topic,
                 os.path.relpath(OUTPUT), '1') as subscriber:
        tell(f'python3 examples/save_images.py {topic}   (another process, waiting)')
        shot = ros.shoot(STILL)
        end = time.monotonic() + PATIENCE
        while not ros.count_subscribers(topic) and time.monotonic() < end:
            time.sleep(0.1)
        time.sleep(KNOWN)

        say(4, 'Its download, by an action with progress; it is published too')
        began = time.monotonic()
        result = ros.download(STILL, 'picture', indices=[shot.image_index], publish=True)
        took = time.monotonic() - began
        picture = Path(result.files[0])
        for _ in range(TRIES):  # published before the node knew the subscriber: once more
            try:
                subscriber.wait(PATIENCE / TRIES)
                break
            except subprocess.TimeoutExpired:
                ros.download(STILL, 'picture', indices=[shot.image_index], publish=True)
        tell(f'{picture.name}: {picture.stat().st_size} bytes in '
             f'{took:.1f} s{"" if fast else " over 115200 baud"}')
        subscriber.wait(PATIENCE)
    tell('the subscriber: ' + (OUTPUT / 'subscriber.log').read_text().splitlines()[-1])
    cells.append((image.decode(picture.read_bytes()), f'{STILL}  sierra, a picture'))

    say(5, 'All its thumbnails, as a contact sheet')
    result = ros.download(STILL, 'thumbnails', thumbnails_only=True, directory='thumbnails')
    listed = ros.call(ListImages, f'{STILL}/list_images').images
    write_sheet('contact_sheet', [
        (image.decode(Path(file).read_bytes()),
         f'{entry.index}  {entry.name}  {entry.size / 1000:.0f} kB')
        for file, entry in zip(result.files, listed)], STILL, 4)

    say(6, 'Another still camera, by the same calls')
    shot = ros.shoot(FUJI)
    result = ros.download(FUJI, 'picture', indices=[shot.image_index])
    cells.append((image.decode(Path(result.files[0]).read_bytes()),
                  f'{FUJI}  fuji_mx, a picture'))
    tell(ros.call(Trigger, f'{FUJI}/take_preview').message)

    say(7, 'An aerial camera: exposure in real units, and a shot with its event')
    tell(f'asked for 1/1000 s, f/5.6, ISO 200; it holds '
         f'{ros.set_exposure(AERIAL, 0.001, 5.6, 200.0)}')
    ros.shoot(AERIAL)
    tell(ros.call(Switch, f'{AERIAL}/set_live_view', on=True).message.partition(';')[0])

    say(8, 'A video matrix: one frame grabber serves two cameras')
    tell(ros.call(SelectCamera, f'{MATRIX}/select_camera', camera=VIDEO).message)
    before = ros.see(VIDEO)
    cells.append((before, f'{VIDEO}  kp_fd30 through the matrix'))

    say(9, 'What a service call does, one sees')
    tell(f'exposure of /{VIDEO}: {ros.set_exposure(VIDEO, 0.002)}')
    after = ros.see(VIDEO, differs_from=before)
    cells.append((after, f'{VIDEO}  after a shorter exposure'))

    say(10, 'The matrix switches to the other camera')
    tell(ros.call(SelectCamera, f'{MATRIX}/select_camera', camera=AERIAL).message)
    cells.append((ros.see(AERIAL), f'{AERIAL}  ix_link through the matrix'))
    write_sheet('rig', cells, 'One rig, five devices', 3)

    say('Summary', 'everything arrived whole and was checked')
    for path in (picture, *sorted(OUTPUT.glob('*.png'))):
        pixels = image.decode(path.read_bytes())
        tell(f'{path.relative_to(OUTPUT.parent)}  {pixels.shape[1]} x {pixels.shape[0]}')
    tell(f'{time.monotonic() - start:.0f} s in all; logs beside them')


def write_sheet(name, cells, title, columns):
    """Write pictures as one."""
    path = OUTPUT / f'{name}.png'
    path.write_bytes(image.encode_png(contact_sheet(cells, title, columns, width=800)))
    tell(f'{path.name}: {len(cells)} pictures')


def main():
    """Run the demo in an own corner of ROS: its nodes meet no others."""
    parser = argparse.ArgumentParser(description=__doc__.strip().splitlines()[0])
    parser.add_argument('--domain', type=int, default=1 + os.getpid() % 100, help='of ROS')
    parser.add_argument('--fast', action='store_true', help='let no line be as slow as a real one')
    arguments = parser.parse_args()
    os.environ['ROS_DOMAIN_ID'] = str(arguments.domain)
    os.environ['ROS_AUTOMATIC_DISCOVERY_RANGE'] = 'LOCALHOST'
    shutil.rmtree(OUTPUT, ignore_errors=True)
    OUTPUT.mkdir()
    with tempfile.TemporaryDirectory(prefix='camera_driver_demo_') as home:
        os.environ['ROS_HOME'] = home
        rig = yaml.safe_load(RIG.read_text())
        for device in rig['devices']:
            if device['name'] in (STILL, FUJI):
                device['parameters']['download_directory'] = str(OUTPUT / device['name'])
            if arguments.fast:
                device['parameters'].pop('simulate_paced', None)
        path = Path(home, RIG.name)
        path.write_text(yaml.safe_dump(rig))
        with running('rig', sys.executable, '-m', 'camera_driver.cli.main', 'up', str(path),
                     '--simulate'), client() as ros:
            demo(ros, arguments.fast)


if __name__ == '__main__':
    main()
