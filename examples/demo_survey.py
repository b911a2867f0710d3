# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""
`make demo-survey`: a simulated survey flight with three cameras, from the trigger to the map.

An aircraft flies a small grid in wind. Its receiver loses all satellites for a while, and a cable
is pulled for ten seconds. Three simulated cameras of three types take their pictures by distance:
each node flies the action ~/survey, which is paused in the turns; the nodes tag each shot in
flight, and ask their cameras what became of shots that were in doubt. After the landing pictures
are downloaded, tagged and exported with the command. All of it is in demo_output/ afterwards, with
a map.

    python3 examples/demo_survey.py
"""

import argparse
from collections import Counter
from contextlib import contextmanager, ExitStack, redirect_stderr, redirect_stdout
import io
import json
import math
import os
from pathlib import Path
import shutil
import subprocess
import sys
import tempfile
import threading
import time

import numpy as np
from PIL import Image
import rclpy
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, QoSProfile
from sensor_msgs.msg import Imu, NavSatFix
from std_srvs.srv import SetBool
from survey_map import draw, Survey
import yaml

from camera_driver import action
from camera_driver.catalog import TYPES
from camera_driver.cli.main import main as command
from camera_driver.host.process import environment
from camera_driver.msg import CameraStatus, Geotag
from camera_driver.nodes.convert import seconds
from camera_driver.nodes.rclpy_private import ThreadedActionClient
from camera_driver.nodes.spinning import Spinner
from camera_driver.pictures.calibration import dump, Intrinsics
from camera_driver.sim.terminal import Terminal

OUTPUT = Path.cwd() / 'demo_output'
PATIENCE = 60.0  # s
KNOWN = 0.5  # s for a node to find a new client, too: what it answers before is lost

HOME = 47.3821, 8.6432  # deg, the south-western corner
GROUND, HEIGHT = 431.0, 531.0  # m over the ellipsoid
WIND = 4.0, 2.5  # m/s to the east and to the north
AIRSPEED = 14.0  # m/s
APART = 45.0  # m between lines
EVERY = 28.0  # m between places of the survey
FASTEST, CYCLE_TIME = 18.0, 1.2  # m/s over ground with the wind; s that the slowest camera takes
MOST_DELAY = 0.5  # s; what is later would be elsewhere
NOISE = 0.05  # m, of a fix
FIXES, ATTITUDES = 5.0, 20.0  # Hz

# name: type, options of its simulator, boresight (tf_rotation), focal length in picture widths
CAMERAS = {
    'nadir': ('sierra', {'frames': [], 'exposure_duration': 0.3}, [], 1.30),
    'oblique': ('fuji_mx', {'frames': [], 'exposure_duration': 0.3},
                [-2.79253, 0.0, -1.5708], 1.55),  # 20 degrees ahead
    'survey': ('ix_link', {}, [], 2.2)}
UNPLUGGED = 'oblique'
STORING = ('nadir', 'oblique')  # whose pictures can be downloaded
EXPORTS = {
    'geojson': 'shots.geojson', 'kml': 'shots.kml', 'csv-pix4d': 'pix4d.csv',
    'csv-metashape': 'metashape.csv', 'odm-geo': 'geo.txt', 'opensfm': 'exif_overrides.json'}


def say(text):
    """Print a step."""
    print(f'\n\033[1m{text}\033[0m' if sys.stdout.isatty() else f'\n{text}', flush=True)


def tell(text):
    """Print what came of it."""
    print(f'   {text}', flush=True)


class Flight:
    """The way over the grid: lines to the east and back, with a turn behind each."""

    def __init__(self, lines, length):
        """Fly it through, in steps of 20 ms."""
        self.lines, self.length = lines, length
        radius = APART / 2
        times, places, courses, legs, along = [], [], [], [], []
        time_, line, done = 0.0, 0, 0.0
        turn = math.pi * radius
        while line < lines:
            ahead = line % 2 == 0
            if done < length:
                x, y = (done if ahead else length - done), APART * line
                course = 90.0 if ahead else 270.0
            else:
                angle = (done - length) / radius
                sign = 1 if ahead else -1
                x = (length if ahead else 0.0) + sign * radius * math.sin(angle)
                y = APART * line + radius * (1 - math.cos(angle))
                course = (90.0 if ahead else 270.0) - sign * math.degrees(angle)
            times.append(time_)
            places.append((x, y))
            courses.append(course)
            legs.append(line if done < length else -1)
            along.append(done)
            # The triangle of velocities: the aircraft heads into the wind to keep its course.
            c = math.radians(course)
            head = WIND[0] * math.sin(c) + WIND[1] * math.cos(c)
            side = WIND[0] * math.cos(c) - WIND[1] * math.sin(c)
            done += 0.02 * (math.sqrt(AIRSPEED ** 2 - side ** 2) + head)
            time_ += 0.02
            if done >= length + (turn if line < lines - 1 else 0.0):
                done -= length + turn
                line += 1
        self.seconds = time_
        self._times = np.array(times)
        gust = (np.sin(self._times * 0.9) + 0.6 * np.sin(self._times * 2.3 + 1))[:, None]
        across = np.radians(np.array(courses))[:, None]
        self._places = np.array(places) + 1.1 * gust * np.hstack([np.cos(across), -np.sin(across)])
        self._courses = np.unwrap(courses, period=360)
        self._legs, self._along = np.array(legs), np.array(along)

    def at(self, seconds):
        """Return longitude, latitude [deg], and yaw, pitch, roll [deg] of the aircraft."""
        east, north = (np.interp(seconds, self._times, self._places[:, i]) for i in (0, 1))
        course = float(np.interp(seconds, self._times, self._courses))
        later = float(np.interp(seconds + 0.5, self._times, self._courses))
        c = math.radians(course)
        side = WIND[0] * math.cos(c) - WIND[1] * math.sin(c)
        bank = math.degrees(math.atan(AIRSPEED * math.radians(2 * (later - course)) / 9.81))
        return (HOME[1] + east / (111_320 * math.cos(math.radians(HOME[0]))),
                HOME[0] + north / 111_320,
                (course - math.degrees(math.asin(side / AIRSPEED))) % 360,
                1.5 * math.sin(1.7 * seconds), bank + 2.5 * math.sin(1.1 * seconds))

    def line(self, seconds):
        """Return the number of the line from half a place behind its begin; None in a turn."""
        step = min(int(seconds / 0.02), len(self._legs) - 1)
        line = int(self._legs[step])
        return line if line >= 0 and self._along[step] >= EVERY / 2 else None


class Client(Node):
    """The autopilot, and everything the demo asks of the nodes."""

    def __init__(self):
        """Publish fixes and attitudes; subscribe to what the nodes publish."""
        super().__init__('autopilot')
        self.changed = threading.Condition()
        self.statuses, self.tags, self.results, self.missed = {}, {}, {}, []
        self.begin = math.nan  # of the flight, ROS time [s]
        self.fix = self.create_publisher(NavSatFix, '/gps/fix', 10)
        self.imu = self.create_publisher(Imu, '/imu/data', 10)
        latched = QoSProfile(depth=100, durability=DurabilityPolicy.TRANSIENT_LOCAL)
        self.surveys, self.pauses, self._goals = {}, {}, {}
        self._lost, self._blind = Counter(), {}  # places, and since when, by camera
        for name in CAMERAS:
            self.surveys[name] = ThreadedActionClient(self, action.Survey, f'{name}/survey')
            self.pauses[name] = self.create_client(SetBool, f'{name}/pause_survey')
            for kind, topic, into, key in (
                    (CameraStatus, 'status', self.statuses, lambda _, name=name: name),
                    (Geotag, 'geotags', self.tags, lambda tag: tag.shot_id)):
                self.create_subscription(kind, f'{name}/{topic}', self._keeper(into, key), latched)
        self._dice = np.random.default_rng(1)

    def _keeper(self, into, key):
        def keep(message):
            with self.changed:
                into[key(message)] = message
                self.changed.notify_all()

        return keep

    def wait_for(self, what, condition):
        """Wait until something is so."""
        with self.changed:
            if not self.changed.wait_for(condition, PATIENCE):
                raise SystemExit(f'demo: {what} did not come within {PATIENCE:g} s')

    def ready(self, name):
        """Say whether a camera is."""
        return name in self.statuses and self.statuses[name].state == CameraStatus.READY

    def tell_position(self, longitude, latitude):
        """Publish a fix of now, with its noise."""
        message = NavSatFix()
        message.header.stamp = self.get_clock().now().to_msg()
        north, east, up = self._dice.normal(0, NOISE, 3)
        message.latitude = latitude + north / 111_320
        message.longitude = longitude + east / (111_320 * math.cos(math.radians(latitude)))
        message.altitude = HEIGHT + up
        message.position_covariance = np.diag([NOISE ** 2] * 3).ravel().tolist()
        message.position_covariance_type = NavSatFix.COVARIANCE_TYPE_KNOWN
        self.fix.publish(message)

    def tell_attitude(self, yaw, pitch, roll):
        """Publish the attitude of now: forward, left, up against east, north, up (REP 103)."""
        message = Imu()
        message.header.stamp = self.get_clock().now().to_msg()
        cy, cp, cr = (math.cos(math.radians(a) / 2) for a in (90 - yaw, -pitch, roll))
        sy, sp, sr = (math.sin(math.radians(a) / 2) for a in (90 - yaw, -pitch, roll))
        q = message.orientation
        q.w, q.x = cy * cp * cr + sy * sp * sr, cy * cp * sr - sy * sp * cr
        q.y, q.z = cy * sp * cr + sy * cp * sr, sy * cp * cr - cy * sp * sr
        self.imu.publish(message)

    def seconds(self):
        """Return how long the flight has been under way."""
        return self.get_clock().now().nanoseconds / 1e9 - self.begin

    def begin_survey(self, name):
        """Let a node take its pictures; keep its result, and when places were missed."""
        goal = action.Survey.Goal(
            trigger=action.Survey.Goal.BY_DISTANCE, distance=EVERY, speed=FASTEST,
            cycle_time=CYCLE_TIME, max_delay=MOST_DELAY)

        def told(message):
            now, lost = self.seconds(), message.feedback.missed + message.feedback.failed
            begin = now
            if 'the position is not known' in message.feedback.message:
                begin = self._blind.setdefault(name, now)
            if new := lost - self._lost[name]:  # somewhere on the way without a position
                moments = np.linspace(begin, now, new + 2)[1:-1]
                self.missed += [(name, moment) for moment in moments]
                self._blind.pop(name, None)
            self._lost[name] = lost

        def over(future):
            with self.changed:
                self.results[name] = future.result().result
                self.changed.notify_all()

        def begun(future):
            self._goals[name] = future.result()
            self._goals[name].get_result_async().add_done_callback(over)

        self.surveys[name].send_goal_async(goal, told).add_done_callback(begun)

    def pause(self, paused):
        """Pause all surveys, or let them go on."""
        for client in self.pauses.values():
            client.call_async(SetBool.Request(data=paused))

    def end_surveys(self):
        """End all of them, and wait for what they say."""
        for goal in self._goals.values():
            goal.cancel_goal_async()
        self.wait_for('the end of all surveys', lambda: len(self.results) == len(CAMERAS))

    def download(self, name):
        """Fetch all pictures of a camera; return their files."""
        client = ThreadedActionClient(self, action.DownloadImages, f'{name}/download_images')
        if not client.wait_for_server(PATIENCE):
            raise SystemExit(f'demo: {name} has no action download_images')
        time.sleep(KNOWN)
        goal = wait(client.send_goal_async(action.DownloadImages.Goal(), None))
        result = wait(goal.get_result_async()).result
        if not result.success:
            raise SystemExit(f'demo: download of {name}: {result.message}')
        return result.files


def wait(future):
    """Wait for a future that another thread spins."""
    done = threading.Event()
    future.add_done_callback(lambda _: done.set())
    if not done.wait(PATIENCE):
        raise SystemExit('demo: no answer from the node')
    return future.result()


@contextmanager
def rig(home):
    """Run the simulated cameras, and their nodes; give the cameras' ports."""
    with ExitStack() as stack:
        ports, devices = {}, []
        for name, (kind, options, boresight, focal_length) in CAMERAS.items():
            simulator = TYPES[kind].simulator_class()(**options)
            ports[name] = stack.enter_context(Terminal(simulator, home / name))
            (OUTPUT / f'{name}.yaml').write_text(calibration(name, focal_length))
            parameters = {'port': str(home / name), 'geotag_fix_topic': '/gps/fix',
                          'geotag_attitude_topic': '/imu/data', 'reconnect_delay': 0.5}
            if boresight:
                parameters['geotag_boresight'] = boresight
            if name in STORING:
                parameters['download_directory'] = str(OUTPUT / 'pictures' / name)
            devices.append({'name': name, 'type': kind, 'parameters': parameters})
        path = OUTPUT / 'rig.yaml'
        path.write_text(yaml.safe_dump({'devices': devices}, sort_keys=False))
        log = stack.enter_context((OUTPUT / 'rig.log').open('w'))
        process = subprocess.Popen(
            [sys.executable, '-m', 'camera_driver.cli.main', 'up', str(path)], stdout=log,
            stderr=subprocess.STDOUT, env=environment(0))  # it ends with this process
        try:
            yield ports
        finally:
            process.terminate()
            process.wait(PATIENCE)


def calibration(name, focal_length):
    """Return the calibration file of a camera."""
    f = focal_length * 640
    k = [f, 0.0, 319.5, 0.0, f, 239.5, 0.0, 0.0, 1.0]
    return dump(Intrinsics(640, 480, 'plumb_bob', [0.0] * 5, k, np.eye(3).ravel().tolist(),
                           [f, 0.0, 319.5, 0.0, 0.0, f, 239.5, 0.0, 0.0, 0.0, 1.0, 0.0]), name)


@contextmanager
def client():
    """Spin the client in a thread."""
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


def fly(ros, flight, ports, dropout, pulled):
    """Fly, survey the lines, lose the satellites and a cable."""
    ros.begin = ros.get_clock().now().nanoseconds / 1e9
    begin, last, plugged = time.monotonic(), None, True
    next_fix = next_attitude = 0.0
    while (now := time.monotonic() - begin) < flight.seconds:
        longitude, latitude, *angles = flight.at(now)
        if now >= next_attitude:
            ros.tell_attitude(*angles)
            next_attitude += 1 / ATTITUDES
        if now >= next_fix:
            if not dropout[0] <= now < dropout[1]:
                ros.tell_position(longitude, latitude)
            next_fix += 1 / FIXES
        if plugged != (not pulled[0] <= now < pulled[1]):
            plugged = not plugged
            (ports[UNPLUGGED].replug if plugged else ports[UNPLUGGED].unplug)()
            tell(f'{now:5.1f} s  the cable of /{UNPLUGGED} is {"back" if plugged else "pulled"}')
        line = flight.line(now)
        if line != last:
            if line is None:
                ros.pause(True)
            else:
                tell(f'{now:5.1f} s  line {line + 1} of {flight.lines}')
                if line:
                    ros.pause(False)
                else:
                    for name in CAMERAS:
                        ros.begin_survey(name)
            last = line
        time.sleep(0.005)
    tell(f'{flight.seconds:5.1f} s  landed')
    ros.end_surveys()


def demo(ros, ports, short):
    """Fly, download, tag, export, draw."""
    start = time.monotonic()
    flight = Flight(1, 112.0) if short else Flight(4, 196.0)
    dropout = (2.5, 5.0) if short else (22.2, 28.0)
    pulled = (math.inf, math.inf) if short else (40.0, 50.0)

    say('Three cameras of three types, simulated, started by one command')
    tell('camera-driver up demo_output/rig.yaml')
    for name in CAMERAS:
        ros.wait_for(f'{name} READY', lambda name=name: ros.ready(name))
        tell(f'/{name:8} {CAMERAS[name][0]:8} READY')
        ros.surveys[name].wait_for_server(PATIENCE)
        ros.pauses[name].wait_for_service(PATIENCE)
    time.sleep(KNOWN)

    say(f'~/survey over {flight.lines} lines of {flight.length:g} m, a picture each {EVERY:g} m, '
        f'wind {math.hypot(*WIND):.0f} m/s, no satellites from {dropout[0]:g} to {dropout[1]:g} s')
    fly(ros, flight, ports, dropout, pulled)
    ros.wait_for('/oblique back', lambda: all(map(ros.ready, CAMERAS)))

    say('What the nodes said in flight')
    for name, result in ros.results.items():
        tell(f'/{name:8} {result.message}')
    ros.wait_for('the geotags', lambda: len(ros.tags) >= sum(
        result.taken for result in ros.results.values()))
    tagged = sum(tag.status == Geotag.TAGGED for tag in ros.tags.values())
    tell(f'{tagged} pictures tagged in flight, {len(ros.tags) - tagged} without a fix near them')

    say('After the landing: pictures, tags, exports')
    for name in STORING:
        tell(f'{len(ros.download(name))} pictures of /{name} in demo_output/pictures/{name}')
    ledger = str(Path(os.environ['ROS_HOME'], 'camera_driver', 'shots.sqlite3'))
    run('geotag', '--ledger', ledger, '--output', str(OUTPUT / 'tagged'), '--rig',
        ','.join(CAMERAS), '--rig-tolerance', '0.6', quiet=True)
    tell(f'{len(list((OUTPUT / "tagged").iterdir()))} tagged copies in demo_output/tagged')
    words = [word for name in CAMERAS
             for word in ('--calibration', f'{name}={OUTPUT / name}.yaml')]
    for form, file in EXPORTS.items():
        extra = [*words, '--ground', str(GROUND)] if form in ('geojson', 'kml') else []
        run('shots', '--ledger', ledger, '--export', form, '--output', str(OUTPUT / file), *extra)
    write_map(flight, dropout, ros)
    tell(f'{time.monotonic() - start:.0f} s in all; the log of the nodes is rig.log beside them')


def run(*words, quiet=False):
    """Run the command in this process, as a shell would."""
    said, complaints = io.StringIO(), io.StringIO()
    with redirect_stdout(said), redirect_stderr(complaints):
        code = command(words)
    if code not in (0, 7):  # 7: some shots have no position, as is to be expected
        raise SystemExit(f'demo: camera-driver {" ".join(words)}: {complaints.getvalue()}')
    if not quiet:
        tell(said.getvalue().strip())


def write_map(flight, dropout, ros):
    """Draw the export, and what only the simulation knows: where shots without a fix were."""
    features = json.loads((OUTPUT / EXPORTS['geojson']).read_text())['features']
    survey = Survey('Survey flight', f'{flight.lines} lines of {flight.length:g} m, '
                    f'{HEIGHT - GROUND:g} m over the ground\na picture each {EVERY:g} m, all '
                    'simulated')
    survey.add(features)
    moments = np.arange(0, flight.seconds, 0.1)
    survey.track = [flight.at(moment)[:2] for moment in moments]
    survey.gaps = [[flight.at(moment)[:2] for moment in moments
                    if dropout[0] <= moment <= dropout[1]]]
    survey.wind = WIND
    survey.pictures = [(Image.open(file), name) for name in STORING
                       for file in sorted((OUTPUT / 'pictures' / name).iterdir())[-3:][:1]]
    survey.shots += [(name, flight.at(moment)[:2], 'missed') for name, moment in ros.missed]
    for feature in features:
        tag = ros.tags.get(feature['id'])
        if tag and tag.status == Geotag.UNTAGGED:
            place = flight.at(seconds(tag.time) - ros.begin)[:2]
            survey.shots.append((feature['properties']['camera'], place, 'untagged'))
    path = OUTPUT / 'survey.png'
    draw(survey).save(path)
    tell(f'demo_output/{path.name}: the map')


def main():
    """Run the demo in an own corner of ROS: its nodes meet no others."""
    parser = argparse.ArgumentParser(description=__doc__.strip().splitlines()[0])
    parser.add_argument('--domain', type=int, default=1 + os.getpid() % 100, help='of ROS')
    parser.add_argument('--short', action='store_true', help='one line, and no cable is pulled')
    arguments = parser.parse_args()
    os.environ['ROS_DOMAIN_ID'] = str(arguments.domain)
    os.environ['ROS_AUTOMATIC_DISCOVERY_RANGE'] = 'LOCALHOST'
    shutil.rmtree(OUTPUT, ignore_errors=True)
    OUTPUT.mkdir()
    with tempfile.TemporaryDirectory(prefix='camera_driver_demo_') as home:
        os.environ['ROS_HOME'] = home
        with rig(Path(home)) as ports, client() as ros:
            demo(ros, ports, arguments.short)


if __name__ == '__main__':
    main()
