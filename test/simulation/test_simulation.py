# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""
Missions by seed: none of the first ones violates anything; the same seed is the same mission.

`make simulate` runs more of them, and shows the trace of one that fails.
"""

import pytest
from simulation.mission import Mission
from simulation.run import quick, run
from simulation.truth import TRUTHS

from camera_driver.catalog import BUILT_IN
from camera_driver.devices.fuji_mx.memory import Memory
from camera_driver.devices.sierra.outcomes import Outcomes
from camera_driver.host.settings import HeldSettings
from camera_driver.host.supervisor import Supervisor
from camera_driver.ledger.shots import Ledger
from camera_driver.operations import Kind, operations, Outcome, Settlement
from camera_driver.pictures.storage import PictureStore

SEEDS = {'sierra': 30, 'fuji_mx': 40, 'ix_link': 60, 'kp_fd30': 60, 'intelix': 50}
PLANTED = 100  # seeds within which a planted defect is found, at most


@pytest.fixture(autouse=True, scope='module')
def quickly():
    with quick():
        yield


def test_every_type_is_simulated():
    assert set(TRUTHS) == set(BUILT_IN)


@pytest.mark.parametrize('name', TRUTHS)
def test_every_operation_that_is_declared_is_part_of_missions(name):
    cls = BUILT_IN[name].device_class()
    for one, declared in operations(cls).items():
        assert declared.kind is Kind.READ or hasattr(Mission, f'do_{one}')


@pytest.mark.parametrize('name', SEEDS)
@pytest.mark.parametrize('part', range(2))
def test_nothing_is_violated(name, part):
    for seed in range(part, SEEDS[name], 2):
        result = run(name, seed)
        assert not result.problem, '\n'.join([*result.trace, result.problem])


@pytest.mark.parametrize('name', TRUTHS)
def test_a_seed_is_the_same_mission_every_time(name):
    first = run(name, 4)
    run(name, 3)  # nothing is left of another one
    second = run(name, 4)
    assert first == second and len(first.trace) > 20
    assert run(name, 5).trace != first.trace


# Defects that are planted, and found.

def nothing_was_done(self, evidence):
    return Settlement(Outcome.NOT_DONE, 'nothing was done')


def all_was_done(self, evidence):
    return Settlement(Outcome.DONE, 'it was done')


def cut(self, name, data, folder=''):
    return SAVE(self, name, data[:-100], folder)


SAVE = PictureStore.save
DEFECTS = {  # type, where it is planted, what is planted, of which kind it is found to be
    'a doubt is settled as not done, and sent again': (
        'sierra', Outcomes, '_settle_stored', nothing_was_done, '(a)'),
    'a doubt is settled as done': ('fuji_mx', Memory, 'settle_shot', all_was_done, '(a)'),
    'an unknown outcome is recorded as failed': (
        'ix_link', Ledger, 'unknown', Ledger.failed, '(a)'),
    'a shot that was never sent is not recorded': (
        'fuji_mx', Ledger, 'refused', lambda *arguments: '', '(b)'),
    'a file lacks its end': ('sierra', PictureStore, 'save', cut, '(d)'),
    'what a command has changed is not read again': (
        'sierra', HeldSettings, 'refresh', lambda *arguments: None, '(c)'),
    'the first try to connect again is the last': (
        'fuji_mx', Supervisor, '_again', lambda self: None, '(g)'),
    'what is planned piles up': (
        'ix_link', Supervisor, 'check_soon',
        lambda self: self._worker.later(1e6, '', self._check), '(e)'),
}


@pytest.mark.parametrize('defect', DEFECTS)
def test_a_planted_defect_is_found(defect, monkeypatch):
    name, owner, attribute, planted, kind = DEFECTS[defect]
    monkeypatch.setattr(owner, attribute, planted)
    for seed in range(PLANTED):
        problem = run(name, seed).problem
        if problem:
            assert problem.startswith(kind)
            return
    pytest.fail(f'{PLANTED} seeds did not find it')
