# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""A serial port from outside: its name, its adapter, who may open it and who wants it."""

from __future__ import annotations

from collections.abc import Iterator
import os
from pathlib import Path

from camera_driver.doctor.findings import error, Finding, note, ok, warning

LATENCY = 4  # ms; more is felt with every ACK
QUIRKS = {  # driver -> what is known of its adapters
    'ch341': 'CH340 and CH341: early ones know no parity; none has a serial number, so that two '
             'of them are told apart by their sockets alone',
    'pl2303': 'PL2303: many are counterfeit and lose bytes at 57600 baud and more',
}
WANTING = {  # program -> what it does to ports, and what to do about that
    'brltty': ('takes CH340, CP210x and FTDI adapters for Braille displays, and their ports with '
               'them', 'sudo systemctl disable --now brltty brltty-udev (or remove brltty)'),
    'ModemManager': ('asks each new port whether it is a modem, so the device hears AT commands',
                     'sudo systemctl disable --now ModemManager, or a udev rule with '
                     'ENV{ID_MM_PORT_IGNORE}="1" for this adapter'),
}


def look_at(name: str, root: Path = Path('/')) -> Iterator[Finding]:
    """
    Yield what is found of a port without opening it.

    :param name: a path below `root`, or a URL.
    """
    if '://' in name:
        yield note('port', f'{name} is a line of another computer',
                   'run camera-driver doctor there, with its own name for the port')
        return
    path = root / name.lstrip('/')
    if not path.exists():
        return  # who opens it says which there are
    real = path.resolve()
    if real.parent.name == 'pts':
        yield note('port', f'{name} is a pseudo-terminal: there is no adapter to look at')
        return
    yield _stable_name(name, real, root)
    yield from _adapter(real, root)
    yield from _permission(name, real)
    yield from _others(root)


def _stable_name(name: str, real: Path, root: Path) -> Finding:
    if '/serial/by-' in name or not real.name.startswith(('ttyUSB', 'ttyACM')):
        return ok('port', f'{name} is {real.name}')
    links = [link for link in sorted((root / 'dev/serial/by-id').glob('*'))
             if link.resolve() == real]
    if links:
        return note('port', f'{name} may be another adapter after the next start',
                    f'its name for good: /{links[0].relative_to(root)}')
    return note('port', f'{name} may be another adapter after the next start, and this one has '
                'no serial number', 'name it by its socket: ls -l /dev/serial/by-path')


def _adapter(real: Path, root: Path) -> Iterator[Finding]:
    """Yield what sysfs tells of a port's adapter."""
    device = root / 'sys/class/tty' / real.name / 'device'
    driver = _link(device / 'driver')
    usb = next((one for one in (device.resolve(), *device.resolve().parents)
                if (one / 'idVendor').exists()), None)
    if usb is None:
        yield ok('adapter', 'none: a port of the computer itself')
        return
    words = ' '.join(filter(None, [
        _text(usb / 'manufacturer'), _text(usb / 'product'),
        f'({_text(usb / "idVendor")}:{_text(usb / "idProduct")}, driver {driver or "unknown"})']))
    yield note('adapter', f'{words}. {QUIRKS[driver]}') if driver in QUIRKS else ok(
        'adapter', words)
    latency = _text(device / 'latency_timer')
    if latency.isdigit() and int(latency) > LATENCY:
        yield note('latency', f'the adapter holds short answers back for {latency} ms; the driver '
                   'asks for less when it opens the port', 'where that is not allowed: echo 1 | '
                   f'sudo tee /sys/class/tty/{real.name}/device/latency_timer')
    if (_text(usb / 'power/control') == 'auto'
            and _text(usb / 'power/autosuspend_delay_ms') != '-1'):
        yield note('power', 'the kernel may suspend the adapter when it is idle',
                   f'if it vanishes: echo on | sudo tee {_sys(usb, root)}/power/control')
    if _text(usb / 'speed') == '1.5':
        yield warning('adapter', 'it runs at low speed (1.5 Mbit/s), as no serial adapter does',
                      'another cable, or another hub')


def _permission(name: str, real: Path) -> Iterator[Finding]:
    if os.access(real, os.R_OK | os.W_OK):
        return
    try:
        import grp  # not everywhere
        group = grp.getgrgid(real.stat().st_gid)
        user = os.environ.get('USER', '')
        if user in group.gr_mem and group.gr_gid not in os.getgroups():
            yield error('permission', f'{name}: {user} is in the group {group.gr_name} since '
                        'after the log-in', 'log out and in again')
            return
        advice = f'sudo usermod -aG {group.gr_name} $USER, then log out and in again'
    except (ImportError, KeyError, OSError):
        advice = 'a udev rule with MODE="0660" and a group that you are in'
    yield error('permission', f'{name}: no permission to open it', advice)


def _others(root: Path) -> Iterator[Finding]:
    """Yield the running programs that are known to take ports."""
    running = {_text(path) for path in (root / 'proc').glob('[0-9]*/comm')}
    for program, (what, advice) in WANTING.items():
        if program in running:
            yield warning('other programs', f'{program} runs: it {what}', advice)


def _text(path: Path) -> str:
    """Return what a file of the kernel says; empty: nothing."""
    try:
        return path.read_text(errors='replace').strip()
    except OSError:
        return ''


def _link(path: Path) -> str:
    """Return the last name that a link leads to; empty: there is none."""
    return path.resolve().name if path.exists() else ''


def _sys(path: Path, root: Path) -> str:
    return f'/{path.relative_to(root.resolve())}'
