# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""Shots and their account: what is in doubt is settled in a later session, or stays unknown."""

import pytest

from camera_driver.devices.sierra.camera import SierraCamera
from camera_driver.devices.sierra.simulator.simulator import SierraSimulator
from camera_driver.errors import OutcomeUnknown, PortError, Refused, ReplyTimeout
from camera_driver.host.shots import Shots
from camera_driver.ledger.shots import Ledger
from camera_driver.operations import Outcome, Settlement
from camera_driver.sim.loop import LoopPort

NOW = 1_800_000_000.0
TRIGGER, ERASE = b'\x02\x02', b'\x02\x07'


class Cut(LoopPort):
    """A line that is lost at a command, within or behind it."""

    moment, command = '', TRIGGER

    def write(self, data):
        if self.moment and data[:1] == b'\x1b' and data[4:6] == self.command:
            super().write(data if self.moment == 'behind' else data[:4])
            self.unplug()
        super().write(data)


class Told(SierraCamera):
    """Settles as it is told."""

    found = Settlement(Outcome.UNKNOWN, 'nobody knows')

    def settle(self, evidence):
        if isinstance(self.found, Exception):
            raise self.found
        return self.found


@pytest.fixture
def file(tmp_path):
    return tmp_path / 'shots.sqlite3'


def opened(simulator, camera_class=SierraCamera):
    port = Cut(simulator)
    camera = camera_class(port, {'pacing': 'burst'})
    return port, camera, camera.open()


def shots_of(ledger):
    return Shots(lambda work: work(ledger), lambda: NOW + 60)


def doubtful(file, moment, simulator):
    """Take a picture on a line that is lost meanwhile; the program ends. Return its id."""
    ledger = Ledger(file, 'front', NOW)
    port, camera, identity = opened(simulator)
    shot_id = ledger.command(identity, NOW)
    port.moment = moment
    with pytest.raises((OutcomeUnknown, PortError)), shots_of(ledger).accounted(camera, shot_id):
        camera.capture(lambda sent: ledger.triggered(shot_id, NOW + 1))
    camera.close()
    ledger.close()
    simulator.advance(simulator.now + 60.0)
    return shot_id


@pytest.mark.parametrize('moment, state', [('behind', 'stored'), ('within', 'failed')])
def test_a_shot_is_settled_by_the_next_program(file, moment, state):
    simulator = SierraSimulator()
    before = len(simulator.frames)
    shot_id = doubtful(file, moment, simulator)
    assert len(simulator.frames) == before + (state == 'stored')
    ledger = Ledger(file, 'front', NOW)
    _, camera, identity = opened(simulator)
    shot, = shots_of(ledger).settle_open(camera, identity)
    assert (shot.shot_id, shot.state, shot.settled) == (shot_id, state, NOW + 60)
    if state == 'stored':
        assert shot.image_index == before + 1
        assert ledger.expects_list(identity)
        ledger.listed(identity, camera.list_images())
        assert ledger.shot(shot_id).name == simulator.frames[before].name
    assert not shots_of(ledger).settle_open(camera, identity)
    ledger.close()


@pytest.mark.parametrize('found, words', [
    (Settlement(Outcome.UNKNOWN, 'nobody knows'), 'nobody knows'),
    (Refused('not now'), 'not now'),
    (KeyError('count'), 'evidence cannot be read'),
    (ReplyTimeout('silence'), 'interrupted')])
def test_what_cannot_be_settled_stays_unknown(file, found, words):
    simulator = SierraSimulator()
    shot_id = doubtful(file, 'behind', simulator)
    ledger = Ledger(file, 'front', NOW)
    _, camera, identity = opened(simulator, Told)
    camera.found = found
    assert not shots_of(ledger).settle_open(camera, identity)
    shot = ledger.shot(shot_id)
    assert shot.state == 'unknown' and words in shot.message
    assert [one.id for one in ledger.unsettled(identity)] == [shot_id]
    ledger.close()


def test_a_lost_link_ends_the_asking(file):
    simulator = SierraSimulator()
    doubtful(file, 'behind', simulator)
    ledger = Ledger(file, 'front', NOW)
    _, camera, identity = opened(simulator, Told)
    camera.found = PortError('gone')
    with pytest.raises(PortError):
        shots_of(ledger).settle_open(camera, identity)
    assert len(ledger.unsettled(identity)) == 1
    ledger.close()


def test_a_shot_is_settled_before_the_memory_changes_or_never(file):
    simulator = SierraSimulator()
    shot_id = doubtful(file, 'behind', simulator)
    ledger = Ledger(file, 'front', NOW)
    _, camera, identity = opened(simulator)
    shot, = shots_of(ledger).before_change(camera, identity)
    assert shot.state == 'stored'
    ledger.close()
    shot_id = doubtful(file, 'within', simulator)
    ledger = Ledger(file, 'front', NOW)
    _, camera, identity = opened(simulator, Told)
    assert not shots_of(ledger).before_change(camera, identity)
    simulator.press_shutter()  # stands for an upload
    _, camera, identity = opened(simulator)
    assert not shots_of(ledger).settle_open(camera, identity)
    assert ledger.shot(shot_id).state == 'unknown'
    ledger.close()


def deleting(file, simulator, moment=None):
    """Delete image 2, on a line that is lost at `moment`; the program ends."""
    ledger = Ledger(file, 'front', NOW)
    port, camera, identity = opened(simulator)
    assert not shots_of(ledger).settle_open(camera, identity)
    if moment is not None:
        port.moment, port.command = moment, ERASE
    try:
        camera.delete([2])
    finally:
        camera.close()
        ledger.close()
        simulator.advance(simulator.now + 60.0)


def doubts(file):
    ledger = Ledger(file, 'front', NOW)
    try:
        return ledger.counters().doubts
    finally:
        ledger.close()


@pytest.mark.parametrize('moment', ['behind', 'within'])
def test_a_deletion_is_settled_by_the_next_program(file, moment, caplog):
    simulator = SierraSimulator()
    before = len(simulator.frames)
    with pytest.raises(OutcomeUnknown):
        deleting(file, simulator, moment)
    assert doubts(file) == 1
    ledger = Ledger(file, 'front', NOW)
    _, camera, identity = opened(simulator)
    assert not shots_of(ledger).settle_open(camera, identity)
    words = 'delete: done' if len(simulator.frames) < before else 'delete: not done'
    assert words in caplog.text
    assert not ledger.counters().doubts and not ledger.unsettled(identity)
    ledger.close()


def test_what_was_done_or_refused_is_not_in_doubt(file):
    simulator = SierraSimulator()
    deleting(file, simulator)
    simulator.frames[1].protected = True
    with pytest.raises(Refused):
        deleting(file, simulator)
    assert not doubts(file)


def test_a_later_change_ends_the_doubt_of_an_earlier_one(file):
    simulator = SierraSimulator()
    with pytest.raises(OutcomeUnknown):
        deleting(file, simulator, 'behind')
    ledger = Ledger(file, 'front', NOW)
    _, camera, identity = opened(simulator, Told)
    assert not shots_of(ledger).before_change(camera, identity)
    assert not ledger.counters().doubts  # nothing tells any more
    ledger.close()
