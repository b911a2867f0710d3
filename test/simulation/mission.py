# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""
A random mission out of a seed, and what must be true after each of its steps.

(a) What is said of an operation is true: not 'failed' when it was done, not 'done' when it was
    not, never done twice.
(b) Every shot that was asked for is in the ledger, and what stands there is true.
(c) Every setting that is shown is the device's, or is shown as not known; once the line is quiet.
(d) A file is a picture of the camera, whole, and that of its shot.
(e) What waits and what is planned is bounded.
(f) No operation takes longer than its bound.
(g) On a quiet line the host gets back to its device.
(h) Then every picture that a shot waits for is fetched, or is not in the camera any more.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from math import isclose

from simulation.truth import picture, TRUTHS
from simulation.world import EVENTS, KEEP_ALIVE, Violation, World

from camera_driver.abilities import Routes, StoresImages
from camera_driver.devices.kp_fd30.registers import address, BY_NAME
from camera_driver.errors import DeviceError
from camera_driver.host.fetches import MOST_TRIES
from camera_driver.host.supervisor import State
from camera_driver.model import Access, Exposure, LiveViewRegion, RegionOfInterest
from camera_driver.operations import Kind, operations
from camera_driver.pictures.keep import ODD

STEPS = 25
LONGEST = {'sierra': 130.0, 'fuji_mx': 130.0, 'ix_link': 140.0, 'kp_fd30': 400.0,
           'intelix': 16.0}
"""Seconds that an operation may take: what the sessions state of one request, several times."""

QUIET = 120.0  # s until a host has its device again, at most
SETTLE = 4.0  # s until a device has done what it was told, a picture apart
TOGETHER = (('refuse', 'cancel_code'), ('damaged_block', 'wrong_bcc'))
"""Faults of which two at once would be a lie: all is refused; a wrong sum fits again."""
SHOT_STATES = ('exposed', 'stored', 'downloaded', 'verified')


@dataclass
class Operation:
    """What was asked for, and what became of it."""

    name: str
    shot_id: str = ''
    begun: int = 0  # pictures
    frames: list = field(default_factory=list)
    verdict: str = ''
    before: object = None  # the truth when it began; None: it never began
    twice: bool = False  # the device itself does it twice
    wanted: bool = False  # the picture is to be fetched


class Mission:
    """One mission; `run` raises Violation."""

    def __init__(self, name, seed, folder, steps=STEPS):
        self.world = World(name, seed, folder)
        self.random = self.world.random
        self.truth = TRUTHS[name](self.world)
        self.steps = steps
        self.operations = []
        self.listed = []
        self.saved = None
        self.taken_files = {}  # name -> (size, mtime) that was checked
        self.number = 0
        if self.random.random() < 0.3:
            kinds = [kind for kind in self.truth.DAMAGE if kind != 'repeat']
            self.world.rates = {self.random.choice(kinds): self.random.choice((0.003, 0.02))}
        self.world.log(f'{name} {seed}: {self.world.rates}')
        self.world.operation = Operation('nothing')
        self.world.begin(self.truth.simulator, self.truth)
        cls = self.world.device_class
        self.choices = [getattr(self, f'do_{one}') for one, declared in operations(cls).items()
                        if declared.kind is not Kind.READ and (one != 'set' or cls.SETTINGS)]
        if issubclass(cls, StoresImages):
            self.choices += 2 * [self.list_images] + 3 * [self.download] + [self.press_shutter]
            self.choices += 2 * [self.do_capture]
        if issubclass(cls, Routes):
            self.choices += [self.press]
        self.others = [self.wait, self.power_cycle, self.unplug, self.restart, self.kill,
                       self.quiet, self.reset]

    @property
    def host(self):
        """The present process."""
        return self.world.host

    def run(self):
        """Do all of it."""
        self.world.pass_time(3.0)
        for _ in range(self.steps):
            self.step()
        self.quiet()
        for _ in range(MOST_TRIES):
            self.fetch()
        identity = self.host.identity
        waiting = self.host.records(lambda ledger: ledger.to_fetch(identity))
        if waiting:
            raise Violation(f'(h) {waiting[0].shot_id} still waits: {waiting[0].error}')
        self.check()

    def step(self):
        """Do something, with something that happens meanwhile perhaps, and check."""
        draw, world = self.random, self.world
        if draw.random() < 0.3:
            action = draw.choice(self.others)
        else:
            action = draw.choice(self.choices)
            if draw.random() < 0.4:
                world.plan(draw.choice(EVENTS), draw.choice((0, 1, 2, 3, 5, 8, 13, 21, 40)))
            if draw.random() < 0.3:
                fault = draw.choice([one for one in self.truth.FAULTS
                                     if one not in self.truth.LIES])
                times, skip = draw.choice((1, 1, 2, 4)), draw.randrange(5)
                commands = self.truth.ONLY_FOR.get(fault)
                only = {'command': draw.choice(commands)} if commands else {}
                for names in TOGETHER:
                    if fault.startswith(names):
                        self.truth.calm_those(names)
                world.log(f'  ! the device: {fault} x {times} behind {skip} {only or ""}')
                world.simulator.faults.add(fault, times, skip=skip, **only)
                if fault == 'take_two':
                    self.twice = True
                    for operation in self.operations:
                        operation.twice |= not operation.frames  # it may still be exposing
                self.refuses |= 'refuse' in fault
        action()
        self.fetch()
        world.forget()
        if world.host.dead or world.ending:
            killed = world.host.dead
            world.log('  killed' if killed else '  ended')
            world.restart(killed)
        if draw.random() < 0.7:
            world.pass_time(draw.choice((0.1, 1.0, 5.0)))
        self.check()

    twice = False  # the device may do it twice
    refuses = False  # it may refuse what it can

    # Operations.

    def ask(self, name, words, function, command=False):
        """Do an operation; returns it, its verdict and its result."""
        operation = Operation(name)
        operation.twice = self.twice
        self.operations.append(operation)
        world, host = self.world, self.host

        def work(device):
            operation.before = self.truth.state()
            world.operation, world.moments = operation, []
            return function(device)

        return self.judge(operation, words, lambda: (
            host.command(work, command == 'raw') if command else host.run(work)))

    def judge(self, operation, words, function):
        """Note what is said of an operation, and how long it took."""
        world, host = self.world, self.host
        if operation.before is None:
            world.moments = []
        host.took = 0.0
        verdict, value = world.attempt(function)
        operation.verdict = verdict
        if verdict == 'done':
            told = value if isinstance(value, (int, float, str, tuple, Exposure)) else ''
        else:
            told = f'{type(value).__name__}: {value}' if value else ''
        world.log(f'{words}: {verdict} in {host.took:.3f} s {told}')
        if host.took > LONGEST[world.kind.name] * self.truth.REQUESTS:
            raise Violation(f'(f) {operation.name} took {host.took:.1f} s')
        return operation, verdict, value

    def changed(self, operation, verdict, done):
        """
        Hold a verdict against the truth.

        :param done: says of a state whether it was done; of what is done once, how often.
        """
        if operation.before is None or verdict == 'killed':
            return
        self.world.let_line_settle(SETTLE)
        states = [*self.world.moments, self.truth.state()]
        already = done(operation.before)
        counts = [int(done(state)) for state in states]
        if max(counts) > 1:
            raise Violation(f'(a) {operation.name} was done {max(counts)} times')
        if verdict == 'done' and not any(counts):
            raise Violation(f'(a) {operation.name} is said to be done and is not')
        # With the first of the states: what a loss of power did was not done by the operation.
        if verdict == 'failed' and not already and counts[0] and counts[-1]:
            raise Violation(f'(a) {operation.name} is said to have failed and was done')

    def do_capture(self):
        stores = issubclass(self.world.device_class, StoresImages)
        operation = Operation('capture', twice=self.twice,
                              wanted=stores and self.random.random() < 0.5)
        self.operations.append(operation)
        world, host = self.world, self.host

        def shoot():
            world.operation, world.moments = operation, []
            return host.capture(operation)

        verdict = self.judge(operation, 'capture', shoot)[1]
        if verdict == 'done' and not (operation.frames or operation.begun and not hasattr(
                world.simulator, 'frames')):
            raise Violation('(a) capture is said to be done and there is no picture')

    def list_images(self):
        def images(camera):
            found = camera.list_images()
            self.host.records(lambda ledger: ledger.listed(self.host.identity, found))
            return found

        _, verdict, found = self.ask('list_images', 'list', images)
        if verdict == 'done':
            self.listed = list(found)
            self.world.log('  ' + ', '.join(f'{one.index} {one.name}' for one in found))
            there = [(frame.name, len(frame.data)) for frame in self.truth.frames()]
            told = [(one.name or name, one.size if one.size is not None else size)
                    for one, (name, size) in zip(found, there)]  # as far as it is told
            if ((told != there or len(found) != len(there)) and not self.world.moments
                    and not self.under_way and not self.refuses):
                raise Violation(f'(a) the list is not what is there: {there}')

    @property
    def under_way(self):
        """Whether a picture is being taken or stored."""
        simulator = self.world.simulator
        return getattr(simulator, 'state', None) and simulator.state.name in ('BUSY', 'EXECUTING')

    def download(self):
        self.list_images()
        if not self.listed or self.host.dead or self.world.ending:
            return
        stored = self.random.choice(self.listed)
        operation = Operation('download')
        _, verdict, path = self.judge(operation, f'download {stored.index} {stored.name}',
                                      lambda: self.host.download(stored))
        if verdict == 'done':
            data = path.read_bytes()
            if ODD in path.name:
                self.world.log(f'  odd: {path.name}')
            elif data not in self.ever(stored.name or None):
                raise Violation(f'(d) {path.name} is not a picture of {stored.name}')

    def ever(self, name=None):
        """Return the pictures that were ever on the card (of that name)."""
        return [frame.data for frame, _ in self.truth.ever.values()
                if name in (None, frame.name)]

    def do_delete(self):
        self.list_images()
        if not self.listed or self.host.dead or self.world.ending:
            return
        wanted = sorted(self.random.sample(self.listed, min(
            len(self.listed), self.random.choice((1, 1, 2)))), key=lambda one: one.index)
        numbers = [one.index for one in wanted]
        self.remove('delete', f'delete {numbers}', wanted,
                    lambda camera: camera.delete(numbers))

    def do_delete_all(self):
        self.list_images()
        if self.listed and not self.host.dead and not self.world.ending:
            wanted = [one for one in self.listed if not one.write_protected]
            self.remove('delete_all', 'delete all', wanted, lambda camera: camera.delete_all())

    def fetch(self):
        """Let the pictures that shots wait for be fetched."""
        host = self.host
        if any(one.wanted for one in self.operations) and not (host.dead or self.world.ending):
            verdict, value = self.world.attempt(host.fetch_waiting)
            if verdict not in ('done', 'killed'):
                raise Violation(f'(h) fetching ended with {value!r}')
            self.check_gone()

    def check_gone(self):
        """Hold what is said to be gone against what is there."""
        gone, self.host.gone = self.host.gone, []
        there = {id(frame) for frame in self.truth.frames()}
        for operation in self.operations:
            if operation.shot_id in gone and any(id(one) in there for one in operation.frames):
                raise Violation(f'(h) the picture of {operation.shot_id} is not gone')

    def remove(self, name, words, wanted, act):
        """Delete images and see which are gone."""
        operation = Operation(name)
        world, host = self.world, self.host
        before = []

        def begun(camera):
            before.extend(self.truth.frames())
            world.operation, world.moments = operation, []
            act(camera)

        _, verdict, _ = self.judge(operation, words, lambda: host.delete(wanted, begun))
        world.let_line_settle(SETTLE)
        there = {id(frame) for frame in self.truth.frames()}
        gone = [frame for frame in before if id(frame) not in there]
        world.log(f'  gone: {", ".join(frame.name for frame in gone) or "none"}')
        names = {one.name or before[one.index - 1].name for one in wanted[:len(before)]}
        if any(frame.name not in names for frame in gone) and name == 'delete':
            raise Violation('(a) another picture was deleted')
        if verdict == 'done' and before and name == 'delete' and len(gone) < len(wanted):
            raise Violation('(a) said to be deleted, and still there')
        if verdict == 'done' and name == 'delete_all' and any(
                not getattr(frame, 'protected', False) for frame in before
                if id(frame) in there):
            raise Violation('(a) not all were deleted')
        if verdict == 'failed' and len(wanted) == 1 and gone and name == 'delete':
            raise Violation('(a) said to have failed, and deleted')
        self.listed = []

    def do_upload(self):
        self.number += 1
        data = picture(5000 + self.number, 500, 640, 480)
        name = f'DSC0{self.number:04}.JPG'
        known = {id(frame) for frame in self.truth.frames()}

        def upload(camera):
            self.host.shots.before_change(camera, self.host.identity)
            camera.upload(name, data, accept_hang=True)

        operation, verdict, _ = self.ask('upload', f'upload {name}', upload)
        self.world.let_line_settle(SETTLE)
        new = [frame for frame in self.truth.frames() if id(frame) not in known
               and id(frame) not in self.truth.ever]
        for frame in new:
            self.truth.ever[id(frame)] = frame, operation
        count = sum(frame.data == data for frame in new)
        if len(new) > 1 or verdict == 'done' and count != len(new):
            raise Violation(f'(a) {len(new)} pictures were stored by an upload')
        if verdict == 'done' and not count or verdict == 'failed' and new:
            raise Violation(f'(a) the upload is said to be {verdict}, and {count} were stored')

    def do_protect(self):
        self.list_images()
        if not self.listed or self.host.dead or self.world.ending:
            return
        stored, on = self.random.choice(self.listed), self.random.random() < 0.5
        there = [frame.name for frame in self.truth.frames()]
        if there[stored.index - 1:stored.index] != [stored.name]:
            return
        operation, verdict, _ = self.ask(
            'protect', f'protect {stored.name} {on}',
            lambda camera: camera.protect(stored.index, on))
        self.changed(operation, verdict, lambda state: (stored.name in state['protected']) == on)

    def do_set_clock(self):
        now = datetime(2010, 1, 1) + timedelta(days=self.random.randrange(3000))
        operation, verdict, _ = self.ask('set_clock', f'set the clock to {now}',
                                         lambda camera: camera.set_clock(now))
        self.changed(operation, verdict, lambda state: abs(
            (state['clock'] - now).total_seconds()) < 1000.0)

    def do_set(self):
        cls = self.world.device_class
        setting = self.random.choice([self.truth.setting(one) for one in cls.SETTINGS
                                      if one.access is not Access.READ_ONLY])
        value = self.value_of(setting)
        host = self.host
        operation, verdict, _ = self.ask(
            'set', f'set {setting.name} {value!r}',
            lambda device: host.settings.write(device, {setting.name: value}))
        # What cannot be read back is not known when the camera says no and obeys.
        told = setting.access is not Access.WRITE_ONLY or not self.refuses
        if setting.name in self.truth.settings() and not setting.momentary and told:
            def done(state):
                now, held = self.truth.setting(setting), state[setting.name]
                if now.words is not None and held is not None:
                    return now.raw(held) == now.raw(value)
                return same(held, value, setting)

            self.changed(operation, verdict, done)

    def value_of(self, setting):
        """Return a value for a setting."""
        draw = self.random
        if setting.words:
            return draw.choice(list(setting.words))
        if setting.words is not None:
            return f'raw:{draw.randrange(1, 4)}'
        if setting.kind is bool:
            return draw.random() < 0.5
        if setting.kind is str:
            return draw.choice(('drone 7', 'a', 'MISSION 12'))
        if setting.values:
            return draw.choice(setting.values)
        least = setting.minimum or 0
        most = min(setting.maximum if setting.maximum is not None else 1000, 100_000)
        if setting.kind is int:
            return draw.randint(int(least), int(most))
        return round(draw.uniform(least, most), 5)

    def exposure_of(self):
        """Return an exposure to set, and how to tell that a state has it."""
        draw, name = self.random, self.world.kind.name
        if name == 'sierra':
            time, aperture = draw.choice((0.001, 0.002, 0.004)), draw.choice((1, 2, 3))
            return (Exposure(exposure_time=time, aperture=f'raw:{aperture}'),
                    lambda state: (state['registers'][3], state['registers'][5])
                    == (round(time * 1e6), aperture))
        if name == 'ix_link':
            iso = draw.choice((100.0, 200.0, 400.0, 800.0))
            return Exposure(iso=iso), None
        time = draw.choice((0.0005, 0.001, 0.002, 0.004))
        return Exposure(exposure_time=time), None

    def do_set_exposure(self):
        exposure, done = self.exposure_of()
        operation, verdict, value = self.ask(
            'set_exposure', f'set {exposure}',
            lambda camera: self.refreshing(
                camera, lambda: camera.set_exposure(exposure, nearest=True)))
        if 'was written' in str(value):  # it says which of them
            verdict = 'unknown'
        if done:
            self.changed(operation, verdict, done)
        elif operation.before is not None and self.world.kind.name == 'ix_link':
            self.changed(operation, verdict, lambda state: isclose(
                float(state['iso']), {100: 5, 200: 6, 400: 7, 800: 8}[int(exposure.iso)]))

    def refreshing(self, camera, command):
        """Read again the settings that an exposure may have changed, as the node does."""
        try:
            return command()
        finally:
            try:
                self.host.settings.refresh(camera, camera.EXPOSURE_SETTINGS)
            except DeviceError:
                pass

    def do_step_exposure(self):
        name, steps = self.world.kind.name, self.random.choice((1, -1))
        quantity = 'iso' if name == 'ix_link' else 'exposure_time'
        operation, verdict, _ = self.ask(
            'step_exposure', f'step {quantity} by {steps}',
            lambda camera: self.refreshing(
                camera, lambda: camera.step_exposure(quantity, steps)))
        if operation.before is None:
            return
        if name == 'ix_link':
            before = operation.before['iso']
            self.changed(operation, verdict,
                         lambda state: abs(state['iso'] - before) / abs(steps))
        elif name == 'sierra':
            before = operation.before['registers'][3]
            if before > 0:
                self.changed(operation, verdict, lambda state: int(
                    state['registers'][3] != before) + (
                        state['registers'][3] in (4 * before, before // 4)))

    def do_write_register(self):
        value = self.random.randrange(2)
        if self.world.kind.name == 'sierra':
            register, wanted = 53, value
        else:
            row = BY_NAME['alc_mode']
            area, number = address(row)
            register, wanted = area << 8 | number, row.data(value)
        operation, verdict, _ = self.ask(
            'write_register', f'write {register:#x} {value}',
            lambda device: device.write_register(register, value), command='raw')
        name = 53 if self.world.kind.name == 'sierra' else 'alc_mode'
        self.changed(operation, verdict, lambda state: state['registers'][name] == wanted)

    # iX Link alone.

    def do_set_live_view(self):
        on = self.random.random() < 0.5
        operation, verdict, _ = self.ask('set_live_view', f'live view {on}',
                                         lambda camera: camera.set_live_view(on), command=True)
        self.changed(operation, verdict, lambda state: state['live_view'] == on)

    def do_set_live_view_region(self):
        region = LiveViewRegion(self.random.randint(1, 255), self.random.randint(1, 255),
                                self.random.randint(1, 100))
        operation, verdict, _ = self.ask(
            'set_live_view_region', f'{region}',
            lambda camera: camera.set_live_view_region(region), command=True)
        self.changed(operation, verdict, lambda state: (
            state['live_view_center_x'], state['live_view_center_y'], state['live_view_scale'])
            == (region.center_x, region.center_y, region.scale))

    def do_set_roi(self):
        region = RegionOfInterest(self.random.randrange(4000), self.random.randrange(3000),
                                  2000, 1500)
        operation, verdict, _ = self.ask('set_roi', f'{region}',
                                         lambda camera: camera.set_roi(region), command=True)
        if verdict == 'failed' and operation.before and not self.world.moments:
            if self.truth.state() != operation.before:
                raise Violation('(a) set_roi is said to have failed and was done')

    # KP-FD30 alone.

    def do_load(self):
        if self.saved is None or self.random.random() < 0.3:
            _, verdict, text = self.ask('save', 'save', lambda camera: camera.save())
            if verdict == 'done':
                self.saved = text
            return
        text, store, found = self.saved, self.random.random() < 0.5, []

        def load(camera):
            found.extend(camera.compare(text))
            try:
                camera.load(found, store=store)
            finally:
                if not self.host.dead:
                    self.refreshing(camera, lambda: None)
                    self.host.settings.refresh(camera, camera.settings())

        operation, verdict, _ = self.ask('load', f'load, store {store}', load)
        if found and operation.before:
            self.changed(operation, verdict, lambda state: all(
                state['registers'].get(one.name) == one.data for one in found))

    def do_store(self):
        name = self.random.choice(self.world.device_class.SETTINGS).name
        operation, verdict, _ = self.ask('store', f'store {name}',
                                         lambda camera: camera.store([name]))
        held = operation.before and operation.before['registers'][name]
        self.changed(operation, verdict, lambda state: state['eeprom'][name] == held)

    def do_restart_white_balance(self):
        operation, verdict, _ = self.ask('restart_white_balance', 'restart the white balance',
                                         lambda camera: camera.restart_white_balance())
        if operation.before is not None:
            before = operation.before['restarts']
            self.changed(operation, verdict, lambda state: state['restarts'] - before)

    # Intelix alone.

    def inputs(self):
        """Return inputs for all outputs."""
        return [self.random.randint(1, 8) for _ in range(8)]

    def do_set_preset(self):
        number, inputs = self.random.randint(1, 8), self.inputs()
        operation, verdict, _ = self.ask('set_preset', f'preset {number} = {inputs}',
                                         lambda matrix: matrix.set_preset(number, inputs))
        self.changed(operation, verdict, lambda state: state['presets'][number] == bytes(inputs))

    def do_trigger_preset(self):
        number = self.random.randint(1, 8)
        operation, verdict, _ = self.ask('trigger_preset', f'trigger {number}',
                                         lambda matrix: matrix.trigger_preset(number))
        self.changed(operation, verdict,
                     lambda state: state['routes'] == state['presets'][number])

    def do_route(self):
        number, inputs = self.random.randint(1, 8), self.inputs()
        operation, verdict, _ = self.ask('route', f'route {inputs} by {number}',
                                         lambda matrix: matrix.route(number, inputs))
        self.changed(operation, verdict, lambda state: state['routes'] == bytes(inputs))

    def do_set_preset_name(self):
        number, text = self.random.randint(1, 8), self.random.choice(('NADIR', 'LEFT', 'ALL'))
        operation, verdict, _ = self.ask('set_preset_name', f'name preset {number} {text}',
                                         lambda matrix: matrix.set_preset_name(number, text))
        self.changed(operation, verdict, lambda state: state['preset_names'][number].strip()
                     == text.encode())

    def do_set_input_name(self):
        number, text = self.random.randint(1, 8), self.random.choice(('CAM', 'IR', 'MAP'))
        operation, verdict, _ = self.ask('set_input_name', f'name input {number} {text}',
                                         lambda matrix: matrix.set_input_name(number, text))
        if verdict != 'done':  # it cannot be read back
            self.changed(operation, verdict, lambda state: state['input_names'][number].strip()
                         == text.encode())

    def do_set_lock(self):
        lock, on = self.random.choice(('panel', 'admin')), self.random.random() < 0.4
        operation, verdict, _ = self.ask('set_lock', f'lock {lock} {on}',
                                         lambda matrix: matrix.set_lock(lock, on))
        self.changed(operation, verdict, lambda state: state['locked'][lock] == on)

    def do_set_password(self):
        lock, word = self.random.choice(('panel', 'admin')), self.random.choice(('abcd', 'wxyz'))
        file = self.world.folder / 'new'
        file.write_text(word + '\n')
        operation, verdict, _ = self.ask('set_password', f'password of {lock} {word}',
                                         lambda matrix: matrix.set_password(lock, file))
        self.changed(operation, verdict,
                     lambda state: state['passwords'][lock] == word.encode())
        (self.world.folder / lock).write_bytes(self.world.simulator.passwords[lock] + b'\n')

    def press(self):
        self.world.log('somebody presses a button')
        # What is not reported at all, or lost on the line, nobody can know; a report out of order
        # would be a lie.
        self.truth.calm_those(('late_report', 'no_report'))
        port = self.host.port
        if port:
            faults, port.to_host = port.to_host, None
        self.world.simulator.press(self.random.randint(1, 8), self.random.randint(1, 8))
        self.world.let_line_settle(SETTLE)
        if port:
            port.to_host = faults

    # What happens besides.

    def press_shutter(self):
        # In doubt, nothing would tell whose picture it is.
        doubtful = any(row.state in ('commanded', 'unknown', 'exposed')
                       for row in self.host.ledger.shots())
        if not self.under_way and not doubtful:
            self.world.log('somebody presses the shutter')
            self.truth.press_shutter()

    def wait(self):
        seconds = self.random.choice((0.5, 3.0, 12.0))
        self.world.log(f'wait {seconds} s')
        self.world.pass_time(seconds)

    def power_cycle(self):
        self.world.log('the device loses power for a moment')
        self.world.power_cycle()

    def unplug(self):
        port = self.host.port
        if port:
            self.world.happen('unplug')

    def restart(self):
        self.world.log('the program ends and is started again')
        self.world.restart(killed=False)

    def kill(self):
        self.world.log('the program is killed and started again')
        self.host.dead = True

    def reset(self):
        host = self.host
        verdict, value = self.world.attempt(
            lambda: host.worker.call('resetting', host.supervisor.reset, 0.0))
        self.world.log(f'reset: {verdict} {value or ""}')

    def quiet(self):
        """Let nothing go wrong for a while, and check what has to be true then."""
        world = self.world
        world.log('quiet')
        world.be_calm()
        rates, world.rates = world.rates, {}
        port = self.host.port
        if port:
            port.to_host = port.to_device = None
        self.truth.calm()
        self.twice = self.refuses = False
        end = world.clock.time + QUIET
        world.pass_time(1.0)
        if self.truth.lost_power and self.truth.UNNOTICED:
            self.reset()  # its protocol has no session that would be lost
        self.truth.lost_power = False
        while not (self.host.supervisor.state is State.READY and not self.host.worker.busy):
            if world.clock.time > end:
                raise Violation(f'(g) not connected: {self.host.supervisor.last_error}')
            world.pass_time(2.0)
        world.pass_time(2 * KEEP_ALIVE + 1.0)
        if self.host.supervisor.state is not State.READY:
            raise Violation(f'(g) lost it again: {self.host.supervisor.last_error}')
        self.check_settings()
        world.rates = rates
        if port := self.host.port:
            port.to_host, port.to_device = world.faults(), world.faults()

    # What must be true.

    def check_settings(self):
        """Hold what is shown against what the device has."""
        shown, truth = self.host.settings.shown, self.truth.settings()
        for setting in self.world.device_class.SETTINGS:
            name = setting.name
            value = shown.get(name)
            if value is None or name not in truth or setting.access is Access.READ_ONLY:
                continue
            if not same(truth[name], value, setting):
                raise Violation(f'(c) {name} is shown as {value!r}, the device holds '
                                f'{truth[name]!r}')
        if issubclass(self.world.device_class, Routes):
            routing = self.host.supervisor._device.routing()
            if routing is not None and bytes(routing) != self.world.simulator.routes:
                raise Violation(f'(c) the routing is said to be {routing}')

    def check(self):
        """Check what has to be true after every step."""
        problem = self.host.bounded()
        if problem:
            raise Violation(f'(e) {problem}')
        self.check_shots()
        if issubclass(self.world.device_class, StoresImages):
            self.check_files()

    def check_shots(self):
        """Hold the ledger against what was done."""
        rows = {row.shot_id: row for row in self.host.ledger.shots()}
        for operation in self.operations:
            if operation.name != 'capture':
                continue
            if len(operation.frames) > 1 and not operation.twice or operation.begun > 1:
                raise Violation(f'(a) one shot took {operation.begun} pictures')
            if not operation.shot_id:
                if operation.verdict != 'killed':
                    raise Violation('(b) a shot is not in the ledger')
                if operation.begun:
                    raise Violation('(b) a picture was taken, and its shot is not in the ledger')
                continue
            row = rows.pop(operation.shot_id, None)
            if row is None:
                raise Violation(f'(b) {operation.shot_id} is gone from the ledger')
            self.check_row(operation, row)
        if rows and self.host.dead is False:
            strangers = [row for row in rows.values()
                         if row.state not in ('commanded', 'failed', 'unknown')]
            if strangers:
                raise Violation(f'(b) nobody asked for {strangers[0]}')

    def check_row(self, operation, row):
        """Hold what stands of a shot against the truth."""
        stores = issubclass(self.world.device_class, StoresImages)
        if row.state == 'failed' and (operation.frames or not stores and operation.begun):
            raise Violation(f'(a) {row.shot_id} is said to have failed, and there is a picture')
        if row.state in SHOT_STATES:
            if not (operation.frames if stores else operation.begun):
                raise Violation(f'(a) {row.shot_id} is {row.state}, and no picture was taken')
        if row.state == 'commanded' and operation.verdict not in ('', 'killed'):
            raise Violation(f'(b) {row.shot_id} has no outcome')
        if row.name and stores and operation.frames and row.name not in [
                frame.name for frame in operation.frames]:
            raise Violation(f'(b) {row.shot_id} is said to be {row.name}')
        if row.sha256 and stores and ODD not in (row.path or ''):
            sums = [sha256(frame.data).hexdigest() for frame in operation.frames]
            if row.sha256 not in sums:
                raise Violation(f'(d) the file of {row.shot_id} is of another picture')

    def check_files(self):
        """Check the files that are new."""
        folder = self.world.folder / 'pictures'
        ever = None
        for path in sorted(folder.iterdir()):
            if path.name.startswith('.'):
                continue
            status = path.stat()
            if self.taken_files.get(path.name) == (status.st_size, status.st_mtime_ns):
                continue
            ever = ever or set(self.ever())
            if ODD not in path.name and path.read_bytes() not in ever:
                raise Violation(f'(d) {path.name} is not a picture that was ever in the camera')
            self.taken_files[path.name] = status.st_size, status.st_mtime_ns


def same(held, wanted, setting):
    """Say whether two values of a setting are the same, numbers as far as a device has digits."""
    if isinstance(held, float) or isinstance(wanted, float):
        digit = 0.011 * min(1.0, setting.maximum or 1.0)
        if setting.optical == 'focal_length':
            digit = 0.051  # sierra sends 0.1 mm
        return held is not None and isclose(held, wanted, rel_tol=0.02, abs_tol=digit)
    return held == wanted
