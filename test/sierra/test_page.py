# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""
docs/sierra.md names the words and records that the driver has.

What it says reaches a command, a register or an action does so on the simulated camera.
"""

from datetime import datetime
from pathlib import Path
import re

from helpers import pattern
import pytest
from sierra.host import example_frames

from camera_driver.cli import frames, images, raw, settings
from camera_driver.cli import sierra as own
from camera_driver.devices.sierra.camera import SierraCamera
from camera_driver.devices.sierra.codec import Code
from camera_driver.devices.sierra.families import FAMILIES
from camera_driver.devices.sierra.models import GENERIC, MODELS
from camera_driver.devices.sierra.registers import Action, Kind, NEVER_WRITE, REGISTERS
from camera_driver.devices.sierra.settings import ROWS
from camera_driver.devices.sierra.simulator.models import MODELS as SIMULATED
from camera_driver.devices.sierra.simulator.simulator import Frame, SierraSimulator
from camera_driver.errors import Forbidden
from camera_driver.model import Access, Exposure
from camera_driver.sim.loop import LoopPort

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / 'docs' / 'sierra.md').read_text()


NAMES = ('resolution', 'aperture', 'color_mode', 'image_adjust', 'white_balance', 'focus_mode',
         'lcd_date_format', 'iso_speed')
BEGUN_WITH = {'epson-3000z': 'epson', 'olympus-c2020z': 'olympus',
              'olympus-c3040z': 'olympus-c2020z', 'olympus-c3000z': 'olympus-c3040z',
              'olympus-c750uz': 'olympus-c2020z', 'nikon-880': 'nikon', 'nikon-2500': 'nikon'}


def rows(heading):
    """Return the cells of the table below a heading."""
    lines = PAGE.partition(heading)[2].partition('\n#')[0].splitlines()
    return [[cell.strip() for cell in line.strip('|').split(' | ')] for line in lines
            if line.startswith('| ')][1:]


def test_words_by_family():
    found = {(family, name): words for family, name, words in rows('### Words')}
    expected = {}
    for family in FAMILIES.values():
        base = FAMILIES[BEGUN_WITH.get(family.name, 'unknown')]
        for name in NAMES:
            words = getattr(family, name)
            if words != getattr(base, name):
                expected[f'`{family.name}`', f'`{name}`'] = ', '.join(
                    f'{word} {raw}' for word, raw in words.items()) or '(numbers)'
        for name, (low, high) in family.ranges.items():
            expected[f'`{family.name}`', f'`{name}`'] = f'{low:g} to {high:g}'
    assert found == expected


def test_registers():
    settings = {row.register: f'setting `{row.setting.name}`' for row in ROWS if row.register}
    found = {int(cells[0]): cells for cells in rows('### Registers')}
    assert list(found) == list(REGISTERS)
    for number, (_, name, kind, access, reached, _, source) in found.items():
        row = REGISTERS[number]
        assert name == f'`{row.name}`' and access == row.access and source == row.source
        assert kind == row.kind + (f' [{row.unit}]' if row.unit else '')
        assert reached and reached.startswith(settings.get(number, reached)), number
        assert ('raw' in reached) <= (not row.frame and number != 77)


def test_simulated_models():
    listed = [name for name, _ in rows('`simulate_model` and `--model` choose')]
    assert listed == [f'`{name}`' for name in SIMULATED]


def test_what_was_verified_leaves_no_register_out():
    text = ' '.join(cells[0] for cells in rows('## What was verified'))
    for first, last in re.findall(r'(\d+) to (\d+)', text):
        text += ' ' + ' '.join(map(str, range(int(first), int(last) + 1)))
    assert set(REGISTERS) <= set(map(int, re.findall(r'\d+', text)))


def test_records_of_models():
    listed = re.search(r'^Records of models: (.*?)\n\n', PAGE, re.MULTILINE | re.DOTALL)[1]
    assert re.findall('`([^`]+)`', listed) == [model.name for model in (*MODELS, GENERIC)]


def ways(cell):
    """Return the ways that a cell names."""
    return [word.strip('`') for word in re.findall(r'setting|raw|never sent|`[a-z]+`', cell)
            if word.strip('`') in {name for name, *_ in WAYS}]


WAYS = [[cell.replace('`', '') if not at else re.findall('`([^`]+)`', cell)
         for at, cell in enumerate(cells)] for cells in rows('### What reaches what')]
COMMANDS = {row.name for module in (frames, images, raw, settings, own)
            for row in module.COMMANDS if issubclass(SierraCamera, row.ability)}


@pytest.mark.parametrize('way', WAYS, ids=lambda way: way[0])
def test_every_way_is_there(way):
    _, methods, commands, interface = way
    assert set(commands) <= COMMANDS
    assert all(hasattr(SierraCamera, name) for name in methods)
    nodes = ''.join(path.read_text() for path in (ROOT / 'camera_driver/nodes').rglob('*.py'))
    assert all(f"'{name}'" in nodes for name in interface)


def test_no_command_is_left_out():
    assert COMMANDS - {name for way in WAYS for name in way[2]} == {'self-test'}


@pytest.fixture(scope='module')
def sent():
    """Return way -> what is sent on it: (code, register or action)."""
    taken = datetime(2001, 9, 9)
    sent = {}
    for options in ({'folders': {'A': example_frames()}},  # no summaries: lengths one by one
                    {'frames': example_frames(), 'missing': {47}}):
        listed = next(iter(options.get('folders', options).values()))
        listed[0].audio = pattern(100)
        simulator = SierraSimulator(
            animations=[Frame(pattern(100), b'', '', taken, animation=1)], **options)
        camera = SierraCamera(LoopPort(simulator), {})
        camera.open()

        def every_setting():
            for row in ROWS:
                value = camera.get(row.setting.name)
                if row.setting.access is not Access.READ_ONLY:
                    word = next(iter(row.setting.words or ()), row.setting.minimum)
                    camera.set(row.setting.name, value if value is not None else word)

        runs = {
            'setting': every_setting,
            'info': lambda: (camera.open(), camera.poll()),
            'clock': lambda: camera.set_clock(camera.clock()),
            'exposure': lambda: camera.set_exposure(Exposure(0.01)),
            'capture': camera.capture, 'preview': camera.take_preview,
            'list': camera.list_images, 'download': lambda: camera.download(1),
            'thumbnails': lambda: camera.thumbnail(1), 'audio': lambda: camera.audio(1),
            'animation': lambda: camera.animation(1),
            'protect': lambda: (camera.protect(1, True), camera.protect(1, False)),
            'upload': lambda: camera.upload('a.jpg', pattern(50), accept_hang=True),
            'delete': lambda: (camera.delete([2]), camera.delete_all())}
        runs |= {'folders': camera.folders, 'summary': lambda: (
            camera.summary(), camera.summary(1))} if 'folders' in options else {}
        for way in sorted(runs, key='delete'.__eq__):
            simulator.log.clear()
            runs[way]()
            sent.setdefault(way, set()).update(tuple(one[:2]) for one in simulator.log)
    return sent


@pytest.mark.parametrize('cells', rows('### Actions'), ids=lambda cells: cells[0])
def test_every_action_is_reached_or_never_sent(cells, sent):
    number, name, reached = int(cells[0]), cells[1].strip('`'), cells[2]
    assert name == (Action(number).name.lower() if number in set(Action) else 'unknown')
    port = LoopPort(SierraSimulator(frames=example_frames()))
    camera = SierraCamera(port, {})
    camera.open()
    message = bytes([Code.ACTION, number, 0])
    if reached == 'never sent':
        with pytest.raises(Forbidden):
            camera.send_message(message)
    elif reached == '`send`':
        if number in set(Action):
            camera.send_message(message)
    else:
        assert all((Code.ACTION, number) in sent[way] for way in ways(reached)) and ways(reached)


def test_every_action_and_command_stands_there():
    assert [cells[0] for cells in rows('### Actions')] == [str(number) for number in range(13)]
    assert [cells[1] for cells in rows('### Commands')] == [
        f'`{Code(n).name.lower()}`' if n in set(Code) else 'unknown' for n in range(7)]


@pytest.mark.parametrize('cells', rows('### Registers'), ids=lambda cells: cells[1].strip('`'))
def test_every_register_is_reached_or_refused(cells, sent):
    """By the ways that the page names, raw where it says so, and raw nowhere else."""
    number, reached = int(cells[0]), cells[4]
    row = REGISTERS[number]
    for way in set(ways(reached)) - {'raw'}:
        assert {(code, number) for code in set(Code) - {Code.ACTION}} & sent[way], way
    simulator = SierraSimulator(frames=example_frames(), folders={'': example_frames()})
    camera = SierraCamera(LoopPort(simulator), {})
    camera.open()
    kind = 'int' if row.kind == Kind.INT else 'bytes'
    simulator.log.clear()
    if row.frame:
        with pytest.raises(Forbidden, match='belongs to a frame'):
            camera.read_register(number, kind)
    elif 'raw' in reached and 'R' in row.access:
        held = camera.read_register(number, kind)
        assert row.reads is None or held == row.reads
    if number in NEVER_WRITE:
        with pytest.raises(Forbidden):
            camera.write_register(number, 1)
    if row.frame or number in NEVER_WRITE:
        assert not [one for one in simulator.log if one[0] in (Code.SET_INT, Code.SET_VDATA)]
    elif 'raw' in reached and 'W' in row.access and number not in (51, 83, 84):
        camera.write_register(number, held)
