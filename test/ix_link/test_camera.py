# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""The camera in a photographer's words, on the simulated one; a few on a real pseudo-terminal."""

from fractions import Fraction
from math import inf, nan

from helpers import recorder
from hostile import hostile, seconds
import pytest

from camera_driver.devices.ix_link.apex import Grid, QUANTITIES
from camera_driver.devices.ix_link.camera import IxLinkCamera
from camera_driver.devices.ix_link.commands import BlackCalibration, Command, ReplyMode
from camera_driver.devices.ix_link.simulator.simulator import IxLinkSimulator
from camera_driver.errors import (
    Busy, Cancelled, Forbidden, NotConfirmed, NotSupported, options_of,
    OutcomeUnknown, PortError, ProtocolError, Refused, ReplyTimeout)
from camera_driver.link.port import LineSettings, SerialPort
from camera_driver.model import Exposure, Identity, LiveViewRegion, RegionOfInterest
from camera_driver.operations import Outcome
from camera_driver.sim.loop import LoopPort
from camera_driver.sim.terminal import Terminal

MODES = [mode.name.lower() for mode in ReplyMode]


class Counting(LoopPort):
    """Counts what is written."""

    written = 0

    def write(self, data):
        """Count, and write."""
        self.written += len(data)
        super().write(data)


def connect(options=None, paced=False, **camera):
    """Return a simulated camera and an open device."""
    simulator = IxLinkSimulator(**camera)
    device = IxLinkCamera(Counting(simulator, paced=paced), options or {})
    device.open()
    return simulator, device


@pytest.fixture
def pair():
    return connect({'sensor_width': 14204, 'sensor_height': 10652})


# Opening.

def test_the_protocol_does_not_tell_who_it_is():
    device = IxLinkCamera(LoopPort(IxLinkSimulator()), {})
    identity = device.open()
    assert identity == Identity('ix_link')
    assert not identity.verifiable
    device.close()
    device.close()
    with pytest.raises(PortError):
        device.open()


@pytest.mark.parametrize('options, words', [
    ({'baudrate': 12345}, 'baudrate: 12345 is not allowed'),
    ({'baudrate': 300}, 'baudrate'), ({'reply_mode': 'later'}, 'reply_mode'),
    ({'reply_mode': 'raw:1'}, 'reply_mode'), ({'live_view_timeout': 9.0}, 'live_view_timeout'),
    ({'sensor_width': 100}, 'a width and a height: give both or none'),
    ({'sensor_width': -1}, 'sensor_width'), ({'keep_alive': nan}, 'keep_alive')])
def test_options_of_no_use(options, words):
    with pytest.raises(ValueError, match=words):
        IxLinkCamera(LoopPort(IxLinkSimulator()), options)


@pytest.mark.parametrize('baudrate', [9600, 115200])
def test_line_speed(baudrate):
    camera, device = connect({'baudrate': baudrate}, paced=True, baudrate=baudrate)
    assert device.session.port.line == LineSettings(baudrate)
    assert device.exposure() == Exposure(1 / 256, 8.0, 100.0)
    device = IxLinkCamera(LoopPort(camera, LineSettings(19200)), {'baudrate': 19200})
    with pytest.raises((ReplyTimeout, ProtocolError)):
        device.open()


def test_open_with_nobody_there():
    camera = IxLinkSimulator()
    camera.misbehave('silence', times=100)
    port = LoopPort(camera)
    with pytest.raises(ReplyTimeout, match='loop: no answer to get_system_status, 5 tries. Is'):
        IxLinkCamera(port, {}).open()
    assert port.now() < 2.8


@pytest.mark.parametrize('state', ['busy', 'error'])
def test_open_with_a_camera_at_work_or_in_error(state):
    camera = IxLinkSimulator()
    camera.error = state == 'error'
    camera.phase = 'exposing' if state == 'busy' else 'idle'
    camera.misbehave('cannot_execute', command=bytes([Command.GET_APERTURE_RANGE]))
    device = IxLinkCamera(LoopPort(camera), {})
    device.open()
    assert device.poll().details['status'] == state
    assert device.exposure_ranges()['f_number'].values


# Exposure.

def test_exposure_and_its_ranges(pair):
    _, device = pair
    assert device.exposure() == Exposure(1 / 256, 8.0, 100.0)
    ranges = device.exposure_ranges()
    assert set(ranges) == {'exposure_time', 'f_number', 'iso'}
    assert (ranges['exposure_time'].maximum, len(ranges['exposure_time'].values)) == (32.0, 50)
    assert (ranges['iso'].minimum, ranges['iso'].maximum) == (50.0, 6400.0)
    assert all(r.step_ev == pytest.approx(1 / 3) and r.values == tuple(sorted(r.values))
               and (r.values[0], r.values[-1]) == (r.minimum, r.maximum)
               for r in ranges.values())


@pytest.mark.parametrize('name', QUANTITIES)
def test_every_value_of_the_range_can_be_set_and_is_read_back(pair, name):
    camera, device = pair
    quantity = QUANTITIES[name]
    grid = camera.grids[name]
    values = device.exposure_ranges()[name].values
    for value, numerator in zip(values, sorted(grid.numerators, reverse=quantity.sign < 0)):
        held = device.set_exposure(Exposure(**{name: value}))
        assert getattr(held, name) == value
        assert camera.values[name] == Fraction(numerator, grid.denominator)


def test_all_three_at_once(pair):
    _, device = pair
    held = device.set_exposure(Exposure(exposure_time=1 / 1000, f_number=5.6, iso=200))
    assert held == Exposure(1 / 1024, pytest.approx(5.657, rel=1e-3), 200)


@pytest.mark.parametrize('wanted', [
    {'f_number': 1.4}, {'f_number': 32}, {'f_number': 0}, {'f_number': -5.6}, {'f_number': nan},
    {'iso': 25}, {'iso': inf}, {'iso': 0}, {'exposure_time': 60}, {'exposure_time': 1e-9},
    {'exposure_time': 0}, {'aperture': 'low'}, {'f_number': 6.0}, {'iso': 100, 'f_number': 64},
    {'iso': 5e-324}, {'f_number': 5e-324}, {'exposure_time': 5e-324}, {'exposure_time': 1e308}])
def test_what_cannot_be_set_is_refused(pair, wanted):
    """What is no value at all before any byte, what is not on the grid after one question."""
    camera, device = pair
    port, value = device.session.port, list(wanted.values())[-1]
    before, told = port.written, len(camera.log)
    with pytest.raises(ValueError, match='is not on the grid; the nearest is|has to be greater|'
                       'this camera has no words for it'):
        device.set_exposure(Exposure(**wanted))
    if isinstance(value, str) or not 0 < value < inf:
        assert port.written == before
    else:
        assert {r.command for r in list(camera.log)[told:]} <= {
            q.get_range for q in QUANTITIES.values()}


@pytest.mark.parametrize('wanted, held', [
    ({'f_number': 6.0}, 6.35), ({'f_number': 99}, 22.63), ({'iso': 1}, 50),
    ({'exposure_time': 3600}, 32), ({'exposure_time': 1 / 230}, 1 / 256)])
def test_nearest(pair, wanted, held):
    _, device = pair
    name, = wanted
    found = device.set_exposure(Exposure(**wanted), nearest=True)
    assert getattr(found, name) == pytest.approx(held, rel=1e-3)
    assert device.exposure() == found


def test_nothing_is_no_value_even_as_the_nearest(pair):
    with pytest.raises(ValueError, match='exposure_time: 0; it has to be greater than 0'):
        pair[1].set_exposure(Exposure(exposure_time=0), nearest=True)


@pytest.mark.parametrize('grid', [Grid(12, 33, 3, 3), Grid(-24, 66, 1, 12), Grid(7, 7, 0, 1)])
def test_other_grids(grid):
    camera = IxLinkSimulator()
    camera.grids['iso'] = grid
    camera.values['iso'] = grid.value(grid.minimum)
    device = IxLinkCamera(LoopPort(camera), {})
    device.open()
    found = device.exposure_ranges()['iso']
    assert found.step_ev == pytest.approx(float(grid.step_apex))
    for value in found.values:
        assert device.set_exposure(Exposure(iso=value)).iso == value


def test_another_lens_while_it_is_open(pair):
    camera, device = pair
    camera.grids['f_number'] = Grid(12, 30, 1, 3)
    camera.values['f_number'] = Fraction(6)
    with pytest.raises(Refused, match='set_aperture: err_input_out_of_range') as error:
        device.set_exposure(Exposure(f_number=2.8))
    assert error.value.code == -6
    assert device.set_exposure(Exposure(f_number=32)).f_number == 32.0


def test_a_camera_without_an_aperture():
    camera = IxLinkSimulator()
    for command in (Command.GET_APERTURE, Command.GET_APERTURE_RANGE):
        camera.misbehave('not_supported', times=100, command=bytes([command]))
    device = IxLinkCamera(LoopPort(camera), {})
    device.open()
    assert device.exposure() == Exposure(1 / 256, None, 100.0)
    assert set(device.exposure_ranges()) == {'exposure_time', 'iso'}
    with pytest.raises(NotSupported):
        device.set_exposure(Exposure(f_number=8))


@pytest.mark.parametrize('name, brighter', [('f_number', 'less'), ('iso', 'more'),
                                            ('exposure_time', 'more')])
def test_steps(pair, name, brighter):
    camera, device = pair
    before = getattr(device.exposure(), name)
    stops = 2 if name == 'f_number' else 1
    for steps in (1 / 3, 0.33, 0.3, 1.0, -0.7, -1, 2.0, -2):
        now = getattr(device.step_exposure(name, steps), name)
        exact = round(steps * 3) / 3 * (-1 if brighter == 'less' else 1)
        assert now == pytest.approx(before * 2 ** (exact / stops))
        before = now
    increments = {q.increment for q in QUANTITIES.values()}
    assert sum(r.command in increments for r in camera.log) == 8


@pytest.mark.parametrize('quantity, steps, words', [
    ('shutter', 1, "quantity: 'shutter'; allowed: f_number, exposure_time, iso"),
    ('iso', 0, 'not a whole number of the steps of 1/3 EV'), ('iso', 0.1, 'not a whole number'),
    ('iso', 0.5, 'not a whole number'), ('iso', nan, 'not a number of EV from -255 to 255'),
    ('iso', inf, 'not a number'), ('iso', 1e308, 'not a number'), ('iso', -256, 'not a number'),
    ('iso', 5e-324, 'not a whole number'),
    ('iso', 7, r'iso: 100 can be changed by -1 to 6 EV, not by 7'),
    ('f_number', -4, r'f_number: 8 can be changed by -3 to 3 EV, not by -4'),
])
def test_steps_that_cannot_be(pair, quantity, steps, words):
    camera, device = pair
    with pytest.raises(ValueError, match=words):
        device.step_exposure(quantity, steps)
    assert not {r.command for r in camera.log} & {q.increment for q in QUANTITIES.values()}


def test_a_step_that_does_not_fit_its_byte():
    camera = IxLinkSimulator()
    camera.grids['iso'] = Grid(-128, 127, 1, 12)
    camera.values['iso'] = Fraction(-128, 12)
    device = IxLinkCamera(LoopPort(camera), {})
    device.open()
    with pytest.raises(ValueError, match='at most 10.58.* EV at once'):
        device.step_exposure('iso', 12)
    device.step_exposure('iso', 10)
    assert camera.values['iso'] == Fraction(-8, 12)


@pytest.mark.parametrize('quantity', QUANTITIES.values())
def test_shifted_data_that_pass_the_checksum(pair, quantity):
    camera, device = pair
    right = device.exposure_ranges(), device.exposure()
    for skip in (0, 1):
        camera.misbehave('shifted', command=bytes([quantity.get_range]), skip=skip)
        camera.misbehave('shifted', command=bytes([quantity.get]))
        assert (device.exposure_ranges(), device.exposure()) == right
    camera.misbehave('zero_denominator', command=bytes([quantity.get_range]))
    camera.misbehave('zero_denominator', command=bytes([quantity.get]))
    assert (device.exposure_ranges(), device.exposure()) == right
    camera.misbehave('zero_denominator', times=1000, command=bytes([quantity.get_range]))
    with pytest.raises(ProtocolError, match='is none'):
        device.exposure_ranges()


class Restless(IxLinkSimulator):
    """Has another sensitivity for each question."""

    def on_bytes(self, data):
        """Turn the wheel, and answer."""
        self.values['iso'] += Fraction(1, 3)
        super().on_bytes(data)


def test_answers_that_always_differ():
    camera = Restless()
    device = IxLinkCamera(LoopPort(camera), {})
    device.open()
    camera.grids['iso'] = Grid(-100, 100, 1, 3)
    camera.values['iso'] = Fraction(15)
    with pytest.raises(ProtocolError, match='each answer to one question differs'):
        device.exposure()


def test_another_lens_is_asked_for_before_a_remembered_range_refuses_or_rounds(pair):
    camera, device = pair
    camera.grids['f_number'] = Grid(3, 30, 1, 3)  # f/1.4 to f/32
    assert device.set_exposure(Exposure(f_number=32)).f_number == 32
    assert device.set_exposure(Exposure(f_number=1.4)).f_number == pytest.approx(1.414, rel=1e-3)
    camera.grids['f_number'] = Grid(18, 36, 6, 3)  # f/8, 16, 32, 64
    camera.values['f_number'] = Fraction(8)
    assert device.set_exposure(Exposure(f_number=40), nearest=True).f_number == 32
    assert device.set_exposure(Exposure(f_number=5.6), nearest=True).f_number == 8
    assert device.step_exposure('f_number', -6).f_number == 64
    camera.misbehave('silence', times=5, command=bytes([Command.GET_APERTURE_RANGE]))
    with pytest.raises(ReplyTimeout):  # rather than an untrue refusal
        device.set_exposure(Exposure(f_number=45))


def test_a_value_beyond_the_end_of_another_lens_is_the_nearest(pair):
    camera, device = pair
    camera.grids['f_number'] = Grid(12, 30, 1, 3)
    camera.values['f_number'] = Fraction(6)
    assert device.set_exposure(Exposure(f_number=2.8), nearest=True).f_number == 4


def test_what_was_written_before_one_value_fails_is_named(pair):
    camera, device = pair
    camera.misbehave('general', command=bytes([Command.SET_SHUTTER_SPEED]))
    with pytest.raises(Refused, match='^f_number was written; .* set_shutter_speed: err_general'):
        device.set_exposure(Exposure(exposure_time=0.01, f_number=4, iso=200))
    assert camera.values['f_number'] == 4
    camera.misbehave('silence', times=100, command=bytes([Command.GET_SHUTTER_SPEED]))
    with pytest.raises(NotConfirmed, match='^f_number was written; .*exposure_time .* sent'):
        device.set_exposure(Exposure(exposure_time=0.01, f_number=8, iso=200))
    assert camera.values['iso'] == 5


@pytest.mark.parametrize('skip, words', [
    (2, 'increment_iso: the camera reported it as done, and the value could not be read'),
    (3, 'iso was stepped by 1 EV, and the exposure could not be read afterwards')])
def test_a_step_that_was_made_and_cannot_be_read(pair, skip, words):
    camera, device = pair
    device.record, kept = recorder()
    camera.misbehave('silence', times=100, skip=skip, command=bytes([Command.GET_ISO]))
    with pytest.raises(NotConfirmed, match=words):
        device.step_exposure('iso', 1)
    assert camera.values['iso'] == 6
    again = IxLinkCamera(LoopPort(camera), {})
    camera.faults.pending.clear()
    again.open()
    assert again.settle(kept[0]).outcome is Outcome.DONE
    camera.values['iso'] = Fraction(5)
    assert again.settle(kept[0]).outcome is Outcome.NOT_DONE
    camera.values['iso'] = Fraction(7)
    assert again.settle(kept[0]).outcome is Outcome.UNKNOWN
    assert again.settle({'operation': 'capture'}).outcome is Outcome.UNKNOWN


def test_a_step_that_went_elsewhere_is_in_doubt(pair):
    camera, device = pair
    camera.misbehave('late_reply', command=bytes([Command.INCREMENT_ISO]))
    camera.after(0.3, lambda: camera.values.update(iso=Fraction(8)))
    with pytest.raises(OutcomeUnknown, match='iso 800, neither iso 100 nor iso 200'):
        device.step_exposure('iso', 1)


def test_a_camera_with_a_status_of_another_revision(caplog):
    camera = IxLinkSimulator()
    camera.misbehave('unknown_status', times=4, command=bytes([Command.GET_SYSTEM_STATUS]))
    device = IxLinkCamera(LoopPort(camera), {})
    device.open()
    assert device.poll().details['status'] == 'unknown (7)'
    device.poll()
    with pytest.raises(ProtocolError, match='system status 7'):
        device.capture()
    assert len([one for one in caplog.records if 'system status 7' in one.message]) == 1
    assert not camera.shots


# Pictures.

def test_a_synchronous_shot_of_a_camera_that_does_not_answer_is_not_begun():
    camera, device = connect({'reply_mode': 'sync'})
    port = device.session.port
    camera.misbehave('silence', times=100, command=bytes([Command.GET_SHUTTER_SPEED]))
    start = port.now()
    with pytest.raises(ReplyTimeout):
        device.capture()
    assert not camera.shots and port.now() - start < 3.0
    camera.faults.pending.clear()
    # It does not tell: the longest exposure that it has counts.
    camera.misbehave('not_supported', command=bytes([Command.GET_SHUTTER_SPEED]))
    camera.misbehave('lose_reply', command=bytes([Command.CAPTURE]))
    with pytest.raises(OutcomeUnknown):
        device.capture()
    assert port.now() - start < 3.0 + 5.0 + 2 * 32.0 + 1.0 and len(camera.shots) == 1


@pytest.mark.parametrize('mode', MODES)
def test_a_reset_at_the_trigger_does_not_block(mode):
    camera, device = connect({'reply_mode': mode})
    port = device.session.port
    camera.misbehave('silence', command=bytes([Command.CAPTURE]))
    camera.after(0.1, camera.power_cycle)
    start = port.now()
    with pytest.raises(OutcomeUnknown, match='which does not tell'):
        device.capture()
    assert port.now() - start < (1.0 if mode == 'async' else 5.7)


HOSTILE = {
    'endless noise': (b'\x55' * 12, 0.001), 'prefixes': (b'\x58' * 3, 0.001),
    'one byte after the other': (b'\x58', 0.09), 'never an end': (b'\x58\xff\x01', 0.08),
    'the largest frames': (b'\x58\xff\x01\x00\x0f' + bytes(252) + b'\x0e', 0.02),
    'other answers': (bytes.fromhex('58 05 01 00 0b 12 03 1b'), 0.001),
    'unnamed answers': (bytes.fromhex('58 03 01 ff ff 01'), 0.001),
    'busy for ever': (bytes.fromhex('58 04 01 00 6f 02 6c'), 0.05),
}
WORK = {
    'poll': (lambda c: c.poll(), 4.0), 'exposure': (lambda c: c.exposure(), 13.0),
    'ranges': (lambda c: c.exposure_ranges(), 13.0),
    'set_exposure': (lambda c: c.set_exposure(Exposure(iso=200)), 15.0),
    'step_exposure': (lambda c: c.step_exposure('iso', 1), 15.0),
    'capture': (lambda c: c.capture(), 5.0 + 2 * 32.0 + 15.0),  # as long as the longest exposure
    'live view': (lambda c: c.set_live_view(False), 15.0),
    'set': (lambda c: c.set('black_calibration', 'forced'), 8.0)}


@pytest.mark.parametrize('mode', HOSTILE)
@pytest.mark.parametrize('name', WORK)
def test_a_hostile_camera_prolongs_nothing(mode, name):
    camera = hostile(IxLinkSimulator)()
    device = IxLinkCamera(LoopPort(camera), {})
    device.open()
    camera.data, camera.every = HOSTILE[mode]
    port = device.session.port
    work, most = WORK[name]
    assert seconds(port, work, device) < most


@pytest.mark.parametrize('name', WORK)
@pytest.mark.parametrize('after', [0.01, 0.3, 0.6, 1.5, 3.0])
@pytest.mark.parametrize('mode', ['mute', 'endless noise', 'busy for ever'])
@pytest.mark.parametrize('reply_mode', MODES)
def test_what_is_cancelled_is_over_at_once(mode, after, name, reply_mode):
    camera = hostile(IxLinkSimulator)()
    device = IxLinkCamera(LoopPort(camera), {'reply_mode': reply_mode})
    device.open()
    camera.data, camera.every = HOSTILE.get(mode, (b'\x55', 1e6))
    port = device.session.port
    end = port.now() + after
    camera.after(after, port.cancel)
    seconds(port, WORK[name][0], device)
    device.close()
    assert port.now() < end + 2.0


@pytest.mark.parametrize('mode', MODES)
@pytest.mark.parametrize('numerator', [24, 0, -15])  # 1/256 s, 1 s, 32 s
def test_capture(mode, numerator):
    camera, device = connect({'reply_mode': mode}, paced=True)
    camera.values['exposure_time'] = Fraction(numerator, 3)
    triggered = []
    shot = device.capture(triggered.append)
    assert triggered == [shot.sent]
    assert len(camera.shots) == 1 and camera.shots[0].mode.name.lower() == mode
    # The frame has arrived when its last byte has left.
    assert shot.sent == pytest.approx(camera.shots[0].time)
    exposure = 2.0 ** (-numerator / 3)
    assert shot.done is not None
    assert 0 <= shot.done - shot.sent - (2 * exposure + 0.3) < 0.15
    if mode == 'async':
        assert shot.accepted is not None and shot.accepted - shot.sent < 0.01
    else:  # at the latest when the exposure that is over began
        assert shot.accepted == pytest.approx(shot.done - exposure)
    assert shot.exposure == Exposure(exposure, 8.0, 100.0)
    assert (shot.image_index, shot.settled, shot.delay) == (None, '', 0.0)


@pytest.mark.parametrize('mode', MODES)
def test_a_busy_camera(mode):
    camera, device = connect({'reply_mode': mode, 'capture_when_busy': 'refuse'})
    camera.phase = 'exposing'
    with pytest.raises(Busy, match='the camera is busy; try again when it is ready'):
        device.capture()
    for operation in (lambda: device.set_exposure(Exposure(iso=200)),
                      lambda: device.step_exposure('iso', 1),
                      lambda: device.set('black_calibration', 'forced'),
                      lambda: device.set_live_view(True)):
        with pytest.raises(Busy):
            operation()
    camera.phase = 'idle'
    device.capture()
    assert len(camera.shots) == 1


@pytest.mark.parametrize('mode', MODES)
def test_a_busy_camera_is_waited_for(mode):
    camera, device = connect({'reply_mode': mode})
    camera.phase = 'exposing'
    camera.after(3.0, lambda: setattr(camera, 'phase', 'idle'))
    shot = device.capture()
    assert shot.settled == '' and shot.sent >= 3.0
    assert len(camera.shots) == 1
    camera.phase = 'exposing'
    start = device.session.port.now()
    with pytest.raises(Busy, match='still busy'):
        device.capture()
    assert device.session.port.now() - start == pytest.approx(5.008, abs=0.15)
    assert len(camera.shots) == 1


@pytest.mark.parametrize('mode', MODES)
def test_a_doubtful_capture_that_was_settled(mode):
    camera, device = connect({'reply_mode': mode})
    camera.values['exposure_time'] = Fraction(0)
    camera.misbehave('late_reply', command=bytes([Command.CAPTURE]))
    shot = device.capture()
    if mode == 'async':
        assert 'came late' in shot.settled and shot.accepted is None
    camera.misbehave('lose_reply', command=bytes([Command.CAPTURE]))
    camera.values['exposure_time'] = Fraction(-3)
    if mode == 'async':
        shot = device.capture()
        assert 'busy right after it' in shot.settled
        assert shot.done is not None and shot.done - shot.sent > 16.0
    else:
        with pytest.raises(OutcomeUnknown):
            device.capture()
    assert len(camera.shots) == 2


@pytest.mark.parametrize('mode', MODES)
def test_a_doubtful_capture_of_a_camera_that_is_still_busy(mode):
    camera, device = connect({'reply_mode': mode}, readout=6.0)
    camera.misbehave('lose_reply', command=bytes([Command.CAPTURE]))
    # It takes longer than it may; mute all the while when it is synchronous.
    with pytest.raises(OutcomeUnknown, match='still busy' if mode == 'async' else 'no answer'):
        device.capture()
    assert len(camera.shots) == 1


@pytest.mark.parametrize('mode', MODES)
def test_a_capture_that_fails(mode):
    camera, device = connect({'reply_mode': mode})
    camera.misbehave('fail_capture')
    # Neither an error state nor an unspecified failure tells whether it was exposed.
    with pytest.raises(OutcomeUnknown, match='general'):
        device.capture()
    with pytest.raises(Refused, match='general error'):
        device.capture()
    assert len(camera.shots) == 1


class Ending(LoopPort):
    """Raises `error` when the camera is asked how it is after an accepted trigger."""

    error = None
    triggered = False

    def write(self, data):
        if self.triggered and self.error:
            raise self.error
        super().write(data)


@pytest.mark.parametrize('error', [PortError('gone'), Cancelled('end'), KeyboardInterrupt()],
                         ids=repr)
def test_whatever_ends_an_accepted_capture_leaves_it_open(error):
    camera = IxLinkSimulator()
    port = Ending(camera, IxLinkCamera.LINE)
    device = IxLinkCamera(port, {})
    device.open()

    def accepted(_):
        port.triggered, port.error = True, error

    with pytest.raises(OutcomeUnknown, match='had accepted the trigger') as caught:
        device.capture(accepted)
    assert caught.value.__cause__ is error
    port.error = None
    assert len(camera.shots) == 1


def test_a_capture_without_end():
    camera, device = connect()
    camera.misbehave('stay_busy')
    start = device.session.port.now()
    with pytest.raises(OutcomeUnknown, match='still busy'):
        device.capture()
    assert device.session.port.now() - start == pytest.approx(5.008, abs=0.15)


def test_a_camera_that_falls_silent_while_it_is_at_work():
    camera, device = connect()
    camera.values['exposure_time'] = Fraction(-1)
    camera.misbehave('silence', times=100, skip=2, command=bytes([Command.GET_SYSTEM_STATUS]))
    triggered = []
    with pytest.raises(OutcomeUnknown, match='had accepted the trigger'):
        device.capture(triggered.append)
    assert len(triggered) == len(camera.shots) == 1


def test_a_camera_that_answers_nothing_while_it_is_at_work():
    camera, device = connect(busy_mute=True)
    shot = device.capture()
    assert shot.done is not None and shot.exposure.exposure_time == 1 / 256


@pytest.mark.parametrize('mode', MODES)
def test_captures_in_a_row(mode):
    camera, device = connect({'reply_mode': mode}, paced=True)
    for _ in range(50):
        device.capture()
    times = [shot.time for shot in camera.shots]
    assert len(times) == 50
    # Exposure, read-out and dark frame take 0.308 s; the rest is questions at 9600 baud.
    period = (times[-1] - times[0]) / 49
    assert 0.308 < period < (0.43 if mode == 'async' else 0.39)


# What can only be commanded.

def test_black_calibration(pair):
    camera, device = pair
    assert device.get('black_calibration') is None
    assert device.set('black_calibration', 'suppressed') == 'suppressed'
    assert device.get('black_calibration') == 'suppressed'
    assert camera.black_calibration is BlackCalibration.SUPPRESSED
    for bad in ('off', 'raw:1', 1, True):
        with pytest.raises(ValueError, match='allowed: forced, suppressed'):
            device.set('black_calibration', bad)
    for operation in (lambda: device.get('iso'), lambda: device.set('iso', 100)):
        with pytest.raises(NotSupported, match="'iso'; there are: black_calibration"):
            operation()
    assert device.poll().details['black calibration'] == 'suppressed'


@pytest.mark.parametrize('mode', MODES)
def test_live_view(mode):
    camera, device = connect({'reply_mode': mode})
    assert device.poll().live_view is None
    device.set_live_view(True)
    assert camera.live_view and device.poll().live_view is True
    device.set_live_view(False)
    assert not camera.live_view and device.poll().live_view is False


def test_a_slow_start_of_live_view():
    for timeout, tries in ((0.5, 2), (1.0, 1)):
        camera, device = connect({'live_view_timeout': timeout})
        camera.misbehave('late_reply', command=bytes([Command.START_LIVE_VIEW]))
        device.set_live_view(True)
        assert sum(r.command == Command.START_LIVE_VIEW for r in camera.log) == tries


def test_the_live_view_region(pair):
    camera, device = pair
    assert device.live_view_region() is None and device.roi() is None
    device.set_live_view_region(LiveViewRegion(1, 255, 10))
    assert camera.region == device.live_view_region() == LiveViewRegion(1, 255, 10)
    assert device.roi() == RegionOfInterest(0, 0, 1421, 1066)
    assert device.poll().details['live view region'] == 'centre 1, 255, scale 10%'
    with pytest.raises(ValueError, match='scale: 0; allowed: 1 to 100'):
        device.set_live_view_region(LiveViewRegion(1, 1, 0))
    shown = device.set_roi(RegionOfInterest(5000, 4000, 2000, 1000))
    assert shown == device.roi()
    assert shown.x_offset <= 5000 and shown.x_offset + shown.width >= 7000
    assert shown.y_offset <= 4000 and shown.y_offset + shown.height >= 5000
    assert device.set_roi(RegionOfInterest()) == RegionOfInterest(0, 0, 14204, 10652)
    with pytest.raises(ValueError, match='not within the sensor'):
        device.set_roi(RegionOfInterest(0, 0, 14205, 1))


def test_regions_need_the_size_of_the_sensor_and_hdmi():
    _, device = connect()
    device.set_live_view_region(LiveViewRegion())
    for operation in (lambda: device.set_roi(RegionOfInterest()), device.roi):
        with pytest.raises(NotSupported, match='need the size of the sensor') as error:
            operation()
        assert options_of(error.value) == ('sensor_width', 'sensor_height')
    _, device = connect(hdmi=False)
    with pytest.raises(NotSupported, match='does not know the command'):
        device.set_live_view_region(LiveViewRegion())


# The rest.

def test_self_test(pair):
    camera, device = pair
    state = dict(camera.values), camera.region, len(camera.shots)
    results = {result.name: result for result in device.self_test()}
    assert all(result.passed for result in results.values())
    assert '20 of 20 answers alike' in results['echo'].detail
    assert state == (camera.values, camera.region, len(camera.shots))
    camera.misbehave('wrong_checksum', times=2)
    camera.error = True
    results = {result.name: result for result in device.self_test()}
    assert (results['status'].passed, results['line'].passed) == (False, False)
    camera.grids['iso'] = Grid(12, 34, 1, 3)
    device.exposure_ranges()
    camera.misbehave('shifted', command=bytes([Command.GET_ISO_RANGE]), skip=5)
    echo = {r.name: r for r in device.self_test()}['echo']
    assert not echo.passed and 'the line is noisy' in echo.detail
    camera.misbehave('wrong_checksum', skip=10)
    assert not {r.name: r for r in device.self_test()}['line'].passed


def test_raw_messages(pair):
    camera, device = pair
    assert device.send_message(bytes([11])) == b'\x12\x03'
    assert device.send_message(bytes([110, 1])) == b''
    assert len(camera.shots) == 1
    assert device.send_message(bytes([114])) == b''
    assert camera.live_view
    for message, words in ((b'', 'command id'), (bytes(255), '253 bytes'),
                           (bytes([10, 1]), 'set_aperture has 2 bytes of data, not 1')):
        with pytest.raises(ValueError, match=words):
            device.send_message(message)
    for command, words in ((131, 'can format the card'), (255, 'not a command')):
        with pytest.raises(Forbidden, match=words):
            device.send_message(bytes([command]))
    assert 131 not in {request.command for request in camera.log}
    with pytest.raises(NotSupported):
        device.send_message(bytes([112]))


# A real pseudo-terminal.

@pytest.fixture
def terminal():
    camera = IxLinkSimulator(readout=0.05)
    with Terminal(camera, paced=True) as terminal:
        port = SerialPort(terminal.path, IxLinkCamera.LINE)
        device = IxLinkCamera(port, {'sensor_width': 100, 'sensor_height': 100})
        device.open()
        yield terminal, device
        device.close()


def test_everything_on_a_terminal(terminal):
    terminal, device = terminal
    held = device.set_exposure(Exposure(1 / 1000, 5.6, 400))
    assert held == Exposure(1 / 1024, pytest.approx(5.657, rel=1e-3), 400)
    assert device.step_exposure('exposure_time', -1).exposure_time == 1 / 2048
    device.set('black_calibration', 'suppressed')
    device.set_live_view(True)
    assert device.set_roi(RegionOfInterest()) == RegionOfInterest(0, 0, 100, 100)
    device.set_live_view(False)
    shot = device.capture()
    assert shot.done is not None and shot.accepted is not None
    assert shot.sent <= shot.accepted < shot.done
    assert len(terminal.simulator.shots) == 1
    assert device.send_message(bytes([111])) == b'\x01'


def test_faults_on_a_terminal(terminal):
    terminal, device = terminal
    for fault in ('lose_reply', 'pieces', 'noise_before', 'wrong_checksum', 'repeated_reply'):
        terminal.do(lambda fault=fault: terminal.simulator.misbehave(fault))
        assert device.exposure() == Exposure(1 / 256, 8.0, 100.0)
    increment = bytes([Command.INCREMENT_ISO])
    terminal.do(lambda: terminal.simulator.misbehave('silence', command=increment))
    with pytest.raises(Refused, match='step was not made: the camera holds what it held before'):
        device.step_exposure('iso', 1)
    terminal.unplug()
    with pytest.raises((PortError, ReplyTimeout)):
        device.exposure()
