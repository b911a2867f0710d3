# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""
What every device type of the catalog promises, in memory and on a pseudo-terminal.

A simulator needs to be nothing more than one that starts without arguments; one that stores
pictures shows them as `frames`, each with its `data`. What only some device types can do is asked
of those that have the ability.
"""

from datetime import datetime
import threading

from helpers import wait_until
import pytest

from camera_driver.abilities import (
    ControlsExposure, GivesSummaries, HasClock, HasLiveView, HasLocks, KeepsSettings,
    ProtectsImages, Routes, StoresImages, TakesPictures, TakesPreviews, UploadsImages)
from camera_driver.catalog import TYPES
from camera_driver.cli.output import figure
from camera_driver.errors import (
    Cancelled, DeviceError, NotSupported, PortError, Refused, ReplyTimeout)
from camera_driver.link.port import SerialPort
from camera_driver.model import Access, Exposure, Identity
from camera_driver.pictures.image import check_picture
from camera_driver.sim import scene
from camera_driver.sim.loop import Clock, LoopPort
from camera_driver.sim.terminal import Terminal


has = pytest.mark.ability.with_args  # a mark called with a class alone would decorate the class


class Loop:
    """A device in memory."""

    def __init__(self, kind):
        self.kind = kind
        self.simulator = kind.simulator_class()()
        self.port = None
        self.clock = Clock()  # of all ports: time does not go back when another one is used

    def connect(self):
        """Return a new device on a new port; nothing is sent yet."""
        device = self.kind.device_class()
        self.port = self.open_port(device.LINE)
        return device(self.port, {option.name: option.default for option in device.OPTIONS})

    def open_port(self, line):
        """Open the port."""
        return LoopPort(self.simulator, line, clock=self.clock)

    def do(self, action):
        """Do something to the simulated device."""
        return action()

    def unplug(self):
        """Pull the cable."""
        self.port.unplug()

    def close(self):
        """End."""


class Pty(Loop):
    """A device on a pseudo-terminal, through pyserial."""

    def __init__(self, kind):
        super().__init__(kind)
        self.terminal = Terminal(self.simulator)
        self.do = self.terminal.do
        self.unplug = self.terminal.unplug
        self.close = self.terminal.close

    def open_port(self, line):
        """Open the port."""
        return SerialPort(self.terminal.path, line)


@pytest.fixture(params=[Loop, Pty], ids=['loop', 'pty'])
def host_class(request):
    """Give each of the hosts."""
    return request.param


def pytest_generate_tests(metafunc):
    """Give `host` each device type, or those that have the `ability` a test is marked with."""
    if 'host' in metafunc.fixturenames:
        mark = metafunc.definition.get_closest_marker('ability')
        needed = mark.args if mark else ()
        metafunc.parametrize('host', [
            name for name, kind in TYPES.items()
            if all(issubclass(kind.device_class(), ability) for ability in needed)],
            indirect=True)


@pytest.fixture
def host(request, host_class):
    """Give a simulated device of each type on each host."""
    host = host_class(TYPES[request.param])
    yield host
    if host.port is not None:
        host.port.close()
    host.close()


@pytest.fixture
def device(host):
    """Give an open device."""
    device = host.connect()
    device.open()
    return device


def values(setting):
    """Return values to try a setting with: every word, or both ends and the middle."""
    if setting.words is not None:
        return list(setting.words)
    if setting.kind is bool:
        return [True, False]
    if setting.kind is str:
        return ['HELLO', 'a b']
    low = setting.minimum if setting.minimum is not None else 0
    high = setting.maximum if setting.maximum is not None else low + 10
    return [setting.kind(value) for value in (low, high, (low + high) / 2)]


def test_identity(host):
    device = host.connect()
    identity = device.open()
    assert isinstance(identity, Identity) and identity.camera_type == host.kind.name
    assert identity.same_device(device.open())


def test_nothing_is_sent_before_it_is_opened(host):
    assert host.connect().statistics.bytes_sent == 0


def test_poll(device):
    for _ in range(3):
        status = device.poll()
    assert status.battery is None or 0.0 <= status.battery <= 1.0
    assert all(isinstance(text, str) for text in status.details.values())


def test_settings_are_among_those_of_the_type(device):
    every = {setting.name: setting for setting in type(device).SETTINGS}
    for name, setting in device.settings().items():
        assert setting.name == name and setting.description and setting.source
        assert setting.kind is every[name].kind and setting.access is every[name].access


def test_every_setting_is_set_and_read_back(device):
    for name, setting in device.settings().items():
        try:
            held = device.get(name)
        except Refused:
            continue  # this model has none
        assert held is None or setting.validate(held) == held, name
        if setting.access is Access.READ_ONLY:
            continue
        done = 0
        for value in values(setting):
            try:
                held = device.set(name, value)
            except Refused:
                assert device.get(name) != value, name
            else:
                # A float may come to lie on the device's grid.
                near = pytest.approx(value, rel=0.01) if setting.kind is float else value
                assert held == near, name
                assert device.get(name) == (None if setting.momentary else held), name
                done += 1
        assert done or not values(setting), name


def test_wrong_values_are_refused_before_anything_is_sent(device):
    for name, setting in device.settings().items():
        wrong = [None, object()]
        wrong += ['no such word'] if setting.words is not None else []
        wrong += [setting.maximum + 1] if setting.maximum is not None else []
        wrong += [setting.minimum - 1] if setting.minimum is not None else []
        for value in wrong:
            before = device.statistics.bytes_sent
            with pytest.raises(ValueError, match=name):
                device.set(name, value)
            assert device.statistics.bytes_sent == before
    for operation in (lambda: device.get('no such setting'),
                      lambda: device.set('no such setting', 1)):
        with pytest.raises(NotSupported, match='no such setting'):
            operation()


@has(ControlsExposure)
def test_exposure(device):
    exposure = device.exposure()
    assert isinstance(exposure, Exposure)
    for name, limits in device.exposure_ranges().items():
        assert limits.minimum <= limits.maximum
        with pytest.raises(ValueError, match=name):
            device.set_exposure(Exposure(**{name: -5.0}))
    assert device.exposure() == exposure


@has(ControlsExposure)
def test_an_exposure_is_taken_as_it_is_printed(device):
    for name, limits in device.exposure_ranges().items():
        for value in (limits.minimum, limits.maximum, *limits.values):
            printed = float(figure(value))
            held = getattr(device.set_exposure(Exposure(**{name: printed})), name)
            assert held == pytest.approx(printed, rel=0.005)


@has(TakesPictures)
def test_capture(host, device):
    times = []
    shots = [device.capture(times.append) for _ in range(2)]
    assert times == [shot.sent for shot in shots]
    assert all(shot.accepted is None or shot.sent <= shot.accepted for shot in shots)
    assert all(shot.done is None or shot.sent <= shot.done for shot in shots)
    assert not any(shot.settled for shot in shots)
    frames = host.do(lambda: list(getattr(host.simulator, 'frames', [])))
    if frames:
        assert shots[-1].image_index == len(frames)
        assert device.download(len(frames)).data == frames[-1].data


@has(StoresImages)
def test_list_and_download(host, device):
    progress = []
    images = device.list_images()
    frames = host.do(lambda: list(host.simulator.frames))
    assert [image.index for image in images] == [*range(1, len(frames) + 1)]
    for image, frame in zip(images, frames):
        picture = device.download(image.index, progress.append)
        assert picture.data == frame.data and picture.index == image.index
        assert image.size in (None, len(picture.data))
        assert progress[-1].done == len(frame.data)
    for wrong in (0, len(frames) + 1, -1):
        with pytest.raises(IndexError, match=str(wrong)):
            device.download(wrong)


@has(StoresImages)
def test_what_progress_raises_ends_a_transfer(host, device):
    def stop(progress):
        raise RuntimeError('enough')
    for _ in range(3):
        with pytest.raises(RuntimeError, match='enough'):
            device.download(1, stop)
    assert device.download(1).data == host.do(lambda: host.simulator.frames[0].data)


@has(TakesPreviews)
def test_previews_are_not_stored(device):
    before = device.poll().images_stored
    progress = []
    assert check_picture(device.take_preview(progress.append)).width and progress
    assert device.poll().images_stored == before


@has(StoresImages, ProtectsImages)
def test_a_protected_image_is_not_deleted(device):
    before = device.list_images()
    device.protect(1, True)
    assert device.list_images(indices=[1])[0].write_protected
    with pytest.raises(Refused):
        device.delete([1])
    device.protect(1, False)
    assert device.list_images() == before


@has(StoresImages, UploadsImages)
def test_an_uploaded_picture_comes_back(device):
    data = scene.jpeg(1, 640, 480, datetime(2001, 9, 8, 12, 30))
    before = len(device.list_images())
    stored = device.upload('DSC00042.JPG', data, accept_hang=True)
    assert len(device.list_images()) == before + 1
    assert device.download(stored.index).data == data


@has(GivesSummaries, StoresImages)
def test_summaries_of_the_device_and_of_an_image(device):
    for summary in (device.summary(), device.summary(1)):
        assert summary and all(isinstance(name, str) for name in summary)
    with pytest.raises(IndexError):
        device.summary(len(device.list_images()) + 1)


@has(HasLiveView)
def test_live_view_is_switched(device):
    for on in (True, False):
        device.set_live_view(on)
        assert device.poll().live_view == on


@has(KeepsSettings)
def test_what_was_saved_does_not_differ(device):
    text = device.save()
    assert not device.compare(text) and not device.compare(text, factory=True)
    with pytest.raises(ValueError):
        device.compare('no such text')


@has(HasClock)
def test_clock(device):
    now = datetime(2026, 8, 1, 12, 30, 15)
    held = device.set_clock(now)
    assert held is None or abs((held - now).total_seconds()) <= 10


@has(Routes)
def test_presets_and_routing(device):
    assert device.routing() is None  # not before the device has reported it
    straight = list(range(1, device.OUTPUTS + 1))
    for wanted in (straight, straight[::-1], straight[:1] * device.OUTPUTS):
        assert list(device.set_preset(1, wanted)) == wanted == list(device.preset(1))
        assert list(device.trigger_preset(1)) == wanted == list(device.routing())
    assert list(device.route(2, straight)) == straight == list(device.routing())
    for wrong in (straight[:-1], [*straight, 1], [device.INPUTS + 1] * device.OUTPUTS):
        before = device.statistics.bytes_sent
        with pytest.raises(ValueError, match='input'):
            device.set_preset(1, wrong)
        assert device.statistics.bytes_sent == before
    assert device.set_preset_name(1, 'HELLO') == 'HELLO' == device.preset_name(1)


@has(HasLocks)
def test_locks(device):
    for lock in device.LOCKS:
        held = device.locked(lock)
        device.set_lock(lock, held)
        assert device.locked(lock) == held
    with pytest.raises(ValueError, match='no such lock'):
        device.locked('no such lock')


def test_self_test(device):
    results = device.self_test()
    assert results and all(result.passed for result in results), results
    assert all(result.name for result in results)


@pytest.mark.parametrize('name', TYPES)
def test_a_mute_device_times_out(name):
    host = Loop(TYPES[name])
    device = host.connect()
    device.open()
    host.simulator.on_bytes = lambda data: None
    for _ in range(3):
        with pytest.raises(ReplyTimeout):
            device.poll()
    with pytest.raises(ReplyTimeout):
        host.connect().open()
    del host.simulator.on_bytes
    device.poll()


@pytest.mark.parametrize('name', TYPES)
def test_a_power_cycle_is_survived(name):
    host = Loop(TYPES[name])
    device = host.connect()
    identity = device.open()
    before = device.sessions
    host.simulator.power_cycle()
    try:
        device.poll()
    except DeviceError:
        pass
    device.poll()
    assert device.sessions >= before
    assert device.open() == identity


def test_the_cable_is_pulled(host, device):
    host.unplug()
    for operation in (device.poll, device.open, device.self_test):
        with pytest.raises(PortError):
            operation()
    device.close()


def test_it_is_cancelled_by_another_thread(host, device):
    errors = []

    def work():
        try:
            while True:
                device.poll()
        except DeviceError as error:
            errors.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    wait_until(lambda: device.statistics.requests > 5)
    host.port.cancel()
    thread.join(20.0)
    assert not thread.is_alive()
    assert isinstance(errors[0], Cancelled)
    for operation in (device.poll, device.self_test):
        with pytest.raises(Cancelled):
            operation()
    device.close()


def test_it_is_closed_and_opened_again(host, device):
    identity = device.open()
    for _ in range(2):
        device.close()
        device.close()  # does nothing
        with pytest.raises(PortError):
            device.poll()
        device = host.connect()
        assert device.open() == identity
        device.poll()


def test_statistics_count(device):
    before = device.statistics
    device.poll()
    after = device.statistics
    assert after.requests > before.requests
    assert after.bytes_sent > before.bytes_sent
    assert after.bytes_received > before.bytes_received
    assert after.last_round_trip is not None and after.median_round_trip is not None
    assert (after.retries, after.timeouts, after.damaged_frames) == (
        before.retries, before.timeouts, before.damaged_frames)
