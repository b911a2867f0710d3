# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""
What is said of an operation is true, whatever happens to it and when (sierra.md 5.3).

Every operation that changes the camera x every moment x every disturbance, against what the
simulated camera really did: never 'failed' when it was done, never 'done' when it was not, never
done twice; and what is unknown is settled in a later session.
"""

from datetime import datetime

from helpers import pattern
import pytest
from sierra.host import example_frames

from camera_driver.devices.sierra.camera import SierraCamera
from camera_driver.devices.sierra.codec import Control, Decoder, encode, Packet
from camera_driver.devices.sierra.simulator.simulator import SierraSimulator
from camera_driver.errors import Cancelled, DeviceError, NotConfirmed, OutcomeUnknown, Refused
from camera_driver.model import Exposure
from camera_driver.operations import Kind, operations, Outcome
from camera_driver.sim.loop import LoopPort

LONG = 120.0  # s: whatever was begun is over
PICTURE = pattern(9000)
NOW = datetime(2026, 11, 21, 8, 0, 0)


def put(camera):
    return camera.upload('', PICTURE, accept_hang=True)


CALLS = {  # operation -> its command, which of them, how to call it
    'capture': (b'\x02\x02', 0, lambda camera: camera.capture()),
    'delete': (b'\x02\x07', 0, lambda camera: camera.delete([1, 3])),
    'delete, the second': (b'\x02\x07', 1, lambda camera: camera.delete([1, 3])),
    'delete_all': (b'\x02\x01', 0, lambda camera: camera.delete_all()),
    'upload': (b'\x02\x0b', 0, put),
    'upload, its data': (b'\x03\x1d', 0, put),
    'set': (b'\x00\x07', 0, lambda camera: camera.set('flash_mode', 'off')),
    'set, text': (b'\x03\x16', 0, lambda camera: camera.set('camera_id', 'drone 7')),
    'set_exposure': (b'\x00\x03', 0, lambda camera: camera.set_exposure(
        Exposure(exposure_time=0.002, aperture='raw:2'))),
    'set_exposure, the second': (b'\x00\x05', 0, lambda camera: camera.set_exposure(
        Exposure(exposure_time=0.002, aperture='raw:2'))),
    'step_exposure': (b'\x00\x03', 0, lambda camera: camera.step_exposure('exposure_time', 1)),
    'protect': (b'\x02\x09', 0, lambda camera: camera.protect(2, True)),
    'set_clock': (b'\x00\x02', 0, lambda camera: camera.set_clock(NOW)),
    'write_register': (b'\x00\x35', 0, lambda camera: camera.write_register(53, 8)),
}
MOMENTS = ('before', 'within', 'behind', 'ack lost', 'behind ack', 'report lost', 'behind report')
DISTURBANCES = ('port gone', 'silence', 'reset', 'garbage', 'cancel', 'interrupt')
REFUSALS = ('nak_command', 'nak_obeyed', 'refuse', 'refuse_obeyed', 'fail_action', 'fail_obeyed',
            'session_end', 'silence', 'lose_ack', 'lose_ack_of_action', 'damaged_ack_of_action',
            'lose_done')


def test_every_operation_that_is_declared_is_tried():
    declared = {name for name, one in operations(SierraCamera).items() if one.kind != Kind.READ}
    assert {call.partition(',')[0] for call in CALLS} == declared


class Disturbed(LoopPort):
    """A line on which something happens at one moment of one command."""

    def __init__(self, simulator, command, skip, moment, what):
        super().__init__(simulator, SierraCamera.LINE)
        self.command, self.skip = command, skip
        self.moment, self.what = moment, what
        self.armed = self.under_way = False
        self.happened = self.mute_until = 0.0
        self.decoder = Decoder()
        self.controls = 0

    def write(self, data):
        if self.now() < self.mute_until:
            return
        if not self.armed or data[:1] != b'\x1b' or data[4:6] != self.command:
            super().write(data)
            return
        if self.skip:
            self.skip -= 1
            super().write(data)
            return
        self.armed = False
        self.under_way = True
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
        """Follow what the camera says, byte by byte, up to the moment."""
        kept = b''
        for place in range(len(data)):
            byte = data[place:place + 1]
            for frame in self.decoder.feed(byte):
                report = frame is Control.ENQ or isinstance(frame, Packet)
                if self.moment in ('ack lost', 'report lost'):
                    if report == (self.moment == 'report lost'):
                        kept = kept[:len(kept) - len(encode(frame)) + 1]
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
                self.mute_until = self.now() + 100.0
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
    """Return what the call is meant to change: a comparable value."""
    registers = simulator.registers
    match call.partition(',')[0]:
        case 'set':
            return registers[22] == b'drone 7' if 'text' in call else registers[7] == 2
        case 'set_exposure':
            return registers[3] == 2000 and registers[5] == 2
        case 'step_exposure':
            return registers[3]
        case 'protect':
            return simulator.frames[1].protected
        case 'set_clock':
            return abs((simulator.camera.time - NOW).total_seconds()) < 1000.0
        case 'write_register':
            return registers[53] == 8
    return [(frame.name, len(frame.data)) for frame in simulator.frames]


def done(call, before, after):
    """Say whether the call was done, as `after` tells, and check that it was done once."""
    if call == 'step_exposure':
        assert after in (before, 2 * before)
        return after != before
    if not isinstance(before, list):
        return after
    gone = [image for image in before if image not in after]
    new = [image for image in after if image not in before]
    if call.startswith('delete'):
        wanted = before if call == 'delete_all' else [before[0], before[2]]
        assert not new and all(image in wanted for image in gone)
        return len(gone) == len(wanted)
    assert not gone and len(new) <= 1
    assert not new or call == 'capture' or new[0][1] == len(PICTURE)
    return bool(new)


def check(call, camera, simulator):
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
    camera.session.port.under_way = False  # too late for it
    camera.close()
    simulator.advance(simulator.now + LONG)  # what was begun goes on
    after = truth(simulator, call)
    was_done = done(call, before, after)
    if failed:
        if call.startswith('delete') and isinstance(failed, Refused):
            assert call == 'delete_all' or not was_done
            return  # its words tell what is gone
        assert before == after or isinstance(before, bool) and not was_done, failed
    elif doubt is None:
        assert was_done
    elif isinstance(doubt, OutcomeUnknown) and recorded:
        assert recorded[-1]['operation'] == call.partition(',')[0]
        again = SierraCamera(LoopPort(simulator, SierraCamera.LINE), {})
        again.open()
        found = again.settle(doubt.evidence)
        again.close()
        if call.startswith('delete,') or call == 'delete':
            gone = [index for index, image in enumerate(before, 1) if image not in after]
            assert sorted(found.gone) == gone and not found.in_doubt
        elif call != 'delete_all' or len(after) in (0, len(before)):
            assert found.outcome is (Outcome.DONE if was_done else Outcome.NOT_DONE), found
    return doubt, failed


def connected(port_class=None, *args):
    simulator = SierraSimulator(frames=example_frames())
    port = port_class(simulator, *args) if port_class else LoopPort(simulator)
    camera = SierraCamera(port, {'pacing': 'burst'})
    camera.open()
    camera.set_exposure(Exposure(exposure_time=0.004))
    return simulator, port, camera


@pytest.mark.parametrize('what', DISTURBANCES)
@pytest.mark.parametrize('moment', MOMENTS)
@pytest.mark.parametrize('call', CALLS)
def test_what_is_said_is_true(call, moment, what):
    command, skip, _ = CALLS[call]
    simulator, port, camera = connected(Disturbed, command, skip, moment, what)
    port.armed = True
    check(call, camera, simulator)
    at_once = what in ('cancel', 'interrupt', 'port gone')
    assert port.now() - port.happened < (2.0 if at_once else 130.0)


@pytest.mark.parametrize('fault', REFUSALS)
@pytest.mark.parametrize('call', CALLS)
def test_an_answer_that_is_not_true_and_one_that_is(call, fault):
    command, skip, _ = CALLS[call]
    simulator, port, camera = connected()
    simulator.misbehave(fault, skip=skip, command=command)
    check(call, camera, simulator)


# What was seen, by name.

def test_a_picture_that_is_taken_and_answered_nak_is_taken_once():
    simulator, _, camera = connected()
    simulator.misbehave('nak_obeyed', times=4, command=b'\x02\x02')
    shot = camera.capture()
    assert len(simulator.shots) == 1 and shot.image_index == 4
    assert 'counts 4 images instead of 3' in shot.settled


def test_a_trigger_that_was_not_taken_is_sent_again():
    simulator, _, camera = connected()
    simulator.misbehave('nak_command', times=3, command=b'\x02\x02')
    assert camera.capture().image_index == 4
    simulator.misbehave('nak_command', times=4, command=b'\x02\x02')
    with pytest.raises(Refused, match='NAK. It still counts 4 images: no picture was taken'):
        camera.capture()
    assert len(simulator.shots) == 1


def test_one_shot_that_made_two_pictures():
    simulator, _, camera = connected()
    simulator.misbehave('take_two', command=b'\x02\x02')
    shot = camera.capture()
    assert 'counts 5 images instead of 3: more than one' in shot.settled and shot.done


def test_the_line_is_lost_behind_the_end_report():
    simulator, _, camera = connected(Disturbed, b'\x02\x02', 0, 'behind report', 'port gone')
    camera.session.port.armed = True
    shot = camera.capture()
    assert shot.image_index is None and shot.done
    assert 'what it counts could not be asked: loop: the line is gone' in shot.settled


def test_the_line_is_lost_while_the_first_of_two_is_deleted():
    simulator, port, camera = connected(Disturbed, b'\x02\x07', 0, 'behind', 'port gone')
    port.armed = True
    with pytest.raises(OutcomeUnknown, match='deleted: none, unknown: 3, not deleted: 1'):
        camera.delete([1, 3])
    assert len(simulator.frames) == 2


def test_a_deletion_that_was_done_and_answered_nak_takes_no_other_picture():
    simulator, _, camera = connected()
    rest = [simulator.frames[1]]
    simulator.misbehave('nak_obeyed', times=4, command=b'\x02\x07')
    camera.delete([1, 3])
    assert simulator.frames == rest


def test_images_that_are_all_alike_are_deleted():
    simulator, _, camera = connected()
    for frame in simulator.frames:
        frame.name, frame.data = 'SAME.JPG', pattern(100)
    camera.delete([1, 2])
    assert len(simulator.frames) == 1


def test_a_memory_that_was_changed_meanwhile_settles_nothing():
    simulator, port, camera = connected(Disturbed, b'\x02\x02', 0, 'before', 'port gone')
    port.armed = True
    camera.record = lambda evidence: kept.append(evidence)
    kept = []
    with pytest.raises(DeviceError):
        camera.capture()
    simulator.frames.pop(0)
    simulator.press_shutter()
    simulator.press_shutter()
    again = SierraCamera(LoopPort(simulator, SierraCamera.LINE), {})
    again.open()
    assert again.settle(kept[0]).outcome is Outcome.UNKNOWN


def test_what_it_did_not_do_it_does_not_settle():
    _, _, camera = connected()
    assert camera.settle({'operation': 'route'}).outcome is Outcome.UNKNOWN


def test_a_reset_at_the_trigger_does_not_block_for_a_minute():
    simulator, port, camera = connected(Disturbed, b'\x02\x02', 0, 'behind', 'reset')
    port.armed = True
    with pytest.raises(Refused, match='no picture was taken'):
        camera.capture()
    assert port.now() - port.happened < 25.0


def test_the_second_of_two_values_fails_and_the_first_is_named():
    simulator, _, camera = connected()
    simulator.misbehave('refuse', command=b'\x00\x05')
    with pytest.raises(Refused, match='shutter_us was written; .*refused to write register 5'):
        camera.set_exposure(Exposure(exposure_time=0.002, aperture='raw:3'))


@pytest.mark.parametrize('call', ['set', 'set, text', 'set_exposure', 'protect', 'set_clock',
                                  'write_register'])
def test_written_and_not_read_back(call):
    simulator, port, camera = connected()
    command = {'protect': b'\x01\x27', 'set, text': b'\x04\x16'}.get(
        call, b'\x01' + CALLS[call][0][1:])
    simulator.misbehave('nak_command', times=1000, command=command)
    with pytest.raises(NotConfirmed, match='sent to the device'):
        CALLS[call][2](camera)
    assert truth(simulator, call) or call == 'set_exposure'


def test_a_cancelled_operation_is_over_at_once():
    simulator, port, camera = connected()
    simulator.misbehave('lose_ack_of_action', command=b'\x02\x02')
    simulator.after(1.5, port.cancel)
    with pytest.raises(OutcomeUnknown, match='interrupted') as doubt:
        camera.capture()
    assert isinstance(doubt.value.__cause__, Cancelled) and port.now() < 3.0
