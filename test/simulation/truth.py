# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""The simulated device of each type, small and quick, and what is true of it."""

from datetime import datetime
from functools import lru_cache
from random import Random
from types import SimpleNamespace

import numpy as np

from camera_driver.devices.fuji_mx.camera import FujiMxCamera
from camera_driver.devices.fuji_mx.commands import Command
from camera_driver.devices.fuji_mx.simulator import state as fuji_state
from camera_driver.devices.fuji_mx.simulator.options import FAULTS as FUJI_FAULTS, Frame as Fuji
from camera_driver.devices.fuji_mx.simulator.simulator import FujiMxSimulator
from camera_driver.devices.intelix.simulator.simulator import FAULTS as INTELIX_FAULTS
from camera_driver.devices.intelix.simulator.simulator import IntelixSimulator
from camera_driver.devices.ix_link.simulator.faults import FAULTS as IX_FAULTS
from camera_driver.devices.ix_link.simulator.simulator import IxLinkSimulator
from camera_driver.devices.kp_fd30.settings import ROWS as KP_ROWS
from camera_driver.devices.kp_fd30.simulator.faults import FAULTS as KP_FAULTS
from camera_driver.devices.kp_fd30.simulator.simulator import KpFd30Simulator
from camera_driver.devices.sierra.registers import Kind
from camera_driver.devices.sierra.settings import ROWS as SIERRA_ROWS
from camera_driver.devices.sierra.simulator import state as sierra_state
from camera_driver.devices.sierra.simulator.card import Frame as Sierra
from camera_driver.devices.sierra.simulator.faults import FAULTS as SIERRA_FAULTS
from camera_driver.devices.sierra.simulator.options import Resolution
from camera_driver.devices.sierra.simulator.simulator import SierraSimulator, State
from camera_driver.model import Access
from camera_driver.pictures.image import encode_jpeg
from camera_driver.sim import scene

TAKEN = datetime(2001, 6, 14, 10, 0, 0)


@lru_cache
def base(width=32, height=32):
    """Return a small sound JPEG."""
    rows = scene.scene(1, 32, 32) if width == 32 else np.full((height, width, 3), 90, np.uint8)
    return encode_jpeg(rows, 75)


@lru_cache(maxsize=1000)
def picture(number, size=3000, width=32, height=32):
    """Return a JPEG unlike every other; `size` bytes of it are a comment."""
    noise = Random(number).randbytes(size).replace(b'\xff', b'\x00')
    comment = f'{number:08}'.encode() + noise
    start, rest = base(width, height)[:2], base(width, height)[2:]
    return start + b'\xff\xfe' + (2 + len(comment)).to_bytes(2, 'big') + comment + rest


THUMBNAIL = base()


def small_pictures(monkeypatch_of):
    """Replace the generated pictures of the simulators, which take most of the time."""
    monkeypatch_of(sierra_state, 'scene', SimpleNamespace(
        jpeg=lambda number, *rest: picture(number),
        thumbnail=lambda *rest: THUMBNAIL))
    monkeypatch_of(fuji_state, 'jpeg', lambda number, *rest: picture(number))


class Shots(list):
    """When pictures were begun, and whose doing each was."""

    def __init__(self, world, truth):
        super().__init__()
        self.world, self.truth = world, truth

    def append(self, shot):
        super().append(shot)
        operation = self.world.operation
        operation.begun += 1
        self.truth.begun_by = operation


class Truth:
    """What is true of a device; the base is one of which nothing is known."""

    FAULTS = ()
    LIES = frozenset()  # faults that no host can notice, or that never end
    DAMAGE = ('lose', 'cut', 'drop', 'flip', 'repeat', 'delay')  # that the protocol notices
    ONLY_FOR = {}  # fault -> commands that it may happen to; of others it would be a lie
    REQUESTS = 1.0  # of an operation, in proportion to those of other devices of the type
    UNNOTICED = False  # nobody can tell that it was without power for a moment
    lost_power = False

    def __init__(self, world):
        self.world = world
        self.begun_by = None
        self.simulator = self.make(world)

    def make(self, world):
        """Return the device."""

    def state(self):
        """Return what may be changed, by name."""
        return self.settings()

    def settings(self):
        """Return what the device holds of its settings, by name."""
        return {}

    def setting(self, setting):
        """Return a setting as the host knows it, with the words of the model."""
        host = self.world.host
        return host.settings.settings[setting.name] if host else setting

    def powered(self):
        """Take note that it was without power for a moment."""
        self.lost_power = True

    def calm_those(self, names):
        """Let no fault of these names be left."""
        pending = self.simulator.faults.pending
        pending[:] = [fault for fault in pending if not fault.name.startswith(names)]

    def calm(self):
        """Let nothing go wrong any more."""
        self.simulator.faults.pending.clear()


class Card(Truth):
    """A device that stores pictures."""

    def __init__(self, world):
        super().__init__(world)
        self.ever = {}  # id of a frame -> it and whose doing it was
        for frame in self.frames():
            self.ever[id(frame)] = frame, None
        camera = self.simulator.camera
        take = camera.take_picture

        def taken(*arguments):
            known = {id(frame) for frame in self.frames()}
            try:
                return take(*arguments)
            finally:
                for frame in self.frames():
                    if id(frame) not in known:
                        self.ever[id(frame)] = frame, self.begun_by
                        if self.begun_by:
                            self.begun_by.frames.append(frame)

        camera.take_picture = taken
        self.simulator.shots = Shots(world, self)

    def frames(self):
        """Return the pictures on the card, in their order."""
        return list(self.simulator.frames)

    def press_shutter(self):
        """Take a picture on the body, if there is room."""
        self.begun_by = None
        try:
            self.simulator.press_shutter()
        except RuntimeError:
            pass


class SierraTruth(Card):
    FAULTS = tuple(SIERRA_FAULTS)
    LIES = frozenset(('damaged_reply', 'short_reply', 'huge_length', 'negative_length',
                      'huge_count', 'hostile_name', 'endless_name', 'endless_data',
                      'empty_packets', 'tiny_packets'))

    def make(self, world):
        draw = world.random
        sizes = {number: Resolution(32, 32, 5000) for number in range(1, 7)}
        options = {'resolutions': sizes, 'memory_size': draw.choice((30_000, 200_000)),
                   'exposure_duration': draw.choice((0.1, 1.0, 3.0))}
        frames = [Sierra(picture(9000 + number), THUMBNAIL, f'P900{number:04d}.JPG', TAKEN,
                         protected=draw.random() < 0.2)
                  for number in range(draw.randrange(4))]
        if draw.random() < 0.2:
            options['frames'] = ()
            self.REQUESTS = 2.5  # it is led to a folder, step by step, before each picture
            # Whether there are folders it is asked, and a no would be a lie, or silence again and
            # again (sierra.md 4.7: some models do not answer).
            self.LIES = self.LIES | {'refuse', 'refuse_obeyed', 'cancel_code', 'silence',
                                     'lose_ack', 'nak_command', 'nak_obeyed'}
            options['folders'] = {'DCIM/100SIERR': frames[:1], 'DCIM/101SIERR': frames[1:]}
        else:
            options['frames'] = frames
        return SierraSimulator(**options)

    def frames(self):
        root = self.simulator.camera.card.root
        return [frame for folder in root.walk() for frame in folder.frames]

    def state(self):
        registers = dict(self.simulator.registers)
        return {**self.settings(), 'registers': registers,
                'protected': [frame.name for frame in self.frames() if frame.protected],
                'clock': self.simulator.camera.time}

    def settings(self):
        held = {}
        for row in SIERRA_ROWS:
            setting = self.setting(row.setting)
            if row.action is not None or setting.access is Access.READ_ONLY:
                continue
            raw = self.simulator.registers.get(row.register)
            if raw is not None:
                held[setting.name] = (raw.decode('latin-1') if row.kind == Kind.TEXT
                                      else row.decode(raw, setting))
        return held

    def calm(self):
        super().calm()
        if self.simulator.state is State.HUNG:
            self.simulator.power_cycle()


class FujiTruth(Card):
    FAULTS = tuple(FUJI_FAULTS)
    LIES = frozenset(('damaged_answer', 'short_answer', 'empty_answer', 'huge_size', 'huge_count',
                      'hostile_name', 'huge_preview', 'endless_data', 'empty_blocks',
                      'tiny_blocks', 'wrong_number'))
    ONLY_FOR = {'fail_obeyed': [bytes([command]) for command in (
        Command.TAKE_PICTURE, Command.DELETE_PICTURE, Command.SET_FLASH_MODE,
        Command.SET_CAMERA_ID, Command.SET_DATE)]}

    def make(self, world):
        draw = world.random
        frames = [Fuji(picture(9000 + number), b'', f'DSC9000{number}.JPG')
                  for number in range(draw.randrange(4))]
        return FujiMxSimulator(frames=frames, memory_size=draw.choice((32_768, 204_800)),
                               exposure_duration=draw.choice((0.1, 2.0)),
                               idle_timeout=draw.choice((None, 30.0)))

    def state(self):
        return {**self.settings(), 'clock': self.simulator.time}

    def settings(self):
        camera = self.simulator.camera
        setting = self.setting(FujiMxCamera.SETTINGS[0])
        return {'flash_mode': setting.word(camera.flash_mode),
                'camera_id': camera.camera_id.decode().strip()}

    def calm(self):
        super().calm()
        if self.simulator.state.name == 'HUNG':
            self.simulator.power_cycle()


class IxTruth(Truth):
    FAULTS = tuple(IX_FAULTS)
    LIES = frozenset(('shifted', 'reversed_range', 'zero_denominator', 'unknown_status'))
    UNNOTICED = True

    def __init__(self, world):
        super().__init__(world)
        self.simulator.shots = Shots(world, self)

    def make(self, world):
        draw = world.random
        world.options |= {'sensor_width': 8000, 'sensor_height': 6000,
                          'reply_mode': draw.choice(('async', 'sync'))}
        return IxLinkSimulator(busy_refuses=draw.random() < 0.7, strict=draw.random() < 0.5,
                               busy_mute=draw.random() < 0.2)

    def state(self):
        return {**self.settings(), **self.simulator.values}

    def settings(self):
        one = self.simulator
        return {'black_calibration': one.black_calibration.name.lower(),
                'live_view': one.live_view, 'live_view_center_x': one.region.center_x,
                'live_view_center_y': one.region.center_y, 'live_view_scale': one.region.scale}

    def calm(self):
        super().calm()
        if self.simulator.phase != 'idle' or self.simulator.error:
            self.world.power_cycle()  # it may stay busy for ever


class KpTruth(Truth):
    FAULTS = tuple(KP_FAULTS)
    LIES = frozenset(('wrong_value', 'long_reply', 'stale_reply', 'stale_text_reply',
                      'ignore_write'))  # no checksum shows them; a restart cannot be read back

    def make(self, world):
        world.options['allow_factory_store'] = True
        return KpFd30Simulator()

    def state(self):
        one = self.simulator
        return {**self.settings(), 'registers': dict(one.registers), 'eeprom': dict(one.eeprom),
                'restarts': one.restarts}

    def settings(self):
        return {row.setting.name: row.decode(self.simulator.registers[row.register.name],
                                             row.setting) for row in KP_ROWS}


class IntelixTruth(Truth):
    FAULTS = tuple(INTELIX_FAULTS)
    LIES = frozenset(('wrong_value', 'wrong_preset', 'wrong_id', 'short_report',
                      'reserved_byte', 'bad_escape'))
    DAMAGE = ('lose', 'delay')

    def make(self, world):
        for lock in ('panel', 'admin'):
            path = world.folder / lock
            path.write_text('abcd\n')
            world.options[f'{lock}_password_file'] = str(path)
        return IntelixSimulator(panel_password=b'abcd', admin_password=b'abcd')

    def state(self):
        one = self.simulator
        return {'routes': one.routes, 'presets': dict(one.presets),
                'preset_names': dict(one.preset_names), 'input_names': dict(one.input_names),
                'locked': dict(one.locked), 'passwords': dict(one.passwords)}


TRUTHS = {'sierra': SierraTruth, 'fuji_mx': FujiTruth, 'ix_link': IxTruth, 'kp_fd30': KpTruth,
          'intelix': IntelixTruth}
