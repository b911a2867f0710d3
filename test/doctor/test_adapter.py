# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""What is found of a port from outside, in trees such as the kernel shows them."""

import pytest

from camera_driver.doctor.adapter import look_at
from camera_driver.doctor.findings import Level


def usb(root, driver='ftdi_sio', name='ttyUSB0', by_id='usb-FTDI_FT232R_A1-if00-port0', **files):
    """Plant a USB adapter under a root directory and return its port's path."""
    device = root / 'sys/devices/pci/usb1/1-2'
    port = device / '1-2:1.0' / name
    port.mkdir(parents=True)
    told = {'idVendor': '0403', 'idProduct': '6001', 'manufacturer': 'FTDI', 'product': 'FT232R',
            'speed': '12', 'power/control': 'on', **files}
    for file, text in told.items():
        place = (port if file == 'latency_timer' else device) / file
        place.parent.mkdir(exist_ok=True)
        place.write_text(f'{text}\n')
    (root / 'drivers' / driver).mkdir(parents=True)
    (port / 'driver').symlink_to(root / 'drivers' / driver)
    tty = root / 'sys/class/tty' / name
    tty.mkdir(parents=True)
    (tty / 'device').symlink_to(port)
    (root / 'dev').mkdir()
    (root / 'dev' / name).touch()
    if by_id:
        (root / 'dev/serial/by-id').mkdir(parents=True)
        (root / 'dev/serial/by-id' / by_id).symlink_to(root / 'dev' / name)
    return f'/dev/{name}'


def program(root, *names):
    """Let programs run."""
    for number, name in enumerate(names, 1):
        (root / f'proc/{number}').mkdir(parents=True)
        (root / f'proc/{number}/comm').write_text(name + '\n')


def found(root, name):
    return [(one.level, one.subject, f'{one.words} -> {one.advice}') for one in
            look_at(name, root)]


def test_a_good_adapter_by_its_stable_name(tmp_path):
    usb(tmp_path, latency_timer='1')
    program(tmp_path, 'systemd', 'bash')
    assert found(tmp_path, '/dev/serial/by-id/usb-FTDI_FT232R_A1-if00-port0') == [
        (Level.OK, 'port', '/dev/serial/by-id/usb-FTDI_FT232R_A1-if00-port0 is ttyUSB0 -> '),
        (Level.OK, 'adapter', 'FTDI FT232R (0403:6001, driver ftdi_sio) -> ')]


def test_everything_that_may_be_wrong_with_one(tmp_path):
    name = usb(tmp_path, latency_timer='16', speed='1.5',
               **{'power/control': 'auto', 'power/autosuspend_delay_ms': '2000'})
    program(tmp_path, 'brltty', 'ModemManager')
    findings = found(tmp_path, name)
    assert [(level, subject) for level, subject, _ in findings] == [
        (Level.NOTE, 'port'), (Level.OK, 'adapter'), (Level.NOTE, 'latency'),
        (Level.NOTE, 'power'), (Level.WARN, 'adapter'), (Level.WARN, 'other programs'),
        (Level.WARN, 'other programs')]
    words = [text for _, _, text in findings]
    assert '-> its name for good: /dev/serial/by-id/usb-FTDI_FT232R_A1-if00-port0' in words[0]
    assert 'for 16 ms' in words[2] and '/sys/class/tty/ttyUSB0/device/latency_timer' in words[2]
    assert 'tee /sys/devices/pci/usb1/1-2/power/control' in words[3]
    assert 'brltty runs' in words[5] and 'AT commands' in words[6]


@pytest.mark.parametrize('driver, known', [('ch341', 'no parity'), ('pl2303', 'counterfeit')])
def test_adapters_with_quirks(tmp_path, driver, known):
    name = usb(tmp_path, driver, by_id='')
    first, second = found(tmp_path, name)
    assert 'no serial number -> name it by its socket' in first[2]
    assert second[0] is Level.NOTE and known in second[2]


def test_a_suspended_adapter_is_not_told_where_it_is_never_suspended(tmp_path):
    name = usb(tmp_path, **{'power/control': 'auto', 'power/autosuspend_delay_ms': '-1'})
    assert {subject for _, subject, _ in found(tmp_path, name)} == {'port', 'adapter'}


def test_what_has_no_adapter(tmp_path):
    (tmp_path / 'dev/pts').mkdir(parents=True)
    (tmp_path / 'dev/pts/3').touch()
    (tmp_path / 'dev/ttyS0').touch()
    assert 'pseudo-terminal' in found(tmp_path, '/dev/pts/3')[0][2]
    assert found(tmp_path, '/dev/ttyS0')[1][2].startswith('none: a port of the computer itself')
    assert 'another computer' in found(tmp_path, 'rfc2217://pod:4001')[0][2]
    assert found(tmp_path, '/dev/ttyUSB7') == []  # who opens it says so


@pytest.mark.parametrize('members, words', [
    (['me'], 'log out and in again'), ([], 'usermod -aG dialout $USER')])
def test_no_permission_and_the_group_that_has_it(tmp_path, monkeypatch, members, words):
    name = usb(tmp_path)
    group = type('Group', (), {'gr_name': 'dialout', 'gr_gid': -1, 'gr_mem': members})
    monkeypatch.setattr('os.access', lambda *_: False)
    monkeypatch.setattr('grp.getgrgid', lambda number: group)
    monkeypatch.setenv('USER', 'me')
    level, subject, text = found(tmp_path, name)[-1]
    assert (level, subject) == (Level.ERROR, 'permission') and words in text
