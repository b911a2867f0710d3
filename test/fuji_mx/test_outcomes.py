# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""
What is said of an operation is true, whatever happens to it and when (fuji_mx.md 5.3).

Every operation that changes the camera x every moment x every disturbance, against what the
simulated camera really did: never 'failed' when it was done, never 'done' when it was not, never
done twice; and what is unknown is settled in a later session.
"""

from datetime import datetime

from fuji_mx.conversations import new_camera
import pytest

from camera_driver.devices.fuji_mx.camera import FujiMxCamera
from camera_driver.devices.fuji_mx.codec import Block, Control, Decoder, encode
from camera_driver.devices.fuji_mx.simulator.simulator import FujiMxSimulator
from camera_driver.errors import (
    Cancelled, DeviceError, NotConfirmed, OutcomeUnknown, PortError, Refused)
from camera_driver.operations import Kind, operations, Outcome
from camera_driver.sim.loop import LoopPort
from camera_driver.sim.scene import jpeg

LONG = 120.0  # s: whatever was begun is over
PICTURE = jpeg(77, 640, 480, datetime(2001, 6, 14))
NOW = datetime(2026, 11, 21, 8, 0, 0)

CALLS = {  # operation -> number of its command, which of them, how to call it
    'capture': (0x27, 0, lambda camera: camera.capture()),
    'delete': (0x19, 0, lambda camera: camera.delete([2, 4])),
    'delete, the second': (0x19, 1, lambda camera: camera.delete([2, 4])),
    'delete_all': (0x19, 2, lambda camera: camera.delete_all()),
    'upload': (0x0e, 0, lambda camera: camera.upload('DSC00042.JPG', PICTURE)),
    'upload, in the middle': (0x0e, 90, lambda camera: camera.upload('DSC00042.JPG', PICTURE)),
    'upload, the end': (0x0e, (len(PICTURE) - 1) // 512,
                        lambda camera: camera.upload('DSC00042.JPG', PICTURE)),
    'set': (0x32, 0, lambda camera: camera.set('flash_mode', 'off')),
    'set, text': (0x82, 0, lambda camera: camera.set('camera_id', 'drone 7')),
    'set_clock': (0x86, 0, lambda camera: camera.set_clock(NOW)),
}
MOMENTS = ('before', 'within', 'behind', 'ack lost', 'behind ack', 'report lost', 'behind report')
DISTURBANCES = ('port gone', 'silence', 'reset', 'garbage', 'cancel', 'interrupt')
REFUSALS = ('nak_command', 'nak_obeyed', 'fail', 'fail_obeyed', 'eot_command', 'lose_both')


def test_every_operation_that_is_declared_is_tried():
    declared = {name for name, one in operations(FujiMxCamera).items() if one.kind != Kind.READ}
    assert {call.partition(',')[0] for call in CALLS} == declared


class Disturbed(LoopPort):
    """A line on which something happens at one moment of one command."""

    def __init__(self, simulator, number, skip, moment, what):
        super().__init__(simulator, FujiMxCamera.LINE)
        self.command, self.skip = number, skip
        self.moment, self.what = moment, what
        self.armed = False
        self.under_way = False
        self.happened = self.mute_until = 0.0
        self.decoder = Decoder()

    def write(self, data):
        if self.now() < self.mute_until:
            return
        if not self.armed or data[:2] != b'\x10\x02' or data[3] != self.command:
            super().write(data)
            return
        if self.skip:
            self.skip -= 1
            super().write(data)
            return
        self.armed = False
        self.under_way = True
        self.decoder = Decoder()
        if self.moment == 'before':
            self.happen()
            super().write(data)
        elif self.moment == 'within':
            super().write(data[:len(data) // 2])
            self.happen()
            super().write(data[len(data) // 2:])
        else:
            super().write(data)
            if self.moment == 'behind':
                self.happen()

    def read(self, timeout):
        end = self.now() + timeout
        if self.under_way and self.moment == 'due':
            self.happen()
        while True:
            data = super().read(max(0.0, end - self.now()))
            if self.now() < self.mute_until and data:
                continue
            return self.heard(data) if self.under_way else data

    def heard(self, data):
        """Follow what the camera says, frame by frame, up to the moment."""
        kept = b''
        for place in range(len(data)):
            byte = data[place:place + 1]
            for frame in self.decoder.feed(byte):
                report = isinstance(frame, Block)
                if self.moment in ('ack lost', 'report lost'):
                    if report == (self.moment == 'report lost') and (
                            report or frame is Control.ACK):
                        kept = kept[:-len(encode(frame)) + 1] if report else kept
                        self.happen()
                        return kept + data[place + 1:]
                elif report == (self.moment == 'behind report'):
                    self.moment = 'due'
            kept += byte
        return kept

    def happen(self):
        """Let it happen."""
        self.under_way = False
        self.happened = self.now()
        match self.what:
            case 'port gone':
                self.unplug()
                self._check()
            case 'silence':
                self.mute_until = self.now() + 60.0
            case 'reset':
                self.simulator.power_cycle()
            case 'garbage':
                self._arrive(self.now(), bytes(range(64, 104)), self.line.byte_time)
            case 'cancel':
                self.cancel()
                self._check()
            case 'interrupt':
                raise KeyboardInterrupt


def truth(simulator, call):
    """Return how often each thing that the call is for was done: a comparable value."""
    camera = simulator.camera
    if call.startswith('set_clock'):
        return abs((camera.time - NOW).total_seconds()) < 1000.0
    if call.startswith('set'):
        return camera.camera_id == b'drone 7   ' if 'text' in call else camera.flash_mode == 0
    return [(frame.name, len(frame.data)) for frame in simulator.frames]


def done(call, before, after):
    """Say whether the call was done, as `after` tells, and check that it was done once."""
    if call.startswith('set'):
        return after
    gone = [image for image in before if image not in after]
    new = [image for image in after if image not in before]
    if call.startswith('delete'):
        wanted = before if call.startswith('delete_all') else [before[1], before[3]]
        assert not new and all(image in wanted for image in gone)
        return len(gone) == len(wanted)
    assert not gone and len(new) <= 1
    if call.startswith('upload') and new:
        if new != [('DSC00042.JPG', len(PICTURE))]:
            return None  # a block came twice
    return bool(new)


def check(call, camera, simulator, fault=None):
    """Make the call and hold what it says against what was done."""
    before = truth(simulator, call)
    recorded = []
    camera.record = recorded.append
    doubt = failed = None
    try:
        CALLS[call][2](camera)
    except (OutcomeUnknown, NotConfirmed) as error:
        doubt = error
    except (DeviceError, KeyboardInterrupt) as error:
        failed = error
    camera.close()
    simulator.advance(simulator.now + LONG)  # what was begun goes on
    after = truth(simulator, call)
    was_done = done(call, before, after)
    if failed:
        if call.startswith('delete') and isinstance(failed, Refused):
            return  # its words tell what is gone: test_capture
        assert before == after or call.startswith('set') and not was_done, failed
    elif doubt is None:
        refused = call.startswith('delete_all') and fault in ('fail', 'nak_command')
        assert was_done or refused and len(after) == 1  # 'what the camera does not refuse'
    elif isinstance(doubt, OutcomeUnknown):
        assert recorded and recorded[-1]['operation'] == call.partition(',')[0]
        again = FujiMxCamera(LoopPort(simulator, FujiMxCamera.LINE), {})
        again.open()
        found = again.settle(doubt.evidence)
        again.close()
        if call.startswith('delete'):
            gone = [index for index, image in enumerate(before, 1) if image not in after]
            assert sorted(found.gone) == gone and not found.in_doubt
        else:
            assert found.outcome is {True: Outcome.DONE, False: Outcome.NOT_DONE,
                                     None: Outcome.UNKNOWN}[was_done], found


@pytest.mark.parametrize('what', DISTURBANCES)
@pytest.mark.parametrize('moment', MOMENTS)
@pytest.mark.parametrize('call', CALLS)
def test_what_is_said_is_true(call, moment, what):
    number, skip, _ = CALLS[call]
    simulator = FujiMxSimulator()
    port = Disturbed(simulator, number, skip, moment, what)
    camera = FujiMxCamera(port, {})
    camera.open()
    port.armed = True
    check(call, camera, simulator)
    # The longest: 12 s until it is over, and a camera that is silent is looked for.
    at_once = what in ('cancel', 'interrupt', 'port gone')
    assert port.now() - port.happened < (2.0 if at_once else 60.0)


@pytest.mark.parametrize('fault', REFUSALS)
@pytest.mark.parametrize('call', CALLS)
def test_a_refusal_that_is_none_and_one_that_is(call, fault):
    number, skip, _ = CALLS[call]
    camera, simulator = new_camera()
    camera.open()
    simulator.misbehave(fault, skip=skip, command=bytes([number]))
    check(call, camera, simulator, fault)


# What was seen, by name.

def names(simulator):
    return [frame.name for frame in simulator.frames]


def test_a_nak_although_it_was_deleted_takes_no_other_picture(opened):
    camera, simulator = opened
    before = names(simulator)
    simulator.misbehave('nak_obeyed', command=b'\x19')
    camera.delete([2, 4])
    assert names(simulator) == [before[0], before[2], before[4]]
    assert simulator.log.count(b'\x19\4\0') == simulator.log.count(b'\x19\2\0') == 1


def test_the_line_is_lost_while_the_first_of_two_is_deleted():
    simulator = FujiMxSimulator()
    port = Disturbed(simulator, 0x19, 0, 'behind', 'port gone')
    camera = FujiMxCamera(port, {})
    camera.open()
    port.armed = True
    with pytest.raises(OutcomeUnknown, match='unknown: 4; still there: 2') as caught:
        camera.delete([2, 4])
    simulator.advance(simulator.now + LONG)
    again = FujiMxCamera(LoopPort(simulator, FujiMxCamera.LINE), {})
    again.open()
    found = again.settle(caught.value.evidence)
    assert (found.outcome, found.gone, found.in_doubt) == (Outcome.DONE, (4,), ())


def test_the_line_is_lost_behind_the_first_of_two():
    simulator = FujiMxSimulator()
    port = Disturbed(simulator, 0x19, 1, 'before', 'port gone')
    camera = FujiMxCamera(port, {})
    camera.open()
    port.armed = True
    with pytest.raises(OutcomeUnknown, match='deleted: 4; .*2'):
        camera.delete([2, 4])


def test_somebody_deletes_at_the_same_time(opened):
    camera, simulator = opened
    simulator.misbehave('lose_answer', command=b'\x19')
    camera.record = lambda _: simulator.after(0.005, lambda: simulator.frames.pop(0))
    with pytest.raises(OutcomeUnknown, match='unknown: 4.*list the images again') as caught:
        camera.delete([2, 4])
    assert camera.settle(caught.value.evidence).in_doubt == (4,)


def test_one_shot_that_made_two_pictures(opened):
    camera, simulator = opened
    simulator.misbehave('take_two', command=b'\x27')
    shot = camera.capture()
    assert 'counts 7 images instead of 5: more than one' in shot.settled
    assert (shot.image_index, shot.done is None) == (6, False)
    simulator.misbehave('take_two', command=b'\x27')
    simulator.misbehave('lose_answer', command=b'\x27')
    shot = camera.capture()
    assert 'counts 9 images instead of 7' in shot.settled and shot.image_index is None


def test_another_card_settles_nothing(opened):
    camera, simulator = opened
    simulator.misbehave('hang', command=b'\x27')
    with pytest.raises(OutcomeUnknown) as caught:
        camera.capture()
    simulator.power_cycle()
    simulator.frames.pop(4)
    for picture in (simulator.press_shutter(), simulator.press_shutter()):
        assert picture.name
    assert camera.settle(caught.value.evidence).outcome is Outcome.UNKNOWN


def test_every_block_of_an_upload_is_refused(opened):
    camera, simulator = opened
    simulator.misbehave('nak_command', 1000, command=b'\x0e')
    with pytest.raises(Refused, match='DSC00042.JPG is not in its list'):
        camera.upload('DSC00042.JPG', PICTURE)


def test_the_flash_in_doubt_is_no_doubt_about_the_picture():
    camera, simulator = new_camera({'charge_flash': 200})
    camera.open()
    simulator.misbehave('hang', command=b'\x34')
    with pytest.raises(DeviceError) as caught:
        camera.capture()
    assert not isinstance(caught.value, OutcomeUnknown) and simulator.shots == []


@pytest.mark.parametrize('name, value', [('flash_mode', 'off'), ('camera_id', 'drone 7')])
def test_written_and_not_read_back(opened, name, value):
    camera, simulator = opened
    number = 0x30 if name == 'flash_mode' else 0x80
    simulator.misbehave('nak_command', 100, command=bytes([number]))
    with pytest.raises(NotConfirmed, match=f'{name}: {value} was sent'):
        camera.set(name, value)


@pytest.mark.parametrize('error', [PortError, Cancelled])
def test_a_later_error_does_not_undo_what_was_reported(error):
    simulator = FujiMxSimulator()
    what = 'cancel' if error is Cancelled else 'port gone'
    port = Disturbed(simulator, 0x27, 0, 'behind report', what)
    camera = FujiMxCamera(port, {})
    camera.open()
    port.armed = True
    assert camera.capture().image_index == 6


@pytest.mark.parametrize('number', [0x27, 0x02])
def test_ctrl_c_is_over_at_once(number):
    """A camera that is silent, or sends a picture at 9600 baud, is left within 2 s."""
    simulator = FujiMxSimulator(exposure_duration=30.0)
    port = Disturbed(simulator, number, 0, 'behind ack', 'interrupt')
    port.paced = True
    camera = FujiMxCamera(port, {'baudrate': 9600 if number == 0x02 else 115200})
    camera.open()
    port.armed = True
    with pytest.raises((OutcomeUnknown, KeyboardInterrupt)):
        camera.capture() if number == 0x27 else camera.download(1)
    camera.close()
    assert port.now() - port.happened < 2.0


def test_a_nak_although_it_was_taken_takes_no_other_picture(opened):
    camera, simulator = opened
    simulator.misbehave('nak_obeyed', command=b'\x27')
    shot = camera.capture()
    assert (len(simulator.shots), shot.image_index) == (1, 6)
    assert 'counts 6 images instead of 5' in shot.settled
