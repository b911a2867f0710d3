# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""
The main job, end to end, with no hardware: what `make demo` runs.

Four processes: a simulated camera on a pseudo-terminal, its line paced to the real speed; the ROS
node that drives it; a subscriber that knows nothing of the driver; and this client.
"""

from contextlib import contextmanager
import os
from pathlib import Path
import shutil
import subprocess
import sys
import tempfile
import threading
import time

from ament_index_python.packages import get_package_prefix
import rclpy
from rclpy.action import ActionClient
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
from rclpy.node import Node
from rclpy.parameter import Parameter
from rclpy.parameter_client import AsyncParameterClient
from rclpy.qos import DurabilityPolicy, QoSProfile
from tqdm import tqdm

from camera_driver import image
from camera_driver.action import DownloadImages
from camera_driver.msg import CameraStatus, CaptureEvent
from camera_driver.srv import Capture, ListImages

OUTPUT = Path(__file__).resolve().parents[1] / 'demo_output'
CAMERA = 'demo_camera'
PATIENCE = 30.0  # s


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
    """Everything the demo asks of the camera's node."""

    def __init__(self):
        """Subscribe to what the node publishes."""
        super().__init__('demo_client')
        self.status = None
        self.events = []
        self.changed = threading.Condition()
        latched = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)
        self.create_subscription(CameraStatus, f'{CAMERA}/status', self.on_status, latched)
        self.create_subscription(CaptureEvent, f'{CAMERA}/capture_event', self.on_event, 10)
        self.parameters = AsyncParameterClient(self, CAMERA)
        self.downloads = ActionClient(self, DownloadImages, f'{CAMERA}/download_images')

    def on_status(self, message):
        """Keep the newest status."""
        with self.changed:
            self.status = message
            self.changed.notify_all()

    def on_event(self, message):
        """Keep the shots."""
        with self.changed:
            self.events.append(message)
            self.changed.notify_all()

    def wait_for(self, what, condition):
        """Wait until something has been heard."""
        with self.changed:
            if not self.changed.wait_for(condition, PATIENCE):
                raise SystemExit(f'demo: {what} did not come within {PATIENCE:g} s')

    def call(self, kind, name, **fields):
        """Call a service of the camera and return its answer."""
        client = self.create_client(kind, f'{CAMERA}/{name}')
        if not client.wait_for_service(PATIENCE):
            raise SystemExit(f'demo: the service {CAMERA}/{name} is not there')
        answer = client.call(kind.Request(**fields), timeout_sec=PATIENCE)
        self.destroy_client(client)
        if answer is None or not answer.success:
            raise SystemExit(f'demo: {name}: {answer.message if answer else "no answer"}')
        return answer

    def set(self, name, value):
        """Set a parameter and say what the node answered."""
        future = self.parameters.set_parameters([Parameter(name, value=value)])
        result = wait(future).results[0]
        return 'accepted' if result.successful else f'refused: {result.reason}'

    def download(self, text, **fields):
        """Run the download action under a progress bar and return its result."""
        bar = tqdm(desc=f'   {text}', unit='B', unit_scale=True, leave=True, file=sys.stdout,
                   ascii=True, ncols=78, mininterval=0.5 if sys.stdout.isatty() else 600.0)

        def feedback(message):
            done = message.feedback
            bar.total = done.bytes_total or None
            bar.update(done.bytes_done - bar.n)

        goal = wait(self.downloads.send_goal_async(DownloadImages.Goal(**fields), feedback))
        result = wait(goal.get_result_async(), 120.0).result
        if bar.total:
            bar.update(bar.total - bar.n)
        bar.close()
        if not result.success:
            raise SystemExit(f'demo: download: {result.message}')
        return result


def wait(future, timeout=PATIENCE):
    """Wait for a future that another thread spins."""
    done = threading.Event()
    future.add_done_callback(lambda _: done.set())
    if not done.wait(timeout):
        raise SystemExit('demo: no answer from the node')
    return future.result()


def until(what, condition):
    """Wait for something outside of ROS."""
    end = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > end:
            raise SystemExit(f'demo: {what} did not come within {PATIENCE:g} s')
        time.sleep(0.05)


@contextmanager
def running(name, *command):
    """Run a process; what it writes goes to a log file."""
    with (OUTPUT / f'{name}.log').open('w') as log:
        process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)
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

    def spin():
        try:
            executor.spin()
        except ExternalShutdownException:
            pass

    thread = threading.Thread(target=spin)
    thread.start()
    try:
        yield node
    finally:
        executor.shutdown()
        thread.join()
        rclpy.try_shutdown()


def demo(folder):
    """Run the steps; `folder` is for the port and the pictures under way."""
    port = folder / 'camera'
    sierra_node = Path(get_package_prefix('camera_driver'), 'lib/camera_driver/sierra_node')
    start = time.monotonic()

    say(1, 'A simulated camera on a serial line, paced to its real speed')
    with running('simulator', sys.executable, '-m', 'camera_driver.cli.main', 'simulate', 'sierra',
                 '--link', str(port), '--pace'), client() as ros:
        tell(f'camera-driver simulate sierra --link {port} --pace')
        until('the port', port.exists)

        say(2, 'The ROS 2 node that drives it')
        with running('node', str(sierra_node), '--ros-args', '-r', f'__node:={CAMERA}',
                     '-p', f'port:={port}', '-p', f'download_directory:={OUTPUT}',
                     '-p', f'ledger_file:={folder / "shots.sqlite3"}'):
            tell(f'ros2 run camera_driver sierra_node --ros-args -p port:={port}')
            ros.wait_for('READY', lambda: ros.status and ros.status.state == CameraStatus.READY)
            status = ros.status
            tell(f'READY after {time.monotonic() - start:.1f} s: {status.manufacturer} '
                 f'{status.model}, serial {status.serial_number}, battery '
                 f'{status.battery * 100:.0f} %, {status.images_stored} images stored')

            say(3, 'Settings are parameters, checked by the camera itself')
            tell(f'flash_mode := off          {ros.set("flash_mode", "off")}')
            tell(f'flash_mode := disco        {ros.set("flash_mode", "disco")}')

            say(4, 'A subscriber in another process waits for images')
            topic = f'/{CAMERA}/image_raw'
            with running('subscriber', sys.executable,
                         str(Path(__file__).with_name('save_images.py')), topic,
                         os.path.relpath(OUTPUT), '1') as subscriber:
                tell(f'python3 examples/save_images.py {topic}')

                say(5, 'A picture, by a service call')
                before = time.time()
                shot = ros.call(Capture, 'capture', wait=True)
                ros.wait_for('the event of the shot', lambda: ros.events)
                tell(f'image {shot.image_index}, shot {shot.shot_id}')
                tell(f'exposed {seconds(shot.stamp) - before:.3f} s after the call '
                     f'(+/- {shot.stamp_uncertainty * 1000:.1f} ms), answered after '
                     f'{time.time() - before:.3f} s: the stamp is of the exposure')

                say(6, 'Its download, by an action with progress; it is published too')
                began = time.monotonic()
                result = ros.download('picture', indices=[shot.image_index], publish=True)
                picture = Path(result.files[0])
                size = picture.stat().st_size
                tell(f'{picture.name}: {size} bytes in {time.monotonic() - began:.1f} s '
                     f'over 115200 baud')
                subscriber.wait(PATIENCE)
            tell('the subscriber: ' + (OUTPUT / 'subscriber.log').read_text().splitlines()[-1])

            say(7, 'All thumbnails, as a contact sheet')
            result = ros.download('thumbnails', thumbnails_only=True,
                                  directory='thumbnails')
            images = ros.call(ListImages, 'list_images').images
            sheet = contact_sheet(result.files, images)
            tell(f'{sheet.name}: {len(result.files)} thumbnails')

    say('Summary', 'everything arrived whole and was checked')
    for path in (picture, *sorted(OUTPUT.glob('*.png'))):
        pixels = image.decode(path.read_bytes())
        tell(f'{path.relative_to(OUTPUT.parent)}  {pixels.shape[1]} x {pixels.shape[0]}')
    tell(f'{time.monotonic() - start:.0f} s in all; logs beside them')


def contact_sheet(files, images):
    """Write all thumbnails as one picture and return its path."""
    cells = []
    for file, entry in zip(files, images):
        cells.append((image.decode(Path(file).read_bytes()),
                      f'{entry.index}  {entry.name}  {entry.size / 1000:.0f} kB'))
    path = OUTPUT / 'contact_sheet.png'
    path.write_bytes(image.encode_png(image.contact_sheet(cells, title='demo_camera', columns=4,
                                                          width=800)))
    return path


def main():
    """Run the demo in an own corner of ROS: its nodes meet no others."""
    os.environ['ROS_DOMAIN_ID'] = str(1 + os.getpid() % 100)
    os.environ['ROS_AUTOMATIC_DISCOVERY_RANGE'] = 'LOCALHOST'
    shutil.rmtree(OUTPUT, ignore_errors=True)
    OUTPUT.mkdir()
    with tempfile.TemporaryDirectory(prefix='camera_driver_demo_') as folder:
        demo(Path(folder))


if __name__ == '__main__':
    main()
