# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""docs/sierra.md names the words and records that the driver has."""

from pathlib import Path
import re

from camera_driver.devices.sierra.families import FAMILIES
from camera_driver.devices.sierra.models import GENERIC, MODELS
from camera_driver.devices.sierra.registers import NEVER_WRITE, REGISTERS
from camera_driver.devices.sierra.settings import ROWS

PAGE = (Path(__file__).resolve().parents[2] / 'docs' / 'sierra.md').read_text()


NAMES = ('resolution', 'aperture', 'color_mode', 'image_adjust', 'white_balance', 'focus_mode',
         'lcd_date_format', 'iso_speed')
BEGUN_WITH = {'epson-3000z': 'epson', 'olympus-c2020z': 'olympus',
              'olympus-c3000z': 'olympus-c2020z', 'olympus-c3040z': 'olympus-c2020z',
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
        assert reached and reached == settings.get(number, reached), number
        assert (reached == 'raw') <= (not row.frame and number not in NEVER_WRITE)


def test_records_of_models():
    listed = re.search(r'^Records of models: (.*?)\n\n', PAGE, re.MULTILINE | re.DOTALL)[1]
    assert re.findall('`([^`]+)`', listed) == [model.name for model in (*MODELS, GENERIC)]
