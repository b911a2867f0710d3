# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""
The Intelix matrix in the matrix of outcomes (intelix.md 4).

It cannot be asked for its routing, nor for a password: what is in doubt stays in doubt until it
reports.
"""

from pathlib import Path

from matrix.engine import holds, Kind, Recipe

from camera_driver.catalog import find
from camera_driver.devices.intelix.simulator.simulator import FAULTS, IntelixSimulator

OTHER = (2, 1, 4, 3, 6, 5, 8, 7)
PASSWORD = Path(__file__).with_name('password.txt')
NEW_PASSWORD = Path(__file__).with_name('new_password.txt')


def simulator():
    made = IntelixSimulator(panel_password=PASSWORD.read_bytes().strip())
    made.presets[3] = bytes(OTHER)
    return made


def routed(simulator):
    def done():
        triggers = sum(message.key == (3, 6) for message in simulator.log)
        assert triggers <= 1, f'triggered {triggers} times'
        return (simulator.routes == bytes(OTHER),)

    return done


def changed(simulator):
    def done():
        sent = sum(message.secret for message in simulator.log)
        assert sent <= 1, f'sent {sent} times'
        return (simulator.passwords['panel'] == NEW_PASSWORD.read_bytes().strip(),)

    return done


RECIPES = {
    'route': Recipe(lambda switcher: switcher.route(5, OTHER), routed, settles=False),
    'trigger_preset': Recipe(lambda switcher: switcher.trigger_preset(3), routed,
                             settles=False),
    'set_preset': Recipe(lambda switcher: switcher.set_preset(5, OTHER),
                         holds(lambda simulator: simulator.presets[5] == bytes(OTHER))),
    'set_preset_name': Recipe(
        lambda switcher: switcher.set_preset_name(5, 'TOWER'),
        holds(lambda simulator: simulator.preset_names[5].startswith(b'TOWER'))),
    'set_input_name': Recipe(
        lambda switcher: switcher.set_input_name(5, 'BOW'),
        holds(lambda simulator: simulator.input_names[5].startswith(b'BOW')), tells=False),
    'set_lock': Recipe(lambda switcher: switcher.set_lock('panel', True),
                       holds(lambda simulator: simulator.locked['panel'])),
    'set_lock, open': Recipe(
        lambda switcher: switcher.set_lock('panel', False),
        holds(lambda simulator: not simulator.locked['panel']),
        prepare=lambda switcher: switcher.set_lock('panel', True)),
    'set_password': Recipe(
        lambda switcher: switcher.set_password('panel', NEW_PASSWORD), changed, settles=False),
}

LIES = ('wrong_value', 'wrong_preset')  # no checksum shows them

KIND = Kind(find('intelix'), simulator, RECIPES, FAULTS, LIES,
            {'panel_password_file': str(PASSWORD)})
