# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""What is done to simulated devices: all is as it was afterwards, or is put back by the next."""

from contextlib import contextmanager, suppress
import random

from conform_reports import Changes, device_of, looked, verdicts
import pytest

from camera_driver.abilities import ControlsExposure, Routes, StoresImages
from camera_driver.catalog import BUILT_IN
from camera_driver.conform.facts import by_id, Level
from camera_driver.conform.steps import restore, Steps
from camera_driver.errors import DeviceError, PortError
from camera_driver.link.dialogue import Exchange, Said
from camera_driver.model import Access
from camera_driver.sim.loop import LoopPort
from camera_driver.sim.personality import Personality


@pytest.fixture(params=BUILT_IN)
def kind(request):
    """Return each built-in type."""
    return BUILT_IN[request.param]


@contextmanager
def opened(kind, simulator, folder):
    """Open a device at a simulator."""
    device = device_of(kind, simulator, folder / 'wire.trace')
    device.open()
    yield device
    device.close()


def held(device):
    """Return all that a device tells of what can be set, and how many pictures it has."""
    found = {}
    for name, setting in device.settings().items():
        if setting.access is Access.READ_WRITE:
            with suppress(DeviceError):
                found[name] = device.get(name)
    if isinstance(device, ControlsExposure):
        found['exposure'] = device.exposure()
    if isinstance(device, Routes):
        found['preset'] = [*device.preset(1), device.preset_name(1)]
    if isinstance(device, StoresImages):
        found['images'] = len(device.list_images())
    return found


@pytest.mark.parametrize('level', Level)
def test_all_is_as_it_was(kind, tmp_path, level):
    simulator = kind.simulator_class()()
    changes = Changes()
    with opened(kind, simulator, tmp_path) as device:
        before = held(device)
        steps = Steps(device, kind.unproven(), changes)
        done = list(steps.go(level))
        after = held(device)
    if isinstance(device, StoresImages) and level is Level.CAPTURE:
        before['images'] += 1
        assert len(steps.pictures) == 2
    assert after == before
    assert not changes.open
    assert bool(changes.made) == (level is not Level.LOOK)
    assert ('picture: deleted' in done) == (
        isinstance(device, StoresImages) and level is Level.ALL)


def test_levels_try_more_and_refute_no_more(kind, tmp_path):
    look = verdicts(looked(kind, tmp_path))
    everything = verdicts(looked(kind, tmp_path, level=Level.ALL))
    assert 'refuted' not in everything.values()
    assert all(everything[fact] == verdict for fact, verdict in look.items()
               if verdict != 'not tried')


@pytest.mark.parametrize(('name', 'numbers'), [
    ('sierra', ['sierra-014', 'sierra-022', 'sierra-042']), ('ix_link', ['ix_link-007']),
    ('fuji_mx', ['fuji_mx-015'])])
def test_what_only_a_picture_shows(name, numbers, tmp_path):
    kind = BUILT_IN[name]
    look, made = verdicts(looked(kind, tmp_path)), looked(kind, tmp_path, level=Level.CAPTURE)
    found = verdicts(made)
    assert {look[number] for number in numbers} == {'not tried'}
    assert {number for number in found if found[number] != look[number]} == set(numbers)
    assert {found[number] for number in numbers} == {'confirmed'}


def test_what_a_picture_refutes(tmp_path):
    kind = BUILT_IN['sierra']
    camera = kind.simulator_class()()
    camera.personality = Personality({b'\1\x28': Said(b'\5\0\0\0')}, kind.codec_module(),
                                     kind.listener_class()())
    found = verdicts(looked(kind, tmp_path, camera, level=Level.CAPTURE))
    assert (found['sierra-014'], found['sierra-022']) == ('refuted', 'confirmed')


def judged(name, number, *questions):
    """Return what a fact's watch says of questions and answers in hexadecimal."""
    exchanges = [Exchange(line, float(line), bytes.fromhex(question), Said(bytes.fromhex(answer)))
                 for line, (question, answer) in enumerate(questions)]
    return by_id(BUILT_IN[name].unproven())[number].watch(exchanges)[0].value


def test_words_of_a_summary_against_registers():
    def word(number, place, held, register):
        summary = f'{"00" * 4 * place}{held}{"00" * 4 * (7 - place)}'
        asked = 'sierra', number, *[('042e', summary), register] * 2
        return judged(*asked)

    taken, left = ('010a', '05000000'), ('010b', '10000000')
    assert word('sierra-036', 2, '05000000', taken) == 'confirmed'
    assert word('sierra-036', 2, '06000000', taken) == 'not supported'
    assert word('sierra-039', 5, '00000000', taken) == 'confirmed'
    assert word('sierra-039', 5, '06000000', taken) == 'refuted'
    assert word('sierra-040', 6, '10000000', left) == 'confirmed'
    assert word('sierra-040', 6, '10000000', taken) == 'not tried'
    late = [('0202 00', '06'), ('042e', '00' * 32), taken] * 2
    assert judged('sierra', 'sierra-039', *late) == 'not tried'  # the count is another by then


def test_the_high_byte_of_a_length():
    def word(first, *lengths):
        summary = ('042f', first + '00' * 28)
        return judged('sierra', 'sierra-041', *(('010c', one) for one in lengths), summary,
                      summary)

    assert word('10270000', '10270000') == 'not tried'
    assert word('10270001', '10270000') == 'confirmed'
    assert word('10270001', '10270001') == 'refuted'
    assert word('10270001', '10270001', '10270000') == 'confirmed'
    assert word('10270001') == 'not tried'


def test_how_long_a_thumbnail_is():
    long, short = ('00 0100', '00' * 10501), ('00 0100', '00' * 10500)
    assert judged('fuji_mx', 'fuji_mx-015', short, short) == 'confirmed'
    assert judged('fuji_mx', 'fuji_mx-015', long, long) == 'refuted'
    assert judged('fuji_mx', 'fuji_mx-015', long, short) == 'not tried'


READY, BUSY, NO = Said(b'\1'), Said(b'\2'), Said(b'\xfd', refused=True)


@pytest.mark.parametrize(('said', 'status', 'verdict'), [
    ((Said(b'\x12\3'),) * 2, BUSY, 'confirmed'), ((NO, NO), BUSY, 'refuted'),
    ((None,) * 3, READY, 'refuted'), ((None,) * 2, READY, 'not tried'),
    ((Said(b'\x12\3'), NO), BUSY, 'not tried'), ((Said(b'\x12\3'),) * 2, READY, 'not tried')])
def test_what_is_asked_while_a_camera_is_busy(said, status, verdict):
    questions = [(b'\x6e\0', Said(b'')), *((b'\x0b', one) for one in said), (b'\x6f', status)]
    exchanges = [Exchange(line, float(line), *one) for line, one in enumerate(questions)]
    watch = by_id(BUILT_IN['ix_link'].unproven())['ix_link-007'].watch
    assert watch(exchanges)[0].value == verdict


class Pulled(LoopPort):
    """A line whose cable is pulled before it says something for the nth time."""

    left = 0

    def write(self, data):
        """Write, or be gone."""
        self.left -= 1
        if self.left == 0:
            self.unplug()
        super().write(data)


def pulled(kind, simulator, after):
    """Return a device whose cable is pulled; how often it wrote is `after` - `port.left`."""
    cls = kind.device_class()
    port = Pulled(simulator, cls.LINE)
    port.left = after
    return cls(port, {option.name: option.default for option in cls.OPTIONS
                      if option.default is not None}), port


def test_what_a_pulled_cable_leaves_changed_is_put_back(kind, tmp_path):
    never = 10 ** 9
    simulator = kind.simulator_class()()
    device, port = pulled(kind, simulator, never)
    device.open()
    opening = never - port.left
    before = held(device)
    start = port.left
    list(Steps(device, (), Changes()).go(Level.CAPTURE))
    writes = start - port.left
    images = before.pop('images', None)
    draw = random.Random(1)
    device.close()
    put_back = 0
    for _ in range(30):
        simulator = kind.simulator_class()()
        changes = Changes()
        device, _ = pulled(kind, simulator, opening + draw.randrange(1, writes))
        with pytest.raises(PortError):
            device.open()
            list(Steps(device, (), changes).go(Level.CAPTURE))
        device.close()
        with opened(kind, simulator, tmp_path) as device:
            for change in changes.open:
                assert restore(device, change)
                put_back += 1
            after = held(device)
        assert after.pop('images', images) in (images, None if images is None else images + 1)
        assert after == before
    assert put_back


def test_a_picture_cannot_be_put_back(tmp_path):
    from camera_driver.conform.steps import Change
    kind = BUILT_IN['sierra']
    with opened(kind, kind.simulator_class()(), tmp_path) as device:
        assert not restore(device, Change('picture', '3'))
        assert str(Change('picture', '3')) == 'picture 3'
