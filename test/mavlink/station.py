# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""Cameras on a virtual clock, and stations that speak through pymavlink's codec."""

from functools import partial
import heapq
from itertools import count
import math
from random import Random

from pymavlink.dialects.v20 import common as mavlink

from camera_driver.mavlink.camera import Shot, State
from camera_driver.mavlink.images import Store
from camera_driver.mavlink.system import Link, System
from camera_driver.model import Access, Setting

NAN = math.nan
SETTINGS = (
    Setting('iso_speed', str, 'sensitivity', words={'auto': 0, '100': 1, '200': 2}),
    Setting('variable_shutter', float, 'exposure time', 's', minimum=1e-4, maximum=1 / 60),
    Setting('live_view', bool, 'the video output', access=Access.WRITE_ONLY),
    Setting('lcd_brightness', int, 'of the display', minimum=1, maximum=7),
    Setting('exposure_compensation', float, 'of the metering', 'EV', values=(-1.0, 0.0, 1.0)),
    Setting('frames_taken_total', int, 'of its life', access=Access.READ_ONLY),
    Setting('lcd_step', str, 'one picture on', words={'next': 7}, momentary=True),
    Setting('camera_id', str, 'a name'),
)
VALUES = {'iso_speed': '100', 'variable_shutter': 0.01, 'live_view': True, 'lcd_brightness': 3,
          'exposure_compensation': 0.0}


class World:
    """Time that goes on when it is told to, and what happens then."""

    def __init__(self):
        self.now = 1000.0
        self._due, self._number = [], count()

    def clock(self):
        return self.now

    def utc(self):
        return 1.8e9 + self.now

    def later(self, delay, work):
        heapq.heappush(self._due, (self.now + delay, next(self._number), work))

    def run(self, system, seconds):
        """Let time pass, with the ticks that a system asks for."""
        end = self.now + seconds
        while True:
            due = max(self.now, system.tick())
            at = min([due, end] + [one[0] for one in self._due[:1]])
            self.now = at
            while self._due and self._due[0][0] <= at:
                heapq.heappop(self._due)[2]()
            if at >= end:
                system.tick()
                return


class SimulatedCamera:
    """A camera that takes as long as it is told to, and counts what it takes."""

    def __init__(self, world, exposure=0.3, **state):
        self.world = world
        self.exposure = exposure
        self.state = State(**{'connected': True, 'manufacturer': 'Sierra', 'model': 'SD500',
                              'firmware_version': '1.2.3', 'settings': SETTINGS,
                              'values': VALUES, **state})
        self.taken = []  # times
        self.written = []
        self.formatted = 0
        self.outcome = True
        self.problem = ''

    def change(self, **fields):
        self.state = State(**{**vars(self.state), **fields})

    def capture(self, done):
        at = self.world.utc()
        if self.outcome:
            self.taken.append(at)
        shot = Shot(f'shot-{len(self.taken)}' if self.outcome else '', self.outcome, at, 'why')
        self.world.later(self.exposure, partial(done, shot))

    def set(self, name, value, done):
        def finish():
            if not self.problem:
                self.written.append((name, value))
                self.change(values={**self.state.values, name: value})
            done(self.problem)
        self.world.later(self.exposure, finish)

    def format(self, done):
        self.formatted += 1
        self.world.later(self.exposure, partial(done, self.problem))


class Station:
    """Whoever is at the other end of a link."""

    def __init__(self, rig, system=255, component=190, relay=None, key=None, link_key=None):
        self.rig = rig
        self.received = []  # (time, message)
        self.relay = relay or (lambda data, there: there(data))
        self.codec = mavlink.MAVLink(None, system, component)
        self.codec.robust_parsing = True
        if key:
            self.codec.signing.secret_key, self.codec.signing.sign_outgoing = key, True
            self.codec.signing.timestamp = int((rig.world.utc() - 1420070400) * 1e5)
        self.link = Link('a station', len(rig.system.links),
                         lambda data: self.relay(data, self._hear), link_key, True)
        rig.system.links.append(self.link)

    def _hear(self, data):
        for message in self.codec.parse_buffer(data) or ():
            self.received.append((self.rig.world.now, message))

    def frame(self, message):
        data = bytes(message.pack(self.codec))
        self.codec.seq = (self.codec.seq + 1) % 256
        return data

    def send(self, message):
        self.transmit(self.frame(message))

    def transmit(self, data):
        self.relay(data, partial(self.rig.system.receive, self.link))

    def command(self, command, *parameters, confirmation=0, component=100, rest=NAN, system=1):
        """Send a command; parameters that are not given are `rest`."""
        values = [*parameters, *[rest] * (7 - len(parameters))]
        self.send(mavlink.MAVLink_command_long_message(
            system, component, command, confirmation, *values))

    def all(self, kind):
        return [message for _, message in self.received if message.get_type() == kind]

    def last(self, kind):
        return self.all(kind)[-1]

    def results(self, command):
        return [one.result for one in self.all('COMMAND_ACK') if one.command == command]


class Rig:
    """A system with cameras, on a virtual clock."""

    def __init__(self, folder, names=('/nadir',), **camera):
        self.folder = folder
        self.world = World()
        self.cameras = {name: SimulatedCamera(self.world, **camera) for name in names}
        self.camera = self.cameras[names[0]]
        self.start()

    def start(self):
        self.store = Store(self.folder / 'mavlink.sqlite3')
        self.system = System(1, self.cameras, self.store, self.world.clock, self.world.utc)
        self.component = next(iter(self.system.components.values()))

    def run(self, seconds):
        self.world.run(self.system, seconds)


class Relay:
    """A bad link: loses, doubles and reorders datagrams, by a seed."""

    def __init__(self, world, seed, lost=0.2, doubled=0.1, longest=0.3):
        self.world = world
        self.chance = Random(seed)
        self.lost, self.doubled, self.longest = lost, doubled, longest
        self.sent = self.gone = 0  # datagrams

    def __call__(self, data, there):
        for _ in range(2 if self.chance.random() < self.doubled else 1):
            self.sent += 1
            if self.chance.random() < self.lost:
                self.gone += 1
            else:
                self.world.later(self.chance.random() * self.longest, partial(there, data))
