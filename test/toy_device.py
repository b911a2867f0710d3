# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""
A device type small enough to see through, for the tests of what all device types share.

Its protocol is lines of text: `hello` begins a session, which a power cycle ends, then `who`,
`poll`, `get NAME`, `set NAME VALUE`, `shoot`, `say WORD`; the answer is one line, `ok ...`,
`no REASON`, or `lost` without a session.
"""

from camera_driver.abilities import TakesPictures
from camera_driver.device import no_progress
from camera_driver.errors import NotSupported, ProtocolError, Refused, ReplyTimeout, SessionLost
from camera_driver.link.port import LineSettings
from camera_driver.model import (
    Access, DeviceStatus, Identity, LinkStatistics, Progress, Setting, Shot)
from camera_driver.sim.simulator import Simulator

LINE = LineSettings(9600)


class ToySimulator(Simulator):
    """`held` is what is set, `heard` every line; a `mute` one hears, and says nothing."""

    LINE = LINE

    def __init__(self, serial='1', model='Toy'):
        super().__init__()
        self.serial = serial
        self.model = model
        self.mute = False
        self.heard = []
        self.held = {}
        self._line = b''
        self.on_power()

    def on_power(self):
        self.held = {'level': '3', 'mode': 'auto', 'gain': '1.0'}
        self._greeted = False

    def on_bytes(self, data):
        *lines, self._line = (self._line + data).split(b'\n')
        for line in lines:
            self.heard.append(line.decode())
            answer = self._answer(*line.decode().split(' '))
            if answer and not self.mute:
                self.send(answer.encode() + b'\n')

    def _answer(self, command, name='', value=''):
        if command == 'hello':
            self._greeted = True
            return 'ok'
        if not self._greeted:
            return 'lost'
        if command == 'who':
            return f'ok {self.model} {self.serial}'
        if command == 'poll':
            return 'ok 0.5'
        if command == 'get':
            return f'ok {self.held[name]}' if name in self.held else 'no such setting'
        if command == 'set':
            if (name, value) == ('level', '7'):
                return 'no not in this mode'
            self.held[name] = '2' if (name, value) == ('gain', '2.4') else value
            return 'ok'
        if command == 'shoot':
            return 'ok'
        if command == 'say':
            return f'ok {name}'
        return 'no such command'


class ToyCamera(TakesPictures):
    """One attempt for each request; begins a lost session again by itself, like real ones."""

    LINE = LINE
    OPTIONS = (
        Setting('keep_alive', float, 'time between polls; 0: never', 's', minimum=0.0,
                maximum=60.0, default=0.0),
        Setting('reply_timeout', float, 'wait for an answer', 's', minimum=0.01, default=0.5),
    )
    SETTINGS = (
        Setting('level', int, 'a level', 'lx', minimum=1, maximum=9),
        Setting('mode', str, 'a mode', words={'auto': 0, 'off': 1, 'on': 2}),
        Setting('gain', float, 'a gain; the device rounds it', minimum=0.0, maximum=8.0),
        Setting('light', str, 'the light', words={'off': 0, 'on': 1},
                access=Access.WRITE_ONLY),
        Setting('model_only', int, 'a setting of other models'),
        Setting('serial', str, 'the serial number', access=Access.READ_ONLY),
    )

    def __init__(self, port, options):
        self._port = port
        self._timeout = options['reply_timeout']
        self._requests = 0
        self._sessions = 0
        self._commanded = {}

    def _ask(self, line):
        try:
            return self._ask_once(line)
        except SessionLost:
            self._hello()
            return self._ask_once(line)

    def _hello(self):
        self._ask_once('hello')
        self._sessions += 1

    def _ask_once(self, line):
        self._requests += 1
        self._port.write(line.encode() + b'\n')
        end = self._port.now() + self._timeout
        answer = b''
        while not answer.endswith(b'\n'):
            data = self._port.read(end - self._port.now())
            if not data:
                raise ReplyTimeout(f'{self._port.name}: no answer to {line}; is the toy on?')
            answer += data
        word, _, rest = answer.decode().strip().partition(' ')
        if word == 'no':
            raise Refused(f'the toy refuses {line}: {rest}')
        if word == 'lost':
            raise SessionLost('the toy forgot us')
        if word != 'ok':
            raise ProtocolError(f'{self._port.name}: {answer!r} is not an answer of a toy')
        return rest

    def open(self):
        if not self._sessions:
            self._hello()
        model, serial = self._ask('who').split(' ')
        return Identity('toy', 'Toys', model.strip('-'), serial.strip('-'), '1.0')

    def close(self):
        self._port.close()

    def poll(self):
        return DeviceStatus(battery=float(self._ask('poll')), details={'mood': 'good'})

    @property
    def statistics(self):
        return LinkStatistics(requests=self._requests)

    @property
    def sessions(self):
        return self._sessions

    def settings(self):
        return {one.name: one for one in self.SETTINGS if one.name != 'model_only'}

    def get(self, name):
        if name == 'serial':
            return self._ask('who').split(' ')[1]
        if name == 'light':
            return self._commanded.get(name)
        if name not in self.settings():
            raise NotSupported(name)
        return self.settings()[name].kind(self._ask(f'get {name}'))

    def set(self, name, value):  # noqa: A003
        self._ask(f'set {name} {value}')
        self._commanded[name] = value
        return self.get(name)

    def send_message(self, message):
        return self._ask(message.decode()).encode()

    def questions(self):
        return {'echo': lambda: self._ask('say hello')}

    def capture(self, triggered=no_progress):
        self._ask('shoot')
        sent = self._port.flush()
        triggered(sent)
        return Shot(sent, self._port.now())

    def hold(self, progress=no_progress):
        """Keep the device busy until `progress` or the port ends it."""
        done = 0
        while True:
            progress(Progress(done, 1000, 'holding'))
            self._port.pause(0.01)
            done = min(done + 1, 900)
