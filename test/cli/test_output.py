# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
from datetime import datetime
import os

import pytest

from camera_driver.cli import output
from camera_driver.cli.interrupt import Interrupt
from camera_driver.errors import Cancelled


@pytest.mark.parametrize('count, text', [
    (None, '-'), (0, '0 B'), (999, '999 B'), (1000, '1 kB'), (152345, '152 kB'),
    (999_700, '1 MB'), (2_147_483_647, '2.15 GB'), (4_000_000_000_000, '4 TB')])
def test_size(count, text):
    assert output.size(count) == text


@pytest.mark.parametrize('value, text', [
    (5.656854, '5.657'), (0.0009765625, '0.0009766'), (100, '100'), (12800.0, '12800')])
def test_figure(value, text):
    assert output.figure(value) == text


@pytest.mark.parametrize('seconds, text', [
    (0.004, '0.00 s'), (0.35, '0.35 s'), (12.44, '12.4 s'), (59.96, '1 min 0 s'),
    (200, '3 min 20 s'), (7200, '2:00:00'), (187505, '2 d 4:05:05')])
def test_duration(seconds, text):
    assert output.duration(seconds) == text


def test_stamp():
    assert output.stamp(None) == '-'
    assert output.stamp(datetime(2001, 9, 9, 1, 46, 40)) == '2001-09-09 01:46:40'


def test_table_in_a_pipe_keeps_one_line_a_row():
    text = output.table(('NO.', 'NAME', 'NOTE'), [
        ('1', 'a', 'word ' * 40), ('10', 'longer', '')], right=[0])
    lines = text.splitlines()
    assert lines[0] == 'NO.  NAME    NOTE'
    assert lines[1].startswith('  1  a       word word')
    assert lines[2] == ' 10  longer'
    assert len(lines) == 3


def test_table_on_a_terminal_fits(monkeypatch):
    monkeypatch.setattr('sys.stdout.isatty', lambda: True)
    monkeypatch.setattr('shutil.get_terminal_size',
                        lambda fallback=None: os.terminal_size((40, 25)))
    text = output.table(('NAME', 'NOTE'), [('a', 'word ' * 40)])
    lines = text.splitlines()
    assert max(map(len, lines)) <= 39
    assert len(lines) > 5
    assert lines[2].startswith('      word')


def test_what_a_terminal_would_obey_is_not_printed():
    assert output.clean('P1\x1b[2J\r\n.JPG\x9b') == 'P1?[2J??.JPG?'
    assert '\x1b' not in output.table(('A',), [('\x1b]0;title\x07',)])
    assert '\x1b' not in output.facts([('model', '\x1b[31mred')])


def test_facts_leave_out_what_is_unknown():
    assert output.facts([('model', 'X'), ('serial number', ''), ('left', None)]) == 'model  X'


def test_progress_ends_a_transfer_after_a_signal():
    interrupt = Interrupt()
    with pytest.raises(Cancelled), interrupt.handled(), interrupt.orderly():
        interrupt.check()
        os.kill(os.getpid(), 2)
        interrupt.check()


def test_signal_outside_of_a_transfer_ends_at_once():
    interrupt = Interrupt()
    with pytest.raises(KeyboardInterrupt), interrupt.handled():
        os.kill(os.getpid(), 2)


def test_second_signal_ends_at_once():
    interrupt = Interrupt()
    with pytest.raises(KeyboardInterrupt), interrupt.handled(), interrupt.orderly():
        os.kill(os.getpid(), 2)
        os.kill(os.getpid(), 15)
