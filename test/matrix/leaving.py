# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""
How long it takes to leave a device: Ctrl-C, cancel and stop, in every state of every operation.

The device goes on as it is, is silent, or babbles; `LATER` after that the call is told to end, and
`close` follows. Reads are tried too: they follow from the abilities.
"""

from matrix.engine import GARBAGE, Line, moments, sample

from camera_driver import abilities
from camera_driver.cli.interrupt import PATIENCE
from camera_driver.errors import Cancelled, DeviceError

LATER = 0.3  # s
STATES = ('as it is', 'silent', 'babbling')
WAYS = ('cancel', 'interrupt', 'stop')  # stop: by progress, where there is any in time
BABBLE = 0.05  # s from one piece to the next

READS = {
    abilities.Device: {
        'open': lambda device, progress: device.open(),
        'poll': lambda device, progress: device.poll(),
        'self_test': lambda device, progress: device.self_test()},
    abilities.ControlsExposure: {'exposure': lambda device, progress: device.exposure()},
    abilities.StoresImages: {
        'list_images': lambda device, progress: device.list_images(progress),
        'thumbnail': lambda device, progress: device.thumbnail(1, progress),
        'download': lambda device, progress: device.download(1, progress)},
    abilities.TakesPreviews: {
        'take_preview': lambda device, progress: device.take_preview(progress)},
    abilities.HasClock: {'clock': lambda device, progress: device.clock()},
    abilities.KeepsSettings: {'save': lambda device, progress: device.save(progress)},
    abilities.Routes: {'preset': lambda device, progress: device.preset(1)},
}


def calls(kind):
    """Return what can be under way: name -> call, of the device and its progress."""
    cls = kind.type.device_class()
    found = {name: lambda device, progress, call=recipe.call: call(device)
             for name, recipe in kind.recipes.items()}
    for ability, reads in READS.items():
        if issubclass(cls, ability):
            found |= reads
    return found


class LeavingLine(Line):
    """A line on which the device changes at one moment, and somebody leaves a little later."""

    def __init__(self, simulator, line, moment=None, state='', way='', paced=False):
        super().__init__(simulator, line, moment, state, paced)
        self.way = way
        self.told_at = None
        self.over = False  # the call has ended by itself

    def progress(self, _=None):
        """Be told of progress: the call ends when that was wanted."""
        if self.way == 'stop' and self.told_at is not None:
            raise Cancelled('interrupted')

    def _strike(self):
        self.happened = self.now()
        if self.what == 'silent':
            self.mute_until = float('inf')
        elif self.what == 'babbling':
            self._babble()
        self.simulator.after(LATER, self._tell)

    def _babble(self):
        self._arrive(self.now(), GARBAGE, self.line.byte_time)
        self.simulator.after(BABBLE, self._babble)

    def _tell(self):
        if self.over:
            return
        self.told_at = self.now()
        if self.way == 'cancel':
            self.cancel()
        elif self.way == 'interrupt':
            self._interrupt()
        else:
            self.simulator.after(PATIENCE, self._interrupt)

    def _interrupt(self):
        if not self.over:
            raise KeyboardInterrupt


def _connect(kind, name, line):
    recipe = kind.recipes.get(name)
    options = {**kind.options, **(recipe.options if recipe else {})}
    device = kind.type.device_class()(line, options)
    if name != 'open':
        device.open()
    if recipe:
        recipe.prepare(device)
    return device


def longest(kind, name, most, paced=False):
    """Return the longest time [s] to leave a call, in virtual time, and in which cell."""
    call = calls(kind)[name]
    line = kind.type.device_class().LINE
    clean = Line(kind.simulator(), line)
    device = _connect(kind, name, clean)
    clean.arm()
    call(device, lambda _: None)
    worst = (0.0, '')
    for moment in sample(moments(clean, kind.type), [], most):
        for state in STATES:
            for way in WAYS:
                port = LeavingLine(kind.simulator(), line, moment, state, way, paced)
                device = _connect(kind, name, port)
                port.arm()
                try:
                    call(device, port.progress)
                except (DeviceError, KeyboardInterrupt):
                    pass
                port.moment, port.over = None, True
                if port.told_at is None:
                    continue
                device.close()
                worst = max(worst, (port.now() - port.told_at, f'{way}, {state} {moment}'))
    return worst
